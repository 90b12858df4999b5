import EventLoop
import KafkaAdmin
import KafkaWire
import TestSupport
import Testing
import Values

/// Logins at a real broker, with `client.properties` as people write them.
@Suite(.serialized, .enabled(if: RealKafka.isAvailable, "OPSRUN_KAFKA is not set"))
struct SASLTests {
    private static let modules = "org.apache.kafka.common.security."

    static var releases: [RealKafka.Release] {
        [RealKafka.highest, RealKafka.lowest].compactMap(\.self)
    }

    private func settings(_ properties: String, port: Int) throws -> AdminClientSettings {
        let file = try PropertiesFile(Array(properties.utf8))
        let configuration = try ClientConfiguration(
            ConfigurationEntry.entries(of: file, named: "client.properties"), environment: [:])
        var settings = AdminClientSettings(bootstrap: try AdminClientSettings.addresses(["127.0.0.1:\(port)"]))
        configuration.apply(to: &settings, time: SystemTimeSource())
        return settings
    }

    /// The cluster's id, or why there is none, which is not asked for again and again.
    private func ask(_ properties: String, port: Int) async throws -> Result<String?, KafkaError> {
        let settings = try settings(properties, port: port)
        let dialer = CountingDialer(settings)
        let client = AdminClient(settings: settings, dialer: dialer)
        let result: Result<String?, KafkaError>
        do throws(KafkaError) {
            result = .success(try await client.clusterID())
        } catch {
            result = .failure(error)
            // One that is closed without a word is dialed once more.
            #expect(dialer.dialed.count <= 2, "\(error): \(dialer.dialed)")
        }
        await client.close()
        return result
    }

    private static func plain(_ password: String = "geheim") -> String {
        "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.jaas.config=\(modules)plain.PlainLoginModule "
            + "required username=\"alice\" password=\"\(password)\";\n"
    }

    private static func scram(_ bits: Int, _ password: String = "geheim") -> String {
        "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=SCRAM-SHA-\(bits)\n"
            + "sasl.jaas.config=\(modules)scram.ScramLoginModule required username=\"alice\" "
            + "password=\"\(password)\";\n"
    }

    private static func bearer(_ endpoint: String, secret: String = "s:e/c") -> String {
        "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=OAUTHBEARER\n"
            + "sasl.oauthbearer.token.endpoint.url=\(endpoint)\nsasl.jaas.config=\(modules)oauthbearer."
            + "OAuthBearerLoginModule required clientId=\"me\" clientSecret=\"\(secret)\" scope=\"kafka\";\n"
    }

    @Test(arguments: releases) func `every mechanism lets the right ones in and tells the others why not`(
        release: RealKafka.Release
    ) async throws {
        try await SecuredKafkaNode.with(release) { node in
            try await TokenEndpoint.with { endpoint in
                let good = [
                    Self.plain(), Self.scram(256), Self.scram(512), Self.bearer(endpoint),
                    "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=OAUTHBEARER\nsasl.jaas.config=\(Self.modules)"
                        + "oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub=\"alice\";\n",
                ]
                for properties in good {
                    let id = try await ask(properties, port: node.saslPort).get()
                    #expect(id == SecuredKafkaNode.clusterID)
                }
                let bad: [(String, Int, KafkaError.Code, String)] = [
                    (Self.plain("wrong"), node.saslPort, .authentication, "refused the PLAIN login of alice"),
                    (Self.scram(256, "wrong"), node.saslPort, .authentication, "SCRAM-SHA-256 login of alice"),
                    (Self.scram(512, "wrong"), node.saslPort, .authentication, "SCRAM-SHA-512 login of alice"),
                    (
                        Self.bearer(endpoint, secret: "no"), node.saslPort, .authentication,
                        "answers 401: invalid_client"
                    ),
                    ("", node.saslPort, .authentication, "wants a SASL login"),
                    (Self.plain(), node.plaintextPort, .authentication, "takes no SASL login"),
                ]
                for (properties, port, code, text) in bad {
                    guard case .failure(let error) = try await ask(properties, port: port) else {
                        Issue.record("no error: \(text)")
                        continue
                    }
                    #expect(error.code == code && error.message.contains(text), "\(error)")
                    #expect(error.nextAction != nil && !error.description.contains("\n"))
                }
            }
            try await staysConnected(node)
        }
    }

    /// Sessions of PLAIN last a minute at this broker: the one connection goes on over the end of two of them. The client's
    /// clock is put forward, so that the broker's session does not end however slow this machine is.
    private func staysConnected(_ node: SecuredKafkaNode) async throws {
        let settings = try settings(Self.plain(), port: node.saslPort)
        let dialer = CountingDialer(settings), time = SystemTimeAhead()
        let client = AdminClient(settings: settings, dialer: dialer, time: time)
        let reader = LiveClusterReader(sender: client)
        let witness = try await Eventually.found("the broker is listed") { try await client.witness(of: 1) }
        let dialed = dialer.dialed
        // Shortly before the end of a session, and idle beyond it: the next call renews it first.
        for ahead in [Duration.seconds(58), .seconds(70)] {
            let logins = dialer.requests(.saslAuthenticate)
            // A broker takes no login within a second of the one before.
            try await SystemTimeSource().sleep(for: .seconds(2))
            time.add(ahead)
            for _ in 0..<20 { #expect(try await reader.clusterID() == SecuredKafkaNode.clusterID) }
            #expect(dialer.requests(.saslAuthenticate) == logins + 1)
            #expect(await client.state(of: witness) == .open)
        }
        #expect(dialer.dialed == dialed)
        await client.close()
    }
}

/// The system's time, and what a test adds to it.
private final class SystemTimeAhead: TimeSource {
    private let system = SystemTimeSource()
    private let ahead = Locked(Duration.zero)

    var monotonic: Duration { system.monotonic + ahead.withLock { $0 } }
    var sinceEpoch: Duration { system.sinceEpoch + ahead.withLock { $0 } }

    func add(_ duration: Duration) { ahead.withLock { $0 += duration } }

    func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> ScheduledAction {
        system.schedule(after: delay, action)
    }
}
