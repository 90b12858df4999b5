/// Asks a coordinator where share groups stand.
///
/// Version notes: v1 changes only the answer. Brokers from 4.1 on know it.
package struct DescribeShareGroupOffsetsRequest: KafkaRequest {
    package typealias Response = DescribeShareGroupOffsetsResponse

    package static let apiKey = APIKey.describeShareGroupOffsets
    package static let versions: ClosedRange<Int16> = 0...1
    package static let flexibleFrom: Int16? = 0

    package var groups: [Group] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(groups: [Group] = []) {
        self.groups = groups
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.structs("groups", &groups, 0...)
    }

    /// What to look up for one group.
    package struct Group: WireStruct {
        package var groupId: String = ""
        /// Null means all.
        package var topics: [Topic]? = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(groupId: String = "", topics: [Topic]? = []) {
            self.groupId = groupId
            self.topics = topics
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("groupId", &groupId, 0...)
            try wire.nullableStructs("topics", &topics, 0...)
        }
    }

    /// Partitions of one topic.
    package struct Topic: WireStruct {
        package var topicName: String = ""
        package var partitions: [Int32] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(topicName: String = "", partitions: [Int32] = []) {
            self.topicName = topicName
            self.partitions = partitions
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("topicName", &topicName, 0...)
            try wire.int32s("partitions", &partitions, 0...)
        }
    }
}

/// Where share groups stand.
///
/// Version notes: v1 adds the lag.
package struct DescribeShareGroupOffsetsResponse: KafkaResponse {
    package static let apiKey = APIKey.describeShareGroupOffsets
    package static let versions: ClosedRange<Int16> = 0...1
    package static let flexibleFrom: Int16? = 0

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var groups: [Group] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(throttleTimeMs: Int32 = 0, groups: [Group] = []) {
        self.throttleTimeMs = throttleTimeMs
        self.groups = groups
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0...)
        try wire.structs("groups", &groups, 0...)
    }

    /// Where one group stands.
    package struct Group: WireStruct {
        package var groupId: String = ""
        package var topics: [Topic] = []
        package var errorCode: KafkaErrorCode = .none
        package var errorMessage: String? = nil
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            groupId: String = "", topics: [Topic] = [], errorCode: KafkaErrorCode = .none, errorMessage: String? = nil
        ) {
            self.groupId = groupId
            self.topics = topics
            self.errorCode = errorCode
            self.errorMessage = errorMessage
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("groupId", &groupId, 0...)
            try wire.structs("topics", &topics, 0...)
            try wire.errorCode("errorCode", &errorCode, 0...)
            try wire.nullableString("errorMessage", &errorMessage, 0..., default: nil)
        }
    }

    /// Where it stands in one topic.
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

    /// Where it stands in one partition.
    package struct Partition: WireStruct {
        package var partitionIndex: Int32 = 0
        /// The first record not yet done with; -1 when there is none yet.
        package var startOffset: Int64 = 0
        package var leaderEpoch: Int32 = 0
        /// Records not yet done with; -1 when unknown.
        package var lag: Int64 = -1
        package var errorCode: KafkaErrorCode = .none
        package var errorMessage: String? = nil
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            partitionIndex: Int32 = 0, startOffset: Int64 = 0, leaderEpoch: Int32 = 0, lag: Int64 = -1,
            errorCode: KafkaErrorCode = .none, errorMessage: String? = nil
        ) {
            self.partitionIndex = partitionIndex
            self.startOffset = startOffset
            self.leaderEpoch = leaderEpoch
            self.lag = lag
            self.errorCode = errorCode
            self.errorMessage = errorMessage
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("partitionIndex", &partitionIndex, 0...)
            try wire.int64("startOffset", &startOffset, 0...)
            try wire.int32("leaderEpoch", &leaderEpoch, 0...)
            try wire.int64("lag", &lag, 1..., default: -1, ignorable: true)
            try wire.errorCode("errorCode", &errorCode, 0...)
            try wire.nullableString("errorMessage", &errorMessage, 0..., default: nil)
        }
    }
}
