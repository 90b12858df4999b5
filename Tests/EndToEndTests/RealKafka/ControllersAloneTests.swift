import KafkaAdmin
import KafkaWire
import TestSupport
import Testing
import Values

/// Dedicated controllers whose brokers are all down: what they answer is asked of them (`bootstrap.controllers`).
@Suite(.serialized, .enabled(if: RealKafka.isAvailable, "OPSRUN_KAFKA is not set"))
struct ControllersAloneTests {
    @Test func `controllers answer for a cluster whose brokers are down`() async throws {
        let release = try #require(RealKafka.highest)
        try await RealKafkaCluster.with(release, dedicatedControllers: true) { cluster in
            try await besideBrokers(cluster)
            for broker in cluster.brokers where broker.id != 3 { try await cluster.kill(broker.id) }
            let client = AdminClient(
                settings: AdminClientSettings(
                    bootstrap: [],
                    bootstrapControllers: try AdminClientSettings.addresses(cluster.bootstrapControllers)))
            let result: Result<Void, any Error>
            do {
                try await reads(LiveClusterReader(sender: client), cluster)
                try await writes(LiveClusterReader(sender: client), LiveClusterOperator(sender: client))
                result = .success(())
            } catch {
                result = .failure(error)
            }
            await client.close()
            try result.get()
            try await looks(cluster)
            try await wrongPort(cluster)
        }
    }

