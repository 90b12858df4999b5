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
        if !step.task.noLog { event.result = run.mask.apply(result) }
        let kept = common(result, end, attempts, event.duration)
        var failure: StepFailure?
        switch end {
        case .good(let changed, let reason):
            event.status = changed ? .changed : .ok
            event.reason = reason
            noteFindings(of: result, step)
            remember(step)
        case .skipped(let reason):
            event.status = .skipped
            event.reason = reason
        case .bad(let problem), .notDone(let problem):
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
            event.reason = "the run was stopped"
        }
        event.failure = failure.map(FailureRecord.init)
        emit(.taskFinished(event))
        if case .stopped = end {
            try await flush()
            run.ledger.noteStopped()
            return WorkEnd(flow: .held, result: nil)
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
    func common(_ result: ValueMap, _ end: End, _ attempts: Int, _ duration: Duration) -> ValueMap {
        let (changed, failed, skipped) = Self.flags(end)
        var kept = result
        let now = run.now
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
        case .bad, .notDone, .unknown, .stopped: (false, true, false)
        }
    }

    func remember(_ step: Step) {
        guard step.effect == .read, step.section == .tasks, step.round == nil else { return }
        pastReads.append(PastRead(task: step.task, path: step.path, frames: frames))
    }

    /// A check's findings are collected; they never stop the play.
    func noteFindings(of result: ValueMap, _ step: Step) {
        for item in result["findings"]?.listValue ?? [] {
            guard let severity = item["severity"]?.stringValue.flatMap(Finding.Severity.init(rawValue:)) else {
                continue
            }
            var finding = Finding()
            finding.severity = severity
            let message = step.task.noLog ? nil : item["message"]?.stringValue
            finding.message = run.mask.apply(message ?? name(of: step.task))
            finding.host = host.name
            finding.task = name(of: step.task)
            note(finding)
        }
    }
}
