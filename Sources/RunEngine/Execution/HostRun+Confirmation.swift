import EventLoop
import Playbooks
import Values

/// Writes that want a person's leave: on a protected cluster, and where nothing can take them back.
extension HostRun {
    /// Why a step that writes may not act yet: its cluster is protected, and nobody has approved anything. The plan says it
    /// first; conditions and failures of the run may lead past the `approve` that it counted on.
    func missingApproval(of step: Step) -> StepFailure? {
        guard step.effect != .read, run.ledger.grants.isEmpty, case .action(let call) = step.task.work else {
            return nil
        }
        let target = run.index[call.name.value]?.reference.target ?? .runner
        let name =
            step.task.cluster?.value
            ?? (target == .cluster
                ? run.clusters.name(task: step.task, play: batch.play, host: host) : host.cluster)
        guard let name, run.inputs.inventory.cluster(name)?.isProtected == true else { return nil }
        return StepFailure(
            .refused, "\(name) is protected, and no approval was given before this write",
            nextAction: "let an approve task come before it on every way that leads here")
    }

    enum Confirmation {
        case given
        case refused(StepFailure)
        case stopped
    }

    /// The confirmation of a step that cannot be taken back, or that overrides a permit.
    ///
    /// An `approve` that was granted before is enough. `--yes` confirms an irreversible step of an unprotected cluster.
    func confirm(
        _ task: PlaybookTask, at path: TaskPath, force: String?
    ) async throws(RecordFailure) -> Confirmation {
        guard run.ledger.grants.isEmpty else { return .given }
        if past.takeConfirmation(key(path)) { return .given }
        let cluster = run.clusters.name(task: task, play: batch.play, host: host)
        let isProtected = cluster.flatMap { run.inputs.inventory.cluster($0)?.isProtected } ?? false
        guard !isProtected else {
            return .refused(StepFailure(.refused, "on a protected cluster this step needs an approval before it"))
        }
        let key = key(path)
        if force == nil, run.inputs.options.assumesYes {
            var event = ApprovalDecided()
            event.key = key
            event.kind = .confirmation
            event.decision = .granted
            event.by = run.inputs.caller.user
            event.method = "--yes"
            event.planDigest = run.planDigest
            emit(.approvalDecided(event))
            try await flush()
            return .given
        }
        let name = name(of: task)
        let prompt =
            force.map { "\(name) on \(host.name) overrides its permit (\($0)). Go on?" }
            ?? "\(name) on \(host.name) cannot be taken back. Go on?"
        let question = ApprovalQuestion(
            kind: .confirmation, prompt: prompt, approvers: [], mustType: nil, planDigest: run.planDigest, timeout: nil)
        try await request(question, key: key)
        let answer = try await answer(to: question)
        var event = answer.event
        event.key = key
        event.kind = question.kind
        event.planDigest = run.planDigest
        emit(.approvalDecided(event))
        try await flush()
        if answer.wasStopped { return .stopped }
        return answer.user == nil ? .refused(answer.failure) : .given
    }

    /// What a person at the terminal said.
    struct Answer {
        /// Who granted it.
        var user: String?
        var wasStopped = false
        /// Nobody can be asked here.
        var wasUnavailable = false
        var failure = StepFailure(.refused, "not approved")
        /// Without its key and digest.
        var event = ApprovalDecided()
    }

    func request(_ question: ApprovalQuestion, key: String) async throws(RecordFailure) {
        var request = ApprovalRequested()
        request.key = key
        request.kind = question.kind
        request.prompt = question.prompt
        request.approvers = question.approvers
        request.planDigest = run.planDigest
        request.expires = question.expires ?? question.timeout.map { run.now + $0 }
        request.mustType = question.mustType
        request.task = question.task
        request.minimum = question.minimum == 1 ? nil : question.minimum
        request.fourEyes = question.fourEyes ? true : nil
        emit(.approvalRequested(request))
        try await flush()
    }

    func answer(to question: ApprovalQuestion) async throws(RecordFailure) -> Answer {
        let approver = run.approver
        let limit = question.expires.map { max(.zero, $0 - run.now) } ?? question.timeout
        let end = try? await run.stopper.bound(
            limit, on: run.time, endsOnSignal: true, isLateValid: false
        ) {
            await approver.answer(question)
        }
        var answer = Answer()
        answer.event.method = "terminal"
        switch end {
        case .finished(.granted(let user)) where question.approvers.isEmpty || question.approvers.contains(user):
            answer.event.decision = .granted
            answer.event.by = user
            answer.user = user
        case .finished(.granted(let user)):
            answer.event.by = user
            answer.event.reason =
                ApproverNames.objection(to: user, among: question.approvers) ?? "\(user) is not among the approvers"
        case .finished(.denied(let user, let reason)):
            answer.event.by = user
            answer.event.reason = reason
        case .finished(.unavailable):
            answer.wasUnavailable = true
            answer.event.reason = "nobody can answer here"
        case .timedOut:
            answer.event.decision = .expired
            answer.event.reason = "nobody answered within \(limit?.text ?? "")"
        case .stopped, nil:
            answer.wasStopped = true
            answer.event.reason = "the run was stopped"
        }
        if let reason = answer.event.reason { answer.failure.causes = [reason] }
        return answer
    }
}
