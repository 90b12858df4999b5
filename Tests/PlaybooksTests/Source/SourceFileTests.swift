import Testing

@testable import Playbooks

@Suite struct SourceFileTests {
    @Test(
        "A file's digest is SHA-256 of its bytes",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ])
    func digest(text: String, expected: String) {
        #expect(SourceFile(path: "f.yml", text: text).sha256 == expected)
    }

    @Test func `A span keeps the name of its file, by code points`() {
        let composed = SourceSpan(file: "caf\u{E9}.yml", line: 1, column: 2)
        let decomposed = SourceSpan(file: "cafe\u{301}.yml", line: 1, column: 2)
        #expect(composed.file.unicodeScalars.count == 8)
        #expect(decomposed.file.unicodeScalars.count == 9)
        #expect(composed != decomposed)
        #expect(composed == SourceSpan(file: "caf\u{E9}.yml", line: 1, column: 2))
        #expect(composed.description == "caf\u{E9}.yml:1:2")
    }

    @Test func `Lines and columns beyond every file are held at an end`() {
        let span = SourceSpan(file: "f.yml", line: -1, column: .max, endLine: .min, endColumn: .max)
        #expect(span.line == 0)
        #expect(span.column == Int(UInt32.max))
    }
}
