import EventLoop
import TestSupport
import Testing

/// Both roles against each other.
@Suite(.timeLimit(.minutes(1))) struct TLSHandshakeTests {
    private let world: TLSWorld

    init() throws { world = try TLSWorld() }

    private func meet(
        server: TLSSettings? = nil, client: TLSSettings? = nil, clients: TLSContext.ClientCertificates = .none,
        host: String? = "127.0.0.1"
    ) async throws -> TLSWorld.Outcome {
        try await TLSWorld.meet(
            server: .server(server ?? world.serverSettings, clientCertificates: clients),
            client: .client(client ?? world.clientSettings), host: host)
    }

    @Test(arguments: TLSSettings.Version.allCases)
    func `both roles agree on each version`(version: TLSSettings.Version) async throws {
        var settings = world.clientSettings
        settings.minimumVersion = version
        settings.maximumVersion = version
        let outcome = try await meet(client: settings)
        #expect(outcome.client == nil && outcome.server == nil)
        #expect(outcome.session?.version == version.name)
        #expect(outcome.session?.peerSubject == "CN=server")
        #expect(outcome.session?.peerNames == "DNS:localhost, IP Address:127.0.0.1")
        #expect(outcome.serverSession?.peerSubject == nil)
    }

    @Test func `the newest version is chosen by default`() async throws {
        #expect(try await meet().session?.version == "TLSv1.3")
    }

    @Test(arguments: ["localhost", "LOCALHOST", "localhost.", "127.0.0.1"])
    func `a host in the certificate is accepted`(host: String) async throws {
        #expect(try await meet(host: host).client == nil)
    }

    @Test(arguments: [
        ("broker.example", "DNS:localhost, IP Address:127.0.0.1"), ("127.0.0.2", "DNS:localhost"),
        ("::1", "DNS:localhost"),
        ("localhost.example", "DNS:localhost"), ("0x7f000001", "DNS:localhost"),
    ])
    func `another host is refused with the names in the certificate`(host: String, names: String) async throws {
        let outcome = try await meet(host: host)
        #expect(outcome.client?.tls?.kind == .wrongHost)
        #expect(outcome.client?.message.contains("is not made out to \(host), but to DNS:localhost") == true)
        #expect(outcome.server != nil)
        var settings = world.clientSettings
        settings.verifiesHostName = false
        #expect(try await meet(client: settings, host: host).client == nil)
        #expect(try await meet(client: settings, host: nil).client == nil)
    }

    @Test(arguments: [nil, "", ".", ".localhost", "localhost\0.example"])
    func `without a sound host name verification fails closed`(host: String?) async throws {
        let outcome = try await meet(host: host)
        #expect(outcome.client?.tls?.kind == .badParameters)
    }

    @Test(arguments: [
        ("DNS:*.example.com", "broker.example.com", true), ("DNS:*.example.com", "a.b.example.com", false),
        ("DNS:*.example.com", "example.com", false), ("IP:::1", "::1", true), ("IP:10.0.0.1", "10.0.0.1", true),
        ("DNS:10.0.0.1", "10.0.0.1", false),
    ])
    func `names are compared as HTTPS does it`(name: String, host: String, isFine: Bool) async throws {
        let server = try TestCertificate.make("server", issuer: world.authority, names: [name])
        let outcome = try await meet(
            server: TLSSettings(identity: TLSWorld.identity(server)), host: host)
        #expect((outcome.client == nil) == isFine)
        if !isFine { #expect(outcome.client?.tls?.kind == .wrongHost) }
    }

    @Test func `with the host check off the chain is still verified`() async throws {
        let settings = TLSSettings(trust: TLSWorld.trust(try .authority("Other CA")), verifiesHostName: false)
        #expect(try await meet(client: settings).client?.tls?.kind == .unknownIssuer)
    }

    @Test(arguments: TLSSettings.Version.allCases, [TLSContext.ClientCertificates.requested, .required])
    func `a client shows its certificate`(
        version: TLSSettings.Version, clients: TLSContext.ClientCertificates
    ) async throws {
        var settings = world.clientSettings
        settings.maximumVersion = version
        settings.identity = TLSWorld.identity(world.client)
        let outcome = try await meet(client: settings, clients: clients)
        #expect(outcome.client == nil && outcome.server == nil)
        #expect(outcome.serverSession?.peerSubject == "CN=client")
    }

    @Test(arguments: TLSSettings.Version.allCases)
    func `a certificate that is only requested may be missing`(version: TLSSettings.Version) async throws {
        var settings = world.clientSettings
        settings.maximumVersion = version
        let outcome = try await meet(client: settings, clients: .requested)
        #expect(outcome.client == nil && outcome.server == nil)
        #expect(outcome.serverSession != nil && outcome.serverSession?.peerSubject == nil)
    }

    @Test func `intermediate certificates are sent, in whatever order they are given`() async throws {
        let middle = try TestCertificate.make("Middle", issuer: world.authority, isAuthority: true, names: [])
        let lower = try TestCertificate.make("Lower", issuer: middle, isAuthority: true, names: [])
        let server = try TestCertificate.make("server", issuer: lower)
        for chain in [[server, lower, middle], [middle, lower, server], [lower, server, middle]] {
            let identity = TLSSettings.Identity.pem(
                certificates: TLSWorld.inline(chain.map(\.pem).joined()), key: TLSWorld.inline(server.keyPEM),
                keyPassword: nil)
            #expect(try await meet(server: TLSSettings(identity: identity)).client == nil)
        }
        let incomplete = TLSWorld.identity(server, chain: [lower])
        #expect(try await meet(server: TLSSettings(identity: incomplete)).client?.tls?.kind == .unknownIssuer)
    }

    @Test func `an intermediate CA or the certificate itself may be what is trusted`() async throws {
        let middle = try TestCertificate.make("Middle", issuer: world.authority, isAuthority: true, names: [])
        let server = try TestCertificate.make("server", issuer: middle)
        let settings = TLSSettings(identity: TLSWorld.identity(server, chain: [middle]))
        for trusted in [middle, server] {
            let client = TLSSettings(trust: TLSWorld.trust(trusted))
            #expect(try await meet(server: settings, client: client).client == nil)
        }
        let alone = try TestCertificate.make("alone", issuer: nil)
        let outcome = try await meet(
            server: TLSSettings(identity: TLSWorld.identity(alone)), client: TLSSettings(trust: TLSWorld.trust(alone)))
        #expect(outcome.client == nil)
    }

    @Test(arguments: [
        (["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"], "TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
        (["ECDHE-ECDSA-AES128-GCM-SHA256"], "TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
        (["TLS_CHACHA20_POLY1305_SHA256"], "TLSv1.3", "TLS_CHACHA20_POLY1305_SHA256"),
        (
            ["TLS_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"], "TLSv1.3",
            "TLS_AES_128_GCM_SHA256"
        ),
    ])
    func `the cipher suites that are set are used`(suites: [String], version: String, chosen: String) async throws {
        var settings = world.clientSettings
        settings.cipherSuites = suites
        let outcome = try await meet(client: settings)
        #expect(outcome.session?.version == version)
        #expect(outcome.session?.cipherSuite == chosen)
    }
}
