import OpsrunCLI
import RunEngine
import TestSupport
import Testing
import Values

@Suite struct RunReportTests {
    static let hostile =
        "</pre><script>document.title='owned'</script>]]>\u{0}\u{1B}[31m\u{202E}\u{FFFE}&'\"<img src=x onerror=alert(1)>"

    /// A run whose every text is hostile, and which waits at a gate that sees numbers.
    static func hostileStory() -> RunStory {
        var story = RunStory()
        story.open(speedNote: hostile)
        story.play(hostile, ["kafka-1", hostile], batches: 2)
        story.batch(0, of: 2, [hostile])
        story.begin(hostile, "command", hostile)
        story.wait(3)
        story.end(
            hostile, "command", hostile, .failed, seconds: 3,
            failure: StepFailure(.failed, hostile, causes: [hostile], nextAction: hostile, details: [hostile, hostile]))
        story.openGate(hostile, hostile)
        for look in 0..<20 {
            var sample = GateSampled()
            sample.key = story.openKey
            sample.passes = look > 14
            sample.reasons = [hostile]
            sample.isChange = true
            sample.figures = ["under_replicated_count": .int(Int64(20 - look)), "lag_total": .int(Int64(look * look))]
            story.wait(5)
            story.say(.gateSampled(sample))
        }
        story.closeGate(hostile, hostile, .failed, seconds: 100, samples: 20, reasons: [hostile])
        var failed = HostFailed()
        failed.host = hostile
        failed.task = hostile
        failed.failure = FailureRecord(StepFailure(.failed, hostile))
        story.say(.hostFailed(failed))
        var asked = ApprovalRequested()
        asked.key = "q"
        asked.prompt = hostile
        asked.approvers = [hostile]
        story.say(.approvalRequested(asked))
        var finding = Finding()
        finding.message = hostile
        story.say(.finding(finding))
        story.close(.failed, .taskFailed, hostile, seconds: 110)
        return story
    }

    private func report(_ story: RunStory) -> RunReport { RunReport(events: story.events) }

    @Test func `hostile text opens no tag and ends no attribute, in any of the files`() throws {
        let report = report(Self.hostileStory())
        let html = HTMLReport(report) { _ in Self.hostile }.text()
        for forbidden in ["<script", "<img", "onerror=alert(1)>", "\u{0}", "\u{1B}", "\u{202E}"] {
            #expect(!html.contains(forbidden), "\(forbidden.debugDescription)")
        }
        let xml = JUnitReport(report).text()
        try XMLCheck.isWellFormed(xml)
        // The gate never had an answer: that is an error.
        #expect(xml.contains("failures=\"1\" errors=\"1\""))
        let markdown = MarkdownReport(report).text()
        #expect(!markdown.contains("<script") && !markdown.contains("<img") && !markdown.contains("\u{202E}"))
    }

    @Test func `the page fetches nothing and runs nothing`() {
        let html = HTMLReport(report(Self.hostileStory())).text()
        let page = HTMLReport(report(RunStory.held(fails: true))).text()
        for forbidden in ["http:", "https:", "src=", "href=", "url(", "@import", "<script", "<link", "<iframe"] {
            #expect(!page.contains(forbidden), "\(forbidden)")
        }
        #expect(html.contains("default-src 'none'"))
        #expect(html.contains("<svg id=\"timeline\"") && html.contains("aria-label=\"under replicated\""))
    }

    @Test func `a failure is a verdict, an error is that nobody could tell`() throws {
        var story = RunStory()
        story.open()
        story.play("Brokers", ["kafka-1"], batches: 1)
        story.begin("a", "command", "kafka-1")
        story.end("a", "command", "kafka-1", .failed, failure: StepFailure(.failed, "exit 1"))
        story.begin("b", "command", "kafka-1")
        story.end("b", "command", "kafka-1", .failed, failure: StepFailure(.timedOut, "it took too long"))
        story.begin("c", "command", "kafka-1")
        story.end("c", "command", "kafka-1", .unknown, failure: StepFailure(.unknownOutcome, "nobody knows"))
        story.end("d", "command", "kafka-1", .skipped, reason: "when: false")
        story.begin("e", "command", "kafka-1")
        let xml = JUnitReport(report(story)).text()
        try XMLCheck.isWellFormed(xml)
        #expect(xml.contains("tests=\"5\" failures=\"1\" errors=\"3\" skipped=\"1\""), "\(xml)")
        #expect(xml.contains("<failure type=\"failed\" message=\"exit 1\""))
        #expect(xml.contains("<error type=\"timedOut\"") && xml.contains("<error type=\"not-ended\""))
    }

