package import KafkaWire

/// A broker as the cluster lists it.
package struct BrokerInfo: Sendable, Hashable {
    package var id: Int32
    package var host: String
    package var port: Int32
    package var rack: String?
    /// Told from DescribeCluster v2 (4.0); nil before: there a fenced broker is absent.
    package var isFenced: Bool?

    package init(id: Int32, host: String, port: Int32, rack: String?, isFenced: Bool?) {
        self.id = id
        self.host = host
        self.port = port
        self.rack = rack
        self.isFenced = isFenced
    }
}

/// What DescribeCluster answers.
package struct ClusterDescription: Sendable, Hashable {
    package var clusterID: String
    /// By id. In KRaft, what Metadata calls the controller is any broker, so it is not here: see `QuorumDescription`.
    package var brokers: [BrokerInfo]
    /// Bits as in Kafka's AclOperation codes; nil when not asked for or not told.
    package var authorizedOperations: Int32?
    /// The nodes are controllers, because only such were given to ask.
    package var isOfControllers: Bool

    package init(
        clusterID: String, brokers: [BrokerInfo], authorizedOperations: Int32?, isOfControllers: Bool = false
    ) {
        self.isOfControllers = isOfControllers
        self.clusterID = clusterID
        self.brokers = brokers
        self.authorizedOperations = authorizedOperations
    }
}

/// What one node says of itself on a connection: ApiVersions.
package struct NodeVersions: Sendable, Hashable {
    package struct FeatureRange: Sendable, Hashable {
        package var name: String
        package var minimum: Int16
        package var maximum: Int16

        package init(name: String, minimum: Int16, maximum: Int16) {
            self.name = name
            self.minimum = minimum
            self.maximum = maximum
        }
    }

    /// By API key: the advertised range.
    package var apis: [Int16: ClosedRange<Int16>]
    package var supportedFeatures: [FeatureRange]
    /// Finalized levels as that node knows them, with their epoch (-1: unknown).
    package var finalizedFeatures: [FeatureRange]
    package var finalizedFeaturesEpoch: Int64

    package init(
        apis: [Int16: ClosedRange<Int16>], supportedFeatures: [FeatureRange], finalizedFeatures: [FeatureRange],
        finalizedFeaturesEpoch: Int64
    ) {
        self.apis = apis
        self.supportedFeatures = supportedFeatures
        self.finalizedFeatures = finalizedFeatures
        self.finalizedFeaturesEpoch = finalizedFeaturesEpoch
    }

    /// The highest `metadata.version` level it supports; nil in ZooKeeper mode.
    package var metadataLevel: Int16? { supportedFeatures.first { $0.name == "metadata.version" }?.maximum }
}

/// DescribeQuorum of `__cluster_metadata`.
package struct QuorumDescription: Sendable, Hashable {
    package struct Replica: Sendable, Hashable {
        package var id: Int32
        package var logEndOffset: Int64
        /// Milliseconds since 1970 by the leader's clock; nil before v1 or when unknown.
        package var lastFetch: Int64?
        package var lastCaughtUp: Int64?
        package var directoryID: KafkaUUID?

        package init(id: Int32, logEndOffset: Int64, lastFetch: Int64?, lastCaughtUp: Int64?, directoryID: KafkaUUID?) {
            self.id = id
            self.logEndOffset = logEndOffset
            self.lastFetch = lastFetch
            self.lastCaughtUp = lastCaughtUp
            self.directoryID = directoryID
        }
    }

    package struct Node: Sendable, Hashable {
        package var id: Int32
        package var listeners: [(name: String, host: String, port: Int32)]

        package init(id: Int32, listeners: [(name: String, host: String, port: Int32)]) {
            self.id = id
            self.listeners = listeners
        }

        package static func == (left: Node, right: Node) -> Bool {
            left.id == right.id && left.listeners.elementsEqual(right.listeners, by: ==)
        }

        package func hash(into hasher: inout Hasher) { hasher.combine(id) }
    }

    /// -1 during an election.
    package var leaderID: Int32
    package var leaderEpoch: Int32
    package var highWatermark: Int64
    package var voters: [Replica]
    package var observers: [Replica]
    /// From v2; empty before.
    package var nodes: [Node]

    package init(
        leaderID: Int32, leaderEpoch: Int32, highWatermark: Int64, voters: [Replica], observers: [Replica],
        nodes: [Node]
    ) {
        self.leaderID = leaderID
        self.leaderEpoch = leaderEpoch
        self.highWatermark = highWatermark
        self.voters = voters
        self.observers = observers
        self.nodes = nodes
    }
}

