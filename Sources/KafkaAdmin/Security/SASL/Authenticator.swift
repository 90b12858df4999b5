internal import KafkaWire
import Values

/// The Kafka side of one login: SaslHandshake, then SaslAuthenticate until the mechanism is through (KIP-43, KIP-152).
/// Requests out, answers in, no I/O; the connection numbers the requests.
struct Authenticator {
    /// The longest session that is believed, so that no broker's number overflows a clock (KAFKA-14604).
    static let longestSession: Duration = .seconds(365 * 86_400)
    /// Tokens that a broker may send: SCRAM needs two.
    static let roundLimit = 8

    enum Step {
        case send(frame: [UInt8], api: APIKey, version: Int16)
        case derive(ScramDerivation)
        /// How long the session lasts; nil: as long as the connection.
        case done(session: Duration?)
        case fail(KafkaError)
    }

    private enum State {
        case start, shakingHands, exchanging
        /// The mechanism is content.
        case accepted
    }

    private let settings: SASLSettings
    private let address: String
    private let clientID: String
    private let table: VersionTable
    private var exchange: SASLExchange
    private var state = State.start
    private var version: Int16 = 0
    private var rounds = 0
    private var lifetime: Int64 = 0

    init(_ settings: SASLSettings, token: Secret?, address: String, clientID: String, table: VersionTable) {
        self.settings = settings
        self.address = address
        self.clientID = clientID
        self.table = table
        exchange = SASLExchange(settings, token: token)
    }

    mutating func begin() -> Step {
        do throws(KafkaError) {
            // Version 0 means bare tokens, which no supported release needs.
            let handshake = try table.choose(.saslHandshake, client: 1...1, address: address)
            version = try table.choose(
                .saslAuthenticate, client: SaslAuthenticateRequest.versions, address: address)
            state = .shakingHands
            return request(SaslHandshakeRequest(mechanism: settings.mechanism.rawValue), version: handshake)
        } catch {
            return .fail(
                refusal(
                    "\(address) does not know SASL as Kafka has spoken it since 1.0",
                    "Name a SASL listener in the bootstrap addresses, or set security.protocol to PLAINTEXT or SSL.",
                    causes: [error.message]))
        }
    }

    mutating func received(_ payload: [UInt8]) -> Step {
        do throws(WireError) {
            switch state {
            case .shakingHands:
                let answer = try ResponseFrame.decode(SaslHandshakeResponse.self, version: 1, from: payload).body
                return shookHands(answer)
            case .exchanging, .accepted:
                let answer = try ResponseFrame.decode(SaslAuthenticateResponse.self, version: version, from: payload)
                return answered(answer.body)
            case .start: return .fail(refusal("\(address) answered before it was asked", nil))
            }
        } catch {
            return .fail(
                KafkaError(
                    .malformed, "The answer of \(address) to the SASL login cannot be read",
                    nextAction: "Check that a Kafka broker listens there.", address: address, causes: ["\(error)"]))
        }
    }

    mutating func derived(_ saltedPassword: [UInt8]?) -> Step { next(exchange.derived(saltedPassword)) }

    // MARK: Answers

    private mutating func shookHands(_ answer: SaslHandshakeResponse) -> Step {
        switch answer.errorCode {
        case .none:
            state = .exchanging
            return next(exchange.begin())
        case .unsupportedSaslMechanism:
            let offered = answer.mechanisms.prefix(Self.shownMechanisms).map { PeerText.shown($0) }
            let list = offered.isEmpty ? "none" : offered.joined(separator: ", ")
            return .fail(
                refusal(
                    "\(address) does not offer the SASL mechanism \(settings.mechanism.rawValue) on this listener; it "
                        + "offers \(list)",
                    offered.isEmpty
                        ? "Name another listener of the cluster."
                        : "Set sasl.mechanism to one of them, with its credentials in sasl.jaas.config."))
        case .illegalSaslState:
            return .fail(
                refusal(
                    "\(address) takes no SASL login: it is a PLAINTEXT or SSL listener",
                    "Set security.protocol to PLAINTEXT or SSL, or name the port of a SASL listener."))
        default:
            return .fail(
                refusal(
                    "\(address) refused the SASL handshake with \(answer.errorCode.name)",
                    "Look into the broker's log."))
        }
    }

    private mutating func answered(_ answer: SaslAuthenticateResponse) -> Step {
        guard answer.errorCode == .none else { return .fail(refused(answer)) }
        if answer.sessionLifetimeMs > 0 { lifetime = answer.sessionLifetimeMs }
        rounds += 1
        guard rounds <= Self.roundLimit else {
            return .fail(refusal("\(address) does not come to an end with the SASL login", nil))
        }
        return next(exchange.received(answer.authBytes))
    }

    private mutating func next(_ step: SASLExchange.Step) -> Step {
        switch step {
        case .send(let bytes): return request(SaslAuthenticateRequest(authBytes: bytes), version: version)
        case .derive(let derivation): return .derive(derivation)
        case .accepted:
            state = .accepted
            guard lifetime > 0 else { return .done(session: nil) }
            let longest = Self.longestSession.components.seconds * 1000
            return .done(session: .milliseconds(min(lifetime, longest)))
        case .refused(let reason):
            return .fail(
                refusal("The \(settings.mechanism.rawValue) login at \(address)\(who) failed: \(reason)", hint))
        }
    }

    private static let shownMechanisms = 16

    private func refused(_ answer: SaslAuthenticateResponse) -> KafkaError {
        let message = answer.errorMessage.map { PeerText.shown($0) } ?? ""
        let said = message.isEmpty ? answer.errorCode.name : message
        let detail = exchange.explanation.map { " (\($0))" } ?? ""
        return refusal(
            "\(address) refused the \(settings.mechanism.rawValue) login\(who): \(said)\(detail)", hint)
    }

    private var who: String { settings.user.map { " of \(PeerText.shown($0))" } ?? "" }

    private var hint: String {
        switch settings.credentials {
        case .password:
            settings.mechanism == .plain
                ? "Check username and password in sasl.jaas.config."
                : "Check username and password in sasl.jaas.config, and that the user has "
                    + "\(settings.mechanism.rawValue) credentials in this cluster."
        case .delegationToken:
            "Check that the delegation token has not expired, and its id and HMAC in sasl.jaas.config."
        case .bearer:
            "Check the token's issuer, audience, scope and expiry against what the listener wants, and the clocks."
        }
    }

    private func refusal(_ message: String, _ nextAction: String?, causes: [String] = []) -> KafkaError {
        KafkaError(.authentication, message, nextAction: nextAction, address: address, causes: causes)
    }

    private func request<Request: KafkaRequest>(_ request: Request, version: Int16) -> Step {
        do throws(WireError) {
            let frame = try RequestFrame.encode(request, version: version, correlationId: 0, clientId: clientID)
            return .send(frame: frame, api: Request.apiKey, version: version)
        } catch {
            return .fail(
                KafkaError(
                    .configuration, "\(Request.apiKey) cannot be written", address: address, causes: ["\(error)"])
            )
        }
    }
}
