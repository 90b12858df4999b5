import Testing
import Values

@Suite struct NearestNameTests {
    @Test(
        arguments: [
            ("retry", ["retries", "register"], "retries"), ("rety", ["retries", "delay"], nil),
            ("taks", ["tags", "tasks"], "tasks"), ("tiemout", ["timeout"], "timeout"),
            ("stableFor", ["stable_for"], "stable_for"), ("x", ["y", "xy"], nil), ("X", ["x"], "x"),
            ("ab", ["ac", "b"], "b"), ("brokers-all", ["brokers"], nil), ("broker", ["brokers", "broke"], "brokers"),
            ("", ["a"], nil),
        ] as [(String, [String], String?)])
    func `what is near enough is meant`(name: String, candidates: [String], expected: String?) {
        #expect(NearestName.find(name, in: candidates) == expected)
    }
}
