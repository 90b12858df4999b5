import EventLoop
import KafkaAdmin
import Playbooks
import Values

extension Plan {
    /// The plan in one record, for the journal and the terminal.
    package var summary: PlanSummary {
        var summary = PlanSummary()
        summary.plays = plays.count
        var hosts: Set<String> = []
        for play in plays {
            summary.batches += play.batches.count
            for batch in play.batches {
                hosts.formUnion(batch.hosts)
                for task in batch.tasks where task.section == .tasks || task.section == .always {
                    let running = task.steps.filter { step in
                        if case .skip = step.decision { return false }
                        return true
                    }
                    summary.steps += running.count
                    if task.effect != .read { summary.writes += running.filter { !$0.changesNothing }.count }
                    if let gate = task.gate, !running.isEmpty {
                        summary.gates += running.count
                        summary.minimumGateTime += gate.minimumTime
                    }
                }
            }
        }
        summary.hosts = hosts.count
        summary.irreversible = irreversible.map(\.task)
        summary.approvals = approvals.map(\.task)
        summary.notes = notes
        summary.nothingToDo = nothingToDo
        return summary
    }

    /// What `--check` found out, and what it did not.
    package var checkedText: String {
        var (held, judging) = (0, 0)
        for task in plays.flatMap(\.batches).flatMap(\.tasks) {
            for step in task.steps {
                if case .skip = step.decision { continue }
                if step.sample?.passes == false { held += 1 }
                if task.action == "assert" || task.action == "check" { judging += 1 }
            }
        }
        var text = "checked; nothing was run"
        if held > 0 { text += "; \(held) \(held == 1 ? "gate does" : "gates do") not pass now" }
        if judging > 0 {
            text += "; \(judging) \(judging == 1 ? "assert or check was" : "asserts and checks were") not judged"
        }
        return text
    }
}

extension RunOpened {
    /// What a plan says of the run that it would be.
    package init(_ plan: Plan) {
        self.init()
        playbook = plan.playbook
        playbookName = plan.name
        inventory = plan.inventory
        planDigest = plan.digest
        parameters = plan.parameters
        clusters = plan.clusters
    }
}