/// A partition of a topic by name.
package struct TopicPartition: Sendable, Hashable, Comparable {
    package var topic: String
    package var partition: Int32

    package init(_ topic: String, _ partition: Int32) {
        self.topic = topic
        self.partition = partition
    }

    package static func < (left: TopicPartition, right: TopicPartition) -> Bool {
        (left.topic, left.partition) < (right.topic, right.partition)
    }
}

/// A reassignment in flight.
package struct Reassignment: Sendable, Hashable {
    package var partition: TopicPartition
    /// The full current set: old and adding.
    package var replicas: [Int32]
    package var adding: [Int32]
    package var removing: [Int32]

    package init(partition: TopicPartition, replicas: [Int32], adding: [Int32], removing: [Int32]) {
        self.partition = partition
        self.replicas = replicas
        self.adding = adding
        self.removing = removing
    }
}

/// One log directory of one broker.
package struct LogDirectory: Sendable, Hashable {
    package struct Replica: Sendable, Hashable {
        package var partition: TopicPartition
        package var size: Int64
        package var offsetLag: Int64
        package var isFuture: Bool

        package init(partition: TopicPartition, size: Int64, offsetLag: Int64, isFuture: Bool) {
            self.partition = partition
            self.size = size
            self.offsetLag = offsetLag
            self.isFuture = isFuture
        }
    }

    package var path: String
    /// Nil: healthy. 56 (KAFKA_STORAGE_ERROR): offline.
    package var error: KafkaErrorCode?
    /// From v4 (3.3); nil when unknown.
    package var totalBytes: Int64?
    package var usableBytes: Int64?
    /// From v5 (4.3).
    package var isCordoned: Bool?
    package var replicas: [Replica]

    package init(
        path: String, error: KafkaErrorCode?, totalBytes: Int64?, usableBytes: Int64?, isCordoned: Bool?,
        replicas: [Replica]
    ) {
        self.path = path
        self.error = error
        self.totalBytes = totalBytes
        self.usableBytes = usableBytes
        self.isCordoned = isCordoned
        self.replicas = replicas
    }
}

/// What a configuration belongs to.
package enum ConfigResource: Sendable, Hashable {
    case topic(String)
    /// Asked of that broker itself.
    case broker(Int32)
    /// The dynamic default of all brokers.
    case brokerDefault
    case brokerLogger(Int32)
    case group(String)
    /// A subscription to clients' metrics (KIP-714).
    case clientMetrics(String)
}

