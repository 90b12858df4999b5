import EventLoop
import KafkaWire
import TestSupport
import Testing
import Values

@testable import SimulatedKafka

/// One of the two clusters of a differential test, of one node, and what a table of calls has learnt from it.
final class DifferentialSide: Sendable {
    enum Login: Hashable, Sendable { case administrator, alice }

    struct Closed: Error {}

    private enum Place: Sendable {
        case real(plain: Int, sasl: Int, controller: Int)
        case simulated(SimulatedCluster)
    }

    private struct Memory {
        var words: [String: String] = [:]
        var numbers: [String: Int64] = [:]
        var sockets: [Int: StreamSocket] = [:]
    }

    private let place: Place
    private let memory = Locked(Memory())
    /// Kafka 4.3 asks its coordinator six times in some 30 s before it says that it knows no positions of an unknown partition
    /// (`PersisterStateManager`).
    private static let patience: Duration = .seconds(90)
    let version: Version

    init(real broker: RealKafkaBroker, version: Version) {
        place = .real(
            plain: broker.ports["PLAINTEXT"] ?? 0, sasl: broker.ports["SASL"] ?? 0,
            controller: broker.ports["CONTROLLER"] ?? 0)
        self.version = version
    }

    init(simulated cluster: SimulatedCluster, version: Version) {
        place = .simulated(cluster)
        self.version = version
    }

    // MARK: What has been learnt

    subscript(word name: String) -> String {
        get { memory.withLock { $0.words[name] ?? "" } }
        set { memory.withLock { $0.words[name] = newValue } }
    }

    subscript(number name: String) -> Int64 {
        get { memory.withLock { $0.numbers[name] ?? -1 } }
        set { memory.withLock { $0.numbers[name] = newValue } }
    }

    /// The id of a topic.
    func id(of topic: String) async throws -> KafkaUUID {
        try await ask(
            MetadataRequest(topics: [.init(name: topic)], allowAutoTopicCreation: false), version: 12
        ).topics.first?.topicId ?? .zero
    }

    // MARK: Asking

    /// The highest version that the release has and that is not above `version`.
    func highest<Request: KafkaRequest>(_ type: Request.Type, atMost version: Int16 = .max) -> Int16 {
        let range = SimulatedRelease(self.version).range(of: Request.apiKey, on: .broker)
        return min(version, range?.upperBound ?? 0, Request.versions.upperBound)
    }

    /// - Throws: `Closed` when the other side closes instead of answering.
    func ask<Request: KafkaRequest>(
        _ request: Request, version: Int16, as login: Login = .administrator, listener: SimulatedListener = .broker
    ) async throws -> Request.Response {
        let frame = try RequestFrame.encode(request, version: version, correlationId: 7, clientId: "differ")
        let payload: [UInt8]
        switch place {
        case .simulated(let cluster):
            let session = login == .alice ? ClientSession(principal: "User:alice") : ClientSession()
            let connection = try #require(cluster.connect(to: 1, listener: listener, as: session))
            do {
                payload = try await connection.exchange(frame)
            } catch {
                throw Closed()
            }
            connection.close()
        case .real(let plain, let sasl, let controller):
            let port = listener == .controller ? controller : login == .alice ? sasl : plain
            payload = try await exchange(frame, port: port, isLogin: login == .alice)
        }
        return try ResponseFrame.decode(Request.Response.self, version: version, from: payload).body
    }

    private func exchange(_ frame: [UInt8], port: Int, isLogin: Bool) async throws -> [UInt8] {
        let socket: StreamSocket
        if let kept = memory.withLock({ $0.sockets[port] }) {
            socket = kept
        } else {
            socket = try await StreamSocket.connect(to: "127.0.0.1", port: port, within: Self.patience)
            if isLogin { try await logIn(socket) }
            memory.withLock { $0.sockets[port] = socket }
        }
        do {
            return try await Self.exchange(frame, socket)
        } catch {
            memory.withLock { $0.sockets[port] = nil }
            await socket.close()
            throw Closed()
        }
    }

    private static func exchange(_ frame: [UInt8], _ socket: StreamSocket) async throws -> [UInt8] {
        try await socket.write(frame)
        let length = try await socket.read(exactly: 4, within: patience).reduce(0) { $0 << 8 | Int($1) }
        return try await socket.read(exactly: length, within: patience)
    }

    private func logIn(_ socket: StreamSocket) async throws {
        let handshake = SaslHandshakeRequest(mechanism: "PLAIN")
        _ = try await Self.exchange(
            RequestFrame.encode(handshake, version: 1, correlationId: 1, clientId: "differ"), socket)
        let login = SaslAuthenticateRequest(authBytes: Array("\u{0}alice\u{0}secret".utf8))
        let payload = try await Self.exchange(
            RequestFrame.encode(login, version: 2, correlationId: 2, clientId: "differ"), socket)
        let answer = try ResponseFrame.decode(SaslAuthenticateResponse.self, version: 2, from: payload).body
        try #require(answer.errorCode == .none)
    }

    /// A connection of its own to the listener with logins, on which nobody has logged in.
    func dialogue() async throws -> DifferentialDialogue {
        switch place {
        case .real(_, let sasl, _):
            DifferentialDialogue(
                try await StreamSocket.connect(to: "127.0.0.1", port: sasl, within: Self.patience), self)
        case .simulated(let cluster):
            DifferentialDialogue(try #require(cluster.connect(to: 1, listener: .client(0))), self)
        }
    }

    func close() async {
        let sockets = memory.withLock { memory in
            defer { memory.sockets = [:] }
            return Array(memory.sockets.values)
        }
        for socket in sockets { await socket.close() }
    }
}
