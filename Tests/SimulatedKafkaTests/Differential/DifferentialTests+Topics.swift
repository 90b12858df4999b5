import KafkaWire

// Topics, partitions, configurations.

extension DifferentialTests {
    private static func create(
        _ name: String, _ kind: DifferentialRow.Kind = .success, partitions: Int32 = 1, factor: Int16 = 1,
        configs: [(String, String)] = [], assignments: [[Int32]] = []
    ) -> DifferentialRow {
        DifferentialRow(
            "create \(name) \(partitions) \(factor) \(configs) \(assignments)", kind,
            CreateTopicsRequest(
                topics: [
                    .init(
                        name: name, numPartitions: partitions, replicationFactor: factor,
                        assignments: assignments.enumerated().map {
                            .init(partitionIndex: Int32($0.offset), brokerIds: $0.element)
                        }, configs: configs.map { .init(name: $0.0, value: $0.1) })
                ], timeoutMs: 10_000), without: ["configs"])
    }

    /// Until a real broker's threads know a topic.
    static func settled(_ topic: String, partitions: Int = 1) -> DifferentialRow {
        DifferentialRow("\(topic) has its \(partitions) leaders", .look) { side in
            let answer = try await side.ask(
                MetadataRequest(topics: [.init(name: topic)], allowAutoTopicCreation: false), version: 12)
            let offsets = try await side.ask(
                ListOffsetsRequest(
                    replicaId: -1,
                    topics: [
                        .init(
                            name: topic,
                            partitions: (0..<partitions).map { .init(partitionIndex: Int32($0), timestamp: -2) })
                    ]), version: 6)
            return AnswerText().text(answer.topics) + AnswerText().text(offsets.topics)
        }
    }

    private static func alter(
        _ name: String, _ kind: DifferentialRow.Kind, type: Int8 = 2, _ resource: String, _ key: String,
        _ value: String?, operation: Int8 = 0, as login: DifferentialSide.Login = .administrator
    ) -> DifferentialRow {
        DifferentialRow(
            name, kind,
            IncrementalAlterConfigsRequest(
                resources: [
                    .init(
                        resourceType: type, resourceName: resource,
                        configs: [.init(name: key, configOperation: operation, value: value)])
                ]), as: login)
    }

    /// `keys`: nil for all. Those of groups that the properties of the real broker change are not compared.
    private static func describe(
        _ name: String, type: Int8, _ resource: String, keys: [String]? = nil
    ) -> DifferentialRow {
        DifferentialRow(
            name, .look,
            DescribeConfigsRequest(
                resources: [.init(resourceType: type, resourceName: resource, configurationKeys: keys)],
                includeSynonyms: true))
    }

    private static let groupKeys = [
        "consumer.assignment.interval.ms", "consumer.heartbeat.interval.ms", "share.auto.offset.reset",
        "share.delivery.count.limit", "share.heartbeat.interval.ms", "share.isolation.level",
        "share.partition.max.record.locks", "share.record.lock.duration.ms", "share.renew.acknowledge.enable",
        "streams.heartbeat.interval.ms", "streams.num.standby.replicas", "nonsense",
    ]

    private static func partitions(
        _ name: String, _ kind: DifferentialRow.Kind, _ topics: [CreatePartitionsRequest.Topic], validate: Bool = false
    ) -> DifferentialRow {
        DifferentialRow(
            name, kind, CreatePartitionsRequest(topics: topics, timeoutMs: 10_000, validateOnly: validate))
    }

