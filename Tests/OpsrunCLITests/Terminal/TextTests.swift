import OpsrunCLI
import Playbooks
import TestSupport
import Testing
import Values

@Suite struct TextTests {
    @Test(arguments: [
        ("plain", "plain"), ("red \u{1B}[31mtext", "red \\u{1b}[31mtext"), ("a\tb\r\nc", "a b\\u{d}\\u{a}c"),
        ("\u{202E}gnp.exe", "\\u{202e}gnp.exe"), ("bell\u{7}\u{9B}31m", "bell\\u{7}\\u{9b}31m"),
        ("Grüße 日本", "Grüße 日本"), ("\u{2066}x\u{2069}", "\\u{2066}x\\u{2069}"),
    ])
    func `nothing of a remote reaches the terminal as a command`(text: String, safe: String) {
        #expect(SafeText.escape(text) == safe)
    }

    @Test(arguments: [
        (Duration.zero, "0s"), (.milliseconds(20), "0.1s"), (.milliseconds(940), "0.9s"), (.seconds(59), "59s"),
        (.seconds(64), "1m04s"), (.seconds(7500), "2h05m"), (.seconds(273_600), "3d04h"),
    ])
    func `elapsed time for people`(duration: Duration, text: String) { #expect(duration.elapsedText == text) }

    @Test func `wide characters take two columns`() {
        #expect(TextLayout.columns(of: "日本x") == 5)
        #expect(TextLayout.clip("日本語テキスト", 6) == "日本…")
        #expect(TextLayout.pad("日", 4) == "日  ")
        #expect(TextLayout.wrap("one two three four", width: 9) == "one two\nthree\nfour")
        #expect(TextLayout.table([["a", "b"], ["long", "c"]]) == ["a     b", "long  c"])
    }

    @Test func `a diagnostic shows its line, a caret and what to write instead`() throws {
        let text = """
            opsrun: 1
            plays:
              - hostss: brokers
                name: Grüße 日本 {{ nmae }}
                tasks: [\(String(repeating: "long, ", count: 40))end]
            """
        let view = DiagnosticView(style: .plain, width: 80) { $0 == "site.yml" ? text : nil }
        let diagnostics = [
            Diagnostic(
                .warning, code: "short-gate", "stable_for is under 15s",
                at: SourceSpan(file: "other.yml", line: 7, column: 3)),
            Diagnostic(
                code: "unknown-name", "unknown name 'nmae'", hint: "did you mean 'name'?",
                at: SourceSpan(file: "site.yml", line: 4, column: 23, endLine: 4, endColumn: 27)),
            Diagnostic(
                code: "unknown-key", "unknown key 'hostss'", hint: "did you mean 'hosts'?",
                at: SourceSpan(file: "site.yml", line: 3, column: 5, endLine: 3, endColumn: 11)),
            Diagnostic(
                code: "too-long", "at the end of a long line",
                at: SourceSpan(file: "site.yml", line: 5, column: 253, endLine: 5, endColumn: 256)),
            Diagnostic(
                code: "unknown-key", "unknown key 'hostss'", hint: "did you mean 'hosts'?",
                at: SourceSpan(file: "site.yml", line: 3, column: 5, endLine: 3, endColumn: 11)),
        ]
        #expect(DiagnosticView.summary(diagnostics) == "4 errors and 1 warning")
        try expectSnapshot(
            view.text(diagnostics) + "---\n" + view.plain(diagnostics) + "---\n"
                + JSON.text(DiagnosticView.json(diagnostics), pretty: true) + "\n", named: "diagnostics")
    }
}
