import KafkaAdmin
import KafkaWire
import TestSupport
import Testing
import Values

/// The admin client against real brokers of every release found: each read answers, each write is seen by every broker.
@Suite(.serialized, .enabled(if: RealKafka.isAvailable, "OPSRUN_KAFKA is not set"))
struct ClientTests {
    private func withClient<Success>(
        of cluster: RealKafkaCluster,
        _ body: (LiveClusterReader, LiveClusterOperator) async throws -> Success
    ) async throws -> Success {
        let client = AdminClient(
            settings: AdminClientSettings(
                bootstrap: try AdminClientSettings.addresses(cluster.bootstrap),
                bootstrapControllers: try AdminClientSettings.addresses(cluster.bootstrapControllers)))
        let result: Success
        do {
            result = try await body(LiveClusterReader(sender: client), LiveClusterOperator(sender: client))
        } catch {
            await client.close()
            throw error
        }
        await client.close()
        return result
    }

    @Test(arguments: RealKafka.releases)
    func `reads and writes of the admin client do what they say`(release: RealKafka.Release) async throws {
        try await RealKafkaCluster.with(release) { cluster in
            try await withClient(of: cluster) { reader, writer in
                try await describes(cluster, release, reader)
                try await changesTopics(cluster, reader, writer)
                try await changesConfigs(cluster, reader, writer)
                try await refuses(reader, writer)
                try await seesARestart(cluster, reader)
            }
        }
    }

