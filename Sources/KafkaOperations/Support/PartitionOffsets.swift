import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// `offsets` of the catalogue: partitions, each with an offset.
enum PartitionOffsets {
    static let parameter = ActionReference.Parameter(
        "offsets",
        .listOf(.init("topic", .string), .init("partition", .int), .init("offset", .int)),
        "Partitions, each with an offset")

    /// Those of a group: with what a commit carries besides.
    static let committed = ActionReference.Parameter(
        "offsets",
        .list(.record(RecordType(commitFields))),
        "Partitions, each with an offset: what `previous` of an earlier step holds fits")

    /// What is known of a commit, and enough to put it back.
    static let commitFields: [RecordType.Field] = [
        .init("topic", .string), .init("partition", .int), .init("offset", .int),
        .init("leader_epoch", .optional(.int), mayBeAbsent: true, "Of the record before it; null when it is not known"),
        .init(
            "metadata", .string, mayBeAbsent: true, "What the consumer has put down with it: Streams keeps state there"),
    ]

    static func record(_ partition: TopicPartition, _ commit: CommittedOffset) -> Value {
        [
            "topic": .string(partition.topic), "partition": .int(Int64(partition.partition)),
            "offset": .int(commit.offset),
            "leader_epoch": .optional(commit.leaderEpoch >= 0 ? Int64(commit.leaderEpoch) : nil),
            "metadata": .string(commit.metadata),
        ]
    }

    /// What is to be committed besides the offset, by partition; those without anything are left out.
    static func details(_ arguments: Arguments) -> [TopicPartition: CommittedOffset] {
        var found: [TopicPartition: CommittedOffset] = [:]
        for item in arguments["offsets"]?.listValue ?? [] {
            guard let partition = TopicPartition(item), let offset = item["offset"]?.intValue else { continue }
            let epoch = item["leader_epoch"]?.intValue.flatMap { Int32(exactly: $0) }
            let metadata = item["metadata"]?.stringValue
            guard epoch != nil || metadata != nil else { continue }
            found[partition] = CommittedOffset(offset: offset, leaderEpoch: epoch ?? -1, metadata: metadata ?? "")
        }
        return found
    }

    static func read(
        _ arguments: Arguments, lowest: Int64
    ) throws(StepFailure) -> [(partition: TopicPartition, offset: Int64)] {
        var seen: Set<TopicPartition> = []
        var found: [(partition: TopicPartition, offset: Int64)] = []
        for item in arguments["offsets"]?.listValue ?? [] {
            guard let partition = TopicPartition(item), let offset = item["offset"]?.intValue, offset >= lowest else {
                throw arguments.failure("`offsets` is a list of {topic, partition, offset}, from \(lowest) on")
            }
            guard seen.insert(partition).inserted else { throw arguments.failure("\(partition) stands there twice") }
            found.append((partition, offset))
        }
        return found
    }
}

extension ClusterReader {
    /// All partitions of the topics that a filter means; a name that is not there fails.
    func partitions(of filter: TopicFilter) async throws(StepFailure) -> [TopicPartition] {
        let view = try await kafka("the topics cannot be read") { () throws(KafkaError) in
            try await snapshot(topics: filter.names, from: .any)
        }
        try await Visibility(self).requireTopics(in: view, matching: filter)
        let topics = view.topics.filter { filter.matches($0.name) }
        for topic in topics {
            if let problem = topic.problem { throw StepFailure(.failed, "the topic \(topic.name): \(problem)") }
        }
        if let missing = filter.missing(from: Set(topics.map(\.name))).first {
            throw StepFailure(.failed, "there is no topic \(missing)")
        }
        return topics.flatMap { topic in
            view.partitions(of: topic).map { TopicPartition(topic.name, $0.index) }
        }.sorted()
    }

    /// The offset of each partition; one that does not answer fails.
    func offsets(
        _ partitions: [TopicPartition], at timestamp: Int64, readCommitted: Bool = false
    ) async throws(StepFailure) -> [TopicPartition: (offset: Int64, timestamp: Int64)] {
        let answers = try await kafka("the offsets cannot be read") { () throws(KafkaError) in
            try await listOffsets(partitions, timestamp: timestamp, readCommitted: readCommitted)
        }
        var found: [TopicPartition: (offset: Int64, timestamp: Int64)] = [:]
        for answer in answers {
            do throws(KafkaError) {
                let offset = try answer.result.get()
                found[answer.item] = (offset.offset, offset.timestamp)
            } catch {
                throw StepFailure(error, doing: "the offset of \(answer.item) cannot be read")
            }
        }
        return found
    }
}

/// Kafka's special timestamps.
enum OffsetTime {
    static let latest: Int64 = -1
    static let earliest: Int64 = -2
    static let largestTimestamp: Int64 = -3
}
