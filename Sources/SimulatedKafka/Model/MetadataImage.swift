package import KafkaWire
import Values

/// A partition, by the name of its topic and its number.
package struct PartitionKey: Sendable, Hashable, Comparable {
    package let topic: String
    package let partition: Int

    package init(_ topic: String, _ partition: Int) {
        self.topic = topic
        self.partition = partition
    }

    package static func < (left: PartitionKey, right: PartitionKey) -> Bool {
        left.topic == right.topic ? left.partition < right.partition : left.topic < right.topic
    }
}

/// A partition as the metadata log has it.
package struct PartitionImage: Sendable, Hashable {
    package var replicas: [Int32]
    package var isr: [Int32]
    /// Eligible leader replicas and the last leader (KIP-966); empty while the feature is off.
    package var elr: [Int32] = []
    package var lastKnownELR: [Int32] = []
    /// -1 for none.
    package var leader: Int32
    package var leaderEpoch: Int32 = 0
    package var partitionEpoch: Int32 = 0
    package var adding: [Int32] = []
    package var removing: [Int32] = []

    package var isReassigning: Bool { !adding.isEmpty || !removing.isEmpty }
}

/// A topic as the metadata log has it.
package struct TopicImage: Sendable {
    package let id: KafkaUUID
    package let isInternal: Bool
    package var configs: [String: String]
    package var partitions: [PartitionImage]
}

/// A broker as it registered.
package struct BrokerRegistration: Sendable, Hashable {
    package let id: Int32
    package var rack: String?
    package var epoch: Int64
    package var isFenced: Bool
    package var isInControlledShutdown: Bool
    /// Feature levels that it said it supports.
    package var features: [String: ClosedRange<Int16>]

    /// Fit to lead and to be in an ISR.
    package var isActive: Bool { !isFenced && !isInControlledShutdown }
}

/// The state of the cluster that the metadata log adds up to. A value: a view that lags is an older one.
package struct MetadataImage: Sendable {
    /// Records in the log.
    package var offset: Int64 = 0
    package var brokers: [Int32: BrokerRegistration] = [:]
    package var topics: [String: TopicImage] = [:]
    package var topicNames: [KafkaUUID: String] = [:]
    /// By broker id as text; "" for the default of all brokers.
    package var brokerConfigs: [String: [String: String]] = [:]
    /// Finalized levels above 0.
    package var features: [String: Int16] = [:]
    var acls: Set<AccessRule> = []
    var quotas: [QuotaEntity: [String: Double]] = [:]
    /// By mechanism, with the protocol's numbers.
    var scramUsers: [String: [Int8: ScramCredential]] = [:]
    var tokens: [DelegationToken] = []
    /// What was set on groups and on subscriptions of clients' metrics, by name.
    var groupConfigs: [String: [String: String]] = [:]
    var clientMetrics: [String: [String: String]] = [:]
    /// The offset of the last change of features.
    package var featuresEpoch: Int64 = 0

    func partition(_ key: PartitionKey) -> PartitionImage? {
        guard let topic = topics[key.topic], topic.partitions.indices.contains(key.partition) else { return nil }
        return topic.partitions[key.partition]
    }

    var unfencedBrokers: [BrokerRegistration] {
        brokers.values.filter { !$0.isFenced }.sorted { $0.id < $1.id }
    }

    func isActive(_ broker: Int32) -> Bool { brokers[broker]?.isActive ?? false }

    func isFenced(_ broker: Int32) -> Bool { brokers[broker]?.isFenced ?? true }

    var usesELR: Bool { (features[Feature.eligibleLeaderReplicas] ?? 0) >= 1 }

    /// The same cluster with nothing wrong: what a liar answers.
    func healthy() -> MetadataImage {
        var image = self
        for (name, topic) in topics {
            for index in topic.partitions.indices {
                image.topics[name]?.partitions[index].isr = topic.partitions[index].replicas
                image.topics[name]?.partitions[index].elr = []
                image.topics[name]?.partitions[index].lastKnownELR = []
                image.topics[name]?.partitions[index].leader = topic.partitions[index].replicas.first ?? -1
            }
        }
        for id in brokers.keys {
            image.brokers[id]?.isFenced = false
            image.brokers[id]?.isInControlledShutdown = false
        }
        return image
    }
}