    static var topicRows: [DifferentialRow] {
        [
            create("orders", partitions: 3), settled("orders", partitions: 3),
            create("compacted", configs: [("cleanup.policy", "compact")]), settled("compacted"),
            create("small", configs: [("max.message.bytes", "200")]), settled("small"),
            create("stamped", configs: [("message.timestamp.type", "LogAppendTime")]), settled("stamped"),
            create("ledger"), settled("ledger"),
            create("secret"), settled("secret"),
            create("strict", configs: [("min.insync.replicas", "2")]), settled("strict"),
            create("orders", .refusal), create("bad name", .refusal),
            create("wide", .refusal, factor: 3), create("none", .refusal, partitions: 0),
            create("odd", .refusal, configs: [("nonsense", "1")]),
            create("odd", .refusal, configs: [("retention.ms", "soon")]),
            create("placed", .refusal, partitions: -1, factor: -1, assignments: [[7]]),
            partitions("grow an unknown topic", .refusal, [.init(name: "nope", count: 3, assignments: nil)]),
            partitions("grow to the same", .refusal, [.init(name: "orders", count: 3, assignments: nil)]),
            partitions("shrink", .refusal, [.init(name: "orders", count: 1, assignments: nil)]),
            partitions(
                "grow with too few assignments", .refusal,
                [.init(name: "orders", count: 5, assignments: [.init(brokerIds: [1])])]),
            partitions(
                "grow on an unknown broker", .refusal,
                [.init(name: "orders", count: 4, assignments: [.init(brokerIds: [9])])]),
            partitions(
                "grow twice", .refusal,
                [.init(name: "orders", count: 4, assignments: nil), .init(name: "orders", count: 5, assignments: nil)]),
            partitions(
                "grow without doing it", .success, [.init(name: "orders", count: 4, assignments: nil)], validate: true),
            partitions("grow", .success, [.init(name: "small", count: 2, assignments: nil)]),
            settled("small", partitions: 2),
            alter("set a topic's key", .success, "orders", "retention.ms", "86400000"),
            alter("append to a list", .success, "orders", "cleanup.policy", "compact", operation: 2),
            alter("subtract from a list", .success, "orders", "cleanup.policy", "compact", operation: 3),
            alter("append to a number", .refusal, "orders", "retention.ms", "1", operation: 2),
            alter("set an unknown topic's key", .refusal, "nope", "retention.ms", "1"),
            alter("set a wrong value", .refusal, "orders", "min.insync.replicas", "many"),
            alter("set a broker's fixed key", .refusal, type: 4, "1", "process.roles", "broker"),
            alter("set without right", .refusal, "orders", "retention.ms", "1", as: .alice),
            DifferentialRow(
                "describe a topic's keys", .look,
                DescribeConfigsRequest(
                    resources: [
                        .init(
                            resourceType: 2, resourceName: "orders",
                            configurationKeys: ["retention.ms", "cleanup.policy", "max.message.bytes"])
                    ], includeSynonyms: true)),
            describe("describe a group's keys", type: 32, "readers", keys: groupKeys),
            alter("set a group's key", .success, type: 32, "readers", "consumer.heartbeat.interval.ms", "6000")
                .since(4, 0),
            alter("set how a share group begins", .success, type: 32, "readers", "share.auto.offset.reset", "earliest")
                .since(4, 0),
            describe("describe what was set on a group", type: 32, "readers", keys: groupKeys),
            alter("set a group's unknown key", .refusal, type: 32, "readers", "nonsense", "1"),
            alter(
                "set too short a session of a group", .refusal, type: 32, "readers", "consumer.session.timeout.ms", "5"),
            alter("set too long a heartbeat", .refusal, type: 32, "readers", "consumer.heartbeat.interval.ms", "50000"),
            alter("set a word for a number", .refusal, type: 32, "readers", "consumer.session.timeout.ms", "abc"),
            alter("set a start nobody knows", .refusal, type: 32, "readers", "share.auto.offset.reset", "foo"),
            alter("set a group without a name", .refusal, type: 32, "", "consumer.session.timeout.ms", "50000"),
            alter(
                "append to a group's number", .refusal, type: 32, "readers", "consumer.session.timeout.ms", "1",
                operation: 2),
            alter(
                "set a group without right", .refusal, type: 32, "readers", "consumer.session.timeout.ms", "50000",
                as: .alice),
            alter(
                "delete a group's key", .success, type: 32, "readers", "consumer.heartbeat.interval.ms", nil,
                operation: 1
            )
            .since(4, 0),
            describe("describe what is left on a group", type: 32, "readers", keys: groupKeys),
            alter("ask clients to measure", .success, type: 16, "slow", "interval.ms", "1000"),
            alter("say which clients measure", .success, type: 16, "slow", "match", "client_id=x"),
            describe("describe what clients measure", type: 16, "slow"),
            alter("measure too often", .refusal, type: 16, "slow", "interval.ms", "5"),
            alter("measure at a word's pace", .refusal, type: 16, "slow", "interval.ms", "abc"),
            alter("measure by an unknown key", .refusal, type: 16, "slow", "nonsense", "5"),
            alter("measure with clients nobody can tell", .refusal, type: 16, "slow", "match", "nonsense"),
            alter("measure without a name", .refusal, type: 16, "", "interval.ms", "1000"),
            DifferentialRow(
                "list what has settings", .look,
                ListConfigResourcesRequest(resourceTypes: [16, 32])
            ).since(4, 1),
            alter("no longer say how often", .success, type: 16, "slow", "interval.ms", nil, operation: 1),
            alter("no longer say which", .success, type: 16, "slow", "match", nil, operation: 1),
            describe("describe what nobody measures", type: 16, "slow"),
            DifferentialRow(
                "replace a topic's keys the old way", .success,
                AlterConfigsRequest(
                    resources: [
                        .init(
                            resourceType: 2, resourceName: "orders",
                            configs: [.init(name: "segment.ms", value: "60000")])
                    ])),
            DifferentialRow(
                "describe what was replaced", .look,
                DescribeConfigsRequest(
                    resources: [
                        .init(
                            resourceType: 2, resourceName: "orders", configurationKeys: ["retention.ms", "segment.ms"])
                    ])),
            DifferentialRow(
                "delete an unknown topic", .refusal,
                DeleteTopicsRequest(topics: [.init(name: "nope")], timeoutMs: 10_000)),
            DifferentialRow(
                "delete without right", .refusal,
                DeleteTopicsRequest(topics: [.init(name: "orders")], timeoutMs: 10_000), as: .alice),
            DifferentialRow(
                "describe topics without right", .look,
                MetadataRequest(topics: [.init(name: "orders")], allowAutoTopicCreation: false), as: .alice),
            DifferentialRow(
                "describe all topics without right", .look,
                MetadataRequest(topics: nil, allowAutoTopicCreation: false), as: .alice, without: ["brokers"]),
            DifferentialRow(
                "elect for an unknown topic", .refusal,
                ElectLeadersRequest(
                    electionType: 0, topicPartitions: [.init(topic: "nope", partitions: [0])], timeoutMs: 10_000)),
        ]
    }
}
