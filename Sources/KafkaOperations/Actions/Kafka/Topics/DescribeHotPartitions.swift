import EventLoop
import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Says which partitions get more than their share, by two looks at their ends.
///
/// 1. The partitions of the topics, or those in which a group has committed. 2. Their ends, and again after `over`. What they
/// grew by is their rate; `skew` compares the fastest with the mean of all.
struct DescribeHotPartitions: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.describe_hot_partitions",
        summary: "See which partitions are written to more than others",
        details: """
            Of topics, or of all that a group has committed. `share_percent` is of all the records that came in while it looked; a \
            key that most records have shows as one partition far above the rest. Rates count offsets, so that markers of \
            transactions count, too.
            """,
        parameters: [
            .optional("topics", .list(.string), "Names and globs; not with `group`"),
            .optional("group", .string, "The partitions that it has committed"),
            .init("over", .duration, default: .duration(.seconds(10)), "The time between the two looks"),
        ],
        result: RecordType([
            .init(
                "partitions",
                .listOf(
                    .init("topic", .string), .init("partition", .int), .init("leader", .int, "-1: none"),
                    .init("rate", .float, "Records per second"), .init("share_percent", .float, "Of all that came in")),
                "The fastest first"),
            .init("records_per_second", .float, "Into all of them"),
            .init("skew", .optional(.float), "The fastest by the mean: 1 is even; null when nothing came in"),
        ]),
        effect: .read, target: .cluster,
        example: """
            - kafka.describe_hot_partitions: {topics: [orders], over: 5s}
              register: hot
            """)

    private let filter: TopicFilter?
    private let group: String?
    private let interval: Duration

    private static let longest: Duration = .seconds(600)

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        func isGiven(_ key: String) -> Bool { arguments[key]?.isNull == false }
        guard isGiven("topics") != isGiven("group") else { throw arguments.failure("give `topics` or `group`") }
        filter = isGiven("topics") ? TopicFilter(try arguments.texts("topics") ?? []) : nil
        group = isGiven("group") ? try arguments.text("group") : nil
        interval = try arguments.duration("over") ?? .seconds(10)
        guard interval > .zero, interval <= Self.longest else {
            throw arguments.failure("`over` is more than nothing and at most \(Self.longest.text)")
        }
    }

    private func partitions(_ reader: any ClusterReader) async throws(StepFailure) -> [TopicPartition] {
        if let filter { return try await reader.partitions(of: filter) }
        guard let group else { return [] }
        guard let found = try await GroupNames.describe(group, reader) else {
            throw StepFailure(.failed, "there is no group \(group)")
        }
        let known = try await GroupOffsets.of(group, isShareGroup: found.type == .share, nil, reader).keys
        let assigned = found.members.flatMap { $0.assignment ?? [] }
        return Set(known).union(assigned).sorted()
    }

    func read(in context: ReadContext) async throws -> ActionOutcome {
        let reader = try context.requireCluster(for: Self.reference.name)
        let partitions = try await partitions(reader)
        let before = try await reader.offsets(partitions, at: OffsetTime.latest)
        let start = context.time.monotonic
        try await context.time.sleep(for: interval)
        let after = try await reader.offsets(partitions, at: OffsetTime.latest)
        let seconds = max((context.time.monotonic - start) / .seconds(1), 0.001)
        let names = Set(partitions.map(\.topic)).sorted()
        let view = try await kafka("the topics cannot be read") { () throws(KafkaError) in
            try await reader.snapshot(topics: names, from: .any)
        }
        var leaders: [TopicPartition: Int32] = [:]
        for topic in view.topics {
            for partition in view.partitions(of: topic) {
                leaders[TopicPartition(topic.name, partition.index)] = partition.leader
            }
        }
        let rates = partitions.map { partition -> (partition: TopicPartition, rate: Double) in
            let end = after[partition]?.offset ?? 0
            let (grown, isTooMuch) = end.subtractingReportingOverflow(before[partition]?.offset ?? end)
            return (partition, isTooMuch ? 0 : Double(max(0, grown)) / seconds)
        }.sorted { $0.rate == $1.rate ? $0.partition < $1.partition : $0.rate > $1.rate }
        let total = rates.reduce(0) { $0 + $1.rate }
        let skew = rates.first.flatMap { total > 0 ? $0.rate / (total / Double(rates.count)) : nil }
        return ActionOutcome(
            .ok,
            result: [
                "partitions": .list(
                    rates.map { partition, rate in
                        [
                            "topic": .string(partition.topic), "partition": .int(Int64(partition.partition)),
                            "leader": .int(Int64(leaders[partition] ?? -1)), "rate": .float(rate),
                            "share_percent": .float(total > 0 ? rate / total * 100 : 0),
                        ]
                    }),
                "records_per_second": .float(total), "skew": skew.map(Value.float) ?? .null,
            ])
    }
}
