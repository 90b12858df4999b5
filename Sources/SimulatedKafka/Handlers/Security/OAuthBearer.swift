import KafkaWire
import Values

// OAUTHBEARER (RFC 7628) with tokens that nobody has signed, as brokers without a validator of their own take them
// (KIP-255): a refused token is answered with JSON, and only the client's next message fails the login.

/// A token without a signature: whose it is and when it is over.
struct UnsecuredToken: Sendable {
    /// Claims longer than this are nobody's name.
    private static let limit = 16 << 10

    let subject: String
    /// Seconds since 1970.
    let expires: Double

    /// Nil for what is no such token.
    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[2].isEmpty, text.utf8.count <= Self.limit,
            let header = Self.object(parts[0]), header["alg"]?.stringValue == "none",
            let claims = Self.object(parts[1]), let subject = claims["sub"]?.stringValue, !subject.isEmpty,
            let expires = Self.number(claims["exp"])
        else { return nil }
        if let issued = claims["iat"], Self.number(issued) == nil { return nil }
        self.subject = subject
        self.expires = expires
    }

    private static func object(_ part: Substring) -> ValueMap? {
        let plain = part.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }
        guard let bytes = ScramServer.decoded(String(plain)), let value = try? JSON.parse(bytes),
            case .map(let map) = value
        else { return nil }
        return map
    }

    private static func number(_ value: Value?) -> Double? {
        switch value {
        case .int(let number): Double(number)
        case .float(let number): number.isFinite ? number : nil
        default: nil
        }
    }
}

/// What a client of OAUTHBEARER sends first: `n,a=me,^Aauth=Bearer TOKEN^A^A`.
struct BearerMessage: Sendable {
    let authorizationID: String
    let token: String

    init?(_ bytes: [UInt8]) {
        let parts = bytes.split(separator: 1, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        guard parts.count >= 4, parts.suffix(2).allSatisfy(\.isEmpty) else { return nil }
        let header = parts[0].split(separator: ",", omittingEmptySubsequences: false)
        guard header.count == 3, header[0] == "n", header[2].isEmpty,
            header[1].isEmpty || header[1].hasPrefix("a=")
        else { return nil }
        let values = parts.dropFirst().compactMap { part -> Substring? in
            part.hasPrefix("auth=") ? part.dropFirst("auth=".count) : nil
        }
        guard values.count == 1, let value = values.first, value.lowercased().hasPrefix("bearer ") else { return nil }
        authorizationID = String(header[1].dropFirst(2))
        token = String(value.dropFirst("bearer ".count).drop { $0 == " " })
    }
}

extension ClusterModel {
    private static let invalidToken = #"{"status":"invalid_token"}"#
    /// The latest end of a session that 64 bits of milliseconds hold comfortably.
    private static let latestEnd = 1e12

    mutating func bearerLogin(_ bytes: [UInt8]) throws(LoginFailure) -> SaslAuthenticateResponse {
        guard let message = BearerMessage(bytes) else { throw LoginFailure(unexplained: .oauthBearer) }
        guard let token = UnsecuredToken(message.token), token.expires < Self.latestEnd,
            Double(wallClock) < token.expires * 1000
        else {
            session.sasl = .bearerRefused(Self.invalidToken)
            return SaslAuthenticateResponse(errorMessage: "", authBytes: Array(Self.invalidToken.utf8))
        }
        if !message.authorizationID.isEmpty, message.authorizationID != token.subject {
            throw LoginFailure(
                "Authentication failed: Client requested an authorization id (\(message.authorizationID)) that is "
                    + "different from the token's principal name (\(token.subject))")
        }
        let ends: Duration = .milliseconds(Int64(token.expires * 1000)) - epoch
        return try loggedIn(as: "User:\(token.subject)", by: .oauthBearer, until: ends)
    }
}
