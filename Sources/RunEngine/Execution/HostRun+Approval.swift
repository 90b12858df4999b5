import EventLoop
import Playbooks
import Values

/// The arguments of `approve`, which the engine answers itself: it is the only action that asks a person.
struct Approval {
    static let action = "approve"

    var prompt: String
    /// As written: users and `group:name`.
    var approvers: [String]
    var fourEyes: Bool
    var minimum: Int
    var timeout: Duration?
    var mustType: String?

    init(prompt: String, approvers: [String], fourEyes: Bool, minimum: Int) {
        self.prompt = prompt
        self.approvers = approvers
        self.fourEyes = fourEyes
        self.minimum = minimum
    }

    init(_ arguments: ValueMap) {
        prompt = arguments["prompt"]?.stringValue ?? "Go on?"
        approvers = (arguments["approvers"]?.listValue ?? []).compactMap(\.stringValue)
        fourEyes = arguments["four_eyes"]?.boolValue ?? false
        minimum = Int(clamping: arguments["min"]?.intValue ?? 1)
        timeout = arguments["timeout"]?.durationValue
        mustType = arguments["type_to_confirm"]?.stringValue
    }

    /// Why nobody can meet it where a run has one terminal, known at plan or not; nil: it can be met.
    var impossibility: String? {
        if fourEyes { return "four eyes cannot be met at one terminal: who starts the run cannot approve it" }
        if minimum > 1 { return "\(minimum) approvals cannot be met at one terminal" }
        return nil
    }

    /// The users that may answer; the second part names groups that the inventory does not map.
    func users(in inventory: Inventory) -> (users: [String], unmapped: [String]) {
        var users: [String] = []
        var unmapped: [String] = []
        for entry in approvers {
            guard entry.hasPrefix("group:") else {
                users.append(entry)
                continue
            }
            let group = String(entry.dropFirst(6))
            if let members = inventory.approverGroups[group] { users += members } else { unmapped.append(group) }
        }
        return (users, unmapped)
    }
}

extension HostRun {
    /// After an answer that took longer, what was looked at before it is looked at again.
    static let staleAfter = Duration.seconds(60)

    func runApproval(
        _ task: PlaybookTask, _ call: ActionCall, at path: TaskPath, _ section: StepSection, item: Round?
    ) async throws(RecordFailure) -> WorkEnd {
        let approval: Approval
        do throws(StepFailure) {
            approval = Approval(try run.index.entry(of: call).arguments(of: call, in: frames.scope()).values)
        } catch {
            return WorkEnd(flow: try await fail(task, at: path, section, error, item), result: nil)
        }
        if let reason = run.inputs.options.breakGlass {
            return try await overrideApproval(approval, because: reason, task, at: path, section, item: item)
        }
        let (users, unmapped) = approval.users(in: run.inputs.inventory)
        guard unmapped.isEmpty else {
            let failure = StepFailure(
                .refused, "nobody is mapped to approver group \(unmapped.joined(separator: ", "))",
                nextAction: "name them under approvers in the inventory")
            return WorkEnd(flow: try await fail(task, at: path, section, failure, item), result: nil)
        }
        if let reason = approval.impossibility {
            return WorkEnd(
                flow: try await fail(task, at: path, section, StepFailure(.refused, reason), item), result: nil)
        }
        let begin = run.time.monotonic
        // Granted before the run was killed: nobody is asked twice, and what was looked at before is stale by now.
        let former = path.isVerify ? nil : past.takeGrant(key(path, item: item?.index))
        past.end()
        let question = ApprovalQuestion(
            kind: .approve, prompt: run.mask.apply(approval.prompt), approvers: users, mustType: approval.mustType,
            planDigest: run.planDigest, timeout: approval.timeout)
        var decision = Decision()
        if let former, former.planDigest == run.planDigest {
            decision.user = former.by
        } else {
            decision = try await self.decision(on: question, key: key(path, item: item?.index))
        }
        var event = finished(task, at: path, section, item)
        // To the millisecond, as it is kept: a resume decides by it as this does.
        event.duration = .milliseconds((run.time.monotonic - begin).milliseconds)
        guard let user = decision.user else {
            event.status = decision.wasStopped ? .stopped : .failed
            event.failure = FailureRecord(decision.failure)
            emit(.taskFinished(event))
            try await flush()
            if decision.wasStopped {
                run.ledger.noteStopped()
                return WorkEnd(flow: .held, result: nil)
            }
            return WorkEnd(
                flow: .failed(
                    HostFailure(key: event.key, task: event.name, status: .failed, failure: decision.failure)),
                result: nil)
        }
        if former == nil { run.ledger.grant(by: user) }
        let result: ValueMap = ["approved_by": .list([.string(user)])]
        event.result = result
        emit(.taskFinished(event))
        try await flush()
        if former != nil {
            isLookingAgain = true
            defer { isLookingAgain = false }
            return WorkEnd(flow: try await lookAgain(), result: result)
        }
        guard event.duration > Self.staleAfter else { return WorkEnd(flow: .next, result: result) }
        hasWaited = true
        return WorkEnd(flow: try await lookAgain(), result: result)
    }

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
        let decision = try await decision(on: question, key: key)
        if decision.wasStopped { return .stopped }
        return decision.user == nil ? .refused(decision.failure) : .given
    }

    private struct Decision {
        /// Who granted it.
        var user: String?
        var wasStopped = false
        var failure = StepFailure(.refused, "not approved")
    }

    private func decision(on question: ApprovalQuestion, key: String) async throws(RecordFailure) -> Decision {
        var request = ApprovalRequested()
        request.key = key
        request.kind = question.kind
        request.prompt = question.prompt
        request.approvers = question.approvers
        request.planDigest = run.planDigest
        request.expires = question.timeout.map { run.now + $0 }
        request.mustType = question.mustType
        emit(.approvalRequested(request))
        try await flush()
        let approver = run.approver
        let end = try? await run.stopper.bound(
            question.timeout, on: run.time, endsOnSignal: true, isLateValid: false
        ) {
            await approver.answer(question)
        }
        var event = ApprovalDecided()
        event.key = key
        event.kind = question.kind
        event.method = "terminal"
        event.planDigest = run.planDigest
        var decision = Decision()
        switch end {
        case .finished(.granted(let user)) where question.approvers.isEmpty || question.approvers.contains(user):
            event.decision = .granted
            event.by = user
            decision.user = user
        case .finished(.granted(let user)):
            event.by = user
            event.reason = "\(user) is not among the approvers"
        case .finished(.denied(let user, let reason)):
            event.by = user
            event.reason = reason
        case .finished(.unavailable): event.reason = "nobody can answer here"
        case .timedOut:
            event.decision = .expired
            event.reason = "nobody answered within \(question.timeout?.text ?? "")"
        case .stopped, nil:
            decision.wasStopped = true
            event.reason = "the run was stopped"
        }
        if let reason = event.reason { decision.failure.causes = [reason] }
        emit(.approvalDecided(event))
        try await flush()
        return decision
    }

    /// Gates and reads that passed before an approval that waited.
    func lookAgain() async throws(RecordFailure) -> Flow {
        let reads = pastReads
        pastReads.removeAll()
        let present = frames
        for read in reads {
            if mustHold(in: .tasks), !isAhead(read.path) { return hold() }
            frames = read.frames
            let flow = try await runTask(read.task, at: read.path, .tasks, tags: nil)
            let name = read.task.register?.value ?? ""
            let value = try? frames.scope().value(of: name)
            frames = present
            guard case .next = flow else { return flow }
            if !name.isEmpty, let value { frames.register(name, value) }
        }
        return .next
    }
}
