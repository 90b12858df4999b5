import EventLoop
import KafkaAdmin
import KafkaWire
import TestSupport
import Testing
import Values

/// One basic suite over every listener and every mechanism, with `client.properties` as people write them; and a wrong
/// secret at each.
struct ListenerSurface {
    let world: SurfaceWorld

    /// What a client says to be let in, and the same with something wrong in it.
    private struct Way {
        var name: String
        var listener: String
        var properties: [String]
        var wrong: (properties: [String], code: KafkaError.Code, words: String)?
    }

    func run() async throws {
        try await TokenEndpoint.with { endpoint in
            for way in ways(endpoint) {
                let client = try Self.client(way.properties, at: world.broker.bootstrap(way.listener))
                do {
                    try await basics(way, client)
                } catch {
                    Issue.record("\(way.name): \(error)")
                }
                await client.close()
                if let wrong = way.wrong { try await refuses(way, wrong.properties, wrong.code, wrong.words) }
            }
        }
    }

    static func client(_ properties: [String], at address: String) throws -> AdminClient {
        AdminClient(settings: try settings(properties, at: address))
    }

    private static func settings(_ properties: [String], at address: String) throws -> AdminClientSettings {
        let file = try PropertiesFile(Array(properties.joined(separator: "\n").utf8))
        let configuration = try ClientConfiguration(
            ConfigurationEntry.entries(of: file, named: "client.properties"), environment: [:])
        var settings = AdminClientSettings(bootstrap: try AdminClientSettings.addresses([address]))
        configuration.apply(to: &settings, time: SystemTimeSource())
        return settings
    }

    private func ways(_ endpoint: String) -> [Way] {
        let certificates = world.certificates
        let trust = ["ssl.truststore.type=PEM", "ssl.truststore.location=\(certificates.authorityFile)"]
        let identity = ["ssl.keystore.type=PEM", "ssl.keystore.location=\(certificates.clientFile)"]
        var ways = [
            Way(name: "PLAINTEXT", listener: "PLAINTEXT", properties: ["security.protocol=PLAINTEXT"]),
            Way(
                name: "SSL", listener: "TLS", properties: ["security.protocol=SSL"] + trust,
                wrong: (["security.protocol=SSL"], .tlsFailed, "signed by an unknown CA")),
            Way(
                name: "mTLS", listener: "MUTUAL", properties: ["security.protocol=SSL"] + trust + identity,
                wrong: (["security.protocol=SSL"] + trust, .tlsFailed, "requires a client certificate")),
        ]
        for (securityProtocol, listener, more) in [("SASL_PLAINTEXT", "SASL", []), ("SASL_SSL", "SASLTLS", trust)] {
            for (mechanism, right, wrong) in Self.logins(endpoint) {
                let common = ["security.protocol=\(securityProtocol)", "sasl.mechanism=\(mechanism)"] + more
                ways.append(
                    Way(
                        name: "\(securityProtocol) \(mechanism)", listener: listener, properties: common + right,
                        wrong: (
                            common + wrong, .authentication,
                            mechanism == "OAUTHBEARER" ? "answers 401: invalid_client" : "\(mechanism) login of alice"
                        )))
            }
        }
        return ways
    }

    /// The mechanisms, each with what lets alice in and what does not.
    private static func logins(_ endpoint: String) -> [(String, [String], [String])] {
        let modules = "org.apache.kafka.common.security."
        func password(_ module: String, _ password: String) -> [String] {
            ["sasl.jaas.config=\(modules)\(module) required username=\"alice\" password=\"\(password)\";"]
        }
        func bearer(_ secret: String) -> [String] {
            [
                "sasl.oauthbearer.token.endpoint.url=\(endpoint)",
                "sasl.jaas.config=\(modules)oauthbearer.OAuthBearerLoginModule required clientId=\"me\" "
                    + "clientSecret=\"\(secret)\" scope=\"kafka\";",
            ]
        }
        let plain = "plain.PlainLoginModule", scram = "scram.ScramLoginModule"
        return [
            ("PLAIN", password(plain, "geheim"), password(plain, "wrong")),
            ("SCRAM-SHA-256", password(scram, "geheim"), password(scram, "wrong")),
            ("SCRAM-SHA-512", password(scram, "geheim"), password(scram, "wrong")),
            ("OAUTHBEARER", bearer("s:e/c"), bearer("no")),
        ]
    }

