import EventLoop
import KafkaWire
import TestSupport
import Testing
import Values

@testable import SimulatedKafka

/// The same questions to a real cluster and to an embedded one of the same release, answer by answer: where they differ, Kafka
/// is right.
@Suite(.serialized, .enabled(if: RealKafka.isAvailable, "OPSRUN_KAFKA is not set"))
struct SideBySideTests {
    @Test(
        "The embedded cluster answers as a real one of its release", arguments: RealKafka.releases)
    func sameAnswers(release: RealKafka.Release) async throws {
        try await RealKafkaCluster.with(release) { real in
            var configuration = SimulatedClusterConfiguration(
                version: release.version,
                nodes: zip([1, 2, 3], ["a", "b", "c"]).map { .init(id: $0, rack: $1) })
            configuration.hasInternalTopics = false
            configuration.minInsyncReplicas = 2
            configuration.stopTime = .milliseconds(500)
            let simulated = SimulatedCluster(configuration)
            let pair = Pair(real: RealSide(cluster: real), simulated: SimulatedSide(cluster: simulated))
            try await pair.waitForBrokers([1, 2, 3])
            for probe in Self.probes(release.version) { try await pair.compare(probe) }
            try await real.stop(3)
            try simulated.stop(3)
            try await pair.waitForBrokers([1, 2])
            for probe in Self.probesWithoutThree { try await pair.compare(probe) }
            try await real.start(3)
            try simulated.start(3)
            try await pair.waitForBrokers([1, 2, 3])
            try await pair.waitForReplicas()
            for probe in Self.stateProbes { try await pair.compare(probe) }
            try await real.kill(3)
            simulated.kill(3)
            // Listed until its session ends, and then not.
            try await pair.waitForBrokers([1, 2, 3])
            try await pair.waitForBrokers([1, 2])
            for probe in Self.stateProbes { try await pair.compare(probe) }
            try await real.start(3)
            try simulated.start(3)
            try await pair.waitForBrokers([1, 2, 3])
            try await pair.waitForReplicas()
            for probe in Self.stateProbes + WrongNodeProbes.all { try await pair.compare(probe) }
        }
    }

    // MARK: What is asked

    struct Probe: Sendable {
        let name: String
        let ask: @Sendable (any Side) async throws -> String
    }

    private static func create(_ name: String, _ topic: CreateTopicsRequest.Topic, words: Bool = true) -> Probe {
        Probe(name: "create \(name)") { side in
            let answer = try await side.ask(CreateTopicsRequest(topics: [topic]), version: 7, on: 1, .broker).topics[0]
            let text = words ? answer.errorMessage ?? "-" : ""
            return "\(answer.errorCode) \(text) \(answer.numPartitions) \(answer.replicationFactor)"
        }
    }

    private static func probes(_ version: Version) -> [Probe] {
        var probes: [Probe] = []
        let orders = CreateTopicsRequest.Topic(
            name: "orders", numPartitions: -1, replicationFactor: -1,
            assignments: [[1, 2, 3], [2, 3, 1], [3, 1, 2]].enumerated().map {
                .init(partitionIndex: Int32($0.offset), brokerIds: $0.element)
            })
        probes.append(create("orders", orders))
        for (index, refusal) in TopicTests.refusals.enumerated() {
            // 4.3 adds a clause about cordoned log directories to this one.
            probes.append(create("refusal \(index)", refusal.topic, words: refusal.code != .invalidReplicationFactor))
        }
        probes.append(create("empty replicas", orders.with(name: "x", replicas: [[]])))
        probes.append(create("gap", orders.with(name: "x", replicas: [[1], [2]], numbers: [0, 2])))
        probes.append(create("uneven", orders.with(name: "x", replicas: [[1], [2, 3]])))
        probes.append(
            create(
                "factor given",
                .init(name: "x", numPartitions: -1, replicationFactor: 2, assignments: [.init(brokerIds: [1])])))
        probes.append(create("negative factor", .init(name: "x", numPartitions: 1, replicationFactor: -2)))
        probes.append(create("empty name", .init(name: "", numPartitions: 1, replicationFactor: 1)))
        probes.append(create("dots", .init(name: "..", numPartitions: 1, replicationFactor: 1)))
        probes += metadataProbes
        probes += configProbes()
        probes += clusterProbes + featureProbes(version) + partitionProbes(version)
        return probes
    }

