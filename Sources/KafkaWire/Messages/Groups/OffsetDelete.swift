/// Deletes a group's committed offsets for topics that it does not read now; sent to its coordinator.
///
/// Version notes: v0 is the only version; it has never become flexible.
package struct OffsetDeleteRequest: KafkaRequest {
    package typealias Response = OffsetDeleteResponse

    package static let apiKey = APIKey.offsetDelete
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16? = nil

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
    package typealias Topic = NamedTopic<Partition>

    /// One partition.
    package struct Partition: WireStruct {
        package var partitionIndex: Int32 = 0
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(partitionIndex: Int32 = 0) {
            self.partitionIndex = partitionIndex
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("partitionIndex", &partitionIndex, 0...)
        }
    }
}

/// What became of each offset to delete.
///
/// Version notes: v0 is the only version.
package struct OffsetDeleteResponse: KafkaResponse {
    package static let apiKey = APIKey.offsetDelete
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16? = nil

    /// Of the group.
    package var errorCode: KafkaErrorCode = .none
    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var topics: [Topic] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(errorCode: KafkaErrorCode = .none, throttleTimeMs: Int32 = 0, topics: [Topic] = []) {
        self.errorCode = errorCode
        self.throttleTimeMs = throttleTimeMs
        self.topics = topics
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.errorCode("errorCode", &errorCode, 0...)
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0..., ignorable: true)
        try wire.structs("topics", &topics, 0...)
    }

    /// What became of one topic.
    package typealias Topic = NamedTopic<Partition>

    /// What became of one partition.
    package typealias Partition = PartitionError
}
