import Testing

@testable import Playbooks

@Suite struct DiagnosticTextTests {
    private func render(_ text: String, _ span: SourceSpan, _ message: String = "wrong") -> String {
        DiagnosticText.render(
            [Diagnostic(code: "x", message, hint: "do better", at: span)],
            sources: [SourceFile(path: "f.yml", text: text)])
    }

    @Test func `A problem is shown with its line and a caret under it`() {
        let span = SourceSpan(file: "f.yml", line: 2, column: 4, endLine: 2, endColumn: 7)
        #expect(
            render("a: 1\nb: two\n", span) == "f.yml:2:4: error: wrong (do better)\n    b: two\n       ^~~\n")
    }

    @Test func `Carets count code points, tabs stay tabs`() {
        let span = SourceSpan(file: "f.yml", line: 1, column: 5, endLine: 1, endColumn: 6)
        #expect(render("é\t: x\n", span).hasSuffix("    é\t: x\n     \t  ^\n"))
    }

    @Test func `Control characters and direction marks are spelled out`() {
        let span = SourceSpan(file: "f.yml", line: 1, column: 1)
        let text = render("\u{1B}[31m\u{202E}x\n", span, "bad \u{7}")
        #expect(text.contains("\\u{1b}[31m\\u{202e}x"))
        #expect(text.contains("bad \\u{7}"))
        #expect(!text.unicodeScalars.contains { $0.value == 0x1B || $0.value == 7 || $0.value == 0x202E })
    }

    @Test func `A place outside of any known text is shown without a line`() {
        let origin = SourceSpan(option: "-e count")
        #expect(render("a\n", origin) == "-e count: error: wrong (do better)\n")
        let beyond = SourceSpan(file: "f.yml", line: 9, column: 1)
        #expect(render("a\n", beyond) == "f.yml:9:1: error: wrong (do better)\n")
    }

    @Test func `A long line is cut around the place`() {
        let line = String(repeating: "x", count: 5000)
        let span = SourceSpan(file: "f.yml", line: 1, column: 3000, endLine: 1, endColumn: 4000)
        #expect(render(line, span).utf8.count < 600)
    }
}
