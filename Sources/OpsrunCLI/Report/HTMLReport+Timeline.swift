internal import RunEngine
internal import Values

// The run over time: a row a host, its steps and gates as bars, the batches as bands behind them.
extension HTMLReport {
    private static let width = 1000.0
    private static let left = 168.0
    private static let right = 992.0
    private static let rowHeight = 24.0
    private static let top = 26.0
    /// Rows of hosts; with more, the first ones and those that failed.
    static let mostHosts = 60
    static let mostBars = 6000

    private struct Row {
        var title: String
        var note: String
        var play: Int
        /// Nil: the heading of a play.
        var host: String?
    }

    func timeline() -> String {
        guard !report.segments.isEmpty, !state.steps.isEmpty || !report.batches.isEmpty else { return "" }
        let axis = TimelineAxis(report.segments, left: Self.left, right: Self.right)
        let (rows, hidden) = rows()
        let height = Self.top + Double(rows.count) * Self.rowHeight + 8
        var text = "<h2>Timeline <small>\(escaped(RunReport.clock(report.start))) to "
        text += "\(escaped(RunReport.clock(report.end)))</small></h2>\n<div class=\"card\"><div class=\"scroll\">\n"
        text += "<svg id=\"timeline\" role=\"img\" aria-label=\"Timeline of batches, gates and steps per host\" "
        text += "viewBox=\"0 0 \(Int(Self.width)) \(HTMLText.number(height))\" style=\"min-width:640px\">\n"
        var places: [String: Int] = [:]
        for (index, row) in rows.enumerated() { if let host = row.host { places["\(row.play)/\(host)"] = index } }
        text += bands(axis, places) + grid(axis, height: height) + labels(rows) + bars(axis, places)
        text += gaps(axis, height: height) + marks(axis, height: height)
        return text + "</svg></div>\n\(legend)\(more(hidden, "hosts"))</div>\n"
    }

    private func rows() -> (rows: [Row], hidden: Int) {
        let failed = Set(state.failedHosts.map(\.host))
        let seen = Set(state.hostCounts.map(\.host))
        var rows: [Row] = []
        var hidden = 0
        let plays = state.plays.filter { $0.skipped == nil }
        var room = Self.mostHosts
        for play in plays {
            guard play.hosts.contains(where: seen.contains) else { continue }
            if plays.count > 1 { rows.append(Row(title: play.name, note: "", play: play.play, host: nil)) }
            var inBatch: [String: Int] = [:]
            for batch in report.batches where batch.play == play.play && batch.batches > 1 {
                for host in batch.hosts { inBatch[host] = batch.batch + 1 }
            }
            for host in play.hosts {
                guard room > 0 || (failed.contains(host) && rows.count < Self.mostHosts * 2) else {
                    hidden += 1
                    continue
                }
                room -= 1
                let note = inBatch[host].map { "batch \($0)" } ?? (seen.contains(host) ? "" : "not begun")
                rows.append(Row(title: host, note: note, play: play.play, host: host))
            }
        }
        return (rows, hidden)
    }

    private func y(_ row: Int) -> Double { Self.top + Double(row) * Self.rowHeight }

    private func bands(_ axis: TimelineAxis, _ places: [String: Int]) -> String {
        var text = ""
        for batch in report.batches {
            let from = axis.place(batch.openedAt)
            let to = axis.place(batch.closedAt ?? report.end)
            for host in batch.hosts {
                guard let row = places["\(batch.play)/\(host)"] else { continue }
                text += "<rect class=\"band\" x=\"\(HTMLText.number(from))\" y=\"\(HTMLText.number(y(row) + 1))\" "
                text +=
                    "width=\"\(HTMLText.number(max(1, to - from)))\" height=\"\(HTMLText.number(Self.rowHeight - 2))\" "
                text += "rx=\"4\"><title>batch \(batch.batch + 1) of \(batch.batches)</title></rect>\n"
            }
        }
        return text
    }

    private func grid(_ axis: TimelineAxis, height: Double) -> String {
        axis.marks(spacing: 84).map { mark in
            let x = HTMLText.number(mark.place)
            // The text of the last mark is not to leave the drawing.
            let anchor = mark.place > Self.right - 30 ? "end" : mark.place < Self.left + 12 ? "start" : "middle"
            return "<line class=\"grid\" x1=\"\(x)\" x2=\"\(x)\" y1=\"\(HTMLText.number(Self.top - 4))\" "
                + "y2=\"\(HTMLText.number(height - 6))\"/><text x=\"\(x)\" y=\"14\" text-anchor=\"\(anchor)\">"
                + "\(mark.label)</text>\n"
        }.joined()
    }

    private func labels(_ rows: [Row]) -> String {
        rows.enumerated().map { index, row in
            let base = HTMLText.number(y(index) + 16)
            let room = row.note.isEmpty ? 24 : 15
            let kind = row.host == nil ? "play" : "host"
            let cut = row.host == nil ? 120 : room
            var text = "<text class=\"\(kind)\" x=\"0\" y=\"\(base)\">\(HTMLText.clipped(row.title, cut))"
            text += row.title.count > cut ? "<title>\(escaped(row.title))</title></text>" : "</text>"
            if !row.note.isEmpty {
                text += "<text x=\"\(HTMLText.number(Self.left - 12))\" y=\"\(base)\" text-anchor=\"end\">"
                text += "\(escaped(row.note))</text>"
            }
            return text + "\n"
        }.joined()
    }

