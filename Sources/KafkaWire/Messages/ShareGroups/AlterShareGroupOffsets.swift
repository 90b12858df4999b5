/// Sets where a share group without members stands; sent to its coordinator.
///
/// Version notes: v0 is the only version. Brokers from 4.1 on know it.
package struct AlterShareGroupOffsetsRequest: KafkaRequest {
    package typealias Response = AlterShareGroupOffsetsResponse

    package static let apiKey = APIKey.alterShareGroupOffsets
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16? = 0

    package var groupId: String = ""
    package var topics: [Topic] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(groupId: String = "", topics: [Topic] = []) {
        self.groupId = groupId
        self.topics = topics
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.string("groupId", &groupId, 0...)
        try wire.structs("topics", &topics, 0...)
    }

    /// Offsets in one topic.
    package typealias Topic = TopicByTopicName<Partition>

    /// The offset in one partition.
    package struct Partition: WireStruct {
        package var partitionIndex: Int32 = 0
        /// The first record to deliver.
        package var startOffset: Int64 = 0
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(partitionIndex: Int32 = 0, startOffset: Int64 = 0) {
            self.partitionIndex = partitionIndex
            self.startOffset = startOffset
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("partitionIndex", &partitionIndex, 0...)
            try wire.int64("startOffset", &startOffset, 0...)
        }
    }
}

/// What became of each offset to set.
///
/// Version notes: v0 is the only version.
package struct AlterShareGroupOffsetsResponse: KafkaResponse {
    package static let apiKey = APIKey.alterShareGroupOffsets
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16? = 0

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var errorCode: KafkaErrorCode = .none
    package var errorMessage: String? = nil
    package var responses: [Topic] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        throttleTimeMs: Int32 = 0, errorCode: KafkaErrorCode = .none, errorMessage: String? = nil,
        responses: [Topic] = []
    ) {
        self.throttleTimeMs = throttleTimeMs
        self.errorCode = errorCode
        self.errorMessage = errorMessage
        self.responses = responses
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0...)
        try wire.errorCode("errorCode", &errorCode, 0...)
        try wire.nullableString("errorMessage", &errorMessage, 0..., default: nil)
        try wire.structs("responses", &responses, 0...)
    }

    /// What became of one topic.
    package struct Topic: WireStruct {
        package var topicName: String = ""
        package var topicId: KafkaUUID = .zero
        package var partitions: [Partition] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(topicName: String = "", topicId: KafkaUUID = .zero, partitions: [Partition] = []) {
            self.topicName = topicName
            self.topicId = topicId
            self.partitions = partitions
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("topicName", &topicName, 0...)
            try wire.uuid("topicId", &topicId, 0...)
            try wire.structs("partitions", &partitions, 0...)
        }
    }

    /// What became of one partition.
    package struct Partition: WireStruct {
        package var partitionIndex: Int32 = 0
        package var errorCode: KafkaErrorCode = .none
        package var errorMessage: String? = nil
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(partitionIndex: Int32 = 0, errorCode: KafkaErrorCode = .none, errorMessage: String? = nil) {
            self.partitionIndex = partitionIndex
            self.errorCode = errorCode
            self.errorMessage = errorMessage
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("partitionIndex", &partitionIndex, 0...)
            try wire.errorCode("errorCode", &errorCode, 0...)
            try wire.nullableString("errorMessage", &errorMessage, 0..., default: nil)
        }
    }
}
