import EventLoop
import Playbooks
import Values

/// A gate in a task list: the engine samples, times and shows; the action's read gathers and judges.
extension HostRun {
    func runGate(
        _ task: PlaybookTask, _ call: GateCall, at path: TaskPath, _ section: StepSection, item: Round?
    ) async throws(RecordFailure) -> WorkEnd {
        let keeper: GateKeeper
        do throws(StepFailure) {
            let entry = try run.index.entry(of: call.action)
            let scope = frames.scope()
            let arguments = try entry.arguments(of: call.action, in: scope)
            let context = try readContext(for: task, folder: call.action.folder, scope: scope)
            learnSecrets(arguments, context)
            keeper = GateKeeper(
                call: call, action: try entry.make(arguments), context: context, scope: scope,
                timing: try GateTiming(call, in: scope), stopper: run.stopper,
                endsOnSignal: (section == .tasks || section == .rescue) && !mustGoOnToStart)
        } catch {
            return WorkEnd(flow: try await fail(task, at: path, section, error, item), result: nil)
        }
        past.end()
        gateToRepeat = nil
        let key = key(path, item: item?.index)
        let name = task.name.map { render($0) } ?? ""
        emit(.gateStarted(started(task, call, key, name, keeper.timing, section)))
        try await flush()
        let ending = try await keeper.wait { [run, host] (sample) throws(RecordFailure) in
            var sample = sample
            sample.key = key
            sample.host = host.name
            sample.reasons = sample.reasons.map { run.mask.apply($0) }
            sample.progress = run.mask.apply(sample.progress)
            sample.figures = run.mask.apply(sample.figures)
            try await run.recorder.record(.gateSampled(sample))
        }
        var event = GateFinished()
        event.key = key
        event.play = batch.playIndex
        event.batch = batch.batchIndex
        event.host = host.name
        event.gate = call.name
        event.name = name
        event.section = section
        event.verdict = ending.verdict
        event.reasons = ending.reasons.map { run.mask.apply($0) }
        event.since = ending.since
        event.samples = ending.samples
        event.duration = ending.duration
        let shown = run.mask.apply(ending.result)
        if shown != ending.result { event.isMasked = true }
        event.result = shown
        if isLookingAgain { event.isAgain = true }
        emit(.gateFinished(event))
        if ending.verdict != .passed { try await flush() }
        return conclude(task, call, event, result: ending.result, at: path, section)
    }

    /// What follows from a gate's end, whether it was just looked at or stands in the journal.
    func conclude(
        _ task: PlaybookTask, _ call: GateCall, _ event: GateFinished, result: ValueMap, at path: TaskPath,
        _ section: StepSection
    ) -> WorkEnd {
        switch event.verdict {
        case .passed:
            if section == .tasks {
                pastReads.append(PastRead(task: task, path: path, frames: frames))
            }
            return WorkEnd(flow: .next, result: result)
        case .stopped:
            run.ledger.noteStopped()
            return WorkEnd(flow: .held, result: nil)
        case .timedOut, .stalled, .failed:
            let what =
                switch event.verdict {
                case .timedOut: "did not pass within \(event.duration.wholeSeconds.text)"
                case .stalled: "made no progress"
                default: "does not hold"
                }
            let failure = StepFailure(
                .gate, "\(call.name) \(what)" + (event.reasons.first.map { ": \($0)" } ?? ""),
                details: Array(event.reasons.dropFirst()))
            let name = event.name.isEmpty ? call.name : event.name
            return WorkEnd(
                flow: .failed(
                    HostFailure(
                        key: event.key, task: name, action: "gate", status: .failed, failure: failure,
                        result: result)),
                result: result)
        }
    }

    private func started(
        _ task: PlaybookTask, _ call: GateCall, _ key: String, _ name: String, _ timing: GateTiming,
        _ section: StepSection
    ) -> GateStarted {
        var event = GateStarted()
        event.key = key
        event.play = batch.playIndex
        event.batch = batch.batchIndex
        event.host = host.name
        event.gate = call.name
        event.action = call.action.name.value
        event.name = name
        event.section = section
        event.file = task.span.file
        event.line = task.span.line
        event.interval = timing.period
        event.stableFor = timing.stableFor
        event.timeout = timing.timeout
        event.stalledFor = timing.stalledFor
        if isLookingAgain { event.isAgain = true }
        return event
    }
}

extension GateTiming {
    /// As declared; a gate without any time looks once, one without a limit gets the default.
    init(_ call: GateCall, in scope: ValueScope) throws(StepFailure) {
        func read(_ template: ValueTemplate?) throws(StepFailure) -> Duration? {
            guard let template else { return nil }
            do throws(EvaluationError) {
                return try template.evaluate(in: scope, as: .optional(.duration)).durationValue
            } catch {
                throw StepFailure(error)
            }
        }
        let declared = try read(call.interval)
        self.init(
            interval: max(declared ?? Self.defaultInterval, .milliseconds(1)), stableFor: try read(call.stableFor),
            timeout: try read(call.timeout), stalledFor: try read(call.stalledFor))
        isSingleLook = declared == nil && stableFor == nil && timeout == nil && stalledFor == nil
        if !isSingleLook, timeout == nil, stalledFor == nil { timeout = Self.defaultTimeout }
    }
}
