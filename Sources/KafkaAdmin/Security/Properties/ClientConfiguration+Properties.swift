import EventLoop
import Values

extension ClientConfiguration {
    /// Reads settings in Kafka's vocabulary. Reports everything that is wrong at once; unknown keys are warnings, as in
    /// Kafka. It blocks: values may refer to files.
    package init(
        _ entries: [ConfigurationEntry], environment: [String: String]
    ) throws(ConfigurationErrors) {
        self.init()
        var reader = PropertyReader(entries, environment: environment)
        readConnection(&reader)
        readTimes(&reader)
        if let name = reader.word("security.protocol", SecurityProtocol.allCases.map(\.rawValue)),
            let known = SecurityProtocol(rawValue: name)
        {
            securityProtocol = known
        } else if !reader.has("security.protocol") {
            Self.checkProtocolIsNotForgotten(&reader)
        }
        let trust = TLSProperties.read(&reader)
        if securityProtocol.hasTLS { tls = trust }
        let logins = LoginProperties.read(&reader, isWanted: securityProtocol.hasSASL)
        if securityProtocol.hasSASL { login = logins }
        if securityProtocol == .saslPlaintext, let login {
            reader.warn(
                "security.protocol",
                login.mechanism == .plain || login.mechanism == .oauthBearer
                    ? "SASL_PLAINTEXT with \(login.mechanism.rawValue) sends the credentials readable over the network"
                    : "SASL_PLAINTEXT with SCRAM lets whoever reads the network guess the password offline",
                hint: "use SASL_SSL outside a test")
        }
        readIgnored(&reader)
        guard reader.problems.isEmpty else { throw ConfigurationErrors(reader.problems) }
        warnings = reader.warnings
    }

