/// Commits a group's offsets within a transaction; sent to the group's coordinator.
///
/// Version notes: v2 adds leader epochs, v3 the member and is flexible, v4 allows one more error; with v5
/// AddOffsetsToTxn is not needed before (KIP-890).
package struct TxnOffsetCommitRequest: KafkaRequest {
    package typealias Response = TxnOffsetCommitResponse

    package static let apiKey = APIKey.txnOffsetCommit
    package static let versions: ClosedRange<Int16> = 0...5
    package static let flexibleFrom: Int16? = 3

    package var transactionalId: String = ""
    package var groupId: String = ""
    package var producerId: Int64 = 0
    package var producerEpoch: Int16 = 0
    /// -1 when the committer is no member.
    package var generationId: Int32 = -1
    package var memberId: String = ""
    /// Set for a static member.
    package var groupInstanceId: String? = nil
    package var topics: [Topic] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        transactionalId: String = "", groupId: String = "", producerId: Int64 = 0, producerEpoch: Int16 = 0,
        generationId: Int32 = -1, memberId: String = "", groupInstanceId: String? = nil, topics: [Topic] = []
    ) {
        self.transactionalId = transactionalId
        self.groupId = groupId
        self.producerId = producerId
        self.producerEpoch = producerEpoch
        self.generationId = generationId
        self.memberId = memberId
        self.groupInstanceId = groupInstanceId
        self.topics = topics
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.string("transactionalId", &transactionalId, 0...)
        try wire.string("groupId", &groupId, 0...)
        try wire.int64("producerId", &producerId, 0...)
        try wire.int16("producerEpoch", &producerEpoch, 0...)
        try wire.int32("generationId", &generationId, 3..., default: -1)
        try wire.string("memberId", &memberId, 3...)
        try wire.nullableString("groupInstanceId", &groupInstanceId, 3..., default: nil)
        try wire.structs("topics", &topics, 0...)
    }

    /// Offsets in one topic.
    package typealias Topic = NamedTopic<Partition>

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
            try wire.int32("committedLeaderEpoch", &committedLeaderEpoch, 2..., default: -1, ignorable: true)
            try wire.nullableString("committedMetadata", &committedMetadata, 0...)
        }
    }
}

/// What became of each offset to commit.
///
/// Version notes: v3 is flexible; the versions differ in errors only.
package struct TxnOffsetCommitResponse: KafkaResponse {
    package static let apiKey = APIKey.txnOffsetCommit
    package static let versions: ClosedRange<Int16> = 0...5
    package static let flexibleFrom: Int16? = 3

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
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0...)
        try wire.structs("topics", &topics, 0...)
    }

    /// What became of one topic.
    package typealias Topic = NamedTopic<Partition>

    /// What became of one partition.
    package typealias Partition = PartitionError
}
