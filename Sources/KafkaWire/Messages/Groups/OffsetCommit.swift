/// Commits a group's offsets; sent to its coordinator.
///
/// Version notes: v5 drops the retention time, v6 adds leader epochs, v7 the instance id, v8 is flexible, v9 may be
/// used by members of consumer groups (KIP-848), v10 names topics by id alone.
package struct OffsetCommitRequest: KafkaRequest {
    package typealias Response = OffsetCommitResponse

    package static let apiKey = APIKey.offsetCommit
    package static let versions: ClosedRange<Int16> = 2...10
    package static let flexibleFrom: Int16? = 8

    package var groupId: String = ""
    /// -1 when the committer is no member, which needs an empty group.
    package var generationIdOrMemberEpoch: Int32 = -1
    /// Empty when the committer is no member.
    package var memberId: String = ""
    /// Set for a static member.
    package var groupInstanceId: String? = nil
    /// In milliseconds; -1 is the broker's setting. Only v2 to v4.
    package var retentionTimeMs: Int64 = -1
    package var topics: [Topic] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        groupId: String = "", generationIdOrMemberEpoch: Int32 = -1, memberId: String = "",
        groupInstanceId: String? = nil, retentionTimeMs: Int64 = -1, topics: [Topic] = []
    ) {
        self.groupId = groupId
        self.generationIdOrMemberEpoch = generationIdOrMemberEpoch
        self.memberId = memberId
        self.groupInstanceId = groupInstanceId
        self.retentionTimeMs = retentionTimeMs
        self.topics = topics
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.string("groupId", &groupId, 0...)
        try wire.int32("generationIdOrMemberEpoch", &generationIdOrMemberEpoch, 1..., default: -1, ignorable: true)
        try wire.string("memberId", &memberId, 1..., ignorable: true)
        try wire.nullableString("groupInstanceId", &groupInstanceId, 7..., default: nil)
        try wire.int64("retentionTimeMs", &retentionTimeMs, 2...4, default: -1, ignorable: true)
        try wire.structs("topics", &topics, 0...)
    }

    /// Offsets in one topic.
    package struct Topic: WireStruct {
        /// Up to v9.
        package var name: String = ""
        /// From v10 on.
        package var topicId: KafkaUUID = .zero
        package var partitions: [Partition] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(name: String = "", topicId: KafkaUUID = .zero, partitions: [Partition] = []) {
            self.name = name
            self.topicId = topicId
            self.partitions = partitions
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("name", &name, 0...9, ignorable: true)
            try wire.uuid("topicId", &topicId, 10..., ignorable: true)
            try wire.structs("partitions", &partitions, 0...)
        }
    }

    /// The offset in one partition.
    package struct Partition: WireStruct {
        package var partitionIndex: Int32 = 0
        /// The next offset to read.
        package var committedOffset: Int64 = 0
        /// Of the last record read; -1 when unknown.
        package var committedLeaderEpoch: Int32 = -1
        /// Whatever the committer likes to note.
        package var committedMetadata: String? = ""
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            partitionIndex: Int32 = 0, committedOffset: Int64 = 0, committedLeaderEpoch: Int32 = -1,
            committedMetadata: String? = ""
        ) {
            self.partitionIndex = partitionIndex
            self.committedOffset = committedOffset
            self.committedLeaderEpoch = committedLeaderEpoch
            self.committedMetadata = committedMetadata
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("partitionIndex", &partitionIndex, 0...)
            try wire.int64("committedOffset", &committedOffset, 0...)
            try wire.int32("committedLeaderEpoch", &committedLeaderEpoch, 6..., default: -1, ignorable: true)
            try wire.nullableString("committedMetadata", &committedMetadata, 0...)
        }
    }
}

/// What became of each offset to commit.
///
/// Version notes: v3 adds the throttle time, v9 the errors of consumer groups, v10 topic ids in place of names.
package struct OffsetCommitResponse: KafkaResponse {
    package static let apiKey = APIKey.offsetCommit
    package static let versions: ClosedRange<Int16> = 2...10
    package static let flexibleFrom: Int16? = 8

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var topics: [Topic] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(throttleTimeMs: Int32 = 0, topics: [Topic] = []) {
        self.throttleTimeMs = throttleTimeMs
        self.topics = topics
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 3..., ignorable: true)
        try wire.structs("topics", &topics, 0...)
    }

    /// What became of one topic.
    package struct Topic: WireStruct {
        /// Up to v9.
        package var name: String = ""
        /// From v10 on.
        package var topicId: KafkaUUID = .zero
        package var partitions: [Partition] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(name: String = "", topicId: KafkaUUID = .zero, partitions: [Partition] = []) {
            self.name = name
            self.topicId = topicId
            self.partitions = partitions
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("name", &name, 0...9, ignorable: true)
            try wire.uuid("topicId", &topicId, 10..., ignorable: true)
            try wire.structs("partitions", &partitions, 0...)
        }
    }

    /// What became of one partition.
    package typealias Partition = PartitionError
}
