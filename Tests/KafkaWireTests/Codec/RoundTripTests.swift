import KafkaWire
import Testing

@Suite struct RoundTripTests {
    static let seed: UInt64 = 20_260_101

    @Test func `random values of every message in every version come back as they went`() {
        for type in AllMessages.types {
            for version in type.versions {
                for round in 0..<8 { check(type, version, seed: Self.seed + UInt64(round)) }
            }
        }
    }

    private func check<M: KafkaMessage>(_ type: M.Type, _ version: Int16, seed: UInt64) {
        let label = "\(type) v\(version), seed \(seed)"
        do throws(WireError) {
            var filler = RandomMessageFiller(
                version: version, flexible: M.isFlexible(version), random: SeededRandom(seed: seed))
            var message = M()
            try filler.fill(&message)
            let bytes = try message.encoded(version: version)
            let (decoded, rest) = try M.decode(bytes, version: version)
            if rest != 0 { Issue.record("\(label): \(rest) bytes are left") }
            if decoded != message { Issue.record("\(label): \(decoded) instead of \(message)") }
            if try decoded.encoded(version: version) != bytes { Issue.record("\(label): other bytes") }
        } catch {
            Issue.record("\(label): \(error)")
        }
    }

    @Test func `a field list's defaults are those of a new message`() throws {
        for type in AllMessages.types {
            for version in type.versions { try checkDefaults(type, version) }
        }
    }

    /// Every field that the version does not have, and every tagged field, has to be at its default to be left out.
    private func checkDefaults<M: KafkaMessage>(_ type: M.Type, _ version: Int16) throws {
        let (decoded, _) = try M.decode(try M().encoded(version: version), version: version)
        #expect(decoded == M(), "\(type) v\(version)")
    }

    @Test func `bytes after a message are left alone and counted`() throws {
        let message = DescribeClusterResponse(clusterId: "c", controllerId: 1)
        let (decoded, rest) = try DescribeClusterResponse.decode(
            try message.encoded(version: 1) + [1, 2, 3], version: 1)
        #expect(decoded == message)
        #expect(rest == 3)
    }

    @Test func `a version outside the definition is refused in both directions`() {
        #expect(code { () throws(WireError) in _ = try MetadataRequest().encoded(version: 14) } == .unsupportedVersion)
        #expect(
            code { () throws(WireError) in _ = try CreateTopicsRequest.decode([], version: 1) } == .unsupportedVersion)
    }

    @Test func `a field that the version would lose is refused unless it is ignorable`() throws {
        let request = AlterPartitionReassignmentsRequest(allowReplicationFactorChange: false)
        let failure = failure { () throws(WireError) in _ = try request.encoded(version: 0) }
        #expect(failure?.code == .unsupportedField)
        #expect(failure?.path == "allowReplicationFactorChange")
        // The throttle time is ignorable: v0 of the answer simply lacks it.
        #expect(try ApiVersionsResponse(throttleTimeMs: 5).encoded(version: 0) == [0, 0, 0, 0, 0, 0])
    }

    @Test func `null is refused where the version does not allow it`() {
        let request = MetadataRequest(topics: nil)
        let failure = failure { () throws(WireError) in _ = try request.encoded(version: 0) }
        #expect(failure?.code == .unexpectedNull)
        #expect(failure?.path == "topics")
        let decoding = code { () throws(WireError) in
            _ = try MetadataRequest.decode([0xFF, 0xFF, 0xFF, 0xFF], version: 0)
        }
        #expect(decoding == .unexpectedNull)
    }

    @Test func `unknown tags are refused by versions without tag sections, and twice the same tag by all`() {
        var request = ListGroupsRequest()
        request.unknownTaggedFields = [UnknownTaggedField(tag: 9, data: [])]
        let plain = request
        #expect(code { () throws(WireError) in _ = try plain.encoded(version: 2) } == .unsupportedField)
        request.unknownTaggedFields += [UnknownTaggedField(tag: 9, data: [1])]
        let twice = request
        #expect(code { () throws(WireError) in _ = try twice.encoded(version: 3) } == .badTags)
    }

    @Test func `a string over 32767 bytes is refused`() {
        let request = ListGroupsRequest(statesFilter: [String(repeating: "x", count: 32768)])
        #expect(code { () throws(WireError) in _ = try request.encoded(version: 4) } == .tooLarge)
    }
}

func failure(_ body: () throws(WireError) -> Void) -> WireError? {
    do throws(WireError) { try body() } catch { return error }
    return nil
}

func code(_ body: () throws(WireError) -> Void) -> WireError.Code? { failure(body)?.code }
