import EventLoop
import Playbooks
import Values

/// How a step's end is recorded, registered and remembered.
extension HostRun {
    func finish(
        _ step: Step, _ end: End, _ result: ValueMap, attempts: Int, since begin: Duration
    ) async throws(RecordFailure) -> WorkEnd {
        var event = finished(step.task, at: step.path, step.section, step.round)
        event.attempts = attempts
        event.duration = run.time.monotonic - begin
        event.files = step.takeKept()
        if !step.task.noLog {
            event.result = run.mask.apply(result)
            if event.result != result { event.isMasked = true }
        }
        var findings: [Finding] = []
        let kept = common(result, end, attempts, event.duration)
        var failure: StepFailure?
        switch end {
        case .good(let changed, let reason):
            event.status = changed ? .changed : .ok
            event.reason = reason
            findings = self.findings(of: result, step.task)
            remember(step.task, step.path, step.effect, step.section, step.round)
        case .skipped(let reason):
            event.status = .skipped
            event.reason = reason
        case .bad(let problem), .notDone(let problem):
            if case .notDone = end { event.isNotDone = true }
            failure = shown(problem, of: step.task)
            event.status = problem.code == .unreachable ? .unreachable : .failed
        case .unknown(let problem):
            failure = shown(problem, of: step.task)
            event.status = .unknown
            run.ledger.noteUnknown(step.context.key)
            // Wherever the step stands (`always`, undo): no host starts anything on top of what nobody knows.
            if !run.stopper.isKilling {
                let message = failure?.message ?? problem.message
                run.ledger.note(.unknownOutcome, "\(host.name): \(event.name): \(message)")
                run.ledger.halt()
            }
        case .stopped:
            event.status = .stopped
            event.reason = Self.stoppedReason
        case .lockLost(let hasIntent):
            guard hasIntent else { return WorkEnd(flow: .held, result: nil) }
            event.status = .stopped
            event.reason = run.leases.loss ?? Self.stoppedReason
        }
        event.failure = failure.map(FailureRecord.init)
        emit(.taskFinished(event))
        // After the outcome: one that a kill leaves out is said again with it.
        for finding in findings { note(finding) }
        switch end {
        case .stopped:
            try await flush()
            run.ledger.noteStopped()
            return WorkEnd(flow: .held, result: nil)
        case .lockLost:
            try await flush()
            return WorkEnd(flow: .held, result: nil)
        default: break
        }
        guard let failure else { return WorkEnd(flow: .next, result: kept) }
        try await flush()
        return WorkEnd(
            flow: .failed(
                HostFailure(
                    key: event.key, task: event.name, action: event.action, status: event.status, failure: failure,
                    result: kept)),
            result: kept)
    }

    /// A failure as it may be recorded: without secrets, and with `no_log` without what the step said.
    func shown(_ failure: StepFailure, of task: PlaybookTask) -> StepFailure {
        var shown = run.mask.apply(failure)
        if task.noLog { shown.details = [] }
        return shown
    }

    /// What every result has beside the action's own fields.
    func common(
        _ result: ValueMap, _ end: End, _ attempts: Int, _ duration: Duration, endedAt: Timestamp? = nil
    ) -> ValueMap {
        let (changed, failed, skipped) = Self.flags(end)
        var kept = result
        let now = endedAt ?? run.now
        let fields: [(String, Value)] = [
            ("changed", .bool(changed)), ("failed", .bool(failed)), ("skipped", .bool(skipped)),
            ("attempts", .int(Int64(attempts))), ("start", .timestamp(now + (.zero - duration))),
            ("end", .timestamp(now)),
        ]
        for (name, value) in fields where kept[name] == nil { kept[name] = value }
        return kept
    }

    static func flags(_ end: End) -> (changed: Bool, failed: Bool, skipped: Bool) {
        switch end {
        case .good(let changed, _): (changed, false, false)
        case .skipped: (false, false, true)
        case .bad, .notDone, .unknown, .stopped, .lockLost: (false, true, false)
        }
    }

    func remember(
        _ task: PlaybookTask, _ path: TaskPath, _ effect: Effect, _ section: StepSection, _ round: Round?
    ) {
        guard effect == .read, section == .tasks else { return }
        if round == nil { pastReads.append(PastRead(task: task, path: path, frames: frames)) }
    }

    /// What a check has found: it is collected, and never stops the play.
    func findings(of result: ValueMap, _ task: PlaybookTask) -> [Finding] {
        (result["findings"]?.listValue ?? []).compactMap { item in
            guard let severity = item["severity"]?.stringValue.flatMap(Finding.Severity.init(rawValue:)) else {
                return nil
            }
            var finding = Finding()
            finding.severity = severity
            let message = task.noLog ? nil : item["message"]?.stringValue
            finding.message = run.mask.apply(message ?? name(of: task))
            finding.host = host.name
            finding.task = name(of: task)
            return finding
        }
    }
}
