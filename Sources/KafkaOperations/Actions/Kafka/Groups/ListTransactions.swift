import EventLoop
import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Lists transactions as their coordinators know them, or those that hang in partitions.
///
/// 1. Every broker lists what it coordinates; one that is silent fails the step. 2. With `hanging`, the leaders are asked for
/// open transactions whose last record is older than `older_than`, and those that a coordinator knows are left out.
struct ListTransactions: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.list_transactions",
        summary: "List transactions, or those that hang",
        details: """
            A transaction hangs when it is open in a partition and no coordinator knows it: readers of committed records stand still \
            there until kafka.abort_transaction ends it. Passes when none hangs.
            """,
        parameters: [
            .init("hanging", .bool, default: false, "Look for hanging ones"),
            .init("topics", .list(.string), default: ["*"], "Where to look for hanging ones: names and globs"),
            .init(
                "older_than", .duration, default: .duration(.seconds(900)),
                "Only those whose last record is older: brokers allow transactions 15 minutes by default"),
        ],
        result: .gate(
            .init(
                "transactions",
                .listOf(
                    .init("id", .string), .init("state", .string), .init("producer_id", .int),
                    .init("coordinator", .int)), "Those that coordinators know, by id"),
            .init(
                "partitions",
                .listOf(
                    .init("topic", .string), .init("partition", .int), .init("producer_id", .int),
                    .init("producer_epoch", .int), .init("start_offset", .int),
                    .init("last_timestamp", .optional(.timestamp))), "Where one hangs")),
        effect: .read, target: .cluster,
        example: """
            - kafka.list_transactions: {hanging: true, topics: ["orders*"]}
              register: stuck
            """,
        isGate: true)

    private let lookForHanging: Bool
    private let filter: TopicFilter
    private let age: Duration

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        lookForHanging = try arguments.flag("hanging")
        filter = TopicFilter(try arguments.texts("topics") ?? ["*"])
        age = try arguments.duration("older_than") ?? .seconds(900)
        guard age >= .zero else { throw arguments.failure("`older_than` is not negative") }
    }

    func read(in context: ReadContext) async throws -> ActionOutcome {
        let reader = try context.requireCluster(for: Self.reference.name)
        try await Visibility(reader).requireTransactions()
        let answers = try await kafka("the transactions cannot be listed") { () throws(KafkaError) in
            try await reader.listTransactions(TransactionQuery())
        }
        var found: [TransactionListing] = []
        for answer in answers {
            do throws(KafkaError) { found += try answer.result.get() } catch {
                throw StepFailure(error, doing: "broker \(answer.item) does not list its transactions")
            }
        }
        let hanging =
            lookForHanging
            ? try await HangingTransactions.find(reader, filter, olderThan: age, context) : []
        let transactions = found.sorted { $0.id < $1.id }.map { transaction -> Value in
            [
                "id": .string(transaction.id), "state": .string(transaction.state),
                "producer_id": .int(transaction.producerID), "coordinator": .int(Int64(transaction.coordinator)),
            ]
        }
        let names = hanging.map { "\($0.partition)" }
        return ActionOutcome(
            .ok,
            result: gateResult(
                passes: hanging.isEmpty,
                reasons: hanging.isEmpty ? [] : ["a transaction hangs in \(BoundedList.text(names))"],
                progress: -Int64(hanging.count),
                [
                    "transactions": .list(transactions), "partitions": .list(hanging.map(\.value)),
                ]))
    }
}

/// Finding what hangs.
enum HangingTransactions {
    static func find(
        _ reader: any ClusterReader, _ filter: TopicFilter, olderThan age: Duration, _ context: ReadContext
    ) async throws(StepFailure) -> [HangingTransaction] {
        try await find(reader, in: try await reader.partitions(of: filter), olderThan: age, context)
    }

    static func find(
        _ reader: any ClusterReader, in partitions: [TopicPartition], olderThan age: Duration, _ context: ReadContext
    ) async throws(StepFailure) -> [HangingTransaction] {
        let now = context.time.sinceEpoch.milliseconds
        let answers = try await kafka("the producers cannot be looked up") { () throws(KafkaError) in
            try await reader.findHangingTransactions(in: partitions, olderThan: age.milliseconds, now: now)
        }
        var found: [HangingTransaction] = []
        for answer in answers {
            do throws(KafkaError) { found += try answer.result.get() } catch {
                throw StepFailure(error, doing: "the producers of \(answer.item) cannot be looked up")
            }
        }
        return found
    }
}

extension HangingTransaction {
    var value: Value {
        [
            "topic": .string(partition.topic), "partition": .int(Int64(partition.partition)),
            "producer_id": .int(producer.producerID), "producer_epoch": .int(Int64(producer.producerEpoch)),
            "start_offset": .int(producer.transactionStart ?? -1),
            "last_timestamp": producer.lastTimestamp >= 0
                ? .timestamp(Timestamp(milliseconds: producer.lastTimestamp)) : .null,
        ]
    }
}