    private func bars(_ axis: TimelineAxis, _ places: [String: Int]) -> String {
        var text = ""
        var count = 0
        // What would lie on the bar before it, too thin to be seen, is not drawn.
        var drawn: [Int: Double] = [:]
        for step in state.steps where step.status != .skipped {
            guard let row = places["\(step.play)/\(step.host)"], count < Self.mostBars else { continue }
            let end = step.status == nil ? report.end : step.startedAt + step.duration
            let from = axis.place(step.startedAt)
            let to = max(from + 2.5, axis.place(end))
            let kind = kind(of: step)
            let isQuiet = kind == "k-read" || kind == "k-step" || kind == "k-gate"
            if isQuiet, let last = drawn[row], to <= last + 0.5 { continue }
            drawn[row] = max(drawn[row] ?? 0, to)
            count += 1
            let name = step.name.isEmpty ? step.action : step.name
            let item = step.item.map { " (\($0))" } ?? ""
            let word = step.action == "gate" ? report.gate(of: step)?.verdict.rawValue : step.status?.rawValue
            let title = "\(name)\(item) [\(step.host)]: \(word ?? "not ended"), \(step.duration.elapsedText)"
            let inset = step.action == "gate" ? 8.0 : 5.0
            text += "<rect class=\"\(kind)\" x=\"\(HTMLText.number(from))\" y=\"\(HTMLText.number(y(row) + inset))\" "
            text += "width=\"\(HTMLText.number(to - from))\" "
            text += "height=\"\(HTMLText.number(Self.rowHeight - inset * 2))\" rx=\"2\">"
            text += "<title>\(escaped(title))</title></rect>\n"
        }
        return text
    }

    private func kind(of step: RunState.StepRow) -> String {
        switch step.status {
        case .failed, .unreachable: "k-bad"
        case .unknown: "k-unknown"
        case .stopped, nil: "k-open"
        case .changed: "k-step"
        case .ok, .skipped: step.action == "gate" ? "k-gate" : "k-read"
        }
    }

    private func gaps(_ axis: TimelineAxis, height: Double) -> String {
        zip(axis.pieces, axis.pieces.dropFirst()).map { before, after in
            let middle = HTMLText.number((before.right + after.left) / 2)
            let width = HTMLText.number(after.left - before.right)
            let pause = Duration.milliseconds(max(0, after.start &- before.end)).elapsedText
            return "<rect class=\"gap\" x=\"\(HTMLText.number(before.right))\" y=\"\(HTMLText.number(Self.top))\" "
                + "width=\"\(width)\" height=\"\(HTMLText.number(height - Self.top - 8))\">"
                + "<title>stood still for \(pause)</title></rect>"
                + "<line class=\"gapline\" x1=\"\(middle)\" x2=\"\(middle)\" y1=\"\(HTMLText.number(Self.top))\" "
                + "y2=\"\(HTMLText.number(height - 8))\"/>"
                + "<text x=\"\(middle)\" y=\"25\" text-anchor=\"middle\">\(pause)</text>\n"
        }.joined()
    }

    /// Approvals, at the time of their answer or their question.
    private func marks(_ axis: TimelineAxis, height: Double) -> String {
        report.approvals.prefix(50).map { approval in
            let x = axis.place(approval.time)
            let word = approval.decision.map { "\($0.decision.rawValue) by \($0.by)" } ?? "no answer"
            let prompt = approval.asked?.prompt ?? "approval"
            let (a, b, c) = (HTMLText.number(x - 5), HTMLText.number(x), HTMLText.number(x + 5))
            let t = Self.top
            return "<line class=\"mark\" x1=\"\(b)\" x2=\"\(b)\" y1=\"\(HTMLText.number(t))\" "
                + "y2=\"\(HTMLText.number(height - 8))\" stroke-dasharray=\"2 3\"/>"
                + "<path class=\"markhead\" d=\"M\(b) \(HTMLText.number(t - 6))L\(c) \(HTMLText.number(t - 1))"
                + "L\(b) \(HTMLText.number(t + 4))L\(a) \(HTMLText.number(t - 1))Z\">"
                + "<title>\(escaped("\(prompt): \(word)"))</title></path>\n"
        }.joined()
    }

    private var legend: String {
        var entries = [("k-step", "changed something"), ("k-read", "looked, or nothing to change"), ("k-gate", "gate")]
        let kinds = Set(state.steps.map(kind))
        for (kind, name) in [("k-bad", "failed"), ("k-unknown", "outcome unknown"), ("k-open", "stopped or not ended")]
        where kinds.contains(kind) { entries.append((kind, name)) }
        let items = entries.map { "<span><i class=\"\($0.0)\"></i>\($0.1)</span>" }.joined()
        let approvals = report.approvals.isEmpty ? "" : "<span>◆ approval</span>"
        return "<div class=\"legend\">\(items)\(approvals)</div>\n"
    }
}
