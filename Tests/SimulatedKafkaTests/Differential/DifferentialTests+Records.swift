import EventLoop
import KafkaWire

@testable import SimulatedKafka

// Produce, Fetch, ListOffsets, DeleteRecords, OffsetForLeaderEpoch, InitProducerId.

extension DifferentialTests {
    /// Now, so that no real broker deletes what it is given as too old.
    static let time = SystemTimeSource().sinceEpoch.milliseconds

    static func batch(
        _ values: [String], keyed: Bool = true, compression: RecordCompression = .none,
        producer: RecordBatchBuilder.Producer? = nil, transactional: Bool = false, at time: Int64 = time
    ) -> [UInt8] {
        var builder = RecordBatchBuilder(
            compression: compression, producer: producer, isTransactional: transactional)
        for (index, value) in values.enumerated() {
            try? builder.append(
                key: keyed ? Array("k\(index)".utf8) : nil, value: Array(value.utf8), timestamp: time + Int64(index))
        }
        return (try? builder.build()) ?? []
    }

    private static func produce(
        _ name: String, _ kind: DifferentialRow.Kind, _ topic: String, _ bytes: [UInt8], partition: Int32 = 0,
        acks: Int16 = -1, at version: Int16 = 12, as login: DifferentialSide.Login = .administrator
    ) -> DifferentialRow {
        DifferentialRow(
            name, kind,
            ProduceRequest(
                acks: acks, timeoutMs: 10_000,
                topicData: [.init(name: topic, partitionData: [.init(index: partition, records: bytes)])]),
            at: version, as: login)
    }

    private static func idempotent(
        _ name: String, _ kind: DifferentialRow.Kind, epoch: Int16 = 0, sequence: Int32, count: Int = 1
    ) -> DifferentialRow {
        .making(name, kind, at: 12) { side in
            let producer = RecordBatchBuilder.Producer(
                id: side[number: "producer"], epoch: epoch, baseSequence: sequence)
            let bytes = batch((0..<count).map { "idempotent \($0)" }, producer: producer)
            return ProduceRequest(
                acks: -1, timeoutMs: 10_000,
                topicData: [.init(name: "ledger", partitionData: [.init(index: 0, records: bytes)])])
        }
    }

    static func fetch(
        _ name: String, _ kind: DifferentialRow.Kind, _ topic: String, at offset: Int64, partition: Int32 = 0,
        isolation: Int8 = 0, epoch: Int32 = -1, limit: Int32 = 1 << 20, version: Int16 = 12,
        as login: DifferentialSide.Login = .administrator
    ) -> DifferentialRow {
        DifferentialRow(
            name, kind,
            FetchRequest(
                maxWaitMs: 0, minBytes: 0, maxBytes: 1 << 20, isolationLevel: isolation,
                topics: [
                    .init(
                        topic: topic,
                        partitions: [
                            .init(
                                partition: partition, currentLeaderEpoch: epoch, fetchOffset: offset,
                                partitionMaxBytes: limit)
                        ])
                ]), at: version, as: login)
    }

    private static func offsets(
        _ name: String, _ kind: DifferentialRow.Kind, _ topic: String, _ timestamp: Int64, partition: Int32 = 0,
        epoch: Int32 = -1, as login: DifferentialSide.Login = .administrator
    ) -> DifferentialRow {
        DifferentialRow(
            name, kind,
            ListOffsetsRequest(
                replicaId: -1,
                topics: [
                    .init(
                        name: topic,
                        partitions: [
                            .init(partitionIndex: partition, currentLeaderEpoch: epoch, timestamp: timestamp)
                        ])
                ]), as: login)
    }

    private static func deleteRecords(
        _ name: String, _ kind: DifferentialRow.Kind, _ topic: String, before offset: Int64,
        as login: DifferentialSide.Login = .administrator
    ) -> DifferentialRow {
        DifferentialRow(
            name, kind,
            DeleteRecordsRequest(
                topics: [.init(name: topic, partitions: [.init(partitionIndex: 0, offset: offset)])], timeoutMs: 10_000),
            as: login)
    }

