package import Values

/// Where bearer tokens come from and when they are renewed.
package struct BearerSettings: Sendable {
    package enum Source: Sendable {
        /// OAuth's client credentials grant.
        case clientCredentials(ClientCredentials)
        /// A file that holds a token; it is read for each renewal.
        case file(String)
        /// A program and its arguments; it prints a token.
        case command([String])
        /// An unsigned token of our own making, as Kafka's default login handler makes it; brokers in production refuse it.
        case unsecured(UnsecuredToken)
    }

    package var source: Source
    package var extensions: [SASLExtension] = []
    /// `sasl.login.refresh.window.factor`: at which part of its life a token is renewed.
    package var windowFactor = 0.8
    /// `sasl.login.refresh.window.jitter`: up to which part of its life later than that.
    package var windowJitter = 0.05
    /// `sasl.login.refresh.min.period.seconds`: not sooner than that after it came.
    package var minimumPeriod: Duration = .seconds(60)
    /// `sasl.login.refresh.buffer.seconds`: not later than that before its end.
    package var buffer: Duration = .seconds(300)
    /// `sasl.login.retry.backoff.ms` and its `.max.ms`, which in Kafka bounds the whole time of the retries.
    package var retryBackoff: Duration = .milliseconds(100)
    package var retryLimit: Duration = .seconds(10)

    package init(source: Source) { self.source = source }
}

/// A token endpoint and who asks.
package struct ClientCredentials: Sendable {
    package var endpoint: String
    package var clientID: String
    package var clientSecret: Secret
    package var scope: String?
    /// Id and secret are URL-encoded before they become the header, as RFC 6749 wants it and many servers do not.
    package var encodesHeader: Bool
    /// A PEM file; nil: the system's CAs.
    package var certificateAuthorities: String?
    package var connectTimeout: Duration?
    package var readTimeout: Duration?

    package init(
        endpoint: String, clientID: String, clientSecret: Secret, scope: String? = nil, encodesHeader: Bool = false,
        certificateAuthorities: String? = nil, connectTimeout: Duration? = nil, readTimeout: Duration? = nil
    ) {
        self.endpoint = endpoint
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.scope = scope
        self.encodesHeader = encodesHeader
        self.certificateAuthorities = certificateAuthorities
        self.connectTimeout = connectTimeout
        self.readTimeout = readTimeout
    }
}

/// The claims of an unsigned token.
package struct UnsecuredToken: Sendable {
    package var principalClaim: String
    package var principal: String
    package var scopes: [String]
    package var lifetime: Duration

    package init(
        principalClaim: String = "sub", principal: String, scopes: [String] = [], lifetime: Duration = .seconds(3600)
    ) {
        self.principalClaim = principalClaim
        self.principal = principal
        self.scopes = scopes
        self.lifetime = lifetime
    }
}
