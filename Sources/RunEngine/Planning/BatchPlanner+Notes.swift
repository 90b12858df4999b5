import KafkaAdmin
import Playbooks
import Values

/// What planning a task adds to the findings: writes, dangers, approvals.
extension BatchPlanner {
    mutating func noteRun(
        _ task: PlaybookTask, _ name: String, _ step: PlannedStep, _ host: Host, _ section: StepSection,
        _ findings: inout PlanFindings
    ) {
        guard isWrite(task) else { return }
        let cluster = settings(task, host)
        guard section == .tasks || section == .always else { return findings.noteWriteIfAny(cluster) }
        findings.noteWrite(cluster)
        if task.irreversible || index[actionName(task)]?.reference.irreversible == true {
            findings.note(
                PlannedDanger(kind: .irreversible, task: name, hosts: [host.name], reason: nil), cluster)
        }
    }

    /// An `approve` of which not everything is known: the rest of it forbids the plan all the same.
    mutating func noteApproval(
        _ task: PlaybookTask, _ name: String, _ host: Host, _ section: StepSection, _ findings: inout PlanFindings
    ) {
        let call = self.call(task)
        guard call.name.value == Approval.action, let names = frames[host.name]?.scope() else { return }
        var values = ValueMap()
        for argument in call.arguments where knownAfter(argument.value.names, host, findings) == nil {
            let type = index[call.name.value]?.reference.parameters.first { $0.name == argument.name.value }?.type
            if let value = try? argument.value.evaluateIfDefined(in: names, as: type.map { .optional($0) }) {
                values[argument.name.value] = value
            }
        }
        if values["prompt"] == nil { values["prompt"] = "(known in the run)" }
        note(Approval(values), name, section, &findings)
    }

    func note(
        _ approval: Approval, _ name: String, _ section: StepSection, _ findings: inout PlanFindings
    ) {
        // What only a failure leads to comes before nothing else.
        if section == .tasks || section == .always { findings.hasApproval = true }
        guard !findings.approvals.contains(where: { $0.task == name && $0.prompt == approval.prompt }) else { return }
        if let reason = approval.namesNobody { findings.unanswerable.append((name, reason)) }
        findings.approvals.append(
            PlannedApproval(
                task: name, prompt: approval.prompt, approvers: approval.approvers ?? [], fourEyes: approval.fourEyes,
                minimum: approval.minimum, timeout: approval.timeout, mustType: approval.mustType))
    }

    mutating func noteUndo(
        _ task: PlaybookTask, _ host: Host, _ section: StepSection, _ step: inout PlannedStep
    ) {
        guard section == .tasks, !task.undo.isEmpty, let names = frames[host.name]?.scope() else { return }
        if let missing = UndoArguments.missing(in: task.undo, scope: names, index: index) {
            step.notes.append("no rollback here: \(missing)")
        }
    }

    /// What only a failure leads to, for whoever approves the plan: the commands, where they are known without asking a host.
    func noteCommands(
        of entry: CatalogEntry, _ arguments: Arguments, _ task: PlaybookTask, _ host: Host, _ frames: ScopeFrames,
        _ names: ValueScope, _ step: inout PlannedStep
    ) async {
        let call = self.call(task)
        guard case .action = task.work, call.name.value.hasPrefix("broker.") || entry.reference.effect == .opaque
        else { return }
        let place = TaskPlace(
            play: play, host: host, batch: hosts, scope: scope, frames: frames, clusters: clusters, access: access,
            inputs: inputs)
        guard let context = try? place.context(for: task, folder: call.folder, in: names),
            let plan = try? await entry.make(arguments).plan(in: context)
        else { return }
        if context.host.name != host.name { step.delegate = context.host.name }
        step.commands += plan.commands
    }
}
