import KafkaWire

// SaslHandshake (17), SaslAuthenticate (36): PLAIN, SCRAM and OAUTHBEARER on the brokers' listeners that ask for a login.
//
// Behaviour: before the login only ApiVersions and these are answered, and each in its turn; anything else closes the
// connection. A failed login is answered, and closes it. A later login on the same connection is only for who has a
// session that ends, not more often than once a second, by the same mechanism and as the same principal (KIP-368).
//
// Version notes: after version 0 of the handshake the client's tokens come as frames without a header.

/// How far a connection's login has come.
enum SaslState: Sendable {
    /// Nothing has been asked yet.
    case new
    /// A mechanism has to be chosen.
    case required
    case chosen(SaslMechanism)
    case challenged(ScramServer)
    /// A token has been refused, for this reason, and the client has been told: its last word is awaited.
    case bearerRefused(String)
    /// Another mechanism than the first time.
    case badMechanism
    /// Logged in, or nobody has to.
    case done
}

package enum SaslMechanism: String, Sendable, Hashable, CaseIterable {
    case plain = "PLAIN"
    case scram256 = "SCRAM-SHA-256"
    case scram512 = "SCRAM-SHA-512"
    case oauthBearer = "OAUTHBEARER"

    /// With the protocol's numbers for SCRAM.
    fileprivate var scram: (code: Int8, hash: ScramServer.Hash)? {
        switch self {
        case .plain, .oauthBearer: nil
        case .scram256: (1, .sha256)
        case .scram512: (2, .sha512)
        }
    }
}

/// Why a login fails, as the client is told.
struct LoginFailure: Error {
    let message: String

    init(_ message: String) { self.message = message }

    /// What Kafka says of every failure that it does not explain.
    init(unexplained mechanism: SaslMechanism) {
        message =
            "Authentication failed during authentication due to invalid credentials with SASL mechanism "
            + mechanism.rawValue
    }
}

extension ClusterModel {
    private static let scramIterations: Int32 = 4096
    /// Between two logins on one connection.
    private static let shortestSession: Duration = .seconds(1)

    /// What a request may be before the login, and between its parts.
    enum Admission {
        case answer
        case close
        /// It is answered with ILLEGAL_SASL_STATE, and the connection closed.
        case refuse
    }

    func offeredMechanisms(_ call: Call) -> [SaslMechanism] {
        guard let listener = configuration.listener(call.listener), listener.securityProtocol.hasLogin else {
            return []
        }
        return listener.mechanisms
    }

    /// Whether a request may be answered before the login.
    mutating func admission(of key: APIKey, _ call: Call) -> Admission {
        if case .new = session.sasl {
            let isSecured = configuration.listener(call.listener)?.securityProtocol.hasLogin ?? false
            session.sasl = isSecured ? .required : .done
        }
        switch session.sasl {
        case .done:
            if let ends = session.endsAt, now >= ends { return key == .saslHandshake ? .answer : .close }
            return .answer
        case .new, .required:
            guard key == .apiVersions else { return key == .saslHandshake ? .answer : .close }
            defer { session.hasAskedVersions = true }
            return session.hasAskedVersions ? .close : .answer
        case .chosen, .challenged, .bearerRefused:
            return key == .saslAuthenticate ? .answer : .refuse
        case .badMechanism: return .close
        }
    }

    /// What comes instead of an answer between the parts of a login.
    mutating func refuseDuringLogin(
        _ payload: [UInt8], _ header: RequestFrame.Header, _ call: Call
    ) -> SimulatedOutcome {
        session.isEnding = true
        return switch header.apiKey {
        case .apiVersions:
            respond(payload, header, call) { (_, _: ApiVersionsRequest, _) in
                ApiVersionsResponse(errorCode: .illegalSaslState)
            }
        case .saslHandshake:
            respond(payload, header, call) { (_, _: SaslHandshakeRequest, _) in
                SaslHandshakeResponse(errorCode: .illegalSaslState)
            }
        default: .close
        }
    }

