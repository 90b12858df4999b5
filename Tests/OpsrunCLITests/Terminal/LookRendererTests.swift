import KafkaAdmin
import OpsrunCLI
import Playbooks
import TestSupport
import Testing
import Values

@Suite struct LookRendererTests {
    /// A name that would clear the screen, set the title and turn the reading direction.
    private static let hostile = "a\u{1B}[2J\u{7}\u{9B}31m\u{202E}\nb\"\\"

    private func look() -> TopicsLook {
        TopicsLook(
            ClusterBuilder().topic(Self.hostile).partition(0).replicas(1, 2, 3)
                .topic("b").partition(0).replicas(1, 2, 3).isr(1, 2)
                .topic("a10").partition(0).replicas(1, 2).leader(-1).snapshot())
    }

    @Test(arguments: [Options.Output.table, .wide, .json, .yaml, .name])
    func `nothing that a cluster says reaches the terminal as a control character`(mode: Options.Output) {
        let text = LookRenderer(mode).text(look())
        let bad = text.unicodeScalars.filter { scalar in
            scalar != "\n" && (scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar == "\u{202E}")
        }
        #expect(bad.isEmpty, "\(text)")
        #expect(text.contains("2J"))
    }

    @Test func `JSON and YAML carry the name as it is`() throws {
        let json = try JSON.parse(LookRenderer(.json).text(look()))
        let names = json["topics"]?.listValue?.compactMap { $0["name"]?.stringValue } ?? []
        #expect(names == [Self.hostile, "a10", "b"].sorted())
        let (root, problems) = YAMLParser.document(of: Array(LookRenderer(.yaml).text(look()).utf8), file: "look.yml")
        #expect(problems.isEmpty, "\(problems)")
        #expect(root?.coreValue == json)
    }

    @Test func `numbers stand at the right, and the order does not depend on the cluster's`() {
        let lines = LookRenderer(.table).text(look()).split(separator: "\n")
        #expect(lines.count == 4)
        #expect(lines[0].hasPrefix("NAME"))
        #expect(lines.last?.hasPrefix("b ") == true)
        #expect(lines.last?.hasSuffix("1         3                 1               0") == true, "\(lines)")
    }

    private static let texts: [(value: Value, yaml: String)] = [
        (.string("true"), "\"true\"\n"), (.string("1.5"), "\"1.5\"\n"), (.string(""), "\"\"\n"),
        (.string("a b"), "\"a b\"\n"), (.string("kafka-1.example"), "kafka-1.example\n"), (.list([]), "[]\n"),
        (["a": ["b": [1, 2]]], "a:\n  b:\n    - 1\n    - 2\n"), ([["x": 1, "z": .null]], "- x: 1\n  z: null\n"),
        ([[1], [["k": "v"]]], "- - 1\n- - k: v\n"), (.string("é\u{1F600}"), "\"\\xe9\\U0001f600\"\n"),
    ]

    @Test(arguments: texts)
    func `YAML text`(value: Value, expected: String) {
        #expect(YAMLText.text(value) == expected)
        let (root, problems) = YAMLParser.document(of: Array(expected.utf8), file: "x.yml")
        #expect(problems.isEmpty)
        #expect(root?.coreValue == value)
    }

    @Test(
        arguments: [
            (nil, "-"), (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (512 << 20, "512.0 MiB"),
            (Int64.max, "7.9 EiB"), (-1, "-1 B"),
        ] as [(Int64?, String)])
    func `bytes for people`(count: Int64?, expected: String) { #expect(LookCells.bytes(count) == expected) }

    @Test(arguments: [
        ("retention.ms", "604800000", "604800000 (7d)"), ("segment.bytes", "1073741824", "1073741824 (1.0 GiB)"),
        ("retention.ms", "-1", "-1"), ("retention.bytes", "9223372036854775807", "9223372036854775807"),
        ("max.message.bytes", "many", "many"), ("num.io.threads", "8000", "8000"),
    ])
    func `configured values for people`(key: String, value: String, expected: String) {
        #expect(LookCells.configValue(key, value) == expected)
    }
}
