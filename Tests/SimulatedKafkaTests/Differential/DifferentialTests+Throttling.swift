import EventLoop
import KafkaWire

@testable import SimulatedKafka

// The quota for changes of topics (KIP-599): what is refused when it is used up.

extension DifferentialTests {
    /// A quota reaches a real broker's threads a while after it is answered.
    private static let patience = 100

    private static func mutationQuota(_ name: String, remove: Bool) -> DifferentialRow {
        DifferentialRow(
            name, .success,
            AlterClientQuotasRequest(
                entries: [
                    .init(
                        entity: [.init(entityType: "user", entityName: "admin")],
                        ops: [.init(key: "controller_mutation_rate", value: 0.001, remove: remove)])
                ]))
    }

    private static func create(
        _ topic: String, partitions: Int32 = 10, validateOnly: Bool = false
    ) -> CreateTopicsRequest {
        CreateTopicsRequest(
            topics: [.init(name: topic, numPartitions: partitions, replicationFactor: 1)], timeoutMs: 10_000,
            validateOnly: validateOnly)
    }

    /// As admin, on a connection of its own: a broker reads no more from one that it has throttled.
    private static func ask<Request: KafkaRequest>(
        _ request: Request, at version: Int16 = .max, _ side: DifferentialSide
    ) async throws -> Request.Response {
        let dialogue = try await side.dialogue()
        _ = try await dialogue.handshake("PLAIN")
        _ = try await dialogue.token(Array("\u{0}admin\u{0}secret".utf8))
        let answer = try await dialogue.ask(request, at: version)
        await dialogue.close()
        return answer
    }

    private static func throttled<Request: KafkaRequest>(
        _ name: String, _ kind: DifferentialRow.Kind, _ request: Request, at version: Int16 = .max
    ) -> DifferentialRow {
        DifferentialRow("throttle: \(name)", kind) { side in
            AnswerText().text(try await ask(request, at: version, side))
        }
    }

    static var throttlingRows: [DifferentialRow] {
        [
            mutationQuota("throttle: set", remove: false),
            DifferentialRow("throttle: create too many topics", .refusal) { side in
                for number in 0..<patience {
                    side[number: "burst"] = Int64(number)
                    let answer = try await ask(create("burst-\(number)"), side)
                    if let topic = answer.topics.first, topic.errorCode != .none {
                        return "\(topic.errorCode.name) \(topic.errorMessage ?? "null")"
                    }
                    try await SystemTimeSource().sleep(for: .milliseconds(50))
                }
                return "never refused"
            },
            throttled("only check a topic", .refusal, create("burst-checked", validateOnly: true)),
            throttled(
                "delete a topic", .refusal, DeleteTopicsRequest(topics: [.init(name: "burst-0")], timeoutMs: 10_000)),
            throttled(
                "delete an unknown topic", .refusal,
                DeleteTopicsRequest(topics: [.init(name: "nope")], timeoutMs: 10_000)),
            throttled(
                "add partitions", .refusal,
                CreatePartitionsRequest(topics: [.init(name: "burst-0", count: 99)], timeoutMs: 10_000)),
            throttled("an old client", .success, create("burst-old", partitions: 1), at: 4),
            mutationQuota("throttle: remove", remove: true),
            DifferentialRow("throttle: clean up", .success) { side in
                let names = (0..<side[number: "burst"]).map { "burst-\($0)" } + ["burst-old"]
                let answer = try await side.ask(
                    DeleteTopicsRequest(topics: names.map { .init(name: $0) }, timeoutMs: 30_000),
                    version: side.highest(DeleteTopicsRequest.self))
                return answer.responses.allSatisfy { $0.errorCode == .none } ? "gone" : "\(answer)"
            },
        ]
    }
}
