import EventLoop
import TestSupport
import Testing
import Values

@testable import SimulatedKafka

/// Strangers' clients against the embedded cluster's sockets: Kafka's own tools, and kafka-python.
///
/// Needs `OPSRUN_KAFKA`, and kafka-python for what is Python's.
@Suite(.serialized)
struct ToolsAgainstSimulatorTests {
    private static let patience: Duration = .seconds(300)

    private func withServer<Success: Sendable>(
        _ version: String, _ body: (SimulatedServer) async throws -> Success
    ) async throws -> Success {
        var configuration = try SimulatedClusterConfiguration.three(version)
        configuration.sessionTimeout = .seconds(2)
        return try await SimulatedServer.with(SimulatedCluster(configuration), body)
    }

    /// Runs a tool of the highest release and gives what it said.
    private func run(_ name: String, _ arguments: [String], mayFail: Bool = false) async throws -> String {
        try await run(
            program: try #require(RealKafka.highest?.tool(name), "OPSRUN_KAFKA has no \(name)"), arguments,
            mayFail: mayFail)
    }

    private func run(program: String, _ arguments: [String], mayFail: Bool = false) async throws -> String {
        var environment = ["KAFKA_HEAP_OPTS": "-Xmx128m"]
        for name in ["PATH", "HOME", "JAVA_HOME", "LANG"] { environment[name] = TestEnvironment[name] }
        let outcome = await ChildProcess.run(
            ProcessRequest(
                program: program, arguments: arguments, environment: environment, timeout: Self.patience))
        let output = String(decoding: outcome.stdout, as: UTF8.self)
        let errors = String(decoding: outcome.stderr, as: UTF8.self)
        #expect(outcome.succeeded || mayFail, "\(program) \(arguments): \(outcome.exit)\n\(output)\n\(errors)")
        return output + errors
    }

    @Test(
        "kafka-topics.sh describes the topics", .enabled(if: RealKafka.isAvailable, "OPSRUN_KAFKA is not set"),
        arguments: ["3.9.2", "4.3.1"])
    func topics(version: String) async throws {
        try await withServer(version) { server in
            let text = try await run(
                "kafka-topics.sh", ["--bootstrap-server", server.bootstrap, "--describe", "--topic", "orders"])
            #expect(text.contains("PartitionCount: 6"))
            #expect(text.contains("ReplicationFactor: 3"))
            #expect(text.contains("min.insync.replicas=2"))
            #expect(text.split(separator: "\n").count { $0.contains("\tPartition: ") } == 6)
            #expect(!text.contains("Leader: none"))
        }
    }

    @Test(
        "kafka-topics.sh creates, refuses twice and deletes",
        .enabled(if: RealKafka.isAvailable, "OPSRUN_KAFKA is not set"))
    func createAndDelete() async throws {
        try await withServer("4.3.1") { server in
            let base = ["--bootstrap-server", server.bootstrap]
            let created = try await run(
                "kafka-topics.sh",
                base + ["--create", "--topic", "new", "--partitions", "4", "--replication-factor", "3"])
            #expect(created.contains("Created topic new."))
            let listed = try await run("kafka-topics.sh", base + ["--list"])
            #expect(listed.contains("new\n"))
            _ = try await run("kafka-topics.sh", base + ["--delete", "--topic", "new"])
            let effects = server.cluster.ledger.entries.map(\.effect)
            #expect(effects.contains(.topicCreated("new")))
            #expect(effects.contains(.topicDeleted("new")))
        }
    }

