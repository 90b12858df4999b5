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
        let topics = view.topics.filter { filter.matches($0.name) }
        for topic in topics {
            if let problem = topic.problem { throw StepFailure(.failed, "the topic \(topic.name): \(problem)") }
        }
        if let missing = filter.names?.first(where: { name in !topics.contains { $0.name == name } }) {
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
