package import RunEngine
package import Values

/// One line per change with its time, for a log: no cursor movement, no banners for tasks.
package struct PlainView: Sendable {
    /// How often something is said while nothing changes.
    package static let heartbeat = Duration.seconds(30)

    private let style: Style
    private var events: EventLines

    package init(style: Style, verbosity: Int = 0) {
        self.style = style
        events = EventLines(verbosity: verbosity)
    }

    package mutating func text(for event: RunEvent) -> String {
        events.lines(for: event).map { line in
            switch line {
            case .banner(let word, let name, let isPlay):
                isPlay || word.hasPrefix("BATCH") ? stamp(event.time) + style(.strong, "\(word) [\(name)]") + "\n" : ""
            case .result(let role, let word, let host, let task, let note):
                stamp(event.time) + style(role, "\(word): [\(host)]")
                    + [task, note].filter { !$0.isEmpty }.map { " \($0)" }.joined() + "\n"
            case .detail(let role, let text): stamp(event.time) + style(role, text) + "\n"
            }
        }.joined()
    }

    /// What runs and waits now; empty when nothing does.
    package func heartbeat(_ state: RunState, now: Timestamp) -> String {
        var text = ""
        for place in state.runningGates.values.sorted() {
            let row = state.gates[place]
            let name = row.started.name.isEmpty ? row.started.gate : row.started.name
            text += stamp(now) + "waiting: [\(SafeText.escape(row.started.host))] \(SafeText.escape(name)) "
            text += GateText.waiting(row, now: now) + "\n"
        }
        for place in state.runningSteps.values.sorted() {
            let row = state.steps[place]
            let elapsed = Duration.milliseconds(max(0, now.milliseconds &- row.startedAt.milliseconds))
            text += stamp(now) + "running: [\(SafeText.escape(row.host))] \(SafeText.escape(row.name)) "
            text += "\(elapsed.elapsedText)" + (row.message.map { ": \(SafeText.escape($0))" } ?? "") + "\n"
        }
        return text
    }

    /// RFC 3339 without the fraction.
    private func stamp(_ time: Timestamp) -> String { style(.quiet, String(time.description.prefix(19)) + "Z") + " " }
}
