import KafkaWire
import Testing
import Values

@testable import SimulatedKafka

/// What nodes say they speak, compared with what real brokers and controllers of three releases said.
struct ApiVersionsTests {
    struct Seen: Sendable, CustomTestStringConvertible {
        let version: String
        let broker: String
        let controller: String
        var testDescription: String { version }
    }

    /// Key, lowest and highest version, as real nodes answered ApiVersions v0.
    static let seen: [Seen] = [
        Seen(
            version: "3.9.2",
            broker: """
                0:0-11 1:0-17 2:0-9 3:0-12 8:0-9 9:0-9 10:0-6 11:0-9 12:0-4 13:0-5 14:0-5 15:0-5 16:0-5 17:0-1 18:0-4 \
                19:0-7 20:0-6 21:0-2 22:0-5 23:0-4 24:0-5 25:0-4 26:0-4 27:0-1 28:0-4 29:0-3 30:0-3 31:0-3 32:0-4 33:0-2 \
                34:0-2 35:0-4 36:0-2 37:0-3 38:0-3 39:0-2 40:0-2 41:0-3 42:0-2 43:0-2 44:0-1 45:0-0 46:0-0 47:0-0 48:0-1 \
                49:0-1 50:0-0 51:0-0 55:0-2 57:0-1 60:0-1 61:0-0 64:0-0 65:0-0 66:0-1 68:0-0 69:0-0 74:0-0 75:0-0 80:0-0 \
                81:0-0
                """,
            controller: """
                1:0-17 7:0-3 17:0-1 18:0-4 19:0-7 20:0-6 29:0-3 30:0-3 31:0-3 32:0-4 33:0-2 36:0-2 37:0-3 38:0-3 39:0-2 \
                40:0-2 41:0-3 43:0-2 44:0-1 45:0-0 46:0-0 49:0-1 50:0-0 51:0-0 52:0-1 53:0-1 54:0-1 55:0-2 56:0-3 57:0-1 \
                58:0-0 59:0-1 60:0-1 62:0-4 63:0-1 64:0-0 67:0-0 70:0-0 73:0-0 80:0-0 81:0-0 82:0-0
                """),
        Seen(
            version: "4.1.2",
            broker: """
                0:0-13 1:4-18 2:1-10 3:0-13 8:2-9 9:1-9 10:0-6 11:0-9 12:0-4 13:0-5 14:0-5 15:0-6 16:0-5 17:0-1 18:0-4 \
                19:2-7 20:1-6 21:0-2 22:0-5 23:2-4 24:0-5 25:0-4 26:0-5 27:1-1 28:0-5 29:1-3 30:1-3 31:1-3 32:1-4 33:0-2 \
                34:1-2 35:1-4 36:0-2 37:0-3 38:1-3 39:1-2 40:1-2 41:1-3 42:0-2 43:0-2 44:0-1 45:0-1 46:0-0 47:0-0 48:0-1 \
                49:0-1 50:0-0 51:0-0 55:0-2 57:0-2 60:0-2 61:0-0 64:0-0 65:0-0 66:0-2 68:0-1 69:0-1 74:0-1 75:0-0 76:1-1 \
                77:1-1 78:1-1 79:1-1 80:0-0 81:0-0 83:0-0 84:0-0 85:0-0 86:0-0 87:0-0 90:0-0 91:0-0 92:0-0
                """,
            controller: """
                1:4-18 17:0-1 18:0-4 19:2-7 20:1-6 29:1-3 30:1-3 31:1-3 32:1-4 33:0-2 36:0-2 37:0-3 38:1-3 39:1-2 40:1-2 \
                41:1-3 43:0-2 44:0-1 45:0-1 46:0-0 49:0-1 50:0-0 51:0-0 52:0-2 53:0-1 54:0-1 55:0-2 56:2-3 57:0-2 58:0-0 \
                59:0-1 60:0-2 62:0-4 63:0-1 64:0-0 67:0-0 70:0-0 73:0-0 80:0-0 81:0-0 82:0-0
                """),
        Seen(
            version: "4.3.1",
            broker: """
                0:0-13 1:4-18 2:1-11 3:0-13 8:2-10 9:1-10 10:0-6 11:0-9 12:0-4 13:0-5 14:0-5 15:0-6 16:0-5 17:0-1 18:0-4 \
                19:2-7 20:1-6 21:0-2 22:0-5 23:2-4 24:0-5 25:0-4 26:0-5 27:1-2 28:0-5 29:1-3 30:1-3 31:1-3 32:1-4 33:0-2 \
                34:1-2 35:1-5 36:0-2 37:0-3 38:1-3 39:1-2 40:1-2 41:1-3 42:0-2 43:0-2 44:0-1 45:0-1 46:0-0 47:0-0 48:0-1 \
                49:0-1 50:0-0 51:0-0 55:0-2 57:0-2 60:0-2 61:0-0 64:0-0 65:0-0 66:0-2 68:0-1 69:0-1 74:0-1 75:0-0 76:1-1 \
                77:1-1 78:1-2 79:1-2 80:0-1 81:0-0 83:0-0 84:0-0 85:0-1 86:0-0 87:0-1 88:0-0 89:0-0 90:0-1 91:0-0 92:0-0
                """,
            controller: """
                1:4-18 17:0-1 18:0-4 19:2-7 20:1-6 29:1-3 30:1-3 31:1-3 32:1-4 33:0-2 36:0-2 37:0-3 38:1-3 39:1-2 40:1-2 \
                41:1-3 43:0-2 44:0-1 45:0-1 46:0-0 49:0-1 50:0-0 51:0-0 52:0-2 53:0-1 54:0-1 55:0-2 56:2-3 57:0-2 58:0-0 \
                59:0-1 60:0-2 62:0-4 63:0-2 64:0-0 67:0-0 70:0-0 73:0-0 80:0-1 81:0-0 82:0-0
                """),
    ]

