import KafkaWire
import Testing
import Values

@testable import SimulatedKafka

/// Creating, deleting and listing topics, with the errors that real brokers give.
struct TopicTests {
    private func create(
        _ topic: CreateTopicsRequest.Topic, _ asker: inout Asker, validateOnly: Bool = false
    ) throws -> CreateTopicsResponse.Topic {
        try asker.ask(CreateTopicsRequest(topics: [topic], validateOnly: validateOnly), version: 7).topics[0]
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let topic: CreateTopicsRequest.Topic
        let code: KafkaErrorCode
        let message: String
        var testDescription: String { "\(code)" }
    }

    private static func topic(
        _ name: String = "x", _ partitions: Int32 = 1, _ factor: Int16 = 1, _ configs: [(String, String?)] = [],
        assigned: [[Int32]] = []
    ) -> CreateTopicsRequest.Topic {
        .init(
            name: name, numPartitions: partitions, replicationFactor: factor,
            assignments: assigned.enumerated().map { .init(partitionIndex: Int32($0.offset), brokerIds: $0.element) },
            configs: configs.map { .init(name: $0.0, value: $0.1) })
    }

    static let refusals: [Refusal] = [
        Refusal(topic: topic("orders", 6, 3), code: .topicAlreadyExists, message: "Topic 'orders' already exists."),
        Refusal(
            topic: topic("a/b"), code: .invalidTopicException,
            message:
                "Topic name is invalid: 'a/b' contains one or more characters other than ASCII alphanumerics, '.', "
                + "'_' and '-'"),
        Refusal(
            topic: topic("x", 0, 1), code: .invalidPartitions,
            message: "Number of partitions was set to an invalid non-positive value."),
        Refusal(
            topic: topic("x", 1, 4), code: .invalidReplicationFactor,
            message:
                "Unable to replicate the partition 4 time(s): The target replication factor of 4 cannot be reached "
                + "because only 3 broker(s) are registered."),
        Refusal(
            topic: topic("x", 1, 1, [("nonsense", "1")]), code: .invalidConfig,
            message: "Unknown topic config name: nonsense"),
        Refusal(
            topic: topic("x", 1, 1, [("min.insync.replicas", "abc")]), code: .invalidConfig,
            message: "Invalid value abc for configuration min.insync.replicas: Not a number of type INT"),
        Refusal(
            topic: topic("x", -1, -1, assigned: [[1, 2, 9]]), code: .invalidReplicaAssignment,
            message: "The manual partition assignment includes broker 9, but no such broker is registered."),
        Refusal(
            topic: topic("x", -1, -1, assigned: [[1, 1]]), code: .invalidReplicaAssignment,
            message: "The manual partition assignment includes the broker 1 more than once."),
        Refusal(
            topic: topic("x", 2, -1, assigned: [[1], [2]]), code: .invalidRequest,
            message: "A manual partition assignment was specified, but numPartitions was not set to -1."),
    ]

    @Test("A topic that Kafka refuses is refused in its words", arguments: refusals)
    func refuses(refusal: Refusal) throws {
        var asker = Asker(try .three())
        let answer = try create(refusal.topic, &asker)
        #expect(answer.errorCode == refusal.code)
        #expect(answer.errorMessage == refusal.message)
        #expect(asker.model.ledger.entries.isEmpty)
    }

