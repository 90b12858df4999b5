import KafkaWire

/// Finds out whether a listener wants a SASL login: it is offered a mechanism that nobody has, and SASL listeners name
/// theirs in the refusal, while others answer that there is nothing to log in to.
enum LoginDiagnosis {
    /// Mechanisms that are shown.
    private static let shown = 16

    /// The error that says what to set; nil when the listener wants no login.
    static func look(_ open: NegotiatedConnection, hasTLS: Bool, deadline: Duration) async -> KafkaError? {
        do throws(KafkaError) {
            let answer = try await open.send(
                SaslHandshakeRequest(mechanism: "OPSRUN-PROBE"), kind: .read, deadline: deadline
            ).decoded(SaslHandshakeResponse.self)
            guard answer.errorCode == .unsupportedSaslMechanism else { return nil }
            let address = open.connection.address
            let offered = answer.mechanisms.prefix(shown).map { PeerText.shown($0) }.joined(separator: ", ")
            return KafkaError(
                .authentication, "\(address) wants a SASL login, and this client has none; it offers \(offered)",
                nextAction: "Set security.protocol to \(hasTLS ? "SASL_SSL" : "SASL_PLAINTEXT"), sasl.mechanism and "
                    + "sasl.jaas.config.",
                api: .saslHandshake, address: address.description)
        } catch {
            return nil
        }
    }
}
