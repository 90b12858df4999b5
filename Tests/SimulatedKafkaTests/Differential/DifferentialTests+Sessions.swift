import KafkaWire

@testable import SimulatedKafka

// Fetch sessions (KIP-227), and replicas that move between directories.

extension DifferentialTests {
    private static func read(
        _ name: String, _ kind: DifferentialRow.Kind, session: String? = nil, epoch: Int32,
        _ partitions: [(Int32, Int64)] = [], topic: String = "orders", forget: [Int32] = [], learning: String? = nil
    ) -> DifferentialRow {
        .making(
            "session: \(name)", kind, at: 12,
            learning: { answer, side in if let learning { side[number: learning] = Int64(answer.sessionId) } }
        ) { side in
            FetchRequest(
                maxWaitMs: 0, minBytes: 0, maxBytes: 1 << 20,
                sessionId: session.map { Int32(truncatingIfNeeded: side[number: $0]) } ?? 0, sessionEpoch: epoch,
                topics: partitions.isEmpty
                    ? []
                    : [
                        .init(
                            topic: topic,
                            partitions: partitions.map {
                                .init(partition: $0.0, fetchOffset: $0.1, partitionMaxBytes: 1 << 20)
                            })
                    ],
                forgottenTopicsData: forget.isEmpty ? [] : [.init(topic: "orders", partitions: forget)])
        }
    }

    static var sessionRows: [DifferentialRow] {
        [
            read("begin", .success, epoch: 0, [(0, 0), (1, 0)], learning: "reader"),
            read("nothing new but what was not read on", .success, session: "reader", epoch: 1),
            read("read on", .success, session: "reader", epoch: 2, [(0, 10)]),
            read("the epoch before", .refusal, session: "reader", epoch: 2),
            read("an epoch ahead", .refusal, session: "reader", epoch: 9),
            read("an offset out of range", .success, session: "reader", epoch: 3, [(0, 99)]),
            read("out of range is told again", .success, session: "reader", epoch: 4),
            read("a partition more, unknown", .success, session: "reader", epoch: 5, [(9, 0)]),
            read("forget them", .success, session: "reader", epoch: 6, forget: [9, 0]),
            read("forget all", .success, session: "reader", epoch: 7, forget: [1]),
            read("gone with its partitions", .refusal, session: "reader", epoch: 8),
            read("begin again", .success, epoch: 0, [(0, 10)], learning: "second"),
            read("end", .success, session: "second", epoch: -1, [(0, 10)]),
            read("ended", .refusal, session: "second", epoch: 1),
            read("begin a third", .success, epoch: 0, [(0, 10)], learning: "third"),
            read("begin in its place", .success, session: "third", epoch: 0, [(0, 10)], learning: "fourth"),
            read("the third is over", .refusal, session: "third", epoch: 1),
            read("the fourth goes on", .success, session: "fourth", epoch: 1),
            read("without partitions", .success, epoch: 0, learning: "empty"),
            read("go on without partitions", .success, session: "empty", epoch: 1),
        ]
    }
}
