import KafkaAdmin
import KafkaWire
import TestSupport
import Testing

/// Transactions from both sides: one that is open and known, one that hangs and is ended.
struct TransactionSurface {
    let world: SurfaceWorld

    private let first = TopicPartition("sales", 0)
    private let second = TopicPartition("sales", 1)

    func run() async throws {
        try await world.makeTopic("sales", leaders: [1, 2])
        // The first question about transactions makes the topic that they are kept in.
        try await world.eventually("there is a coordinator", is: Int16(105)) {
            code(try await world.reader.describeTransactions(["unheard"]).first?.result)
        }
        let producers = try await Eventually.found("the leader answers") {
            let producers = try await world.reader.describeProducers([first, TopicPartition("nowhere", 0)])
            _ = try producers[0].result.get()
            return producers
        }
        #expect(try producers[0].result.get().isEmpty)
        #expect(code(producers[1].result) == 3)
        let open = try await opens()
        try await isKnown(open)
        let ghost = try await hangs()
        try await isEnded(ghost)
        try await closes(open)
    }

    /// A transaction as a producer begins it.
    private func opens() async throws -> RecordBatchBuilder.Producer {
        var producer = RecordBatchBuilder.Producer(id: -1, epoch: -1, baseSequence: 0)
        try await world.eventually("the transaction has a coordinator and is open") {
            if producer.id < 0 { producer = try await identify("shop") }
            let request = AddPartitionsToTxnRequest(
                v3AndBelowTransactionalId: "shop", v3AndBelowProducerId: producer.id,
                v3AndBelowProducerEpoch: producer.epoch, v3AndBelowTopics: [.init(name: "sales", partitions: [0])])
            let answer = try await world.client.call(request, to: .node(try await coordinator("shop")), kind: .read)
            let results = answer.response.resultsByTopicV3AndBelow.flatMap(\.resultsByPartition)
            return results.map(\.partitionErrorCode) == [KafkaErrorCode.none]
        }
        try await world.produce(["a", "b"], to: first, by: producer, transaction: "shop")
        return producer
    }

    private func coordinator(_ id: String) async throws -> Int32 {
        let request = FindCoordinatorRequest(keyType: 1, coordinatorKeys: [id])
        let answer = try await world.client.call(request, to: .any, kind: .read).response
        let found = try #require(answer.coordinators.first)
        guard !found.errorCode.isError else { throw KafkaError(.server(found.errorCode), found.errorCode.name) }
        return found.nodeId
    }

    private func identify(_ id: String) async throws -> RecordBatchBuilder.Producer {
        try await world.identify(id, at: try await coordinator(id))
    }

    private func isKnown(_ producer: RecordBatchBuilder.Producer) async throws {
        let reader = world.reader
        // A coordinator that still loads refuses to list.
        let listed = try await Eventually.found("every coordinator lists") {
            let listed = try await reader.listTransactions(TransactionQuery(states: ["Ongoing"]))
            for broker in listed { _ = try broker.result.get() }
            return listed
        }
        #expect(listed.map(\.item) == [1, 2])
        let found = try listed.flatMap { try $0.result.get() }
        #expect(found.map(\.id) == ["shop"] && found.first?.producerID == producer.id)
        let none = try await reader.listTransactions(TransactionQuery(producerIDs: [987_654]))
        #expect(try none.allSatisfy { try $0.result.get().isEmpty })
        let long = try await reader.listTransactions(TransactionQuery(runningLongerThan: 3_600_000))
        #expect(try long.allSatisfy { try $0.result.get().isEmpty })
        if world.isAtLeast(4, 1) {
            let named = try await reader.listTransactions(TransactionQuery(idPattern: "sh.*"))
            #expect(try named.flatMap { try $0.result.get() }.map(\.id) == ["shop"])
        } else {
            let named = try await reader.listTransactions(TransactionQuery(idPattern: "sh.*"))
            #expect(named.allSatisfy { $0.result.failureCode == .unsupportedVersion })
        }
        let shop = try #require(try await reader.describeTransactions(["shop"]).first).result.get()
        #expect(shop.state == "Ongoing" && shop.timeoutMilliseconds == 600_000 && shop.startedAt != nil)
        #expect(shop.partitions == [first] && shop.producerID == producer.id)
        let state = try #require(try await reader.describeProducers([first]).first?.result.get().first)
        #expect(state.producerID == producer.id && state.transactionStart == 0 && state.coordinatorEpoch == nil)
        // Its coordinator knows it: it does not hang.
        let hanging = try await reader.findHangingTransactions(in: [first, second], olderThan: 0, now: .max)
        #expect(try hanging.allSatisfy { try $0.result.get().isEmpty })
    }

