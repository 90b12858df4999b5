import KafkaWire

@testable import SimulatedKafka

/// Questions to a node that is not the leader, not the coordinator, not the controller.
enum WrongNodeProbes {
    typealias Probe = SideBySideTests.Probe

    static var all: [Probe] { leaderProbes + coordinatorProbes + [controllerProbe] }

    /// Asks a node that has the replica and does not lead.
    private static func atFollower(
        _ name: String, _ ask: @escaping @Sendable (any Side, Int32) async throws -> String
    ) -> Probe {
        Probe(name: "not the leader: \(name)") { side in
            let answer = try await side.ask(
                MetadataRequest(topics: [.init(name: "orders")], allowAutoTopicCreation: false), version: 9, on: 1,
                .broker)
            let leader = answer.topics.first?.partitions.first { $0.partitionIndex == 0 }?.leaderId ?? -1
            return try await ask(side, leader == 1 ? 2 : 1)
        }
    }

    private static let leaderProbes: [Probe] = [
        atFollower("produce") { side, node in
            let bytes = DifferentialTests.batch(["x"])
            let answer = try await side.ask(
                ProduceRequest(
                    acks: -1, timeoutMs: 10_000,
                    topicData: [.init(name: "orders", partitionData: [.init(index: 0, records: bytes)])]), version: 9,
                on: node, .broker)
            return "\(answer.responses.flatMap(\.partitionResponses).map(\.errorCode))"
        },
        atFollower("fetch") { side, node in
            let answer = try await side.ask(
                FetchRequest(
                    maxWaitMs: 0,
                    topics: [
                        .init(topic: "orders", partitions: [.init(partition: 0, partitionMaxBytes: 1_000)])
                    ]), version: 10, on: node, .broker)
            return "\(answer.responses.flatMap(\.partitions).map(\.errorCode))"
        },
        atFollower("delete records") { side, node in
            let answer = try await side.ask(
                DeleteRecordsRequest(
                    topics: [.init(name: "orders", partitions: [.init(partitionIndex: 0, offset: 0)])],
                    timeoutMs: 10_000), version: 2, on: node, .broker)
            return "\(answer.topics.flatMap(\.partitions).map(\.errorCode))"
        },
        atFollower("the end of an epoch") { side, node in
            let answer = try await side.ask(
                OffsetForLeaderEpochRequest(
                    replicaId: -1, topics: [.init(topic: "orders", partitions: [.init(partition: 0, leaderEpoch: 0)])]),
                version: 3, on: node, .broker)
            return "\(answer.topics.flatMap(\.partitions).map(\.errorCode))"
        },
        atFollower("producers") { side, node in
            let answer = try await side.ask(
                DescribeProducersRequest(topics: [.init(name: "orders", partitionIndexes: [0])]), version: 0, on: node,
                .broker)
            return answer.topics.flatMap(\.partitions).map { "\($0.errorCode) \($0.errorMessage ?? "-")" }.joined()
        },
    ]

    /// Asks a node that is not the coordinator of a group, or of a transaction.
    private static func elsewhere(
        _ name: String, type: Int8 = 0, _ ask: @escaping @Sendable (any Side, Int32) async throws -> String
    ) -> Probe {
        Probe(name: "not the coordinator: \(name)") { side in
            let answer = try await side.ask(
                FindCoordinatorRequest(keyType: type, coordinatorKeys: ["somebody"]), version: 4, on: 1, .broker)
            guard let found = answer.coordinators.first, found.errorCode == .none else { return "nobody yet" }
            return try await ask(side, found.nodeId == 1 ? 2 : 1)
        }
    }

    private static let coordinatorProbes: [Probe] = [
        elsewhere("a heartbeat") { side, node in
            "\(try await side.ask(HeartbeatRequest(groupId: "somebody"), version: 4, on: node, .broker).errorCode)"
        },
        elsewhere("a join") { side, node in
            let answer = try await side.ask(
                JoinGroupRequest(
                    groupId: "somebody", sessionTimeoutMs: 30_000, rebalanceTimeoutMs: 30_000, protocolType: "consumer",
                    protocols: [.init(name: "range", metadata: [])]), version: 7, on: node, .broker)
            return "\(answer.errorCode)"
        },
        elsewhere("a commit") { side, node in
            let answer = try await side.ask(
                OffsetCommitRequest(
                    groupId: "somebody",
                    topics: [.init(name: "orders", partitions: [.init(partitionIndex: 0, committedOffset: 1)])]),
                version: 8, on: node, .broker)
            return "\(answer.topics.flatMap(\.partitions).map(\.errorCode))"
        },
        elsewhere("offsets") { side, node in
            let answer = try await side.ask(
                OffsetFetchRequest(groups: [.init(groupId: "somebody", topics: nil)]), version: 8, on: node, .broker)
            return "\(answer.groups.map(\.errorCode))"
        },
        elsewhere("delete offsets") { side, node in
            let answer = try await side.ask(
                OffsetDeleteRequest(
                    groupId: "somebody", topics: [.init(name: "orders", partitions: [.init(partitionIndex: 0)])]),
                version: 0, on: node, .broker)
            return "\(answer.errorCode)"
        },
        elsewhere("describe") { side, node in
            let answer = try await side.ask(
                DescribeGroupsRequest(groups: ["somebody"]), version: 5, on: node, .broker)
            return "\(answer.groups.map(\.errorCode))"
        },
        elsewhere("delete") { side, node in
            let answer = try await side.ask(
                DeleteGroupsRequest(groupsNames: ["somebody"]), version: 2, on: node, .broker)
            return "\(answer.results.map(\.errorCode))"
        },
        elsewhere("a transactional id", type: 1) { side, node in
            let answer = try await side.ask(
                InitProducerIdRequest(transactionalId: "somebody", transactionTimeoutMs: 60_000), version: 4, on: node,
                .broker)
            return "\(answer.errorCode)"
        },
        elsewhere("the end of a transaction", type: 1) { side, node in
            let answer = try await side.ask(
                EndTxnRequest(transactionalId: "somebody", producerId: 1, producerEpoch: 0, committed: true),
                version: 3, on: node, .broker)
            return "\(answer.errorCode)"
        },
        elsewhere("describe a transaction", type: 1) { side, node in
            let answer = try await side.ask(
                DescribeTransactionsRequest(transactionalIds: ["somebody"]), version: 0, on: node, .broker)
            return "\(answer.transactionStates.map(\.errorCode))"
        },
    ]

    /// A controller that is not the active one.
    private static let controllerProbe = Probe(name: "not the controller") { side in
        let quorum = try await side.ask(
            DescribeQuorumRequest(
                topics: [.init(topicName: "__cluster_metadata", partitions: [.init(partitionIndex: 0)])]), version: 1,
            on: 1, .broker)
        let leader = quorum.topics.flatMap(\.partitions).first?.leaderId ?? -1
        let node: Int32 = leader == 1 ? 2 : 1
        let made = try await side.ask(
            CreateTopicsRequest(topics: [.init(name: "orders", numPartitions: 1, replicationFactor: 1)]), version: 7,
            on: node, .controller)
        let altered = try await side.ask(
            AlterPartitionReassignmentsRequest(
                topics: [.init(name: "orders", partitions: [.init(partitionIndex: 0, replicas: [1])])]), version: 0,
            on: node, .controller)
        return "\(made.topics.map(\.errorCode)) \(altered.errorCode)"
    }
}