    private static let metadataProbes: [Probe] = [
        Probe(name: "metadata of orders") { side in
            try await side.ask(
                MetadataRequest(topics: [.init(name: "orders")], allowAutoTopicCreation: false), version: 12, on: 2,
                .broker
            ).topics.map { "\($0.errorCode) \($0.isInternal) \($0.partitions.map(text).sorted())" }.joined()
        },
        Probe(name: "metadata of strangers") { side in
            try await side.ask(
                MetadataRequest(topics: [.init(name: "nope"), .init(name: "a/b")], allowAutoTopicCreation: false),
                version: 9, on: 1, .broker
            ).topics.map { "\($0.name ?? "-") \($0.errorCode) \($0.partitions.count)" }.sorted().joined(separator: ", ")
        },
        Probe(name: "metadata by an unknown id") { side in
            try await side.ask(
                MetadataRequest(
                    topics: [.init(topicId: KafkaUUID(high: 5, low: 7), name: nil)], allowAutoTopicCreation: false),
                version: 12, on: 1, .broker
            ).topics.map { "\($0.name ?? "-") \($0.topicId) \($0.errorCode)" }.joined()
        },
        Probe(name: "brokers") { side in
            let answer = try await side.ask(
                MetadataRequest(topics: [], includeClusterAuthorizedOperations: true), version: 8, on: 1, .broker)
            return "\(answer.brokers.map { "\($0.nodeId) \($0.rack ?? "-")" }.sorted()) "
                + "\(answer.clusterAuthorizedOperations)"
        },
        Probe(name: "operations on a topic") { side in
            let request = MetadataRequest(
                topics: [.init(name: "orders")], allowAutoTopicCreation: false, includeTopicAuthorizedOperations: true)
            return "\(try await side.ask(request, version: 9, on: 1, .broker).topics.map(\.topicAuthorizedOperations))"
        },
        Probe(name: "topic partitions, in pages of two") { side in
            let answer = try await side.ask(
                DescribeTopicPartitionsRequest(
                    topics: [.init(name: "orders"), .init(name: "nope")], responsePartitionLimit: 2), version: 0, on: 1,
                .broker)
            return answer.topics.map { topic in
                "\(topic.name ?? "-") \(topic.errorCode) "
                    + "\(topic.partitions.map { "\($0.partitionIndex) \($0.isrNodes) \($0.eligibleLeaderReplicas ?? [])" })"
            }.joined(separator: "; ") + " \(answer.nextCursor.map { "\($0.topicName) \($0.partitionIndex)" } ?? "-")"
        },
    ]

