import EventLoop
import KafkaAdmin
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

    private func client(_ properties: String, port: Int) throws -> AdminClient {
        let file = try PropertiesFile(Array(properties.utf8))
        let configuration = try ClientConfiguration(
            ConfigurationEntry.entries(of: file, named: "client.properties"), environment: [:])
        var settings = AdminClientSettings(bootstrap: try AdminClientSettings.addresses(["127.0.0.1:\(port)"]))
        configuration.apply(to: &settings, time: SystemTimeSource())
        return AdminClient(settings: settings)
    }

    /// The cluster's id, or why there is none.
    private func ask(_ properties: String, port: Int) async throws -> Result<String?, KafkaError> {
        let client = try client(properties, port: port)
        let result: Result<String?, KafkaError>
        do throws(KafkaError) {
            result = .success(try await client.clusterID(within: .seconds(20)))
        } catch {
            result = .failure(error)
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
                    let began = SystemTimeSource().monotonic
                    guard case .failure(let error) = try await ask(properties, port: port) else {
                        Issue.record("no error: \(text)")
                        continue
                    }
                    #expect(error.code == code && error.message.contains(text), "\(error)")
                    #expect(error.nextAction != nil && !error.description.contains("\n"))
                    // A second on a quiet machine; this one may be busy.
                    #expect(SystemTimeSource().monotonic - began < .seconds(8), "\(text)")
                }
            }
            try await staysConnected(node)
        }
    }

    /// Sessions of PLAIN last three seconds here: the one connection is used for more than two of them.
    private func staysConnected(_ node: SecuredKafkaNode) async throws {
        let client = try client(Self.plain(), port: node.saslPort)
        let reader = LiveClusterReader(sender: client)
        let witness = try await client.witness(of: 1)
        let time = SystemTimeSource()
        let end = time.monotonic + .seconds(8)
        while time.monotonic < end {
            #expect(try await reader.clusterID() == SecuredKafkaNode.clusterID)
            try await time.sleep(for: .milliseconds(100))
        }
        #expect(await client.state(of: witness) == .open)
        // Idle beyond the end of a session: the next call renews it first.
        try await time.sleep(for: .seconds(4))
        #expect(try await reader.clusterID() == SecuredKafkaNode.clusterID)
        #expect(await client.state(of: witness) == .open)
        await client.close()
    }
}
