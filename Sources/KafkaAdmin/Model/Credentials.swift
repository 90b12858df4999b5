package import Values

package enum ScramMechanism: Int8, Sendable, Hashable {
    case sha256 = 1, sha512

    /// As Kafka's settings write it.
    package var name: String { self == .sha256 ? "SCRAM-SHA-256" : "SCRAM-SHA-512" }
}

/// A SCRAM credential as far as brokers tell: never the keys.
package struct ScramCredential: Sendable, Hashable {
    /// Nil: a mechanism that is not known here.
    package var mechanism: ScramMechanism?
    package var iterations: Int32

    package init(mechanism: ScramMechanism?, iterations: Int32) {
        self.mechanism = mechanism
        self.iterations = iterations
    }
}

/// A change of one credential of one user.
package struct ScramChange: Sendable, Hashable {
    package enum Action: Sendable, Hashable {
        /// Iterations 4096 to 16384 (Kafka refuses others with UNACCEPTABLE_CREDENTIAL).
        case set(password: Secret, iterations: Int32)
        case delete
    }

    package var user: String
    package var mechanism: ScramMechanism
    package var action: Action

    package init(user: String, mechanism: ScramMechanism, action: Action) {
        self.user = user
        self.mechanism = mechanism
        self.action = action
    }
}

/// `User:name`, in its parts.
package struct KafkaPrincipal: Sendable, Hashable, CustomStringConvertible {
    package var type: String
    package var name: String

    package init(type: String = "User", name: String) {
        self.type = type
        self.name = name
    }

    package var description: String { "\(type):\(name)" }
}

/// A delegation token. Times are milliseconds since 1970.
package struct DelegationToken: Sendable, Hashable {
    package var id: String
    package var owner: KafkaPrincipal
    /// From v3 (3.3) on; nil before.
    package var requester: KafkaPrincipal?
    package var issuedAt: Int64
    package var expiresAt: Int64
    package var lastsAtMost: Int64
    /// The token's password when it is written in base64.
    package var hmac: TokenKey
    package var renewers: [KafkaPrincipal]

    package init(
        id: String, owner: KafkaPrincipal, requester: KafkaPrincipal?, issuedAt: Int64, expiresAt: Int64,
        lastsAtMost: Int64, hmac: TokenKey, renewers: [KafkaPrincipal]
    ) {
        self.id = id
        self.owner = owner
        self.requester = requester
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
        self.lastsAtMost = lastsAtMost
        self.hmac = hmac
        self.renewers = renewers
    }
}

/// The key of a delegation token, which names it in later calls and logs in with it: never shown.
package struct TokenKey: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    package func reveal() -> [UInt8] { bytes }

    package var description: String { "•••" }
    package var debugDescription: String { "•••" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
