import EventLoop
import Glibc
import TestSupport
import Testing

/// Against the `openssl` program: neither side may only get along with itself.
@Suite(.serialized, .timeLimit(.minutes(2)), .enabled(if: access("/usr/bin/openssl", X_OK) == 0))
struct OpenSSLToolTests {
    private let world: TLSWorld

    init() throws { world = try TLSWorld() }

    private func files(_ scratch: ScratchDirectory) throws {
        try scratch.write(world.authority.pem, to: "ca.pem")
        try scratch.write(world.server.pem, to: "server.pem")
        try scratch.write(world.server.keyPEM, to: "server.key")
        try scratch.write(world.client.pem + world.client.keyPEM, to: "client.pem")
    }

    /// Runs `s_server`, which sends each line back reversed.
    private func withTool(
        _ arguments: [String], _ body: (Int) async throws -> Void
    ) async throws {
        try await ScratchDirectory.with { scratch in
            try files(scratch)
            let tool = try TestProcess.start(
                [
                    "/usr/bin/openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", "server.pem", "-key",
                    "server.key", "-CAfile", "ca.pem", "-rev",
                ] + arguments, in: scratch)
            do {
                try await body(try await port(of: tool, scratch))
            } catch {
                tool.signal(SIGKILL)
                _ = await tool.wait(within: 20)
                throw error
            }
            tool.signal(SIGKILL)
            _ = await tool.wait(within: 20)
        }
    }

    /// The tool says `ACCEPT 127.0.0.1:port` once it listens.
    private func port(of tool: TestProcess, _ scratch: ScratchDirectory) async throws -> Int {
        for _ in 0..<2000 {
            let lines = try scratch.read(tool.stdout).split(separator: "\n")
            if let line = lines.first(where: { $0.hasPrefix("ACCEPT ") }),
                let port = line.split(separator: ":").last.flatMap({ Int($0) })
            {
                return port
            }
            try await SystemTimeSource().sleep(for: .milliseconds(10))
        }
        throw TestCertificate.Failure(try scratch.read(tool.stderr))
    }

    @Test(arguments: ["-tls1_2", "-tls1_3"])
    func `the client talks to the tool`(version: String) async throws {
        var settings = world.clientSettings
        settings.identity = TLSWorld.identity(world.client)
        let context = TLSContext.client(settings)
        try await withTool([version, "-Verify", "2"]) { port in
            try await TLSWorld.withClient(context, port: port, host: "localhost") { socket in
                let line = String(repeating: "abc", count: 3000)
                try await socket.write(Array("\(line)\n".utf8))
                let answer = try await socket.read(exactly: line.count + 1, within: TLSWorld.patience)
                #expect(String(decoding: answer, as: UTF8.self) == String(line.reversed()) + "\n")
            }
        }
    }

    @Test(arguments: ["-tls1_2", "-tls1_3"])
    func `the tool says that it wants a certificate`(version: String) async throws {
        let context = TLSContext.client(world.clientSettings)
        try await withTool([version, "-Verify", "2"]) { port in
            let error = await #expect(throws: SocketError.self) {
                try await TLSWorld.withClient(context, port: port) { socket in
                    try await socket.write(Array("x\n".utf8))
                    _ = try await socket.read(exactly: 2, within: TLSWorld.patience)
                }
            }
            #expect(error?.tls?.kind == .certificateRequired, "\(error?.message ?? "")")
        }
    }

    @Test func `a tool that is killed ends the stream`() async throws {
        let context = TLSContext.client(world.clientSettings)
        try await ScratchDirectory.with { scratch in
            try files(scratch)
            let tool = try TestProcess.start(
                [
                    "/usr/bin/openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", "server.pem", "-key",
                    "server.key", "-rev",
                ], in: scratch)
            let port = try await port(of: tool, scratch)
            try await TLSWorld.withClient(context, port: port) { socket in
                try await socket.write(Array("x\n".utf8))
                #expect(try await socket.read(exactly: 2, within: TLSWorld.patience) == Array("x\n".utf8))
                tool.signal(SIGKILL)
                #expect(try await socket.read(upTo: 1, within: TLSWorld.patience).isEmpty)
            }
            _ = await tool.wait(within: 20)
        }
    }

    /// Runs `s_client` with `input` against a server that answers each connection with a line.
    private func client(_ arguments: [String], input: String, settings: TLSSettings) async throws -> String {
        try await ScratchDirectory.with { scratch in
            try files(scratch)
            let context = TLSContext.server(settings, clientCertificates: .requested)
            return try await TLSWorld.withServer(
                context,
                { socket in
                    let subject = await socket.tlsSession?.peerSubject ?? "nobody"
                    let line = try await socket.read(upTo: 1000, within: TLSWorld.patience)
                    try await socket.write(Array("\(subject) says \(String(decoding: line, as: UTF8.self))".utf8))
                    try await socket.flush()
                }
            ) { port in
                let command =
                    "(printf '\(input)'; sleep 2) | openssl s_client -connect 127.0.0.1:\(port) -CAfile ca.pem "
                    + "-verify_return_error " + arguments.joined(separator: " ")
                let outcome = try await TestProcess.run(["sh", "-c", command], in: scratch, within: 60)
                return outcome.stdout + outcome.stderr
            }
        }
    }

    @Test(arguments: ["-tls1_2", "-tls1_3"])
    func `the tool talks to the server`(version: String) async throws {
        let output = try await client(
            [version, "-cert", "client.pem", "-verify_hostname", "localhost"], input: "hello\\n",
            settings: world.serverSettings)
        #expect(output.contains("CN=client says hello"), "\(output)")
        #expect(output.contains("Verify return code: 0 (ok)"))
    }

    @Test func `a client cannot start another handshake`() async throws {
        // A line with a capital R makes the tool renegotiate.
        let output = try await client(["-tls1_2"], input: "R\\n", settings: world.serverSettings)
        #expect(output.contains("RENEGOTIATING"))
        #expect(output.contains("no renegotiation"), "\(output)")
    }
}
