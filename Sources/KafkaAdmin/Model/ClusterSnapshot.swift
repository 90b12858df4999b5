package import KafkaWire

/// All topics and partitions of a cluster as one broker saw them at one moment, in flat columns: 200,000 partitions are a few
/// arrays, not 200,000 objects.
///
/// Partitions of a topic lie side by side. `replicas`, `inSync` and `offline` are ranges into one shared array of node ids.
package struct ClusterSnapshot: Sendable {
    package struct Topic: Sendable {
        package var name: String
        package var id: KafkaUUID
        package var isInternal: Bool
        /// Index of the topic's first partition in the columns.
        package var firstPartition: Int
        package var partitionCount: Int
        /// Such as TOPIC_AUTHORIZATION_FAILED; nil when fine.
        package var error: KafkaErrorCode?

        package init(
            name: String, id: KafkaUUID, isInternal: Bool, firstPartition: Int, partitionCount: Int,
            error: KafkaErrorCode?
        ) {
            self.name = name
            self.id = id
            self.isInternal = isInternal
            self.firstPartition = firstPartition
            self.partitionCount = partitionCount
            self.error = error
        }
    }

    /// One partition's columns.
    package struct Partition: Sendable {
        package var index: Int32
        /// -1: none.
        package var leader: Int32
        /// Unreliable before Metadata v9 (KAFKA-9212): -1 there.
        package var leaderEpoch: Int32
        package var replicas: Range<Int>
        package var inSync: Range<Int>
        package var offline: Range<Int>
        package var error: KafkaErrorCode?

        package init(
            index: Int32, leader: Int32, leaderEpoch: Int32, replicas: Range<Int>, inSync: Range<Int>,
            offline: Range<Int>, error: KafkaErrorCode?
        ) {
            self.index = index
            self.leader = leader
            self.leaderEpoch = leaderEpoch
            self.replicas = replicas
            self.inSync = inSync
            self.offline = offline
            self.error = error
        }
    }

    package var clusterID: String?
    /// Who answered; -1 when any broker did and it is not known.
    package var answeredBy: Int32
    package var brokers: [BrokerInfo]
    package var topics: [Topic]
    package var partitions: [Partition]
    package var nodeIDs: [Int32]

    package init(
        clusterID: String?, answeredBy: Int32, brokers: [BrokerInfo], topics: [Topic], partitions: [Partition],
        nodeIDs: [Int32]
    ) {
        self.clusterID = clusterID
        self.answeredBy = answeredBy
        self.brokers = brokers
        self.topics = topics
        self.partitions = partitions
        self.nodeIDs = nodeIDs
    }

    package func replicas(of partition: Partition) -> ArraySlice<Int32> { nodeIDs[partition.replicas] }
    package func inSync(of partition: Partition) -> ArraySlice<Int32> { nodeIDs[partition.inSync] }
    package func offline(of partition: Partition) -> ArraySlice<Int32> { nodeIDs[partition.offline] }

    package func partitions(of topic: Topic) -> ArraySlice<Partition> {
        partitions[topic.firstPartition..<topic.firstPartition + topic.partitionCount]
    }
}
