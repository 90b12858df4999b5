import EventLoop
import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Judges every partition by the worst view of all brokers.
///
/// 1. Facts: `ClusterFactReader`. 2. Once for every listed broker, that nothing is hidden from us (a missing
/// right hides topics): what it holds on disk. 3. Verdict: `ClusterHealth`. 4. Progress: replicas in sync, and while some are not,
/// the bytes that they have gained since the first look, so that a long recovery is not taken for a stall.
struct ClusterHealthAction: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.cluster_health",
        summary: "Judge all partitions by the worst view of all brokers",
        details: """
            Passes when no partition is offline, under min.insync.replicas or under-replicated (replicas that a reassignment is \
            adding are not counted), every broker answered, all of them agree, every topic could be read, and those asked for by \
            name are there. With `baseline`, an earlier result, it passes when nothing is worse than it was then.
            """,
        parameters: [
            .init("topics", .list(.string), default: ["*"], "Names and globs; internal topics too"),
            .init("partitions", .bool, default: false, "Lists of any length; else the first 1000 of each"),
            .optional("baseline", .json, "An earlier result of this action: nothing worse than that"),
        ],
        result: .gate(
            .init("offline", .parts, "Without a leader"), .init("offline_count", .int, "How many have no leader"),
            .init("under_min_isr", .parts, "Refuse acks=all"),
            .init("under_min_isr_count", .int, "How many refuse acks=all"),
            .init("at_min_isr", .parts, "One more loss makes them refuse acks=all"),
            .init("at_min_isr_count", .int, "How many would after one more loss"),
            .init(
                "under_replicated",
                .listOf(
                    .init("topic", .string), .init("partition", .int),
                    .init("missing", .list(.int), "Brokers that are behind")),
                "Replicas out of sync"),
            .init("under_replicated_count", .int, "How many have replicas that are behind"),
            .init("out_of_sync_replica_count", .int, "Replicas that are behind, of all partitions"),
            .init("replication_factor_le_min_isr", .parts, "Unavailable at every restart"),
            .init("unreadable_topics", .list(.string), "Topics of which something could not be read"),
            .init("views_agree", .bool, "Whether all brokers see the same"),
            .init("worse_than_baseline", .parts, "Partitions that are worse than in `baseline`")),
        effect: .read, target: .cluster,
        example: """
            - name: All is well
              kafka.cluster_health: {}
              register: health
            """,
        isGate: true)

    /// Partitions of one list that a result carries; counts are always whole.
    static let listLimit = 1000
    /// The same with `partitions: true`.
    static let fullListLimit = 1_000_000

    private let topics: [String]
    private let listsAll: Bool
    private let baseline: ClusterHealth.Baseline?
    private let memory = Locked(ProgressMemory())

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        topics = try arguments.texts("topics") ?? ["*"]
        guard !topics.isEmpty else { throw arguments.failure("`topics` is empty: nothing would be judged") }
        listsAll = try arguments.flag("partitions")
        baseline = try arguments["baseline"].map { value throws(StepFailure) in
            guard let baseline = ClusterHealth.Baseline(value) else {
                throw arguments.failure("`baseline` must be an earlier result of kafka.cluster_health")
            }
            if let list = ClusterHealth.Baseline.cutList(value) {
                throw arguments.failure(
                    "`baseline` does not carry all of its \(list), and what it lacks would count as worse: register it with "
                        + "`partitions: true`")
            }
            return baseline
        }
    }

    func read(in context: ReadContext) async throws -> ActionOutcome {
        let reader = try context.requireCluster(for: Self.reference.name)
        let disclosed = memory.withLock { $0.disclosed }
        let facts = try await ClusterFactReader(reader).gather(quorum: false, disclosed: disclosed)
        if facts.hidesNothing { memory.withLock { $0.disclosed.formUnion(facts.listed) } }
        let health = ClusterHealth.evaluate(facts, topics: topics, baseline: baseline)
        let progress = await progress(health, reader)
        return ActionOutcome(
            .ok, result: Self.result(health, progress: progress, limit: listsAll ? Self.fullListLimit : Self.listLimit))
    }

    private func progress(_ health: ClusterHealth, _ reader: any ClusterReader) async -> Int64 {
        let behind = Set(health.underReplicated.flatMap(\.missing))
        var sizes: [ProgressMemory.Replica: Int64] = [:]
        if !behind.isEmpty, let answers = try? await reader.describeLogDirs(brokers: behind.sorted()) {
            var lagging: [Int32: Set<TopicPartition>] = [:]
            for item in health.underReplicated {
                for node in item.missing { lagging[node, default: []].insert(item.partition) }
            }
            for answer in answers {
                guard case .success(let directories) = answer.result else { continue }
                for replica in directories.flatMap(\.replicas)
                where lagging[answer.item]?.contains(replica.partition) == true {
                    sizes[ProgressMemory.Replica(node: answer.item, partition: replica.partition)] = replica.size
                }
            }
        }
        return memory.withLock { [sizes] in $0.note(inSync: health.inSyncReplicaCount, sizes) }
    }

    static func result(_ health: ClusterHealth, progress: Int64?, limit: Int) -> ValueMap {
        func list(_ partitions: [TopicPartition]) -> Value { .list(partitions.prefix(limit).map(\.value)) }
        func count(_ number: Int) -> Value { .int(Int64(number)) }
        return gateResult(
            passes: health.passes, reasons: health.reasons, progress: progress,
            [
                "offline": list(health.offline), "offline_count": count(health.offline.count),
                "under_min_isr": list(health.underMinISR), "under_min_isr_count": count(health.underMinISR.count),
                "at_min_isr": list(health.atMinISR), "at_min_isr_count": count(health.atMinISR.count),
                "under_replicated": .list(
                    health.underReplicated.prefix(limit).map { lagging in
                        [
                            "topic": .string(lagging.partition.topic),
                            "partition": .int(Int64(lagging.partition.partition)), "missing": .ids(lagging.missing),
                        ]
                    }),
                "under_replicated_count": count(health.underReplicated.count),
                "out_of_sync_replica_count": count(health.outOfSyncReplicaCount),
                "replication_factor_le_min_isr": list(health.replicationFactorAtMostMinISR),
                "unreadable_topics": .texts(health.unreadable.keys.sorted()),
                "views_agree": .bool(health.viewsAgree),
                "worse_than_baseline": list(health.worseThanBaseline),
            ])
    }
}

