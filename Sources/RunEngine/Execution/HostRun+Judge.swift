import Playbooks
import Values

/// What the task's own conditions make of an outcome.
extension HostRun {
    /// Applies `failed_when`, `changed_when` and `until`.
    func judge(_ outcome: ActionOutcome?, _ step: Step) -> (End, ValueMap) {
        guard let outcome else { return (.stopped, ValueMap()) }
        var result = outcome.result
        var end: End
        var changed = false
        switch outcome.status {
        case .ok: end = .good(changed: false, reason: nil)
        case .changed:
            changed = true
            end = .good(changed: true, reason: nil)
        case .skipped(let reason): return (.skipped(reason), result)
        case .failed(let failure): end = .bad(failure)
        case .unknown(let failure): return (.unknown(failure), result)
        case .stopped: return (.stopped, result)
        }
        let task = step.task
        guard !task.failedWhen.isEmpty || !task.changedWhen.isEmpty || !task.until.isEmpty else { return (end, result) }
        if result["changed"] == nil { result["changed"] = .bool(changed) }
        // Under its registered name too, as it is written for Ansible; in a loop that is the result of the round.
        var names: ValueMap = ["result": .map(result)]
        if let register = task.register?.value { names[register] = .map(result) }
        let scope = step.scope.adding(names)
        do throws(EvaluationError) {
            if !task.failedWhen.isEmpty {
                var failed: Expression?
                for condition in task.failedWhen where failed == nil {
                    if try condition.holds(in: scope) { failed = condition }
                }
                if let failed {
                    end = .bad(StepFailure(.failed, "failed_when: \(failed.source)"))
                } else if case .bad(let failure) = end, failure.code == .failed {
                    end = .good(changed: changed, reason: nil)
                }
            }
            if case .good(_, let reason) = end, !task.changedWhen.isEmpty {
                changed = false
                for condition in task.changedWhen where try condition.holds(in: scope) { changed = true }
                end = .good(changed: changed, reason: reason)
            }
            if !task.until.isEmpty {
                for condition in task.until where try !condition.holds(in: scope) {
                    if case .good = end { end = .bad(StepFailure(.failed, "not yet: \(condition.source)")) }
                    return (end, result)
                }
                if case .bad(let failure) = end, failure.code == .failed, task.failedWhen.isEmpty {
                    end = .good(changed: changed, reason: nil)
                }
            }
        } catch {
            return (.bad(StepFailure(error)), result)
        }
        return (end, result)
    }
}
