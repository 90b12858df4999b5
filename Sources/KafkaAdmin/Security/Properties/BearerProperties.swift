import EventLoop
import Values

/// The settings of OAUTHBEARER: keys of Kafka 4.1 and later, the options of the login module before, and opsrun's own for
/// a token from a command.
struct BearerProperties {
    private var endpoint: String?
    private var scope: String?
    private var clientID: String?
    private var clientSecret: Secret?
    private var encodesHeader = false
    private var command: [String]?
    private var certificateAuthorities: String?
    private var connectTimeout: Duration?
    private var readTimeout: Duration?
    private var shape = BearerSettings(source: .file(""))

    private static let endpointKey = "sasl.oauthbearer.token.endpoint.url"
    private static let commandKey = "sasl.oauthbearer.token.command"
    private static let package = "org.apache.kafka.common.security.oauthbearer."

    static func read(_ reader: inout PropertyReader) -> BearerProperties {
        var found = BearerProperties()
        found.endpoint = reader.nonEmpty(endpointKey)
        found.scope = reader.nonEmpty("sasl.oauthbearer.scope")
        found.clientID = reader.nonEmpty("sasl.oauthbearer.client.credentials.client.id")
        found.clientSecret = reader.secret("sasl.oauthbearer.client.credentials.client.secret")
        found.encodesHeader = reader.flag("sasl.oauthbearer.header.urlencode") ?? false
        found.command = reader.nonEmpty(commandKey)?.split { $0 == " " || $0 == "\t" }.map(String.init)
        // librdkafka's name for the CAs of token endpoints; Java takes those of its machine.
        found.certificateAuthorities = reader.nonEmpty("https.ca.location")
        found.connectTimeout = reader.milliseconds("sasl.login.connect.timeout.ms", from: 1)
        found.readTimeout = reader.milliseconds("sasl.login.read.timeout.ms", from: 1)
        if let factor = reader.number("sasl.login.refresh.window.factor", 0.5...1) { found.shape.windowFactor = factor }
        if let jitter = reader.number("sasl.login.refresh.window.jitter", 0...0.25) {
            found.shape.windowJitter = jitter
        }
        if let period = reader.seconds("sasl.login.refresh.min.period.seconds", 0...900) {
            found.shape.minimumPeriod = period
        }
        if let buffer = reader.seconds("sasl.login.refresh.buffer.seconds", 0...3600) { found.shape.buffer = buffer }
        if let wait = reader.milliseconds("sasl.login.retry.backoff.ms") { found.shape.retryBackoff = wait }
        if let limit = reader.milliseconds("sasl.login.retry.backoff.max.ms") { found.shape.retryLimit = limit }
        checkClasses(&reader)
        for key in ofBrokers { reader.know(key) }
        return found
    }

    /// The classes that Kafka's own clients are told to use are known by name; what they do is done here.
    private static func checkClasses(_ reader: inout PropertyReader) {
        let handlers = ["OAuthBearerLoginCallbackHandler", "secured.OAuthBearerLoginCallbackHandler"]
        let retrievers = ["DefaultJwtRetriever", "ClientCredentialsJwtRetriever", "FileJwtRetriever"]
        let validators = ["DefaultJwtValidator", "ClientJwtValidator"]
        for (key, names) in [
            ("sasl.login.callback.handler.class", handlers), ("sasl.oauthbearer.jwt.retriever.class", retrievers),
            ("sasl.oauthbearer.jwt.validator.class", validators),
        ] {
            guard let name = reader.nonEmpty(key), !names.contains(where: { package + $0 == name }) else { continue }
            reader.problem(
                key, "\(key) names the class \(PeerText.shown(name)), which needs Java",
                hint: "a token can come from \(endpointKey) (https or file) or from \(commandKey)")
        }
        for key in assertionKeys where reader.nonEmpty(key) != nil {
            reader.problem(
                key, "\(key) belongs to the jwt-bearer grant, which opsrun does not speak",
                hint: "use client credentials, or \(commandKey)")
        }
    }

    /// `options` are those of the login module.
    func settings(options: [String: String], _ reader: inout PropertyReader) -> BearerSettings? {
        guard let source = source(options, &reader) else { return nil }
        var settings = shape
        settings.source = source
        for (name, value) in options.sorted(by: { $0.key < $1.key }) where name.hasPrefix("extension_") {
            let bare = String(name.dropFirst("extension_".count))
            guard let item = SASLExtension(name: bare, value: value) else {
                reader.problem(
                    "sasl.jaas.config", "sasl.jaas.config: the extension \(PeerText.shown(bare)) is not allowed",
                    hint: "a name has letters only and is not auth; a value is printable ASCII")
                continue
            }
            settings.extensions.append(item)
        }
        return settings
    }

