package import RunEngine
package import Values

/// What a waiting gate waits for, in a line: which partitions, how far, since when, and how long it still may.
package enum GateText {
    /// Reasons named in full before they are counted.
    static let shownReasons = 3

    /// `good for 12s of 1m` or `41s, fails in 9m20s without progress: …`.
    package static func waiting(_ row: RunState.GateRow, now: Timestamp) -> String {
        let elapsed = Duration.milliseconds(max(0, now.milliseconds &- row.startedAt.milliseconds))
        guard let sample = row.lastSample else { return "first look (\(elapsed.elapsedText))" }
        // Time that passed since the sample counts too, so that the display does not stand still between two looks.
        let since = max(.zero, elapsed - sample.elapsed)
        let left = timeLeft(row.started, sample, elapsed: elapsed, since: since).map { ", \($0)" } ?? ""
        if sample.passes {
            let wanted = row.started.stableFor.map { " of \($0.limitText)" } ?? ""
            return "good for \((sample.goodFor + since).elapsedText)\(wanted)\(left)"
        }
        // The limit comes first: the reasons may be long, and a terminal cuts at the end.
        let progress = progress(sample.progress)
        return "\(elapsed.elapsedText)\(left): \(reasons(sample.reasons))" + (progress.isEmpty ? "" : "; \(progress)")
    }

    package static func reasons(_ reasons: [String]) -> String {
        guard !reasons.isEmpty else { return "not yet" }
        let shown = reasons.prefix(shownReasons).map { SafeText.escape($0) }.joined(separator: "; ")
        return reasons.count > shownReasons ? "\(shown) and \(reasons.count - shownReasons) more" : shown
    }

    /// What the action measures, if it is something that a person can read.
    static func progress(_ value: Value) -> String {
        switch value {
        case .null, .list, .secret: return ""
        case .map(let map):
            let parts = map.compactMap { key, value -> String? in
                if case .int(let number) = value { return "\(words(key)) \(number)" }
                if case .string(let text) = value { return SafeText.escape(text) }
                return nil
            }
            return parts.prefix(3).joined(separator: ", ")
        case .string(let text): return SafeText.escape(text)
        default: return "progress " + JSON.text(value)
        }
    }

    /// `replicas_rejoined` as a person writes it.
    private static func words(_ key: String) -> String {
        String(SafeText.escape(key).map { $0 == "_" ? " " : $0 })
    }

    private static func timeLeft(
        _ gate: GateStarted, _ sample: GateSampled, elapsed: Duration, since: Duration
    ) -> String? {
        if let timeout = gate.timeout { return "\(max(.zero, timeout - elapsed).elapsedText) left" }
        if let limit = gate.stalledFor, !sample.passes {
            return "fails in \(max(.zero, limit - sample.stalledFor - since).elapsedText) without progress"
        }
        return nil
    }

    /// How it ended.
    package static func finished(_ gate: GateFinished) -> String {
        let samples = "\(gate.samples) sample\(gate.samples == 1 ? "" : "s")"
        let time = gate.duration.elapsedText
        return switch gate.verdict {
        case .passed: "\(time), \(samples)"
        case .timedOut: "timed out after \(time), \(samples): \(reasons(gate.reasons))"
        case .stalled: "no progress, given up after \(time), \(samples): \(reasons(gate.reasons))"
        case .failed: "failed after \(time), \(samples): \(reasons(gate.reasons))"
        case .stopped: "stopped after \(time): \(reasons(gate.reasons))"
        }
    }
}
