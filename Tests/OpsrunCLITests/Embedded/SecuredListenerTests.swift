import EventLoop
import KafkaAdmin
import KafkaWire
import OpsrunCLI
import RunEngine
import TestSupport
import Testing

@testable import SimulatedKafka

/// `opsrun simulate` with listeners that want TLS or a login, and our client with the files that it writes: who may in comes
/// in, and everybody else is told why not as by a real cluster.
@Suite(.serialized) struct SecuredListenerTests {
    private static let inventory = """
        all:
          vars:
            kafka_clusters:
              demo:
                lifecycle: simulated
                simulated:
                  version: 4.3.1
                  listeners:
                    - SASL_SSL
                    - {name: SASL, protocol: SASL_PLAINTEXT, mechanisms: [SCRAM-SHA-256]}
                    - SSL
                    - {name: MUTUAL, protocol: SSL, client_auth: required}
                    - PLAINTEXT
                  users: {alice: geheim, admin: "s p\\"a\\\\ce"}
                  super_users: [User:admin, User:CN=client]
                  delegation_tokens: true
          children:
            brokers:
              vars: {cluster: demo, broker_id: "{{ host.name | split('-') | last | int }}"}
              hosts:
                kafka-[1:2]: {}
        """

    /// Addresses by the name of the listener, and the folder with the files.
    private struct Served {
        let addresses: [String: [String]]
        let scratch: ScratchDirectory

        func settings(_ listener: String, _ properties: String) throws -> AdminClientSettings {
            let file = try PropertiesFile(Array(properties.utf8))
            let configuration = try ClientConfiguration(
                ConfigurationEntry.entries(of: file, named: "client.properties"), environment: [:])
            var settings = AdminClientSettings(
                bootstrap: try AdminClientSettings.addresses(addresses[listener] ?? []))
            configuration.apply(to: &settings, time: SystemTimeSource())
            return settings
        }

        func withClient<Success>(
            _ listener: String, _ properties: String, _ body: (AdminClient) async throws -> Success
        ) async throws -> Success {
            let client = AdminClient(settings: try settings(listener, properties))
            do {
                let result = try await body(client)
                await client.close()
                return result
            } catch {
                await client.close()
                throw error
            }
        }

