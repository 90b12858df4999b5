import Playbooks
import Values

/// When a gate looks and how long it waits.
struct GateTiming: Sendable, Hashable {
    /// Between looks, unless the gate says otherwise.
    static let defaultInterval = Duration.seconds(5)
    /// Ends a gate that has an interval but neither `timeout` nor `stalled_for`.
    static let defaultTimeout = Duration.seconds(30 * 60)
    /// A longer pause between two looks or within one (a stopped process, a slept machine) makes earlier samples stale.
    static let staleAfter = Duration.seconds(30)

    var interval = defaultInterval
    var stableFor: Duration?
    var timeout: Duration?
    var stalledFor: Duration?
    /// No time was declared at all: one look decides.
    var isSingleLook = false

    /// How long between two looks: `stable_for` is seen through at least four windows.
    var period: Duration {
        guard let stableFor, stableFor > .zero else { return interval }
        return min(interval, stableFor / 4)
    }
}

/// Judges the samples of a gate, without a clock or a cluster of its own.
///
/// 1. A sample is good when its verdict holds; a probe error never is.
/// 2. The gate passes when all samples of the last `stable_for` were good. The window goes from the end of the first good look
///    to the beginning of the last, so it never claims time that no look vouches for; it is empty at the start, after a pause
///    between looks and after a look that took too long.
/// 3. It fails at once on `fail_when`, when `timeout` has passed since the first sample, or when the measured progress has not
///    moved for `stalled_for` while it was not good. The time that looks take counts, however long: where one node does not
///    answer, every look is slow.
struct GateJudge {
    struct Sample {
        var passes: Bool
        var reasons: [String] = []
        var progress = Value.null
        /// Nil: the probe failed, so nothing was measured.
        var isMeasured = true
        var meetsFailWhen = false
    }

    enum Decision: Equatable {
        case pass
        case fail(GateFinished.Verdict)
        case look(in: Duration)
    }

    let timing: GateTiming
    private(set) var samples = 0
    private(set) var isChange = false
    /// The verdict or its reasons differ from those of the sample before; progress alone is no change of them.
    private(set) var isNewVerdict = false
    private(set) var goodSince: Duration?
    private(set) var firstSample: Duration?
    private var lastSample: Duration?
    private var movedAt: Duration = .zero
    private var lastProgress: Value?
    private(set) var last: Sample?
    /// The last that was no probe error.
    private(set) var lastMeasured: Sample?

    init(timing: GateTiming) { self.timing = timing }

    func goodFor(at now: Duration) -> Duration { goodSince.map { now - $0 } ?? .zero }
    func elapsed(at now: Duration) -> Duration { firstSample.map { now - $0 } ?? .zero }
    func stalled(at now: Duration) -> Duration { goodSince == nil ? now - movedAt : .zero }

    /// `begin` and `end` of the look, by the monotonic clock.
    mutating func judge(_ sample: Sample, from begin: Duration, to end: Duration) -> Decision {
        samples += 1
        if firstSample == nil {
            firstSample = begin
            movedAt = begin
        }
        let wasGood = goodSince != nil
        isNewVerdict = last.map { $0.passes != sample.passes || $0.reasons != sample.reasons } ?? true
        isChange = isNewVerdict || last.map { $0.progress != sample.progress } ?? true
        last = sample
        if sample.isMeasured { lastMeasured = sample }
        let wasPaused = lastSample.map { begin - $0 > timing.period * 2 + GateTiming.staleAfter } ?? false
        if wasPaused || end - begin > GateTiming.staleAfter { goodSince = nil }
        lastSample = end
        if sample.passes {
            goodSince = goodSince ?? end
        } else {
            if wasGood || wasPaused { movedAt = end }
            goodSince = nil
        }
        if sample.isMeasured {
            if let lastProgress, lastProgress != sample.progress { movedAt = end }
            lastProgress = sample.progress
        }
        return decide(sample, vouchedTo: begin, at: end)
    }

    private func decide(_ sample: Sample, vouchedTo begin: Duration, at now: Duration) -> Decision {
        if sample.meetsFailWhen { return .fail(.failed) }
        let needed = timing.stableFor ?? .zero
        if sample.passes, max(.zero, goodFor(at: begin)) >= needed { return .pass }
        if timing.isSingleLook { return .fail(.failed) }
        var next = timing.period
        if let timeout = timing.timeout {
            let left = timeout - elapsed(at: now)
            guard left > .zero else { return .fail(.timedOut) }
            next = min(next, left)
        }
        if let limit = timing.stalledFor, !sample.passes {
            let left = limit - stalled(at: now)
            guard left > .zero else { return .fail(.stalled) }
            next = min(next, left)
        }
        if sample.passes { next = min(next, needed - goodFor(at: now)) }
        return .look(in: max(next, .milliseconds(1)))
    }
}
