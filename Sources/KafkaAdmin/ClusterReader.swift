package import KafkaWire

/// Zero where a topic has none (made before 2.8).
package typealias TopicID = KafkaUUID

/// Looks at a cluster; has no way to change it. Planning, gates and dry runs have nothing else.
///
/// Every call ends by its deadline, however many requests it takes. Errors say which broker and which API; a missing
/// authorization is an error and never an empty answer where Kafka lets us tell the two apart.
package protocol ClusterReader: GroupReader, AccessReader, TransactionReader {
    /// The same, whose calls all together end within `limit` from now on.
    func ending(within limit: Duration) -> any ClusterReader

    /// The id of the cluster, asked for each time. That every node belongs to one and the same is the client's business.
    func clusterID() async throws(KafkaError) -> String

    /// With `includeFenced`, fenced registrations too (DescribeCluster v2, 4.0). `from` a named node: that node's own view.
    func describeCluster(includeFenced: Bool, from source: ViewSource) async throws(KafkaError) -> ClusterDescription

    /// All topics and partitions as one broker sees them, flat. `topics` nil: all, internal ones included.
    func snapshot(topics: [String]?, from source: ViewSource) async throws(KafkaError) -> ClusterSnapshot

    /// Eligible leader replicas of each topic, by partition (DescribeTopicPartitions, 3.8); nil where the cluster lacks the
    /// API. A topic that is not there or may not be seen is an error of that item.
    func eligibleLeaderReplicas(topics: [String])
        async throws(KafkaError) -> [ItemResult<String, [Int32: [Int32]]>]?

    func describeQuorum() async throws(KafkaError) -> QuorumDescription

    /// Asked of a controller's own listener (`bootstrap_controllers`).
    func describeQuorumFromControllers() async throws(KafkaError) -> QuorumDescription

    /// ApiVersions of a node on a connection made for this call: proves that it answers now.
    func versionsOnNewConnection(of node: Int32) async throws(KafkaError) -> NodeVersions

    /// ApiVersions of an address on a connection made for this call (controllers, nodes that nobody lists).
    func versionsOnNewConnection(host: String, port: Int32) async throws(KafkaError) -> NodeVersions

    /// ApiVersions, asked for again on the connection in use: finalized levels are those of now.
    func versions(of node: Int32) async throws(KafkaError) -> NodeVersions

    /// Nodes of the controller listeners, by DescribeCluster with endpoint type 2 (3.7): `unsupportedVersion` before.
    func describeControllers() async throws(KafkaError) -> [BrokerInfo]

    /// What any broker says of itself now; nil when none says it.
    func versionsOfAny() async -> NodeVersions?

    func listReassignments() async throws(KafkaError) -> [Reassignment]

    /// Per broker; a broker that fails is an error of that item, never left out.
    func describeLogDirs(brokers: [Int32]) async throws(KafkaError) -> [ItemResult<Int32, [LogDirectory]>]

    /// `keys` nil: all. Broker resources are asked of that broker.
    func describeConfigs(_ resources: [ConfigResource], keys: [String]?)
        async throws(KafkaError) -> [ItemResult<ConfigResource, [ConfigEntry]>]

    /// `timestamp` -1 latest, -2 earliest, -3 of the largest timestamp, ≥ 0 the first at or after. -1 as offset: none.
    func listOffsets(_ partitions: [TopicPartition], timestamp: Int64, readCommitted: Bool)
        async throws(KafkaError) -> [ItemResult<TopicPartition, (offset: Int64, timestamp: Int64, leaderEpoch: Int32)>]

    /// Fans out to every broker. Also proves that the group coordinators are loaded.
    func listGroups() async throws(KafkaError) -> [ItemResult<Int32, [(id: String, type: String, state: String)]>]

    func listTransactions() async throws(KafkaError) -> [ItemResult<Int32, [(id: String, state: String)]>]

    /// Opens (or uses the open) connection to a node and names it, so that its end can be seen.
    func witness(of node: Int32) async throws(KafkaError) -> ConnectionWitness

    /// What has become of that connection.
    func state(of witness: ConnectionWitness) async -> WitnessState

    /// Returns when that connection has ended or the time is up.
    func waitUntilClosed(_ witness: ConnectionWitness, within limit: Duration) async -> WitnessState
}

extension ClusterReader {
    package func versionsOfAny() async -> NodeVersions? { nil }

    /// Without calls that take time there is nothing to end.
    package func ending(within limit: Duration) -> any ClusterReader { self }
}

/// Changes a cluster. Only steps that run have one; each write is read back by its action.
///
/// A write whose answer never came throws `KafkaError` with the code `unknownOutcome` and is not sent again. So does one that
/// was answered by a code which does not rule out that it was done, unless it was sent again and done.
package protocol ClusterOperator: GroupOperator, AccessOperator, PartitionOperator {
    /// The same, whose calls all together end within `limit` from now on: what cannot be sent by then is not sent, and what
    /// was sent and not answered is an unknown outcome.
    func ending(within limit: Duration) -> any ClusterOperator

    /// The same, which asks `permission` right before each write is sent, however many requests and attempts a call takes.
    func asking(_ permission: @escaping WritePermission) -> any ClusterOperator

    func createTopics(_ topics: [NewTopic], validateOnly: Bool)
        async throws(KafkaError) -> [ItemResult<String, Void>]

    /// With a topic's id, that very topic: UNKNOWN_TOPIC_ID where it was made anew since. A zero id counts as none.
    func deleteTopics(_ names: [String], ids: [String: TopicID])
        async throws(KafkaError) -> [ItemResult<String, Void>]

    func alterConfigs(_ changes: [(resource: ConfigResource, changes: [ConfigChange])], validateOnly: Bool)
        async throws(KafkaError) -> [ItemResult<ConfigResource, Void>]

    /// Explicit partitions only. ELECTION_NOT_NEEDED (84) is success with `false`.
    func electLeaders(_ type: ElectionType, _ partitions: [TopicPartition])
        async throws(KafkaError) -> [ItemResult<TopicPartition, Bool>]

    /// Nil replicas: cancel.
    func alterReassignments(_ assignments: [(partition: TopicPartition, replicas: [Int32]?)])
        async throws(KafkaError) -> [ItemResult<TopicPartition, Void>]

    /// Atomic as a whole.
    func updateFeatures(_ updates: [FeatureUpdate], validateOnly: Bool) async throws(KafkaError)
}

extension ClusterOperator {
    /// Whatever bears the names now.
    package func deleteTopics(_ names: [String]) async throws(KafkaError) -> [ItemResult<String, Void>] {
        try await deleteTopics(names, ids: [:])
    }

    package func ending(within limit: Duration) -> any ClusterOperator { self }

    /// What sends nothing has nobody to ask.
    package func asking(_ permission: @escaping WritePermission) -> any ClusterOperator { self }
}
