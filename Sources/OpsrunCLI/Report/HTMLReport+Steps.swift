internal import RunEngine
internal import Values

// What was done, host by host and step by step, with what each step said.
extension HTMLReport {
    /// Bytes of all outputs together, and of one.
    static let mostOutput = 1 << 20
    static let longestOutput = 8 << 10

    func steps() -> String {
        let all = report.actions
        guard !all.isEmpty else { return "" }
        let (shown, hidden) = chosen(all)
        var text = "<h2>Steps <small>\(all.count) of them, \(state.changes) changed something</small></h2>\n"
        text += "<div class=\"card scroll\"><table id=\"steps\"><tr><th>Step</th><th>Host</th><th>Outcome</th>"
        text += "<th class=\"num\">Started</th><th class=\"num\">Took</th></tr>\n"
        var group = ""
        var room = Self.mostOutput
        for step in shown {
            let name = groupName(step)
            if name != group {
                group = name
                text += "<tr class=\"group\"><td colspan=\"5\">\(escaped(name))</td></tr>\n"
            }
            text += row(step, &room)
        }
        return text + "</table>\(more(hidden, "steps that went well"))</div>\n"
    }

    /// All, or where there are too many: those that failed or changed something, then the rest, in the order of the run.
    private func chosen(_ steps: [RunState.StepRow]) -> (shown: [RunState.StepRow], hidden: Int) {
        guard steps.count > Self.mostRows else { return (steps, 0) }
        func rank(_ step: RunState.StepRow) -> Int {
            switch step.status {
            case .failed, .unreachable, .unknown, .stopped, nil: 0
            case .changed: 1
            case .ok: 2
            case .skipped: 3
            }
        }
        let places = steps.indices.sorted { (rank(steps[$0]), $0) < (rank(steps[$1]), $1) }.prefix(Self.mostRows)
        return (places.sorted().map { steps[$0] }, steps.count - Self.mostRows)
    }

    private func groupName(_ step: RunState.StepRow) -> String {
        let play = report.playNames[step.play] ?? "Play \(step.play + 1)"
        let batch = report.batches.last { $0.play == step.play && $0.batch == step.batch }
        guard let batch, batch.batches > 1 else { return play }
        return "\(play) · batch \(batch.batch + 1) of \(batch.batches)"
    }

    private func row(_ step: RunState.StepRow, _ room: inout Int) -> String {
        let name = step.name.isEmpty ? step.action : step.name
        let item = step.item.map { " <span class=\"note\">(\(escaped($0)))</span>" } ?? ""
        let section = step.section == .tasks ? "" : " <span class=\"pill\">\(step.section.rawValue)</span>"
        let action = step.name.isEmpty ? "" : " <code class=\"note\">\(escaped(step.action))</code>"
        var text = "<tr><td>\(escaped(name))\(item)\(section)\(action)"
        if let failure = step.failure {
            text += why(failure)
        } else if let reason = step.reason {
            text += "<div class=\"why note\">\(escaped(reason))</div>"
        }
        if step.attempts > 1 { text += "<div class=\"why note\">\(step.attempts) attempts</div>" }
        text += outputs(step, &room)
        let word = step.status?.rawValue ?? "not ended"
        let kind =
            switch step.status {
            case .ok: "ok"
            case .changed: "changed"
            case .failed, .unreachable, .unknown: "bad"
            case .stopped, nil: "open"
            case .skipped: ""
            }
        let started = step.startedAt.description.dropFirst(11).prefix(8)
        return text + "</td><td class=\"tight\">\(HTMLText.clipped(step.host, 60))</td>"
            + "<td><span class=\"pill \(kind)\">\(word)</span></td><td class=\"num\">\(started)</td>"
            + "<td class=\"num\">\(step.duration.elapsedText)</td></tr>\n"
    }

    private func outputs(_ step: RunState.StepRow, _ room: inout Int) -> String {
        (report.files[step.key] ?? []).prefix(4).map { file in
            guard file.bytes > 0, room > 0, let output = output(file) else { return "" }
            let shown = output.prefix(min(Self.longestOutput, room))
            room -= shown.utf8.count
            let name = file.path.split(separator: "/").last.map(String.init) ?? file.path
            let cut = file.bytes > shown.utf8.count ? ", its beginning; the rest is in \(file.path)" : ""
            return "<details\(step.status == .failed ? " open" : "")><summary>\(escaped(name)) "
                + "(\(file.bytes) bytes\(escaped(cut)))</summary>"
                + "<pre>\(HTMLText.escape(String(shown), keepLines: true))</pre></details>"
        }.joined()
    }

    // MARK: The rest

    func findings() -> String {
        guard !state.findings.isEmpty else { return "" }
        let rows = state.findings.prefix(Self.mostRows).map { finding in
            let kind = finding.severity == .critical ? "bad" : "open"
            return "<tr><td><span class=\"pill \(kind)\">\(finding.severity.rawValue)</span></td>"
                + "<td>\(escaped(finding.message))</td><td class=\"tight\">\(escaped(finding.host ?? ""))</td></tr>\n"
        }.joined()
        return "<h2>Findings</h2>\n<div class=\"card scroll\"><table>\(rows)</table>"
            + "\(more(state.findings.count - Self.mostRows, "findings"))</div>\n"
    }

    func hosts() -> String {
        guard !state.hostCounts.isEmpty else { return "" }
        var text = "<h2>Hosts</h2>\n<div class=\"card scroll\"><table id=\"hosts\"><tr><th>Host</th>"
        let names = ["ok", "changed", "failed", "unreachable", "unknown", "skipped", "rescued", "rolled back"]
        text += names.map { "<th class=\"num\">\($0)</th>" }.joined() + "</tr>\n"
        for row in state.hostCounts.prefix(Self.mostRows) {
            let counts = [
                row.ok, row.changed, row.failed, row.unreachable, row.unknown, row.skipped, row.rescued, row.rolledBack,
            ]
            text += "<tr><td>\(HTMLText.clipped(row.host, 80))</td>"
            for (index, count) in counts.enumerated() {
                let isBad = (2...4).contains(index) && count > 0
                text += "<td class=\"num\(isBad ? " bad" : "")\">\(count == 0 && index > 1 ? "·" : "\(count)")</td>"
            }
            text += "</tr>\n"
        }
        return text + "</table>\(more(state.hostCounts.count - Self.mostRows, "hosts"))</div>\n"
    }

    /// What the whole can be checked against.
    func evidence() -> String {
        var text = "<h2>Evidence</h2>\n<div class=\"card\"><dl class=\"facts\">\n"
        func fact(_ name: String, _ value: String) {
            text += "<div class=\"wide\"><dt>\(name)</dt><dd><code>\(escaped(value))</code></dd></div>\n"
        }
        fact("Journal", "\(report.journalEnd.records) records, the last one \(report.journalEnd.head)")
        for head in report.auditHeads.prefix(20) {
            fact("Audit log \(escaped(head.name))", "\(head.records) records, the last one \(head.head)")
        }
        fact("Plan", "sha256 \(state.run.planDigest)")
        return text + "</dl><p class=\"note\" style=\"margin:12px 0 0\">Kept elsewhere, this page is a witness: "
            + "<code>opsrun audit verify</code> checks the journal and the audit logs, and what it finds has to end at or "
            + "after these records.</p></div>\n"
    }
}
