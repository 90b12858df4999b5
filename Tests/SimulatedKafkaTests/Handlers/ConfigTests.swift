import KafkaWire
import Testing
import Values

@testable import SimulatedKafka

/// Configuration: what is shown, what is taken, what is refused and how. As seen on real 3.9.2 and 4.3.1.
struct ConfigTests {
    struct Change: Sendable, CustomTestStringConvertible {
        let type: Int8
        let name: String
        let operation: Int8
        let key: String
        let value: String?
        let code: KafkaErrorCode
        let message: String?
        var testDescription: String { "\(type) \(name) \(operation) \(key)=\(value ?? "null")" }

        init(
            _ type: Int8, _ name: String, _ operation: Int8, _ key: String, _ value: String?,
            _ code: KafkaErrorCode = .none, _ message: String? = nil
        ) {
            self.type = type
            self.name = name
            self.operation = operation
            self.key = key
            self.value = value
            self.code = code
            self.message = message
        }
    }

    static let changes: [Change] = [
        Change(
            4, "2", 0, "log.cleaner.threads", "1", .invalidRequest, "Unexpected broker id, expected 1, but received 2"),
        Change(
            4, "abc", 0, "log.cleaner.threads", "1", .invalidRequest, "Node id must be an integer, but it is: abc"),
        Change(
            4, "1", 0, "broker.rack", "x", .invalidRequest, "Cannot update these configs dynamically: [broker.rack]"),
        Change(4, "1", 0, "nonsense", "x"),
        Change(4, "", 0, "nonsense2", "x"),
        Change(
            4, "", 0, "num.io.threads", "x", .invalidRequest,
            "Invalid value x for configuration num.io.threads: Not a number of type INT"),
        Change(4, "1", 1, "log.cleaner.threads", nil),
        Change(
            2, "orders", 2, "retention.ms", "1", .invalidConfig,
            "Can't APPEND to key retention.ms because its type is not LIST."),
        Change(2, "orders", 0, "retention.ms", nil, .invalidRequest, "Null value not supported for : retention.ms"),
        Change(2, "orders", 0, "nonsense", "1", .invalidConfig, "Unknown topic config name: nonsense"),
        Change(
            2, "orders", 0, "min.insync.replicas", "0", .invalidConfig,
            "Invalid value 0 for configuration min.insync.replicas: Value must be at least 1"),
        Change(
            2, "orders", 0, "cleanup.policy", "foo", .invalidConfig,
            "Invalid value foo for configuration cleanup.policy: String must be one of: compact, delete"),
        Change(2, "orders", 7, "cleanup.policy", "foo", .unknownServerError),
        Change(2, "orders", 2, "cleanup.policy", "compact"),
        Change(2, "orders", 3, "cleanup.policy", "compact"),
        Change(2, "", 0, "cleanup.policy", "compact", .invalidRequest, "Default topic resources are not allowed."),
        Change(99, "x", 0, "y", "z", .invalidRequest, "Unknown resource type 99"),
        Change(
            2, "nope", 0, "min.insync.replicas", "1", .unknownTopicOrPartition, "The topic 'nope' does not exist."),
        Change(
            2, "orders", 0, "leader.replication.throttled.replicas", "a", .invalidConfig,
            "Invalid value [a] for configuration leader.replication.throttled.replicas: "
                + "leader.replication.throttled.replicas must be the literal '*' or a list of replicas in the following "
                + "format: [partitionId]:[brokerId],[partitionId]:[brokerId],..."),
        Change(2, "orders", 0, "leader.replication.throttled.replicas", "0:1,1:2"),
        Change(
            2, "orders", 0, "unclean.leader.election.enable", "maybe", .invalidConfig,
            "Invalid value maybe for configuration unclean.leader.election.enable: Expected value to be either true or "
                + "false"),
    ]

    private func alter(_ change: Change, _ asker: inout Asker, on node: Int32 = 1) throws
        -> IncrementalAlterConfigsResponse.Result
    {
        try asker.ask(
            IncrementalAlterConfigsRequest(
                resources: [
                    .init(
                        resourceType: change.type, resourceName: change.name,
                        configs: [.init(name: change.key, configOperation: change.operation, value: change.value)])
                ]), version: 1, on: node
        ).responses[0]
    }

