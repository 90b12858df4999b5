import KafkaWire
import Testing
import Values

@testable import SimulatedKafka

/// Produce, Fetch, ListOffsets, DeleteRecords of the model, without a socket.
struct RecordTests {
    private static let codecs: [RecordCompression] = [.none, .gzip, .snappy, .lz4, .zstd]

    private func asker(
        _ change: (inout SimulatedClusterConfiguration) -> Void = { _ in }
    ) throws -> Asker {
        Asker(
            try .three(
                "4.3.1", topics: [.init(name: "plain", partitions: 1, replicationFactor: 3, ingest: ByteCount(0))],
                change: change))
    }

    static func batch(
        _ values: [String], compression: RecordCompression = .none, producer: RecordBatchBuilder.Producer? = nil,
        transactional: Bool = false
    ) throws -> [UInt8] {
        var builder = RecordBatchBuilder(
            compression: compression, producer: producer, isTransactional: transactional)
        for value in values {
            try builder.append(key: nil, value: Array(value.utf8), timestamp: 1_750_000_000_000)
        }
        return try builder.build()
    }

    static func produce(_ bytes: [UInt8], acks: Int16 = -1, transaction: String? = nil) -> ProduceRequest {
        ProduceRequest(
            transactionalId: transaction, acks: acks, timeoutMs: 1000,
            topicData: [.init(name: "plain", partitionData: [.init(index: 0, records: bytes)])])
    }

    static func fetch(from offset: Int64, wait: Int32 = 0, minimum: Int32 = 0, isolation: Int8 = 0) -> FetchRequest {
        FetchRequest(
            maxWaitMs: wait, minBytes: minimum, isolationLevel: isolation,
            topics: [
                .init(
                    topic: "plain", partitions: [.init(partition: 0, fetchOffset: offset, partitionMaxBytes: 1 << 20)])
            ])
    }

    static func values(_ bytes: [UInt8], from offset: Int64, aborted: [AbortedTransaction] = []) throws -> [String] {
        var scan = RecordScan(bytes, from: offset, aborted: aborted)
        var values: [String] = []
        while let record = try scan.next() { values.append(String(decoding: record.value ?? [], as: UTF8.self)) }
        return values
    }

    @Test(
        "What is produced with any codec is fetched byte for byte but for what the leader fills in", arguments: codecs)
    func roundTrip(codec: RecordCompression) throws {
        var asker = try asker()
        let bytes = try Self.batch(["a", "b", "c"], compression: codec)
        for round in 0..<3 {
            let answer = try asker.ask(Self.produce(bytes), version: 9)
            #expect(answer.responses.first?.partitionResponses.first?.baseOffset == Int64(round * 3))
        }
        let fetched = try asker.ask(Self.fetch(from: 4), version: 12)
        let partition = try #require(fetched.responses.first?.partitions.first)
        #expect(partition.highWatermark == 9)
        #expect(try Self.values(partition.records ?? [], from: 4) == ["b", "c", "a", "b", "c"])
    }

    @Test("A fetch waits for records, and is answered by a produce or at the end of its wait")
    func longPoll() throws {
        var asker = try asker()
        #expect(try asker.outcome(Self.fetch(from: 0, wait: 5000, minimum: 1), version: 12) == .hold)
        _ = try asker.ask(Self.produce(Self.batch(["late"])), version: 9)
        #expect(asker.model.takeSignals().contains(.askAgain))
        let answer = try asker.ask(Self.fetch(from: 0, wait: 5000, minimum: 1), version: 12)
        #expect(answer.responses.first?.partitions.first?.records?.isEmpty == false)
        #expect(try asker.outcome(Self.fetch(from: 1, wait: 100, minimum: 1), version: 12) == .hold)
        asker.advance(by: .milliseconds(100))
        #expect(asker.model.takeSignals().contains(.askAgain))
    }

    @Test("A produce with acks 0 is not answered, and closes the connection when it fails")
    func acksZero() throws {
        var asker = try asker()
        #expect(try asker.outcome(Self.produce(Self.batch(["x"]), acks: 0), version: 9) == .silence)
        var damaged = try Self.batch(["x"])
        damaged[damaged.count - 1] ^= 1
        #expect(try asker.outcome(Self.produce(damaged, acks: 0), version: 9) == .close)
    }

    @Test("Records that the cluster's own producers wrote are the same whenever they are fetched")
    func invented() throws {
        var asker = Asker(
            try .three(
                "4.3.1",
                topics: [
                    .init(
                        name: "plain", replicationFactor: 1, bytesPerPartition: ByteCount(10 * 1024),
                        ingest: ByteCount(0))
                ]))
        let first = try asker.ask(Self.fetch(from: 3), version: 12)
        _ = try asker.ask(Self.produce(Self.batch(["real"])), version: 9)
        let second = try asker.ask(Self.fetch(from: 3), version: 12)
        let before = try Self.values(first.responses[0].partitions[0].records ?? [], from: 3)
        let after = try Self.values(second.responses[0].partitions[0].records ?? [], from: 3)
        #expect(before == (3..<10).map { "simulated record \($0)" })
        #expect(after == before + ["real"])
    }

    @Test("A log keeps no more than it may, and its start moves")
    func retention() throws {
        var log = RecordLog()
        let size = RecordLog.retainedBytes / 4 + 1
        for round in 0..<10 {
            log.append(
                .init(
                    baseOffset: Int64(round), lastOffset: Int64(round), position: Int64(round * size), maxTimestamp: 0,
                    producerID: -1, bytes: [UInt8](repeating: 0, count: size)))
        }
        #expect(log.heldBytes <= RecordLog.retainedBytes)
        #expect(log.startOffset == 7)
        #expect(log.batches.map(\.baseOffset) == [7, 8, 9])
    }

    @Test("With too few replicas in sync acks -1 is refused and acks 1 is not")
    func minInsync() throws {
        var asker = try asker { $0.minInsyncReplicas = 3 }
        let leader = try #require(asker.model.image.partition(PartitionKey("plain", 0))?.leader)
        let other: Int32 = leader == 1 ? 2 : 1
        asker.model.kill(other)
        asker.advance(by: .seconds(30))
        let refused = try asker.ask(Self.produce(Self.batch(["x"])), version: 9, on: leader)
        #expect(refused.responses[0].partitionResponses[0].errorCode == .notEnoughReplicas)
        let taken = try asker.ask(Self.produce(Self.batch(["x"]), acks: 1), version: 9, on: leader)
        #expect(taken.responses[0].partitionResponses[0].errorCode == .none)
    }

    @Test("Hostile batches are refused and nothing traps")
    func hostile() throws {
        var asker = try asker()
        let good = try Self.batch(["a", "b"], compression: .gzip)
        for length in good.indices { _ = try asker.ask(Self.produce(Array(good[..<length])), version: 9) }
        for index in good.indices {
            var changed = good
            changed[index] ^= 0x81
            _ = try asker.ask(Self.produce(changed), version: 9)
        }
        let answer = try asker.ask(Self.produce(good), version: 9)
        #expect(answer.responses[0].partitionResponses[0].errorCode == .none)
    }
}
