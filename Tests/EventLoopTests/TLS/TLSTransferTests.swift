import EventLoop
import TestSupport
import Testing

/// Bytes over TLS: large ones, slow ones, many at once, and the ends of streams.
@Suite(.timeLimit(.minutes(2))) struct TLSTransferTests {
    private static let frame = 8 << 20

    private let world: TLSWorld
    private let server: TLSContext
    private let client: TLSContext

    init() throws {
        world = try TLSWorld()
        server = .server(world.serverSettings)
        client = .client(world.clientSettings)
    }

    /// Why a handshake did not come about.
    static func failure(_ context: TLSContext, _ port: Int) async -> SocketError? {
        do throws(SocketError) {
            let socket = try await StreamSocket.connect(to: "127.0.0.1", port: port, within: TLSWorld.patience)
            try await socket.startTLS(context, host: "127.0.0.1", within: TLSWorld.patience)
            await socket.close()
            return nil
        } catch {
            return error
        }
    }

    private static func echo(_ socket: StreamSocket) async throws {
        while true {
            let bytes = try await socket.read(upTo: 1 << 20)
            if bytes.isEmpty { return }
            try await socket.write(bytes, within: .seconds(60))
        }
    }

    /// Sends every frame back.
    private static func echoFrames(_ socket: StreamSocket) async {
        await socket.onFrames(limit: frame) { socket, payload in
            socket.send(Self.prefixed(payload), limit: frame * 4)
        }
        await socket.waitUntilClosed()
    }

    private static func prefixed(_ payload: [UInt8]) -> [UInt8] {
        let count = UInt32(payload.count)
        return (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * $0)) } + payload
    }

    @Test(arguments: TLSSettings.Version.allCases)
    func `frames of eight megabytes pass both ways`(version: TLSSettings.Version) async throws {
        var settings = world.clientSettings
        settings.maximumVersion = version
        let client = TLSContext.client(settings)
        let large = (0..<Self.frame).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        try await TLSWorld.withServer(server, { await Self.echoFrames($0) }) { port in
            try await TLSWorld.withClient(client, port: port) { socket in
                for size in [0, 1, 16_383, 16_384, 16_385, 100_000, Self.frame] {
                    let payload = Array(large.prefix(size))
                    try await socket.write(Self.prefixed(payload), within: .seconds(60))
                    let read = try await socket.read(exactly: size + 4, within: .seconds(60))
                    #expect(read == Self.prefixed(payload), "\(size)")
                }
            }
        }
    }

    @Test func `a large message passes whole under backpressure`() async throws {
        let large = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try await TLSWorld.withServer(server, Self.echo) { port in
            try await TLSWorld.withClient(client, port: port) { socket in
                async let written: Void = socket.write(large, within: .seconds(60))
                let read = try await socket.read(exactly: large.count, within: .seconds(60))
                try await written
                #expect(read == large)
            }
        }
    }

    @Test func `small messages come back one by one`() async throws {
        try await TLSWorld.withServer(server, Self.echo) { port in
            try await TLSWorld.withClient(client, port: port) { socket in
                for number in 0..<1000 {
                    let bytes = Array("message \(number)".utf8)
                    await socket.send(bytes)
                    let read = try await socket.read(exactly: bytes.count, within: .seconds(20))
                    #expect(read == bytes)
                }
            }
        }
    }

    @Test func `a writer waits for a peer that does not read`() async throws {
        try await TLSWorld.withServer(server, { _ in try await SystemTimeSource().sleep(for: .seconds(60)) }) { port in
            try await TLSWorld.withClient(client, port: port) { socket in
                let error = await #expect(throws: SocketError.self) {
                    for _ in 0..<1000 {
                        try await socket.write([UInt8](repeating: 1, count: 65_536), within: .milliseconds(100))
                    }
                }
                #expect(error?.kind == .timedOut)
            }
        }
    }

    @Test func `records that come in single bytes are put together`() async throws {
        let server = server
        try await TLSWorld.withServer(server, Self.echo) { port in
            // A wire that lets one byte through at a time.
            try await TLSWorld.withPlainServer({ try await Self.relay($0, to: port, chunk: 1) }) { slow in
                try await TLSWorld.withClient(client, port: slow) { socket in
                    let bytes = [UInt8](repeating: 7, count: 3000)
                    try await socket.write(bytes, within: .seconds(20))
                    let read = try await socket.read(exactly: bytes.count, within: .seconds(60))
                    #expect(read == bytes)
                }
            }
        }
    }

    @Test func `two hundred connections work at once`() async throws {
        let client = client
        try await TLSWorld.withServer(server, Self.echo) { port in
            await withTaskGroup(of: Bool.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        let bytes = Array("connection \(number)".utf8)
                        let read = try? await TLSWorld.withClient(client, port: port) { socket in
                            try await socket.write(bytes)
                            return try await socket.read(exactly: bytes.count, within: .seconds(60))
                        }
                        return read == bytes
                    }
                }
                for await isRight in group { #expect(isRight) }
            }
        }
    }

    // MARK: Ends

    @Test func `a peer that sends no more can still be written to`() async throws {
        let (arrivals, arrival) = AsyncStream.makeStream(of: Int.self)
        try await TLSWorld.withServer(
            server,
            { socket in
                defer { arrival.finish() }
                try await socket.write(Array("that was all".utf8))
                try await socket.endSending(within: .seconds(20))
                let bytes = try await socket.read(exactly: 100_000, within: .seconds(20))
                arrival.yield(bytes.count)
            }
        ) { port in
            try await TLSWorld.withClient(client, port: port) { socket in
                #expect(try await socket.read(exactly: 12, within: .seconds(20)) == Array("that was all".utf8))
                #expect(try await socket.read(upTo: 10, within: .seconds(20)).isEmpty)
                try await socket.write([UInt8](repeating: 3, count: 100_000))
                try await socket.flush(within: .seconds(20))
                var count = 0
                for await number in arrivals { count += number }
                #expect(count == 100_000)
            }
        }
    }

    @Test(arguments: [true, false])
    func `an end without close_notify is an end`(isBetweenFrames: Bool) async throws {
        let frame: [UInt8] = [0, 0, 0, 5] + Array("hello".utf8)
        let sent = isBetweenFrames ? frame : Array(frame.prefix(6))
        try await TLSWorld.withServer(
            server,
            { socket in
                try await socket.write(sent)
                _ = try await socket.read(upTo: 1)
            }
        ) { port in
            // The wire is cut behind the records.
            try await TLSWorld.withPlainServer({ try await Self.relay($0, to: port, chunk: 65_536, idle: .seconds(1)) })
            {
                cut in
                let socket = try await StreamSocket.connect(to: "127.0.0.1", port: cut, within: TLSWorld.patience)
                try await socket.startTLS(client, host: "127.0.0.1", within: TLSWorld.patience)
                let end = await socket.end(limit: 1000)
                #expect(end?.kind == (isBetweenFrames ? nil : .closed))
                #expect(end?.tls == nil)
            }
        }
    }

    /// Carries bytes both ways; ends when the server has been idle for so long.
    private static func relay(
        _ socket: StreamSocket, to port: Int, chunk: Int, idle: Duration? = nil
    ) async throws {
        let onward = try await StreamSocket.connect(to: "127.0.0.1", port: port, within: TLSWorld.patience)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await copy(socket, onward, chunk, nil) }
            group.addTask { try? await copy(onward, socket, chunk, idle) }
            await group.next()
            group.cancelAll()
        }
        await onward.close()
    }

    private static func copy(
        _ from: StreamSocket, _ to: StreamSocket, _ chunk: Int, _ idle: Duration?
    ) async throws {
        while true {
            let bytes = try await from.read(upTo: chunk, within: idle)
            if bytes.isEmpty { return }
            try await to.write(bytes)
            try await to.flush()
        }
    }
}

extension StreamSocket {
    fileprivate func onFrames(limit: Int, _ handle: @escaping @Sendable (isolated StreamSocket, [UInt8]) -> Void) {
        receiveFrames(limit: limit) { [weak self] event in
            guard case .frame(let payload) = event else { return }
            self?.assumeIsolated { handle($0, payload) }
        }
    }

    /// How the stream of frames ended.
    fileprivate func end(limit: Int) async -> SocketError? {
        let ending = Locked(SocketError?.none)
        receiveFrames(limit: limit) { event in
            if case .closed(let error) = event { ending.withLock { $0 = error } }
        }
        await waitUntilClosed()
        return ending.withLock { $0 }
    }
}
