import EventLoop
import TestSupport
import Testing

/// Certificates and keys in every form that they come in.
@Suite(.timeLimit(.minutes(1))) struct TLSMaterialTests {
    private let world: TLSWorld

    init() throws { world = try TLSWorld() }

    /// Shows a server's certificate from `identity` to a client that has `trust`.
    private func works(
        _ identity: TLSSettings.Identity? = nil, trust: TLSSettings.Trust? = nil
    ) async throws -> Bool {
        let outcome = try await TLSWorld.meet(
            server: .server(TLSSettings(identity: identity ?? TLSWorld.identity(world.server))),
            client: .client(TLSSettings(trust: trust ?? TLSWorld.trust(world.authority))))
        return outcome.client == nil && outcome.server == nil
    }

    private func failure(_ settings: TLSSettings) async -> TLSError? {
        await #expect(throws: TLSError.self) { try await TLSContext.client(settings).prepare() }
    }

    private func failure(identity: TLSSettings.Identity) async -> TLSError? {
        await failure(TLSSettings(trust: TLSWorld.trust(world.authority), identity: identity))
    }

    private func identity(_ pem: String, _ key: String, _ password: String? = nil) -> TLSSettings.Identity {
        .pem(
            certificates: TLSWorld.inline(pem, "chain.pem"), key: TLSWorld.inline(key, "key.pem"),
            keyPassword: password.map { TLSSecret($0) })
    }

    // MARK: PEM

    @Test func `key and chain may stand in one file, and all certificates of a bundle count`() async throws {
        try await ScratchDirectory.with { scratch in
            let both = TLSMaterial.file(
                try scratch.write("a comment\n" + world.server.keyPEM + world.server.pem, to: "both.pem"))
            let others = try (0..<5).map { try TestCertificate.authority("CA \($0)") }
            let bundle = TLSMaterial.file(
                try scratch.write((others + [world.authority]).map(\.pem).joined(separator: "\n"), to: "ca.pem"))
            #expect(try await works(.pem(certificates: both, key: both, keyPassword: nil), trust: .pem(bundle)))
        }
    }

    @Test(arguments: ["", " ", "\r\n", "\n\n  "])
    func `PEM on one line or with other line breaks is read`(separator: String) async throws {
        func rewritten(_ pem: String) -> String {
            let lines = pem.split(separator: "\n").map(String.init)
            return [lines.first ?? "", lines.dropFirst().dropLast().joined(separator: separator), lines.last ?? ""]
                .joined(separator: separator)
        }
        let pem = rewritten(world.server.pem), key = rewritten(world.server.keyPEM)
        let trust = TLSSettings.Trust.pem(TLSWorld.inline(rewritten(world.authority.pem)))
        #expect(try await works(identity(pem, key), trust: trust))
    }

    @Test func `an encrypted key needs its password`() async throws {
        let key = try world.server.encryptedKeyPEM("sesame")
        #expect(key.hasPrefix("-----BEGIN ENCRYPTED PRIVATE KEY-----"))
        #expect(try await works(identity(world.server.pem, key, "sesame")))
        // A key that is not encrypted needs none.
        #expect(try await works(identity(world.server.pem, world.server.keyPEM, "sesame")))
        for number in 0..<20 {
            let wrong = await failure(identity: identity(world.server.pem, key, "open \(number)"))
            #expect(wrong?.kind == .wrongKeyPassword)
            #expect(wrong?.message == "The password that is set does not open the private key in key.pem")
        }
        let missing = await failure(identity: identity(world.server.pem, key))
        #expect(missing?.kind == .keyPasswordMissing)
        #expect(await failure(identity: identity(world.server.pem, key, ""))?.kind == .keyPasswordMissing)
    }

    @Test func `a key of another certificate is refused`() async throws {
        let error = await failure(identity: identity(world.server.pem, world.client.keyPEM))
        #expect(error?.kind == .keyMismatch)
        #expect(
            error?.message
                == "The private key in key.pem does not belong to the certificate in chain.pem (CN=server)")
    }

    @Test func `what is no key is refused`() async throws {
        let broken = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
        for (key, words) in [
            ("", "contains no PEM private key"), (world.server.pem, "contains no PEM private key"),
            (world.server.keyPEM + world.client.keyPEM, "contains 2 private keys, and one is wanted"),
            (broken, "cannot be read"), ("-----BEGIN PRIVATE KEY-----\nAAAA", "contains no PEM private key"),
        ] {
            let error = await failure(identity: identity(world.server.pem, key))
            #expect(error?.kind == .badKey)
            #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        }
    }

    @Test func `what is no certificate is refused`() async throws {
        let broken = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
        for (text, words) in [
            ("", "contains no PEM certificate"), ("nonsense", "contains no PEM certificate"),
            (world.authority.pem + broken, "Certificate 2 of 2 in ca.pem cannot be read"), ("0\u{1}", "DER or PKCS#12"),
        ] {
            let error = await failure(TLSSettings(trust: .pem(TLSWorld.inline(text, "ca.pem"))))
            #expect(error?.kind == .badCertificates)
            #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        }
    }

    @Test func `a file that is not there is named`() async throws {
        try await ScratchDirectory.with { scratch in
            let path = "\(scratch.path)/ca.pem"
            let context = TLSContext.client(TLSSettings(trust: .pem(.file(path))))
            let error = await #expect(throws: TLSError.self) { try await context.prepare() }
            #expect(error?.kind == .unreadableFile)
            #expect(error?.message == "\(path) cannot be read: No such file or directory")
            // Once it is there the same context works.
            try scratch.write(world.authority.pem, to: "ca.pem")
            try await context.prepare()
        }
    }

    // MARK: Stores

    @Test func `PKCS#12 stores serve as keystore and truststore`() async throws {
        try await ScratchDirectory.with { scratch in
            let middle = try TestCertificate.make("Middle", issuer: world.authority, isAuthority: true, names: [])
            let server = try TestCertificate.make("server", issuer: middle)
            let keys = "\(scratch.path)/keys.p12", trust = "\(scratch.path)/trust.p12"
            try Files.writeAtomically(try server.keyStore("changeit", chain: [world.authority, middle]), to: keys)
            let others = try (0..<3).map { try TestCertificate.authority("CA \($0)") }
            try Files.writeAtomically(try TestCertificate.trustStore(others + [world.authority], "secret"), to: trust)
            let identity = TLSSettings.Identity.store(.file(keys), password: TLSSecret("changeit"))
            #expect(try await works(identity, trust: .store(.file(trust), password: TLSSecret("secret"))))

            let wrong = await failure(identity: .store(.file(keys), password: TLSSecret("changed")))
            #expect(wrong?.kind == .wrongStorePassword)
            #expect(wrong?.message == "The password that is set does not open \(keys)")
            let missing = await failure(TLSSettings(trust: .store(.file(trust), password: nil)))
            #expect(missing?.kind == .wrongStorePassword)
            #expect(missing?.message == "\(trust) has a password, and none is set")
            let keyless = await failure(identity: .store(.file(trust), password: TLSSecret("secret")))
            #expect(keyless?.kind == .badKey)
            #expect(keyless?.message == "\(trust) contains no private key")
        }
    }

    @Test func `PEM that is called a store is recognized`() async throws {
        let error = await failure(
            TLSSettings(trust: .store(TLSWorld.inline(world.authority.pem, "a.p12"), password: nil)))
        #expect(error?.kind == .badStore)
        #expect(error?.message == "a.p12 is no PKCS#12 store: it is PEM")
    }

    @Test(arguments: [("JKS", [0xFE, 0xED, 0xFE, 0xED]), ("JCEKS", [0xCE, 0xCE, 0xCE, 0xCE])] as [(String, [UInt8])])
    func `a store that only Java reads is refused with the way out`(format: String, magic: [UInt8]) async throws {
        let material = TLSMaterial.inline(TLSSecret { magic + [0, 0, 0, 2] }, name: "/etc/kafka/ks.jks")
        let command =
            "keytool -importkeystore -srckeystore /etc/kafka/ks.jks -destkeystore /etc/kafka/ks.jks.p12 "
            + "-deststoretype PKCS12"
        for trust in [TLSSettings.Trust.store(material, password: nil), .pem(material)] {
            let error = await failure(TLSSettings(trust: trust))
            #expect(error?.kind == .javaStore)
            #expect(error?.message.contains("is a \(format) store") == true)
            #expect(error?.message.hasSuffix(command) == true)
        }
    }

    // MARK: Parameters

    @Test func `suites and versions that cannot work are refused`() async throws {
        var settings = TLSSettings(trust: TLSWorld.trust(world.authority))
        settings.cipherSuites = ["TLS_ECDHE_RSA_WITH_NOTHING", "TLS_AES_128_GCM_SHA256", "a:b"]
        var error = await failure(settings)
        #expect(error?.kind == .badParameters)
        #expect(error?.message == "Unknown cipher suites: TLS_ECDHE_RSA_WITH_NOTHING, a:b")

        settings.cipherSuites = ["TLS_AES_128_GCM_SHA256"]
        settings.maximumVersion = .tls12
        error = await failure(settings)
        #expect(error?.message == "None of the cipher suites is of TLSv1.2: TLS_AES_128_GCM_SHA256")

        settings.minimumVersion = .tls13
        error = await failure(settings)
        #expect(error?.message == "The lowest TLS version (TLSv1.3) is above the highest (TLSv1.2)")
    }

    @Test func `a server needs a certificate`() async throws {
        let error = await #expect(throws: TLSError.self) { try await TLSContext.server(TLSSettings()).prepare() }
        #expect(error?.kind == .badParameters)
    }

    @Test func `secrets are not printed`() {
        var dumped = ""
        let settings = TLSSettings(identity: identity("chain", "the key itself", "the password"))
        dump(settings, to: &dumped)
        dumped += "\(settings) \(String(reflecting: settings))"
        #expect(!dumped.contains("the key itself") && !dumped.contains("the password"))
        #expect(dumped.contains("•••"))
    }
}
