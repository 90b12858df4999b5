package import EventLoop

/// Where a cluster is and how patient the client is with it. The defaults are those of Kafka's own admin client.
package struct AdminClientSettings: Sendable {
    package var bootstrap: [BrokerAddress]
    /// Listeners of controllers; may be empty.
    package var bootstrapControllers: [BrokerAddress]
    package var identity: ClientIdentity
    /// Connections to brokers and controllers run over TLS; nil: in plaintext.
    package var tls: TLSSettings?
    /// The cluster that must answer; nil: whichever answers first.
    package var clusterID: String?
    /// How to log in; nil on PLAINTEXT and SSL listeners.
    package var sasl: SASLSettings?
    /// For one attempt at one broker.
    package var requestTimeout: Duration
    /// For a whole call with its retries, unless the call says otherwise.
    package var totalTimeout: Duration
    /// For one connect; grows with each that fails, up to `connectTimeoutLimit` (KIP-601).
    package var connectTimeout: Duration
    package var connectTimeoutLimit: Duration = .seconds(30)
    /// How often a call is tried again when that may help; its deadline, and `AdminClient.attemptLimit`, end it in any case.
    package var retries = Int.max
    /// How long the cluster may take to answer for the first time: one that is there answers at once, and whoever mistyped
    /// an address should not wait for a minute.
    package var firstAnswer: Duration = .seconds(10)
    /// Between attempts of one call.
    package var retryBackoff: Backoff
    /// Between failed connects to one broker.
    package var reconnectBackoff: Backoff
    /// Connections that were not used for so long are closed; brokers do it at ten minutes.
    package var idleLimit: Duration
    /// The list of brokers is fetched anew when it is older.
    package var viewAge: Duration
    /// Whether the bootstrap addresses are asked again when the nodes that are known do not answer (KIP-899).
    package var rebootstraps = true
    /// After so long without an answer of any of them the nodes that are known are forgotten (KIP-1102).
    package var rebootstrapAfter: Duration = .seconds(300)
    /// Of the sockets; nil: what the kernel gives.
    package var buffers = SocketBuffers()

    /// No broker is given: what controllers answer is asked of them, and nothing else can be.
    package var asksControllers: Bool { bootstrap.isEmpty && !bootstrapControllers.isEmpty }

    package init(
        bootstrap: [BrokerAddress], bootstrapControllers: [BrokerAddress] = [],
        identity: ClientIdentity = .init(), tls: TLSSettings? = nil, clusterID: String? = nil,
        sasl: SASLSettings? = nil,
        requestTimeout: Duration = .seconds(30), totalTimeout: Duration = .seconds(60),
        connectTimeout: Duration = .seconds(10),
        retryBackoff: Backoff = Backoff(base: .milliseconds(100), limit: .seconds(1)),
        reconnectBackoff: Backoff = Backoff(base: .milliseconds(50), limit: .seconds(1)),
        idleLimit: Duration = .seconds(300), viewAge: Duration = .seconds(300)
    ) {
        self.bootstrap = bootstrap
        self.bootstrapControllers = bootstrapControllers
        self.identity = identity
        self.tls = tls
        self.clusterID = clusterID
        self.sasl = sasl
        self.requestTimeout = requestTimeout
        self.totalTimeout = totalTimeout
        self.connectTimeout = connectTimeout
        self.retryBackoff = retryBackoff
        self.reconnectBackoff = reconnectBackoff
        self.idleLimit = idleLimit
        self.viewAge = viewAge
    }

    /// Reads a list of `host:port`; the error names every entry that is none.
    package static func addresses(_ texts: [String]) throws(KafkaError) -> [BrokerAddress] {
        let bad = texts.filter { BrokerAddress(text: $0) == nil }
        guard bad.isEmpty else {
            throw KafkaError(
                .configuration, "Not an address: \(bad.map { "\"\($0)\"" }.joined(separator: ", "))",
                nextAction: "Write host:port, with brackets around an IPv6 address.")
        }
        return texts.compactMap { BrokerAddress(text: $0) }
    }
}

/// Waiting times that double up to a limit, spread by ±20 % so that clients do not come back together (KIP-580).
package struct Backoff: Sendable, Hashable {
    package var base: Duration
    package var limit: Duration

    package init(base: Duration, limit: Duration) {
        self.base = base
        self.limit = limit
    }

    /// The wait before try `number` (from 0); `random` is in 0..<1.
    package func wait(before number: Int, random: Double) -> Duration {
        // 2^20 times any base is beyond any limit.
        let factor = Double(1 << min(max(number, 0), 20)) * (0.8 + 0.4 * random)
        return min(limit, base * factor)
    }
}