    @Test(
        "kafka-features.sh shows levels and upgrades them",
        .enabled(if: RealKafka.isAvailable, "OPSRUN_KAFKA is not set"))
    func features() async throws {
        try await withServer("3.9.2") { server in
            let base = ["--bootstrap-server", server.bootstrap]
            let text = try await run("kafka-features.sh", base + ["describe"])
            let metadata = try #require(text.split(separator: "\n").first { $0.contains("metadata.version") })
            #expect(metadata.contains("3.9-IV0"))
            for node: Int32 in [1, 2, 3] {
                let version = try #require(Version("4.3.1"))
                try server.cluster.install(node, version)
                try server.cluster.activate(node, version)
                server.cluster.kill(node)
                try server.cluster.start(node)
            }
            try await server.cluster.waitUntilRunning([1, 2, 3])
            _ = try await run("kafka-features.sh", base + ["upgrade", "--release-version", "4.3"])
            let after = try await run("kafka-features.sh", base + ["describe"])
            #expect(after.contains("4.3-IV0"))
            #expect(
                server.cluster.ledger.entries.contains {
                    $0.effect == .featureUpdated("metadata.version", from: 21, to: 30)
                })
        }
    }

    @Test(
        "kafka-metadata-quorum.sh shows the quorum", .enabled(if: RealKafka.isAvailable, "OPSRUN_KAFKA is not set"),
        arguments: [true, false])
    func quorum(throughController: Bool) async throws {
        try await withServer("4.3.1") { server in
            let base =
                throughController
                ? ["--bootstrap-controller", server.bootstrapControllers] : ["--bootstrap-server", server.bootstrap]
            let text = try await run("kafka-metadata-quorum.sh", base + ["describe", "--status"])
            #expect(text.contains("ClusterId:              \(server.cluster.configuration.clusterID)"))
            #expect(text.contains("LeaderId:               1"))
            #expect(text.contains("MaxFollowerLag:         0"))
            let replication = try await run("kafka-metadata-quorum.sh", base + ["describe", "--replication"])
            #expect(replication.contains("Follower"))
        }
    }

    @Test(
        "kafka-reassign-partitions.sh lists and makes a move",
        .enabled(if: RealKafka.isAvailable, "OPSRUN_KAFKA is not set"))
    func reassign() async throws {
        try await withServer("4.3.1") { server in
            let base = ["--bootstrap-server", server.bootstrap]
            let text = try await run("kafka-reassign-partitions.sh", base + ["--list"])
            #expect(text.contains("No partition reassignments found."))
            try await ScratchDirectory.with { scratch in
                let plan = try scratch.write(
                    #"{"version":1,"partitions":[{"topic":"orders","partition":0,"replicas":[3,2]}]}"#, to: "plan.json")
                let made = try await run(
                    "kafka-reassign-partitions.sh", base + ["--execute", "--reassignment-json-file", plan])
                #expect(made.contains("Successfully started partition reassignment"))
            }
            #expect(server.cluster.snapshot.image.partition(PartitionKey("orders", 0))?.replicas == [3, 2])
        }
    }

    @Test(
        "kafka-configs.sh, kafka-log-dirs.sh, kafka-leader-election.sh and kafka-cluster.sh",
        .enabled(if: RealKafka.isAvailable, "OPSRUN_KAFKA is not set"))
    func others() async throws {
        try await withServer("4.3.1") { server in
            let base = ["--bootstrap-server", server.bootstrap]
            let topic = ["--entity-type", "topics", "--entity-name", "orders"]
            let altered = try await run(
                "kafka-configs.sh", base + ["--alter"] + topic + ["--add-config", "retention.ms=1000"])
            #expect(altered.contains("Completed updating config for topic orders."))
            let described = try await run("kafka-configs.sh", base + ["--describe"] + topic)
            #expect(
                described.contains(
                    "retention.ms=1000 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:retention.ms=1000}"))
            let broker =
                try await run(
                    "kafka-configs.sh",
                    base + ["--describe", "--entity-type", "brokers", "--entity-name", "2", "--all"])
            #expect(broker.contains("broker.rack=rack-2"))
            let directories = try await run("kafka-log-dirs.sh", base + ["--describe"])
            #expect(directories.contains(#""partition":"orders-0""#))
            _ = try await run(
                "kafka-leader-election.sh", base + ["--election-type", "preferred", "--all-topic-partitions"])
            let nodes =
                try await run("kafka-cluster.sh", ["list-endpoints"] + base + ["--include-fenced-brokers"])
            #expect(nodes.split(separator: "\n").count { $0.contains("unfenced") } == 3)
            let versions = try await run("kafka-broker-api-versions.sh", base)
            #expect(versions.contains("DescribeTopicPartitions(75): 0 [usable: 0]"))
        }
    }

    @Test(
        "kafka-acls.sh, kafka-transactions.sh, kafka-delete-records.sh, kafka-share-groups.sh and their kind",
        .enabled(if: RealKafka.isAvailable, "OPSRUN_KAFKA is not set"))
    func rightsAndRecords() async throws {
        let topic = SimulatedClusterConfiguration.Topic(
            name: "work", partitions: 1, replicationFactor: 3, ingest: ByteCount(0))
        let configuration = try SimulatedClusterConfiguration.three("4.3.1", topics: [topic]) {
            $0.hasAuthorizer = true
            $0.superUsers = ["User:ANONYMOUS"]
        }
        try await SimulatedServer.with(SimulatedCluster(configuration)) { server in
            let base = ["--bootstrap-server", server.bootstrap]
            _ = try await run(
                "kafka-producer-perf-test.sh",
                [
                    "--topic", "work", "--num-records", "10", "--record-size", "64", "--throughput", "-1",
                    "--producer-props", "bootstrap.servers=\(server.bootstrap)", "compression.type=lz4",
                    "--transactional-id", "writer", "--transaction-duration-ms", "60000",
                ])
            let transactions = try await run("kafka-transactions.sh", base + ["list"])
            #expect(transactions.contains("writer") && transactions.contains("CompleteCommit"), "\(transactions)")
            try await ScratchDirectory.with { scratch in
                let places = try scratch.write(
                    #"{"version":1,"partitions":[{"topic":"work","partition":0,"offset":4}]}"#, to: "places.json")
                let deleted = try await run("kafka-delete-records.sh", base + ["--offset-json-file", places])
                #expect(deleted.contains("partition: work-0\tlow_watermark: 4"), "\(deleted)")
            }
            let rules = try await run(
                "kafka-acls.sh",
                base + ["--add", "--allow-principal", "User:anna", "--operation", "Read", "--topic", "work"])
            #expect(rules.contains("(principal=User:anna, host=*, operation=READ, permissionType=ALLOW)"), "\(rules)")
            let read = try await run(
                "kafka-run-class.sh",
                ["org.apache.kafka.tools.consumer.ConsoleShareConsumer"] + base + [
                    "--topic", "work", "--group", "sharing", "--max-messages", "1", "--timeout-ms", "500",
                ], mayFail: true)
            // It begins at the end, where nothing comes any more.
            #expect(read.contains("Processed a total of 0 messages"), "\(read)")
            let reset = ["--reset-offsets", "--group", "sharing", "--topic", "work", "--to-earliest", "--execute"]
            #expect(try await run("kafka-share-groups.sh", base + reset).contains("NEW-OFFSET"))
            let shared = try await run("kafka-share-groups.sh", base + ["--describe", "--group", "sharing"])
            #expect(
                shared.split(separator: "\n").contains {
                    $0.split(separator: " ").prefix(4) == ["sharing", "work", "0", "4"]
                })
            #expect(
                !server.cluster.ledger.entries.contains { if case .notSimulated = $0.effect { true } else { false } })
        }
    }

    @Test("A stopped broker's port refuses, and opens again after its start")
    func portsFollow() async throws {
        try await withServer("3.9.2") { server in
            let endpoint = try #require(server.cluster.bootstrap.last)
            // The listener follows in a moment: it is another thread's work.
            server.cluster.kill(3)
            #expect(try await becomes(false, endpoint))
            try server.cluster.start(3)
            try await server.cluster.waitUntilRunning([3])
            #expect(try await becomes(true, endpoint))
        }
    }

    /// Whether a port comes to accept, or to refuse.
    private func becomes(_ accepting: Bool, _ endpoint: SimulatedEndpoint) async throws -> Bool {
        for _ in 0..<1500 {
            let socket = try? await StreamSocket.connect(to: endpoint.host, port: endpoint.port, within: .seconds(1))
            await socket?.close()
            if (socket != nil) == accepting { return true }
            try await SystemTimeSource().sleep(for: .milliseconds(20))
        }
        return false
    }

    @Test(
        "kafka-python lists topics and describes the cluster",
        .enabled("kafka-python is not installed") { try await ForeignClients.has(pythonModule: "kafka") },
        arguments: ["3.9.2", "4.3.1"])
    func python(version: String) async throws {
        try await withServer(version) { server in
            let script = """
                import sys
                from kafka.admin import KafkaAdminClient
                client = KafkaAdminClient(bootstrap_servers=sys.argv[1].split(','))
                print(sorted(client.list_topics()))
                cluster = client.describe_cluster()
                print(cluster['cluster_id'], sorted(b.get('broker_id', b.get('node_id')) for b in cluster['brokers']))
                client.close()
                """
            let text = try await run(program: ForeignClients.python, ["-c", script, server.bootstrap])
            #expect(text.contains("'orders'"))
            #expect(text.contains("\(server.cluster.configuration.clusterID) [1, 2, 3]"))
        }
    }
}

extension SimulatedCluster {
    /// Polls, in real time, until the brokers are unfenced again.
    func waitUntilRunning(_ brokers: [Int32]) async throws {
        for _ in 0..<3_000 {
            let model = snapshot
            if brokers.allSatisfy({ model.image.isActive($0) && model.nodes[$0]?.process == .running }) { return }
            try await SystemTimeSource().sleep(for: .milliseconds(20))
        }
        Issue.record("brokers \(brokers) did not come back")
    }
}
