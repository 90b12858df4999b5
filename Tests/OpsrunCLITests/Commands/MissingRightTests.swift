import EventLoop
import KafkaAdmin
import OpsrunCLI
import RunEngine
import SimulatedKafka
import TestSupport
import Testing
import Values

/// Kafka leaves out of its lists what a user may not see: that is told, never shown as an empty cluster.
@Suite struct MissingRightTests {
    private struct Ended {
        var code: ExitCode
        var output: String
        var messages: String
        var said: String { "\(output)\n\(messages)" }
    }

    /// A cluster with an authorizer: alice may do everything, bob what `rights` says.
    private func withCluster(
        rights: [KafkaAdmin.AccessRule] = [],
        _ body: (_ look: (_ user: String, _ words: [String]) async throws -> Ended) async throws -> Void
    ) async throws {
        var configuration = SimulatedClusterConfiguration(
            version: try #require(Version("4.3.1")), nodes: SimulatedClusterConfiguration.combinedNodes([1, 2, 3]),
            topics: [
                .init(name: "orders", partitions: 3, replicationFactor: 3, minInsyncReplicas: 2),
                .init(name: "audit", partitions: 1, replicationFactor: 2, minInsyncReplicas: 1),
            ])
        configuration.hasAuthorizer = true
        configuration.superUsers = ["User:alice"]
        configuration.listeners = [.init("SASL", .saslPlaintext, mechanisms: [.plain])]
        configuration.users = ["alice": "wonder", "bob": "builder"]
        let cluster = SimulatedCluster(configuration, time: SystemTimeSource())
        try await ScratchDirectory.with { scratch in
            for (user, password) in configuration.users.sorted(by: { $0.key < $1.key }) {
                _ = try scratch.write(
                    """
                    security.protocol=SASL_PLAINTEXT
                    sasl.mechanism=PLAIN
                    sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
                    username="\(user)" password="\(password)";
                    """, to: "\(user).properties")
            }
            try await SimulatedServer.with(cluster) { server in
                if !rights.isEmpty { try await grant(rights, server.bootstrap, "\(scratch.path)/alice.properties") }
                try await body { user, words in
                    let streams = CapturedStreams()
                    let arguments =
                        words + [
                            "--bootstrap", server.bootstrap, "--command-config",
                            "\(scratch.path)/\(user).properties",
                        ]
                    let code = await OpsrunCommand.run(arguments, in: streams.surroundings)
                    return Ended(code: code, output: streams.output, messages: streams.messages)
                }
            }
        }
    }

    private func grant(_ rights: [KafkaAdmin.AccessRule], _ bootstrap: String, _ file: String) async throws {
        var settings = AdminClientSettings(
            bootstrap: try AdminClientSettings.addresses(bootstrap.split(separator: ",").map(String.init)))
        try ClientConfiguration.read(file: file, environment: [:]).apply(to: &settings, time: SystemTimeSource())
        let client = AdminClient(settings: settings, time: SystemTimeSource())
        for answer in try await LiveClusterOperator(sender: client).createAccessRules(rights) {
            try answer.result.get()
        }
        await client.close()
    }

    private static func allow(
        _ operation: KafkaAdmin.AccessOperation, _ type: KafkaAdmin.AccessResourceType, _ name: String,
        permission: KafkaAdmin.AccessPermission = .allow
    ) -> KafkaAdmin.AccessRule {
        KafkaAdmin.AccessRule(
            type, name, pattern: .literal, principal: "User:bob", host: "*", operation: operation,
            permission: permission)
    }

    private static let describeCluster = allow(.describe, .cluster, "kafka-cluster")

    private static let verbs: [[String]] = [
        ["cluster"], ["brokers"], ["topics"], ["topic", "orders"], ["configs", "topic"],
        ["configs", "topic", "orders"],
        ["configs", "broker", "1"], ["log-dirs"], ["reassignments"], ["health"], ["groups"], ["group", "billing"],
        ["acls"], ["quotas"], ["users"], ["transactions"],
    ]

    @Test func `who has no right at all is told so by every verb, and what to grant`() async throws {
        try await withCluster { look in
            for words in Self.verbs {
                let bob = try await look("bob", words)
                #expect(bob.code == .unreachable, "\(words): \(bob.said)")
                #expect(bob.messages.contains("right"), "\(words): \(bob.said)")
                #expect(!bob.said.contains("Request("), "\(words): \(bob.said)")
                #expect(!bob.said.contains("no topics") && !bob.said.contains("no groups"), "\(words): \(bob.said)")
                guard words.first != "group" else { continue }
                let alice = try await look("alice", words)
                #expect(alice.code == .done, "\(words): \(alice.said)")
            }
        }
    }

    @Test func `who may describe the cluster alone gets no green verdict over topics that nobody shows`() async throws {
        try await withCluster(rights: [Self.describeCluster]) { look in
            let health = try await look("bob", ["health", "--output", "json"])
            #expect(try JSON.parse(health.output)["passes"] == false, "\(health.said)")
            #expect(health.output.contains("orders"), "\(health.said)")
            let cluster = try await look("bob", ["cluster", "--output", "json"])
            #expect(try JSON.parse(cluster.output)["health"]?["passes"] == false, "\(cluster.said)")
            #expect(cluster.code == .unreachable)
            let brokers = try await look("bob", ["brokers", "--output", "json"])
            let first = try JSON.parse(brokers.output)["brokers"]?.listValue?.first
            #expect(first?["leaders"] == .null && first?["replicas"] == .null, "\(brokers.said)")
            let topics = try await look("bob", ["topics"])
            #expect(topics.code == .unreachable && topics.messages.contains("audit, orders"), "\(topics.said)")
            let groups = try await look("bob", ["groups"])
            #expect(groups.code == .done && groups.output.contains("no groups"), "\(groups.said)")
            let group = try await look("bob", ["group", "billing"])
            #expect(group.code == .invalid && group.messages.contains("there is no group"), "\(group.said)")
        }
    }

    @Test func `who may see all that there is is told nothing more`() async throws {
        let all = Self.allow(.describe, .topic, "*")
        try await withCluster(rights: [Self.describeCluster, all]) { look in
            for words in [["topics"], ["brokers"]] {
                let bob = try await look("bob", words)
                #expect(bob.code == .done, "\(bob.said)")
            }
        }
        let denied = Self.allow(.describe, .topic, "audit", permission: .deny)
        try await withCluster(rights: [Self.describeCluster, all, denied]) { look in
            let bob = try await look("bob", ["topics", "--output", "name"])
            #expect(bob.code == .unreachable && bob.messages.contains("topics that nobody shows to us: audit"))
            #expect(bob.output.contains("orders"))
        }
    }

    @Test func `who may describe a topic sees all of it without a right on the cluster`() async throws {
        let rights = [
            Self.allow(.describe, .topic, "orders"),
            Self.allow(KafkaAdmin.AccessOperation(rawValue: 10), .topic, "orders"),
        ]
        try await withCluster(rights: rights) { look in
            let topic = try await look("bob", ["topic", "orders", "--output", "json"])
            #expect(topic.code == .done, "\(topic.said)")
            let partition = try JSON.parse(topic.output)["partitions"]?.listValue?.first
            #expect(partition?["adding"] == .null && partition?["replicas"]?.listValue?.count == 3)
        }
    }
}
