package import EventLoop

/// What `client.properties` or the `security:` of an inventory says about connections to a cluster.
package struct ClientConfiguration: Sendable {
    package var securityProtocol = SecurityProtocol.plaintext
    /// Present when the protocol has TLS.
    package var tls: TLSSettings?
    /// Present when the protocol has SASL.
    package var login: LoginSettings?
    package var bootstrap: [BrokerAddress] = []
    package var bootstrapControllers: [BrokerAddress] = []
    package var clientID: String?
    package var requestTimeout: Duration?
    package var totalTimeout: Duration?
    package var connectTimeout: Duration?
    package var connectTimeoutLimit: Duration?
    package var retries: Int?
    package var rebootstraps: Bool?
    package var rebootstrapAfter: Duration?
    package var buffers = SocketBuffers()
    package var retryBackoff: Backoff?
    package var reconnectBackoff: Backoff?
    package var idleLimit: Duration?
    package var viewAge: Duration?
    /// Unknown keys, and settings that mean nothing here.
    package var warnings: [ConfigurationProblem] = []

    package init() {}

    /// Puts everything that is said here over `settings`; addresses only where it has none. `time`: the client's clock.
    package func apply(to settings: inout AdminClientSettings, time: any TimeSource) {
        if settings.bootstrap.isEmpty { settings.bootstrap = bootstrap }
        if settings.bootstrapControllers.isEmpty { settings.bootstrapControllers = bootstrapControllers }
        if let clientID { settings.identity.clientID = clientID }
        if let requestTimeout { settings.requestTimeout = requestTimeout }
        if let totalTimeout { settings.totalTimeout = totalTimeout }
        if let firstAnswer { settings.firstAnswer = firstAnswer }
        if let connectTimeout { settings.connectTimeout = connectTimeout }
        if let connectTimeoutLimit { settings.connectTimeoutLimit = connectTimeoutLimit }
        if let retries { settings.retries = retries }
        if let rebootstraps { settings.rebootstraps = rebootstraps }
        if let rebootstrapAfter { settings.rebootstrapAfter = rebootstrapAfter }
        settings.buffers = buffers
        if let retryBackoff { settings.retryBackoff = retryBackoff }
        if let reconnectBackoff { settings.reconnectBackoff = reconnectBackoff }
        if let idleLimit { settings.idleLimit = idleLimit }
        if let viewAge { settings.viewAge = viewAge }
        settings.tls = tls
        settings.sasl = login?.sasl(time: time)
    }

    /// How long the cluster may take to answer for the first time: as long as any call where that is said; at least as long
    /// as one attempt.
    private var firstAnswer: Duration? {
        if let totalTimeout { return totalTimeout }
        guard let requestTimeout, requestTimeout > .seconds(10) else { return nil }
        return requestTimeout
    }
}

/// Kafka's `security.protocol`.
package enum SecurityProtocol: String, Sendable, Hashable, CaseIterable {
    case plaintext = "PLAINTEXT"
    case ssl = "SSL"
    case saslPlaintext = "SASL_PLAINTEXT"
    case saslSSL = "SASL_SSL"

    package var hasTLS: Bool { self == .ssl || self == .saslSSL }
    package var hasSASL: Bool { self == .saslPlaintext || self == .saslSSL }
}

/// Mechanism and credentials as they were configured; where tokens come from is not opened yet.
package enum LoginSettings: Sendable {
    /// User and password, or a delegation token.
    case direct(SASLSettings)
    case bearer(BearerSettings)

    package var mechanism: SASLMechanism {
        switch self {
        case .direct(let settings): settings.mechanism
        case .bearer: .oauthBearer
        }
    }

    /// For one client: its connections share one cache of tokens.
    package func sasl(time: any TimeSource) -> SASLSettings {
        switch self {
        case .direct(let settings): settings
        case .bearer(let settings):
            SASLSettings(
                mechanism: .oauthBearer,
                credentials: .bearer(TokenCache(settings, time: time), extensions: settings.extensions))
        }
    }
}