    /// What no broker can do: the settings of one that is down, and those of a controller.
    private func besideBrokers(_ cluster: RealKafkaCluster) async throws {
        try await cluster.kill(3)
        let client = AdminClient(
            settings: AdminClientSettings(
                bootstrap: try AdminClientSettings.addresses(Array(cluster.bootstrap.prefix(2))),
                bootstrapControllers: try AdminClientSettings.addresses(cluster.bootstrapControllers)))
        let (reader, writer) = (LiveClusterReader(sender: client), LiveClusterOperator(sender: client))
        let result: Result<Void, any Error>
        do {
            try await Eventually.equals("broker 3 is not listed any more", [1, 2]) {
                try await reader.describeCluster(includeFenced: false, from: .any).brokers.map(\.id)
            }
            let change = ConfigChange(name: "log.cleaner.threads", operation: .set, value: "2")
            let changed = try await writer.alterConfigs(
                [1, 3, 77].map { (ConfigResource.broker($0), [change]) }, validateOnly: false)
            let codes = changed.map { answer -> KafkaError.Code? in
                if case .failure(let error) = answer.result { error.code } else { nil }
            }
            #expect(codes == [nil, nil, .unknownNode], "\(changed)")
            let own = try await reader.describeConfigs([.broker(101)], keys: ["node.id"])
            #expect(try own.first?.result.get().first?.value == "101")
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await client.close()
        try result.get()
    }

    private func reads(_ reader: LiveClusterReader, _ cluster: RealKafkaCluster) async throws {
        try await Eventually.equals("all controllers are registered", [101, 102, 103]) {
            try await reader.describeCluster(includeFenced: true, from: .any).brokers.map(\.id)
        }
        let described = try await reader.describeCluster(includeFenced: true, from: .any)
        #expect(described.isOfControllers && described.clusterID == cluster.clusterID)
        try await Eventually.holds("the quorum has a leader") {
            let quorum = try await reader.describeQuorum()
            return quorum.voters.map(\.id).sorted() == [101, 102, 103] && quorum.leaderID > 100
        }
        for node: Int32 in [101, 102, 103] {
            #expect(try await reader.versionsOnNewConnection(of: node).metadataLevel != nil)
            let configs = try await reader.describeConfigs([.broker(node)], keys: ["node.id"])
            let entry = try #require(try configs.first?.result.get().first)
            #expect(entry.value == "\(node)")
        }
        #expect(try await reader.listReassignments().isEmpty)
        // There is no authorizer: the controller itself says so.
        await #expect(throws: KafkaError(.server(.securityDisabled), "")) {
            try await reader.describeAccessRules(.everything)
        }
        await #expect(throws: KafkaError(.unsupportedVersion, "")) {
            try await reader.snapshot(topics: nil, from: .any)
        }
    }

    private func writes(_ reader: LiveClusterReader, _ writer: LiveClusterOperator) async throws {
        let change = ConfigChange(name: "log.cleaner.threads", operation: .set, value: "2")
        // A broker that is down is given its settings here, and nowhere else.
        for resource in [ConfigResource.broker(2), .brokerDefault] {
            let changed = try await writer.alterConfigs([(resource, [change])], validateOnly: false)
            try #require(try changed.map { try $0.result.get() }.count == 1)
        }
        try await Eventually.holds("the controllers know the new default") {
            let found = try await reader.describeConfigs([.brokerDefault], keys: nil).first?.result.get()
            return found?.contains { $0.name == "log.cleaner.threads" && $0.value == "2" } == true
        }
        let cancelled = try await writer.alterReassignments([(TopicPartition("nosuch", 0), nil)])
        #expect(cancelled.first.flatMap { if case .failure = $0.result { true } else { nil } } == true)
        try await writer.updateFeatures(
            [.init(name: "share.version", level: 1, kind: .upgrade)], validateOnly: true)
        try await writer.unregisterBroker(3)
    }

    private func looks(_ cluster: RealKafkaCluster) async throws {
        let addresses = cluster.bootstrapControllers.joined(separator: ",")
        try cluster.scratch.write("bootstrap.controllers=\(addresses)\n", to: "controllers.properties")
        func look(_ words: [String]) async throws -> TestProcess.Outcome {
            try await TestProcess.run(
                [BuiltOpsrun.path] + words + ["--command-config", "controllers.properties", "--output", "json"],
                in: cluster.scratch)
        }
        let page = try await look(["cluster"])
        try #require(page.status == 0, "\(page.stdout)\n\(page.stderr)")
        let found = try JSON.parse(page.stdout)
        #expect(found["cluster_id"]?.stringValue == cluster.clusterID && found["health"] == .null)
        let controllers = found["controllers"]?.listValue ?? []
        #expect(controllers.map { $0["id"] } == [101, 102, 103] && controllers.allSatisfy { $0["release"] != .null })
        #expect(controllers.filter { $0["active"] == true }.map { $0["id"] } == [found["controller"]])
        #expect(found["quorum"]?["voters"]?.listValue?.count == 3)
        #expect(found["features"]?.listValue?.contains { $0["name"] == "metadata.version" } == true)

        let configs = try await look(["configs", "broker"])
        #expect(configs.status == 0, "\(configs.stderr)")
        let names = try JSON.parse(configs.stdout)["resources"]?.listValue?.map { $0["name"] }
        #expect(names == ["101", "102", "103"])

        let topics = try await look(["topics"])
        #expect(topics.status == 4)
        #expect(topics.stderr.contains("is asked of brokers, and only controllers are given"), "\(topics.stderr)")

        // By an inventory that says no more than where its controllers are.
        try cluster.scratch.write(
            "all:\n  vars:\n    kafka_clusters:\n      alone:\n        bootstrap_controllers: [\(addresses)]\n",
            to: "controllers.yml")
        let listed = try await TestProcess.run(
            [BuiltOpsrun.path, "cluster", "-i", "controllers.yml", "--output", "name"], in: cluster.scratch)
        #expect(listed.status == 0 && listed.stdout == cluster.clusterID + "\n", "\(listed.stderr)")
    }

    private func wrongPort(_ cluster: RealKafkaCluster) async throws {
        let controller = try #require(cluster.bootstrapControllers.first)
        let outcome = try await TestProcess.run(
            [BuiltOpsrun.path, "topics", "--bootstrap", controller], in: cluster.scratch)
        #expect(outcome.status == 4)
        #expect(outcome.stderr.contains("\(controller) is a controller's listener"), "\(outcome.stderr)")
        #expect(outcome.stderr.contains("bootstrap.controllers"))
    }
}