    @Test func `a run of any length has a report of bounded size`() throws {
        var story = RunStory()
        story.open()
        let hosts = (0..<300).map { "kafka-\($0)" }
        story.play("Brokers", hosts, batches: 300)
        for (number, host) in hosts.enumerated() {
            story.batch(number, of: 300, [host])
            for step in 0..<20 {
                story.begin("step \(step)", "command", host)
                story.wait(1)
                story.end("step \(step)", "command", host, step == 7 ? .changed : .ok, seconds: 1)
            }
            story.openGate("isr_recovered", host)
            for look in 0..<40 {
                var sample = GateSampled()
                sample.key = story.openKey
                sample.isChange = true
                sample.reasons = [String(repeating: "x", count: 5000)]
                sample.figures = ["under_replicated_count": .int(Int64(40 - look))]
                story.wait(1)
                story.say(.gateSampled(sample))
            }
            story.closeGate("isr_recovered", host, .passed, seconds: 40, samples: 40)
            story.closeBatch(number)
        }
        story.close(.succeeded, .done, "done", seconds: 20_000)
        let report = report(story)
        let html = HTMLReport(report) { _ in String(repeating: "y", count: 100_000) }.text()
        #expect(html.utf8.count < 4 << 20, "\(html.utf8.count)")
        #expect(html.contains("and 240 more hosts"))
        #expect(MarkdownReport(report).text().utf8.count <= MarkdownReport.limit)
        let cut = MarkdownReport(report).text(limit: 3000)
        #expect(cut.utf8.count <= 3000 && cut.contains("The rest does not fit here"))
        #expect(
            cut.split(separator: "\n").count { $0.contains("<details>") }
                == cut.split(separator: "\n").count { $0.contains("</details>") })
    }

    @Test func `a gate of many looks keeps its curve and every turn of its verdict`() {
        var story = RunStory()
        story.open()
        story.openGate("lag", "kafka-1")
        for look in 0..<10_000 {
            var sample = GateSampled()
            sample.key = story.openKey
            sample.isChange = true
            sample.passes = look == 5003
            sample.figures = ["lag_total": .int(Int64(look))]
            story.wait(1)
            story.say(.gateSampled(sample))
        }
        let looks = report(story).looks[0]
        #expect(looks.count <= 401)
        #expect(looks.last?.figures["lag_total"]?.intValue.map { $0 > 9900 } == true)
    }

    @Test func `a run that was gone on with is drawn in its pieces`() {
        var story = RunStory.rolling()
        let first = story.now
        story.wait(40_000)
        var resumed = RunResumed()
        resumed.after = "killed"
        story.say(.runResumed(resumed))
        story.wait(20)
        story.close(.succeeded, .done, "done", seconds: 100)
        let report = report(story)
        #expect(report.segments.count == 2)
        #expect(report.segments[0].end.milliseconds == first)
        let html = HTMLReport(report).text()
        #expect(html.contains("stood still for 11h06m") && html.contains("gone on with once"))
    }

    @Test func `who broke the glass, and why, stands first`() throws {
        var opened = RunOpened()
        opened.user = "anna"
        opened.host = "runner"
        opened.breakGlass = "brokers <down>"
        let event = RunEvent(sequence: 1, time: Timestamp(milliseconds: RunStory.start), body: .runOpened(opened))
        let report = RunReport(events: [event])
        let html = HTMLReport(report).text()
        let line = try #require(html.firstRange(of: "Break glass: brokers &lt;down&gt; (anna@runner, 2026-"))
        #expect(line.lowerBound < (try #require(html.firstRange(of: "<h1>"))).lowerBound)
        #expect(MarkdownReport(report).text().hasPrefix("> **Break glass: brokers &lt;down&gt;"))
    }

    @Test func `a run without an end says so`() {
        let html = HTMLReport(report(RunStory.rolling())).text()
        #expect(html.contains(">Not ended</span>") && html.contains("Was being done when the journal ended"))
        #expect(MarkdownReport(report(RunStory.rolling())).text().contains("Not ended"))
    }

    @Test func `Markdown that is cut closes what is open`() {
        let text =
            "# a\n<details><summary>x</summary>\n\n````text\n" + String(repeating: "line\n", count: 500)
            + "````\n</details>\n"
        let cut = MarkdownText.cut(text, to: 1000, saying: "**more**")
        #expect(cut.utf8.count <= 1000 && cut.hasSuffix("**more**\n"))
        #expect(cut.contains("\n````\n\n</details>\n"))
        #expect(MarkdownText.cut("short", to: 100, saying: "x") == "short")
        #expect(MarkdownText.inline("<b>[x](y) `z` @ops |") == "&lt;b&gt;\\[x\\]\\(y\\) \\`z\\` \\@\u{200B}ops \\|")
    }
}
