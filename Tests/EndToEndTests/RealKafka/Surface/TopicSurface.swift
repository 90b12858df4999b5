import KafkaAdmin
import KafkaWire
import TestSupport
import Testing

/// Topics, their settings with sources and synonyms, settings of brokers, loggers and groups, log directories.
struct TopicSurface {
    let world: SurfaceWorld

    func run() async throws {
        try await topics()
        try await topicSettings()
        try await brokerSettings()
        try await otherSettings()
        try await directories()
    }

    private func topics() async throws {
        let (reader, writer) = (world.reader, world.writer)
        let good = NewTopic(name: "basics", partitions: 2, replicationFactor: 2, configs: [("retention.ms", "60000")])
        let batch = [
            good, NewTopic(name: "wide", partitions: 1, replicationFactor: 9), NewTopic(name: "not a name"),
            NewTopic(name: "odd", partitions: 1, replicationFactor: 1, configs: [("retention.ms", "soon")]),
            NewTopic(name: "elsewhere", assignments: [0: [77]]),
        ]
        for validateOnly in [true, false] {
            let made = try await writer.createTopics(batch, validateOnly: validateOnly)
            #expect(made.map(\.item) == batch.map(\.name))
            try made[0].result.get()
            #expect(made.dropFirst().map { code($0.result) } == [38, 17, 40, 39])
        }
        #expect(code(try await writer.createTopics([good], validateOnly: false).first?.result) == 36)
        try await world.eventually("every broker knows the topic") {
            for node: Int32 in [1, 2] {
                let view = try await reader.snapshot(topics: ["basics"], from: .node(node))
                guard view.topics.first?.partitionCount == 2, view.partitions.allSatisfy({ $0.inSync.count == 2 })
                else { return false }
            }
            return true
        }
        let unknown = try await reader.snapshot(topics: ["basics", "nowhere"], from: .any)
        #expect(unknown.topics.first { $0.name == "nowhere" }?.error == .unknownTopicOrPartition)
        #expect(unknown.topics.first { $0.name == "basics" }?.error == nil)
        // The list of topics with a cursor; eligible leaders are not there unless the feature is on.
        if let eligible = try await reader.eligibleLeaderReplicas(topics: ["nowhere", "basics"]) {
            #expect(eligible.map(\.item) == ["nowhere", "basics"] && code(eligible[0].result) == 3)
            #expect(try eligible[1].result.get().keys.sorted() == [0, 1])
        } else {
            #expect(!world.isAtLeast(3, 8))
        }
        let asked = basics + [TopicPartition("nowhere", 0), TopicPartition("basics", 9)]
        let offsets = try await Eventually.found("the leaders answer") {
            let offsets = try await reader.listOffsets(asked, timestamp: -1, readCommitted: false)
            for leader in offsets.prefix(2) { _ = try leader.result.get() }
            return offsets
        }
        #expect(try offsets.prefix(2).map { try $0.result.get().offset } == [0, 0])
        #expect(offsets.dropFirst(2).map { code($0.result) } == [3, 3])
        // Nothing has a timestamp yet: -1 is an answer.
        for timestamp: Int64 in [-3, 0] {
            let none = try await reader.listOffsets(basics, timestamp: timestamp, readCommitted: false)
            #expect(try none.map { try $0.result.get().offset } == [-1, -1])
        }
    }

    private let basics = [TopicPartition("basics", 0), TopicPartition("basics", 1)]

