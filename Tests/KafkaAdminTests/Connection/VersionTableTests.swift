import KafkaWire
import Testing

@testable import KafkaAdmin

@Suite struct VersionTableTests {
    private func table(_ entries: [(Int16, Int16)]) -> VersionTable {
        VersionTable(
            ApiVersionsResponse(
                apiKeys: entries.map { .init(apiKey: .metadata, minVersion: $0.0, maxVersion: $0.1) }))
    }

    @Test(arguments: [
        ((Int16(0), Int16(13)), Int16(12)), ((0, 5), 5), ((12, 99), 12), ((4, 4), 4),
    ])
    func theHighestCommonVersionIsChosen(broker: (Int16, Int16), expected: Int16) throws {
        #expect(try table([broker]).choose(.metadata, client: 4...12, address: "b:1") == expected)
    }

    @Test(arguments: [(Int16(13), Int16(20)), (0, 3)])
    func withoutACommonVersionBothRangesAreNamed(broker: (Int16, Int16)) {
        let error = #expect(throws: KafkaError.self) {
            try table([broker]).choose(.metadata, client: 4...12, address: "b:1")
        }
        #expect(error?.code == .unsupportedVersion)
        #expect(error?.message.contains("\(broker.0) to \(broker.1)") == true)
        #expect(error?.message.contains("4 to 12") == true)
    }

    @Test func anApiThatIsNotListedIsUnsupported() {
        #expect(throws: KafkaError(.unsupportedVersion, "")) {
            try table([]).choose(.metadata, client: 0...1, address: "b:1")
        }
    }

    @Test func hostileEntriesAreSkipped() {
        #expect(table([(5, 2), (1, 3), (0, 9)]).range(of: .metadata) == 1...3)
    }
}
