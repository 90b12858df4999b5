/// A `DescribeTopicPartitionsResponse` in columns; the shape is that of `FlatMetadata`, with eligible leader replicas.
package struct FlatTopicPartitions: ReadableResponse, Equatable {
    package static let apiKey = APIKey.describeTopicPartitions

    package struct Topic: Sendable, Equatable {
        package var errorCode: KafkaErrorCode
        package var name: String?
        package var topicId: KafkaUUID
        package var isInternal: Bool
        /// The topic's part of `FlatTopicPartitions.partitions`, in the order of the answer.
        package var partitions: Range<Int>
        package var topicAuthorizedOperations: Int32
    }

    /// A partition without its node ids, which lie side by side in `FlatTopicPartitions.nodes`: replicas, ISR, eligible
    /// leader replicas, last known ones, offline.
    package struct Partition: Sendable, Equatable {
        package var errorCode: KafkaErrorCode
        package var partitionIndex: Int32
        /// -1 when there is no leader.
        package var leaderId: Int32
        /// -1 when unknown.
        package var leaderEpoch: Int32
        var firstNode: Int32
        var replicaCount: Int32
        var isrCount: Int32
        /// -1 for null, as for the next.
        var eligibleCount: Int32
        var lastKnownCount: Int32
        var offlineCount: Int32

        /// The replicas in `FlatTopicPartitions.nodes`, the preferred leader first.
        package var replicas: Range<Int> { part(after: 0, replicaCount) }
        /// The replicas in sync in `FlatTopicPartitions.nodes`.
        package var isr: Range<Int> { part(after: replicaCount, isrCount) }
        /// The eligible leader replicas in `FlatTopicPartitions.nodes`; nil when the broker does not say.
        package var eligibleLeaderReplicas: Range<Int>? {
            eligibleCount < 0 ? nil : part(after: replicaCount + isrCount, eligibleCount)
        }
        /// The last known eligible leader replicas in `FlatTopicPartitions.nodes`; nil when the broker does not say.
        package var lastKnownElr: Range<Int>? {
            lastKnownCount < 0 ? nil : part(after: replicaCount + isrCount + max(0, eligibleCount), lastKnownCount)
        }
        /// The offline replicas in `FlatTopicPartitions.nodes`.
        package var offline: Range<Int> {
            part(after: replicaCount + isrCount + max(0, eligibleCount) + max(0, lastKnownCount), offlineCount)
        }

        private func part(after offset: Int32, _ count: Int32) -> Range<Int> {
            let start = Int(firstNode) + Int(offset)
            return start..<(start + Int(count))
        }
    }

    package var throttleTimeMs: Int32 = 0
    package var topics: [Topic] = []
    package var partitions: [Partition] = []
    package var nodes: [Int32] = []
    /// Null on the last page.
    package var nextCursor: DescribeTopicPartitionsResponse.Cursor?

    init() {}

    package func replicas(of partition: Partition) -> ArraySlice<Int32> { nodes[partition.replicas] }
    package func isr(of partition: Partition) -> ArraySlice<Int32> { nodes[partition.isr] }
    package func offline(of partition: Partition) -> ArraySlice<Int32> { nodes[partition.offline] }

    package func eligibleLeaderReplicas(of partition: Partition) -> ArraySlice<Int32>? {
        partition.eligibleLeaderReplicas.map { nodes[$0] }
    }

    package func lastKnownElr(of partition: Partition) -> ArraySlice<Int32>? {
        partition.lastKnownElr.map { nodes[$0] }
    }

    /// Reads the body of an answer, as `DescribeTopicPartitionsResponse.decode` does.
    ///
    /// - Returns: the answer and the number of bytes that follow it.
    package static func decode(
        _ bytes: [UInt8], from start: Int = 0, version: Int16
    ) throws(WireError) -> (message: FlatTopicPartitions, rest: Int) {
        if let read = read(bytes, from: start, version: version) { return read }
        // Something is wrong with the bytes: the field list says what and where.
        let (response, rest) = try DescribeTopicPartitionsResponse.decode(bytes, from: start, version: version)
        return (FlatTopicPartitions(response), rest)
    }

    /// The same content from the nested form.
    package init(_ response: DescribeTopicPartitionsResponse) {
        throttleTimeMs = response.throttleTimeMs
        nextCursor = response.nextCursor
        nextCursor?.unknownTaggedFields = []
        func count(_ list: [Int32]?) -> Int32 { list.map { Int32(truncatingIfNeeded: $0.count) } ?? -1 }
        for topic in response.topics {
            let first = partitions.count
            for partition in topic.partitions {
                partitions.append(
                    Partition(
                        errorCode: partition.errorCode, partitionIndex: partition.partitionIndex,
                        leaderId: partition.leaderId, leaderEpoch: partition.leaderEpoch,
                        firstNode: Int32(truncatingIfNeeded: nodes.count),
                        replicaCount: count(partition.replicaNodes), isrCount: count(partition.isrNodes),
                        eligibleCount: count(partition.eligibleLeaderReplicas),
                        lastKnownCount: count(partition.lastKnownElr), offlineCount: count(partition.offlineReplicas)))
                nodes += partition.replicaNodes
                nodes += partition.isrNodes
                nodes += partition.eligibleLeaderReplicas ?? []
                nodes += partition.lastKnownElr ?? []
                nodes += partition.offlineReplicas
            }
            topics.append(
                Topic(
                    errorCode: topic.errorCode, name: topic.name, topicId: topic.topicId, isInternal: topic.isInternal,
                    partitions: first..<partitions.count,
                    topicAuthorizedOperations: topic.topicAuthorizedOperations))
        }
    }
}
