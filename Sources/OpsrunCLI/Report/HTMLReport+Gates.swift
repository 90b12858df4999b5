internal import RunEngine
internal import Values

// What each gate saw: curves of those that had to wait, and a row for every one.
extension HTMLReport {
    /// Gates that are drawn large.
    static let mostCharts = 24

    func gates() -> String {
        guard !state.gates.isEmpty else { return "" }
        let charts = state.gates.indices.map { index in
            GateChart(
                report.looks[index], start: state.gates[index].startedAt,
                end: state.gates[index].finished.map { state.gates[index].startedAt + $0.duration } ?? report.end)
        }
        var text = "<h2>Gates <small>what was waited for before the next step</small></h2>\n"
        // Those that failed, then those that waited longest, shown in the order in which they began.
        let drawn = state.gates.indices.map { (index: $0, drawings: charts[$0].drawings()) }
            .filter { !$0.drawings.isEmpty }
            .sorted { left, right in
                let (a, b) = (rank(left.index), rank(right.index))
                return a == b ? left.index < right.index : a > b
            }.prefix(Self.mostCharts).sorted { $0.index < $1.index }
        if !drawn.isEmpty {
            text += "<div class=\"charts\">\n"
            for gate in drawn { text += card(gate.index, charts[gate.index], gate.drawings) }
            text += "</div>\n"
            text +=
                "<p class=\"note\" style=\"margin:10px 0 16px\">Green: the gate was content. It passes when it was so "
            text += "for as long as it asks for.</p>\n"
        }
        let isCalm = state.gates.allSatisfy { $0.finished?.verdict == .passed }
        text += "<div class=\"card scroll\"><details\(isCalm && !drawn.isEmpty ? "" : " open")><summary>"
        text += state.gates.count == 1 ? "The gate" : "All \(state.gates.count) gates"
        text += "</summary><table id=\"gates\"><tr><th>Gate</th><th>Host</th><th>Verdict</th>"
        text += "<th class=\"num\">Took</th><th class=\"num\">Looks</th><th></th><th>What held it</th></tr>\n"
        for index in state.gates.indices.prefix(Self.mostRows) { text += row(index, charts[index]) }
        return text + "</table></details>\(more(state.gates.count - Self.mostRows, "gates"))</div>\n"
    }

    private func rank(_ index: Int) -> Int64 {
        guard let end = state.gates[index].finished else { return .max }
        return [.passed, .stopped].contains(end.verdict) ? end.duration.milliseconds : .max - 1
    }

    private func name(_ index: Int) -> String {
        let started = state.gates[index].started
        return started.name.isEmpty ? started.gate : started.name
    }

    /// The word for the verdict, and its colour.
    private func verdict(_ index: Int) -> String {
        let (word, kind) =
            switch state.gates[index].finished?.verdict {
            case .passed: ("passed", "passed")
            case .timedOut: ("timed out", "bad")
            case .stalled: ("no progress", "bad")
            case .failed: ("failed", "bad")
            case .stopped: ("stopped", "open")
            case nil: ("not ended", "open")
            }
        return "<span class=\"pill \(kind)\">\(word)</span>"
    }

    private func reason(_ index: Int) -> String? {
        if let end = state.gates[index].finished, end.verdict != .passed { return end.reasons.first }
        return report.looks[index].last { !$0.passes }?.reason
    }

    private func card(_ index: Int, _ chart: GateChart, _ drawings: [[GateChart.Curve]]) -> String {
        let gate = state.gates[index]
        var text =
            "<div class=\"chart\"><div class=\"head\"><h3>\(escaped(name(index))) · \(escaped(gate.started.host))</h3>"
        text += verdict(index) + "</div>\n<p>"
        let looks = gate.finished.map { "\($0.duration.elapsedText), \($0.samples) look\($0.samples == 1 ? "" : "s")" }
        text += [looks, gate.started.stableFor.map { "must hold for \($0.limitText)" }].compactMap(\.self)
            .joined(separator: " · ")
        if let reason = reason(index) { text += "<br>\(HTMLText.clipped(reason, 160))" }
        return text + "</p>\n" + drawings.map { chart.svg($0) }.joined() + "</div>\n"
    }

    private func row(_ index: Int, _ chart: GateChart) -> String {
        let gate = state.gates[index]
        let took = gate.finished?.duration.elapsedText ?? ""
        let looks = gate.finished.map { "\($0.samples)" } ?? "\(report.looks[index].count)"
        return "<tr><td>\(escaped(name(index)))</td><td class=\"tight\">\(HTMLText.clipped(gate.started.host, 60))</td>"
            + "<td>\(verdict(index))</td><td class=\"num\">\(took)</td><td class=\"num\">\(looks)</td>"
            + "<td>\(chart.spark())</td><td>\(reason(index).map { HTMLText.clipped($0, 240) } ?? "")</td></tr>\n"
    }

    // MARK: Approvals

    func approvals() -> String {
        guard !report.approvals.isEmpty else { return "" }
        var text =
            "<h2>Approvals</h2>\n<div class=\"card scroll\"><table id=\"approvals\"><tr><th>When</th><th>Question</th>"
        text += "<th>Answer</th><th>By</th><th>How</th><th>Plan</th></tr>\n"
        for approval in report.approvals.prefix(Self.mostRows) {
            let decision = approval.decision
            let kind = decision?.decision == .granted ? "granted" : decision == nil ? "open" : "bad"
            let digest = decision?.planDigest ?? approval.asked?.planDigest ?? ""
            text += "<tr><td class=\"tight\">\(RunReport.clock(approval.time))</td>"
            text += "<td>\(escaped(approval.asked?.prompt ?? decision?.kind.rawValue ?? ""))</td>"
            text += "<td><span class=\"pill \(kind)\">\(decision?.decision.rawValue ?? "no answer")</span></td>"
            text += "<td>\(escaped(decision?.by ?? (approval.asked?.approvers ?? []).joined(separator: ", ")))</td>"
            text +=
                "<td>\(escaped([decision?.method, decision?.reason].compactMap(\.self).joined(separator: ": ")))</td>"
            text += "<td><code>\(escaped(String(digest.prefix(12))))</code></td></tr>\n"
        }
        return text + "</table></div>\n"
    }
}
