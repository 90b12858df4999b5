import EventLoop
import Playbooks
import Values

/// Looks at a gate until its verdict holds, and says on the way what it sees.
struct GateKeeper {
    let call: GateCall
    let action: any Action
    let context: ReadContext
    let scope: ValueScope
    let timing: GateTiming
    let stopper: Stopper
    /// False while a node is down by our hand: then a first signal does not end the wait.
    let endsOnSignal: Bool

    struct Ending {
        var verdict: GateFinished.Verdict
        var reasons: [String]
        var result: ValueMap
        /// Since when the last verdict and reasons stood.
        var since: Timestamp
        var samples: Int
        var duration: Duration
    }

    /// 1. Look; a look that fails, or outlasts what is left of `timeout`, is a reason, not an end.
    /// 2. Judge (`GateJudge`) and report.
    /// 3. Wait, unless it is over; a signal ends the wait.
    ///
    /// When the time is up, no look is begun, and one that is cut off then is not judged: what was measured before stands.
    func wait(report: (GateSampled) async throws(RecordFailure) -> Void) async throws(RecordFailure) -> Ending {
        var judge = GateJudge(timing: timing)
        var figures = GateFigures()
        var result = ValueMap()
        var since = now
        func ending(
            _ verdict: GateFinished.Verdict, at end: Duration, isCutOff: Bool = false
        ) -> Ending {
            Ending(
                verdict: verdict, reasons: reasons(verdict, judge, at: end, isCutOff: isCutOff), result: result,
                since: since, samples: judge.samples, duration: judge.elapsed(at: end))
        }
        while true {
            let begin = context.time.monotonic
            let left = timing.timeout.map { $0 - judge.elapsed(at: begin) }
            if let left, left <= .zero { return ending(.timedOut, at: begin) }
            let looked = await look(within: left)
            let end = context.time.monotonic
            if looked?.isCutOff == true, judge.samples > 0 { return ending(.timedOut, at: end, isCutOff: true) }
            let sample = looked?.sample ?? .init(passes: false, reasons: ["the run was stopped"], isMeasured: false)
            if let fields = looked?.fields { result = fields }
            let decision = judge.judge(sample, from: begin, to: end)
            if judge.isNewVerdict { since = now }
            var event = event(sample, judge, at: end)
            event.figures = figures.note(looked?.fields, isKept: event.isChange)
            if figures.isWorthKeeping { event.isChange = true }
            try await report(event)
            guard looked != nil else { return ending(.stopped, at: end) }
            switch decision {
            case .pass: return ending(.passed, at: end)
            case .fail(let verdict): return ending(verdict, at: end)
            case .look(let delay):
                let wake = await stopper.wait(delay, on: context.time, requests: endsOnSignal ? 1 : 2)
                if wake != .time { return ending(.stopped, at: end) }
            }
        }
    }

    struct Look: Sendable {
        var sample: GateJudge.Sample
        var fields: ValueMap?
        /// It had not ended when the time was up.
        var isCutOff = false
    }

    /// Nil: a signal ended it.
    private func look(within limit: Duration?) async -> Look? {
        let end = try? await stopper.bound(
            limit, on: context.time, endsOnSignal: endsOnSignal, isLateValid: false
        ) {
            await look()
        }
        switch end {
        case .finished(let look): return look
        case .timedOut:
            return Look(
                sample: .init(passes: false, reasons: ["a look did not end in time"], isMeasured: false), isCutOff: true
            )
        case .stopped, nil: return nil
        }
    }

    /// One look, judged by nobody: as it is for `--check`.
    func look() async -> Look {
        do {
            let outcome = try await action.read(in: context)
            switch outcome.status {
            case .ok, .changed, .skipped: return Look(sample: sample(of: outcome.result), fields: outcome.result)
            case .failed(let failure), .unknown(let failure): return Self.failed(failure)
            case .stopped(let reason): return Self.failed(StepFailure(.cancelled, reason))
            }
        } catch {
            return Self.failed(StepFailure(converting: error))
        }
    }

    private static func failed(_ failure: StepFailure) -> Look {
        Look(sample: .init(passes: false, reasons: [failure.message] + failure.causes, isMeasured: false))
    }

    private var now: Timestamp { Timestamp(milliseconds: context.time.sinceEpoch.milliseconds) }

    private func sample(of result: ValueMap) -> GateJudge.Sample {
        var sample = GateJudge.Sample(passes: false)
        sample.reasons = (result["reasons"]?.listValue ?? []).compactMap(\.stringValue)
        sample.progress = result["progress"] ?? .null
        let scope = scope.adding(["result": .map(result)])
        if call.until.isEmpty {
            sample.passes = result["passes"]?.boolValue ?? false
            if result["passes"]?.boolValue == nil { sample.reasons.append("the result has no verdict") }
        } else {
            sample.passes = true
            for condition in call.until {
                do throws(EvaluationError) {
                    guard try !condition.holds(in: scope) else { continue }
                    sample.reasons.append("not yet: \(condition.source)")
                } catch {
                    sample.reasons.append("cannot tell: \(error.message)")
                }
                sample.passes = false
            }
        }
        for condition in call.failWhen where !sample.meetsFailWhen {
            guard let holds = try? condition.holds(in: scope), holds else { continue }
            sample.meetsFailWhen = true
            sample.reasons.append("fail_when: \(condition.source)")
        }
        return sample
    }

    private func event(_ sample: GateJudge.Sample, _ judge: GateJudge, at now: Duration) -> GateSampled {
        var event = GateSampled()
        event.gate = call.name
        event.number = judge.samples
        event.passes = sample.passes
        event.reasons = sample.reasons
        event.progress = sample.progress
        event.goodFor = judge.goodFor(at: now)
        event.elapsed = judge.elapsed(at: now)
        event.stalledFor = judge.stalled(at: now)
        event.isChange = judge.isChange
        return event
    }

    /// Those of the last sample. Where the last look was cut off or was a probe error, those of the last measured one too:
    /// who comes to a gate that gave up wants to know what it waited for.
    private func reasons(
        _ verdict: GateFinished.Verdict, _ judge: GateJudge, at now: Duration, isCutOff: Bool
    ) -> [String] {
        guard let last = judge.last else { return [] }
        var reasons = last.reasons
        guard verdict == .timedOut || verdict == .stalled else { return reasons }
        if verdict == .timedOut, last.passes, let needed = timing.stableFor {
            reasons.append("good for \(judge.goodFor(at: now).wholeSeconds.text) of \(needed.text)")
        }
        if !last.isMeasured, let measured = judge.lastMeasured {
            reasons += measured.reasons.map { "before that: \($0)" }
        }
        if isCutOff { reasons.append("a last look was cut off") }
        return reasons
    }
}

extension StepFailure {
    /// Whatever a step threw, as the operator reads it.
    init(converting error: any Error) {
        switch error {
        case let failure as StepFailure: self = failure
        case let error as EvaluationError: self.init(error)
        case is CancellationError: self.init(.cancelled, "it was cancelled")
        case let error as SystemError: self.init(.failed, "cannot \(error.operation) \(error.subject): \(error.reason)")
        default: self.init(kafka: error)
        }
    }
}
