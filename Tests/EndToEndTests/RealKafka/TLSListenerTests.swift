import EventLoop
import KafkaAdmin
import KafkaWire
import TestSupport
import Testing

/// The admin client against the TLS listeners of a real broker: with and without client certificates, and every usual
/// mistake with the sentence that it ends in.
@Suite(.serialized, .enabled(if: RealKafka.isAvailable, "OPSRUN_KAFKA is not set"), .timeLimit(.minutes(15)))
struct TLSListenerTests {
    private let authority: TestCertificate
    private let stranger: TestCertificate

    init() throws {
        authority = try .authority("Cluster CA")
        stranger = try .authority("Other CA")
    }

    private func inline(_ text: String, _ name: String) -> TLSMaterial { .inline(TLSSecret(text), name: name) }

    private func settings(
        trust: TestCertificate? = nil, identity: TestCertificate? = nil
    ) -> TLSSettings {
        TLSSettings(
            trust: .pem(inline((trust ?? authority).pem, "ssl.truststore.certificates")),
            identity: identity.map {
                .pem(
                    certificates: inline($0.pem, "ssl.keystore.certificate.chain"),
                    key: inline($0.keyPEM, "ssl.keystore.key"), keyPassword: nil)
            })
    }

    private func client(_ address: String, _ tls: TLSSettings?) throws -> (AdminClient, CountingDialer) {
        let settings = AdminClientSettings(bootstrap: try AdminClientSettings.addresses([address]), tls: tls)
        let dialer = CountingDialer(settings)
        return (AdminClient(settings: settings, dialer: dialer), dialer)
    }

    private func listeners(_ scratch: ScratchDirectory) throws -> [RealKafkaBroker.Listener] {
        let server = try TestCertificate.make("broker-1", issuer: authority, names: ["IP:127.0.0.1", "DNS:broker-1"])
        let keys = try scratch.write(server.keyPEM + server.pem, to: "keystore.pem")
        let trust = try scratch.write(authority.pem, to: "truststore.pem")
        let stores = [
            "ssl.keystore.type=PEM", "ssl.keystore.location=\(keys)", "ssl.truststore.type=PEM",
            "ssl.truststore.location=\(trust)",
        ]
        let old = try TestCertificate.make(
            "broker-old", issuer: authority, names: ["IP:127.0.0.1"], validFrom: -7200, to: -3600)
        let oldKeys = try scratch.write(old.keyPEM + old.pem, to: "old.pem")
        return [
            .init("TLS", properties: stores),
            .init("EXPIRED", properties: ["ssl.keystore.type=PEM", "ssl.keystore.location=\(oldKeys)"]),
            .init("MUTUAL", properties: stores + ["ssl.client.auth=required"]),
            .init("MUTUAL12", properties: stores + ["ssl.client.auth=required", "ssl.enabled.protocols=TLSv1.2"]),
            .init("ELSEWHERE", advertisedHost: "localhost", properties: stores),
        ]
    }

    @Test func `the client works over TLS and tells every mistake`() async throws {
        let release = try #require(RealKafka.highest)
        try await ScratchDirectory.with { scratch in
            try await RealKafkaBroker.with(release, scratch: scratch, listeners: try listeners(scratch)) { broker in
                let me = try TestCertificate.make("opsrun", issuer: authority)
                try await readsAndWrites(broker.bootstrap("TLS"), settings(), "over-tls")
                try await readsAndWrites(broker.bootstrap("MUTUAL"), settings(identity: me), "over-mutual")
                try await readsAndWrites(broker.bootstrap("MUTUAL12"), settings(identity: me), "over-mutual-12")
                try await mistakes(broker, me)
                try await says(broker)
            }
        }
    }