    /// Records of a transaction that no coordinator knows: what a lost marker leaves behind.
    private func hangs() async throws -> HangingTransaction {
        let producer = try await world.leaveHanging(in: second)
        let found = try await world.reader.findHangingTransactions(in: [first, second], olderThan: 0, now: .max)
        #expect(found.map(\.item) == [first, second])
        #expect(try found[0].result.get().isEmpty)
        let ghost = try #require(try found[1].result.get().first)
        #expect(ghost.producer.producerID == producer.id && ghost.producer.transactionStart == 0)
        #expect(!ghost.isProven, "an authorizer may hide the id that it belongs to")
        let young = try await world.reader.findHangingTransactions(in: [second], olderThan: 3_600_000, now: 0)
        #expect(try young[0].result.get().isEmpty)
        #expect(try await stableEnd() == 0, "readers of committed records stand still")
        return ghost
    }

    private func stableEnd() async throws -> Int64? {
        try await world.reader.listOffsets([second], timestamp: -1, readCommitted: true).first?.result.get().offset
    }

    private func isEnded(_ ghost: HangingTransaction) async throws {
        var wrong = ghost
        wrong.producer.producerEpoch = 40_000
        await #expect(throws: KafkaError(.configuration, "")) { try await world.writer.abortTransaction(wrong) }
        wrong = ghost
        wrong.partition = TopicPartition("nowhere", 0)
        await #expect(throws: KafkaError(.server(.unknownTopicOrPartition), "")) {
            try await world.writer.abortTransaction(wrong)
        }
        wrong = ghost
        wrong.producer.transactionStart = 1
        await #expect(throws: KafkaError(.outdated, "")) { try await world.writer.abortTransaction(wrong) }
        try await world.writer.abortTransaction(ghost)
        // Three records and the marker.
        try await world.eventually("readers of committed records go on") { try await stableEnd() == 4 }
        let after = try await world.reader.describeProducers([second])
        #expect(try after[0].result.get().allSatisfy { $0.transactionStart == nil && $0.coordinatorEpoch != nil })
        #expect(try !after[0].result.get().isEmpty)
    }

    /// The producer's next life ends what the former one left open.
    private func closes(_ producer: RecordBatchBuilder.Producer) async throws {
        try await world.eventually("the transaction is over") {
            _ = try? await identify("shop")
            let shop = try await world.reader.describeTransactions(["shop"]).first?.result.get()
            return shop?.state != "Ongoing" && shop?.partitions.isEmpty == true
        }
    }
}

extension Result where Failure == KafkaError {
    var failureCode: KafkaError.Code? { if case .failure(let error) = self { error.code } else { nil } }
}

extension SurfaceWorld {
    /// An id for a producer: with a transactional id, from its coordinator.
    func identify(_ id: String?, at node: Int32) async throws -> RecordBatchBuilder.Producer {
        let request = InitProducerIdRequest(transactionalId: id, transactionTimeoutMs: 600_000)
        let answer = try await client.call(request, to: .node(node), kind: .read).response
        guard !answer.errorCode.isError else { throw KafkaError(.server(answer.errorCode), answer.errorCode.name) }
        return RecordBatchBuilder.Producer(id: answer.producerId, epoch: answer.producerEpoch, baseSequence: 0)
    }

    /// Three records of a transaction that no coordinator knows, older than any transaction may become.
    func leaveHanging(in partition: TopicPartition) async throws -> RecordBatchBuilder.Producer {
        var producer = RecordBatchBuilder.Producer(id: -1, epoch: -1, baseSequence: 0)
        try await eventually("a producer gets an id") {
            producer = try await identify(nil, at: 1)
            return true
        }
        try await produce(["x", "y", "z"], to: partition, by: producer, transaction: "ghost", age: .seconds(7200))
        return producer
    }
}
