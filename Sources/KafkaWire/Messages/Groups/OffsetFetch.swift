/// Asks a coordinator for the committed offsets of groups.
///
/// Version notes: v2 allows null for all topics, v6 is flexible, v7 adds `requireStable`, v8 asks for several groups in
/// `groups` and no longer by the top-level fields, v9 adds members of consumer groups, v10 names topics by id alone.
package struct OffsetFetchRequest: KafkaRequest {
    package typealias Response = OffsetFetchResponse

    package static let apiKey = APIKey.offsetFetch
    package static let versions: ClosedRange<Int16> = 1...10
    package static let flexibleFrom: Int16? = 6

    /// Up to v7.
    package var groupId: String = ""
    /// Up to v7; null means all from v2 on.
    package var topics: [Topic]? = []
    /// From v8 on.
    package var groups: [Group] = []
    /// Whether offsets that a transaction is about to commit are an error (UNSTABLE_OFFSET_COMMIT) instead of being
    /// passed over.
    package var requireStable: Bool = false
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(groupId: String = "", topics: [Topic]? = [], groups: [Group] = [], requireStable: Bool = false) {
        self.groupId = groupId
        self.topics = topics
        self.groups = groups
        self.requireStable = requireStable
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.string("groupId", &groupId, 0...7)
        try wire.nullableStructs("topics", &topics, 0...7, nullable: 2...7)
        try wire.structs("groups", &groups, 8...)
        try wire.bool("requireStable", &requireStable, 7...)
    }

    /// Partitions of one topic, up to v7.
    package struct Topic: WireStruct {
        package var name: String = ""
        package var partitionIndexes: [Int32] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(name: String = "", partitionIndexes: [Int32] = []) {
            self.name = name
            self.partitionIndexes = partitionIndexes
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("name", &name, 0...7)
            try wire.int32s("partitionIndexes", &partitionIndexes, 0...7)
        }
    }

    /// What to look up for one group, from v8 on.
    package struct Group: WireStruct {
        package var groupId: String = ""
        /// Null when the asker is no member.
        package var memberId: String? = nil
        /// -1 when the asker is no member.
        package var memberEpoch: Int32 = -1
        /// Null means all.
        package var topics: [GroupTopic]? = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            groupId: String = "", memberId: String? = nil, memberEpoch: Int32 = -1, topics: [GroupTopic]? = []
        ) {
            self.groupId = groupId
            self.memberId = memberId
            self.memberEpoch = memberEpoch
            self.topics = topics
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("groupId", &groupId, 8...)
            try wire.nullableString("memberId", &memberId, 9..., default: nil, ignorable: true)
            try wire.int32("memberEpoch", &memberEpoch, 9..., default: -1, ignorable: true)
            try wire.nullableStructs("topics", &topics, 8...)
        }
    }

    /// Partitions of one topic, from v8 on.
    package struct GroupTopic: WireStruct {
        /// Up to v9.
        package var name: String = ""
        /// From v10 on.
        package var topicId: KafkaUUID = .zero
        package var partitionIndexes: [Int32] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(name: String = "", topicId: KafkaUUID = .zero, partitionIndexes: [Int32] = []) {
            self.name = name
            self.topicId = topicId
            self.partitionIndexes = partitionIndexes
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("name", &name, 8...9, ignorable: true)
            try wire.uuid("topicId", &topicId, 10..., ignorable: true)
            try wire.int32s("partitionIndexes", &partitionIndexes, 8...)
        }
    }
}