    private static func configProbes() -> [Probe] {
        var probes = ConfigTests.changes.map { change in
            Probe(name: "alter \(change.testDescription)") { side in
                let answer = try await side.ask(
                    IncrementalAlterConfigsRequest(
                        resources: [
                            .init(
                                resourceType: change.type, resourceName: change.name,
                                configs: [
                                    .init(name: change.key, configOperation: change.operation, value: change.value)
                                ])
                        ]), version: 1, on: 1, .broker
                ).responses[0]
                return "\(answer.errorCode) \(answer.errorMessage ?? "-")"
            }
        }
        let keys = [
            "min.insync.replicas", "retention.ms", "cleanup.policy", "unclean.leader.election.enable", "flush.ms",
            "leader.replication.throttled.replicas", "segment.ms", "max.message.bytes", "min.cleanable.dirty.ratio",
        ]
        for (type, name, keys) in [
            (Int8(2), "orders", keys), (2, "nope", []), (2, "a/b", []), (4, "2", []), (4, "abc", []), (99, "x", []),
            (8, "2", []),
            (
                4, "1",
                ["broker.rack", "min.insync.replicas", "log.cleaner.threads", "nonsense", "num.io.threads"]
            ),
        ] {
            probes.append(
                Probe(name: "describe \(type) \(name)") { side in
                    let answer = try await side.ask(
                        DescribeConfigsRequest(
                            resources: [
                                .init(
                                    resourceType: type, resourceName: name, configurationKeys: keys.isEmpty ? nil : keys
                                )
                            ], includeSynonyms: true), version: 4, on: 1, .broker
                    ).results[0]
                    // What the harness sets in its files is no matter of the embedded cluster.
                    let values = answer.configs.filter { $0.name != "num.io.threads" }.map(text).sorted()
                    return "\(answer.errorCode) \(answer.errorMessage ?? "-") \(values)"
                })
        }
        return probes
    }

    private static let clusterProbes: [Probe] = [
        Probe(name: "endpoint types") { side in
            var lines: [String] = []
            for (listener, type) in [
                (SimulatedListener.broker, Int8(1)), (.broker, 2), (.broker, 9), (.controller, 1), (.controller, 2),
            ] {
                let answer = try await side.ask(DescribeClusterRequest(endpointType: type), version: 1, on: 1, listener)
                lines.append(
                    "\(answer.errorCode) \(answer.errorMessage ?? "-") \(answer.brokers.map(\.brokerId).sorted())")
            }
            return lines.joined(separator: "; ")
        },
        Probe(name: "quorum of strangers") { side in
            var lines: [String] = []
            for (topic, partition) in [("orders", Int32(0)), ("__cluster_metadata", 1)] {
                let answer = try await side.ask(
                    DescribeQuorumRequest(
                        topics: [.init(topicName: topic, partitions: [.init(partitionIndex: partition)])]), version: 1,
                    on: 1, .broker)
                lines.append("\(answer.errorCode) \(answer.topics.flatMap(\.partitions).map(\.errorCode))")
            }
            return lines.joined(separator: "; ")
        },
        Probe(name: "quorum") { side in
            let answer = try await side.ask(
                DescribeQuorumRequest(
                    topics: [.init(topicName: "__cluster_metadata", partitions: [.init(partitionIndex: 0)])]),
                version: 2, on: 1, .broker)
            return answer.topics.flatMap(\.partitions).map { partition in
                "\(partition.errorCode) \(partition.currentVoters.map(\.replicaId).sorted()) "
                    + "\(partition.observers.map(\.replicaId)) \(partition.currentVoters.map(\.replicaDirectoryId))"
            }.joined() + " \(answer.nodes.map(\.nodeId).sorted()) \(answer.nodes.flatMap(\.listeners).map(\.name))"
        },
        Probe(name: "handshake without SASL") { side in
            let answer = try await side.ask(SaslHandshakeRequest(mechanism: "PLAIN"), version: 1, on: 1, .broker)
            return "\(answer.errorCode) \(answer.mechanisms)"
        },
    ]

    private static func featureProbes(_ version: Version) -> [Probe] {
        let isFour = version >= Version(major: 4, minor: 0)
        var updates: [(String, Int16, Int8)] = [
            ("metadata.version", 99, 1), ("nonsense", 1, 1), ("group.version", 9, 1), ("metadata.version", -1, 1),
            ("metadata.version", 14, 2), ("metadata.version", 14, 3),
        ]
        if isFour { updates += [("metadata.version", 7, 1), ("group.version", 0, 2), ("group.version", 1, 1)] }
        return updates.map { name, level, type in
            Probe(name: "feature \(name) \(level) \(type)") { side in
                let answer = try await side.ask(
                    UpdateFeaturesRequest(
                        featureUpdates: [.init(feature: name, maxVersionLevel: level, upgradeType: type)],
                        validateOnly: true), version: isFour ? 2 : 1, on: 1, .broker)
                let results = answer.results.map { "\($0.errorCode) \($0.errorMessage ?? "-")" }
                return anonymous("\(answer.errorCode) \(answer.errorMessage ?? "-") \(results)")
            }
        }
    }

