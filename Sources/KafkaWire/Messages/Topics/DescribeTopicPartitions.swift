/// Asks for topics and their partitions in pages, with the eligible leader replicas (KIP-966).
///
/// Version notes: v0 is the only version. KRaft brokers from 3.8 on know it.
package struct DescribeTopicPartitionsRequest: KafkaRequest {
    package typealias Response = DescribeTopicPartitionsResponse

    package static let apiKey = APIKey.describeTopicPartitions
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16? = 0

    /// Empty means all topics.
    package var topics: [Topic] = []
    /// The most partitions in an answer; a broker may have a lower limit.
    package var responsePartitionLimit: Int32 = 2000
    /// The last answer's `nextCursor`; null for the first page.
    package var cursor: Cursor? = nil
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(topics: [Topic] = [], responsePartitionLimit: Int32 = 2000, cursor: Cursor? = nil) {
        self.topics = topics
        self.responsePartitionLimit = responsePartitionLimit
        self.cursor = cursor
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.structs("topics", &topics, 0...)
        try wire.int32("responsePartitionLimit", &responsePartitionLimit, 0..., default: 2000)
        try wire.nullableStruct("cursor", &cursor, 0...)
    }

    /// A topic to describe.
    package struct Topic: WireStruct {
        package var name: String = ""
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(name: String = "") {
            self.name = name
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("name", &name, 0...)
        }
    }

    /// Where the page begins.
    package typealias Cursor = TopicPartitionCursor
}

/// A page of topics and their partitions, ordered by topic name.
///
/// Version notes: v0 is the only version. Brokers cut their answers at 2,000 partitions
/// (`max.request.partition.size.limit`).
package struct DescribeTopicPartitionsResponse: KafkaResponse {
    package static let apiKey = APIKey.describeTopicPartitions
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16? = 0

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var topics: [Topic] = []
    /// Null on the last page.
    package var nextCursor: Cursor? = nil
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(throttleTimeMs: Int32 = 0, topics: [Topic] = [], nextCursor: Cursor? = nil) {
        self.throttleTimeMs = throttleTimeMs
        self.topics = topics
        self.nextCursor = nextCursor
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0..., ignorable: true)
        try wire.structs("topics", &topics, 0...)
        try wire.nullableStruct("nextCursor", &nextCursor, 0...)
    }

    /// A topic, or why it cannot be described.
    package struct Topic: WireStruct {
        package var errorCode: KafkaErrorCode = .none
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
            try wire.nullableString("name", &name, 0...)
            try wire.uuid("topicId", &topicId, 0..., ignorable: true)
            try wire.bool("isInternal", &isInternal, 0..., ignorable: true)
            try wire.structs("partitions", &partitions, 0...)
            try wire.int32("topicAuthorizedOperations", &topicAuthorizedOperations, 0..., default: -2147483648)
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
        /// Replicas outside the ISR that have everything committed.
        package var eligibleLeaderReplicas: [Int32]? = nil
        /// The eligible replicas before the last unclean shutdown.
        package var lastKnownElr: [Int32]? = nil
        package var offlineReplicas: [Int32] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            errorCode: KafkaErrorCode = .none, partitionIndex: Int32 = 0, leaderId: Int32 = 0,
            leaderEpoch: Int32 = -1, replicaNodes: [Int32] = [], isrNodes: [Int32] = [],
            eligibleLeaderReplicas: [Int32]? = nil, lastKnownElr: [Int32]? = nil, offlineReplicas: [Int32] = []
        ) {
            self.errorCode = errorCode
            self.partitionIndex = partitionIndex
            self.leaderId = leaderId
            self.leaderEpoch = leaderEpoch
            self.replicaNodes = replicaNodes
            self.isrNodes = isrNodes
            self.eligibleLeaderReplicas = eligibleLeaderReplicas
            self.lastKnownElr = lastKnownElr
            self.offlineReplicas = offlineReplicas
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.errorCode("errorCode", &errorCode, 0...)
            try wire.int32("partitionIndex", &partitionIndex, 0...)
            try wire.int32("leaderId", &leaderId, 0...)
            try wire.int32("leaderEpoch", &leaderEpoch, 0..., default: -1, ignorable: true)
            try wire.int32s("replicaNodes", &replicaNodes, 0...)
            try wire.int32s("isrNodes", &isrNodes, 0...)
            try wire.nullableInt32s("eligibleLeaderReplicas", &eligibleLeaderReplicas, 0..., default: nil)
            try wire.nullableInt32s("lastKnownElr", &lastKnownElr, 0..., default: nil)
            try wire.int32s("offlineReplicas", &offlineReplicas, 0..., ignorable: true)
        }
    }

    /// Where the next page begins.
    package typealias Cursor = TopicPartitionCursor
}