    /// Whoever logs in again and asks for a mechanism that is not there gets no answer.
    mutating func handshakeOutcome(
        _ payload: [UInt8], _ header: RequestFrame.Header, _ call: Call
    ) -> SimulatedOutcome {
        let outcome = respond(payload, header, call) { $0.saslHandshake($1, $2) }
        return session.isEnding && session.mechanism != nil ? .close : outcome
    }

    mutating func saslHandshake(_ request: SaslHandshakeRequest, _ call: Call) -> SaslHandshakeResponse {
        let offered = offeredMechanisms(call)
        if case .done = session.sasl {
            let isTooSoon = session.lastLogin.map { now - $0 < Self.shortestSession } ?? false
            guard session.endsAt != nil, !isTooSoon else {
                return SaslHandshakeResponse(errorCode: .illegalSaslState)
            }
            session.lastLogin = now
        }
        guard let mechanism = SaslMechanism(rawValue: request.mechanism), offered.contains(mechanism) else {
            session.isEnding = true
            return SaslHandshakeResponse(
                errorCode: .unsupportedSaslMechanism, mechanisms: offered.map(\.rawValue))
        }
        if let earlier = session.mechanism, earlier != mechanism {
            session.sasl = .badMechanism
        } else {
            session.sasl = .chosen(mechanism)
        }
        session.sendsBareTokens = call.version == 0
        return SaslHandshakeResponse(mechanisms: offered.map(\.rawValue))
    }

    mutating func saslAuthenticate(_ request: SaslAuthenticateRequest, _ call: Call) -> SaslAuthenticateResponse {
        do throws(LoginFailure) {
            return try takeToken(request.authBytes)
        } catch {
            session.isEnding = true
            return SaslAuthenticateResponse(errorCode: .saslAuthenticationFailed, errorMessage: error.message)
        }
    }