    private func describes(
        _ cluster: RealKafkaCluster, _ release: RealKafka.Release, _ reader: LiveClusterReader
    ) async throws {
        // A broker that the machine has stalled is fenced for a moment.
        let description = try await Eventually.found("all brokers are listed") {
            let found = try await reader.describeCluster(includeFenced: true, from: .any)
            return found.brokers.count == 3 && found.brokers.allSatisfy { $0.isFenced != true } ? found : nil
        }
        #expect(description.clusterID == cluster.clusterID)
        #expect(description.brokers.map(\.id) == [1, 2, 3])
        #expect(description.brokers.compactMap(\.rack) == ["a", "b", "c"])
        #expect(
            description.brokers.allSatisfy { ($0.isFenced == nil) == (release.version < Version(major: 4, minor: 0)) })
        // A busy machine elects more than once, and controllers register one after the other.
        try await Eventually.holds("brokers and controllers name the same leader") {
            let quorum = try await reader.describeQuorum()
            guard [1, 2, 3].contains(quorum.leaderID), quorum.voters.map(\.id).sorted() == [1, 2, 3] else {
                return false
            }
            return try await reader.describeQuorumFromControllers().leaderID == quorum.leaderID
        }
        try await Eventually.equals("all controllers are registered", [1, 2, 3]) {
            try await reader.describeControllers().map(\.id)
        }
        for node in Int32(1)...3 {
            let versions = try await reader.versionsOnNewConnection(of: node)
            let level = try #require(versions.metadataLevel)
            let line = try #require(ReleaseLevels.release(forLevel: level))
            #expect(Version(major: line.major, minor: line.minor) == release.version.line)
        }
        for item in try await reader.describeLogDirs(brokers: [1, 2, 3]) {
            let directories = try item.result.get()
            #expect(directories.count == 1 && directories.allSatisfy { $0.error == nil && ($0.usableBytes ?? 0) > 0 })
        }
        // A coordinator that has not begun says so.
        try await Eventually.equals("no broker has a group", [true, true, true]) {
            try await reader.listGroups().map { try $0.result.get().isEmpty }
        }
        try await Eventually.equals("no broker has a transaction", [true, true, true]) {
            try await reader.listTransactions().map { try $0.result.get().isEmpty }
        }
    }

    private func changesTopics(
        _ cluster: RealKafkaCluster, _ reader: LiveClusterReader, _ writer: LiveClusterOperator
    ) async throws {
        let topic = NewTopic(
            name: "orders", partitions: 6, replicationFactor: 3, configs: [("min.insync.replicas", "2")])
        for item in try await writer.createTopics([topic], validateOnly: true) { try item.result.get() }
        for item in try await writer.createTopics([topic], validateOnly: false) { try item.result.get() }
        try await cluster.awaitTopic("orders", partitions: 6)
        let partitions = (0..<6).map { TopicPartition("orders", Int32($0)) }
        try await Eventually.equals("every leader answers", [0, 0, 0, 0, 0, 0]) {
            try await reader.listOffsets(partitions, timestamp: -1, readCommitted: false).map {
                try $0.result.get().offset
            }
        }
        if let eligible = try await reader.eligibleLeaderReplicas(topics: ["orders"]) {
            #expect(try eligible.map { try $0.result.get().count } == [6])
        }
        for item in try await writer.electLeaders(.preferred, partitions) { _ = try item.result.get() }

        // The same replicas in another order are recorded at once and move nothing.
        let before = try await reader.snapshot(topics: ["orders"], from: .any)
        let first = try #require(before.partitions.first { $0.index == 0 })
        let reversed = Array(before.replicas(of: first).reversed())
        for item in try await writer.alterReassignments([(TopicPartition("orders", 0), reversed)]) {
            try item.result.get()
        }
        try await Eventually.holds("the replicas are in the other order") {
            let after = try await reader.snapshot(topics: ["orders"], from: .any)
            guard let moved = after.partitions.first(where: { $0.index == 0 }) else { return false }
            let pending = try await reader.listReassignments()
            return Array(after.replicas(of: moved)) == reversed && pending.isEmpty
        }
    }

    private func changesConfigs(
        _ cluster: RealKafkaCluster, _ reader: LiveClusterReader, _ writer: LiveClusterOperator
    ) async throws {
        let change = [ConfigChange(name: "retention.ms", operation: .set, value: "3600000")]
        for item in try await writer.alterConfigs([(.topic("orders"), change)], validateOnly: false) {
            try item.result.get()
        }
        let resources: [ConfigResource] = [.topic("orders"), .broker(2), .brokerDefault]
        // A broker learns of a change a moment after the controller has taken it.
        try await Eventually.equals("the topic has its setting", "3600000") {
            let topic = try await reader.describeConfigs([.topic("orders")], keys: ["retention.ms"])
            return try topic.first?.result.get().first?.value
        }
        let described = try await reader.describeConfigs(resources, keys: nil)
        #expect(described.map(\.item) == resources)
        let entries = try #require(described.first).result.get()
        #expect(entries.first { $0.name == "min.insync.replicas" }?.source == .topic)
        #expect(try described[1].result.get().contains { $0.name == "node.id" && $0.value == "2" })
    }

    private func refuses(_ reader: LiveClusterReader, _ writer: LiveClusterOperator) async throws {
        let again = try await writer.createTopics([NewTopic(name: "orders")], validateOnly: false)
        #expect(throws: KafkaError(.server(KafkaErrorCode(rawValue: 36)), "")) { try again[0].result.get() }
        let wide = try await writer.createTopics(
            [NewTopic(name: "wide", partitions: 1, replicationFactor: 9)], validateOnly: false)
        #expect(throws: KafkaError(.server(KafkaErrorCode(rawValue: 38)), "")) { try wide[0].result.get() }
        let bad = [ConfigChange(name: "retention.ms", operation: .set, value: "soon")]
        let refused = try await writer.alterConfigs([(.topic("orders"), bad)], validateOnly: false)
        #expect(throws: KafkaError(.server(KafkaErrorCode(rawValue: 40)), "")) { try refused[0].result.get() }
        await #expect(throws: KafkaError(.unknownNode, "")) { try await reader.versions(of: 77) }
        for item in try await writer.deleteTopics(["orders"]) { try item.result.get() }
        let gone = try await writer.deleteTopics(["orders"])
        #expect(throws: KafkaError(.server(KafkaErrorCode(rawValue: 3)), "")) { try gone[0].result.get() }
    }

    private func seesARestart(_ cluster: RealKafkaCluster, _ reader: LiveClusterReader) async throws {
        let witness = try await reader.witness(of: 3)
        #expect(await reader.state(of: witness) == .open)
        try await cluster.stop(3)
        #expect(await reader.waitUntilClosed(witness, within: .seconds(60)) == .closedByPeer)
        await #expect(throws: KafkaError.self) { try await reader.versionsOnNewConnection(of: 3) }
        try await cluster.start(3)
        let second = try await Eventually.found("the broker is there again") {
            _ = try await reader.versionsOnNewConnection(of: 3)
            return try await reader.witness(of: 3)
        }
        #expect(second != witness)
    }
}
