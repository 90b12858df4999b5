import KafkaAdmin
import Testing
import Values

@Suite struct KafkaReleaseTests {
    @Test(
        arguments: [
            (7, "3.3"), (9, "3.4"), (21, "3.9"), (24, "3.9"), (25, "4.0"), (26, "4.0"), (27, "4.1"), (30, "4.3"),
            (31, nil), (6, nil), (nil, nil),
        ] as [(Int16?, String?)])
    func `a node is of the newest release whose levels it supports all of`(level: Int16?, line: String?) {
        #expect(KafkaRelease.line(ofLevel: level)?.text == line)
    }

    @Test func `a finalized level between two releases is of the one that finalizes it`() {
        #expect(KafkaRelease.describe(finalized: 26) == "4.1")
        #expect(KafkaRelease.describe(finalized: 31) == "newer than 4.3")
        #expect(KafkaRelease.level(of: Version(major: 4, minor: 1)) == 27)
        #expect(KafkaRelease.level(of: Version(major: 5, minor: 0)) == nil)
    }
}
