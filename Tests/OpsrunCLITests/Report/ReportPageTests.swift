import Glibc
import OpsrunCLI
import RunEngine
import TestSupport
import Testing
import Values

/// The page as a browser shows it.
@Suite struct ReportPageTests {
    static let browser = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
        .first { (path: String) in access(path, X_OK) == 0 }

    @Test(.enabled(if: browser != nil, "no chromium here: `scripts/setup test` installs it"))
    func `a browser draws the page without a request, a script or an error`() async throws {
        let browser = try #require(Self.browser)
        try await ScratchDirectory.with { scratch in
            let html = HTMLReport(RunReport(events: RunReportTests.hostileStory().events)) { _ in RunReportTests.hostile
            }.text()
            let file = try scratch.write(html, to: "report.html")
            let ended = try await TestProcess.run(
                [
                    browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                    "--disable-background-networking", "--user-data-dir=\(scratch.path)/profile",
                    // No name is found and nothing answers: a page that wants anything says so on its console.
                    "--host-resolver-rules=MAP * ~NOTFOUND", "--proxy-server=127.0.0.1:9", "--enable-logging=stderr",
                    "--dump-dom", "file://\(file)",
                ], environment: ["HOME": scratch.path], in: scratch, within: 120)
            #expect(ended.status == 0, "\(ended.stderr)")
            let lines = ended.stderr.split(separator: "\n")
            #expect(!lines.contains { $0.contains("CONSOLE") }, "\(ended.stderr)")
            let page = ended.stdout
            #expect(page.contains("<svg id=\"timeline\"") && page.contains("<table id=\"gates\""))
            #expect(page.contains("class=\"line s0\""))
            #expect(!page.contains("<title>owned") && !page.contains("<img"))
            #expect(page.contains("&lt;script&gt;document.title="))
        }
    }
}
