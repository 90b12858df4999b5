import Glibc
import Testing
import Values

@testable import Playbooks

@Suite struct YAMLParserTests {
    private func problems(_ text: String) -> [String] {
        let (_, problems) = YAMLParser.document(of: Array(text.utf8), file: "f.yml")
        return problems.map(\.description)
    }

    private func value(_ text: String) -> Value? {
        let (root, problems) = YAMLParser.document(of: Array(text.utf8), file: "f.yml")
        return problems.isEmpty ? root?.coreValue : nil
    }

    @Test(
        "What the core schema leaves open is settled",
        arguments: [
            ("a: 010", ["a": "010"]), ("a: 0644", ["a": "0644"]), ("a: 00", ["a": "00"]), ("a: 00.5", ["a": "00.5"]),
            ("a: 9223372036854775808", ["a": "9223372036854775808"]),
            ("a: 0xFFFFFFFFFFFFFFFFFF", ["a": "0xFFFFFFFFFFFFFFFFFF"]), ("a: 1e400", ["a": "1e400"]),
            ("x: &x {a: 1}\ny:\n  <<: *x\n  b: 2\n", ["x": ["a": 1], "y": ["b": 2, "a": 1]]),
            ("x: &x {a: 1}\ny:\n  a: 2\n  <<: *x\n", ["x": ["a": 1], "y": ["a": 2]]),
            (
                "x: &x {a: 1}\nz: &z {a: 9, c: 3}\ny:\n  <<: [*x, *z]\n",
                ["x": ["a": 1], "z": ["a": 9, "c": 3], "y": ["a": 1, "c": 3]]
            ),
            ("y: {'<<': 1}", ["y": ["<<": 1]]), ("1: a\n2: b", ["1": "a", "2": "b"]),
            ("yes: a\nno: b", ["yes": "a", "no": "b"]),
        ] as [(String, Value)])
    func settled(text: String, expected: Value) {
        #expect(value(text) == expected)
    }

    @Test(
        "What is refused says where and why",
        arguments: [
            ("%YAML 1.1\n---\na: yes\n", "f.yml:1:1: error: YAML 1.1 is not read"),
            ("a: 1\n---\nb: 1\n", "f.yml:3:1: error: a second document starts here"),
            ("y:\n  <<: 1\n", "f.yml:2:3: error: '<<' merges maps"),
            ("x: &x {a: 1}\ny:\n  <<: *x\n  <<: *x\n", "f.yml:4:3: error: the key '<<'"),
            ("true: a\n", "f.yml:1:1: error: the key 'true' must be text"),
            ("a: {b: {{ c }}}\n", "f.yml:1:9: error: quote this expression"),
            ("a: 1\n1: b\n'1': c\n", "f.yml:3:1: error: the key '1' stands here a second time"),
            ("p: !vault |\n  3132\n", "f.yml:1:4: error: the tag !vault is not known (write {secret:"),
            ("a: b\nc: *d\n", "f.yml:2:4: error: the alias *d names no anchor"),
            ("å: [1\n", "f.yml:2:1: error: did not find expected ',' or ']'"),
            ("a: \"\u{1}\"\n", "f.yml:1:5: error: control characters are not allowed"),
            ("a:\n\tb: 1\n", "f.yml:2:1: error: a tab stands where the line is indented (YAML is indented with spaces"),
            ("a:\n  - b\n \t- c: 1\n", "f.yml:3:2: error: a tab stands where the line is indented"),
        ])
    func refused(text: String, start: String) {
        let all = problems(text)
        #expect(all.first?.hasPrefix(start) == true, "\(all)")
    }

    @Test(
        "A byte that is no UTF-8 is named at its own character",
        arguments: [
            ([0x61, 0x3A, 0x20, 0xFF], 1, 4), ([0x61, 0x0A, 0xC3, 0x28], 2, 1),
            ([0xC3, 0xA9, 0xC3, 0xA9, 0xE2, 0x82, 0x28], 1, 3), ([0x61, 0xF0, 0x9F, 0x98, 0x41], 1, 2),
            ([0x61, 0xE2, 0x82], 1, 2),
        ] as [([UInt8], Int, Int)])
    func badBytes(bytes: [UInt8], line: Int, column: Int) {
        let problems = YAMLParser.document(of: bytes, file: "f.yml").problems
        #expect(problems.map(\.code) == ["yaml-characters"], "\(problems)")
        #expect(problems.first?.span.line == line && problems.first?.span.column == column, "\(problems)")
    }

    @Test func `All problems of a file are reported, not the first`() {
        #expect(problems("a: 1\na: 2\nb: *x\nc: !foo 1\n").count == 3)
    }

    @Test func `Columns count code points and a block ends with its last value`() throws {
        let (root, _) = YAMLParser.document(of: Array("é: ü x\nlist:\n  - one\n  - two\n\n\nend: 1\n".utf8), file: "f")
        let map = try #require(root)
        let first = try #require(map["é"])
        #expect(first.span == SourceSpan(file: "f", line: 1, column: 4, endLine: 1, endColumn: 7))
        #expect(map["list"]?.span == SourceSpan(file: "f", line: 3, column: 3, endLine: 4, endColumn: 8))
    }

    @Test(
        "A document that explodes is refused quickly and without building it",
        arguments: ["aliases", "merges", "flat", "deep", "keys"])
    func bomb(kind: String) {
        var text = ""
        switch kind {
        case "aliases":
            text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
            for level in 1..<10 {
                let items = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
                text += "a\(level): &a\(level) [\(items)]\n"
            }
        case "merges":
            text = "a: &a {" + (0..<900).map { "k\($0): 1" }.joined(separator: ", ") + "}\n"
            for level in 0..<900 { text += "b\(level): {<<: *a}\n" }
        case "flat": text = "[" + String(repeating: "1,", count: 520_000) + "]"
        case "deep": text = String(repeating: "[", count: 1_000_000)
        default: text = (0..<100_000).map { "k\($0): 1\n" }.joined()
        }
        let clock = ContinuousClock()
        // What this machine takes now for a document of 20,000 keys, which is within every limit.
        let plain = Array((0..<20_000).map { "k\($0): 1\n" }.joined().utf8)
        let yardstick = clock.measure { #expect(YAMLParser.document(of: plain, file: "f").problems.isEmpty) }
        var found: [Diagnostic] = []
        let time = clock.measure { found = YAMLParser.document(of: Array(text.utf8), file: "f").problems }
        #expect(!found.isEmpty || kind == "keys")
        // Half a million nodes may be read before it is refused; built, the aliases would be ten thousand million.
        #expect(time < yardstick * 100)
    }
}
