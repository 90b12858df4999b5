import EventLoop
import TestSupport

/// A CA, certificates of it, and connections between both roles.
struct TLSWorld {
    static let patience = Duration.seconds(20)

    let authority: TestCertificate
    let server: TestCertificate
    let client: TestCertificate

    init(serverNames: [String] = ["DNS:localhost", "IP:127.0.0.1"]) throws {
        authority = try .authority("Test CA")
        server = try .make("server", issuer: authority, names: serverNames)
        client = try .make("client", issuer: authority)
    }

    static func inline(_ text: String, _ name: String = "inline") -> TLSMaterial {
        .inline(TLSSecret(text), name: name)
    }

    static func identity(_ certificate: TestCertificate, chain: [TestCertificate] = []) -> TLSSettings.Identity {
        .pem(
            certificates: inline(certificate.pem + chain.map(\.pem).joined(), "the chain"),
            key: inline(certificate.keyPEM, "the key"), keyPassword: nil)
    }

    static func trust(_ certificates: TestCertificate...) -> TLSSettings.Trust {
        .pem(inline(certificates.map(\.pem).joined(), "the truststore"))
    }

    var serverSettings: TLSSettings {
        TLSSettings(trust: Self.trust(authority), identity: Self.identity(server))
    }

    var clientSettings: TLSSettings { TLSSettings(trust: Self.trust(authority)) }

    /// What became of the two sides of one connection.
    struct Outcome: Sendable {
        var server: SocketError?
        var client: SocketError?
        var session: TLSSession?
        var serverSession: TLSSession?
    }

    /// Connects, exchanges a line each way, and tells how it went.
    static func meet(
        server: TLSContext, client: TLSContext, host: String? = "127.0.0.1"
    ) async throws -> Outcome {
        let listener = try ListeningSocket()
        async let serving = serve(listener, server)
        var outcome = Outcome()
        do throws(SocketError) {
            let socket = try await StreamSocket.connect(to: "127.0.0.1", port: listener.port, within: patience)
            do throws(SocketError) {
                try await socket.startTLS(client, host: host, within: patience)
                try await socket.write(Array("ping".utf8), within: patience)
                let answer = try await socket.read(exactly: 4, within: patience)
                if answer != Array("pong".utf8) { throw SocketError(.broken, address: "", message: "\(answer)") }
                outcome.session = await socket.tlsSession
            } catch {
                outcome.client = error
            }
            await socket.close()
        } catch {
            outcome.client = error
        }
        (outcome.server, outcome.serverSession) = await serving
        await listener.close()
        return outcome
    }

    private static func serve(
        _ listener: ListeningSocket, _ context: TLSContext
    ) async -> (SocketError?, TLSSession?) {
        do throws(SocketError) {
            let socket = try await listener.accept()
            try await socket.startTLS(context, within: patience)
            let session = await socket.tlsSession
            _ = try await socket.read(exactly: 4, within: patience)
            try await socket.write(Array("pong".utf8), within: patience)
            // The client closes.
            _ = try await socket.read(upTo: 1, within: patience)
            await socket.close()
            return (nil, session)
        } catch {
            return (error, nil)
        }
    }

    /// A server over TLS that does `serve` with each connection while `body` runs.
    static func withServer<Success: Sendable>(
        _ context: TLSContext, _ serve: @escaping @Sendable (StreamSocket) async throws -> Void,
        _ body: (Int) async throws -> Success
    ) async throws -> Success {
        try await withPlainServer { socket in
            try await socket.startTLS(context, within: patience)
            try await serve(socket)
        } _: {
            try await body($0)
        }
    }

    /// The same without TLS: for peers that are none.
    static func withPlainServer<Success: Sendable>(
        _ serve: @escaping @Sendable (StreamSocket) async throws -> Void, _ body: (Int) async throws -> Success
    ) async throws -> Success {
        let listener = try ListeningSocket()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await withDiscardingTaskGroup { connections in
                    while let socket = try? await listener.accept() {
                        connections.addTask {
                            try? await serve(socket)
                            try? await socket.flush(within: patience)
                            await socket.close()
                        }
                    }
                    connections.cancelAll()
                }
            }
            let result: Result<Success, any Error>
            do { result = .success(try await body(listener.port)) } catch { result = .failure(error) }
            group.cancelAll()
            await listener.close()
            try await group.waitForAll()
            return try result.get()
        }
    }

    /// A client's connection for `body`.
    static func withClient<Success>(
        _ context: TLSContext, port: Int, host: String = "127.0.0.1", _ body: (StreamSocket) async throws -> Success
    ) async throws -> Success {
        let socket = try await StreamSocket.connect(to: "127.0.0.1", port: port, within: patience)
        do {
            try await socket.startTLS(context, host: host, within: patience)
            let result = try await body(socket)
            await socket.close()
            return result
        } catch {
            await socket.close()
            throw error
        }
    }
}
