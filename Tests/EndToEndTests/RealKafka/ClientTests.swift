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
                try await changesTopics(cluster, release, reader, writer)
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
            #expect(KafkaRelease.line(ofLevel: level) == release.version.line)
        }
        for directories in try values(await reader.describeLogDirs(brokers: [1, 2, 3]), of: [1, 2, 3]) {
            #expect(directories.count == 1 && directories.allSatisfy { $0.error == nil && ($0.usableBytes ?? 0) > 0 })
        }
        // A coordinator that has not begun says so.
        try await Eventually.equals("no broker has a group", [true, true, true]) {
            try values(await reader.listGroups(), of: [1, 2, 3]).map(\.isEmpty)
        }
        try await Eventually.equals("no broker has a transaction", [true, true, true]) {
            try values(await reader.listTransactions(), of: [1, 2, 3]).map(\.isEmpty)
        }
    }

    /// What the results hold; there must be one for each item that was asked for, in that order.
    private func values<Item: Equatable, Success>(
        _ results: [ItemResult<Item, Success>], of items: [Item], location: SourceLocation = #_sourceLocation
    ) throws -> [Success] {
        #expect(results.map(\.item) == items, sourceLocation: location)
        return try results.map { try $0.result.get() }
    }

    private func changesTopics(
        _ cluster: RealKafkaCluster, _ release: RealKafka.Release, _ reader: LiveClusterReader,
        _ writer: LiveClusterOperator
    ) async throws {
        let topic = NewTopic(
            name: "orders", partitions: 6, replicationFactor: 3, configs: [("min.insync.replicas", "2")])
        _ = try values(await writer.createTopics([topic], validateOnly: true), of: ["orders"])
        _ = try values(await writer.createTopics([topic], validateOnly: false), of: ["orders"])
        try await cluster.awaitTopic("orders", partitions: 6)
        let partitions = (0..<6).map { TopicPartition("orders", Int32($0)) }
        try await Eventually.equals("every leader answers", [0, 0, 0, 0, 0, 0]) {
            let ends = try await reader.listOffsets(partitions, timestamp: -1, readCommitted: false)
            return try values(ends, of: partitions).map { Int($0.offset) }
        }
        // Nil means that no broker can say, which was so before 3.8.
        let eligible = try await reader.eligibleLeaderReplicas(topics: ["orders"])
        #expect((eligible != nil) == (release.version >= Version(major: 3, minor: 8)))
        if let eligible { #expect(try values(eligible, of: ["orders"]).map(\.count) == [6]) }
        _ = try values(await writer.electLeaders(.preferred, partitions), of: partitions)

        // The same replicas in another order are recorded at once and move nothing.
        let before = try await reader.snapshot(topics: ["orders"], from: .any)
        let first = try #require(before.partitions.first { $0.index == 0 })
        let reversed = Array(before.replicas(of: first).reversed())
        let moved = TopicPartition("orders", 0)
        _ = try values(await writer.alterReassignments([(moved, reversed)]), of: [moved])
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
        _ = try values(
            await writer.alterConfigs([(.topic("orders"), change)], validateOnly: false), of: [.topic("orders")])
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
        _ = try values(await writer.deleteTopics(["orders"]), of: ["orders"])
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
