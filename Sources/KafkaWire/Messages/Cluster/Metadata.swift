/// Asks any broker for the brokers, the topics and their partitions.
///
/// Version notes: in v0 no topics means all of them, from v1 on null does and an empty list means none; v4 adds the
/// choice not to create topics, v8 the authorized operations (those of the cluster end with v10), v10 topic ids,
/// which brokers heed from v12.
package struct MetadataRequest: KafkaRequest {
    package typealias Response = MetadataResponse

    package static let apiKey = APIKey.metadata
    package static let versions: ClosedRange<Int16> = 0...13
    package static let flexibleFrom: Int16? = 9

    /// Null means all topics; in v0 an empty list does.
    package var topics: [Topic]? = []
    package var allowAutoTopicCreation: Bool = true
    package var includeClusterAuthorizedOperations: Bool = false
    package var includeTopicAuthorizedOperations: Bool = false
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        topics: [Topic]? = [], allowAutoTopicCreation: Bool = true, includeClusterAuthorizedOperations: Bool = false,
        includeTopicAuthorizedOperations: Bool = false
    ) {
        self.topics = topics
        self.allowAutoTopicCreation = allowAutoTopicCreation
        self.includeClusterAuthorizedOperations = includeClusterAuthorizedOperations
        self.includeTopicAuthorizedOperations = includeTopicAuthorizedOperations
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.nullableStructs("topics", &topics, 0..., nullable: 1...)
        try wire.bool("allowAutoTopicCreation", &allowAutoTopicCreation, 4..., default: true)
        try wire.bool("includeClusterAuthorizedOperations", &includeClusterAuthorizedOperations, 8...10)
        try wire.bool("includeTopicAuthorizedOperations", &includeTopicAuthorizedOperations, 8...)
    }

    /// A topic to describe, by name or by id.
    package struct Topic: WireStruct {
        /// Zero when the topic has none.
        package var topicId: KafkaUUID = .zero
        package var name: String? = ""
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(topicId: KafkaUUID = .zero, name: String? = "") {
            self.topicId = topicId
            self.name = name
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.uuid("topicId", &topicId, 10..., ignorable: true)
            try wire.nullableString("name", &name, 0..., nullable: 10...)
        }
    }
}