    private func topicSettings() async throws {
        let (reader, writer) = (world.reader, world.writer)
        func set(_ name: String, _ value: String) -> ConfigChange {
            ConfigChange(name: name, operation: .set, value: value)
        }
        let changes: [(resource: ConfigResource, changes: [ConfigChange])] = [
            (.topic("basics"), [ConfigChange(name: "cleanup.policy", operation: .append, value: "compact")]),
            (.topic("nowhere"), [set("retention.ms", "1")]), (.broker(77), [set("log.cleaner.threads", "1")]),
        ]
        let refused = try await writer.alterConfigs(
            [(.topic("basics"), [set("retention.ms", "soon")])], validateOnly: true)
        #expect(code(refused.first?.result) == 40)
        let noList = try await writer.alterConfigs(
            [(.topic("basics"), [ConfigChange(name: "retention.ms", operation: .append, value: "1")])],
            validateOnly: false)
        #expect(code(noList.first?.result) == 40)
        let altered = try await writer.alterConfigs(changes, validateOnly: false)
        #expect(altered.map(\.item) == changes.map(\.resource))
        try altered[0].result.get()
        #expect(code(altered[1].result) == 3)
        #expect(throws: KafkaError(.unknownNode, "")) { try altered[2].result.get() }
        // Whoever is asked: brokers learn of it one by one.
        let described = try await Eventually.found("the topic is compacted, too") {
            let found = try await reader.describeConfigs(
                [.topic("basics"), .topic("nowhere"), .broker(77)], keys: ["cleanup.policy", "retention.ms"])
            let policy = try found.first?.result.get().first { $0.name == "cleanup.policy" }
            return policy?.value == "delete,compact" ? found : nil
        }
        let entries = try described[0].result.get()
        #expect(entries.map(\.name).sorted() == ["cleanup.policy", "retention.ms"])
        let policy = try #require(entries.first { $0.name == "cleanup.policy" })
        #expect(policy.source == .topic && policy.type == 7 && !policy.isReadOnly && !policy.isSensitive)
        #expect(policy.synonyms.map(\.source) == [.topic, .default])
        #expect(policy.synonyms.map(\.name) == ["cleanup.policy", "log.cleanup.policy"])
        #expect(code(described[1].result) == 3)
        #expect(throws: KafkaError(.unknownNode, "")) { try described[2].result.get() }
        let subtract = ConfigChange(name: "cleanup.policy", operation: .subtract, value: "compact")
        let remove = ConfigChange(name: "retention.ms", operation: .delete, value: nil)
        for item in try await writer.alterConfigs([(.topic("basics"), [subtract, remove])], validateOnly: false) {
            try item.result.get()
        }
        try await world.eventually("the topic is as the brokers have it") {
            let found = try await reader.describeConfigs(
                [.topic("basics")], keys: ["cleanup.policy", "retention.ms"])
            let entries = try found.first?.result.get() ?? []
            return entries.first { $0.name == "cleanup.policy" }?.value == "delete"
                && entries.first { $0.name == "retention.ms" }?.source == .default
        }
    }

    private func brokerSettings() async throws {
        let (reader, writer) = (world.reader, world.writer)
        let key = "log.cleaner.backoff.ms"
        let listed = try await reader.describeConfigs([.brokerLogger(2)], keys: nil)
        let logger = try #require(try listed.first?.result.get().first { $0.name.hasPrefix("kafka.") }?.name)
        func set(_ value: String?) -> ConfigChange {
            ConfigChange(name: key, operation: value == nil ? .delete : .set, value: value)
        }
        let both: [(resource: ConfigResource, changes: [ConfigChange])] = [
            (.brokerDefault, [set("20000")]), (.broker(2), [set("30000")]),
            (.brokerLogger(2), [ConfigChange(name: logger, operation: .set, value: "WARN")]),
            (.brokerLogger(1), [ConfigChange(name: "no.such", operation: .set, value: "WARN")]),
        ]
        let altered = try await writer.alterConfigs(both, validateOnly: false)
        #expect(altered.map { code($0.result) } == [nil, nil, nil, 40])
        try await world.eventually("each broker has its own value") {
            let found = try await reader.describeConfigs([.broker(1), .broker(2), .brokerDefault], keys: [key])
            let entries = try found.map { try $0.result.get().first }
            return entries.map { $0?.value } == ["20000", "30000", "20000"]
                && entries.map { $0?.source }
                    == [.dynamicDefaultBroker, .dynamicBroker, .dynamicDefaultBroker]
                && entries[1]?.synonyms.map(\.source) == [.dynamicBroker, .dynamicDefaultBroker, .default]
        }
        let fixed = try await reader.describeConfigs([.broker(1)], keys: ["node.id", "super.users"])
        let node = try #require(try fixed[0].result.get().first { $0.name == "node.id" })
        #expect(node.source == .staticBroker && node.isReadOnly && node.value == "1")
        // The broker itself sets it before it answers.
        let loggers = try await reader.describeConfigs([.brokerLogger(2)], keys: nil)
        #expect(try loggers[0].result.get().first { $0.name == logger }?.value == "WARN")
        let unchangeable = ConfigChange(name: "node.id", operation: .set, value: "7")
        let refused = try await writer.alterConfigs([(.broker(1), [unchangeable])], validateOnly: false)
        #expect([40, 42].contains(code(refused.first?.result)), "\(refused)")
        let undo: [(resource: ConfigResource, changes: [ConfigChange])] = [
            (.brokerDefault, [set(nil)]), (.broker(2), [set(nil)]),
        ]
        for item in try await writer.alterConfigs(undo, validateOnly: false) { try item.result.get() }
    }