/// One configuration entry with where its value comes from.
package struct ConfigEntry: Sendable, Hashable {
    /// As in Kafka's protocol; unknown numbers are kept.
    package struct Source: Sendable, Hashable, RawRepresentable {
        package var rawValue: Int8
        package init(rawValue: Int8) { self.rawValue = rawValue }
        package static let topic = Source(rawValue: 1)
        package static let dynamicBroker = Source(rawValue: 2)
        package static let dynamicDefaultBroker = Source(rawValue: 3)
        package static let staticBroker = Source(rawValue: 4)
        package static let `default` = Source(rawValue: 5)
        package static let brokerLogger = Source(rawValue: 6)
        package static let clientMetrics = Source(rawValue: 7)
        package static let group = Source(rawValue: 8)
    }

    package struct Synonym: Sendable, Hashable {
        package var name: String
        package var value: String?
        package var source: Source

        package init(name: String, value: String?, source: Source) {
            self.name = name
            self.value = value
            self.source = source
        }
    }

    package var name: String
    /// Nil when sensitive.
    package var value: String?
    package var source: Source
    package var isReadOnly: Bool
    package var isSensitive: Bool
    /// As in Kafka's protocol: 1 boolean, 2 string, 3 int, 4 short, 5 long, 6 double, 7 list, 8 class, 9 password.
    package var type: Int8
    package var documentation: String?
    package var synonyms: [Synonym]

    package init(
        name: String, value: String?, source: Source, isReadOnly: Bool, isSensitive: Bool, type: Int8 = 0,
        documentation: String? = nil, synonyms: [Synonym] = []
    ) {
        self.name = name
        self.value = value
        self.source = source
        self.isReadOnly = isReadOnly
        self.isSensitive = isSensitive
        self.type = type
        self.documentation = documentation
        self.synonyms = synonyms
    }
}

/// A change of one key.
package struct ConfigChange: Sendable, Hashable {
    package enum Operation: Int8, Sendable { case set = 0, delete, append, subtract }
    package var name: String
    package var operation: Operation
    /// Nil only with `delete`.
    package var value: String?

    package init(name: String, operation: Operation, value: String?) {
        self.name = name
        self.operation = operation
        self.value = value
    }
}

/// A topic to be created. -1 partitions or replication factor mean the broker's default.
package struct NewTopic: Sendable, Hashable {
    package var name: String
    package var partitions: Int32
    package var replicationFactor: Int16
    package var assignments: [Int32: [Int32]]
    package var configs: [(name: String, value: String?)]

    package init(
        name: String, partitions: Int32 = -1, replicationFactor: Int16 = -1, assignments: [Int32: [Int32]] = [:],
        configs: [(name: String, value: String?)] = []
    ) {
        self.name = name
        self.partitions = partitions
        self.replicationFactor = replicationFactor
        self.assignments = assignments
        self.configs = configs
    }

    package static func == (left: NewTopic, right: NewTopic) -> Bool {
        left.name == right.name && left.partitions == right.partitions
            && left.replicationFactor == right.replicationFactor && left.assignments == right.assignments
            && left.configs.elementsEqual(right.configs, by: ==)
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

/// The result of one item of a batch: an item that the broker did not answer is an error of its own.
package struct ItemResult<Item: Sendable, Success: Sendable>: Sendable {
    package var item: Item
    package var result: Result<Success, KafkaError>

    package init(item: Item, result: Result<Success, KafkaError>) {
        self.item = item
        self.result = result
    }
}

/// A level to be finalized. `allowDowngrade` decides the upgrade type: 1 upgrade, 2 safe, 3 unsafe downgrade.
package struct FeatureUpdate: Sendable, Hashable {
    package enum Kind: Int8, Sendable { case upgrade = 1, safeDowngrade, unsafeDowngrade }
    package var name: String
    package var level: Int16
    package var kind: Kind

    package init(name: String, level: Int16, kind: Kind) {
        self.name = name
        self.level = level
        self.kind = kind
    }
}

package enum ElectionType: Int8, Sendable { case preferred = 0, unclean }

/// Whom to ask for a view of the cluster.
package enum ViewSource: Sendable, Hashable {
    case any
    case node(Int32)
}

/// What has become of a connection that stands as evidence.
package enum WitnessState: Sendable, Hashable {
    case open
    /// The peer has closed or reset it: its process ended, or it closed its listener.
    case closedByPeer
    /// This side closed it (a deadline, another address, a lost network), or it is not remembered: that says nothing about
    /// the peer.
    case unknown
}

/// A connection to a node, as evidence: it was open, and later its peer closed it.
package struct ConnectionWitness: Sendable, Hashable {
    package var node: Int32
    /// Differs for every connection of this process.
    package var incarnation: UInt64

    package init(node: Int32, incarnation: UInt64) {
        self.node = node
        self.incarnation = incarnation
    }
}
