/// What a node knows of a connection. The transport keeps it and gives it back with every request.
package struct ClientSession: Sendable {
    /// Who asks, as authorizers and quotas name it: `User:alice`.
    var principal = ClientSession.anonymous
    var sasl = SaslState.new
    /// By what mechanism who asks has logged in; nil for not yet.
    var mechanism: SaslMechanism?
    /// When the last login but the first began.
    var lastLogin: Duration?
    /// Whether the versions were asked for before the login, which may be done once.
    var hasAskedVersions = false
    /// Whether the parts of a login come without headers.
    var sendsBareTokens = false
    /// Whether who asks has logged in with a delegation token.
    var isTokenLogin = false
    /// When the session ends, unless the client logs in again; nil for never.
    var endsAt: Duration?
    /// Whether the connection is to be closed after this answer.
    var isEnding = false
    /// The member of a group whose request is being held: what it has done already, like making the member, is not to be done
    /// another time when it is asked again.
    var heldMember: String?

    static let anonymous = "User:ANONYMOUS"
    /// Where clients come from, as Kafka shows it: every transport here is local.
    static let host = "/127.0.0.1"

    package init() {}

    /// A connection that TLS has been agreed on for; the subject is that of the client's certificate.
    package init(certificateOf subject: String) { principal = "User:\(subject)" }

    /// A connection whose login is over.
    package init(principal: String) {
        self.principal = principal
        sasl = .done
    }
}
