import Playbooks
import Values

/// `--break-glass`: what it does in the place of people.
extension HostRun {
    /// How such an approval stands in the journal. It counts for the process that the glass was broken for, and for no resume.
    static let breakGlassMethod = "break-glass"

    /// An `approve` that nobody is asked about: recorded as granted by who broke the glass, and why.
    func overrideApproval(
        _ approval: Approval, because reason: String, _ task: PlaybookTask, at path: TaskPath,
        _ section: StepSection, item: Round?
    ) async throws(RecordFailure) -> WorkEnd {
        past.end()
        let user = run.inputs.caller.user
        var decided = ApprovalDecided()
        decided.key = key(path, item: item?.index)
        decided.kind = .approve
        decided.decision = .granted
        decided.by = user
        decided.method = Self.breakGlassMethod
        decided.reason = reason
        decided.planDigest = run.planDigest
        emit(.approvalDecided(decided))
        var event = finished(task, at: path, section, item)
        let result: ValueMap = ["approved_by": .list([.string(user)])]
        event.result = result
        event.reason = "break glass: \(reason)"
        emit(.taskFinished(event))
        try await flush()
        return WorkEnd(flow: .next, result: result)
    }
}