    private func table(_ asker: inout Asker, _ listener: SimulatedListener) throws -> String {
        let answer = try asker.ask(ApiVersionsRequest(), version: 0, listener: listener)
        return answer.apiKeys.sorted { $0.apiKey < $1.apiKey }
            .map { "\($0.apiKey.rawValue):\($0.minVersion)-\($0.maxVersion)" }.joined(separator: " ")
    }

    @Test("A node advertises what a real one of its release does", arguments: seen)
    func releases(seen: Seen) throws {
        var asker = Asker(try .three(seen.version))
        // As lists, so that a difference is told entry by entry.
        let answered = seen.broker.split(separator: " ").filter { entry in
            let key = entry.split(separator: ":").first.flatMap { Int16($0) } ?? -1
            return !APITable.notAnswered.contains(APIKey(rawValue: key))
        }
        #expect(try table(&asker, .broker).split(separator: " ") == answered)
        #expect(try table(&asker, .controller).split(separator: " ") == seen.controller.split(separator: " "))
    }

    @Test(
        "A release without a column of its own counts as the nearest lower one",
        arguments: [("3.9.0", "3.9.2"), ("4.3.7", "4.3.1"), ("4.4.0", "4.3.1"), ("9.0", "4.3.1"), ("2.8.2", "3.3.0")])
    func nearestLower(version: String, same: String) throws {
        var asker = Asker(try .three(version))
        var other = Asker(try .three(same))
        #expect(try table(&asker, .broker) == table(&other, .broker))
    }

    @Test("An unknown version is answered in v0 with the range of ApiVersions alone")
    func unknownVersion() throws {
        var asker = Asker(try .three())
        // Version 99 with the header of a flexible request.
        var payload: [UInt8] = [0, 18, 0, 99, 0, 0, 0, 7, 0, 1, UInt8(ascii: "x"), 0]
        payload += [3, UInt8(ascii: "s"), UInt8(ascii: "w"), 2, UInt8(ascii: "1"), 0]
        guard case .answer(let frame) = asker.model.handle(payload, on: 1, listener: .broker) else {
            Issue.record("no answer")
            return
        }
        #expect(Array(frame.dropFirst(4)) == [0, 0, 0, 7, 0, 35, 0, 0, 0, 1, 0, 18, 0, 0, 0, 4])
    }

