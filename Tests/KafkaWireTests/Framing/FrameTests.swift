import KafkaWire
import Testing

@Suite struct FrameTests {
    @Test
    func `a request frame carries its length, the old header before flexible versions and the new one from then on`()
        throws
    {
        let old = try RequestFrame.encode(ListGroupsRequest(), version: 2, correlationId: 7, clientId: "ab")
        #expect(old == [0, 0, 0, 12, 0, 16, 0, 2, 0, 0, 0, 7, 0, 2, 0x61, 0x62])
        let new = try RequestFrame.encode(ListGroupsRequest(), version: 3, correlationId: 7, clientId: nil)
        #expect(new == [0, 0, 0, 12, 0, 16, 0, 3, 0, 0, 0, 7, 0xFF, 0xFF, 0, 0])
    }

    @Test(arguments: 0...13 as ClosedRange<Int16>)
    func `what the client frames, a server reads`(version: Int16) throws {
        let request = MetadataRequest(topics: [MetadataRequest.Topic(name: "orders")])
        let frame = try RequestFrame.encode(request, version: version, correlationId: 3, clientId: "opsrun")
        let payload = Array(frame.dropFirst(4))
        #expect(frame.prefix(4) == [0, 0, 0, UInt8(payload.count)])
        let header = try RequestFrame.header(of: payload)
        #expect(header.apiKey == .metadata)
        #expect(header.version == version)
        #expect(header.correlationId == 3)
        #expect(header.clientId == "opsrun")
        #expect(try RequestFrame.body(MetadataRequest.self, of: payload, header: header) == request)
        #expect(
            code { () throws(WireError) in
                _ = try RequestFrame.body(MetadataRequest.self, of: payload + [0], header: header)
            } == .badLength)
    }

    @Test(arguments: 0...13 as ClosedRange<Int16>)
    func `what a server frames, the client reads`(version: Int16) throws {
        let response = MetadataResponse(brokers: [MetadataResponse.Broker(nodeId: 1, host: "h", port: 9092)])
        let frame = try ResponseFrame.encode(response, version: version, correlationId: 5)
        let payload = Array(frame.dropFirst(4))
        #expect(frame.prefix(4) == [0, 0, 0, UInt8(payload.count)])
        #expect(try ResponseFrame.correlationId(of: payload) == 5)
        let decoded = try ResponseFrame.decode(MetadataResponse.self, version: version, from: payload + [1, 2])
        #expect(decoded.correlationId == 5)
        #expect(decoded.body.brokers == response.brokers)
        #expect(decoded.trailingBytes == 2)
    }

    @Test func `an API key that nobody knows is named`() {
        let error = failure { () throws(WireError) in _ = try RequestFrame.header(of: [0x03, 0xE8, 0, 0, 0, 0, 0, 1]) }
        #expect(error?.code == .unknownAPI)
        #expect(error?.message.contains("1000") == true)
    }

    @Test func `an answer to ApiVersions has the old header in every version`() throws {
        let frame = try ResponseFrame.encode(ApiVersionsResponse(), version: 4, correlationId: 1)
        #expect(frame == [0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0])
    }

    @Test func `an ApiVersions answer in v0 is understood with and without its error code`() throws {
        let keys = [ApiVersionsResponse.ApiVersion(apiKey: .apiVersions, minVersion: 0, maxVersion: 2)]
        for errorCode in [KafkaErrorCode.unsupportedVersion, .none] {
            let answer = ApiVersionsResponse(errorCode: errorCode, apiKeys: keys)
            let payload = Array(try ResponseFrame.encode(answer, version: 0, correlationId: 1).dropFirst(4))
            let (response, version) = try ResponseFrame.decodeApiVersions(requested: 4, from: payload)
            #expect(version == 0)
            #expect(response.body == answer)
        }
    }

    @Test func `the error code is enough where the list of an unsupported version is of no version`() throws {
        // What librdkafka 2.16's mock broker says to v4.
        let payload: [UInt8] = [0, 0, 0, 1, 0, 35, 1, 0, 18, 0, 0, 0, 2, 0, 0, 0, 0]
        let (response, version) = try ResponseFrame.decodeApiVersions(requested: 4, from: payload)
        #expect(version == 0)
        #expect(response.body == ApiVersionsResponse(errorCode: .unsupportedVersion))
    }

    @Test func `an ApiVersions answer in the version asked for is read as such`() throws {
        let answer = ApiVersionsResponse(
            supportedFeatures: [.init(name: "metadata.version", minVersion: 7, maxVersion: 30)],
            finalizedFeaturesEpoch: 9)
        let payload = Array(try ResponseFrame.encode(answer, version: 4, correlationId: 1).dropFirst(4))
        let (response, version) = try ResponseFrame.decodeApiVersions(requested: 4, from: payload)
        #expect(version == 4)
        #expect(response.body == answer)
        // An answer that is nothing at all fails as the version that was asked for.
        #expect(
            code { () throws(WireError) in
                _ = try ResponseFrame.decodeApiVersions(requested: 4, from: [0, 0, 0, 1, 0, 0])
            } == .truncated)
    }
}
