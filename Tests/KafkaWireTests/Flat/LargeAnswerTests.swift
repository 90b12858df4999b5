import KafkaWire
import Testing

@Suite struct LargeAnswerTests {
    @Test func `an answer of many topics comes through frame and columns whole`() throws {
        let response = LargeMetadata.response(partitions: 2000)
        var decoder = FrameDecoder()
        try decoder.append(try ResponseFrame.encode(response, version: 12, correlationId: 9))
        let next = decoder.next()
        let payload = try #require(next)
        let decoded = try ResponseFrame.decode(FlatMetadata.self, version: 12, from: payload)
        #expect(decoded.correlationId == 9)
        #expect(decoded.trailingBytes == 0)
        #expect(decoded.body == FlatMetadata(response))
        #expect(decoded.body.partitions.count == 2000)
    }

    /// Prints how long 200,000 partitions take; says something only in a release build:
    /// `OPSRUN_BENCH=1 swift test -c release --filter LargeAnswerTests`.
    @Test(.enabled(if: GoldenFiles.environment("OPSRUN_BENCH") != nil, "OPSRUN_BENCH is not set"))
    func `the time of 200,000 partitions`() throws {
        let response = LargeMetadata.response(partitions: 200_000)
        let bytes = try response.encoded(version: 12)
        var seen = 0
        let flat = try best(of: 20) { seen += try FlatMetadata.decode(bytes, version: 12).message.partitions.count }
        let nested = try best(of: 5) { seen += try MetadataResponse.decode(bytes, version: 12).message.topics.count }
        let encoding = try best(of: 5) { seen += try response.encoded(version: 12).count }
        #expect(seen > 0)
        print("Metadata v12, 200000 partitions, \(bytes.count) bytes:")
        print("columns \(flat), field list \(nested), encoding \(encoding)")
    }

    private func best(of rounds: Int, _ body: () throws -> Void) throws -> Duration {
        let clock = ContinuousClock()
        var times: [Duration] = []
        for _ in 0..<rounds { times.append(try clock.measure(body)) }
        return times.min() ?? .zero
    }
}
