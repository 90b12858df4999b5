/// The key of a committed offset in `__consumer_offsets`.
package struct OffsetCommitKey: KafkaMessage, Hashable {
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16? = nil

    package var group: String = ""
    package var topic: String = ""
    package var partition: Int32 = 0
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(group: String = "", topic: String = "", partition: Int32 = 0) {
        self.group = group
        self.topic = topic
        self.partition = partition
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.string("group", &group, 0...)
        try wire.string("topic", &topic, 0...)
        try wire.int32("partition", &partition, 0...)
    }
}

/// A committed offset in `__consumer_offsets`.
///
/// Version notes: only v1 says when it expires; v3 adds the leader epoch, v4 is flexible and adds the topic's id.
package struct OffsetCommitValue: KafkaMessage {
    package static let versions: ClosedRange<Int16> = 0...4
    package static let flexibleFrom: Int16? = 4

    package var offset: Int64 = 0
    /// Of the last record consumed; -1 when unknown.
    package var leaderEpoch: Int32 = -1
    /// What the client wanted to keep with it.
    package var metadata: String = ""
    /// In milliseconds since 1970, as the other times here.
    package var commitTimestamp: Int64 = 0
    package var expireTimestamp: Int64 = -1
    package var topicId: KafkaUUID = .zero
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        offset: Int64 = 0, leaderEpoch: Int32 = -1, metadata: String = "", commitTimestamp: Int64 = 0,
        expireTimestamp: Int64 = -1, topicId: KafkaUUID = .zero
    ) {
        self.offset = offset
        self.leaderEpoch = leaderEpoch
        self.metadata = metadata
        self.commitTimestamp = commitTimestamp
        self.expireTimestamp = expireTimestamp
        self.topicId = topicId
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int64("offset", &offset, 0...)
        try wire.int32("leaderEpoch", &leaderEpoch, 3..., default: -1, ignorable: true)
        try wire.string("metadata", &metadata, 0...)
        try wire.int64("commitTimestamp", &commitTimestamp, 0...)
        try wire.int64("expireTimestamp", &expireTimestamp, 1...1, default: -1, ignorable: true)
        try wire.uuid("topicId", &topicId, 4..., tag: 0, ignorable: true)
    }
}