/// The brokers that are not fenced, the topics and their partitions, as the answering broker knows them.
///
/// Version notes: v1 adds racks and the controller, v2 the cluster id, v3 the throttle time, v5 offline replicas, v7
/// leader epochs, v8 authorized operations (those of the cluster end with v10), v10 topic ids, v13 an error of the
/// whole. Large answers are read with `FlatMetadata`.
package struct MetadataResponse: KafkaResponse {
    package static let apiKey = APIKey.metadata
    package static let versions: ClosedRange<Int16> = 0...13
    package static let flexibleFrom: Int16? = 9

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var brokers: [Broker] = []
    package var clusterId: String? = nil
    /// -1 when there is none. A KRaft broker names any live broker here, not the controller.
    package var controllerId: Int32 = -1
    package var topics: [Topic] = []
    /// A bit for each operation that the client may perform on the cluster; the lowest number when not asked for.
    package var clusterAuthorizedOperations: Int32 = -2147483648
    package var errorCode: KafkaErrorCode = .none
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        throttleTimeMs: Int32 = 0, brokers: [Broker] = [], clusterId: String? = nil, controllerId: Int32 = -1,
        topics: [Topic] = [], clusterAuthorizedOperations: Int32 = -2147483648, errorCode: KafkaErrorCode = .none
    ) {
        self.throttleTimeMs = throttleTimeMs
        self.brokers = brokers
        self.clusterId = clusterId
        self.controllerId = controllerId
        self.topics = topics
        self.clusterAuthorizedOperations = clusterAuthorizedOperations
        self.errorCode = errorCode
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 3..., ignorable: true)
        try wire.structs("brokers", &brokers, 0...)
        try wire.nullableString("clusterId", &clusterId, 2..., default: nil, ignorable: true)
        try wire.int32("controllerId", &controllerId, 1..., default: -1, ignorable: true)
        try wire.structs("topics", &topics, 0...)
        try wire.int32("clusterAuthorizedOperations", &clusterAuthorizedOperations, 8...10, default: -2147483648)
        try wire.errorCode("errorCode", &errorCode, 13..., ignorable: true)
    }

    /// A broker, and where the listener is that the client came in by.
    package struct Broker: WireStruct {
        package var nodeId: Int32 = 0
        package var host: String = ""
        package var port: Int32 = 0
        package var rack: String? = nil
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(nodeId: Int32 = 0, host: String = "", port: Int32 = 0, rack: String? = nil) {
            self.nodeId = nodeId
            self.host = host
            self.port = port
            self.rack = rack
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("nodeId", &nodeId, 0...)
            try wire.string("host", &host, 0...)
            try wire.int32("port", &port, 0...)
            try wire.nullableString("rack", &rack, 1..., default: nil, ignorable: true)
        }
    }

    /// A topic, or why it cannot be described.
    package struct Topic: WireStruct {
        package var errorCode: KafkaErrorCode = .none
        /// Null when asked for by an id that is not known.
        package var name: String? = ""
        /// Zero when the topic has none.
        package var topicId: KafkaUUID = .zero
        package var isInternal: Bool = false
        package var partitions: [Partition] = []
        /// A bit for each operation that the client may perform on the topic; the lowest number when not asked for.
        package var topicAuthorizedOperations: Int32 = -2147483648
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            errorCode: KafkaErrorCode = .none, name: String? = "", topicId: KafkaUUID = .zero,
            isInternal: Bool = false, partitions: [Partition] = [], topicAuthorizedOperations: Int32 = -2147483648
        ) {
            self.errorCode = errorCode
            self.name = name
            self.topicId = topicId
            self.isInternal = isInternal
            self.partitions = partitions
            self.topicAuthorizedOperations = topicAuthorizedOperations
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.errorCode("errorCode", &errorCode, 0...)
            try wire.nullableString("name", &name, 0..., nullable: 12...)
            try wire.uuid("topicId", &topicId, 10..., ignorable: true)
            try wire.bool("isInternal", &isInternal, 1..., ignorable: true)
            try wire.structs("partitions", &partitions, 0...)
            try wire.int32("topicAuthorizedOperations", &topicAuthorizedOperations, 8..., default: -2147483648)
        }
    }

    /// A partition and its replicas.
    package struct Partition: WireStruct {
        package var errorCode: KafkaErrorCode = .none
        package var partitionIndex: Int32 = 0
        /// -1 when there is no leader.
        package var leaderId: Int32 = 0
        /// The number of the leadership; -1 when unknown.
        package var leaderEpoch: Int32 = -1
        package var replicaNodes: [Int32] = []
        package var isrNodes: [Int32] = []
        package var offlineReplicas: [Int32] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            errorCode: KafkaErrorCode = .none, partitionIndex: Int32 = 0, leaderId: Int32 = 0,
            leaderEpoch: Int32 = -1, replicaNodes: [Int32] = [], isrNodes: [Int32] = [], offlineReplicas: [Int32] = []
        ) {
            self.errorCode = errorCode
            self.partitionIndex = partitionIndex
            self.leaderId = leaderId
            self.leaderEpoch = leaderEpoch
            self.replicaNodes = replicaNodes
            self.isrNodes = isrNodes
            self.offlineReplicas = offlineReplicas
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.errorCode("errorCode", &errorCode, 0...)
            try wire.int32("partitionIndex", &partitionIndex, 0...)
            try wire.int32("leaderId", &leaderId, 0...)
            try wire.int32("leaderEpoch", &leaderEpoch, 7..., default: -1, ignorable: true)
            try wire.int32s("replicaNodes", &replicaNodes, 0...)
            try wire.int32s("isrNodes", &isrNodes, 0...)
            try wire.int32s("offlineReplicas", &offlineReplicas, 5..., ignorable: true)
        }
    }
}