    @Test("A created topic spreads its replicas over racks and leaders over brokers")
    func creates() throws {
        var configuration = try SimulatedClusterConfiguration.three()
        configuration.nodes = SimulatedClusterConfiguration.combinedNodes([1, 2, 3, 4, 5, 6], racks: 3)
        var asker = Asker(configuration)
        let answer = try create(Self.topic("new", 12, 3, [("retention.ms", "1000")]), &asker)
        #expect(answer.errorCode == .none)
        #expect(answer.numPartitions == 12)
        #expect(answer.configs?.first { $0.name == "retention.ms" }?.value == "1000")
        let partitions = try asker.partitions(of: "new")
        for partition in partitions {
            // Brokers 1 and 4, 2 and 5, 3 and 6 share racks.
            #expect(Set(partition.replicaNodes.map { $0 % 3 }).count == 3)
            #expect(partition.isrNodes == partition.replicaNodes)
        }
        for broker: Int32 in 1...6 { #expect(partitions.count { $0.leaderId == broker } == 2) }
        #expect(asker.model.ledger.entries.map(\.effect) == [.topicCreated("new")])
    }

    @Test("Validating creates nothing")
    func validates() throws {
        var asker = Asker(try .three())
        #expect(try create(Self.topic("new"), &asker, validateOnly: true).errorCode == .none)
        #expect(try asker.partitions(of: "new").isEmpty)
    }

    @Test("A fenced broker gets replicas, but leads nothing and is in no ISR")
    func createsWhileFenced() throws {
        var asker = Asker(try .three())
        try asker.model.stop(3, controlled: true)
        asker.advance(by: .seconds(3))
        #expect(try create(Self.topic("new", 2, 3), &asker).errorCode == .none)
        let partitions = try asker.partitions(of: "new")
        #expect(partitions.allSatisfy { $0.replicaNodes.contains(3) && !$0.isrNodes.contains(3) && $0.leaderId != 3 })
        try asker.model.start(3)
        asker.advance(by: .seconds(5))
        #expect(try asker.partitions(of: "new").allSatisfy { $0.isrNodes.count == 3 })
    }

    @Test("Topics are deleted by name and by id")
    func deletes() throws {
        var asker = Asker(try .three())
        let id = try create(Self.topic("one"), &asker).topicId
        _ = try create(Self.topic("two"), &asker)
        let answer = try asker.ask(
            DeleteTopicsRequest(
                topics: [.init(name: nil, topicId: id), .init(name: "two"), .init(name: "three")],
                timeoutMs: 1_000), version: 6)
        #expect(answer.responses.map(\.errorCode) == [.none, .none, .unknownTopicOrPartition])
        #expect(answer.responses[0].name == "one")
        #expect(try asker.partitions(of: "one").isEmpty)
    }

    @Test("Asking for a topic creates it where the request allows, and the ledger shows it")
    func autoCreates() throws {
        var asker = Asker(try .three())
        let request = MetadataRequest(topics: [.init(name: "oops")])
        #expect(try asker.ask(request, version: 9).topics[0].errorCode == .unknownTopicOrPartition)
        #expect(asker.model.ledger.entries.map(\.effect) == [.topicCreated("oops")])
        #expect(try asker.partitions(of: "oops").count == 1)
    }

    @Test("Internal topics are there and say so")
    func internalTopics() throws {
        var asker = Asker(try .three())
        let topics = try asker.ask(MetadataRequest(topics: nil), version: 12).topics
        #expect(topics.map(\.name) == ["__consumer_offsets", "orders"])
        #expect(topics.map(\.isInternal) == [true, false])
    }

    @Test("Pages of partitions add up to all of them", arguments: [Int32(1), 4, 2000])
    func pages(limit: Int32) throws {
        var asker = Asker(try .three())
        var found: [String] = []
        var cursor: DescribeTopicPartitionsRequest.Cursor?
        for _ in 0..<100 {
            let answer = try asker.ask(
                DescribeTopicPartitionsRequest(responsePartitionLimit: limit, cursor: cursor), version: 0)
            for topic in answer.topics {
                for partition in topic.partitions { found.append("\(topic.name ?? "")-\(partition.partitionIndex)") }
            }
            guard let next = answer.nextCursor else { break }
            cursor = .init(topicName: next.topicName, partitionIndex: next.partitionIndex)
        }
        #expect(found == (0..<5).map { "__consumer_offsets-\($0)" } + (0..<6).map { "orders-\($0)" })
    }
}
