import KafkaOperations
import Testing

@Suite struct LineDifferenceTests {
    @Test(arguments: [
        ("a\nb\nc", "a\nB\nc", ["  a", "- b", "+ B", "  c"]), ("a", "a\nb", ["  a", "+ b"]),
        ("a\nb", "b", ["- a", "  b"]),
        ("", "x", ["- ", "+ x"]), ("same\n", "same\n", []),
        (
            "1\n2\n3\n4\n5\n6\n7\n8\n9", "1!\n2\n3\n4\n5\n6\n7\n8\n9!",
            ["- 1", "+ 1!", "  2", "  3", "  ...", "  7", "  8", "- 9", "+ 9!"]
        ),
    ])
    func `shows what changes, with a little around it`(old: String, new: String, lines: [String]) {
        #expect(LineDifference.lines(from: old, to: new) == lines)
    }

    @Test func `long differences are cut, and huge ones not compared pair by pair`() {
        let (old, new) = ((0..<3000).map { "old \($0)\n" }.joined(), (0..<3000).map { "new \($0)\n" }.joined())
        let lines = LineDifference.lines(from: old, to: new)
        #expect(lines.count == 81)
        #expect(lines.last == "... and 5921 lines more")
    }
}
