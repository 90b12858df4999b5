import KafkaWire

/// What a broker remembers of a member of a share group that reads from it (KIP-932).
struct ShareSession: Sendable {
    struct Key: Sendable, Hashable {
        let group: String
        let member: String
    }

    struct Partition: Sendable, Hashable {
        let topic: KafkaUUID
        let partition: Int32
    }

    /// Brokers' `group.share.max.share.sessions`.
    static let limit = 2_000

    /// The epoch of the next request.
    var epoch: Int32 = 1
    /// In the order in which they were named.
    private(set) var partitions: [Partition] = []

    mutating func advance() { epoch = epoch == .max ? 1 : epoch + 1 }

    mutating func include(_ added: [Partition]) {
        for partition in added where !partitions.contains(partition) { partitions.append(partition) }
    }

    mutating func forget(_ gone: [TopicIdPartitions]) {
        for topic in gone {
            partitions.removeAll { $0.topic == topic.topicId && topic.partitions.contains($0.partition) }
        }
    }
}