    private static func epochEnd(
        _ name: String, _ kind: DifferentialRow.Kind, _ topic: String, current: Int32 = -1, _ epoch: Int32
    ) -> DifferentialRow {
        DifferentialRow(
            name, kind,
            OffsetForLeaderEpochRequest(
                replicaId: -1,
                topics: [
                    .init(
                        topic: topic,
                        partitions: [.init(partition: 0, currentLeaderEpoch: current, leaderEpoch: epoch)])
                ]))
    }

    static var recordRows: [DifferentialRow] {
        let damaged: [UInt8] = {
            var bytes = batch(["damaged"])
            bytes[bytes.count - 1] ^= 0xFF
            return bytes
        }()
        let codecs: [RecordCompression] = [.none, .gzip, .snappy, .lz4, .zstd]
        return codecs.map { codec in
            produce("produce with \(codec)", .success, "orders", batch(["one", "two"], compression: codec))
        } + [
            produce("produce with acks 1", .success, "orders", batch(["three"]), partition: 1, acks: 1),
            produce("produce in an old version", .success, "orders", batch(["four"]), partition: 1, at: 3),
            produce("produce with the broker's time", .success, "stamped", batch(["now"])),
            .making("produce by id", .success) { side in
                ProduceRequest(
                    acks: -1, timeoutMs: 10_000,
                    topicData: [
                        .init(
                            name: side.highest(ProduceRequest.self) < 13 ? "orders" : "",
                            topicId: try await side.id(of: "orders"),
                            partitionData: [.init(index: 2, records: batch(["by id"]))])
                    ])
            },
            produce("produce to an unknown topic", .refusal, "nope", batch(["x"])),
            produce("produce to an unknown partition", .refusal, "orders", batch(["x"]), partition: 9),
            produce("produce with acks 2", .refusal, "orders", batch(["x"]), acks: 2),
            produce("produce a damaged batch", .refusal, "orders", damaged),
            produce("produce nothing", .refusal, "orders", []),
            produce("produce two batches", .refusal, "orders", batch(["x"]) + batch(["y"])),
            produce(
                "produce too much", .refusal, "small", batch([String(repeating: "x", count: 400)])),
            produce("produce without a key", .refusal, "compacted", batch(["x"], keyed: false)),
            produce("produce with a key", .success, "compacted", batch(["x"])),
            produce("produce zstd in a version without", .refusal, "orders", batch(["x"], compression: .zstd), at: 6),
            produce("produce to an internal topic", .refusal, "__consumer_offsets", batch(["x"])),
            produce("produce with too few replicas", .refusal, "strict", batch(["x"])),
            produce("produce without right", .refusal, "orders", batch(["x"]), as: .alice),
            fetch("fetch from the start", .look, "orders", at: 0),
            fetch("fetch from the middle", .look, "orders", at: 5),
            fetch("fetch one byte", .look, "orders", at: 0, limit: 1),
            fetch("fetch at the end", .look, "orders", at: 10),
            fetch("fetch beyond the end", .refusal, "orders", at: 11),
            fetch("fetch before the start", .refusal, "orders", at: -5),
            fetch("fetch an unknown topic", .refusal, "nope", at: 0),
            fetch("fetch an unknown partition", .refusal, "orders", at: 0, partition: 9),
            fetch("fetch with a future epoch", .refusal, "orders", at: 0, epoch: 9),
            fetch("fetch without right", .refusal, "orders", at: 0, as: .alice),
            .making("fetch by an unknown id", .refusal) { side in
                let isByID = side.highest(FetchRequest.self) >= 13
                return FetchRequest(
                    maxWaitMs: 0, minBytes: 0,
                    topics: [
                        .init(
                            topic: isByID ? "" : "nope", topicId: KafkaUUID(high: 5, low: 7),
                            partitions: [.init(partition: 0, fetchOffset: 0, partitionMaxBytes: 1000)])
                    ])
            },
            DifferentialRow(
                "fetch in an unknown session", .refusal,
                FetchRequest(maxWaitMs: 0, minBytes: 0, sessionId: 1234, sessionEpoch: 5), at: 12),
            offsets("the end", .look, "orders", -1), offsets("the start", .look, "orders", -2),
            offsets("the latest record", .look, "orders", -3), offsets("the local start", .look, "orders", -4),
            offsets("the tiered end", .look, "orders", -5),
            offsets("the first record since a time", .look, "orders", time + 1),
            offsets("the first record since a later time", .look, "orders", time + 5),
            offsets("the end of nothing", .look, "secret", -1),
            offsets("the latest of nothing", .look, "secret", -3),
            offsets("offsets of an unknown topic", .refusal, "nope", -1),
            offsets("offsets of an unknown partition", .refusal, "orders", -1, partition: 9),
            offsets("offsets with a future epoch", .refusal, "orders", -1, epoch: 4),
            offsets("offsets without right", .refusal, "orders", -1, as: .alice),
            deleteRecords("delete records", .success, "orders", before: 3),
            deleteRecords("delete fewer records", .success, "orders", before: 1),
            deleteRecords("delete records beyond the end", .refusal, "orders", before: 100),
            deleteRecords("delete records of an unknown topic", .refusal, "nope", before: 1),
            deleteRecords("delete records of a compacted topic", .refusal, "compacted", before: 1),
            deleteRecords("delete records without right", .refusal, "orders", before: 1, as: .alice),
            fetch("fetch what was deleted", .refusal, "orders", at: 0),
            fetch("fetch from within a batch", .look, "orders", at: 3),
            offsets("the start after deleting", .look, "orders", -2),
            deleteRecords("delete all records", .success, "stamped", before: -1),
            epochEnd("the end of the epoch", .look, "orders", 0),
            epochEnd("the end of an epoch to come", .look, "orders", 7),
            epochEnd("the end with a future epoch", .refusal, "orders", current: 9, 0),
            epochEnd("the end of an epoch of an unknown topic", .refusal, "nope", 0),
            .making(
                // A real broker asks its controller for ids first.
                "a producer id", .look,
                learning: { (answer: InitProducerIdResponse, side) in side[number: "producer"] = answer.producerId }
            ) { _ in InitProducerIdRequest(transactionalId: nil, transactionTimeoutMs: 1000) },
            DifferentialRow(
                "a producer id without its epoch", .refusal,
                InitProducerIdRequest(transactionalId: nil, transactionTimeoutMs: 1000, producerId: 5)),
            DifferentialRow(
                "a producer id without right", .refusal,
                InitProducerIdRequest(transactionalId: nil, transactionTimeoutMs: 1000), as: .alice),
            idempotent("the first of a sequence", .success, sequence: 0, count: 2),
            idempotent("the same again", .success, sequence: 0, count: 2),
            idempotent("the next of a sequence", .success, sequence: 2),
            idempotent("a gap in a sequence", .refusal, sequence: 9),
            idempotent("a sequence that was", .refusal, sequence: 1),
            idempotent("a new epoch with a sequence that goes on", .refusal, epoch: 1, sequence: 3),
            idempotent("a new epoch", .success, epoch: 1, sequence: 0),
            idempotent("an old epoch", .refusal, epoch: 0, sequence: 3),
            DifferentialRow(
                "producers of a partition", .look,
                DescribeProducersRequest(topics: [.init(name: "ledger", partitionIndexes: [0])])),
            DifferentialRow(
                "producers of an unknown topic", .refusal,
                DescribeProducersRequest(topics: [.init(name: "nope", partitionIndexes: [0])])),
        ]
    }
}
