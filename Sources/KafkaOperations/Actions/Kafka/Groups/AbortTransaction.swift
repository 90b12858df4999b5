import EventLoop
import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Ends a transaction that hangs in a partition, by the marker that its coordinator never wrote.
///
/// 1. The leader's open transactions and what the coordinators know of them are looked at: one that a coordinator knows is
/// refused, because it will end it itself. 2. WriteTxnMarkers at the leader. 3. The leader is asked again.
struct AbortTransaction: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.abort_transaction",
        summary: "End a transaction that hangs in a partition",
        details: """
            Its records are dropped for readers of committed records, which then go on. What does not hang is refused: its coordinator \
            ends it. Without a hanging transaction nothing is changed.
            """,
        parameters: [
            .init("topic", .string, "Its topic"), .init("partition", .int, "Its partition"),
            .init("producer_id", .int, "From kafka.list_transactions"),
            .init(
                "older_than", .duration, default: .duration(.seconds(900)),
                "Refuse one whose last record is younger: its producer may be at work. Never less than the longest timeout that "
                    + "a broker grants, and five minutes"),
            .init(
                "unlisted", .bool, default: .bool(false),
                "Also one of a producer of which no coordinator lists a transactional id. Say it only if opsrun may describe "
                    + "every transactional id: others are not listed"),
        ],
        result: .write(
            .init(
                "aborted",
                .listOf(.init("topic", .string), .init("partition", .int), .init("producer_id", .int)), "What was ended"
            )),
        effect: .checked, irreversible: true, target: .cluster,
        example: """
            - kafka.abort_transaction: {topic: orders, partition: 0, producer_id: 4711}
            """)

    private let partition: TopicPartition
    private let producer: Int64
    private let age: Duration
    private let takesUnlisted: Bool

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        partition = TopicPartition(try arguments.text("topic"), try arguments.node("partition"))
        producer = try arguments.int("producer_id")
        age = try arguments.duration("older_than") ?? .seconds(900)
        takesUnlisted = try arguments.flag("unlisted")
        guard age >= .zero else { throw arguments.failure("`older_than` is not negative") }
    }

    /// The transaction while it is open in the partition.
    private func open(_ reader: any ClusterReader) async throws(StepFailure) -> ProducerState? {
        let partition = partition
        let answers = try await kafka("the producers of \(partition) cannot be looked up") { () throws(KafkaError) in
            try await reader.describeProducers([partition])
        }
        guard let answer = answers.first else { throw StepFailure(.failed, "\(partition) was not in the answer") }
        do throws(KafkaError) {
            return try answer.result.get().first { $0.producerID == producer && $0.transactionStart != nil }
        } catch {
            throw StepFailure(error, doing: "the producers of \(partition) cannot be looked up")
        }
    }

    /// Nil when there is nothing to end.
    private func look(_ reader: any ClusterReader, _ context: ReadContext) async throws(StepFailure)
        -> HangingTransaction?
    {
        guard try await open(reader) != nil else { return nil }
        let hanging = try await HangingTransactions.find(reader, in: [partition], olderThan: age, context)
        guard let found = hanging.first(where: { $0.producer.producerID == producer }) else {
            throw StepFailure(
                .refused, "the transaction of producer \(producer) in \(partition) is open and does not hang",
                causes: ["a coordinator knows it, or its last record is younger than \(age.text)"],
                nextAction: "wait until its coordinator ends it, or end its producer")
        }
        guard found.isProven || takesUnlisted else {
            throw StepFailure(
                .refused, "no coordinator lists a transactional id of producer \(producer)",
                causes: ["one that opsrun may not describe is left out, and would end its transaction itself"],
                nextAction: "grant DESCRIBE on all transactional ids and set `unlisted: true`")
        }
        return found
    }

    func plan(in context: ReadContext) async throws -> ActionPlan {
        let reader = try context.requireCluster(for: Self.reference.name)
        return try await .orRefusal { () throws(StepFailure) in
            guard let found = try await look(reader, context) else { return ActionPlan(changesNothing: true) }
            return ActionPlan(changes: [
                "abort the transaction of producer \(producer) in \(partition), from offset "
                    + "\(found.producer.transactionStart ?? -1) on"
            ])
        }
    }

    func run(in context: StepContext) async throws -> ActionOutcome {
        let reader = try context.reading.requireCluster(for: Self.reference.name)
        let writer = try context.requireOperator(for: Self.reference.name)
        guard let found = try await look(reader, context.reading) else {
            return ActionOutcome(.ok, result: ["changed": false, "aborted": []])
        }
        try await kafka("the transaction in \(partition) cannot be ended") { () throws(KafkaError) in
            try await writer.abortTransaction(found)
        }
        try await ReadBack.of("the end of the transaction in \(partition)") {
            try await EventualRead.wait(context.reading) {
                try await open(reader) == nil ? nil : "it is still open"
            }
        }
        return ActionOutcome(
            .changed,
            result: [
                "changed": true,
                "aborted": [
                    [
                        "topic": .string(partition.topic), "partition": .int(Int64(partition.partition)),
                        "producer_id": .int(producer),
                    ]
                ],
            ])
    }

    func verify(in context: StepContext) async throws -> Verification {
        let reader = try context.reading.requireCluster(for: Self.reference.name)
        let isDone = try await ReadBack.settle(context.reading) { try await open(reader) == nil }
        return isDone
            ? .done(evidence: "no transaction of producer \(producer) is open in \(partition)")
            : .notDone(evidence: "the transaction of producer \(producer) is open in \(partition)")
    }
}
