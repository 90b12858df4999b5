import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Limits how fast replicas are copied (KIP-73).
///
/// 1. The rate for both sides of each broker, and, for the partitions, which replicas it holds for: every one that they have
/// or get. Entries that are in a list already stay. 2. What was there before is recorded first, unless it is to stay.
/// 3. Sent, and read back.
struct SetThrottle: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.set_throttle",
        summary: "Limit how fast replicas are copied, for the time of the run",
        details: """
            Sets leader.replication.throttled.rate and follower.replication.throttled.rate of the brokers, and, of the topics that are \
            named, which replicas they hold for: a rate alone limits nothing. Called again in the same run it changes the rate of what is \
            under way. What was there before is put back at the end of the run, whatever ends it, unless `temporary: false`. A rate below \
            what producers write is never caught up with.
            """,
        parameters: [
            .init("rate", .bytes, "A second, for each broker and each side"),
            .optional("brokers", .list(.int), "Only these; else every broker of the cluster"),
            .optional("partitions", .list(.json), "Replicas of these: [{topic, partition}]"),
            .optional("topics", .list(.string), "Replicas of all partitions of these: names and globs"),
            .init("temporary", .bool, default: true, "Put back at the end of the run, whatever ends it"),
        ],
        result: .write(
            .init(
                "set", .listOf(.init("resource", .string), .init("key", .string), .init("value", .string)),
                "What was changed")),
        effect: .idempotent, target: .cluster,
        example: """
            - kafka.set_throttle: {rate: 50MiB, topics: [orders]}
            """)

    private let rate: Int64
    private let brokers: [Int32]?
    private let named: [TopicPartition]
    private let topics: TopicFilter?
    private let isTemporary: Bool
    private let turns: ClusterTurns

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        turns = services.turns
        rate = try Self.rate("rate", arguments) ?? 0
        guard rate > 0 else { throw arguments.failure("`rate` is missing", at: "rate") }
        brokers = try arguments.nodes("brokers")
        guard brokers?.isEmpty != true else { throw arguments.failure("`brokers` is empty", at: "brokers") }
        let items = arguments["partitions"]?.listValue ?? []
        named = items.compactMap { TopicPartition($0) }
        guard named.count == items.count else {
            throw arguments.failure("`partitions` is a list of {topic, partition}", at: "partitions")
        }
        topics = try arguments.texts("topics").map(TopicFilter.init)
        isTemporary = try arguments.flag("temporary", default: true)
    }

    /// Bytes a second.
    static func rate(_ name: String, _ arguments: Arguments) throws(StepFailure) -> Int64? {
        guard let value = arguments[name] else { return nil }
        let count: Int64? =
            switch value {
            case .bytes(let bytes): bytes.count
            case .int(let number): number
            case .string(let text): ByteCount(text)?.count
            default: nil
            }
        guard let count, count > 0 else {
            throw arguments.failure("`\(name)` is bytes a second, such as 50MiB", at: name)
        }
        return count
    }

    private func wishes(_ reader: any ClusterReader) async throws(StepFailure) -> [ConfigWish] {
        var chosen = Set(brokers ?? [])
        if brokers == nil {
            chosen = Set(
                try await kafka("the brokers cannot be listed") { () throws(KafkaError) in
                    try await reader.describeCluster(includeFenced: false, from: .any).brokers.map(\.id)
                })
        }
        var replicas: [TopicPartition: Set<Int32>] = [:]
        if topics != nil || !named.isEmpty {
            let view = try await kafka("the partitions cannot be read") { () throws(KafkaError) in
                try await reader.snapshot(topics: nil, from: .any)
            }
            let missing = topics?.missing(from: Set(view.topics.map(\.name))) ?? []
            guard missing.isEmpty else {
                throw StepFailure(.failed, "there is no topic \(BoundedList.text(missing))")
            }
            let wanted = Set(named)
            for topic in view.topics where topic.error == nil {
                for partition in view.partitions(of: topic) {
                    let name = TopicPartition(topic.name, partition.index)
                    guard wanted.contains(name) || topics?.matches(topic.name) == true else { continue }
                    replicas[name] = Set(view.replicas(of: partition))
                }
            }
            guard let absent = named.first(where: { replicas[$0] == nil }) else {
                return try await ThrottleSet.wishes(
                    rate: rate, brokers: chosen, leaders: replicas, followers: replicas, reader)
            }
            throw StepFailure(.failed, "there is no partition \(absent)")
        }
        return try await ThrottleSet.wishes(rate: rate, brokers: chosen, leaders: [:], followers: [:], reader)
    }

    func plan(in context: ReadContext) async throws -> ActionPlan {
        let reader = try context.requireCluster(for: Self.reference.name)
        let open = try await ConfigWrite.open(try await wishes(reader), reader)
        return ActionPlan(
            changes: open.map {
                "\($0.wish.target.resource): \($0.wish.key) \($0.prior ?? "(not set)") → \($0.wish.value ?? "")"
                    + (isTemporary ? ", until the run ends" : "")
            }, changesNothing: open.isEmpty)
    }

    func run(in context: StepContext) async throws -> ActionOutcome {
        let reader = try context.reading.requireCluster(for: Self.reference.name)
        let writer = try context.requireOperator(for: Self.reference.name)
        let set = try await turns.take(context.reading.clusterID ?? "") {
            try await ConfigWrite.set(
                try await wishes(reader), in: context, reader, writer, isLoan: isTemporary, repeats: true)
        }
        let changed = set.map { found -> Value in
            [
                "resource": .string("\(found.wish.target.resource)"), "key": .string(found.wish.key),
                "value": .string(found.wish.value ?? ""),
            ]
        }
        return ActionOutcome(
            set.isEmpty ? .ok : .changed, result: ["changed": .bool(!set.isEmpty), "set": .list(changed)])
    }

    func verify(in context: StepContext) async throws -> Verification {
        let reader = try context.reading.requireCluster(for: Self.reference.name)
        let open = try await ConfigWrite.open(try await wishes(reader), reader)
        return open.isEmpty
            ? .done(evidence: "every throttle is set")
            : .notDone(evidence: "\(open[0].wish.target.resource) does not show \(open[0].wish.key)")
    }
}