    @Test("v3 leaves out features that begin at 0, v4 has them; finalized ones above 0 are in both")
    func features() throws {
        var asker = Asker(try .three("4.3.1"))
        let request = ApiVersionsRequest(clientSoftwareName: "opsrun", clientSoftwareVersion: "1")
        let third = try asker.ask(request, version: 3)
        #expect(third.supportedFeatures.map(\.name) == ["metadata.version"])
        #expect(third.supportedFeatures.map(\.minVersion) == [7])
        let fourth = try asker.ask(request, version: 4)
        #expect(
            Set(fourth.supportedFeatures.map(\.name)) == [
                "metadata.version", "kraft.version", "group.version", "transaction.version",
                "eligible.leader.replicas.version", "share.version", "streams.version",
            ])
        let levels = Dictionary(uniqueKeysWithValues: fourth.finalizedFeatures.map { ($0.name, $0.maxVersionLevel) })
        #expect(
            levels == [
                "metadata.version": 30, "group.version": 1, "transaction.version": 2,
                "eligible.leader.replicas.version": 1, "share.version": 1, "streams.version": 1,
            ])
    }

    @Test("A software name that Kafka refuses is refused")
    func badName() throws {
        var asker = Asker(try .three())
        let answer = try asker.ask(
            ApiVersionsRequest(clientSoftwareName: "-s w", clientSoftwareVersion: "1.0"), version: 3)
        #expect(answer.errorCode == .invalidRequest)
        #expect(answer.apiKeys.isEmpty)
    }

    @Test("What Kafka does not understand closes the connection")
    func closes() throws {
        var asker = Asker(try .three("4.3.1"))
        let header: [UInt8] = [0, 0, 0, 7, 0, 1, UInt8(ascii: "x")]
        func outcome(_ key: [UInt8], _ version: UInt8, _ body: [UInt8], _ listener: SimulatedListener = .broker)
            -> SimulatedOutcome
        { asker.model.handle(key + [0, version] + header + body, on: 1, listener: listener) }
        #expect(outcome([0, 3], 99, [0, 0]) == .close, "Metadata v99")
        #expect(outcome([3, 231], 0, []) == .close, "API 999")
        #expect(outcome([0, 52], 0, [0, 0, 0]) == .close, "Vote on a broker")
        #expect(outcome([0, 3], 1, [255, 255, 255, 255], .controller) == .close, "Metadata on a controller")
        #expect(outcome([0, 3], 9, [0, 255, 255, 255]) == .close, "garbage")
        #expect(outcome([0, 19], 0, [0, 0, 0, 0, 0, 0, 0, 0]) == .close, "CreateTopics v0 on 4.3")
        #expect(asker.model.handle([], on: 1, listener: .broker) == .close)
        // Bytes after a request are left alone.
        guard case .answer = outcome([0, 3], 1, [0, 0, 0, 0, 1, 2, 3]) else {
            Issue.record("trailing bytes were refused")
            return
        }
    }

    @Test("Every truncation and every flipped byte of a request is answered, held or closed")
    func hostile() throws {
        var asker = Asker(try .three())
        let request = CreateTopicsRequest(
            topics: [
                .init(name: "a", numPartitions: -1, replicationFactor: -1, assignments: [.init(brokerIds: [1, 2])]),
                .init(
                    name: "b", numPartitions: 3, replicationFactor: 2,
                    configs: [.init(name: "retention.ms", value: "1")]),
            ])
        let frame = try RequestFrame.encode(request, version: 7, correlationId: 1, clientId: "test")
        let payload = Array(frame.dropFirst(4))
        for length in payload.indices { _ = asker.model.handle(Array(payload[..<length]), on: 1, listener: .broker) }
        for index in payload.indices {
            for byte: UInt8 in [0, 0x7F, 0x80, 0xFF] {
                var changed = payload
                changed[index] = byte
                _ = asker.model.handle(changed, on: 1, listener: .broker)
            }
        }
    }

    @Test("While the controller runs an older release, brokers advertise for forwarded APIs what both speak")
    func mixedReleases() throws {
        var configuration = try SimulatedClusterConfiguration.three()
        configuration.nodes[1].version = Version("4.3.1")
        var asker = Asker(configuration)
        let answer = try asker.ask(ApiVersionsRequest(), version: 0, on: 2)
        func range(_ key: APIKey) -> String? {
            answer.apiKeys.first { $0.apiKey == key }.map { "\($0.minVersion)-\($0.maxVersion)" }
        }
        #expect(range(.updateFeatures) == "0-1", "the active controller is 3.9's")
        #expect(range(.createTopics) == "2-7")
        #expect(range(.describeCluster) == "0-2", "answered by the broker itself")
    }
}
