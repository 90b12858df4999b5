import EventLoop
import TestSupport
import Testing

/// Every way a connection over TLS fails, with its kind and its sentence.
@Suite(.timeLimit(.minutes(1))) struct TLSErrorTests {
    private let world: TLSWorld

    init() throws { world = try TLSWorld() }

    private func meet(
        server: TLSSettings? = nil, client: TLSSettings? = nil, clients: TLSContext.ClientCertificates = .none
    ) async throws -> TLSWorld.Outcome {
        try await TLSWorld.meet(
            server: .server(server ?? world.serverSettings, clientCertificates: clients),
            client: .client(client ?? world.clientSettings))
    }

    private func expect(
        _ error: SocketError?, _ kind: TLSError.Kind, _ words: String..., location: SourceLocation = #_sourceLocation
    ) {
        #expect(error?.kind == .tls, sourceLocation: location)
        #expect(error?.tls?.kind == kind, "\(error?.message ?? "no error")", sourceLocation: location)
        for word in words {
            #expect(error?.message.contains(word) == true, "\(error?.message ?? "")", sourceLocation: location)
        }
        #expect(error?.message.contains("\n") == false, sourceLocation: location)
    }

    // MARK: The server's certificate

    @Test func `an expired certificate says when it expired`() async throws {
        let server = try TestCertificate.make("old", issuer: world.authority, validFrom: -7200, to: -3600)
        let outcome = try await meet(server: TLSSettings(identity: TLSWorld.identity(server)))
        expect(outcome.client, .certificateExpired, "The certificate of 127.0.0.1:", "(CN=old) expired at 20", " UTC")
        expect(outcome.server, .certificateRefused, "it has expired")
    }

    @Test func `a certificate of the future says when it begins`() async throws {
        let server = try TestCertificate.make("young", issuer: world.authority, validFrom: 3600, to: 7200)
        let outcome = try await meet(server: TLSSettings(identity: TLSWorld.identity(server)))
        expect(outcome.client, .certificateNotYetValid, "(CN=young) is not valid before 20")
    }

    @Test func `an expired CA in the chain is named`() async throws {
        let middle = try TestCertificate.make(
            "Middle", issuer: world.authority, isAuthority: true, names: [], validFrom: -7200, to: -3600)
        let server = try TestCertificate.make("server", issuer: middle)
        let outcome = try await meet(server: TLSSettings(identity: TLSWorld.identity(server, chain: [middle])))
        expect(outcome.client, .certificateExpired, "The CA certificate CN=Middle")
    }

    @Test func `an unknown CA is named with those that are trusted`() async throws {
        let other = try TestCertificate.authority("Other CA")
        let outcome = try await meet(client: TLSSettings(trust: TLSWorld.trust(other)))
        expect(
            outcome.client, .unknownIssuer, "signed by an unknown CA",
            "CN=Test CA is not among the one certificate in the truststore")
        expect(outcome.server, .certificateRefused, "it does not trust the issuer")
    }

    @Test func `without a truststore the CAs of the system count`() async throws {
        expect(
            try await meet(client: TLSSettings()).client, .unknownIssuer,
            "CN=Test CA is not among the CAs of this system")
    }

    @Test func `a CA of the same name with another key is no issuer`() async throws {
        let outcome = try await meet(
            client: TLSSettings(trust: TLSWorld.trust(try .authority("Test CA"), try .authority("Other CA"))))
        expect(outcome.client, .unknownIssuer, "the 2 certificates in the truststore")
    }

    @Test func `a certificate that only itself has signed is told apart`() async throws {
        let alone = try TestCertificate.make("alone", issuer: nil)
        let outcome = try await meet(server: TLSSettings(identity: TLSWorld.identity(alone)))
        expect(outcome.client, .unknownIssuer, "signed by nobody but itself")
    }

    @Test func `a certificate that is no CA cannot sign`() async throws {
        let middle = try TestCertificate.make("Middle", issuer: world.authority)
        let server = try TestCertificate.make("server", issuer: middle)
        let outcome = try await meet(server: TLSSettings(identity: TLSWorld.identity(server, chain: [middle])))
        expect(outcome.client, .certificateUnacceptable, "invalid CA certificate")
    }

    // MARK: The client's certificate

    @Test(arguments: TLSSettings.Version.allCases)
    func `a client without the certificate that is required learns so`(version: TLSSettings.Version) async throws {
        var settings = world.clientSettings
        settings.maximumVersion = version
        let outcome = try await meet(client: settings, clients: .required)
        expect(outcome.client, .certificateRequired, "requires a client certificate, and none is set")
        expect(outcome.server, .certificateRequired, "showed no certificate, and one is required here")
    }

    @Test(arguments: TLSSettings.Version.allCases)
    func `a client's certificate of an unknown CA is refused`(version: TLSSettings.Version) async throws {
        let other = try TestCertificate.authority("Other CA")
        var settings = world.clientSettings
        settings.maximumVersion = version
        settings.identity = TLSWorld.identity(try .make("stranger", issuer: other))
        let outcome = try await meet(client: settings, clients: .requested)
        expect(
            outcome.client, .certificateRefused, "refuses the certificate of this side: it does not trust the issuer")
        expect(outcome.server, .unknownIssuer, "CN=Other CA is not among")
    }

    @Test(arguments: TLSSettings.Version.allCases)
    func `a client's expired certificate is refused`(version: TLSSettings.Version) async throws {
        var settings = world.clientSettings
        settings.maximumVersion = version
        settings.identity = TLSWorld.identity(
            try .make("old", issuer: world.authority, validFrom: -7200, to: -3600))
        let outcome = try await meet(client: settings, clients: .required)
        expect(outcome.client, .certificateRefused, "it has expired")
        expect(outcome.server, .certificateExpired, "(CN=old)")
    }

    // MARK: Versions and suites

    @Test func `no common version names the versions that are allowed here`() async throws {
        var old = world.serverSettings
        old.maximumVersion = .tls12
        var new = world.clientSettings
        new.minimumVersion = .tls13
        let outcome = try await meet(server: old, client: new)
        expect(outcome.client, .versionMismatch, "speaks no TLS version that is allowed here (TLSv1.3)")
        expect(outcome.server, .versionMismatch, "(TLSv1.2)")

        new = world.clientSettings
        new.maximumVersion = .tls12
        old = world.serverSettings
        old.minimumVersion = .tls13
        let reverse = try await meet(server: old, client: new)
        expect(reverse.client, .versionMismatch, "(TLSv1.2)")
    }

    @Test func `no common cipher suite is told`() async throws {
        var (server, client) = (world.serverSettings, world.clientSettings)
        server.cipherSuites = ["TLS_AES_128_GCM_SHA256"]
        client.cipherSuites = ["TLS_CHACHA20_POLY1305_SHA256"]
        let outcome = try await meet(server: server, client: client)
        expect(outcome.client, .handshakeRefused, "no common cipher suite")
        expect(outcome.server, .handshakeRefused, "offers no cipher suite that is allowed here")
    }

    // MARK: Peers that do not speak TLS

    private func failure(
        of client: TLSContext? = nil, within time: Duration = TLSWorld.patience,
        against peer: @escaping @Sendable (StreamSocket) async throws -> Void
    ) async throws -> SocketError? {
        let client = client ?? .client(world.clientSettings)
        return try await TLSWorld.withPlainServer(peer) { port in
            let socket = try await StreamSocket.connect(to: "127.0.0.1", port: port, within: TLSWorld.patience)
            return await #expect(throws: SocketError.self) {
                try await socket.startTLS(client, host: "127.0.0.1", within: time)
            }
        }
    }

    @Test(arguments: [
        ("HTTP/1.1 400 Bad Request\r\n\r\n", "with HTTP"),
        ("SSH-2.0-OpenSSH_9.2\r\n", "with something that is not TLS"),
        ("\0\0\0\u{4}\0\0\0\u{1}", "with something that is not TLS"),
    ])
    func `an answer that is no TLS is told apart`(answer: String, words: String) async throws {
        let error = try await failure { socket in
            _ = try await socket.read(upTo: 4096)
            try await socket.write(Array(answer.utf8))
        }
        expect(error, .plaintext, words)
    }

    @Test func `a peer that closes without an answer is told apart`() async throws {
        let error = try await failure { _ = try await $0.read(upTo: 4096) }
        expect(error, .closedInHandshake, "closed the connection without an answer to the TLS handshake")
        let reset = try await failure { _ in }
        expect(reset, .closedInHandshake)
    }

    @Test func `a peer that closes in the middle of the handshake is told apart`() async throws {
        let error = try await failure { socket in
            _ = try await socket.read(upTo: 4096)
            try await socket.write([0x16, 3, 3, 0, 80, 2, 0, 0])
        }
        expect(error, .closedInHandshake, "in the TLS handshake and gave no reason")
    }

    @Test func `a peer that breaks the rules is told`() async throws {
        let error = try await failure { socket in
            _ = try await socket.read(upTo: 4096)
            try await socket.write([0x16, 3, 3, 0, 4, 9, 9, 9, 9])
            _ = try await socket.read(upTo: 4096)
        }
        expect(error, .broken, "TLS with 127.0.0.1:")
    }

    @Test func `a server's handshake with plaintext ends at once`() async throws {
        for greeting in [Array("GET / HTTP/1.0\r\n\r\n".utf8), [0, 0, 0, 10, 0, 18, 0, 0, 1, 2, 3, 4, 255, 255]] {
            let listener = try ListeningSocket()
            let socket = try await StreamSocket.connect(
                to: "127.0.0.1", port: listener.port, within: TLSWorld.patience)
            let accepted = try await listener.accept()
            try await socket.write(greeting)
            let server = TLSContext.server(world.serverSettings)
            let error = await #expect(throws: SocketError.self) {
                try await accepted.startTLS(server, within: TLSWorld.patience)
            }
            expect(error, .plaintext, "does not speak TLS")
            await socket.close()
            await listener.close()
        }
    }

    @Test func `a silent peer ends at the deadline and the socket is closed`() async throws {
        let error = try await failure(within: .milliseconds(50)) { _ = try await $0.read(exactly: 1 << 20) }
        #expect(error?.kind == .timedOut)
        #expect(error?.message.contains("did not finish the TLS handshake in time") == true)
    }

    @Test func `a cancelled handshake ends at once`() async throws {
        let context = TLSContext.client(world.clientSettings)
        try await TLSWorld.withPlainServer({ _ = try await $0.read(exactly: 1 << 20) }) { port in
            let socket = try await StreamSocket.connect(to: "127.0.0.1", port: port, within: TLSWorld.patience)
            let task = Task { try await socket.startTLS(context, host: "localhost", within: .seconds(600)) }
            task.cancel()
            let error = await #expect(throws: SocketError.self) { try await task.value }
            #expect(error?.kind == .cancelled)
            #expect(await socket.isClosed)
        }
    }

    @Test func `a failure on one connection is not taken for that of another`() async throws {
        let other = TLSContext.client(TLSSettings(trust: TLSWorld.trust(try .authority("Other CA"))))
        let fine = TLSContext.client(world.clientSettings)
        try await TLSWorld.withServer(.server(world.serverSettings), { _ = try await $0.read(upTo: 1) }) { port in
            await withTaskGroup(of: Bool.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        let error = await TLSTransferTests.failure(number % 2 == 0 ? fine : other, port)
                        return number % 2 == 0 ? error == nil : error?.tls?.kind == .unknownIssuer
                    }
                }
                for await isRight in group { #expect(isRight) }
            }
        }
    }
}