    private func readsAndWrites(_ address: String, _ tls: TLSSettings, _ topic: String) async throws {
        let (client, dialer) = try client(address, tls)
        let created = try await client.call(
            CreateTopicsRequest(topics: [.init(name: topic, numPartitions: 2, replicationFactor: 1)]), to: .controller,
            kind: .write)
        #expect(created.response.topics.map(\.errorCode) == [.none])
        let versions = try await client.call(ApiVersionsRequest(), to: .newConnection(1), kind: .read)
        #expect(!versions.response.apiKeys.isEmpty)
        func leaders() async throws -> [Int32] {
            let request = MetadataRequest(topics: [.init(name: topic)], allowAutoTopicCreation: false)
            let found = try await client.call(request, to: .node(1), kind: .read).response.topics
            #expect(found.map(\.name) == [topic])
            return found.flatMap(\.partitions).map(\.leaderId)
        }
        try await Eventually.equals("\(topic) is there", [1, 1], leaders)
        let dialed = dialer.dialed.count
        for _ in 0..<20 { #expect(try await leaders() == [1, 1]) }
        #expect(dialer.dialed.count == dialed, "one connection serves them all")
        await client.close()
    }

    /// What people read who have the wrong port, protocol, name or authority: one sentence, what to set, and exit code 4.
    private func says(_ broker: RealKafkaBroker) async throws {
        let opsrun = BuiltOpsrun(in: broker.scratch)
        let port = broker.ports["TLS"] ?? 0
        let strange = try broker.scratch.write("security.protocol=SSL\n", to: "strange.properties")
        let trusting = try broker.scratch.write(
            "security.protocol=SSL\nssl.truststore.type=PEM\nssl.truststore.location=\(broker.scratch.path)/truststore.pem\n",
            to: "trusting.properties")
        let plain = try broker.scratch.write("security.protocol=PLAINTEXT\n", to: "plain.properties")
        for (address, properties, sentence, remedy) in [
            (
                "127.0.0.1:\(port)", plain, "speaks TLS, and this client is set to plaintext",
                "Set the security protocol SSL or SASL_SSL, or use the port of a plaintext listener."
            ),
            (
                broker.plaintext, trusting, "speaks Kafka in plaintext, and this client is set to TLS",
                "Use the port of a TLS listener, or the security protocol PLAINTEXT or SASL_PLAINTEXT."
            ),
            ("127.0.0.1:\(port)", strange, "signed by an unknown CA", "ssl.truststore.location"),
            ("localhost:\(port)", trusting, "is not made out to localhost", "advertised.listeners"),
        ] {
            let outcome = try await opsrun.run("topics", "--bootstrap", address, "--command-config", properties)
            // Sentences are wrapped to the terminal's width.
            let said = outcome.stderr.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            #expect(outcome.status == 4 && said.contains(sentence) && said.contains(remedy), "\(outcome)")
        }
    }

    private func mistakes(_ broker: RealKafkaBroker, _ me: TestCertificate) async throws {
        let tls = broker.bootstrap("TLS"), mutual = broker.bootstrap("MUTUAL"), mutual12 = broker.bootstrap("MUTUAL12")
        try await expect(tls, settings(trust: stranger), .tlsFailed, "signed by an unknown CA: CN=Cluster CA")
        try await expect(
            tls, settings(trust: authority), .tlsFailed, host: "localhost",
            "is not made out to localhost, but to IP Address:127.0.0.1, DNS:broker-1")
        try await expect(
            broker.bootstrap("ELSEWHERE"), settings(), .tlsFailed, "is not made out to localhost, but to")
        try await expect(broker.bootstrap("EXPIRED"), settings(), .tlsFailed, "(CN=broker-old) expired at 20")
        for address in [mutual, mutual12] {
            try await expect(address, settings(), .tlsFailed, "requires a client certificate, and none is set")
            try await expect(
                address, settings(identity: try .make("stranger", issuer: stranger)), .tlsFailed,
                "refuses the certificate of this side")
        }
        var new = settings(identity: me)
        new.minimumVersion = .tls13
        try await expect(mutual12, new, .tlsFailed, "speaks no TLS version that is allowed here (TLSv1.3)")
        try await expect(broker.plaintext, settings(), .speaksPlaintext, "speaks Kafka in plaintext")
        try await expect(tls, nil, .speaksTLS, "speaks TLS, and this client is set to plaintext")
        let missing = TLSSettings(trust: .pem(.file("/nowhere/ca.pem")))
        try await expect(tls, missing, .configuration, "/nowhere/ca.pem cannot be read: No such file or directory")
    }

    private func expect(
        _ address: String, _ tls: TLSSettings?, _ code: KafkaError.Code, host: String? = nil, _ words: String,
        location: SourceLocation = #_sourceLocation
    ) async throws {
        let port = address.split(separator: ":").last.map(String.init) ?? ""
        let (client, dialer) = try client(host.map { "\($0):\(port)" } ?? address, tls)
        let error = await #expect(throws: KafkaError.self, sourceLocation: location) {
            try await client.call(ListGroupsRequest(), to: .node(1), kind: .read)
        }
        await client.close()
        #expect(error?.code == code, "\(error.map(String.init(describing:)) ?? "")", sourceLocation: location)
        #expect(
            error?.message.contains(words) == true, "\(error.map(String.init(describing:)) ?? "")",
            sourceLocation: location)
        #expect(error?.nextAction != nil, sourceLocation: location)
        // A mistake does not become right by being tried again.
        #expect(
            dialer.dialed.count == Set(dialer.dialed).count, "\(dialer.dialed)", sourceLocation: location)
    }
}
