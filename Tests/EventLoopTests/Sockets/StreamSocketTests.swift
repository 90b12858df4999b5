import EventLoop
import Glibc
import Testing

@Suite(.timeLimit(.minutes(1))) struct StreamSocketTests {
    /// Serves one connection with `server` while `client` talks to it.
    private func withPair(
        _ server: @escaping @Sendable (StreamSocket) async throws -> Void,
        _ client: (StreamSocket) async throws -> Void
    ) async throws {
        let listener = try ListeningSocket()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server(try await listener.accept()) }
            let socket = try await StreamSocket.connect(to: "127.0.0.1", port: listener.port, within: .seconds(5))
            try await client(socket)
            await socket.close()
            group.cancelAll()
            while let result = await group.nextResult() { _ = result }
        }
        await listener.close()
    }

    private func echo(_ socket: StreamSocket) async throws {
        while true {
            let bytes = try await socket.read(upTo: 65536)
            if bytes.isEmpty { return }
            try await socket.write(bytes)
        }
    }

    @Test func bytesComeBackAsTheyWereSent() async throws {
        try await withPair(echo) { socket in
            for number in 0..<2000 {
                let bytes = Array("message \(number)".utf8)
                await socket.send(bytes)
                let bytes1 = try await socket.read(exactly: bytes.count, within: .seconds(5))
                #expect(bytes1 == bytes)
            }
        }
    }

    @Test func aLargeMessagePassesWholeUnderBackpressure() async throws {
        let large = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try await withPair(echo) { socket in
            async let written: Void = socket.write(large, within: .seconds(20))
            let read = try await socket.read(exactly: large.count, within: .seconds(20))
            try await written
            #expect(read == large)
        }
    }

    @Test func aWriterWaitsForAPeerThatDoesNotRead() async throws {
        try await withPair({ socket in
            try await SystemTimeSource().sleep(for: .seconds(30))
            await socket.close()
        }) { socket in
            let error = await #expect(throws: SocketError.self) {
                for _ in 0..<1000 {
                    try await socket.write([UInt8](repeating: 1, count: 65536), within: .milliseconds(100))
                }
            }
            #expect(error?.kind == .timedOut)
            #expect(await !socket.send([1]))
        }
    }

    @Test func aReadEndsAtItsDeadlineAndTheSocketLives() async throws {
        try await withPair(echo) { socket in
            let error = await #expect(throws: SocketError.self) {
                try await socket.read(upTo: 1, within: .milliseconds(30))
            }
            #expect(error?.kind == .timedOut)
            await socket.send([7])
            let bytes2 = try await socket.read(upTo: 10, within: .seconds(5))
            #expect(bytes2 == [7])
        }
    }

    @Test func aCancelledReadEndsAtOnce() async throws {
        try await withPair(echo) { socket in
            let task = Task { try await socket.read(upTo: 1) }
            await Task.yield()
            task.cancel()
            let error = await #expect(throws: SocketError.self) { try await task.value }
            #expect(error?.kind == .cancelled)
        }
    }

    @Test func theEndOfTheStreamIsAnEmptyRead() async throws {
        try await withPair({ socket in
            try await socket.write([1, 2, 3])
            try await socket.flush()
            await socket.close()
        }) { socket in
            let bytes3 = try await socket.read(exactly: 3, within: .seconds(5))
            #expect(bytes3 == [1, 2, 3])
            let bytes4 = try await socket.read(upTo: 1, within: .seconds(5))
            #expect(bytes4 == [])
            let error = await #expect(throws: SocketError.self) {
                try await socket.read(exactly: 2, within: .seconds(5))
            }
            #expect(error?.kind == .closed)
        }
    }

    @Test func aReadOfAClosedSocketEndsAtOnce() async throws {
        try await withPair(echo) { socket in
            await socket.close()
            for limit in [Duration?.none, .seconds(30)] {
                let error = await #expect(throws: SocketError.self) { try await socket.read(upTo: 1, within: limit) }
                #expect(error?.kind == .closed)
            }
        }
    }

    @Test func whereNothingListensTheConnectionIsRefused() async throws {
        // Bound and not listened on: nobody else gets the port meanwhile.
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(descriptor, $0, length)
                _ = getsockname(descriptor, $0, &length)
            }
        }
        let port = Int(UInt16(bigEndian: address.sin_port))
        let error = await #expect(throws: SocketError.self) {
            try await StreamSocket.connect(to: "127.0.0.1", port: port, within: .seconds(5))
        }
        #expect(error?.kind == .refused)
    }

    @Test func everyAddressOfANameIsTried() async throws {
        // localhost may be ::1 first; the listener has only 127.0.0.1.
        let listener = try ListeningSocket()
        let socket = try await StreamSocket.connect(to: "localhost", port: listener.port, within: .seconds(5))
        await socket.close()
        await listener.close()
    }

    @Test(arguments: ["no-such-host.invalid", "", "a\0b"])
    func aNameWithoutAddressIsAnError(host: String) async {
        let error = await #expect(throws: SocketError.self) {
            try await StreamSocket.connect(to: host, port: 9092, within: .seconds(20))
        }
        #expect(error?.kind == .unresolved)
    }

    @Test func aPortOutOfRangeIsAnError() async {
        for port in [0, -1, 65536] {
            await #expect(throws: SocketError.self) {
                try await StreamSocket.connect(to: "127.0.0.1", port: port, within: .seconds(1))
            }
        }
    }

    @Test func aListenerCannotShareItsPort() async throws {
        let listener = try ListeningSocket()
        #expect(throws: SocketError.self) { try ListeningSocket(port: listener.port) }
        #expect(throws: SocketError.self) { try ListeningSocket(host: "localhost") }
        await listener.close()
    }

    @Test func framesArePushedWhole() async throws {
        let sizes = [0, 1, 5, 65_535, 65_536, 1_000_000, 3, 0, 8_000_000, 2]
        try await withPair({ socket in
            for (index, size) in sizes.enumerated() {
                let length = UInt32(size)
                let prefix = (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) }
                try await socket.write(prefix + [UInt8](repeating: UInt8(index), count: size))
            }
            try await socket.flush()
            await socket.close()
        }) { socket in
            let (events, signal) = AsyncStream.makeStream(of: StreamSocket.FrameEvent.self)
            await socket.receiveFrames(limit: 10_000_000) { signal.yield($0) }
            var index = 0
            for await event in events {
                switch event {
                case .frame(let bytes):
                    #expect(bytes.count == sizes[index] && bytes.allSatisfy { $0 == UInt8(index) })
                    index += 1
                    continue
                case .refused: Issue.record("refused")
                case .closed(let error): #expect(error == nil)
                }
                break
            }
            #expect(index == sizes.count)
        }
    }

    @Test(arguments: [
        ("HTTP/1.1 400 Bad Request\r\n\r\n", true), ("\u{7f}\u{7f}\u{7f}\u{7f}", true), ("\0\0\0\u{5}ab", false),
        ("\0\0", false),
    ])
    func aFrameThatIsTooLongOrCutIsNamed(answer: String, isRefused: Bool) async throws {
        try await withPair({ socket in
            try await socket.write(Array(answer.utf8))
            try await socket.flush()
            await socket.close()
        }) { socket in
            let (events, signal) = AsyncStream.makeStream(of: StreamSocket.FrameEvent.self)
            await socket.receiveFrames(limit: 1000) { signal.yield($0) }
            var wasRefused = false
            for await event in events {
                switch event {
                case .frame: Issue.record("no frame was sent")
                case .refused(let prefix):
                    wasRefused = true
                    #expect(prefix.starts(with: Array(answer.utf8.prefix(4))))
                    continue
                case .closed(let error): #expect(error?.kind == (isRefused ? .overflow : .closed))
                }
                break
            }
            #expect(wasRefused == isRefused)
        }
    }

    @Test func manyConnectionsAreCancelledTogether() async throws {
        let listener = try ListeningSocket()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                var held: [StreamSocket] = []
                while true { held.append(try await listener.accept()) }
            }
            for _ in 0..<200 {
                group.addTask {
                    let socket = try await StreamSocket.connect(
                        to: "127.0.0.1", port: listener.port, within: .seconds(20))
                    await socket.send([1])
                    _ = try await socket.read(upTo: 1)
                }
            }
            try await SystemTimeSource().sleep(for: .milliseconds(50))
            group.cancelAll()
            while let result = await group.nextResult() {
                if case .success = result { Issue.record("a read ended without cancellation") }
            }
        }
        await listener.close()
    }
}
