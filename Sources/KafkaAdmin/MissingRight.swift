package import KafkaWire

/// The right that a call lacks, by what Kafka's authorizer asks for it (KafkaApis, ControllerApis of 2.8 to 4.3).
///
/// Kafka itself says it badly: brokers answer with the class names of their own objects, or with nothing.
package struct MissingRight: Sendable, Hashable {
    /// In Kafka's words, as DESCRIBE_CONFIGS.
    package var operation: String
    /// `the cluster`, `the topic`.
    package var resource: String

    package var text: String { "the right \(operation) on \(resource) is missing" }
    package var advice: String { "grant \(operation) on \(resource) to the user that opsrun comes as" }

    /// Nil for an error that is none of authorization, and for a call of which it is not known.
    package init?(_ error: KafkaErrorCode, _ api: APIKey) {
        guard let kind = Self.kinds[error], let operation = kind.operations[api] else { return nil }
        self.operation = operation
        resource = kind.resource
    }

    private struct Kind {
        var resource: String
        var operations: [APIKey: String]
    }

    private static let kinds: [KafkaErrorCode: Kind] = [
        .topicAuthorizationFailed: Kind(resource: "the topic", operations: topic),
        .groupAuthorizationFailed: Kind(resource: "the group", operations: group),
        .clusterAuthorizationFailed: Kind(resource: "the cluster", operations: cluster),
        .transactionalIdAuthorizationFailed: Kind(resource: "the transactional id", operations: transaction),
        .delegationTokenAuthorizationFailed: Kind(
            resource: "the delegation token", operations: [.describeDelegationToken: "DESCRIBE"]),
    ]

    private static let topic: [APIKey: String] = [
        .produce: "WRITE", .fetch: "READ", .listOffsets: "DESCRIBE", .metadata: "DESCRIBE", .offsetCommit: "READ",
        .offsetFetch: "DESCRIBE", .createTopics: "CREATE", .deleteTopics: "DELETE", .deleteRecords: "DELETE",
        .offsetForLeaderEpoch: "DESCRIBE", .addPartitionsToTxn: "WRITE", .txnOffsetCommit: "READ",
        .describeConfigs: "DESCRIBE_CONFIGS", .alterConfigs: "ALTER_CONFIGS",
        .incrementalAlterConfigs: "ALTER_CONFIGS", .createPartitions: "ALTER", .offsetDelete: "READ",
        .describeProducers: "READ", .describeTopicPartitions: "DESCRIBE", .describeShareGroupOffsets: "DESCRIBE",
        .alterShareGroupOffsets: "READ", .deleteShareGroupOffsets: "READ", .consumerGroupDescribe: "DESCRIBE",
        .shareGroupDescribe: "DESCRIBE", .streamsGroupDescribe: "DESCRIBE",
    ]

    private static let group: [APIKey: String] = [
        .findCoordinator: "DESCRIBE", .offsetCommit: "READ", .offsetFetch: "DESCRIBE", .describeGroups: "DESCRIBE",
        .joinGroup: "READ", .leaveGroup: "READ", .syncGroup: "READ", .heartbeat: "READ", .listGroups: "DESCRIBE",
        .deleteGroups: "DELETE", .offsetDelete: "DELETE", .txnOffsetCommit: "READ", .addOffsetsToTxn: "READ",
        .consumerGroupHeartbeat: "READ", .consumerGroupDescribe: "DESCRIBE", .shareGroupHeartbeat: "READ",
        .shareGroupDescribe: "DESCRIBE", .streamsGroupHeartbeat: "READ", .streamsGroupDescribe: "DESCRIBE",
        .describeShareGroupOffsets: "DESCRIBE", .alterShareGroupOffsets: "READ", .deleteShareGroupOffsets: "DELETE",
        .describeConfigs: "DESCRIBE_CONFIGS", .incrementalAlterConfigs: "ALTER_CONFIGS",
    ]

    private static let cluster: [APIKey: String] = [
        .createTopics: "CREATE", .metadata: "CREATE", .initProducerId: "IDEMPOTENT_WRITE",
        .produce: "IDEMPOTENT_WRITE", .writeTxnMarkers: "CLUSTER_ACTION", .listGroups: "DESCRIBE",
        .describeAcls: "DESCRIBE", .createAcls: "ALTER", .deleteAcls: "ALTER", .describeConfigs: "DESCRIBE_CONFIGS",
        .alterConfigs: "ALTER_CONFIGS", .incrementalAlterConfigs: "ALTER_CONFIGS", .alterReplicaLogDirs: "ALTER",
        .describeLogDirs: "DESCRIBE", .electLeaders: "ALTER", .alterPartitionReassignments: "ALTER",
        .listPartitionReassignments: "DESCRIBE", .describeClientQuotas: "DESCRIBE_CONFIGS",
        .alterClientQuotas: "ALTER_CONFIGS", .describeUserScramCredentials: "DESCRIBE",
        .alterUserScramCredentials: "ALTER", .describeQuorum: "DESCRIBE", .updateFeatures: "ALTER",
        .unregisterBroker: "ALTER", .describeCluster: "DESCRIBE", .listConfigResources: "DESCRIBE_CONFIGS",
        .addRaftVoter: "ALTER", .removeRaftVoter: "ALTER", .createDelegationToken: "CREATE_TOKENS",
    ]

    private static let transaction: [APIKey: String] = [
        .findCoordinator: "DESCRIBE", .initProducerId: "WRITE", .addPartitionsToTxn: "WRITE",
        .addOffsetsToTxn: "WRITE", .endTxn: "WRITE", .txnOffsetCommit: "WRITE", .produce: "WRITE",
        .describeTransactions: "DESCRIBE",
    ]
}