    @Test("A change is taken or refused as Kafka does", arguments: changes)
    func alters(change: Change) throws {
        var asker = Asker(try .three("4.3.1") { $0.features = ["metadata.version": 21] })
        let answer = try alter(change, &asker)
        #expect(answer.errorCode == change.code)
        #expect(answer.errorMessage == change.message)
        #expect(asker.model.ledger.entries.isEmpty == (change.code != .none))
    }

    private func describe(
        _ type: Int8, _ name: String, _ asker: inout Asker, keys: [String]? = nil, on node: Int32 = 1
    ) throws -> DescribeConfigsResponse.Result {
        try asker.ask(
            DescribeConfigsRequest(
                resources: [.init(resourceType: type, resourceName: name, configurationKeys: keys)],
                includeSynonyms: true), version: 4, on: node
        ).results[0]
    }

    @Test("A topic's key falls back to the broker, to the default of all brokers, to the file, to Kafka's default")
    func synonyms() throws {
        var asker = Asker(try .three { $0.minInsyncReplicas = 2 })
        _ = try alter(Change(4, "", 0, "min.insync.replicas", "3"), &asker)
        let keys = ["min.insync.replicas", "retention.ms"]
        let configs = try describe(2, "orders", &asker, keys: keys).configs
        #expect(configs.map(\.name) == keys)
        #expect(configs[0].value == "2")
        #expect(configs[0].configSource == 1)
        #expect(configs[0].synonyms.map(\.source) == [1, 3, 4, 5])
        #expect(configs[0].synonyms.compactMap(\.value) == ["2", "3", "2", "1"])
        #expect(configs[1].value == "604800000")
        #expect(configs[1].configSource == 5)
        #expect(configs[1].synonyms.isEmpty)
    }

    @Test("A broker is described by itself only; a stranger's key is shown without its value")
    func brokers() throws {
        var asker = Asker(try .three())
        _ = try alter(Change(4, "2", 0, "nonsense", "secret"), &asker, on: 2)
        _ = try alter(Change(4, "2", 0, "leader.replication.throttled.rate", "1000"), &asker, on: 2)
        let wrong = try describe(4, "2", &asker)
        #expect(wrong.errorCode == .invalidRequest)
        #expect(wrong.errorMessage == "Unexpected broker id, expected 1 or empty string, but received 2")
        let configs = try describe(4, "2", &asker, on: 2).configs
        let byName = Dictionary(uniqueKeysWithValues: configs.map { ($0.name, $0) })
        #expect(byName["broker.rack"]?.value == "rack-2")
        #expect(byName["broker.rack"]?.readOnly == true)
        #expect(byName["leader.replication.throttled.rate"]?.configSource == 2)
        #expect(byName["nonsense"]?.value == nil)
        #expect(byName["nonsense"]?.isSensitive == true)
        #expect(try describe(4, "", &asker).configs.isEmpty)
    }

    @Test("A cluster with eligible leader replicas has one min.insync.replicas, which brokers cannot change")
    func materialized() throws {
        var asker = Asker(try .three("4.3.1") { $0.minInsyncReplicas = 2 })
        #expect(try describe(4, "", &asker).configs.map(\.name) == ["min.insync.replicas"])
        #expect(try alter(Change(4, "1", 0, "min.insync.replicas", "1"), &asker).errorCode == .invalidConfig)
        #expect(try alter(Change(4, "", 1, "min.insync.replicas", nil), &asker).errorCode == .invalidConfig)
    }

    @Test("Unknown topics, bad names and unknown kinds are errors")
    func unknown() throws {
        var asker = Asker(try .three())
        #expect(try describe(2, "nope", &asker).errorCode == .unknownTopicOrPartition)
        #expect(try describe(2, "a/b", &asker).errorCode == .invalidTopicException)
        #expect(try describe(99, "x", &asker).errorCode == .invalidRequest)
        #expect(try describe(8, "2", &asker).errorCode == .invalidRequest)
    }
}
