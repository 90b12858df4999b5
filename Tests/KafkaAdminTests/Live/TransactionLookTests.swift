import EventLoop
import KafkaWire
import Testing

@testable import KafkaAdmin

@Suite struct TransactionLookTests {
    private static let partition = TopicPartition("t", 0)
    private static let now: Int64 = 10_000_000

    /// A producer with an open transaction, in a cluster of two brokers of which the second grants long transactions.
    private struct World: Sendable {
        var lastTimestamp: Int64 = 0
        var longest = "900000"
        var listed = false
        var knows = false
        var authorizer = true
        var unknownStates: [String] = []

        func reply(_ sent: FakeSender.Sent) throws(KafkaError) -> FakeSender.Reply {
            switch sent.api {
            case .metadata: return FakeSender.metadata([partition: 1])
            case .describeCluster: return FakeSender.cluster([1, 2])
            case .describeProducers: return TransactionLookTests.producers(start: 5, timestamp: lastTimestamp)
            case .describeConfigs:
                let id = sent.target == .node(1) ? "1" : "2"
                return .init(
                    DescribeConfigsResponse(results: [
                        .init(
                            resourceType: 4, resourceName: id,
                            configs: [
                                .init(name: "transaction.max.timeout.ms", value: id == "2" ? longest : "60000")
                            ])
                    ]))
            case .listTransactions:
                let listing = ListTransactionsResponse.Transaction(
                    transactionalId: "id", producerId: 7, transactionState: "Ongoing")
                return .init(
                    ListTransactionsResponse(
                        unknownStateFilters: unknownStates,
                        transactionStates: listed && sent.target == .node(1) ? [listing] : []))
            case .findCoordinator: return FakeSender.coordinator(1, of: sent)
            case .describeTransactions:
                return .init(
                    DescribeTransactionsResponse(transactionStates: [
                        .init(
                            transactionalId: "id", transactionState: "Ongoing", producerId: 7,
                            topics: knows ? [.init(topic: "t", partitions: [0])] : [])
                    ]))
            case .describeAcls:
                return .init(DescribeAclsResponse(errorCode: authorizer ? .none : .securityDisabled))
            default: throw KafkaError(.configuration, "not asked: \(sent.api)")
            }
        }
    }

    private static func producers(
        start: Int64, epoch: Int32 = 1, coordinatorEpoch: Int32 = 3, timestamp: Int64 = 0
    ) -> FakeSender.Reply {
        .init(
            DescribeProducersResponse(topics: [
                .init(
                    name: "t",
                    partitions: [
                        .init(
                            partitionIndex: 0,
                            activeProducers: [
                                .init(
                                    producerId: 7, producerEpoch: epoch, lastSequence: 1, lastTimestamp: timestamp,
                                    coordinatorEpoch: coordinatorEpoch, currentTxnStartOffset: start)
                            ])
                    ])
            ]))
    }

    private func hanging(_ world: World, olderThan: Int64 = 0) async throws -> [HangingTransaction] {
        let sender = FakeSender { sent, _ throws(KafkaError) in try world.reply(sent) }
        let found = try await sender.reader().findHangingTransactions(
            in: [Self.partition], olderThan: olderThan, now: Self.now)
        return try found.flatMap { try $0.result.get() }
    }

    struct Age: Sendable {
        var olderThan: Int64 = 0
        var longest = "900000"
        /// Milliseconds before now; nil: without a timestamp.
        var sinceLast: Int64?
        var hangs: Bool
    }

    static let ages: [Age] = [
        // Fifteen minutes and five, by the broker that grants most.
        Age(sinceLast: 1_200_000, hangs: true), Age(sinceLast: 1_199_999, hangs: false),
        Age(longest: "1800000", sinceLast: 1_200_000, hangs: false),
        Age(olderThan: 2_000_000, sinceLast: 1_999_999, hangs: false),
        Age(olderThan: 2_000_000, sinceLast: 2_000_000, hangs: true), Age(sinceLast: nil, hangs: false),
        Age(longest: "no number", sinceLast: 1_200_000, hangs: true),
        Age(longest: "9223372036854775807", sinceLast: now, hangs: false),
        Age(olderThan: .max, sinceLast: now, hangs: false),
    ]