    private static func partitionProbes(_ version: Version) -> [Probe] {
        let moves: [(String, Int32, [Int32]?)] = [
            ("nope", 0, [1]), ("orders", 9, [1]), ("orders", 0, [1, 9]), ("orders", 0, []), ("orders", 0, [1, 1]),
            ("orders", 0, nil), ("orders", 0, [1, 3, 2]), ("orders", 0, [1, 2, 3]), ("orders", 1, [2, 3]),
        ]
        var probes = moves.map { topic, partition, replicas in
            Probe(name: "reassign \(topic)-\(partition) to \(replicas?.description ?? "null")") { side in
                let answer = try await side.ask(
                    AlterPartitionReassignmentsRequest(
                        topics: [.init(name: topic, partitions: [.init(partitionIndex: partition, replicas: replicas)])]
                    ),
                    version: 0, on: 1, .broker)
                return "\(answer.errorCode) "
                    + "\(answer.responses.flatMap(\.partitions).map { "\($0.errorCode) \($0.errorMessage ?? "-")" })"
            }
        }
        for (type, topic, partition) in [
            (Int8(0), "orders", Int32(0)), (0, "nope", 0), (0, "orders", 9), (1, "orders", 0),
        ] {
            probes.append(
                Probe(name: "elect \(type) \(topic)-\(partition)") { side in
                    let answer = try await side.ask(
                        ElectLeadersRequest(
                            electionType: type, topicPartitions: [.init(topic: topic, partitions: [partition])]),
                        version: 2, on: 1, .broker)
                    let results = answer.replicaElectionResults.flatMap(\.partitionResult).map(\.errorCode)
                    return "\(answer.errorCode) \(results)"
                })
        }
        probes.append(
            Probe(name: "offsets") { side in
                let answer = try await side.ask(
                    ListOffsetsRequest(
                        replicaId: -1,
                        topics: [
                            .init(
                                name: "orders",
                                partitions: [
                                    .init(partitionIndex: 0, timestamp: -1), .init(partitionIndex: 2, timestamp: -1),
                                    .init(partitionIndex: 9, timestamp: -1),
                                ]), .init(name: "nope", partitions: [.init(partitionIndex: 0, timestamp: -1)]),
                        ]), version: 6, on: 1, .broker)
                return answer.topics.flatMap(\.partitions).map { "\($0.partitionIndex) \($0.errorCode) \($0.offset)" }
                    .sorted().joined(separator: ", ")
            })
        probes.append(
            Probe(name: "log directories") { side in
                let answer = try await side.ask(DescribeLogDirsRequest(topics: nil), version: 4, on: 1, .broker)
                return answer.results.map { result in
                    "\(result.errorCode) "
                        + "\(result.topics.map { "\($0.name) \($0.partitions.map(\.partitionIndex).filter { $0 != 1 }.sorted())" }.sorted())"
                }.joined()
            })
        for limit: Int32 in [0, 5_000] {
            probes.append(
                Probe(name: "delete strangers within \(limit)") { side in
                    let answer = try await side.ask(
                        DeleteTopicsRequest(
                            topics: [.init(name: "nope"), .init(name: nil, topicId: KafkaUUID(high: 5, low: 7))],
                            timeoutMs: limit), version: 6, on: 1, .broker)
                    return answer.responses.map { "\($0.name ?? "-") \($0.errorCode) \($0.errorMessage ?? "-")" }
                        .sorted().joined(separator: ", ")
                })
        }
        return probes
    }

