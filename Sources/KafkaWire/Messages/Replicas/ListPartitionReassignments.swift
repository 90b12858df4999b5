/// Asks for the reassignments under way.
///
/// Version notes: v0 is the only version.
package struct ListPartitionReassignmentsRequest: KafkaRequest {
    package typealias Response = ListPartitionReassignmentsResponse

    package static let apiKey = APIKey.listPartitionReassignments
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16? = 0

    package var timeoutMs: Int32 = 60000
    /// Null means every partition that is being reassigned.
    package var topics: [Topic]? = nil
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(timeoutMs: Int32 = 60000, topics: [Topic]? = nil) {
        self.timeoutMs = timeoutMs
        self.topics = topics
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("timeoutMs", &timeoutMs, 0..., default: 60000)
        try wire.nullableStructs("topics", &topics, 0..., default: nil)
    }

    /// Partitions of one topic.
    package typealias Topic = NamedPartitionIndexes
}

/// The reassignments under way.
///
/// Version notes: v0 is the only version.
package struct ListPartitionReassignmentsResponse: KafkaResponse {
    package static let apiKey = APIKey.listPartitionReassignments
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16? = 0

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var errorCode: KafkaErrorCode = .none
    package var errorMessage: String? = ""
    package var topics: [Topic] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        throttleTimeMs: Int32 = 0, errorCode: KafkaErrorCode = .none, errorMessage: String? = "", topics: [Topic] = []
    ) {
        self.throttleTimeMs = throttleTimeMs
        self.errorCode = errorCode
        self.errorMessage = errorMessage
        self.topics = topics
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0...)
        try wire.errorCode("errorCode", &errorCode, 0...)
        try wire.nullableString("errorMessage", &errorMessage, 0...)
        try wire.structs("topics", &topics, 0...)
    }

    /// A topic with partitions that are being reassigned.
    package typealias Topic = NamedTopic<Partition>

    /// A partition that is being reassigned.
    package struct Partition: WireStruct {
        package var partitionIndex: Int32 = 0
        /// All replicas, those that are being removed included.
        package var replicas: [Int32] = []
        package var addingReplicas: [Int32] = []
        package var removingReplicas: [Int32] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            partitionIndex: Int32 = 0, replicas: [Int32] = [], addingReplicas: [Int32] = [],
            removingReplicas: [Int32] = []
        ) {
            self.partitionIndex = partitionIndex
            self.replicas = replicas
            self.addingReplicas = addingReplicas
            self.removingReplicas = removingReplicas
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("partitionIndex", &partitionIndex, 0...)
            try wire.int32s("replicas", &replicas, 0...)
            try wire.int32s("addingReplicas", &addingReplicas, 0...)
            try wire.int32s("removingReplicas", &removingReplicas, 0...)
        }
    }
}
