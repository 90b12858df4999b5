internal import KafkaWire
import Values

/// Logging in, before the first call and again before the session ends (KIP-368).
///
/// A session is renewed at 85 to 95 % of its life, by the next call that comes then, as Java's client does it: an idle
/// connection is left alone, and its next call renews the session first. Calls wait meanwhile; those in flight are
/// answered first; a broker accepts no renewal within a second of the last login.
extension ConnectionStateMachine {
    /// How long a renewal may take.
    static let renewalLimit: Duration = .seconds(30)
    /// Between the beginnings of two logins on one connection.
    static let loginInterval: Duration = .seconds(1)

    /// How this connection logs in.
    struct Login {
        var settings: SASLSettings
        /// For OAUTHBEARER; used up by each login.
        var token: Secret?
        /// At which part of a session's life it is renewed: 0.85 to 0.95, different for each connection.
        var renewalPoint: Double

        init(settings: SASLSettings, token: Secret? = nil, renewalPoint: Double = 0.9) {
            self.settings = settings
            self.token = token
            self.renewalPoint = min(0.95, max(0.85, renewalPoint))
        }

        var isReady: Bool { if case .bearer = settings.credentials { token != nil } else { true } }
    }

    /// A login under way.
    struct Authentication {
        var authenticator: Authenticator
        /// Of the request that has no answer yet.
        var correlation: Int32?
        let startedAt: Duration
        let deadline: Duration
        /// What the broker said about itself; nil in a renewal.
        let versions: ApiVersionsResponse?
    }

    struct Session {
        var renewsAt: Duration
        var endsAt: Duration
    }

    /// Whether the next call renews the session; a bearer token for it is wanted (`provide`).
    func isRenewalDue(_ now: Duration) -> Bool {
        guard let session, case .open = state, authentication == nil else { return false }
        return session.renewsAt <= now
    }

    /// Whether the broker would close the connection instead of answering.
    func hasExpired(_ now: Duration) -> Bool { session.map { $0.endsAt <= now } ?? false }

    mutating func provide(_ token: Secret) { login?.token = token }

    /// The first login, after ApiVersions.
    mutating func logIn(_ login: Login, _ versions: ApiVersionsResponse, deadline: Duration, now: Duration) -> [Action]
    {
        state = .authenticating
        table = VersionTable(versions)
        return start(login, now: now, deadline: deadline, versions: versions)
    }

    /// The login again; nothing is in flight.
    mutating func renew(_ now: Duration) -> [Action] {
        guard let login else { return [] }
        guard login.isReady else {
            return fail(
                KafkaError(
                    .unreachable, "The session with \(address) has ended and there is no token for a new one",
                    address: address))
        }
        return start(login, now: now, deadline: now + Self.renewalLimit, versions: nil)
    }

    /// Nil when the frame belongs to no login.
    mutating func authenticating(_ payload: [UInt8], now: Duration) -> [Action]? {
        guard var current = authentication, let expected = current.correlation else { return nil }
        guard let found = try? ResponseFrame.correlationId(of: payload) else {
            return fail(
                KafkaError(.unreachable, "\(address) sent an answer of \(payload.count) bytes", address: address))
        }
        guard found == expected else { return fail(mismatch(expected: expected, found: found)) }
        current.correlation = nil
        let step = current.authenticator.received(payload)
        authentication = current
        return perform(step, now: now)
    }

    /// The key that was asked for; nil: it could not be computed.
    mutating func derived(_ saltedPassword: [UInt8]?, now: Duration) -> [Action] {
        guard var current = authentication, current.correlation == nil else { return [] }
        let step = current.authenticator.derived(saltedPassword)
        authentication = current
        return perform(step, now: now)
    }

    /// The end of a login that takes too long.
    mutating func checkLogin(_ now: Duration) -> [Action]? {
        guard let authentication, authentication.deadline <= now else { return nil }
        return fail(
            KafkaError(
                .unreachable, "\(address) did not finish the SASL login in time",
                nextAction: "Check that the broker is not overloaded, and what it asks for its logins.",
                address: address))
    }

    private mutating func start(
        _ login: Login, now: Duration, deadline: Duration, versions: ApiVersionsResponse?
    ) -> [Action] {
        guard let table else { return [] }
        var authenticator = Authenticator(
            login.settings, token: login.token, address: address, clientID: identity.clientID, table: table)
        self.login?.token = nil
        let step = authenticator.begin()
        isDraining = false
        authentication = Authentication(
            authenticator: authenticator, startedAt: now, deadline: deadline, versions: versions)
        return perform(step, now: now)
    }

    private mutating func perform(_ step: Authenticator.Step, now: Duration) -> [Action] {
        switch step {
        case .send(let frame, _, _):
            let correlation = nextCorrelation()
            authentication?.correlation = correlation
            return [.send(Self.stamped(frame, correlation))]
        case .derive(let derivation): return [.derive(derivation)]
        case .fail(let error): return fail(error)
        case .done(let length):
            guard let finished = authentication else { return [] }
            authentication = nil
            session = length.map { length in
                let point = now + length * (login?.renewalPoint ?? 0.9)
                return Session(
                    renewsAt: max(point, finished.startedAt + Self.loginInterval), endsAt: now + length)
            }
            state = .open
            let opened = finished.versions.map { [Action.opened($0)] } ?? []
            return opened + sendWaiting(now)
        }
    }
}
