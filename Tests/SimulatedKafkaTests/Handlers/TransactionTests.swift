import KafkaWire
import Testing
import Values

@testable import SimulatedKafka

/// Transactions of the model: markers, stable offsets, aborted records, fencing, time.
struct TransactionTests {
    private func asker() throws -> Asker {
        var configuration = SimulatedClusterConfiguration(
            version: try #require(Version("4.3.1")), nodes: [.init(id: 1)],
            topics: [.init(name: "plain", ingest: ByteCount(0))])
        configuration.offsetsTopicPartitions = 1
        configuration.transactionTopicPartitions = 1
        var asker = Asker(configuration)
        _ = try asker.ask(FindCoordinatorRequest(keyType: 1, coordinatorKeys: ["t"]), version: 4)
        return asker
    }

    private func initialize(_ asker: inout Asker) throws -> InitProducerIdResponse {
        try asker.ask(InitProducerIdRequest(transactionalId: "t", transactionTimeoutMs: 60_000), version: 5)
    }

    private func write(
        _ asker: inout Asker, _ producer: InitProducerIdResponse, epoch: Int16? = nil, sequence: Int32, _ value: String
    ) throws -> KafkaErrorCode? {
        let bytes = try RecordTests.batch(
            [value],
            producer: .init(id: producer.producerId, epoch: epoch ?? producer.producerEpoch, baseSequence: sequence),
            transactional: true)
        return try asker.ask(RecordTests.produce(bytes, transaction: "t"), version: 12).responses.first?
            .partitionResponses.first?.errorCode
    }

    private func committed(_ asker: inout Asker) throws -> [String] {
        let answer = try asker.ask(RecordTests.fetch(from: 0, isolation: 1), version: 12)
        let partition = try #require(answer.responses.first?.partitions.first)
        return try RecordTests.values(
            partition.records ?? [], from: 0,
            aborted: (partition.abortedTransactions ?? []).map {
                AbortedTransaction(producerID: $0.producerId, firstOffset: $0.firstOffset)
            })
    }

    @Test("Readers of committed records see a transaction when it is committed, and never when it is aborted")
    func commitAndAbort() throws {
        var asker = try asker()
        let producer = try initialize(&asker)
        #expect(try write(&asker, producer, sequence: 0, "kept") == KafkaErrorCode.none)
        #expect(try committed(&asker).isEmpty)
        let end = EndTxnRequest(
            transactionalId: "t", producerId: producer.producerId, producerEpoch: producer.producerEpoch,
            committed: true)
        let next = try asker.ask(end, version: 5)
        #expect(next.errorCode == .none)
        #expect(next.producerEpoch == producer.producerEpoch + 1)
        #expect(try committed(&asker) == ["kept"])
        // Asked once more, because the answer was lost: the same answer.
        #expect(try asker.ask(end, version: 5) == next)
        #expect(try write(&asker, producer, epoch: next.producerEpoch, sequence: 0, "lost") == KafkaErrorCode.none)
        let aborted = try asker.ask(
            EndTxnRequest(
                transactionalId: "t", producerId: producer.producerId, producerEpoch: next.producerEpoch,
                committed: false),
            version: 5)
        #expect(aborted.errorCode == .none)
        #expect(try committed(&asker) == ["kept"])
        #expect(
            asker.model.ledger.entries.map(\.effect).filter {
                if case .transactionEnded = $0 { true } else { false }
            } == [.transactionEnded("t", committed: true), .transactionEnded("t", committed: false)])
    }

    @Test("A new incarnation fences the one before, whose transaction is aborted")
    func fencing() throws {
        var asker = try asker()
        let old = try initialize(&asker)
        #expect(try write(&asker, old, sequence: 0, "zombie") == KafkaErrorCode.none)
        #expect(try initialize(&asker).errorCode == .concurrentTransactions)
        let new = try initialize(&asker)
        #expect(new.errorCode == .none)
        #expect(new.producerEpoch > old.producerEpoch)
        #expect(try write(&asker, old, sequence: 1, "zombie again") == .invalidProducerEpoch)
        #expect(try committed(&asker).isEmpty)
    }

    @Test("A transaction that stays open too long is aborted")
    func timeout() throws {
        var asker = try asker()
        let producer = try initialize(&asker)
        #expect(try write(&asker, producer, sequence: 0, "slow") == KafkaErrorCode.none)
        asker.advance(by: .seconds(61))
        let state = try asker.ask(DescribeTransactionsRequest(transactionalIds: ["t"]), version: 0).transactionStates[0]
        #expect(state.transactionState == "CompleteAbort")
        #expect(try committed(&asker).isEmpty)
    }

    @Test("A marker that an administrator writes frees the readers")
    func hanging() throws {
        var asker = try asker()
        let producer = try initialize(&asker)
        #expect(try write(&asker, producer, sequence: 0, "hanging") == KafkaErrorCode.none)
        let before = try asker.ask(
            DescribeProducersRequest(topics: [.init(name: "plain", partitionIndexes: [0])]), version: 0)
        #expect(before.topics[0].partitions[0].activeProducers[0].currentTxnStartOffset == 0)
        let written = try asker.ask(
            WriteTxnMarkersRequest(
                markers: [
                    .init(
                        producerId: producer.producerId, producerEpoch: producer.producerEpoch,
                        transactionResult: false,
                        topics: [.init(name: "plain", partitionIndexes: [0])], coordinatorEpoch: 0)
                ]), version: 1)
        #expect(written.markers[0].topics[0].partitions[0].errorCode == .none)
        let after = try asker.ask(
            DescribeProducersRequest(topics: [.init(name: "plain", partitionIndexes: [0])]), version: 0)
        #expect(after.topics[0].partitions[0].activeProducers[0].currentTxnStartOffset == -1)
    }
}