/// The committed offsets.
///
/// Version notes: v2 adds an error of the whole, v3 the throttle time, v5 leader epochs, v8 several groups, v10 topic
/// ids in place of names.
package struct OffsetFetchResponse: KafkaResponse {
    package static let apiKey = APIKey.offsetFetch
    package static let versions: ClosedRange<Int16> = 1...10
    package static let flexibleFrom: Int16? = 6

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    /// Up to v7.
    package var topics: [Topic] = []
    /// Of the group, v2 to v7.
    package var errorCode: KafkaErrorCode = .none
    /// From v8 on.
    package var groups: [Group] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        throttleTimeMs: Int32 = 0, topics: [Topic] = [], errorCode: KafkaErrorCode = .none, groups: [Group] = []
    ) {
        self.throttleTimeMs = throttleTimeMs
        self.topics = topics
        self.errorCode = errorCode
        self.groups = groups
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 3..., ignorable: true)
        try wire.structs("topics", &topics, 0...7)
        try wire.errorCode("errorCode", &errorCode, 2...7, ignorable: true)
        try wire.structs("groups", &groups, 8...)
    }

    /// Offsets in one topic, up to v7.
    package struct Topic: WireStruct {
        package var name: String = ""
        package var partitions: [Partition] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(name: String = "", partitions: [Partition] = []) {
            self.name = name
            self.partitions = partitions
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("name", &name, 0...7)
            try wire.structs("partitions", &partitions, 0...7)
        }
    }

    /// The offset in one partition, up to v7.
    package struct Partition: WireStruct {
        package var partitionIndex: Int32 = 0
        /// The next offset to read; -1 when there is none.
        package var committedOffset: Int64 = 0
        /// -1 when unknown.
        package var committedLeaderEpoch: Int32 = -1
        package var metadata: String? = ""
        package var errorCode: KafkaErrorCode = .none
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            partitionIndex: Int32 = 0, committedOffset: Int64 = 0, committedLeaderEpoch: Int32 = -1,
            metadata: String? = "", errorCode: KafkaErrorCode = .none
        ) {
            self.partitionIndex = partitionIndex
            self.committedOffset = committedOffset
            self.committedLeaderEpoch = committedLeaderEpoch
            self.metadata = metadata
            self.errorCode = errorCode
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("partitionIndex", &partitionIndex, 0...7)
            try wire.int64("committedOffset", &committedOffset, 0...7)
            try wire.int32("committedLeaderEpoch", &committedLeaderEpoch, 5...7, default: -1, ignorable: true)
            try wire.nullableString("metadata", &metadata, 0...7)
            try wire.errorCode("errorCode", &errorCode, 0...7)
        }
    }

    /// The offsets of one group, from v8 on.
    package struct Group: WireStruct {
        package var groupId: String = ""
        package var topics: [GroupTopic] = []
        package var errorCode: KafkaErrorCode = .none
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(groupId: String = "", topics: [GroupTopic] = [], errorCode: KafkaErrorCode = .none) {
            self.groupId = groupId
            self.topics = topics
            self.errorCode = errorCode
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("groupId", &groupId, 8...)
            try wire.structs("topics", &topics, 8...)
            try wire.errorCode("errorCode", &errorCode, 8...)
        }
    }

    /// Offsets in one topic, from v8 on.
    package struct GroupTopic: WireStruct {
        /// Up to v9.
        package var name: String = ""
        /// From v10 on.
        package var topicId: KafkaUUID = .zero
        package var partitions: [GroupPartition] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(name: String = "", topicId: KafkaUUID = .zero, partitions: [GroupPartition] = []) {
            self.name = name
            self.topicId = topicId
            self.partitions = partitions
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("name", &name, 8...9, ignorable: true)
            try wire.uuid("topicId", &topicId, 10..., ignorable: true)
            try wire.structs("partitions", &partitions, 8...)
        }
    }

    /// The offset in one partition, from v8 on.
    package struct GroupPartition: WireStruct {
        package var partitionIndex: Int32 = 0
        /// The next offset to read; -1 when there is none.
        package var committedOffset: Int64 = 0
        /// -1 when unknown.
        package var committedLeaderEpoch: Int32 = -1
        package var metadata: String? = ""
        package var errorCode: KafkaErrorCode = .none
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            partitionIndex: Int32 = 0, committedOffset: Int64 = 0, committedLeaderEpoch: Int32 = -1,
            metadata: String? = "", errorCode: KafkaErrorCode = .none
        ) {
            self.partitionIndex = partitionIndex
            self.committedOffset = committedOffset
            self.committedLeaderEpoch = committedLeaderEpoch
            self.metadata = metadata
            self.errorCode = errorCode
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("partitionIndex", &partitionIndex, 8...)
            try wire.int64("committedOffset", &committedOffset, 8...)
            try wire.int32("committedLeaderEpoch", &committedLeaderEpoch, 8..., default: -1, ignorable: true)
            try wire.nullableString("metadata", &metadata, 8...)
            try wire.errorCode("errorCode", &errorCode, 8...)
        }
    }
}
