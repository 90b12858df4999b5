import KafkaWire
import Testing

@Suite struct LargeAnswerTests {
    @Test func `an answer of many topics comes through frame and columns whole`() throws {
        let response = LargeMetadata.response(partitions: 2000)
        let payload = Array(try ResponseFrame.encode(response, version: 12, correlationId: 9).dropFirst(4))
        let decoded = try ResponseFrame.decode(FlatMetadata.self, version: 12, from: payload)
        #expect(decoded.correlationId == 9)
        #expect(decoded.trailingBytes == 0)
        #expect(decoded.body == FlatMetadata(response))
        #expect(decoded.body.partitions.count == 2000)
    }
}