    /// A token without a header, as clients of old send it. A failure is not explained.
    mutating func bareToken(_ bytes: [UInt8]) -> SimulatedOutcome {
        guard let answer = try? takeToken(bytes), answer.errorCode == .none else { return .close }
        let length = UInt32(clamping: answer.authBytes.count)
        return .answer((0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) } + answer.authBytes)
    }

    /// Whether the next frame is a token without a header.
    var awaitsBareToken: Bool {
        guard session.sendsBareTokens else { return false }
        switch session.sasl {
        case .chosen, .challenged, .bearerRefused: return true
        case .new, .required, .badMechanism, .done: return false
        }
    }

    private mutating func takeToken(_ bytes: [UInt8]) throws(LoginFailure) -> SaslAuthenticateResponse {
        switch session.sasl {
        case .chosen(.plain): return try plainLogin(bytes)
        case .chosen(.oauthBearer): return try bearerLogin(bytes)
        case .chosen(let mechanism): return try scramChallenge(mechanism, bytes)
        case .challenged(let server):
            guard let last = server.finish(bytes) else { throw Self.refusal(server.hash) }
            return try scramLogin(server, last)
        case .bearerRefused(let message):
            guard bytes == [1] else { return try bearerLogin(bytes) }
            throw LoginFailure(message)
        case .new, .required, .badMechanism, .done:
            return SaslAuthenticateResponse(
                errorCode: .illegalSaslState,
                errorMessage: "SaslAuthenticate request received after successful authentication")
        }
    }

    /// - Parameter credentialEnds: when the credential itself is over, in the cluster's time.
    mutating func loggedIn(
        as principal: String, by mechanism: SaslMechanism, isToken: Bool = false, until credentialEnds: Duration? = nil,
        _ last: [UInt8] = []
    ) throws(LoginFailure) -> SaslAuthenticateResponse {
        if session.mechanism != nil, session.principal != principal {
            let (before, after) = (session.principal, principal)
            throw LoginFailure(
                "Cannot change principals during re-authentication from \(Self.dotted(before)): \(Self.dotted(after))")
        }
        session.sasl = .done
        session.mechanism = mechanism
        session.principal = principal
        session.isTokenLogin = isToken
        let lifetime = [configuration.saslSessionLifetime, credentialEnds.map { max(.zero, $0 - now) }]
            .compactMap(\.self).min()
        session.endsAt = lifetime.map { now + $0 }
        return SaslAuthenticateResponse(
            errorMessage: "", authBytes: last, sessionLifetimeMs: lifetime?.milliseconds ?? 0)
    }

    /// `User.alice`, as Kafka writes principals there.
    private static func dotted(_ principal: String) -> String {
        guard let colon = principal.firstIndex(of: ":") else { return principal }
        return "\(principal[..<colon]).\(principal[principal.index(after: colon)...])"
    }

    // MARK: PLAIN

    private mutating func plainLogin(_ bytes: [UInt8]) throws(LoginFailure) -> SaslAuthenticateResponse {
        let parts = bytes.split(separator: 0, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        guard parts.count == 3 else {
            // Java counts no further than four.
            throw LoginFailure("Invalid SASL/PLAIN response: expected 3 tokens, got \(min(parts.count, 4))")
        }
        if parts[1].isEmpty { throw LoginFailure("Authentication failed: username not specified") }
        if parts[2].isEmpty { throw LoginFailure("Authentication failed: password not specified") }
        guard configuration.users[parts[1]] == parts[2] else {
            throw LoginFailure("Authentication failed: Invalid username or password")
        }
        if !parts[0].isEmpty, parts[0] != parts[1] {
            throw LoginFailure(
                "Authentication failed: Client requested an authorization id that is different from username")
        }
        return try loggedIn(as: "User:\(parts[1])", by: .plain)
    }

    // MARK: SCRAM

    private static func refusal(_ hash: ScramServer.Hash) -> LoginFailure {
        LoginFailure(unexplained: hash == .sha256 ? .scram256 : .scram512)
    }

    private mutating func scramLogin(
        _ server: ScramServer, _ last: [UInt8]
    ) throws(LoginFailure) -> SaslAuthenticateResponse {
        let mechanism: SaslMechanism = server.hash == .sha256 ? .scram256 : .scram512
        guard server.isToken else { return try loggedIn(as: "User:\(server.user)", by: mechanism, last) }
        guard let token = image.tokens.first(where: { $0.id == server.user }) else { throw Self.refusal(server.hash) }
        let ends: Duration = .milliseconds(token.expires) - epoch
        return try loggedIn(as: token.owner, by: mechanism, isToken: true, until: ends, last)
    }

    private mutating func scramChallenge(
        _ mechanism: SaslMechanism, _ bytes: [UInt8]
    ) throws(LoginFailure) -> SaslAuthenticateResponse {
        guard let (code, hash) = mechanism.scram else { throw LoginFailure(unexplained: mechanism) }
        guard let first = ScramServer.First(bytes) else { throw Self.refusal(hash) }
        guard let credential = credential(of: first, code, hash) else { throw Self.refusal(hash) }
        guard first.authorizationID.isEmpty || first.authorizationID == first.user else {
            throw LoginFailure(
                "Authentication failed: Client requested an authorization id that is different from username")
        }
        let server = ScramServer(
            hash, first, nonce: random.uuid().description, salt: credential.salt,
            iterations: credential.iterations, credential.saltedPassword)
        session.sasl = .challenged(server)
        return SaslAuthenticateResponse(errorMessage: "", authBytes: Array(server.serverFirst.utf8))
    }

    /// From the users that clients made, the configured ones, or the delegation tokens.
    private func credential(of first: ScramServer.First, _ code: Int8, _ hash: ScramServer.Hash) -> ScramCredential? {
        if !first.isToken, let known = image.scramUsers[first.user]?[code] { return known }
        let password: [UInt8]?
        if first.isToken {
            let clock = wallClock
            password = image.tokens.first { $0.id == first.user && $0.expires >= clock }
                .map { Array(ScramServer.base64($0.hmac).utf8) }
        } else {
            password = configuration.users[first.user].map { Array($0.utf8) }
        }
        let salt = Array("opsrun \(first.user)".utf8)
        guard let password,
            let salted = ScramServer.saltedPassword(hash, password, salt: salt, iterations: Self.scramIterations)
        else { return nil }
        return ScramCredential(iterations: Self.scramIterations, salt: salt, saltedPassword: salted)
    }
}
