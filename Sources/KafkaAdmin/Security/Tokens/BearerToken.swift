import EventLoop
import Values

/// A token and how long it is good for, as far as it says so.
struct BearerToken: Sendable {
    /// Characters of the longest token that is used.
    static let lengthLimit = 64 * 1024

    let secret: Secret
    /// By the wall clock; nil: it does not say.
    let expiresAt: Duration?

    /// The expiry is the `exp` of a JSON Web Token, else `expires_in` of the answer that brought it. Nil for what is no
    /// token.
    init?(_ text: String, expiresIn: Duration? = nil, now: Duration, origin: String) {
        let text = text.trimmedASCII
        guard text.utf8.count <= Self.lengthLimit, SASLExchange.isBearerToken(text) else { return nil }
        secret = Secret(text, origin: origin)
        expiresAt = Self.expiry(of: text) ?? expiresIn.map { now + $0 }
    }

    /// The `exp` claim; nil for a token that is no JSON Web Token or has none.
    static func expiry(of token: String) -> Duration? {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let payload = Base64.decodeURL(parts[1]),
            let claims = try? JSON.parse(payload, limits: JSON.Limits(depth: 32, bytes: lengthLimit)),
            let expiry = claims["exp"]
        else { return nil }
        if let seconds = expiry.intValue { return bounded(Double(seconds)) }
        if case .float(let seconds) = expiry { return bounded(seconds) }
        return nil
    }

    /// Nil for a number of seconds that no clock holds.
    private static func bounded(_ seconds: Double) -> Duration? {
        seconds.isFinite && seconds > 0 && seconds < 1e11 ? .seconds(Int64(seconds)) : nil
    }

    /// An unsigned token (RFC 7515, appendix A.5).
    static func unsecured(_ settings: UnsecuredToken, now: Duration) -> BearerToken? {
        var claims = ValueMap()
        claims[settings.principalClaim] = .string(settings.principal)
        claims["iat"] = .int(now.components.seconds)
        claims["exp"] = .int((now + settings.lifetime).components.seconds)
        if !settings.scopes.isEmpty { claims["scope"] = .list(settings.scopes.map(Value.string)) }
        let header = Base64.encodeURL(Array(#"{"alg":"none"}"#.utf8))
        let body = Base64.encodeURL(Array(JSON.text(.map(claims)).utf8))
        return BearerToken("\(header).\(body).", now: now, origin: "sasl.jaas.config")
    }
}
