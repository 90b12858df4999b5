import KafkaWire
import Testing

/// Structs that are always there, in the body and in the tag section.
@Suite struct NestedStructTests {
    private static let leader = ProduceResponse.Leader(leaderId: 3, leaderEpoch: 9)

    private func answer(_ partition: ProduceResponse.Partition) -> ProduceResponse {
        ProduceResponse(responses: [ProduceResponse.Topic(name: "orders", partitionResponses: [partition])])
    }

    @Test func `a tagged struct at its default takes no bytes`() throws {
        let plain = try answer(ProduceResponse.Partition()).encoded(version: 10)
        let tagged = try answer(ProduceResponse.Partition(currentLeader: Self.leader)).encoded(version: 10)
        // Tag number, size, two numbers of four bytes, an empty tag section.
        #expect(tagged.count == plain.count + 2 + 8 + 1)
        let (decoded, rest) = try ProduceResponse.decode(tagged, version: 10)
        #expect(decoded.responses[0].partitionResponses[0].currentLeader == Self.leader)
        #expect(rest == 0)
    }

    @Test func `a struct that the version would lose is refused`() {
        let failure = failure { () throws(WireError) in
            _ = try answer(ProduceResponse.Partition(currentLeader: Self.leader)).encoded(version: 9)
        }
        #expect(failure?.code == .unsupportedField)
        #expect(failure?.path == "responses[0].partitionResponses[0].currentLeader")
    }

    @Test func `a failure in a struct names it`() throws {
        let bytes = try UpdateRaftVoterRequest(clusterId: nil).encoded(version: 0)
        // The feature's two numbers and tag section, and the request's tag section.
        let failure = failure { () throws(WireError) in
            _ = try UpdateRaftVoterRequest.decode(Array(bytes.dropLast(4)), version: 0)
        }
        #expect(failure?.path == "kRaftVersionFeature.maxSupportedVersion")
    }

    @Test func `record batches are carried as they are, and null is not empty`() throws {
        for records: [UInt8]? in [nil, [], [1, 2, 3]] {
            for version in ProduceRequest.versions {
                let partition = ProduceRequest.Partition(index: 1, records: records)
                let request = ProduceRequest(topicData: [ProduceRequest.Topic(partitionData: [partition])])
                let (decoded, _) = try ProduceRequest.decode(try request.encoded(version: version), version: version)
                #expect(decoded == request)
            }
        }
    }
}
