import KafkaWire
import Testing
import Values

@testable import SimulatedKafka

/// The quorum of controllers.
struct QuorumTests {
    private static let request = DescribeQuorumRequest(
        topics: [.init(topicName: "__cluster_metadata", partitions: [.init(partitionIndex: 0)])])

    @Test("The quorum shows its leader, voters that have caught up and, apart from them, the brokers")
    func dedicated() throws {
        var configuration = try SimulatedClusterConfiguration.three()
        configuration.nodes =
            (1...3).map { .init(id: $0, isController: false) } + (101...103).map { .init(id: $0, isBroker: false) }
        var asker = Asker(configuration)
        asker.advance(by: .seconds(10))
        let answer = try asker.ask(Self.request, version: 2)
        let partition = answer.topics[0].partitions[0]
        #expect(partition.leaderId == 101)
        #expect(partition.currentVoters.map(\.replicaId) == [101, 102, 103])
        #expect(partition.observers.map(\.replicaId) == [1, 2, 3])
        #expect(partition.currentVoters.allSatisfy { $0.logEndOffset == partition.highWatermark })
        #expect(partition.currentVoters[0].lastCaughtUpTimestamp == 1_750_000_010_000)
        #expect(answer.nodes.map(\.nodeId) == [101, 102, 103])
        let cluster = try asker.ask(DescribeClusterRequest(endpointType: 2), version: 1, on: 102, listener: .controller)
        #expect(cluster.brokers.map(\.brokerId) == [101, 102, 103])
        #expect(cluster.controllerId == 101)
        let elsewhere = try asker.ask(Self.request, version: 2, on: 102, listener: .controller)
        #expect(elsewhere.errorCode == .notLeaderOrFollower)
    }

    @Test("When the leader stops, another is elected with a higher epoch")
    func election() throws {
        var asker = Asker(try .three())
        let first = try asker.ask(Self.request, version: 2).topics[0].partitions[0]
        try asker.model.stop(first.leaderId, controlled: true)
        asker.advance(by: .seconds(4))
        let second = try asker.ask(Self.request, version: 2, on: 2).topics[0].partitions[0]
        #expect(second.leaderId != first.leaderId)
        #expect(second.leaderEpoch == first.leaderEpoch + 1)
        let gone = try #require(second.currentVoters.first { $0.replicaId == first.leaderId })
        #expect(gone.logEndOffset < second.highWatermark)
        #expect(gone.lastCaughtUpTimestamp < second.currentVoters[1].lastCaughtUpTimestamp)
    }

    @Test(
        "Without a majority nothing is answered that needs the controller, and nobody is fenced; with it, all goes on")
    func noMajority() throws {
        var asker = Asker(try .three())
        try asker.model.stop(3, controlled: true)
        asker.advance(by: .seconds(4))
        asker.model.kill(2)
        asker.advance(by: .seconds(60))
        #expect(try asker.outcome(Self.request, version: 2) == .hold)
        #expect(try asker.unfenced() == [1, 2])
        #expect(asker.model.ledger.entries.contains { $0.effect == .quorumLost })
        // Views are still answered.
        #expect(try asker.partitions(of: "orders").count == 6)
        try asker.model.start(3)
        asker.advance(by: .seconds(4))
        let answer = try asker.ask(Self.request, version: 2).topics[0].partitions[0]
        #expect(answer.leaderId > 0)
        asker.advance(by: .seconds(10))
        #expect(try asker.unfenced() == [1, 3])
    }

    @Test("Requests that only the active controller can serve are refused by the others")
    func otherController() throws {
        var asker = Asker(try .three())
        let other = try asker.ask(
            UpdateFeaturesRequest(featureUpdates: []), version: 1, on: 2, listener: .controller)
        #expect(other.errorCode == .notController)
    }
}
