/// Moves partitions to other replicas, or calls a move off.
///
/// Version notes: v1 can forbid a change of the replication factor, which v0 allows.
package struct AlterPartitionReassignmentsRequest: KafkaRequest {
    package typealias Response = AlterPartitionReassignmentsResponse

    package static let apiKey = APIKey.alterPartitionReassignments
    package static let versions: ClosedRange<Int16> = 0...1
    package static let flexibleFrom: Int16? = 0

    package var timeoutMs: Int32 = 60000
    package var allowReplicationFactorChange: Bool = true
    package var topics: [Topic] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(timeoutMs: Int32 = 60000, allowReplicationFactorChange: Bool = true, topics: [Topic] = []) {
        self.timeoutMs = timeoutMs
        self.allowReplicationFactorChange = allowReplicationFactorChange
        self.topics = topics
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("timeoutMs", &timeoutMs, 0..., default: 60000)
        try wire.bool("allowReplicationFactorChange", &allowReplicationFactorChange, 1..., default: true)
        try wire.structs("topics", &topics, 0...)
    }

    /// A topic with partitions to move.
    package typealias Topic = NamedTopic<Partition>

    /// A partition to move.
    package struct Partition: WireStruct {
        package var partitionIndex: Int32 = 0
        /// The wanted replicas, the preferred leader first; null calls off what is under way.
        package var replicas: [Int32]? = nil
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(partitionIndex: Int32 = 0, replicas: [Int32]? = nil) {
            self.partitionIndex = partitionIndex
            self.replicas = replicas
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("partitionIndex", &partitionIndex, 0...)
            try wire.nullableInt32s("replicas", &replicas, 0..., default: nil)
        }
    }
}

/// Whether each move has been taken on. It is then under way, not done.
///
/// Version notes: v1 gives back whether a change of the replication factor was allowed.
package struct AlterPartitionReassignmentsResponse: KafkaResponse {
    package static let apiKey = APIKey.alterPartitionReassignments
    package static let versions: ClosedRange<Int16> = 0...1
    package static let flexibleFrom: Int16? = 0

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var allowReplicationFactorChange: Bool = true
    package var errorCode: KafkaErrorCode = .none
    package var errorMessage: String? = ""
    package var responses: [Topic] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        throttleTimeMs: Int32 = 0, allowReplicationFactorChange: Bool = true, errorCode: KafkaErrorCode = .none,
        errorMessage: String? = "", responses: [Topic] = []
    ) {
        self.throttleTimeMs = throttleTimeMs
        self.allowReplicationFactorChange = allowReplicationFactorChange
        self.errorCode = errorCode
        self.errorMessage = errorMessage
        self.responses = responses
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0...)
        try wire.bool(
            "allowReplicationFactorChange", &allowReplicationFactorChange, 1..., default: true, ignorable: true)
        try wire.errorCode("errorCode", &errorCode, 0...)
        try wire.nullableString("errorMessage", &errorMessage, 0...)
        try wire.structs("responses", &responses, 0...)
    }

    /// The results of one topic.
    package typealias Topic = NamedTopic<Partition>

    /// What became of one partition.
    package struct Partition: WireStruct {
        package var partitionIndex: Int32 = 0
        package var errorCode: KafkaErrorCode = .none
        package var errorMessage: String? = ""
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(partitionIndex: Int32 = 0, errorCode: KafkaErrorCode = .none, errorMessage: String? = "") {
            self.partitionIndex = partitionIndex
            self.errorCode = errorCode
            self.errorMessage = errorMessage
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("partitionIndex", &partitionIndex, 0...)
            try wire.errorCode("errorCode", &errorCode, 0...)
            try wire.nullableString("errorMessage", &errorMessage, 0...)
        }
    }
}