    /// A file of `client.properties`; the whole of it is read. It blocks.
    package static func read(
        file path: String, environment: [String: String]
    ) throws(ConfigurationErrors) -> ClientConfiguration {
        func failure(_ place: String, _ message: String) -> ConfigurationErrors {
            ConfigurationErrors([ConfigurationProblem(key: "", place: place, message: message)])
        }
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try Files.read(path, limit: ConfigurationProviders.fileLimit) } catch {
            throw failure(path, "the file cannot be read: \(error.reason)")
        }
        let file: PropertiesFile
        do throws(PropertiesFile.Malformed) { file = try PropertiesFile(bytes) } catch {
            throw failure("\(path):\(error.line)", error.message)
        }
        return try ClientConfiguration(ConfigurationEntry.entries(of: file, named: path), environment: environment)
    }

    // MARK: Connections

    private mutating func readConnection(_ reader: inout PropertyReader) {
        bootstrap = Self.addresses("bootstrap.servers", &reader)
        bootstrapControllers = Self.addresses("bootstrap.controllers", &reader)
        if !bootstrap.isEmpty, !bootstrapControllers.isEmpty {
            reader.problem(
                "bootstrap.controllers", "bootstrap.servers and bootstrap.controllers are both set",
                hint: "set bootstrap.servers; bootstrap.controllers is for what controllers answer")
        }
        if let text = reader.nonEmpty("client.id") {
            if text.utf8.count > Self.clientIDLimit {
                reader.wrong("client.id", "has at most \(Self.clientIDLimit) bytes")
            } else {
                clientID = text
            }
        }
        if reader.word(
            "client.dns.lookup", ["use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"])
            == "resolve_canonical_bootstrap_servers_only"
        {
            reader.warn("client.dns.lookup", "client.dns.lookup has no effect: every address of a name is tried")
        }
    }

    private static let clientIDLimit = 1024

    private static func addresses(_ key: String, _ reader: inout PropertyReader) -> [BrokerAddress] {
        guard let texts = reader.list(key) else { return [] }
        // `PROTOCOL://host:port` is accepted by Kafka.
        let bare = texts.map { text in
            guard let scheme = text.firstIndex(of: ":"), text[scheme...].hasPrefix("://") else { return text }
            return String(text[scheme...].dropFirst(3))
        }
        let bad = bare.filter { BrokerAddress(text: $0) == nil }
        if !bad.isEmpty || bare.isEmpty { reader.wrong(key, "is a list of host:port") }
        return bare.compactMap { BrokerAddress(text: $0) }
    }

    // MARK: Times

    private mutating func readTimes(_ reader: inout PropertyReader) {
        requestTimeout = reader.milliseconds("request.timeout.ms", from: 1)
        totalTimeout = reader.milliseconds("default.api.timeout.ms", from: 1)
        let request = requestTimeout ?? .seconds(30)
        if let total = totalTimeout, total < request {
            reader.wrong("default.api.timeout.ms", "is at least request.timeout.ms (\(request.wholeMilliseconds))")
        } else if totalTimeout == nil, request > .seconds(60) {
            totalTimeout = request
        }
        connectTimeout = reader.milliseconds("socket.connection.setup.timeout.ms", from: 1)
        connectTimeoutLimit = reader.milliseconds("socket.connection.setup.timeout.max.ms", from: 1)
        retries = reader.integer("retries", 0...Int(Int32.max))
        retryBackoff = backoff("retry.backoff.ms", 100, "retry.backoff.max.ms", 1000, &reader)
        reconnectBackoff = backoff("reconnect.backoff.ms", 50, "reconnect.backoff.max.ms", 1000, &reader)
        if let idle = reader.integer("connections.max.idle.ms", -1...Int(Int32.max)) {
            idleLimit = idle < 0 ? .seconds(10 * 365 * 86_400) : .milliseconds(idle)
        }
        viewAge = reader.milliseconds("metadata.max.age.ms")
        switch reader.word("metadata.recovery.strategy", ["none", "rebootstrap"]) {
        case "none": rebootstraps = false
        case "rebootstrap": rebootstraps = true
        default: break
        }
        rebootstrapAfter = reader.milliseconds("metadata.recovery.rebootstrap.trigger.ms")
        buffers = SocketBuffers(
            send: Self.bufferSize("send.buffer.bytes", &reader),
            receive: Self.bufferSize("receive.buffer.bytes", &reader))
    }

    /// -1, as in Kafka: what the system gives.
    private static func bufferSize(_ key: String, _ reader: inout PropertyReader) -> Int? {
        reader.integer(key, -1...Int(Int32.max)).flatMap { $0 < 0 ? nil : $0 }
    }

    /// Both keys are read; without either, nothing is said.
    private func backoff(
        _ key: String, _ usual: Int, _ limitKey: String, _ usualLimit: Int, _ reader: inout PropertyReader
    ) -> Backoff? {
        let base = reader.milliseconds(key)
        let limit = reader.milliseconds(limitKey)
        guard base != nil || limit != nil else { return nil }
        let start = base ?? .milliseconds(usual)
        // As Kafka: a limit below the base is the base, unless it was set.
        return Backoff(base: min(start, limit ?? start), limit: limit ?? max(.milliseconds(usualLimit), start))
    }

    // MARK: The rest

    /// Credentials without a protocol are a mistake that Kafka does not notice: it connects in the clear.
    private static func checkProtocolIsNotForgotten(_ reader: inout PropertyReader) {
        let keys = reader.entries.keys.filter { $0.hasPrefix("sasl.") || $0.hasPrefix("ssl.") }
        guard let key = keys.min() else { return }
        reader.problem(
            key, "\(key) is set, and security.protocol is not: it would be PLAINTEXT",
            hint: "set security.protocol to \(key.hasPrefix("sasl") ? "SASL_SSL or SASL_PLAINTEXT" : "SSL or SASL_SSL")"
        )
    }

    /// Settings of Kafka's client that have no meaning here: they are about metrics and plug-ins of Java's client.
    private mutating func readIgnored(_ reader: inout PropertyReader) {
        for key in Self.withoutEffect { reader.know(key) }
        for entry in reader.unknown {
            let key = entry.key
            if key.hasPrefix(ConfigurationProviders.prefix) || key.hasPrefix("metrics.context.") { continue }
            guard PropertyReader.isName(key) else {
                // It may be a part of a value, torn off by a line end: a password, even.
                reader.warn(
                    key, "this line is no setting",
                    hint: "a value that goes on in the next line ends with a backslash")
                continue
            }
            reader.warn(
                key, "\(PeerText.shown(key)) is no setting that opsrun knows; it has no effect",
                hint: NearestName.hint(key, in: reader.known.sorted()))
        }
    }

    private static let withoutEffect = [
        ConfigurationProviders.listKey, "enable.metrics.push", "metric.reporters", "metrics.num.samples",
        "metrics.recording.level", "metrics.sample.window.ms", "auto.include.jmx.reporter", "security.providers",
    ]
}

extension Duration {
    /// Rounded down.
    var wholeMilliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
