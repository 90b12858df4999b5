import Testing

@testable import KafkaAdmin

@Suite struct BrokerAddressTests {
    @Test(arguments: [
        ("broker:9092", "broker", Int32(9092)), ("127.0.0.1:1", "127.0.0.1", 1), ("[::1]:65535", "::1", 65535),
    ])
    func anAddressReadsAndWritesTheSame(text: String, host: String, port: Int32) {
        let address = BrokerAddress(text: text)
        #expect(address?.host == host && address?.port == port && address?.description == text)
    }

    @Test(arguments: [
        "", "broker", ":9092", "broker:", "broker:0", "broker:65536", "broker:-1", "broker:+1", "broker:9x", "::1:9092",
        "[::1]", "[broker]:9092", "[::1:9092", "a b:9092", "broker:99999999999",
    ])
    func anythingElseIsNone(text: String) { #expect(BrokerAddress(text: text) == nil) }

    @Test func everyBadEntryOfAListIsNamed() {
        let error = #expect(throws: KafkaError.self) { try AdminClientSettings.addresses(["a:1", "b", "c:0"]) }
        #expect(error?.code == .configuration && error?.message.contains("\"b\", \"c:0\"") == true)
    }

    @Test func theWaitBetweenTriesDoublesUpToItsLimit() {
        let backoff = Backoff(base: .milliseconds(100), limit: .seconds(1))
        #expect(
            (0..<6).map { backoff.wait(before: $0, random: 0.5) }
                == [100, 200, 400, 800, 1000, 1000].map { .milliseconds($0) })
        #expect(backoff.wait(before: 0, random: 0) == .milliseconds(80))
        #expect(backoff.wait(before: .max, random: 1) == .seconds(1))
        #expect(backoff.wait(before: -1, random: 0.5) == .milliseconds(100))
    }
}