    /// Topics, settings, records, offsets and groups, made and unmade, with the error that each is answered with.
    private func basics(_ way: Way, _ client: AdminClient) async throws {
        let reader = LiveClusterReader(sender: client), writer = LiveClusterOperator(sender: client)
        let topic = "over-" + way.name.replacing(" ", with: "-")
        let partition = TopicPartition(topic, 0)
        #expect(try await reader.clusterID() == world.broker.clusterID, "\(way.name)")
        // Node 2 has the plaintext listener alone, and brokers are listed by listener.
        let isPlain = way.listener == "PLAINTEXT"
        try await world.eventually("the brokers are listed (\(way.name))", is: isPlain ? [1, 2] : [1]) {
            try await reader.describeCluster(includeFenced: false, from: .any).brokers.map(\.id)
        }
        let new = NewTopic(name: topic, assignments: [0: [1]])
        for item in try await writer.createTopics([new], validateOnly: false) { try item.result.get() }
        #expect(code(try await writer.createTopics([new], validateOnly: false).first?.result) == 36, "\(way.name)")
        try await world.eventually("the topic has a leader (\(way.name))") {
            try await reader.snapshot(topics: [topic], from: .node(1)).partitions.first?.leader == 1
        }
        try await world.produce(["one", "two"], to: partition, client: client)
        let ends = try await reader.listOffsets([partition], timestamp: -1, readCommitted: true)
        #expect(try ends[0].result.get().offset == 2, "\(way.name)")
        let set = ConfigChange(name: "retention.ms", operation: .set, value: "60000")
        for item in try await writer.alterConfigs([(.topic(topic), [set])], validateOnly: false) {
            try item.result.get()
        }
        try await world.eventually("the setting is seen (\(way.name))", is: "60000") {
            let found = try await reader.describeConfigs([.topic(topic)], keys: ["retention.ms"])
            return try found.first?.result.get().first?.value
        }
        try await group(way, reader, writer, partition)
        for item in try await writer.deleteTopics([topic]) { try item.result.get() }
        #expect(code(try await writer.deleteTopics(["nowhere"]).first?.result) == 3, "\(way.name)")
    }

    /// A group without members, which its coordinator alone can make, show and forget.
    private func group(
        _ way: Way, _ reader: LiveClusterReader, _ writer: LiveClusterOperator, _ partition: TopicPartition
    ) async throws {
        let group = try await groupOfNodeOne("readers-" + partition.topic)
        // The first group makes the topic that they are kept in.
        try await world.eventually("an offset is committed (\(way.name))") {
            let offset = CommittedOffset(offset: 1, leaderEpoch: 0, metadata: way.name)
            for item in try await writer.commitOffsets([(partition, offset)], of: group) { try item.result.get() }
            return true
        }
        let described = try #require(try await reader.describeGroups([group], type: nil).first).result.get()
        #expect(described.state == "Empty" && described.members.isEmpty, "\(way.name): \(described)")
        let lag = try await reader.groupLag(group, partitions: [], readCommitted: true)
        #expect(try lag.map { try $0.result.get().committed } == [1], "\(way.name)")
        #expect(try lag.map { try $0.result.get().lag } == [1], "\(way.name)")
        let unheard = try await groupOfNodeOne("unheard-" + partition.topic)
        let deleted = try await writer.deleteGroups([group, unheard])
        try deleted[0].result.get()
        #expect(code(deleted[1].result) == 69, "\(way.name)")
        #expect(code(try await reader.describeGroups([group], type: .classic).first?.result) == 69, "\(way.name)")
    }

    /// The name of a group that node 1 coordinates: of node 2 this listener knows no address.
    private func groupOfNodeOne(_ prefix: String) async throws -> String {
        try await Eventually.found("node 1 coordinates a group") { () async throws -> String? in
            for number in 0..<32 {
                let group = "\(prefix)-\(number)"
                let request = FindCoordinatorRequest(keyType: 0, coordinatorKeys: [group])
                let answer = try await world.client.call(request, to: .any, kind: .read).response
                guard let found = answer.coordinators.first, !found.errorCode.isError else { return nil }
                if found.nodeId == 1 { return group }
            }
            return nil
        }
    }

    /// One line that says what is wrong, after a single attempt, and nothing of the secret.
    private func refuses(_ way: Way, _ properties: [String], _ expected: KafkaError.Code, _ words: String) async throws
    {
        let settings = try Self.settings(properties, at: world.broker.bootstrap(way.listener))
        let dialer = CountingDialer(settings)
        let client = AdminClient(settings: settings, dialer: dialer)
        let error = await #expect(throws: KafkaError.self, "\(way.name)") {
            try await LiveClusterReader(sender: client).clusterID()
        }
        await client.close()
        let said = error.map(String.init(describing:)) ?? ""
        #expect(error?.code == expected && said.contains(words), "\(way.name): \(said)")
        #expect(error?.nextAction != nil && !said.contains("\n") && !said.contains("wrong\""), "\(way.name): \(said)")
        // It does not become right by being tried again.
        #expect(dialer.dialed.count == Set(dialer.dialed).count, "\(way.name): \(dialer.dialed)")
    }
}
