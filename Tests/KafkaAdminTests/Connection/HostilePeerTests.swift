import EventLoop
import KafkaWire
import Testing

@testable import KafkaAdmin

/// Peers on real sockets that answer wrongly, slowly or not at all.
@Suite(.timeLimit(.minutes(10))) struct HostilePeerTests {
    /// What a peer does with a connection after the first bytes of the client have come.
    struct Peer: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let expected: KafkaError.Code
        /// Known at the first answer, so nothing is tried again.
        let isFinal: Bool
        let serve: @Sendable (StreamSocket) async throws -> Void

        init(
            _ name: String, _ expected: KafkaError.Code, isFinal: Bool = false,
            _ serve: @escaping @Sendable (StreamSocket) async throws -> Void
        ) {
            testDescription = name
            self.expected = expected
            self.isFinal = isFinal
            self.serve = serve
        }

        static func says(_ name: String, _ expected: KafkaError.Code, isFinal: Bool = true, _ bytes: [UInt8]) -> Peer {
            Peer(name, expected, isFinal: isFinal) { socket in
                try await socket.write(bytes)
                try await socket.flush()
            }
        }
    }

    private static let limit: Duration = .seconds(5)
    private static let hold: Duration = .seconds(60)

    static let peers: [Peer] = [
        .says("HTTP", .speaksHTTP, Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)),
        .says("HTML", .speaksHTTP, Array("<html>".utf8)),
        .says("a TLS alert", .speaksTLS, [0x15, 3, 3, 0, 2, 2, 70]),
        .says("a TLS handshake", .speaksTLS, [0x16, 3, 1, 0, 200]),
        .says("SSH", .notKafka, Array("SSH-2.0-OpenSSH_9.2\r\n".utf8)),
        .says("an oversize frame", .notKafka, [0x7F, 0xFF, 0xFF, 0xFF, 0, 0, 0, 1]),
        .says("a negative frame", .notKafka, [0xFF, 0xFF, 0xFF, 0xFE, 0, 0, 0, 1]),
        .says("a frame that is too long before the login", .notKafka, [0x00, 0x08, 0x00, 0x01, 0, 0, 0, 1]),
        .says("garbage in a frame", .malformed, [0, 0, 0, 10, 0, 0, 0, 1, 0, 0, 255, 255, 255, 255]),
        .says("an empty frame", .malformed, [0, 0, 0, 0]),
        .says("INVALID_REQUEST", .server(.invalidRequest), [0, 0, 0, 10, 0, 0, 0, 1, 0, 42, 0, 0, 0, 0]),
        .says("a wrong correlation id", .unreachable, isFinal: false, [0, 0, 0, 8, 0, 0, 0, 9, 0, 0, 0, 0]),
        .says("half a frame", .unreachable, isFinal: false, [0, 0, 1, 0, 0, 0, 0, 1]),
        Peer("nothing and closes", .unreachable) { _ in },
        Peer("nothing and stays", .unreachable) { _ in try await SystemTimeSource().sleep(for: hold) },
        Peer("one byte a second", .unreachable) { socket in
            // The start of a frame of 256 bytes.
            for byte: UInt8 in [0, 0, 1, 0] + [UInt8](repeating: 0, count: 60) {
                try await socket.write([byte])
                try await SystemTimeSource().sleep(for: .seconds(1))
            }
        },
        Peer("versions, then nothing", .timedOut) { socket in
            try await HostilePeerTests.answerVersions(socket)
            try await SystemTimeSource().sleep(for: hold)
        },
        Peer("versions, then the wrong id", .unreachable) { socket in
            try await HostilePeerTests.answerVersions(socket)
            _ = try await socket.read(upTo: 4096)
            try await socket.write([0, 0, 0, 8, 0, 0, 0, 77, 0, 0, 0, 0])
            try await SystemTimeSource().sleep(for: hold)
        },
        Peer("versions without Metadata", .unsupportedVersion, isFinal: true) { socket in
            try await HostilePeerTests.answerVersions(socket, apis: [.apiVersions])
            try await SystemTimeSource().sleep(for: hold)
        },
    ]

    @Test(arguments: peers)
    func everyCallEndsByItsDeadline(peer: Peer) async throws {
        try await withPeer(peer) { client, connections in
            let time = SystemTimeSource()
            let before = time.monotonic
            let error = await #expect(throws: KafkaError.self) {
                try await client.call(ListGroupsRequest(), to: .any, kind: .read)
            }
            let elapsed = time.monotonic - before
            #expect(error?.code == peer.expected, "\(error.map(\.description) ?? "no error")")
            // The deadline and a tenth of it, and what a loaded machine adds; the peers hold on for much longer.
            #expect(elapsed <= Self.limit * 1.1 + .seconds(15))
            if peer.isFinal { #expect(connections() == 1) }
        }
    }

    /// Many HTTP servers wait for the end of a line that never comes.
    @Test func whoWaitsForAnotherProtocolIsNamedLongBeforeTheDeadline() async throws {
        let peer = Peer("a patient HTTP server", .speaksHTTP) { socket in
            let asked = try await socket.read(upTo: 4096)
            if asked.starts(with: Array("GET".utf8)) {
                try await socket.write(Array("HTTP/1.0 400 Bad Request\r\n\r\n".utf8))
            }
            try await SystemTimeSource().sleep(for: HostilePeerTests.hold)
        }
        try await withPeer(peer, reads: false, looks: true) { client, connections in
            await #expect(throws: KafkaError(.speaksHTTP, "")) {
                try await client.call(ListGroupsRequest(), to: .any, kind: .read)
            }
            #expect(connections() == 2)
        }
    }

    @Test func onceNegotiatedALongAnswerIsTaken() async throws {
        let size = FrameLimit.unauthenticated * 2
        let peer = Peer("long", .unreachable) { socket in
            try await HostilePeerTests.answerVersions(socket)
            _ = try await socket.read(upTo: 4096)
            let answer = MetadataResponse(
                brokers: [.init(nodeId: 1, host: "h", port: 9092)],
                clusterId: String(repeating: "c", count: 1), topics: (0..<size / 16).map { .init(name: "topic-\($0)") })
            try await socket.write(try ResponseFrame.encode(answer, version: 9, correlationId: 2))
            try await SystemTimeSource().sleep(for: HostilePeerTests.hold)
        }
        try await withPeer(peer) { client, _ in
            let brokers = try await client.brokers()
            #expect(brokers == [1])
        }
    }

    @Test func aStreamCutAtAnyByteIsALostConnection() async throws {
        let answer = try ResponseFrame.encode(
            ApiVersionsResponse(apiKeys: [.init(apiKey: .metadata, minVersion: 0, maxVersion: 13)]), version: 4,
            correlationId: 1)
        for length in 0..<answer.count {
            try await withPeer(.says("cut", .unreachable, Array(answer.prefix(length)))) { client, _ in
                // A connection of its own: one attempt, without the retries that a call has.
                let address = client.bootstrap[0]
                await #expect(throws: KafkaError(.unreachable, "")) {
                    try await client.call(
                        ApiVersionsRequest(), to: .address(host: address.host, port: address.port), kind: .read,
                        within: .seconds(5))
                }
            }
        }
    }

    @Test func aBrokerThatKnowsOnlyTheFirstVersionIsUnderstood() async throws {
        let peer = Peer("old", .unreachable) { socket in
            _ = try await socket.read(upTo: 4096)
            let refusal = ApiVersionsResponse(errorCode: .unsupportedVersion)
            try await socket.write(try ResponseFrame.encode(refusal, version: 0, correlationId: 1))
            try await HostilePeerTests.answerVersions(socket, version: 0, correlation: 2)
            _ = try await socket.read(upTo: 4096)
            let answer = MetadataResponse(brokers: [.init(nodeId: 1, host: "h", port: 9092)])
            try await socket.write(try ResponseFrame.encode(answer, version: 9, correlationId: 3))
            try await SystemTimeSource().sleep(for: HostilePeerTests.hold)
        }
        try await withPeer(peer, reads: false) { client, _ in
            let brokers = try await client.brokers()
            #expect(brokers == [1])
        }
    }

    private static func answerVersions(
        _ socket: StreamSocket, apis: [APIKey] = [.apiVersions, .metadata], version: Int16 = 4, correlation: Int32 = 1
    ) async throws {
        let response = ApiVersionsResponse(
            apiKeys: apis.map { .init(apiKey: $0, minVersion: 0, maxVersion: 9) })
        try await socket.write(
            try ResponseFrame.encode(response, version: version, correlationId: correlation))
    }

    private func withPeer(
        _ peer: Peer, reads: Bool = true, looks: Bool = false,
        _ body: @Sendable (AdminClient, () -> Int) async throws -> Void
    ) async throws {
        let listener = try ListeningSocket()
        let accepted = Locked(0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await withDiscardingTaskGroup { connections in
                    while let socket = try? await listener.accept() {
                        accepted.withLock { $0 += 1 }
                        connections.addTask {
                            if reads { _ = try? await socket.read(upTo: 4096) }
                            try? await peer.serve(socket)
                            await socket.close()
                        }
                    }
                }
            }
            let dialer: any BrokerDialer = if looks { TCPDialer() } else { UnsuspectingDialer() }
            let client = AdminClient(
                settings: AdminClientSettings(
                    bootstrap: try AdminClientSettings.addresses(["127.0.0.1:\(listener.port)"]),
                    totalTimeout: Self.limit), dialer: dialer)
            defer { group.cancelAll() }
            try await body(client, { accepted.withLock { $0 } })
        }
        await listener.close()
    }
}

/// Takes whatever listens for a broker, so that a test sees each connection that the client makes.
private struct UnsuspectingDialer: BrokerDialer {
    private let dialer = TCPDialer()

    func dial(_ address: BrokerAddress, within limit: Duration) async throws(KafkaError) -> any BrokerChannel {
        try await dialer.dial(address, within: limit)
    }
}
