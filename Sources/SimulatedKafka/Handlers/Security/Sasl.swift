import KafkaWire

// SaslHandshake (17), SaslAuthenticate (36): PLAIN and SCRAM on the brokers' listener, when the cluster asks for it.
//
// Behaviour: before the login only ApiVersions and these are answered, anything else closes the connection; a failed login
// is answered, and closes it. A later login on the same connection is only for who has a session that ends (KIP-368).

/// How far a connection's login has come.
enum SaslState: Sendable {
    /// Nothing has been asked yet.
    case new
    /// A mechanism has to be chosen.
    case required
    case chosen(SaslMechanism)
    case challenged(ScramServer)
    /// Logged in, or nobody has to.
    case done
}

package enum SaslMechanism: String, Sendable, Hashable, CaseIterable {
    case plain = "PLAIN"
    case scram256 = "SCRAM-SHA-256"
    case scram512 = "SCRAM-SHA-512"

    /// With the protocol's numbers for SCRAM.
    fileprivate var scram: (code: Int8, hash: ScramServer.Hash)? {
        switch self {
        case .plain: nil
        case .scram256: (1, .sha256)
        case .scram512: (2, .sha512)
        }
    }
}

extension ClusterModel {
    private static let scramIterations: Int32 = 4096

    private struct LoginFailure: Error {
        let message: String
    }

    /// Whether a request may be answered before the login.
    mutating func isAdmitted(_ key: APIKey, _ call: Call) -> Bool {
        if case .new = session.sasl {
            let isSecured = call.listener == .broker && !configuration.saslMechanisms.isEmpty
            session.sasl = isSecured ? .required : .done
        }
        if case .done = session.sasl {
            if let ends = session.endsAt, now >= ends { return key == .saslHandshake || key == .saslAuthenticate }
            return true
        }
        return [.apiVersions, .saslHandshake, .saslAuthenticate].contains(key)
    }

    mutating func saslHandshake(_ request: SaslHandshakeRequest, _ call: Call) -> SaslHandshakeResponse {
        if case .done = session.sasl, session.endsAt == nil {
            return SaslHandshakeResponse(errorCode: .illegalSaslState)
        }
        let offered = configuration.saslMechanisms
        guard let mechanism = SaslMechanism(rawValue: request.mechanism), offered.contains(mechanism) else {
            session.isEnding = true
            return SaslHandshakeResponse(
                errorCode: .unsupportedSaslMechanism, mechanisms: offered.map(\.rawValue))
        }
        session.sasl = .chosen(mechanism)
        return SaslHandshakeResponse(mechanisms: offered.map(\.rawValue))
    }

    mutating func saslAuthenticate(_ request: SaslAuthenticateRequest, _ call: Call) -> SaslAuthenticateResponse {
        do throws(LoginFailure) {
            switch session.sasl {
            case .chosen(.plain): return try plainLogin(request.authBytes)
            case .chosen(let mechanism): return try scramChallenge(mechanism, request.authBytes)
            case .challenged(let server):
                guard let last = server.finish(request.authBytes) else { throw Self.refusal(server.hash) }
                return loggedIn(server.user, isToken: server.isToken, last)
            case .new, .required, .done:
                return SaslAuthenticateResponse(
                    errorCode: .illegalSaslState,
                    errorMessage: "SaslAuthenticate request received after successful authentication")
            }
        } catch {
            session.isEnding = true
            return SaslAuthenticateResponse(errorCode: .saslAuthenticationFailed, errorMessage: error.message)
        }
    }

    private mutating func loggedIn(
        _ user: String, isToken: Bool = false, _ last: [UInt8] = []
    ) -> SaslAuthenticateResponse {
        session.sasl = .done
        session.principal = "User:\(user)"
        session.isTokenLogin = isToken
        if isToken, let owner = image.tokens.first(where: { $0.id == user })?.owner { session.principal = owner }
        let lifetime = configuration.saslSessionLifetime
        session.endsAt = lifetime.map { now + $0 }
        return SaslAuthenticateResponse(
            errorMessage: nil, authBytes: last, sessionLifetimeMs: lifetime?.milliseconds ?? 0)
    }

    // MARK: PLAIN

    private mutating func plainLogin(_ bytes: [UInt8]) throws(LoginFailure) -> SaslAuthenticateResponse {
        let parts = bytes.split(separator: 0, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        guard parts.count == 3 else {
            throw LoginFailure(
                message:
                    "Authentication failed during authentication due to invalid credentials with SASL mechanism PLAIN")
        }
        if parts[1].isEmpty { throw LoginFailure(message: "Authentication failed: username not specified") }
        if parts[2].isEmpty { throw LoginFailure(message: "Authentication failed: password not specified") }
        guard configuration.users[parts[1]] == parts[2] else {
            throw LoginFailure(message: "Authentication failed: Invalid username or password")
        }
        if !parts[0].isEmpty, parts[0] != parts[1] {
            throw LoginFailure(
                message: "Authentication failed: Client requested an authorization id that is different from username")
        }
        return loggedIn(parts[1])
    }

    // MARK: SCRAM

    private static func refusal(_ hash: ScramServer.Hash) -> LoginFailure {
        let name = (hash == .sha256 ? SaslMechanism.scram256 : .scram512).rawValue
        return LoginFailure(
            message:
                "Authentication failed during authentication due to invalid credentials with SASL mechanism \(name)")
    }

    private mutating func scramChallenge(
        _ mechanism: SaslMechanism, _ bytes: [UInt8]
    ) throws(LoginFailure) -> SaslAuthenticateResponse {
        guard let (code, hash) = mechanism.scram else { throw LoginFailure(message: "") }
        guard let first = ScramServer.First(bytes), let credential = credential(of: first, code, hash) else {
            throw Self.refusal(hash)
        }
        let server = ScramServer(
            hash, first, nonce: random.uuid().description, salt: credential.salt,
            iterations: credential.iterations, credential.saltedPassword)
        session.sasl = .challenged(server)
        return SaslAuthenticateResponse(errorMessage: nil, authBytes: Array(server.serverFirst.utf8))
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
