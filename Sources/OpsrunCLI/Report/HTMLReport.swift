package import RunEngine
internal import Values

/// A run as one HTML file that fetches nothing and runs nothing: a style sheet, SVG drawings, tables. Its size is bounded
/// whatever the run did; what is left out is counted, and is in the journal.
package struct HTMLReport {
    /// Rows of one table.
    static let mostRows = 600
    /// Characters of a sentence.
    static let longestText = 600

    let report: RunReport
    let state: RunState
    /// A piece of what a step left in the run's folder; nil where it cannot be read.
    let output: (KeptFile) -> String?

    package init(_ report: RunReport, output: @escaping (KeptFile) -> String? = { _ in nil }) {
        self.report = report
        state = report.state
        self.output = output
    }

    package func text() -> String {
        let verdict = RunVerdict(state)
        let title = "\(verdict.word): \(report.title)"
        var text = """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(HTMLText.clipped(title, 200))</title>
            <style>\(ReportStyle.css)</style></head><body><main>

            """
        text += header(verdict) + tiles() + attention() + timeline() + gates() + approvals() + steps() + findings()
        text += hosts() + evidence()
        return text + "<footer>Made by opsrun \(escaped(state.run.version)) from the journal of run "
            + "<code>\(escaped(state.run.runID))</code>. Times are UTC.</footer></main></body></html>\n"
    }

    func escaped(_ text: String) -> String { HTMLText.clipped(text, Self.longestText) }

    func more(_ count: Int, _ what: String) -> String {
        count > 0 ? "<p class=\"note\">and \(count) more \(what): the journal has them all</p>\n" : ""
    }

    // MARK: The top

    private func header(_ verdict: RunVerdict) -> String {
        var text = ""
        for line in report.glassLines.prefix(20) { text += "<p class=\"glass\">\(escaped(line))</p>\n" }
        if let damage = report.damage {
            text += "<p class=\"glass\">The journal is damaged: \(escaped(damage)). What is before it is shown.</p>\n"
        }
        text += "<header class=\"card \(verdict.tone.rawValue)\">\n<h1>\(escaped(report.title))</h1>\n"
        text += "<span class=\"badge \(verdict.tone.rawValue)\">\(escaped(verdict.word))</span>\n"
        text += "<p class=\"sentence\">\(escaped(verdict.sentence))</p>\n<dl class=\"facts\">\n"
        func fact(_ name: String, _ html: String, isWide: Bool = false) {
            guard !html.isEmpty else { return }
            text += "<div\(isWide ? " class=\"wide\"" : "")><dt>\(name)</dt><dd>\(html)</dd></div>\n"
        }
        fact("Started", RunReport.clock(report.start))
        fact("Took", took)
        fact("By", escaped(report.who))
        fact("Cluster", clusters)
        fact("Playbook", "<code>\(escaped(state.run.playbook))</code>")
        fact("Inventory", state.run.inventory.isEmpty ? "" : "<code>\(escaped(state.run.inventory))</code>")
        fact("Run", "<code>\(escaped(state.run.runID))</code>")
        if let closed = state.closed {
            let code = ExitCode(rawValue: Int32(clamping: closed.exitCode))
            let meaning = code == .done ? "" : code.map { " · \(escaped($0.meaning))" } ?? ""
            fact("Exit code", "\(closed.exitCode)\(meaning)")
        }
        if !state.run.parameters.isEmpty {
            let shown = state.run.parameters.prefix(20).map { "\($0.key)=\(JSON.text($0.value))" }
            fact("Parameters", "<code>\(escaped(shown.joined(separator: "  ")))</code>", isWide: true)
        }
        fact("Plan", "<code>sha256 \(escaped(state.run.planDigest))</code>", isWide: true)
        if let note = state.run.speedNote { fact("Rehearsal", escaped(note), isWide: true) }
        return text + "</dl></header>\n"
    }

    private var took: String {
        let active = report.activeTime.elapsedText
        guard report.segments.count > 1 else { return active }
        let whole = (report.end - report.start).elapsedText
        let times = state.resumes == 1 ? "once" : "\(state.resumes) times"
        return "\(active) of work in \(whole), gone on with \(times)"
    }

    private var clusters: String {
        state.run.clusters.prefix(10).map { cluster in
            escaped(cluster.name) + (cluster.isProtected ? " <span class=\"badge small warning\">protected</span>" : "")
                + (cluster.id.isEmpty ? "" : " <code>\(escaped(cluster.id))</code>")
        }.joined(separator: ", ")
    }

    private func tiles() -> String {
        var text = "<section class=\"tiles\">\n"
        func tile(_ number: String, _ label: String, _ tone: String = "") {
            text += "<div class=\"tile \(tone)\"><b>\(number)</b><span>\(label)</span></div>\n"
        }
        let counts = state.hostCounts
        tile("\(counts.count)", counts.count == 1 ? "host" : "hosts")
        tile("\(state.changes)", state.changes == 1 ? "change" : "changes")
        let bad = counts.reduce(0) { $0 + $1.failed + $1.unreachable + $1.unknown }
        tile("\(bad)", "failed or unknown", bad > 0 ? "bad" : "good")
        let ended = state.gates.compactMap(\.finished)
        if !state.gates.isEmpty {
            let passed = ended.count { $0.verdict == .passed }
            tile("\(passed)/\(state.gates.count)", "gates passed", passed == state.gates.count ? "good" : "warning")
            if let longest = ended.map(\.duration).max() { tile(longest.elapsedText, "longest wait at a gate") }
        }
        if let under = report.worst("under_min_isr_count") {
            tile(
                HTMLText.number(under),
                "partitions below min.insync.replicas at the worst of \(report.lookCount) looks",
                under > 0 ? "bad" : "good")
        }
        if let lag = report.worst("lag_total") { tile(HTMLText.number(lag), "largest lag that a gate saw") }
        return text + "</section>\n"
    }

    /// What somebody has to do something about.
    private func attention() -> String {
        var text = ""
        func alert(_ title: String, _ lines: [String], _ tone: String = "") {
            guard !lines.isEmpty else { return }
            let shown = lines.prefix(30).map { "<li>\($0)</li>\n" }.joined()
            text += "<div class=\"card alert \(tone)\"><h3>\(title)</h3><ul>\(shown)</ul>"
            text += more(lines.count - 30, "of them") + "</div>\n"
        }
        alert(
            "What went wrong",
            state.failedHosts.map { failed in
                let place = report.places[failed.key].map { " <code>\(escaped("\($0.file):\($0.line)"))</code>" } ?? ""
                return "<b>\(escaped(failed.host))</b> · \(escaped(failed.task))\(place)" + why(failed.failure)
            })
        alert(
            "Nobody knows whether these happened",
            state.unknownSteps.map {
                "<b>\(escaped($0.host))</b> · \(escaped($0.name)) <code>\(escaped($0.key))</code>"
            })
        alert(
            "What people said of such steps",
            state.resolutions.map {
                "<b>\(escaped($0.host))</b> · \(escaped($0.name)): "
                    + escaped("\($0.verdict.rawValue), says \($0.by): \($0.reason)")
            }, "warning")
        alert("Left behind", (state.closed?.leftovers ?? []).map(escaped), "warning")
        let running = state.closed == nil ? state.runningSteps.values.sorted().map { state.steps[$0] } : []
        alert(
            "Was being done when the journal ended",
            running.map { "<b>\(escaped($0.host))</b> · \(escaped($0.name.isEmpty ? $0.action : $0.name))" }, "warning")
        alert(
            "Questions without an answer",
            state.openQuestions.sorted { $0.key < $1.key }.map { _, question in
                let who = question.approvers.isEmpty ? "" : " (\(escaped(question.approvers.joined(separator: ", "))))"
                return escaped(question.prompt) + who
            }, "warning")
        guard !text.isEmpty else { return "" }
        let code = state.closed.flatMap { ExitCode(rawValue: Int32(clamping: $0.exitCode)) }
        let next = code.map { $0 == .done ? "" : "<small>\(escaped($0.nextAction))</small>" } ?? ""
        return "<h2>Needs attention \(next)</h2>\n" + text
    }

    func why(_ failure: FailureRecord?) -> String {
        guard let failure else { return "" }
        var text = "<div class=\"why\">\(escaped(failure.message))</div>"
        for cause in failure.causes.prefix(5) { text += "<div class=\"why note\">because \(escaped(cause))</div>" }
        for detail in failure.details.prefix(10) { text += "<div class=\"why note\">\(escaped(detail))</div>" }
        if let next = failure.nextAction { text += "<div class=\"why note\">next: \(escaped(next))</div>" }
        return text
    }
}
