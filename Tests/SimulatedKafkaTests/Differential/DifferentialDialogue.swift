import EventLoop
import KafkaWire
import Testing

@testable import SimulatedKafka

/// One connection to the listener with logins, for calls whose answers depend on what came before on it.
final class DifferentialDialogue: Sendable {
    private enum Line: Sendable {
        case socket(StreamSocket)
        case inProcess(SimulatedConnection)
    }

    private static let patience: Duration = .seconds(30)
    private let line: Line
    private let side: DifferentialSide

    init(_ socket: StreamSocket, _ side: DifferentialSide) {
        line = .socket(socket)
        self.side = side
    }

    init(_ connection: SimulatedConnection, _ side: DifferentialSide) {
        line = .inProcess(connection)
        self.side = side
    }

    func close() async {
        switch line {
        case .socket(let socket): await socket.close()
        case .inProcess(let connection): connection.close()
        }
    }

    /// The payload of the answer's frame.
    ///
    /// - Throws: `DifferentialSide.Closed` when the other side closes instead of answering.
    func exchange(_ payload: [UInt8]) async throws -> [UInt8] {
        let length = UInt32(payload.count)
        let frame = (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) } + payload
        do {
            switch line {
            case .inProcess(let connection): return try await connection.exchange(frame)
            case .socket(let socket):
                try await socket.write(frame)
                let count = try await socket.read(exactly: 4, within: Self.patience).reduce(0) { $0 << 8 | Int($1) }
                return try await socket.read(exactly: count, within: Self.patience)
            }
        } catch {
            throw DifferentialSide.Closed()
        }
    }

    func ask<Request: KafkaRequest>(_ request: Request, at version: Int16 = .max) async throws -> Request.Response {
        let version = side.highest(Request.self, atMost: version)
        let frame = try RequestFrame.encode(request, version: version, correlationId: 9, clientId: "differ")
        let payload = try await exchange(Array(frame.dropFirst(4)))
        return try ResponseFrame.decode(Request.Response.self, version: version, from: payload).body
    }

    // MARK: Steps, each as a line of text

    func handshake(_ mechanism: String, at version: Int16 = 1) async throws -> String {
        AnswerText().text(try await ask(SaslHandshakeRequest(mechanism: mechanism), at: version))
    }

    /// `withBytes`: whether what comes back is the same on every cluster.
    func token(_ bytes: [UInt8], withBytes: Bool = true) async throws -> String {
        let answer = try await ask(SaslAuthenticateRequest(authBytes: bytes))
        let life = answer.sessionLifetimeMs > 0 ? "some life" : "no life"
        let text = withBytes ? String(decoding: answer.authBytes, as: UTF8.self) : "…"
        return "\(answer.errorCode.name) \(answer.errorMessage ?? "null") '\(text)' \(life)"
    }

    /// Whether anything is answered any more.
    func metadata() async throws -> String {
        "metadata of \(try await ask(MetadataRequest(topics: []), at: 9).brokers.count) broker"
    }

    func versions() async throws -> String {
        "versions: \(try await ask(ApiVersionsRequest(clientSoftwareName: "a", clientSoftwareVersion: "1"), at: 3).errorCode.name)"
    }
}