    private static let probesWithoutThree: [Probe] = [
        metadataProbes[0], metadataProbes[3],
        Probe(name: "elect all preferred") { side in
            let answer = try await side.ask(
                ElectLeadersRequest(electionType: 0, topicPartitions: nil), version: 2, on: 1, .broker)
            return answer.replicaElectionResults.flatMap { topic in
                topic.partitionResult.map { "\(topic.topic)-\($0.partitionId) \($0.errorCode)" }
            }.sorted().joined(separator: ", ")
        },
        create(
            "on the fenced one",
            .init(name: "late", numPartitions: -1, replicationFactor: -1, assignments: [.init(brokerIds: [3])])),
        create(
            "on the fenced one too",
            .init(name: "late", numPartitions: -1, replicationFactor: -1, assignments: [.init(brokerIds: [3, 1])])),
        create("three replicas", .init(name: "later", numPartitions: 2, replicationFactor: 3)),
        Probe(name: "metadata of late") { side in
            try await side.ask(
                MetadataRequest(topics: [.init(name: "late")], allowAutoTopicCreation: false), version: 12, on: 2,
                .broker
            ).topics.map { "\($0.partitions.map(text))" }.joined()
        },
        Probe(name: "reassign to the fenced one") { side in
            let answer = try await side.ask(
                AlterPartitionReassignmentsRequest(
                    topics: [.init(name: "orders", partitions: [.init(partitionIndex: 1, replicas: [3, 2])])]),
                version: 0, on: 1, .broker)
            let listed = try await side.ask(
                ListPartitionReassignmentsRequest(topics: nil), version: 0, on: 1, .broker)
            return "\(answer.responses.flatMap(\.partitions).map(\.errorCode)) "
                + "\(listed.topics.flatMap(\.partitions).map { "\($0.replicas) \($0.addingReplicas) \($0.removingReplicas)" })"
        },
    ]

    /// Leaders, replicas, in-sync sets, eligible replicas and moves of everything.
    private static let stateProbes: [Probe] = [
        Probe(name: "state of everything") { side in
            let answer = try await side.ask(DescribeTopicPartitionsRequest(), version: 0, on: 1, .broker)
            return answer.topics.filter { $0.name != "later" }.flatMap { topic in
                topic.partitions.map {
                    "\(topic.name ?? "-")-\($0.partitionIndex) \($0.leaderId) \($0.replicaNodes) "
                        + "\($0.isrNodes.sorted()) \($0.eligibleLeaderReplicas ?? []) \($0.lastKnownElr ?? []) "
                        + "\($0.offlineReplicas)"
                }
            }.joined(separator: "\n")
        },
        Probe(name: "moves") { side in
            let listed = try await side.ask(ListPartitionReassignmentsRequest(topics: nil), version: 0, on: 1, .broker)
            return "\(listed.errorCode) \(listed.topics.map(\.name))"
        },
    ]

    // MARK: How answers read

    private static func text(_ partition: MetadataResponse.Partition) -> String {
        "\(partition.partitionIndex) \(partition.errorCode.rawValue) leader \(partition.leaderId) of "
            + "\(partition.replicaNodes), in sync \(partition.isrNodes.sorted()), offline \(partition.offlineReplicas)"
    }

    private static func text(_ config: DescribeConfigsResponse.Config) -> String {
        "\(config.name)=\(config.value ?? "-") \(config.configSource) \(config.readOnly) \(config.isSensitive) "
            + "\(config.configType) \(config.synonyms.map { "\($0.name)=\($0.value ?? "-") \($0.source)" })"
    }

    /// Which controller happens to be the active one is no matter.
    private static func anonymous(_ text: String) -> String {
        var words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        for index in words.indices.dropFirst() where words[index - 1] == "controller" && Int32(words[index]) != nil {
            words[index] = "N"
        }
        return words.joined(separator: " ")
    }
}

