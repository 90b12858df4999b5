import EventLoop
import KafkaWire

@testable import SimulatedKafka

// Two log directories a broker: which one a replica begins in is a broker's own affair, and where it is moved to is not.

extension DifferentialTests {
    /// The broker's directories, and what is where.
    private struct Directories {
        let paths: [String]
        /// `orders 0`, with the directory and whether it is on its way there.
        let replicas: [String: [(path: String, isFuture: Bool)]]
        let errors: [KafkaErrorCode]

        func settled(_ replica: String) -> String? {
            guard let places = replicas[replica], places.count == 1, let place = places.first, !place.isFuture else {
                return nil
            }
            return place.path
        }
    }

    private static func look(_ side: DifferentialSide, _ topics: [String: [Int32]]) async throws -> Directories {
        let answer = try await side.ask(
            DescribeLogDirsRequest(topics: topics.map { .init(topic: $0.key, partitions: $0.value) }),
            version: side.highest(DescribeLogDirsRequest.self))
        var replicas: [String: [(path: String, isFuture: Bool)]] = [:]
        for result in answer.results {
            for topic in result.topics {
                for partition in topic.partitions {
                    replicas["\(topic.name) \(partition.partitionIndex)", default: []].append(
                        (result.logDir, partition.isFutureKey))
                }
            }
        }
        return Directories(
            paths: answer.results.map(\.logDir).sorted(), replicas: replicas, errors: answer.results.map(\.errorCode))
    }

    /// Moves a replica to the directory where it is, or to the other one; and waits until it is there.
    private static func move(
        _ name: String, _ kind: DifferentialRow.Kind, topic: String, partition: Int32, away: Bool
    ) -> DifferentialRow {
        DifferentialRow(name, kind) { side in
            let before = try await look(side, [topic: [partition]])
            let here = before.settled("\(topic) \(partition)") ?? before.paths.first ?? ""
            let target = away ? before.paths.first { $0 != here } ?? "" : here
            let answer = try await side.ask(
                AlterReplicaLogDirsRequest(
                    dirs: [.init(path: target, topics: [.init(name: topic, partitions: [partition])])]),
                version: side.highest(AlterReplicaLogDirsRequest.self))
            let text = AnswerText().text(answer)
            if case .refusal = kind { return text }
            for _ in 0..<200 {
                if try await look(side, [topic: [partition]]).settled("\(topic) \(partition)") == target {
                    return "\(text) and it is there"
                }
                try await SystemTimeSource().sleep(for: .milliseconds(50))
            }
            return "\(text) and it is not there"
        }
    }

    static var directoryRows: [DifferentialRow] {
        [
            DifferentialRow("log directories", .look) { side in
                let found = try await look(side, ["orders": [0, 1], "nope": [0]])
                return "\(found.paths.count) \(found.errors.map(\.name)) \(found.replicas.keys.sorted())"
            },
            move("move a replica to the other directory", .success, topic: "orders", partition: 0, away: true),
            move("move a replica to where it is", .success, topic: "orders", partition: 0, away: false),
            move("move a replica back", .success, topic: "orders", partition: 0, away: true),
            move("move a partition that is not there", .refusal, topic: "orders", partition: 99, away: true),
            move("move a replica of no topic", .refusal, topic: "nope", partition: 0, away: true),
        ]
    }
}