    private func source(_ options: [String: String], _ reader: inout PropertyReader) -> BearerSettings.Source? {
        if let command {
            guard endpoint == nil else {
                reader.problem(
                    Self.commandKey, "\(Self.commandKey) and \(Self.endpointKey) are both set", hint: "set one of them")
                return nil
            }
            return .command(command)
        }
        guard let endpoint else { return unsecured(options, &reader) }
        if endpoint.lowercased().hasPrefix("file:") {
            let path = String(endpoint.dropFirst(5).drop { $0 == "/" })
            return .file("/" + path)
        }
        guard let host = Self.host(of: endpoint) else {
            reader.wrong(Self.endpointKey, "is an https, http or file URL")
            return nil
        }
        if endpoint.lowercased().hasPrefix("http:"), !["localhost", "127.0.0.1", "[::1]"].contains(host) {
            reader.warn(
                Self.endpointKey, "\(Self.endpointKey) is http: the client's secret is readable on the network",
                hint: "use https")
        }
        guard let id = clientID ?? options["clientId"], !id.isEmpty else {
            reader.problem(
                Self.endpointKey, "the token endpoint needs a client id",
                hint: "set sasl.oauthbearer.client.credentials.client.id, or the option clientId in sasl.jaas.config")
            return nil
        }
        guard let secret = clientSecret ?? options["clientSecret"].map({ Secret($0, origin: "sasl.jaas.config") })
        else {
            reader.problem(
                Self.endpointKey, "the token endpoint needs a client secret",
                hint:
                    "set sasl.oauthbearer.client.credentials.client.secret, or the option clientSecret in sasl.jaas.config"
            )
            return nil
        }
        return .clientCredentials(
            ClientCredentials(
                endpoint: endpoint, clientID: id, clientSecret: secret, scope: scope ?? options["scope"],
                encodesHeader: encodesHeader,
                certificateAuthorities: certificateAuthorities ?? options["ssl.truststore.location"],
                connectTimeout: connectTimeout, readTimeout: readTimeout))
    }

    /// The options of Kafka's login handler for development.
    private func unsecured(_ options: [String: String], _ reader: inout PropertyReader) -> BearerSettings.Source? {
        let claim = options["unsecuredLoginPrincipalClaimName"] ?? "sub"
        guard let principal = options["unsecuredLoginStringClaim_\(claim)"] else {
            reader.problem(
                "sasl.mechanism", "OAUTHBEARER has no source of tokens",
                hint: "set \(Self.endpointKey) (https or file), or \(Self.commandKey)")
            return nil
        }
        reader.warn("sasl.jaas.config", "the OAUTHBEARER token is not signed: only a broker for tests accepts it")
        let scopes = options["unsecuredLoginListClaim_scope"].map { list in
            // The first character is the separator.
            list.dropFirst().split(separator: list.first ?? ",").map(String.init)
        }
        let seconds = options["unsecuredLoginLifetimeSeconds"].flatMap { Int($0) } ?? 3600
        return .unsecured(
            UnsecuredToken(
                principalClaim: claim, principal: principal, scopes: scopes ?? [],
                lifetime: .seconds(min(max(1, seconds), 365 * 86_400))))
    }

    /// Nil when it is no http or https URL.
    private static func host(of url: String) -> String? {
        for scheme in ["https://", "http://"] where url.lowercased().hasPrefix(scheme) {
            let rest = url.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
            let host = rest.hasPrefix("[") ? rest.prefix { $0 != "]" } + "]" : rest.prefix { $0 != ":" }
            let isClean = url.utf8.allSatisfy { (0x21...0x7E).contains($0) }
            return host.isEmpty || !isClean || rest.contains("@") ? nil : String(host)
        }
        return nil
    }

    private static let assertionKeys = [
        "sasl.oauthbearer.assertion.algorithm", "sasl.oauthbearer.assertion.claim.aud",
        "sasl.oauthbearer.assertion.claim.exp.seconds", "sasl.oauthbearer.assertion.claim.iss",
        "sasl.oauthbearer.assertion.claim.jti.include", "sasl.oauthbearer.assertion.claim.nbf.seconds",
        "sasl.oauthbearer.assertion.claim.sub", "sasl.oauthbearer.assertion.file",
        "sasl.oauthbearer.assertion.private.key.file", "sasl.oauthbearer.assertion.private.key.passphrase",
        "sasl.oauthbearer.assertion.template.file",
    ]

    /// What only a broker does with tokens.
    private static let ofBrokers = [
        "sasl.oauthbearer.clock.skew.seconds", "sasl.oauthbearer.expected.audience", "sasl.oauthbearer.expected.issuer",
        "sasl.oauthbearer.jwks.endpoint.refresh.ms", "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms",
        "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms", "sasl.oauthbearer.jwks.endpoint.url",
        "sasl.oauthbearer.scope.claim.name", "sasl.oauthbearer.sub.claim.name",
    ]
}