        func failure(_ listener: String, _ properties: String) async throws -> KafkaError? {
            try await withClient(listener, properties) { client in
                await #expect(throws: KafkaError.self) {
                    try await LiveClusterReader(sender: client).clusterID()
                }
            }
        }
    }

    private func serve(_ body: (Served) async throws -> Void) async throws {
        try await ScratchDirectory.with { scratch in
            let inventory = try scratch.write(Self.inventory, to: "inventory.yml")
            let streams = CapturedStreams(folder: scratch.path)
            let stopper = Stopper()
            let parsed = try ArgumentParser(isPlaybook: { _ in false }).parse(
                ["simulate", "-i", inventory, "--client-files", "."])
            async let ended = SimulateCommand.run(parsed.options, in: streams.surroundings, stopper: stopper)
            let time = SystemTimeSource()
            for _ in 0..<500 where streams.output.isEmpty { try await time.sleep(for: .milliseconds(20)) }
            var addresses: [String: [String]] = [:]
            for line in streams.output.split(separator: "\n") where line.hasPrefix("listener ") {
                let words = line.split(separator: " ")
                addresses[String(words[1])] = words[2].split(separator: ",").map(String.init)
            }
            do {
                #expect(addresses.count == 5, "\(streams.output) \(streams.messages)")
                #expect(streams.messages.contains("wrote ca.pem, client.pem, SASL_SSL-PLAIN-admin.properties"))
                try await body(Served(addresses: addresses, scratch: scratch))
            } catch {
                Issue.record(error)
            }
            stopper.request("SIGTERM")
            #expect(await ended == .done)
        }
    }

    @Test func `every listener, mechanism and user has a file that lets our client in`() async throws {
        try await serve { served in
            let mechanisms = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"]
            var files = [("SSL", "SSL"), ("MUTUAL", "MUTUAL"), ("PLAINTEXT", "PLAINTEXT")]
            for user in ["alice", "admin"] {
                files += mechanisms.map { ("SASL_SSL", "SASL_SSL-\($0)-\(user)") }
                files.append(("SASL", "SASL-SCRAM-SHA-256-\(user)"))
            }
            for (listener, name) in files {
                let properties = try served.scratch.read("\(name).properties")
                try await served.withClient(listener, properties) { client in
                    let reader = LiveClusterReader(sender: client)
                    let cluster = try await reader.describeCluster(includeFenced: false, from: .any)
                    let places = cluster.brokers.map { "\($0.host):\($0.port)" }
                    #expect(places == served.addresses[listener], "\(name)")
                    // Every broker, each with a login of its own.
                    for id: Int32 in [1, 2] {
                        _ = try await reader.describeCluster(includeFenced: false, from: .node(id))
                    }
                }
            }
        }
    }

    @Test func `rules hold for who has logged in, and not for super users`() async throws {
        try await serve { served in
            let topic = NewTopic(name: "new", assignments: [0: [1]])
            func create(_ listener: String, _ name: String) async throws -> KafkaError? {
                try await served.withClient(listener, try served.scratch.read("\(name).properties")) { client in
                    let items = try await LiveClusterOperator(sender: client).createTopics([topic], validateOnly: true)
                    guard case .failure(let error)? = items.first?.result else { return nil }
                    return error
                }
            }
            #expect(try await create("SASL_SSL", "SASL_SSL-SCRAM-SHA-512-admin") == nil)
            #expect(try await create("MUTUAL", "MUTUAL") == nil)
            for (listener, name) in [
                ("SASL_SSL", "SASL_SSL-OAUTHBEARER-alice"), ("SSL", "SSL"), ("PLAINTEXT", "PLAINTEXT"),
            ] {
                let error = try await create(listener, name)
                #expect(
                    error?.code == .notAuthorized(.topicAuthorizationFailed), "\(name): \(String(describing: error))")
            }
        }
    }

    @Test func `whoever may not in is told why, as by a real cluster`() async throws {
        try await serve { served in
            func file(_ name: String) throws -> String { try served.scratch.read("\(name).properties") }
            let wrong = { (text: String) in text.replacing("geheim", with: "falsch") }
            let plain = try file("SASL_SSL-PLAIN-alice")
            let open = plain.split(separator: "\n").filter { !$0.hasPrefix("ssl.") }.joined(separator: "\n").replacing(
                "SASL_SSL", with: "SASL_PLAINTEXT")
            let refusals: [(String, String, KafkaError.Code, String)] = [
                ("SASL_SSL", wrong(plain), .authentication, "refused the PLAIN login of alice"),
                (
                    "SASL_SSL", wrong(try file("SASL_SSL-SCRAM-SHA-256-alice")), .authentication,
                    "SCRAM-SHA-256 login of alice"
                ),
                (
                    "SASL", wrong(try file("SASL-SCRAM-SHA-256-alice")), .authentication,
                    "SCRAM-SHA-256 login of alice"
                ),
                ("SASL", open, .authentication, "PLAIN"),
                ("SASL", "", .authentication, "wants a SASL login"),
                ("PLAINTEXT", open, .authentication, "takes no SASL login"),
                ("PLAINTEXT", try file("SSL"), .speaksPlaintext, "speaks Kafka in plaintext"),
                ("MUTUAL", try file("SSL"), .tlsFailed, "requires a client certificate"),
                ("SSL", "security.protocol=SSL\n", .tlsFailed, "unknown CA"),
            ]
            for (listener, properties, code, words) in refusals {
                let error = try await served.failure(listener, properties)
                #expect(error?.code == code, "\(listener): \(String(describing: error))")
                #expect(error?.message.contains(words) == true, "\(listener): \(String(describing: error))")
                #expect(error?.nextAction != nil)
            }
            let secured = try AdminClientSettings.addresses(served.addresses["SSL"] ?? [])
            #expect(await ListenerDiagnosis.look(at: secured)?.code == .speaksTLS)
        }
    }

    @Test func `a delegation token is taken and logged in with`() async throws {
        try await serve { served in
            let properties = try served.scratch.read("SASL_SSL-SCRAM-SHA-256-alice.properties")
            let token = try await served.withClient("SASL_SSL", properties) { client in
                try await LiveClusterOperator(sender: client).createDelegationToken(
                    owner: nil, renewers: [], maximumLifetime: -1)
            }
            #expect(token.owner == KafkaPrincipal(name: "alice"))
            let password = ScramServer.base64(token.hmac.reveal())
            let login = properties.replacing("\"alice\"", with: "\"\(token.id)\"").replacing(
                "\"geheim\"", with: "\"\(password)\" tokenauth=\"true\"")
            let client = AdminClient(settings: try served.settings("SASL_SSL", login))
            _ = try await LiveClusterReader(sender: client).clusterID()
            // Whoever came with a token does not get another one.
            await #expect(throws: KafkaError(.server(.delegationTokenRequestNotAllowed), "")) {
                try await LiveClusterOperator(sender: client).createDelegationToken(
                    owner: nil, renewers: [], maximumLifetime: -1)
            }
            await client.close()
        }
    }
}