    /// Groups and client metrics have settings, too; which of them exist can be listed since 4.1.
    private func otherSettings() async throws {
        let (reader, writer) = (world.reader, world.writer)
        let group = ConfigChange(name: "consumer.session.timeout.ms", operation: .set, value: "50000")
        let metrics = ConfigChange(name: "interval.ms", operation: .set, value: "60000")
        let set = try await writer.alterConfigs(
            [(.group("tuned"), [group]), (.clientMetrics("ours"), [metrics])], validateOnly: false)
        // With the old coordinator groups have no settings.
        if world.isAtLeast(4, 0) { try set[0].result.get() } else { #expect(code(set[0].result) == 42) }
        for item in try await writer.alterConfigs([(.clientMetrics("ours"), [metrics])], validateOnly: false) {
            try item.result.get()
        }
        try await world.eventually("the subscription has its settings") {
            let found = try await reader.describeConfigs([.clientMetrics("ours")], keys: nil)
            let entry = try found[0].result.get().first { $0.name == metrics.name }
            return entry?.value == "60000" && entry?.source == .clientMetrics
        }
        if world.isAtLeast(4, 1) {
            try await world.eventually("the group has its settings, and all is listed") {
                let found = try await reader.describeConfigs([.group("tuned")], keys: nil)
                let entry = try found[0].result.get().first { $0.name == group.name }
                let all = try await reader.listConfigResources(types: [])
                return entry?.value == "50000" && entry?.source == .group
                    && Set(all).isSuperset(of: [.broker(1), .group("tuned"), .clientMetrics("ours")])
            }
            try await world.eventually("the topics are listed") {
                try await reader.listConfigResources(types: [2]).contains(.topic("basics"))
            }
            await #expect(throws: KafkaError.self) { try await reader.listConfigResources(types: [99]) }
        } else {
            // Each broker reads the metadata log at its own pace.
            try await world.eventually("the subscription is listed") {
                try await reader.listConfigResources(types: []) == [.clientMetrics("ours")]
            }
            await #expect(throws: KafkaError(.unsupportedVersion, "")) {
                try await reader.listConfigResources(types: [2])
            }
        }
    }

    private func directories() async throws {
        let (reader, writer) = (world.reader, world.writer)
        // A broker makes its replica after it has listed the topic.
        let answers = try await Eventually.found("both brokers have a replica") {
            let answers = try await reader.describeLogDirs(brokers: [1, 2, 77])
            let have = try answers.prefix(2).filter { answer in
                try answer.result.get().flatMap(\.replicas).contains { $0.partition == basics[0] }
            }
            return have.count == 2 ? answers : nil
        }
        #expect(answers.map(\.item) == [1, 2, 77])
        #expect(throws: KafkaError(.unknownNode, "")) { try answers[2].result.get() }
        for answer in answers.prefix(2) {
            let found = try answer.result.get()
            #expect(found.count == 2 && found.allSatisfy { $0.error == nil && ($0.usableBytes ?? 0) > 0 })
            #expect(found.allSatisfy { ($0.isCordoned == nil) == !world.isAtLeast(4, 3) })
        }
        let first = basics[0]
        func directory() async throws -> String? {
            let answer = try await reader.describeLogDirs(brokers: [2]).first?.result.get() ?? []
            return answer.first { $0.replicas.contains { $0.partition == first && !$0.isFuture } }?.path
        }
        let now = try #require(try await directory())
        let other = try #require(try answers[1].result.get().map(\.path).first { $0 != now })
        let moved = try await writer.alterReplicaDirectories([
            ReplicaPlacement(broker: 2, partition: first, path: other),
            ReplicaPlacement(broker: 2, partition: basics[1], path: "/no/such/directory"),
            ReplicaPlacement(broker: 77, partition: first, path: other),
        ])
        try moved[0].result.get()
        #expect(code(moved[1].result) == 57)
        #expect(throws: KafkaError(.unknownNode, "")) { try moved[2].result.get() }
        try await world.eventually("the replica is in the other directory") { try await directory() == other }
        // By id, it is that very topic: one of another id stays.
        let snapshot = try await reader.snapshot(topics: ["basics"], from: .any)
        let id = try #require(snapshot.topics.first?.id)
        let another = try #require(KafkaUUID("AAAAAAAAAAAAAAAAAAAAAQ"))
        #expect(code(try await writer.deleteTopics(["basics"], ids: ["basics": another]).first?.result) == 100)
        for item in try await writer.deleteTopics(["basics"], ids: ["basics": id]) { try item.result.get() }
        #expect(code(try await writer.deleteTopics(["basics"], ids: ["basics": id]).first?.result) == 100)
        #expect(code(try await writer.deleteTopics(["basics"]).first?.result) == 3)
    }
}
