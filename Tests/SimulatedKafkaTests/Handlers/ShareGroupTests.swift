import KafkaWire
import Testing
import Values

@testable import SimulatedKafka

/// Groups that share partitions, and groups of streams applications.
struct ShareGroupTests {
    private func asker(_ version: String = "4.3.1") throws -> Asker {
        let meals = SimulatedClusterConfiguration.Topic(name: "meals", partitions: 2, ingest: ByteCount(0))
        var configuration = SimulatedClusterConfiguration(
            version: try #require(Version(version)), nodes: [.init(id: 1)], topics: [meals])
        configuration.offsetsTopicPartitions = 1
        return Asker(configuration)
    }

    private func beat(
        _ asker: inout Asker, _ member: String, epoch: Int32, topics: [String]? = nil
    ) throws -> ShareGroupHeartbeatResponse {
        try asker.ask(
            ShareGroupHeartbeatRequest(
                groupId: "eaters", memberId: member, memberEpoch: epoch, subscribedTopicNames: topics), version: 1)
    }

    /// Five records, a group at their start, one member.
    private func table(_ asker: inout Asker) throws -> KafkaUUID {
        let id = try #require(asker.model.image.topics["meals"]?.id)
        let bytes = try RecordTests.batch(["a", "b", "c", "d", "e"])
        _ = try asker.ask(
            ProduceRequest(
                acks: -1, timeoutMs: 100,
                topicData: [.init(name: "meals", partitionData: [.init(index: 0, records: bytes)])]), version: 12)
        let set = try asker.ask(
            AlterShareGroupOffsetsRequest(
                groupId: "eaters",
                topics: [.init(topicName: "meals", partitions: [.init(partitionIndex: 0, startOffset: 0)])]), version: 0
        )
        #expect(set.responses.flatMap(\.partitions).map(\.errorCode) == [.none])
        return id
    }

    private func read(
        _ asker: inout Asker, _ topic: KafkaUUID, _ member: String = "one", epoch: Int32, records: Int32 = 100
    ) throws -> [ClosedRange<Int64>] {
        let answer = try asker.ask(
            ShareFetchRequest(
                groupId: "eaters", memberId: member, shareSessionEpoch: epoch, maxBytes: 1 << 20, maxRecords: records,
                shareAcquireMode: 1, topics: [.init(topicId: topic, partitions: [.init(partitionIndex: 0)])]),
            version: 2)
        #expect(answer.errorCode == .none)
        return answer.responses.flatMap(\.partitions).flatMap(\.acquiredRecords).map { $0.firstOffset...$0.lastOffset }
    }

    @Test("Two members read different partitions; what one leaves is the other's")
    func members() throws {
        var asker = try asker()
        _ = try beat(&asker, "one", epoch: 0, topics: ["meals"])
        _ = try beat(&asker, "two", epoch: 0, topics: ["meals"])
        let first = try beat(&asker, "one", epoch: 1)
        #expect(first.assignment?.topicPartitions.flatMap(\.partitions) == [0])
        _ = try beat(&asker, "two", epoch: -1)
        let alone = try beat(&asker, "one", epoch: first.memberEpoch)
        #expect(alone.assignment?.topicPartitions.flatMap(\.partitions) == [0, 1])
        asker.advance(by: .seconds(60))
        let described = try asker.ask(ShareGroupDescribeRequest(groupIds: ["eaters"]), version: 1).groups[0]
        #expect(described.groupState == "Empty" && described.members.isEmpty)
    }

    @Test("A record is one member's until it is accepted, released, or its lock has run out")
    func records() throws {
        var asker = try asker()
        let topic = try table(&asker)
        #expect(try read(&asker, topic, epoch: 0, records: 2) == [0...1])
        #expect(try read(&asker, topic, "two", epoch: 0, records: 2) == [2...3])
        let taken = try asker.ask(
            ShareAcknowledgeRequest(
                groupId: "eaters", memberId: "one", shareSessionEpoch: 1,
                topics: [
                    .init(
                        topicId: topic,
                        partitions: [
                            .init(
                                partitionIndex: 0,
                                acknowledgementBatches: [
                                    .init(firstOffset: 0, lastOffset: 1, acknowledgeTypes: [1, 2])
                                ])
                        ])
                ]), version: 2)
        #expect(taken.responses.flatMap(\.partitions).map(\.errorCode) == [.none])
        #expect(try read(&asker, topic, epoch: 2) == [1...1, 4...4])
        // What two has comes back when nobody has heard of it for thirty seconds.
        asker.advance(by: .seconds(31))
        #expect(try read(&asker, topic, epoch: 3) == [1...1, 2...4])
    }

    @Test(
        "A release that has not switched share groups on refuses them, and can be made to have them",
        arguments: ["4.1.2"])
    func preview(version: String) throws {
        var asker = try asker(version)
        #expect(try beat(&asker, "one", epoch: 0, topics: ["meals"]).errorCode == .unsupportedVersion)
        let update = UpdateFeaturesRequest(
            timeoutMs: 100, featureUpdates: [.init(feature: "share.version", maxVersionLevel: 1, upgradeType: 1)])
        #expect(try asker.ask(update, version: 2).errorCode == .none)
        #expect(try beat(&asker, "one", epoch: 0, topics: ["meals"]).errorCode == .none)
        let listed = try asker.ask(ListGroupsRequest(typesFilter: ["share"]), version: 5).groups
        #expect(listed.map(\.groupType) == ["share"] && listed.map(\.groupState) == ["Stable"])
    }

    @Test("A streams group makes its own topics and gives each member tasks")
    func streams() throws {
        var asker = try asker()
        let part = StreamsGroupHeartbeatRequest.Subtopology(
            subtopologyId: "part", sourceTopics: ["meals"],
            stateChangelogTopics: [.init(name: "eaters-store-changelog")])
        func join(_ member: String, _ asker: inout Asker) throws -> StreamsGroupHeartbeatResponse {
            try asker.ask(
                StreamsGroupHeartbeatRequest(
                    groupId: "flow", memberId: member, rebalanceTimeoutMs: 1_000,
                    topology: .init(epoch: 0, subtopologies: [part]), activeTasks: [], standbyTasks: [],
                    warmupTasks: [], processId: member), version: 0)
        }
        #expect(try join("one", &asker).activeTasks?.flatMap(\.partitions) == [0, 1])
        #expect(asker.model.image.topics["eaters-store-changelog"]?.partitions.count == 2)
        #expect(try join("two", &asker).errorCode == .none)
        let described = try asker.ask(StreamsGroupDescribeRequest(groupIds: ["flow"]), version: 0).groups[0]
        #expect(described.groupState == "Reconciling" && described.members.count == 2)
        #expect(described.topology?.subtopologies?.map(\.sourceTopics) == [["meals"]])
    }
}
