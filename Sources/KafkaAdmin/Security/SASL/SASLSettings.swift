package import Values

/// The mechanisms that are spoken, by their registered names.
package enum SASLMechanism: String, Sendable, Hashable, CaseIterable {
    case plain = "PLAIN"
    case scramSHA256 = "SCRAM-SHA-256"
    case scramSHA512 = "SCRAM-SHA-512"
    case oauthBearer = "OAUTHBEARER"
}

/// Who this client says it is, and how it proves it.
package struct SASLSettings: Sendable {
    package enum Credentials: Sendable {
        /// PLAIN and SCRAM.
        case password(user: String, Secret)
        /// SCRAM with the id and the HMAC of a delegation token.
        case delegationToken(id: String, hmac: Secret)
        /// OAUTHBEARER. The extensions are sent with each token (KIP-342).
        case bearer(any BearerTokenSource, extensions: [SASLExtension])
    }

    package var mechanism: SASLMechanism
    package var credentials: Credentials

    package init(mechanism: SASLMechanism, credentials: Credentials) {
        self.mechanism = mechanism
        self.credentials = credentials
    }

    /// Who logs in, for messages; nil where only the token knows.
    package var user: String? {
        switch credentials {
        case .password(let user, _): user
        case .delegationToken(let id, _): "token \(id)"
        case .bearer: nil
        }
    }
}

/// A key and a value that go with a bearer token (RFC 7628).
package struct SASLExtension: Sendable, Hashable {
    package var name: String
    package var value: String

    /// Nil for a name that is not of letters or is `auth`, and for a value with characters beyond printable ASCII, tab and
    /// line ends: brokers refuse those.
    package init?(name: String, value: String) {
        guard !name.isEmpty, name != "auth", name.utf8.allSatisfy({ (0x41...0x5A).contains($0 & 0xDF) }),
            value.utf8.allSatisfy({ (0x20...0x7E).contains($0) || [9, 10, 13].contains($0) })
        else { return nil }
        self.name = name
        self.value = value
    }
}

/// Gives bearer tokens; one for all connections of a client, so that a token is fetched once.
package protocol BearerTokenSource: Sendable {
    /// A token that is valid now. Fails with `authentication` when there will be none whatever is tried, and with
    /// `unreachable` or `timedOut` when another try may help. `deadline` by the client's clock.
    func token(deadline: Duration) async throws(KafkaError) -> Secret
}
