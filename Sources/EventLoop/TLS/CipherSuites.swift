internal import COpenSSL

/// Cipher suites and versions that go together.
///
/// OpenSSL keeps the suites of TLS 1.3 apart from those before, under other names; Kafka has one list of IANA names. A list
/// with suites of one version only switches the other version off, as in Java.
struct CipherSuites {
    let minimum: TLSSettings.Version
    let maximum: TLSSettings.Version
    private let before13: [String]
    private let since13: [String]

    init(_ settings: TLSSettings) throws(TLSError) {
        var before13: [String] = []
        var since13: [String] = []
        var unknown: [String] = []
        for name in settings.cipherSuites {
            switch Self.version(of: name) {
            case .tls13: since13.append(name)
            case .tls12: before13.append(Self.nameInOpenSSL(name) ?? name)
            case nil: unknown.append(name)
            }
        }
        guard unknown.isEmpty else {
            throw TLSError(.badParameters, "Unknown cipher suites: \(unknown.joined(separator: ", "))")
        }
        var (minimum, maximum) = (settings.minimumVersion, settings.maximumVersion)
        guard minimum <= maximum else {
            throw TLSError(
                .badParameters, "The lowest TLS version (\(minimum.name)) is above the highest (\(maximum.name))")
        }
        if !settings.cipherSuites.isEmpty {
            if before13.isEmpty { minimum = .tls13 }
            if since13.isEmpty { maximum = .tls12 }
            guard minimum <= maximum else {
                throw TLSError(
                    .badParameters,
                    "None of the cipher suites is of \(settings.minimumVersion.name): "
                        + settings.cipherSuites.joined(separator: ", "))
            }
        }
        self.minimum = minimum
        self.maximum = maximum
        self.before13 = before13
        self.since13 = since13
    }

    func apply(to context: OpaquePointer) throws(TLSError) {
        OpenSSLErrors.clear()
        var isFine =
            SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Self.number(minimum), nil) == 1
            && SSL_CTX_ctrl(context, SSL_CTRL_SET_MAX_PROTO_VERSION, Self.number(maximum), nil) == 1
        if !before13.isEmpty {
            isFine = isFine && SSL_CTX_set_cipher_list(context, before13.joined(separator: ":")) == 1
        }
        if !since13.isEmpty {
            isFine = isFine && SSL_CTX_set_ciphersuites(context, since13.joined(separator: ":")) == 1
        }
        guard isFine else {
            throw TLSError(
                .badParameters, "The cipher suites cannot be used: \(OpenSSLErrors.take().text)")
        }
    }

    /// The first version that knows a suite; nil for an unknown name.
    private static func version(of name: String) -> TLSSettings.Version? {
        let isName = name.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || byte == 0x5F || byte == 0x2D
        }
        guard isName, !name.isEmpty else { return nil }
        if ["TLS_AES_", "TLS_CHACHA20_"].contains(where: name.hasPrefix) {
            return nameInOpenSSL(name) == nil ? nil : .tls13
        }
        if name.hasPrefix("TLS_") { return nameInOpenSSL(name) == nil ? nil : .tls12 }
        return .tls12
    }

    /// `ECDHE-RSA-AES256-GCM-SHA384` for `TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384`.
    private static func nameInOpenSSL(_ name: String) -> String? {
        guard let found = OPENSSL_cipher_name(name).map({ String(cString: $0) }), found != "(NONE)" else { return nil }
        return found
    }

    private static func number(_ version: TLSSettings.Version) -> Int {
        Int(version == .tls12 ? TLS1_2_VERSION : TLS1_3_VERSION)
    }
}
