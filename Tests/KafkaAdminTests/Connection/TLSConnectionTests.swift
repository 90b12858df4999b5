import EventLoop
import KafkaWire
import SimulatedKafka
import TestSupport
import Testing
import Values

@testable import KafkaAdmin

/// The admin client over TLS against embedded brokers behind sockets.
@Suite(.timeLimit(.minutes(10))) struct TLSConnectionTests {
    private let authority: TestCertificate

    init() throws { authority = try .authority("Cluster CA") }

    private func inline(_ text: String, _ name: String = "inline") -> TLSMaterial {
        .inline(TLSSecret(text), name: name)
    }

    private func identity(_ certificate: TestCertificate) -> TLSSettings.Identity {
        .pem(certificates: inline(certificate.pem), key: inline(certificate.keyPEM), keyPassword: nil)
    }

    private var trust: TLSSettings.Trust { .pem(inline(authority.pem, "ca.pem")) }

    /// `names`: of the certificate that every broker shows; nil: plaintext listeners.
    private func withBrokers(
        names: [String]?, clients: TLSContext.ClientCertificates = .none,
        _ body: (SimulatedServer) async throws -> Void
    ) async throws {
        let cluster = SimulatedCluster(
            SimulatedClusterConfiguration(
                version: Version(major: 4, minor: 1), nodes: [1, 2, 3].map { .init(id: $0, rack: nil) }))
        var tls: TLSContext?
        if let names {
            let certificate = try TestCertificate.make("broker", issuer: authority, names: names)
            tls = .server(
                TLSSettings(trust: trust, identity: identity(certificate)), clientCertificates: clients)
        }
        try await SimulatedServer.with(cluster, tls: tls, body)
    }

    private func client(_ addresses: String, _ tls: TLSSettings?) throws -> AdminClient {
        AdminClient(
            settings: AdminClientSettings(
                bootstrap: try AdminClientSettings.addresses(addresses.split(separator: ",").map(String.init)),
                tls: tls))
    }

    private func failure(_ addresses: String, _ tls: TLSSettings?) async throws -> KafkaError? {
        let client = try client(addresses, tls)
        let error = await #expect(throws: KafkaError.self) {
            try await client.call(ListGroupsRequest(), to: .node(1), kind: .read)
        }
        await client.close()
        return error
    }

    @Test(arguments: [TLSContext.ClientCertificates.none, .required])
    func `reads and writes pass over TLS`(clients: TLSContext.ClientCertificates) async throws {
        try await withBrokers(names: ["IP:127.0.0.1"], clients: clients) { server in
            var settings = TLSSettings(trust: trust)
            if clients == .required { settings.identity = identity(try .make("opsrun", issuer: authority)) }
            let client = try client(server.bootstrap, settings)
            for node in try await client.brokers() {
                _ = try await client.call(ListGroupsRequest(), to: .node(node), kind: .read)
            }
            let created = try await client.call(
                CreateTopicsRequest(topics: [.init(name: "orders", numPartitions: 500, replicationFactor: 3)]),
                to: .controller, kind: .write)
            #expect(created.response.topics.map(\.errorCode) == [.none])
            let found = try await client.call(
                MetadataRequest(topics: [.init(name: "orders")], allowAutoTopicCreation: false), to: .any, kind: .read)
            #expect(found.response.topics.first?.partitions.count == 500)
            await client.close()
        }
    }

    @Test func `the advertised host is verified after that of the bootstrap address`() async throws {
        try await withBrokers(names: ["DNS:localhost"]) { server in
            let port = server.bootstrap.split(separator: ",")[0].split(separator: ":")[1]
            let error = try await failure("localhost:\(port)", TLSSettings(trust: trust))
            #expect(error?.code == .tlsFailed)
            #expect(error?.message.contains("is not made out to 127.0.0.1, but to DNS:localhost") == true)
            #expect(error?.nextAction?.contains("advertised.listeners") == true)
            // Switched off, names do not matter.
            let client = try client("localhost:\(port)", TLSSettings(trust: trust, verifiesHostName: false))
            _ = try await client.call(ListGroupsRequest(), to: .node(1), kind: .read)
            await client.close()
        }
    }

    @Test func `certificates that do not fit end every call at once`() async throws {
        try await withBrokers(names: ["IP:127.0.0.1"], clients: .required) { server in
            let unknown = try await failure(
                server.bootstrap, TLSSettings(trust: .pem(inline(try TestCertificate.authority("Other").pem))))
            #expect(unknown?.code == .tlsFailed)
            #expect(unknown?.nextAction?.contains("ssl.truststore.location") == true)
            let bare = try await failure(server.bootstrap, TLSSettings(trust: trust))
            #expect(bare?.code == .tlsFailed)
            #expect(bare?.message.contains("requires a client certificate, and none is set") == true)
            #expect(bare?.nextAction?.contains("ssl.keystore") == true)
        }
    }

    private let limit = Duration.seconds(10)

    @Test func `a plaintext listener is named to a client of TLS, and the other way round`() async throws {
        try await withBrokers(names: nil) { server in
            let error = try await failure(server.bootstrap, TLSSettings(trust: trust))
            #expect(error?.code == .speaksPlaintext)
            let addresses = try AdminClientSettings.addresses(server.bootstrap.split(separator: ",").map(String.init))
            let address = try #require(addresses.first)
            #expect(await ListenerDiagnosis.look(at: address, overTLS: true, within: limit)?.code == .speaksPlaintext)
            #expect(await ListenerDiagnosis.look(at: address, overTLS: false, within: limit) == nil)
        }
        try await withBrokers(names: ["IP:127.0.0.1"]) { server in
            let addresses = try AdminClientSettings.addresses(server.bootstrap.split(separator: ",").map(String.init))
            let address = try #require(addresses.first)
            #expect(await ListenerDiagnosis.look(at: address, overTLS: false, within: limit)?.code == .speaksTLS)
            #expect(await ListenerDiagnosis.look(at: address, overTLS: true, within: limit) == nil)
        }
    }

    @Test func `settings that cannot work end the first call`() async throws {
        try await withBrokers(names: ["IP:127.0.0.1"]) { server in
            let error = try await failure(server.bootstrap, TLSSettings(trust: .pem(.file("/nowhere/ca.pem"))))
            #expect(error?.code == .configuration)
            #expect(error?.message == "/nowhere/ca.pem cannot be read: No such file or directory")
        }
    }

    @Test(arguments: TLSError.Kind.allCases)
    func `every failure of TLS says what to do, but for a broken peer`(kind: TLSError.Kind) {
        let error = KafkaError(TLSError(kind, "It did not work"), address: BrokerAddress(host: "b", port: 9093))
        #expect(error.message == "It did not work" && error.address == "b:9093")
        #expect((error.nextAction == nil) == (kind == .broken))
        #expect(error.nextAction?.hasSuffix(".") != false)
    }
}