    @Test(arguments: ages)
    func `nothing hangs that its coordinator may still end`(age: Age) async throws {
        let world = World(lastTimestamp: age.sinceLast.map { Self.now - $0 } ?? -1, longest: age.longest)
        #expect(try await hanging(world, olderThan: age.olderThan).isEmpty != age.hangs)
    }

    @Test func `what a coordinator knows to be open does not hang`() async throws {
        #expect(try await hanging(World(listed: true, knows: true)).isEmpty)
    }

    @Test(arguments: [(true, true, true), (true, false, true), (false, true, false), (false, false, true)])
    func `what no coordinator lists is proven only where nothing can be hidden`(
        listed: Bool, authorizer: Bool, proven: Bool
    ) async throws {
        let found = try await hanging(World(listed: listed, authorizer: authorizer))
        #expect(found.map(\.isProven) == [proven])
    }

    @Test func `a state that brokers do not know is an error and not an empty list`() async throws {
        let world = World(unknownStates: ["Ongonig"])
        let sender = FakeSender { sent, _ throws(KafkaError) in try world.reply(sent) }
        let found = try await sender.reader().listTransactions(TransactionQuery(states: ["Ongonig"]))
        #expect(found.map { $0.result.failure?.code } == [.configuration, .configuration])
        #expect(found[0].result.failure?.message.contains("\"Ongonig\"") == true)
    }

    // MARK: Ending one

    private static let found = HangingTransaction(
        partition: partition,
        producer: ProducerState(
            producerID: 7, producerEpoch: 1, lastSequence: 1, lastTimestamp: 0, coordinatorEpoch: 3,
            transactionStart: 5))

    private static func written(_ code: KafkaErrorCode) -> FakeSender.Reply {
        .init(
            WriteTxnMarkersResponse(markers: [
                .init(
                    producerId: 7,
                    topics: [.init(name: "t", partitions: [.init(partitionIndex: 0, errorCode: code)])])
            ]))
    }

    @Test(arguments: [(Int64(9), Int32(1), Int32(3)), (5, 2, 3), (5, 1, 4), (-1, 1, 3)])
    func `another transaction than the one that was found is not ended`(
        start: Int64, epoch: Int32, coordinatorEpoch: Int32
    ) async throws {
        let sender = FakeSender { sent, _ throws(KafkaError) in
            sent.api == .metadata
                ? FakeSender.metadata([Self.partition: 1])
                : Self.producers(start: start, epoch: epoch, coordinatorEpoch: coordinatorEpoch)
        }
        await #expect(throws: KafkaError(.outdated, "")) { try await sender.writer().abortTransaction(Self.found) }
        #expect(sender.sent(.writeTxnMarkers).isEmpty)
    }

    @Test(arguments: [
        // Denied by the first leader: ended meanwhile, or still open and ended by the second.
        (Int64(-1), 1), (5, 2),
    ])
    func `a marker is written again only while the transaction is open`(start: Int64, markers: Int) async throws {
        let sender = FakeSender { sent, number throws(KafkaError) in
            switch sent.api {
            case .metadata: FakeSender.metadata([Self.partition: Int32(number)])
            case .describeProducers: Self.producers(start: number == 1 ? 5 : start)
            default: Self.written(number == 1 ? .notLeaderOrFollower : .none)
            }
        }
        try await sender.writer().abortTransaction(Self.found)
        #expect(sender.sent(.writeTxnMarkers).count == markers)
        #expect(sender.sent(.describeProducers).map(\.target) == [.once(1), .once(2)])
    }

    @Test func `a marker without an answer is not written again`() async throws {
        let sender = FakeSender { sent, _ throws(KafkaError) in
            switch sent.api {
            case .metadata: return FakeSender.metadata([Self.partition: 1])
            case .describeProducers: return Self.producers(start: 5)
            default: throw KafkaError(.unknownOutcome, "lost")
            }
        }
        await #expect(throws: KafkaError(.unknownOutcome, "")) {
            try await sender.writer().abortTransaction(Self.found)
        }
        #expect(sender.sent(.writeTxnMarkers).count == 1)
    }
}
