import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Describes the log directories of every broker, and what they hold.
///
/// 1. DescribeLogDirs of each unfenced broker; one that fails, fails the step: a sum without it would lie. 2. Sizes are
/// added up per topic over all replicas. 3. How full the fullest directory is, where the release tells it (3.3). 4. Where wanted,
/// what lies on disk and is assigned to nobody there: the disks are read before the assignment, so that a replica that comes
/// in between is not taken for one.
struct DescribeLogDirs: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.describe_log_dirs",
        summary: "Describe the log directories of every broker",
        details: """
            Sizes are those of local segments, all replicas counted. Totals are told from Kafka 3.3 on and are null before. A directory \
            that a broker has taken offline carries its error.
            """,
        parameters: [
            .init("top", .int, default: 0, "Only so many topics, the largest first; 0: all"),
            .optional("brokers", .list(.int), "Only these brokers"),
            .init(
                "stray", .bool, default: false,
                "Look for replicas on disk that the cluster has not assigned to that broker"),
        ],
        result: RecordType([
            .init(
                "brokers",
                .listOf(
                    .init("id", .int),
                    .init(
                        "dirs",
                        .listOf(
                            .init("path", .string), .init("total", .optional(.bytes)),
                            .init("usable", .optional(.bytes)), .init("error", .optional(.string)),
                            .init("cordoned", .optional(.bool))))), "With their directories, by id"),
            .init("topics", .listOf(.init("name", .string), .init("bytes", .bytes)), "The largest first"),
            .init("max_used_percent", .optional(.int), "Of the fullest directory; null when a broker does not tell"),
            .init(
                "min_usable_bytes", .optional(.bytes),
                "Of the directory with the least room; null when a broker does not tell"),
            .init("used_bytes", .bytes, "By replicas"),
            .init(
                "stray",
                .optional(
                    .listOf(
                        .init("broker", .int), .init("path", .string), .init("topic", .string),
                        .init("partition", .int), .init("bytes", .bytes))),
                "Replicas that are assigned to another broker, or to none; null unless asked for"),
        ]),
        effect: .read, target: .cluster,
        example: """
            - kafka.describe_log_dirs: {top: 10}
              register: disks
            - debug: "{{ disks.used_bytes }}"
            """)

    private let top: Int64
    private let brokers: [Int32]?
    private let looksForStray: Bool

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        top = try arguments.intIfAny("top") ?? 0
        guard top >= 0 else { throw arguments.failure("`top` is a number of topics, or 0 for all") }
        brokers = try arguments.nodes("brokers")
        looksForStray = try arguments.flag("stray")
    }

    func read(in context: ReadContext) async throws -> ActionOutcome {
        let reader = try context.requireCluster(for: Self.reference.name)
        let brokers = brokers
        let answers = try await kafka("the log directories cannot be read") { () throws(KafkaError) in
            var asked = brokers ?? []
            if brokers == nil {
                asked = try await reader.describeCluster(includeFenced: false, from: .any).brokers.map(\.id)
            }
            return try await reader.describeLogDirs(brokers: asked)
        }
        var sum = DiskSummary()
        var records: [Value] = []
        var held: [(broker: Int32, directories: [LogDirectory])] = []
        for answer in answers.sorted(by: { $0.item < $1.item }) {
            switch answer.result {
            case .success(let directories):
                directories.forEach { sum.add($0) }
                held.append((answer.item, directories))
                records.append(["id": .int(Int64(answer.item)), "dirs": .list(directories.map(\.record))])
            case .failure(let error):
                throw StepFailure(error, doing: "the log directories of broker \(answer.item) cannot be read")
            }
        }
        let topics = sum.topics.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let shown = top > 0 ? Array(topics.prefix(Int(clamping: top))) : topics
        return ActionOutcome(
            .ok,
            result: [
                "brokers": .list(records),
                "topics": .list(
                    shown.map { ["name": .string($0.key), "bytes": .bytes(ByteCount($0.value))] }),
                "max_used_percent": .optional(sum.maxUsedPercent),
                "min_usable_bytes": sum.minUsable.map { .bytes(ByteCount($0)) } ?? .null,
                "used_bytes": .bytes(ByteCount(sum.used)),
                "stray": looksForStray ? .list(try await stray(held, reader)) : .null,
            ])
    }

    private func stray(
        _ held: [(broker: Int32, directories: [LogDirectory])], _ reader: any ClusterReader
    ) async throws(StepFailure) -> [Value] {
        let view = try await kafka("the topics cannot be read") { () throws(KafkaError) in
            try await reader.snapshot(topics: nil, from: .any)
        }
        // A topic that we may not see would look like one that nobody has.
        try await Visibility(reader).requireTopics(in: view, matching: .all)
        var assigned: [TopicPartition: Set<Int32>] = [:]
        for topic in view.topics {
            for partition in view.partitions(of: topic) {
                assigned[TopicPartition(topic.name, partition.index)] = Set(view.replicas(of: partition))
            }
        }
        return held.flatMap { broker, directories in
            directories.flatMap { directory in
                directory.replicas.filter { replica in
                    replica.partition.topic != "__cluster_metadata"
                        && assigned[replica.partition]?.contains(broker) != true
                }.sorted { $0.partition < $1.partition }.map { replica -> Value in
                    [
                        "broker": .int(Int64(broker)), "path": .string(directory.path),
                        "topic": .string(replica.partition.topic),
                        "partition": .int(Int64(replica.partition.partition)),
                        "bytes": .bytes(ByteCount(max(0, replica.size))),
                    ]
                }
            }
        }
    }
}

/// Sums over directories.
private struct DiskSummary {
    var topics: [String: Int64] = [:]
    var used: Int64 = 0
    var maxUsedPercent: Int64?
    var minUsable: Int64?

    mutating func add(_ directory: LogDirectory) {
        for replica in directory.replicas where replica.size > 0 {
            topics[replica.partition.topic] = (topics[replica.partition.topic] ?? 0) &+ replica.size
            used = used &+ replica.size
        }
        guard let usable = directory.usableBytes else { return }
        minUsable = min(minUsable ?? .max, usable)
        guard let total = directory.totalBytes, total > 0 else { return }
        // Int64.max is what a broker says of a file system too large to count.
        let percent = 100 - Int64((Double(max(0, usable)) / Double(total) * 100).rounded(.down).clamped(to: 0...100))
        maxUsedPercent = max(maxUsedPercent ?? 0, percent)
    }
}

extension Double {
    fileprivate func clamped(to range: ClosedRange<Double>) -> Double {
        isNaN ? range.lowerBound : min(max(self, range.lowerBound), range.upperBound)
    }
}

extension LogDirectory {
    fileprivate var record: Value {
        [
            "path": .string(path), "total": totalBytes.map { .bytes(ByteCount($0)) } ?? .null,
            "usable": usableBytes.map { .bytes(ByteCount($0)) } ?? .null, "error": .optional(problem),
            "cordoned": .optional(isCordoned),
        ]
    }
}
