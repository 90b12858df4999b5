import Glibc
import TestSupport
import Testing
import Values

@testable import KafkaAdmin

/// The exchanges that Kafka's own classes wrote are spoken word by word.
@Suite struct ScramGoldenVectors {
    private static let folder = TestEnvironment["OPSRUN_GOLDEN"]

    /// Prints, and with OPSRUN_SUMMARY appends to that file, `N passed, M failed`.
    @Test(.enabled(if: folder != nil, "OPSRUN_GOLDEN is not set"))
    func `every exchange is spoken as Kafka's client speaks it`() throws {
        let lines = try Self.lines("\(try #require(Self.folder))/scram.jsonl")
        var failed = 0
        for line in lines {
            if let problem = Self.problem(try JSON.parse(line)) {
                failed += 1
                Issue.record("\(problem): \(line.prefix(120))")
            }
        }
        let summary = "\(lines.count - failed) passed, \(failed) failed\n"
        print(summary, terminator: "")
        if let path = TestEnvironment["OPSRUN_SUMMARY"], let file = fopen(path, "a") {
            fputs(summary, file)
            fclose(file)
        }
        #expect(lines.count > 0)
    }

    private static func problem(_ vector: Value) -> String? {
        func text(_ key: String) -> String { vector[key]?.stringValue ?? "" }
        func bytes(_ key: String) -> [UInt8] { Array(text(key).utf8) }
        let hash: ScramHash = text("mechanism") == "SCRAM-SHA-512" ? .sha512 : .sha256
        guard ScramExchange.saslName(text("username")) == text("saslName") else { return "another SASL name" }
        var exchange = ScramExchange(
            hash: hash, user: text("username"), password: text("password"),
            isToken: vector["tokenAuth"]?.boolValue ?? false, nonce: text("clientNonce"))
        guard exchange.begin() == .send(bytes("clientFirst")) else { return "another first message" }
        guard case .derive(let derivation) = exchange.received(bytes("serverFirst")) else { return "no derivation" }
        guard let key = derivation.saltedPassword(), hex(key) == text("saltedPassword") else { return "another key" }
        guard exchange.derived(key) == .send(bytes("clientFinal")) else { return "another final message" }
        var refused = exchange
        guard exchange.received(bytes("serverFinal")) == .accepted else { return "the signature is not accepted" }
        guard case .refused(let reason) = refused.received(bytes("serverFinalRefused")),
            reason.contains("invalid-proof")
        else { return "the refusal is not taken for one" }
        return nil
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef")
        return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }

    private static func lines(_ path: String) throws -> [String] {
        let file = try #require(fopen(path, "r"))
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk.prefix(count) }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
