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

    /// The colours of a style sheet's `:root`, each as red, green and blue of 0 to 1.
    private static func palette(_ css: Substring) -> [String: [Double]] {
        var found: [String: [Double]] = [:]
        guard let start = css.firstRange(of: ":root{"), let end = css[start.upperBound...].firstIndex(of: "}") else {
            return [:]
        }
        for entry in css[start.upperBound..<end].split(whereSeparator: { $0 == ";" || $0.isNewline }) {
            let parts = entry.split(separator: ":").map { $0.filter { !$0.isWhitespace } }
            guard parts.count == 2, parts[0].hasPrefix("--"), parts[1].hasPrefix("#") else { continue }
            var digits = parts[1].dropFirst().compactMap { $0.hexDigitValue }
            if digits.count == 3 { digits = digits.flatMap { [$0, $0] } }
            guard digits.count == 6 else { continue }
            found[parts[0]] = [0, 2, 4].map { Double(digits[$0] * 16 + digits[$0 + 1]) / 255 }
        }
        return found
    }

    /// By WCAG 2: 21 is black on white.
    private static func contrast(_ one: [Double], _ other: [Double]) -> Double {
        func light(_ colour: [Double]) -> Double {
            let parts = colour.map { $0 <= 0.04045 ? $0 / 12.92 : pow(($0 + 0.055) / 1.055, 2.4) }
            return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
        }
        let lights = [light(one), light(other)].sorted()
        return (lights[1] + 0.05) / (lights[0] + 0.05)
    }

    @Test func `text can be read in the light, in the dark and on paper`() throws {
        let html = HTMLReport(RunReport(events: RunReportTests.hostileStory().events)) { _ in "" }.text()
        let dark = try #require(html.firstRange(of: "@media (prefers-color-scheme:dark)"))
        let print = try #require(html.firstRange(of: "@media print"))
        let palettes = [
            Self.palette(html[...]), Self.palette(html[dark.upperBound...]), Self.palette(html[print.upperBound...]),
        ]
        // On paper nothing is left of the dark: every colour is said again.
        #expect(palettes.allSatisfy { Set($0.keys) == Set(palettes[0].keys) && $0.count > 20 })
        for (name, palette) in zip(["light", "dark", "print"], palettes) {
            func check(_ text: String, _ ground: String, _ least: Double) throws {
                let ratio = Self.contrast(try #require(palette[text]), try #require(palette[ground]))
                #expect(ratio >= least, "\(name): \(text) on \(ground) has \(ratio)")
            }
            for ground in ["--card", "--page"] {
                for text in ["--ink", "--soft"] { try check(text, ground, 4.5) }
                try check("--faint", ground, 3)
            }
            for text in ["--good", "--bad", "--warn"] {
                try check(text, "--card", 4)
                try check(text, text + "bg", 4)
            }
            try check("--neutral", "--neutralbg", 4.5)
            for line in ["--a", "--b", "--c", "--d", "--step", "--gate", "--unknown"] { try check(line, "--card", 2.4) }
        }
    }

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
