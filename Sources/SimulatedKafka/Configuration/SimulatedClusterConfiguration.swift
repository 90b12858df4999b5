package import Values

/// What an embedded cluster is made of and how fast it is: the inventory's `simulated:` map, decoded.
///
/// Every wait and rate is in the cluster's own time. Two clusters with equal configurations that are asked the same at the
/// same times answer the same bytes.
package struct SimulatedClusterConfiguration: Sendable, Hashable {
    /// A process of the cluster.
    package struct Node: Sendable, Hashable {
        package var id: Int32
        /// The host that it advertises unless a transport says otherwise.
        package var host: String
        package var rack: String?
        package var isBroker: Bool
        package var isController: Bool
        /// The release that it runs at the start; nil for the cluster's.
        package var version: Version?

        package init(
            id: Int32, host: String? = nil, rack: String? = nil, isBroker: Bool = true, isController: Bool = true,
            version: Version? = nil
        ) {
            self.id = id
            self.host = host ?? "kafka-\(id)"
            self.rack = rack
            self.isBroker = isBroker
            self.isController = isController
            self.version = version
        }
    }

    /// A topic that exists from the start.
    package struct Topic: Sendable, Hashable {
        package var name: String
        package var partitions: Int32
        package var replicationFactor: Int16
        /// nil for the cluster's default.
        package var minInsyncReplicas: Int?
        package var bytesPerPartition: ByteCount
        /// Bytes a second into the whole topic; nil for the cluster's `ingest`.
        package var ingest: ByteCount?
        package var configs: [String: String]

        package init(
            name: String, partitions: Int32 = 1, replicationFactor: Int16 = 1, minInsyncReplicas: Int? = nil,
            bytesPerPartition: ByteCount = ByteCount(0), ingest: ByteCount? = nil, configs: [String: String] = [:]
        ) {
            self.name = name
            self.partitions = partitions
            self.replicationFactor = replicationFactor
            self.minInsyncReplicas = minInsyncReplicas
            self.bytesPerPartition = bytesPerPartition
            self.ingest = ingest
            self.configs = configs
        }
    }

    /// The port that brokers advertise unless a transport says otherwise.
    package static let defaultBrokerPort = 9092
    /// The port of controller listeners unless a transport says otherwise.
    package static let defaultControllerPort = 9093
    /// As Kafka's own tools make them; the same in every embedded cluster, so that an inventory can pin it.
    package static let defaultClusterID = "b3BzcnVuLXNpbXVsYXRlZA"

    /// 22 characters of base64 with the URL alphabet.
    package var clusterID: String = SimulatedClusterConfiguration.defaultClusterID
    /// Where the ids of topics and log directories come from.
    package var seed: UInt64 = 1
    /// What the nodes run at the start; its feature levels are those that the cluster was formatted with.
    package var version: Version
    package var nodes: [Node]
    /// Finalized feature levels at the start; nil for those of `version`, freshly formatted.
    package var features: [String: Int16]?
    package var topics: [Topic]
    /// The static `min.insync.replicas` of the brokers.
    package var minInsyncReplicas: Int = 1
    /// Whether `__consumer_offsets` exists from the start.
    package var hasInternalTopics = true
    package var offsetsTopicPartitions: Int32 = 50

    /// Bytes a second that a replica copies while it is behind.
    package var catchUp = ByteCount(100 << 20)
    /// Bytes a second into each topic that does not say otherwise.
    package var ingest = ByteCount(64 << 10)
    /// From a kill to the moment that the controller fences the broker (`broker.session.timeout.ms`).
    package var sessionTimeout: Duration = .seconds(9)
    /// From the start of a process to its unfence.
    package var startTime: Duration = .seconds(3)
    /// From the end of a controlled shutdown's leader moves to the end of the process.
    package var stopTime: Duration = .seconds(2)
    /// How long voters wait for a silent leader (`controller.quorum.fetch.timeout.ms`).
    package var quorumFetchTimeout: Duration = .seconds(2)
    /// From the unfence of a broker to the first replicas that can rejoin.
    package var firstFetchDelay: Duration = .milliseconds(500)
    /// How far every broker's view of the metadata is behind.
    package var replayLag: Duration = .zero
    /// How long a restarted broker answers from the metadata of the moment before its unfence.
    package var restartLag: Duration = .zero
    /// How often the controller moves leaders back to the preferred replicas; nil for never
    /// (`auto.leader.rebalance.enable`).
    package var leaderRebalanceInterval: Duration? = .seconds(300)
    package var faults: [ScriptedFault] = []

    /// Whether access control entries decide who may do what; without, nobody is refused anything.
    package var hasAuthorizer = false
    /// Whom no entry holds back: `User:admin`.
    package var superUsers: Set<String> = []
    /// Whether a resource that no entry names is open to all (`allow.everyone.if.no.acl.found`).
    package var allowsWithoutRules = false
    /// What brokers offer to clients that come over sockets; empty for one listener in plaintext.
    package var listeners: [Listener] = []
    /// Who can log in, with passwords, besides the users that clients make.
    package var users: [String: String] = [:]
    /// How long a login lasts (`connections.max.reauth.ms`); nil for as long as the connection.
    package var saslSessionLifetime: Duration?
    /// Whether there is a secret for delegation tokens (`delegation.token.secret.key`).
    package var hasDelegationTokens = false
    /// Where brokers keep replicas, spread over all of them.
    package var logDirectories = ["/var/lib/kafka/data"]
    /// How long an empty group waits for more members (`group.initial.rebalance.delay.ms`).
    package var initialRebalanceDelay: Duration = .seconds(3)
    package var transactionTopicPartitions: Int32 = 50
    /// Of `__share_group_state`.
    package var shareTopicPartitions: Int32 = 50

    package init(version: Version, nodes: [Node], topics: [Topic] = []) {
        self.version = version
        self.nodes = nodes
        self.topics = topics
    }

    /// Combined nodes with these ids, spread over `racks` racks in turn, named `rack-1`, `rack-2`, ….
    package static func combinedNodes(_ ids: [Int32], racks: Int = 0) -> [Node] {
        ids.enumerated().map { index, id in
            Node(id: id, rack: racks > 0 ? "rack-\(index % racks + 1)" : nil)
        }
    }
}