extension CreateTopicsRequest.Topic {
    func with(name: String, replicas: [[Int32]], numbers: [Int32]? = nil) -> Self {
        var topic = self
        topic.name = name
        topic.assignments = zip(numbers ?? replicas.indices.map { Int32($0) }, replicas).map {
            .init(partitionIndex: $0, brokerIds: $1)
        }
        return topic
    }
}

/// One of the two clusters.
protocol Side: Sendable {
    func ask<Request: KafkaRequest>(
        _ request: Request, version: Int16, on node: Int32, _ listener: SimulatedListener
    ) async throws -> Request.Response
}

private struct SimulatedSide: Side {
    let cluster: SimulatedCluster

    func ask<Request: KafkaRequest>(
        _ request: Request, version: Int16, on node: Int32, _ listener: SimulatedListener
    ) async throws -> Request.Response {
        let connection = try #require(cluster.connect(to: node, listener: listener))
        let frame = try RequestFrame.encode(request, version: version, correlationId: 1, clientId: "test")
        let payload = try await connection.exchange(frame)
        return try ResponseFrame.decode(Request.Response.self, version: version, from: payload).body
    }
}

private struct RealSide: Side {
    let cluster: RealKafkaCluster

    func ask<Request: KafkaRequest>(
        _ request: Request, version: Int16, on id: Int32, _ listener: SimulatedListener
    ) async throws -> Request.Response {
        let node = try #require(cluster.nodes.first { $0.id == id })
        let port = listener == .broker ? node.port : node.controllerPort
        let socket = try await StreamSocket.connect(to: "127.0.0.1", port: port, within: .seconds(60))
        let frame = try RequestFrame.encode(request, version: version, correlationId: 1, clientId: "test")
        try await socket.write(frame)
        let length = try await socket.read(exactly: 4, within: .seconds(60)).reduce(0) { $0 << 8 | Int($1) }
        let payload = try await socket.read(exactly: length, within: .seconds(60))
        await socket.close()
        return try ResponseFrame.decode(Request.Response.self, version: version, from: payload).body
    }
}

private struct Pair {
    let real: RealSide
    let simulated: SimulatedSide

    func compare(_ probe: SideBySideTests.Probe) async throws {
        let isChange = ["create", "alter", "reassign", "elect"].contains { probe.name.hasPrefix($0) }
        var wanted = try await probe.ask(real)
        var found = try await probe.ask(simulated)
        // A change takes a moment to reach every broker, and a replica to come back: what only reads is asked again.
        for _ in 0..<600 where !isChange && found != wanted {
            try await SystemTimeSource().sleep(for: .milliseconds(100))
            wanted = try await probe.ask(real)
            found = try await probe.ask(simulated)
        }
        #expect(found == wanted, "\(probe.name)")
    }

    /// Until every replica is in sync on both sides: what happens next is only then the same on both.
    func waitForReplicas() async throws {
        for side in [real, simulated] as [any Side] {
            var isThere = false
            for _ in 0..<1200 where !isThere {
                let answer = try await side.ask(DescribeTopicPartitionsRequest(), version: 0, on: 1, .broker)
                isThere = answer.topics.flatMap(\.partitions).allSatisfy {
                    $0.isrNodes.count == $0.replicaNodes.count && $0.offlineReplicas.isEmpty
                }
                if !isThere { try await SystemTimeSource().sleep(for: .milliseconds(100)) }
            }
            #expect(isThere)
        }
    }

    /// Until both sides list exactly these brokers.
    func waitForBrokers(_ ids: [Int32]) async throws {
        for side in [real, simulated] as [any Side] {
            var isThere = false
            for _ in 0..<1200 where !isThere {
                let answer = try await side.ask(DescribeClusterRequest(), version: 0, on: 2, .broker)
                isThere = answer.brokers.map(\.brokerId).sorted() == ids
                if !isThere { try await SystemTimeSource().sleep(for: .milliseconds(100)) }
            }
            #expect(isThere)
        }
    }
}
