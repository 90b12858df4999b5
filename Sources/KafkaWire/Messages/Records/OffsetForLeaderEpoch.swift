/// Asks the leaders of partitions where epochs end in their logs.
///
/// Version notes: v3 adds the replica's id, v4 is v3 in the flexible form.
package struct OffsetForLeaderEpochRequest: KafkaRequest {
    package typealias Response = OffsetForLeaderEpochResponse

    package static let apiKey = APIKey.offsetForLeaderEpoch
    package static let versions: ClosedRange<Int16> = 2...4
    package static let flexibleFrom: Int16? = 4

    /// -1 for a consumer; -2 for one that may see beyond the high watermark.
    package var replicaId: Int32 = -2
    package var topics: [Topic] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(replicaId: Int32 = -2, topics: [Topic] = []) {
        self.replicaId = replicaId
        self.topics = topics
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("replicaId", &replicaId, 3..., default: -2, ignorable: true)
        try wire.structs("topics", &topics, 0...)
    }

    /// Partitions of one topic.
    package struct Topic: WireStruct {
        package var topic: String = ""
        package var partitions: [Partition] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(topic: String = "", partitions: [Partition] = []) {
            self.topic = topic
            self.partitions = partitions
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("topic", &topic, 0...)
            try wire.structs("partitions", &partitions, 0...)
        }
    }

    /// The epoch to look up in one partition.
    package struct Partition: WireStruct {
        package var partition: Int32 = 0
        /// What the client believes; -1 does not check.
        package var currentLeaderEpoch: Int32 = -1
        package var leaderEpoch: Int32 = 0
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(partition: Int32 = 0, currentLeaderEpoch: Int32 = -1, leaderEpoch: Int32 = 0) {
            self.partition = partition
            self.currentLeaderEpoch = currentLeaderEpoch
            self.leaderEpoch = leaderEpoch
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("partition", &partition, 0...)
            try wire.int32("currentLeaderEpoch", &currentLeaderEpoch, 2..., default: -1, ignorable: true)
            try wire.int32("leaderEpoch", &leaderEpoch, 0...)
        }
    }
}

/// Where the epochs end.
///
/// Version notes: v3 answers the same as v2, v4 in the flexible form.
package struct OffsetForLeaderEpochResponse: KafkaResponse {
    package static let apiKey = APIKey.offsetForLeaderEpoch
    package static let versions: ClosedRange<Int16> = 2...4
    package static let flexibleFrom: Int16? = 4

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
        try wire.int32("throttleTimeMs", &throttleTimeMs, 2..., ignorable: true)
        try wire.structs("topics", &topics, 0...)
    }

    /// The results of one topic.
    package struct Topic: WireStruct {
        package var topic: String = ""
        package var partitions: [EpochEnd] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(topic: String = "", partitions: [EpochEnd] = []) {
            self.topic = topic
            self.partitions = partitions
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("topic", &topic, 0...)
            try wire.structs("partitions", &partitions, 0...)
        }
    }

    /// Where the epoch ends in one partition.
    package struct EpochEnd: WireStruct {
        package var errorCode: KafkaErrorCode = .none
        package var partition: Int32 = 0
        /// The largest epoch not above the wanted one; -1 when there is none.
        package var leaderEpoch: Int32 = -1
        /// One past the epoch's last record; -1 when unknown.
        package var endOffset: Int64 = -1
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            errorCode: KafkaErrorCode = .none, partition: Int32 = 0, leaderEpoch: Int32 = -1, endOffset: Int64 = -1
        ) {
            self.errorCode = errorCode
            self.partition = partition
            self.leaderEpoch = leaderEpoch
            self.endOffset = endOffset
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.errorCode("errorCode", &errorCode, 0...)
            try wire.int32("partition", &partition, 0...)
            try wire.int32("leaderEpoch", &leaderEpoch, 1..., default: -1, ignorable: true)
            try wire.int64("endOffset", &endOffset, 0..., default: -1)
        }
    }
}