/// What a gate remembers from look to look.
struct ProgressMemory: Sendable {
    struct Replica: Sendable, Hashable {
        var node: Int32
        var partition: TopicPartition
    }

    /// Bits for bytes gained; the replicas in sync stand above them, since one that is back is worth any number of
    /// bytes.
    static let byteBits: Int64 = 40

    /// Brokers that have said what they hold on disk, when nothing of it was hidden from us.
    var disclosed: Set<Int32> = []
    private var first: [Replica: Int64] = [:]
    private var gained: [Replica: Int64] = [:]

    /// A number that grows when a replica comes back and when one that is behind has more on disk than ever before.
    mutating func note(inSync: Int, _ sizes: [Replica: Int64]) -> Int64 {
        for (replica, size) in sizes {
            let start = first[replica] ?? size
            first[replica] = start
            gained[replica] = max(gained[replica] ?? 0, size &- start)
        }
        var sum: Int64 = 0
        for bytes in gained.values { sum = min(sum &+ max(0, bytes), 1 << Self.byteBits - 1) }
        return min(Int64(inSync), 1 << 22) << Self.byteBits + sum
    }
}

extension TopicPartition {
    /// `Part` of the catalogue.
    var value: Value { ["topic": .string(topic), "partition": .int(Int64(partition))] }

    init?(_ value: Value) {
        guard let topic = value["topic"]?.stringValue, let number = value["partition"]?.intValue,
            let partition = Int32(exactly: number)
        else { return nil }
        self.init(topic, partition)
    }
}

extension ClusterHealth.Baseline {
    /// The list of a registered result that is shorter than its count; nil when all are whole.
    static func cutList(_ value: Value) -> String? {
        ["offline", "under_min_isr", "under_replicated"].first { name in
            guard let list = value[name]?.listValue, let count = value["\(name)_count"]?.intValue else { return false }
            return Int64(list.count) < count
        }
    }

    /// From a registered result.
    init?(_ value: Value) {
        guard let offline = value["offline"]?.listValue, let under = value["under_min_isr"]?.listValue,
            let behind = value["under_replicated"]?.listValue
        else { return nil }
        var missing: [TopicPartition: Set<Int32>] = [:]
        for item in behind {
            guard let partition = TopicPartition(item) else { continue }
            let nodes = item["missing"]?.listValue?.compactMap { $0.intValue.flatMap(Int32.init(exactly:)) }
            missing[partition] = Set(nodes ?? [])
        }
        self.init(
            offline: Set(offline.compactMap { TopicPartition($0) }),
            underMinISR: Set(under.compactMap { TopicPartition($0) }), missing: missing)
    }
}
