/// A `MetadataResponse` in columns: what 200,000 partitions are read into.
///
/// Three arrays hold everything: `topics`, each with a range of `partitions`, each with ranges of `nodes`. Partitions have
/// no storage of their own, so reading allocates by the topic (its name), never by the partition. Tagged fields that
/// the definition does not know are dropped.
package struct FlatMetadata: ReadableResponse, Equatable {
    package static let apiKey = APIKey.metadata

    package struct Topic: Sendable, Equatable {
        package var errorCode: KafkaErrorCode
        /// Null when asked for by an id that is not known.
        package var name: String?
        /// Zero before v10.
        package var topicId: KafkaUUID
        package var isInternal: Bool
        /// The topic's part of `FlatMetadata.partitions`, in the order of the answer.
        package var partitions: Range<Int>
        package var topicAuthorizedOperations: Int32
    }

    /// A partition without its node ids, which lie side by side in `FlatMetadata.nodes`: replicas, then ISR, then offline.
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
        var offlineCount: Int32

        /// The replicas in `FlatMetadata.nodes`, the preferred leader first.
        package var replicas: Range<Int> { part(after: 0, replicaCount) }
        /// The replicas in sync in `FlatMetadata.nodes`.
        package var isr: Range<Int> { part(after: replicaCount, isrCount) }
        /// The offline replicas in `FlatMetadata.nodes`; none before v5.
        package var offline: Range<Int> { part(after: replicaCount + isrCount, offlineCount) }

        private func part(after offset: Int32, _ count: Int32) -> Range<Int> {
            let start = Int(firstNode) + Int(offset)
            return start..<(start + Int(count))
        }
    }

    package var throttleTimeMs: Int32 = 0
    package var brokers: [MetadataResponse.Broker] = []
    package var clusterId: String?
    package var controllerId: Int32 = -1
    package var topics: [Topic] = []
    package var partitions: [Partition] = []
    package var nodes: [Int32] = []
    package var clusterAuthorizedOperations: Int32 = .min
    package var errorCode: KafkaErrorCode = .none

    init() {}

    package func replicas(of partition: Partition) -> ArraySlice<Int32> { nodes[partition.replicas] }
    package func isr(of partition: Partition) -> ArraySlice<Int32> { nodes[partition.isr] }
    package func offline(of partition: Partition) -> ArraySlice<Int32> { nodes[partition.offline] }

    /// Reads the body of an answer, as `MetadataResponse.decode` does.
    ///
    /// - Returns: the answer and the number of bytes that follow it.
    package static func decode(
        _ bytes: [UInt8], from start: Int = 0, version: Int16
    ) throws(WireError) -> (message: FlatMetadata, rest: Int) {
        if let read = read(bytes, from: start, version: version) { return read }
        // Something is wrong with the bytes: the field list says what and where.
        let (response, rest) = try MetadataResponse.decode(bytes, from: start, version: version)
        return (FlatMetadata(response), rest)
    }

    /// The same content from the nested form.
    package init(_ response: MetadataResponse) {
        throttleTimeMs = response.throttleTimeMs
        brokers = response.brokers
        for index in brokers.indices { brokers[index].unknownTaggedFields = [] }
        clusterId = response.clusterId
        controllerId = response.controllerId
        clusterAuthorizedOperations = response.clusterAuthorizedOperations
        errorCode = response.errorCode
        for topic in response.topics {
            let first = partitions.count
            for partition in topic.partitions {
                partitions.append(
                    Partition(
                        errorCode: partition.errorCode, partitionIndex: partition.partitionIndex,
                        leaderId: partition.leaderId, leaderEpoch: partition.leaderEpoch,
                        firstNode: Int32(truncatingIfNeeded: nodes.count),
                        replicaCount: Int32(truncatingIfNeeded: partition.replicaNodes.count),
                        isrCount: Int32(truncatingIfNeeded: partition.isrNodes.count),
                        offlineCount: Int32(truncatingIfNeeded: partition.offlineReplicas.count)))
                nodes += partition.replicaNodes
                nodes += partition.isrNodes
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
