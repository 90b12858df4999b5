internal import RunEngine
internal import Values

/// A run in Markdown: for the summary of a CI job, a ticket, a mail. Bounded like `HTMLReport`.
package struct MarkdownReport {
    static let mostGates = 100
    static let mostSteps = 200
    /// Far below what any of its readers takes.
    package static let limit = 256 << 10

    private let report: RunReport
    private let state: RunState

    package init(_ report: RunReport) {
        self.report = report
        state = report.state
    }

    package func text(limit: Int = limit) -> String {
        let whole = header() + attention() + gates() + approvals() + steps() + hosts() + evidence()
        return MarkdownText.cut(
            whole, to: limit,
            saying: "**The rest does not fit here**: `opsrun report \(state.run.runID)` has all of it.")
    }

    private func inline(_ text: String) -> String { MarkdownText.inline(text) }

    private func table(_ columns: [String], _ rows: [[String]]) -> String {
        "| " + columns.joined(separator: " | ") + " |\n|" + String(repeating: "---|", count: columns.count) + "\n"
            + rows.map { "| " + $0.joined(separator: " | ") + " |\n" }.joined() + "\n"
    }

    private func header() -> String {
        let verdict = RunVerdict(state)
        let sign =
            switch verdict.tone {
            case .good: "✅"
            case .bad: "❌"
            case .warning: "⚠️"
            case .neutral: "ℹ️"
            }
        var text = ""
        for line in report.glassLines.prefix(20) { text += "> **\(inline(line))**\n\n" }
        if let damage = report.damage { text += "> **The journal is damaged**: \(inline(damage))\n\n" }
        text += "## \(sign) \(verdict.word): \(inline(report.title))\n\n\(inline(verdict.sentence))\n\n"
        var rows = [["**Run**", MarkdownText.code(state.run.runID)]]
        let clusters = state.run.clusters.prefix(10).map { inline($0.name) + ($0.isProtected ? " (protected)" : "") }
        if !clusters.isEmpty { rows.append(["**Cluster**", clusters.joined(separator: ", ")]) }
        rows.append(["**Playbook**", MarkdownText.code(state.run.playbook)])
        let times = state.resumes > 0 ? ", gone on with \(state.resumes == 1 ? "once" : "\(state.resumes) times")" : ""
        rows.append([
            "**Started**", "\(RunReport.clock(report.start)), \(report.activeTime.elapsedText) of work\(times)",
        ])
        rows.append(["**By**", inline(report.who)])
        rows.append(["**Plan**", MarkdownText.code("sha256 \(state.run.planDigest)")])
        if let closed = state.closed {
            let code = ExitCode(rawValue: Int32(clamping: closed.exitCode))
            rows.append(["**Exit**", "\(closed.exitCode)" + (code.map { ": \(inline($0.meaning))" } ?? "")])
        }
        if let note = state.run.speedNote { rows.append(["**Rehearsal**", inline(note)]) }
        return text + table(["", ""], rows)
    }

    private func attention() -> String {
        var lines: [String] = []
        for failed in state.failedHosts {
            let place = report.places[failed.key].map { " (\(MarkdownText.code("\($0.file):\($0.line)")))" } ?? ""
            lines.append("- **\(inline(failed.host))**: \(inline(failed.task))\(place)")
            guard let failure = failed.failure else { continue }
            lines.append("  - \(inline(failure.message))")
            for cause in failure.causes.prefix(5) { lines.append("  - because \(inline(cause))") }
            for detail in failure.details.prefix(10) { lines.append("  - \(inline(detail))") }
            if let next = failure.nextAction { lines.append("  - next: \(inline(next))") }
        }
        for step in state.unknownSteps {
            lines.append(
                "- **outcome unknown**: \(inline(step.name)) on \(inline(step.host)), \(MarkdownText.code(step.key))")
        }
        for told in state.resolutions {
            let said = "\(told.verdict.rawValue), says \(told.by): \(told.reason)"
            lines.append("- **resolved**: \(inline(told.name)) on \(inline(told.host)): \(inline(said))")
        }
        for leftover in state.closed?.leftovers ?? [] { lines.append("- **left behind**: \(inline(leftover))") }
        for (_, question) in state.openQuestions.sorted(by: { $0.key < $1.key }) {
            let who = question.approvers.isEmpty ? "" : " (\(inline(question.approvers.joined(separator: ", "))))"
            lines.append("- **waits for an answer**: \(inline(question.prompt))\(who)")
        }
        guard !lines.isEmpty else { return "" }
        let more = lines.count > 100 ? "\nand \(lines.count - 100) more lines\n" : ""
        return "### Needs attention\n\n" + lines.prefix(100).joined(separator: "\n") + "\n\(more)\n"
    }

    private func gates() -> String {
        guard !state.gates.isEmpty else { return "" }
        let rows = state.gates.prefix(Self.mostGates).enumerated().map { index, gate -> [String] in
            let name = gate.started.name.isEmpty ? gate.started.gate : gate.started.name
            let end = gate.finished
            let verdict = end.map { String($0.verdict.rawValue.map { $0 == "_" ? " " : $0 }) } ?? "not ended"
            let shown = end?.verdict == .passed ? verdict : "**\(verdict)**"
            let worst = report.looks[index].last { !$0.passes }?.reason ?? end?.reasons.first ?? ""
            return [
                inline(name), inline(gate.started.host), shown, end?.duration.elapsedText ?? "",
                end.map { "\($0.samples)" } ?? "", MarkdownText.inline(worst, most: 160),
            ]
        }
        return "### Gates\n\n" + table(["gate", "host", "verdict", "took", "looks", "what held it"], rows)
            + more(state.gates.count - Self.mostGates, "gates")
    }

    private func approvals() -> String {
        guard !report.approvals.isEmpty else { return "" }
        let rows = report.approvals.prefix(Self.mostGates).map { approval -> [String] in
            let decision = approval.decision
            return [
                RunReport.clock(approval.time), inline(approval.asked?.prompt ?? ""),
                decision?.decision.rawValue ?? "**no answer**", inline(decision?.by ?? ""),
                inline(decision?.method ?? ""),
            ]
        }
        return "### Approvals\n\n" + table(["when", "question", "answer", "by", "how"], rows)
    }

    private func steps() -> String {
        let steps = report.actions.filter { $0.status != .skipped && $0.status != .ok }
        guard !steps.isEmpty else { return "" }
        let rows = steps.prefix(Self.mostSteps).map { step -> [String] in
            let word = step.status?.rawValue ?? "not ended"
            return [
                inline(step.name.isEmpty ? step.action : step.name), inline(step.host),
                step.status == .changed ? word : "**\(word)**", step.duration.elapsedText,
                MarkdownText.inline(step.failure?.message ?? step.reason ?? "", most: 160),
            ]
        }
        return
            "<details><summary>\(steps.count) step\(steps.count == 1 ? "" : "s") changed something or did not end well"
            + "</summary>\n\n" + table(["step", "host", "outcome", "took", ""], rows)
            + more(steps.count - Self.mostSteps, "steps") + "</details>\n\n"
    }

    private func hosts() -> String {
        guard !state.hostCounts.isEmpty else { return "" }
        let rows = state.hostCounts.prefix(Self.mostGates).map { row in
            [inline(row.host)]
                + [row.ok, row.changed, row.failed + row.unreachable, row.unknown, row.skipped].map(String.init)
        }
        return "<details><summary>\(state.hostCounts.count) host\(state.hostCounts.count == 1 ? "" : "s")</summary>\n\n"
            + table(["host", "ok", "changed", "failed", "unknown", "skipped"], rows)
            + more(state.hostCounts.count - Self.mostGates, "hosts") + "</details>\n\n"
    }

    private func evidence() -> String {
        var text =
            "### Evidence\n\n- journal: \(report.journalEnd.records) records, the last one "
            + "\(MarkdownText.code(report.journalEnd.head))\n"
        for head in report.auditHeads.prefix(20) {
            text += "- audit log \(MarkdownText.code(head.name)): \(head.records) records, the last one "
            text += "\(MarkdownText.code(head.head))\n"
        }
        return text
    }

    private func more(_ count: Int, _ what: String) -> String { count > 0 ? "and \(count) more \(what)\n\n" : "" }
}
