import Values

/// The client's side of one SASL exchange of any mechanism: tokens in, tokens out, no I/O.
///
/// What takes time (a key to derive) is asked for as a step and handed in again; a bearer token is fetched beforehand.
struct SASLExchange: Sendable {
    enum Step: Sendable, Equatable {
        case send([UInt8])
        case derive(ScramDerivation)
        /// The broker's last word was good, as far as the mechanism can tell.
        case accepted
        /// A sentence without a final dot.
        case refused(String)
    }

    private enum State: Sendable {
        case scram(ScramExchange)
        case plain(user: String, password: String, sent: Bool)
        case bearer(token: String, extensions: [SASLExtension], BearerState)
        /// Nothing to log in with.
        case impossible
    }

    private enum BearerState: Sendable {
        case start, waiting
        /// The broker has said no; what it said.
        case toldNo(String)
    }

    private var state: State

    /// `token`: for OAUTHBEARER.
    init(_ settings: SASLSettings, token: Secret? = nil, nonce: () -> String = ScramExchange.randomNonce) {
        switch settings.credentials {
        case .password(let user, let password):
            switch settings.mechanism {
            case .scramSHA256, .scramSHA512:
                state = .scram(
                    ScramExchange(
                        hash: settings.mechanism == .scramSHA256 ? .sha256 : .sha512, user: user,
                        password: password.reveal(), nonce: nonce()))
            case .plain, .oauthBearer: state = .plain(user: user, password: password.reveal(), sent: false)
            }
        case .delegationToken(let id, let hmac):
            state = .scram(
                ScramExchange(
                    hash: settings.mechanism == .scramSHA512 ? .sha512 : .sha256, user: id, password: hmac.reveal(),
                    isToken: true, nonce: nonce()))
        case .bearer(_, let extensions):
            state = token.map { .bearer(token: $0.reveal(), extensions: extensions, .start) } ?? .impossible
        }
    }

    mutating func begin() -> Step {
        switch state {
        case .scram(var exchange):
            let step = exchange.begin()
            state = .scram(exchange)
            return Self.step(step)
        case .plain(let user, let password, _):
            // NUL separates the parts, so none may hold one; brokers refuse empty ones.
            guard !user.isEmpty, !password.isEmpty, !(user + password).utf8.contains(0) else {
                return .refused("PLAIN needs a user and a password that are not empty and hold no NUL")
            }
            state = .plain(user: user, password: password, sent: true)
            return .send([0] + Array(user.utf8) + [0] + Array(password.utf8))
        case .bearer(let token, let extensions, _):
            guard Self.isBearerToken(token) else {
                return .refused("the token holds characters that no bearer token has")
            }
            state = .bearer(token: token, extensions: extensions, .waiting)
            return .send(Self.bearerMessage(token, extensions))
        case .impossible: return .refused("there is no bearer token to log in with")
        }
    }

    mutating func received(_ bytes: [UInt8]) -> Step {
        switch state {
        case .scram(var exchange):
            let step = exchange.received(bytes)
            state = .scram(exchange)
            return Self.step(step)
        case .plain:
            return bytes.isEmpty ? .accepted : .refused("the broker answers PLAIN with bytes that mean nothing")
        case .bearer(_, let extensions, .waiting):
            if bytes.isEmpty { return .accepted }
            // The broker explains in JSON, and refuses when it has got its one byte of acknowledgement (RFC 7628, 3.2.3).
            let said = PeerText.shown(String(decoding: bytes.prefix(4 * PeerText.limit), as: UTF8.self))
            state = .bearer(token: "", extensions: extensions, .toldNo(said))
            return .send([1])
        case .bearer(_, _, .toldNo(let said)): return .refused("the broker says \(said)")
        case .bearer(_, _, .start), .impossible: return .refused("the broker spoke before it was given a token")
        }
    }

    mutating func derived(_ saltedPassword: [UInt8]?) -> Step {
        guard case .scram(var exchange) = state else { return .refused("a SCRAM key came out of turn") }
        let step = exchange.derived(saltedPassword)
        state = .scram(exchange)
        return Self.step(step)
    }

    /// The first message of OAUTHBEARER (RFC 7628, section 3.1).
    private static func bearerMessage(_ token: String, _ extensions: [SASLExtension]) -> [UInt8] {
        var message = Array("n,,\u{1}auth=Bearer \(token)\u{1}".utf8)
        for item in extensions { message += Array("\(item.name)=\(item.value)\u{1}".utf8) }
        return message + [1]
    }

    /// What the broker told about its refusal before it refused (OAUTHBEARER).
    var explanation: String? {
        if case .bearer(_, _, .toldNo(let said)) = state { said } else { nil }
    }

    static func isBearerToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                    || "-_~+/.=*".utf8.contains($0)
            }
    }

    private static func step(_ step: ScramExchange.Step) -> Step {
        switch step {
        case .send(let bytes): .send(bytes)
        case .derive(let derivation): .derive(derivation)
        case .accepted: .accepted
        case .refused(let reason): .refused(reason)
        }
    }
}
