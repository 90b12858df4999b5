package import RunEngine
package import Values

/// The lines at the bottom of a terminal that are redrawn in place: the roll, what runs, what a gate waits for.
package struct LiveView: Sendable {
    /// Rows of hosts, steps and gates; what does not fit is counted.
    private static let hostRows = 12
    private static let workRows = 4

    private let style: Style

    package init(style: Style) { self.style = style }

    package func lines(
        _ state: RunState, _ board: RollBoard, now: Timestamp, width: Int, rows: Int = 40
    ) -> [String] {
        guard state.closed == nil, state.openedAt != nil else { return [] }
        // One column less, so that no terminal wraps a full line.
        let width = max(Surroundings.narrowest, width) - 1
        var lines = [style(.quiet, header(state, board, now, width))]
        lines += cells(board, width)
        for place in state.runningSteps.values.sorted().prefix(Self.workRows) {
            let row = state.steps[place]
            let elapsed = Duration.milliseconds(max(0, now.milliseconds &- row.startedAt.milliseconds))
            let message = row.message.map { ": \(SafeText.escape($0))" } ?? ""
            lines.append(
                TextLayout.clip(
                    "  \(SafeText.escape(row.name)) [\(SafeText.escape(row.host))] \(elapsed.elapsedText)\(message)",
                    width))
        }
        for place in state.runningGates.values.sorted().prefix(Self.workRows) {
            lines += gate(state.gates[place], now, width)
        }
        for question in state.openQuestions.values.sorted(by: { $0.key < $1.key }) {
            lines.append(
                style(.warning, TextLayout.clip("  waiting for an answer: \(SafeText.escape(question.prompt))", width)))
        }
        if state.signals > 0 {
            lines.append(style(.warning, TextLayout.clip("  stopping; ^C once more kills what runs", width)))
        }
        return Array(lines.prefix(max(1, rows - 2)))
    }

    private func header(_ state: RunState, _ board: RollBoard, _ now: Timestamp, _ width: Int) -> String {
        var parts = [SafeText.escape(board.play)]
        if board.batches > 1 { parts.append("batch \(board.batch + 1) of \(board.batches)") }
        if let opened = state.openedAt {
            parts.append(Duration.milliseconds(max(0, now.milliseconds &- opened.milliseconds)).elapsedText)
        }
        if let note = state.run.speedNote { parts.append(SafeText.escape(note)) }
        let text = TextLayout.clip("── " + parts.filter { !$0.isEmpty }.joined(separator: " · ") + " ", width)
        return text + String(repeating: "─", count: max(0, width - TextLayout.columns(of: text)))
    }

    /// Hosts side by side, each with its state.
    private func cells(_ board: RollBoard, _ width: Int) -> [String] {
        guard !board.cells.isEmpty else { return [] }
        let names = board.cells.map { SafeText.escape($0.host) }
        let nameWidth = min(names.map { TextLayout.columns(of: $0) }.max() ?? 0, max(8, width / 2))
        let cellWidth = nameWidth + 15
        let perRow = max(1, width / cellWidth)
        var lines: [String] = []
        for start in stride(from: 0, to: names.count, by: perRow) {
            if lines.count == Self.hostRows {
                let rest = board.cells[start...]
                let waiting = rest.count { $0.state == .waiting }
                lines.append("  and \(rest.count) more hosts, \(waiting) of them waiting")
                break
            }
            var line = ""
            for place in start..<min(start + perRow, names.count) {
                let state = board.cells[place].state
                let name = TextLayout.pad(TextLayout.clip(names[place], nameWidth), nameWidth)
                line += style(state.role, "  \(name) \(TextLayout.pad(state.rawValue, 12))")
            }
            lines.append(line)
        }
        return lines
    }

    private func gate(_ row: RunState.GateRow, _ now: Timestamp, _ width: Int) -> [String] {
        let name = SafeText.escape(row.started.name.isEmpty ? row.started.gate : row.started.name)
        let passes = row.lastSample?.passes ?? false
        let head = "  gate \(name) [\(SafeText.escape(row.started.host))] "
        let text = TextLayout.wrap(head + GateText.waiting(row, now: now), width: width - 4).split(separator: "\n")
        return text.prefix(3).enumerated().map { index, line in
            style(passes ? .good : .info, TextLayout.clip((index == 0 ? "  " : "      ") + line, width))
        }
    }
}
