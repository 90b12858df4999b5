import EventLoop
import Playbooks
import Values

/// Asks the windows of a run's playbook, by the wall clock of the run.
struct WindowWatch: Sendable {
    private let windows: ChangeWindows
    private let time: any TimeSource

    init(_ windows: ChangeWindows, time: any TimeSource) {
        self.windows = windows
        self.time = time
    }

    private var now: Timestamp { Timestamp(milliseconds: time.sinceEpoch.milliseconds) }

    var onClose: WindowSettings.OnClose { windows.onClose }

    /// Why nothing may begin now that takes at least so long; nil when it may.
    func obstacle(needing need: Duration = .zero) -> String? {
        guard !windows.isEmpty else { return nil }
        switch windows.state(at: now) {
        case .closed(let opens, let reason): return Self.closed(opens, reason)
        case .open(let until?) where need > until - now:
            return "the window closes at \(until), before what takes at least \(need.text) could end"
        case .open: return nil
        }
    }

    private static func closed(_ opens: Timestamp?, _ reason: String?) -> String {
        "the window is closed" + (reason.map { " (\($0))" } ?? "")
            + (opens.map { "; it opens at \($0)" } ?? "; it does not open within a year")
    }

    /// Waits for the window. Nil: it is open now; else why not: it never opens, or a signal came.
    func wait(_ stopper: Stopper) async -> String? {
        while true {
            guard !windows.isEmpty, case .closed(let opens, let reason) = windows.state(at: now) else { return nil }
            guard let opens else { return Self.closed(nil, reason) }
            // In steps: a clock that is set meanwhile is looked at again.
            let rest = max(opens - now, .milliseconds(1))
            guard await stopper.wait(min(rest, Self.longestSleep), on: time) == .time else {
                return Self.closed(opens, reason)
            }
        }
    }

    private static let longestSleep: Duration = .seconds(60)
}

extension WindowSettings {
    /// One line a person reads: `0 22 * * TUE for 5h (Europe/Oslo)`.
    package var summary: String {
        let allowed = allow.map(\.summary).joined(separator: ", ")
        let denied = deny.map(\.summary).joined(separator: ", ")
        let parts = [allowed.isEmpty ? "always" : allowed] + (denied.isEmpty ? [] : ["but not \(denied)"])
        return parts.joined(separator: ", ")
    }
}

extension WindowSettings.Rule {
    fileprivate var summary: String {
        let when =
            switch times {
            case .recurring(let cron, let duration, let zone):
                "\(cron.value) for \(duration.text) (\(zone?.value ?? "UTC"))"
            case .once(let from, let to): "\(from) to \(to)"
            }
        return when + (reason.map { ": \($0)" } ?? "")
    }
}
