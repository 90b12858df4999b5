import EventLoop
import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Says which topics are written to and which groups read, by two looks.
///
/// 1. The ends of all partitions and the commits of all groups. 2. The same after `over`, or, with `since`, the first record of that
/// time or later in the place of the first look. What grew is alive. A group that has read everything commits nothing new:
/// `groups_consuming` says who moved, not who is healthy.
struct DescribeTraffic: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.describe_traffic",
        summary: "See which topics are written to and which groups read, over a few seconds",
        details: """
            Rates count offsets, so that markers of transactions count, too. With `since` nothing is waited for: it goes by the \
            records' timestamps, and a group consumes when it has committed beyond the first record that came in since then.
            """,
        parameters: [
            .init("topics", .list(.string), default: ["*"], "Names and globs; internal topics only by name"),
            .init("over", .duration, default: .duration(.seconds(10)), "The time between the two looks"),
            .optional("since", .timestamp, "In the place of a first look: what has been written and read since then"),
        ],
        result: RecordType([
            .init("topics_written", .list(.string), "Those that grew"),
            .init("groups_consuming", .list(.string), "Those whose commits moved"),
            .init("records_per_second", .float, "Into all of the topics"),
            .init(
                "per_topic", .listOf(.init("topic", .string), .init("records_per_second", .float)),
                "Those that grew, by name"),
        ]),
        effect: .read, target: .cluster,
        example: """
            - kafka.describe_traffic: {topics: ["orders*"], over: 5s}
              register: traffic
            """,
        shorthand: "topics")

    private let filter: TopicFilter
    private let interval: Duration
    private let since: Timestamp?

    /// GROUP_ID_NOT_FOUND.
    private static let unknownGroup: Int16 = 69
    private static let longest: Duration = .seconds(600)

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        filter = TopicFilter(try arguments.texts("topics") ?? ["*"])
        interval = try arguments.duration("over") ?? .seconds(10)
        since = try arguments.timestampIfAny("since")
        guard interval > .zero, interval <= Self.longest else {
            throw arguments.failure("`over` is more than nothing and at most \(Self.longest.text)")
        }
    }

    private struct Look {
        var time: Duration
        var ends: [TopicPartition: Int64]
        var commits: [String: [TopicPartition: Int64]]
    }

    func read(in context: ReadContext) async throws -> ActionOutcome {
        let reader = try context.requireCluster(for: Self.reference.name)
        let partitions = try await reader.partitions(of: filter).filter { partition in
            !partition.topic.hasPrefix("__") || filter.globs.contains { $0.text == partition.topic }
        }
        let seconds: Double
        let before: Look
        let after: Look
        if let since {
            after = try await look(reader, partitions, context)
            before = try await look(reader, since, after)
            let passed = context.time.sinceEpoch.milliseconds.subtractingReportingOverflow(since.milliseconds)
            guard !passed.overflow, passed.partialValue > 0 else {
                throw StepFailure(.failed, "`since` lies ahead: \(since)")
            }
            seconds = Double(passed.partialValue) / 1000
        } else {
            before = try await look(reader, partitions, context)
            try await context.time.sleep(for: interval)
            after = try await look(reader, partitions, context)
            seconds = max((after.time - before.time) / .seconds(1), 0.001)
        }
        var written: [String: Int64] = [:]
        for (partition, end) in after.ends {
            let (grown, isTooMuch) = end.subtractingReportingOverflow(before.ends[partition] ?? end)
            if !isTooMuch, grown > 0 { written[partition.topic, default: 0] &+= grown }
        }
        let moving = after.commits.filter { group, offsets in
            offsets.contains { partition, offset in offset > before.commits[group]?[partition] ?? -1 }
        }.keys.sorted()
        let rates = written.mapValues { Double($0) / seconds }
        let topics = rates.keys.sorted()
        return ActionOutcome(
            .ok,
            result: [
                "topics_written": .texts(topics), "groups_consuming": .texts(moving),
                "records_per_second": .float(topics.reduce(0) { $0 + (rates[$1] ?? 0) }),
                "per_topic": .list(
                    topics.map { ["topic": .string($0), "records_per_second": .float(rates[$0] ?? 0)] }),
            ])
    }

    /// As it was at a time, as far as anybody remembers: the first record of then or later, and groups that had read up to there.
    private func look(
        _ reader: any ClusterReader, _ since: Timestamp, _ now: Look
    ) async throws(StepFailure) -> Look {
        let found = try await reader.offsets(now.ends.keys.sorted(), at: since.milliseconds)
        var ends: [TopicPartition: Int64] = [:]
        for (partition, end) in now.ends {
            // Nothing of then or later.
            ends[partition] = found[partition].flatMap { $0.offset >= 0 ? $0.offset : nil } ?? end
        }
        var commits: [String: [TopicPartition: Int64]] = [:]
        for group in now.commits.keys { commits[group] = ends }
        return Look(time: now.time, ends: ends, commits: commits)
    }

    private func look(
        _ reader: any ClusterReader, _ partitions: [TopicPartition], _ context: ReadContext
    ) async throws(StepFailure) -> Look {
        let groups = try await GroupNames.all(reader)
        let answers = try await kafka("the commits cannot be read") { () throws(KafkaError) in
            try await reader.committedOffsets(groups.map { GroupOffsetQuery(group: $0.id) }, stable: false)
        }
        var commits: [String: [TopicPartition: Int64]] = [:]
        let wanted = Set(partitions)
        for answer in answers {
            do throws(KafkaError) {
                for offset in try answer.result.get() where wanted.contains(offset.item) {
                    guard let commit = try offset.result.get() else { continue }
                    commits[answer.item, default: [:]][offset.item] = commit.offset
                }
            } catch {
                // It was deleted since it was listed.
                if error.serverCodeNumber == Self.unknownGroup { continue }
                throw StepFailure(error, doing: "the commits of the group \(answer.item) cannot be read")
            }
        }
        let ends = try await reader.offsets(partitions, at: OffsetTime.latest).mapValues(\.offset)
        return Look(time: context.time.monotonic, ends: ends, commits: commits)
    }
}
