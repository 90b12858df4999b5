import EventLoop
import Playbooks
import Values

/// The `approve` task: who has said yes, in a signed file or at the terminal, and whether the run may go on, has to wait, or
/// is denied.
extension HostRun {
    /// After an answer that took longer, what was looked at before it is looked at again.
    static let staleAfter = Duration.seconds(60)

    /// 1. What was granted before the run was killed or suspended counts.
    /// 2. Signed files count; one that says no ends it.
    /// 3. Who sits at the terminal is asked, where that person may answer.
    /// 4. Enough: the run goes on. Not enough, and others can still sign: it is suspended, and holds nothing meanwhile. Else
    ///    it is refused. What is not answered in time counts as denied, however often the run was gone on with.
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
        if let nobody = approval.namesNobody {
            let failure = StepFailure(
                .refused, nobody, nextAction: "name who may, or leave `approvers` out where anyone may")
            return WorkEnd(flow: try await fail(task, at: path, section, failure, item), result: nil)
        }
        let begin = run.time.monotonic
        let stepKey = key(path, item: item?.index)
        let former = path.isVerify ? ApprovalPast() : past.approval(of: stepKey)
        past.end()
        var count = ApprovalCount(approval, approvers: users, initiators: run.initiators)
        let grants = former.grants.filter { grant in
            run.desk.digests.contains(grant.planDigest) && grant.method != Self.breakGlassMethod
        }
        for grant in grants { count.grant(.init(grant)) }
        // Granted before the run was killed: nobody is asked twice, and what was looked at before is stale by now.
        let wasComplete = count.isComplete
        if !wasComplete {
            // Of an approval that is not complete, each part counts as long as it was signed for.
            count = ApprovalCount(approval, approvers: users, initiators: run.initiators)
            for grant in grants {
                if let expires = grant.expires, ApprovalDesk.now >= expires {
                    count.note("the yes of \(grant.by) has expired at \(expires)")
                } else {
                    count.grant(.init(grant))
                }
            }
        }
        var question = ApprovalQuestion(
            kind: .approve, prompt: run.mask.apply(approval.prompt), approvers: users ?? [],
            mustType: approval.mustType,
            planDigest: run.planDigest, timeout: approval.timeout)
        question.task = name(of: task)
        question.minimum = count.minimum
        question.fourEyes = approval.fourEyes
        let verdict: ApprovalVerdict =
            wasComplete ? .granted : try await decide(question, &count, former, key: stepKey)
        var event = finished(task, at: path, section, item)
        // To the millisecond, as it is kept: a resume decides by it as this does.
        var waited = run.time.monotonic - begin
        if !wasComplete, let asked = former.askedAt { waited = max(waited, run.now - asked) }
        event.duration = .milliseconds(waited.milliseconds)
        switch verdict {
        case .granted: break
        case .held(let message):
            event.status = .stopped
            emit(.taskFinished(event))
            try await flush()
            if let message {
                run.ledger.note(.suspended, message)
                run.ledger.halt()
            } else {
                run.ledger.noteStopped()
            }
            return WorkEnd(flow: .held, result: nil)
        case .refused(let failure):
            event.status = .failed
            event.failure = FailureRecord(failure)
            emit(.taskFinished(event))
            try await flush()
            return WorkEnd(
                flow: .failed(HostFailure(key: event.key, task: event.name, status: .failed, failure: failure)),
                result: nil)
        }
        let names = count.granted.map(\.by)
        // Of a run that was gone on with, the journal has said so already.
        if !wasComplete { for name in names { run.ledger.grant(by: name) } }
        let result: ValueMap = [
            "approved_by": .list(names.map { .string($0) }), "approved_at": .timestamp(run.now),
        ]
        event.result = result
        emit(.taskFinished(event))
        try await flush()
        if wasComplete {
            isLookingAgain = true
            defer { isLookingAgain = false }
            return WorkEnd(flow: try await lookAgain(), result: result)
        }
        guard event.duration > Self.staleAfter else { return WorkEnd(flow: .next, result: result) }
        hasWaited = true
        return WorkEnd(flow: try await lookAgain(), result: result)
    }

    /// How an `approve` came out.
    private enum ApprovalVerdict {
        case granted
        /// Nothing new starts: others can still sign, and the message says who and how; nil: a signal came.
        case held(String?)
        case refused(StepFailure)
    }

    private func decide(
        _ question: ApprovalQuestion, _ count: inout ApprovalCount, _ former: ApprovalPast, key: String
    ) async throws(RecordFailure) -> ApprovalVerdict {
        var question = question
        let deadline = former.expires ?? question.timeout.map { run.now + $0 }
        question.expires = deadline
        func says(_ decision: ApprovalDecided.Decision, _ voice: ApprovalCount.Voice?, _ reason: String?)
            -> ApprovalDecided
        {
            var event = ApprovalDecided()
            event.key = key
            event.kind = question.kind
            event.decision = decision
            event.by = voice?.by ?? ""
            event.method = voice?.method ?? ""
            event.keyFingerprint = voice?.key
            event.text = voice?.text
            event.expires = voice?.expires
            event.planDigest = run.planDigest
            event.reason = reason.map { run.mask.apply($0) }
            return event
        }
        func refused(_ reason: String, _ uncounted: [String]) -> ApprovalVerdict {
            .refused(StepFailure(.refused, "not approved", causes: [reason], details: uncounted))
        }
        if let deadline, run.now >= deadline {
            let reason = "nobody answered until \(deadline)"
            emit(.approvalDecided(says(.expired, nil, reason)))
            try await flush()
            return refused(reason, [])
        }
        let known = count.granted.count
        try await run.desk.collect(into: &count, task: question.task, step: key, mustType: question.mustType)
        if let voice = count.denied {
            let reason = voice.reason.map { "\(voice.by) said no: \($0)" } ?? "\(voice.by) said no"
            emit(.approvalDecided(says(.denied, voice, reason)))
            try await flush()
            return refused(reason, count.uncounted)
        }
        try await request(question, key: key)
        for voice in count.granted.dropFirst(known) { try run.desk.use(voice) }
        for (number, voice) in count.granted.enumerated().dropFirst(known) {
            var event = says(.granted, voice, voice.reason)
            event.remaining = max(0, count.minimum - number - 1)
            emit(.approvalDecided(event))
        }
        try await flush()
        if count.isComplete { return .granted }
        let user = run.inputs.caller.person
        let terminal = run.approver.canAnswer ? user : nil
        if let reason = count.impossibility(run.desk.signers, terminal: terminal) {
            emit(.approvalDecided(says(.denied, nil, reason)))
            try await flush()
            return refused(reason, count.uncounted)
        }
        if let terminal, count.objection(to: terminal) == nil, !count.granted.contains(where: { $0.by == terminal }) {
            let answer = try await answer(to: question)
            if answer.wasStopped { return .held(nil) }
            if let by = answer.user {
                let voice = ApprovalCount.Voice(by: by, method: "terminal")
                guard count.grant(voice) else {
                    let reason = count.objection(to: by) ?? "\(by) has approved already"
                    emit(.approvalDecided(says(.denied, voice, reason)))
                    try await flush()
                    return refused(reason, count.uncounted)
                }
                var event = says(.granted, voice, nil)
                event.remaining = count.missing
                emit(.approvalDecided(event))
                try await flush()
                if count.isComplete { return .granted }
            } else if !answer.wasUnavailable || run.desk.signers == nil {
                var event = answer.event
                event.key = key
                event.kind = question.kind
                event.planDigest = run.planDigest
                emit(.approvalDecided(event))
                try await flush()
                return .refused(answer.failure)
            }
        }
        // Nobody else can be asked here.
        if let reason = count.impossibility(run.desk.signers, terminal: nil) {
            emit(.approvalDecided(says(.denied, nil, reason)))
            try await flush()
            return refused(reason, count.uncounted)
        }
        return .held(waiting(for: question, count, until: deadline))
    }

    /// The line that says who can still approve, and until when.
    private func waiting(for question: ApprovalQuestion, _ count: ApprovalCount, until deadline: Timestamp?) -> String {
        let (names, others) = count.possibleSigners(run.desk.signers)
        let who = names.isEmpty || others ? "whoever may sign" : names.joined(separator: ", ")
        var text = "it waits for \(count.missing == 1 ? "the approval" : "\(count.missing) approvals") of \(who)"
        if let deadline { text += " until \(deadline)" }
        text += ": \(question.prompt)"
        for sentence in count.uncounted { text += "; \(run.mask.apply(sentence))" }
        return text
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
