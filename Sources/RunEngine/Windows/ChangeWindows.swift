package import Playbooks
package import Values

/// The windows of a playbook and of what it imports: a change is allowed when every one of them is open.
package struct ChangeWindows: Sendable {
    private struct Window: Sendable {
        var times: ChangeWindow
        var onClose: WindowSettings.OnClose
    }

    private let windows: [Window]

    /// Throws the first problem of what the loader has let through (`problems(of:)`).
    package init(_ settings: [WindowSettings]) throws(InvalidSource) {
        var windows: [Window] = []
        var problems: [Diagnostic] = []
        for setting in settings {
            var found: [Diagnostic] = []
            let times = ChangeWindow(
                allow: setting.allow.compactMap { Self.rule($0, &found) },
                deny: setting.deny.compactMap { Self.rule($0, &found) })
            problems += found
            if found.isEmpty { windows.append(Window(times: times, onClose: setting.onClose)) }
        }
        guard problems.isEmpty else { throw InvalidSource(problems) }
        self.windows = windows
    }

    package var isEmpty: Bool { windows.isEmpty }

    /// The strictest of what the files say.
    package var onClose: WindowSettings.OnClose {
        windows.contains { $0.onClose == .finishStep } ? .finishStep : .finishBatch
    }

    /// What is wrong with the times of a window: no cron expression, no zone of this machine, a span that is too long.
    package static func problems(of window: WindowSettings) -> [Diagnostic] {
        var found: [Diagnostic] = []
        for rule in window.allow + window.deny { _ = Self.rule(rule, &found) }
        return found
    }

    package func state(at time: Timestamp) -> ChangeWindow.State {
        var time = time
        var first: ChangeWindow.State?
        // Windows that open in turn: each turn goes to the latest opening, so that it ends when all are open at once, or none
        // opens any more.
        for _ in 0..<Self.turns {
            let states = windows.map { $0.times.state(at: time) }
            let closed = states.compactMap { state -> (opens: Timestamp?, reason: String?)? in
                if case .closed(let opens, let reason) = state { (opens, reason) } else { nil }
            }
            if closed.isEmpty {
                guard let first else {
                    let ends = states.compactMap { state -> Timestamp? in
                        if case .open(let until) = state { until } else { nil }
                    }
                    return .open(until: ends.min())
                }
                if case .closed(_, let reason) = first { return .closed(opens: time, reason: reason) }
            }
            if first == nil { first = .closed(opens: nil, reason: closed.lazy.compactMap(\.reason).first) }
            guard closed.allSatisfy({ $0.opens != nil }), let next = closed.compactMap(\.opens).max(), next > time
            else {
                break
            }
            time = next
        }
        return first ?? .open(until: nil)
    }

    /// Openings that are looked at before windows are taken for never open together.
    private static let turns = 1000

    private static func rule(_ rule: WindowSettings.Rule, _ problems: inout [Diagnostic]) -> ChangeWindow.Rule? {
        switch rule.times {
        case .once(let from, let to): return ChangeWindow.Rule(.once(from: from, to: to), reason: rule.reason)
        case .recurring(let cron, let duration, let zone):
            guard duration >= .seconds(60), duration <= ChangeWindow.longest else {
                problems.append(
                    Diagnostic(
                        code: "bad-window", "a window lasts from a minute to 31 days, not \(duration.text)",
                        at: rule.span))
                return nil
            }
            var expression: CronExpression?
            do throws(CronExpression.Failure) { expression = try CronExpression(cron.value) } catch {
                problems.append(
                    Diagnostic(
                        code: "bad-window", "`\(cron.value)` is no cron expression: \(error.message)",
                        hint: "minute hour day month weekday, such as \"0 22 * * TUE\"", at: cron.span))
            }
            var file: ZoneFile? = .utc
            if let zone {
                do throws(ZoneFile.Failure) { file = try ZoneFile.named(zone.value) } catch {
                    file = nil
                    problems.append(
                        Diagnostic(code: "bad-window", error.message, hint: error.nextAction, at: zone.span))
                }
            }
            guard let expression, let file else { return nil }
            return ChangeWindow.Rule(
                .recurring(ChangeWindow.CronRule(expression: expression, zone: file, duration: duration)),
                reason: rule.reason)
        }
    }
}
