import Playbooks
import Values

/// What is asked about a step whose outcome is not known.
extension HostRun {
    /// The task's `verify` list, else the action's own read-back.
    func ask(
        _ step: Step, about failure: StepFailure, _ result: ValueMap
    ) async throws(RecordFailure) -> (End, ValueMap) {
        var progress = TaskProgressed()
        progress.key = step.context.key
        progress.host = host.name
        progress.message = run.mask.apply("outcome unknown (\(failure.message)): asking what became of it")
        emit(.taskProgressed(progress))
        try await flush()
        if !step.task.verify.isEmpty {
            let flow = try await runNodes(
                step.task.verify, at: step.path, .verify, tags: nil, list: .verify)
            switch flow {
            case .next: return (.good(changed: true, reason: "verified"), result)
            case .failed(let answer) where answer.failure.code == .failed:
                return (.notDone(Self.notDone(failure, answer.failure.message)), result)
            default: return (.unknown(failure), result)
            }
        }
        let (action, context) = (step.action, step.context)
        do {
            switch try await action.verify(in: context) {
            case .done(let evidence): return (.good(changed: true, reason: "verified: \(evidence)"), result)
            case .notDone(let evidence): return (.notDone(Self.notDone(failure, evidence)), result)
            case .cannotTell(let reason):
                var open = failure
                open.causes.append("it cannot be verified: \(reason)")
                return (.unknown(open), result)
            }
        } catch {
            var open = failure
            open.causes.append("it cannot be verified: \(StepFailure(converting: error).message)")
            return (.unknown(open), result)
        }
    }

    private static func notDone(_ failure: StepFailure, _ evidence: String) -> StepFailure {
        StepFailure(.failed, "it did not happen: \(evidence)", causes: [failure.message] + failure.causes)
    }
}
