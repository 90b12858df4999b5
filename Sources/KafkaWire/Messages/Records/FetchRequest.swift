/// Reads record batches; sent to each partition's leader, or to a follower that the leader has named.
///
/// Version notes: v4 is the first with record batches (magic 2), v5 adds a follower's log start, v7 sessions that send
/// only changes (KIP-227), v9 fencing by leader epoch, v10 allows zstd, v11 adds the rack for follower reads (KIP-392),
/// v12 is flexible and finds diverging logs, v13 names topics by id alone, v15 moves the replica's id, v17 adds its
/// directory, v18 its high watermark.
package struct FetchRequest: KafkaRequest {
    package typealias Response = FetchResponse

    package static let apiKey = APIKey.fetch
    package static let versions: ClosedRange<Int16> = 4...18
    package static let flexibleFrom: Int16? = 12

    /// -1 for a consumer; up to v14.
    package var replicaId: Int32 = -1
    /// How long the broker waits for `minBytes`, in milliseconds.
    package var maxWaitMs: Int32 = 0
    package var minBytes: Int32 = 0
    /// For the whole answer; the first batch comes even when it is larger (KIP-74).
    package var maxBytes: Int32 = 2147483647
    /// 0 up to the high watermark, 1 up to the last stable offset and with the aborted transactions named.
    package var isolationLevel: Int8 = 0
    /// 0 begins a session or goes without one.
    package var sessionId: Int32 = 0
    /// -1 goes without a session, 0 begins one, then one more with each request.
    package var sessionEpoch: Int32 = -1
    package var topics: [Topic] = []
    package var forgottenTopicsData: [ForgottenTopic] = []
    /// The consumer's rack; empty for none.
    package var rackId: String = ""
    /// The cluster that the client believes to talk to; brokers heed it only in the metadata quorum.
    package var clusterId: String? = nil
    /// From v15 on; left out by a consumer.
    package var replicaState: Replica = Replica()
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        replicaId: Int32 = -1, maxWaitMs: Int32 = 0, minBytes: Int32 = 0, maxBytes: Int32 = 2147483647,
        isolationLevel: Int8 = 0, sessionId: Int32 = 0, sessionEpoch: Int32 = -1, topics: [Topic] = [],
        forgottenTopicsData: [ForgottenTopic] = [], rackId: String = "", clusterId: String? = nil,
        replicaState: Replica = Replica()
    ) {
        self.replicaId = replicaId
        self.maxWaitMs = maxWaitMs
        self.minBytes = minBytes
        self.maxBytes = maxBytes
        self.isolationLevel = isolationLevel
        self.sessionId = sessionId
        self.sessionEpoch = sessionEpoch
        self.topics = topics
        self.forgottenTopicsData = forgottenTopicsData
        self.rackId = rackId
        self.clusterId = clusterId
        self.replicaState = replicaState
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("replicaId", &replicaId, 0...14, default: -1)
        try wire.int32("maxWaitMs", &maxWaitMs, 0...)
        try wire.int32("minBytes", &minBytes, 0...)
        try wire.int32("maxBytes", &maxBytes, 3..., default: 2147483647, ignorable: true)
        try wire.int8("isolationLevel", &isolationLevel, 4..., ignorable: true)
        try wire.int32("sessionId", &sessionId, 7..., ignorable: true)
        try wire.int32("sessionEpoch", &sessionEpoch, 7..., default: -1, ignorable: true)
        try wire.structs("topics", &topics, 0...)
        try wire.structs("forgottenTopicsData", &forgottenTopicsData, 7...)
        try wire.string("rackId", &rackId, 11..., ignorable: true)
        try wire.nullableString("clusterId", &clusterId, 12..., default: nil, tag: 0, ignorable: true)
        try wire.struct("replicaState", &replicaState, 15..., tag: 1)
    }

    /// What to read of one topic.
    package struct Topic: WireStruct {
        /// Up to v12.
        package var topic: String = ""
        /// From v13 on.
        package var topicId: KafkaUUID = .zero
        package var partitions: [Partition] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(topic: String = "", topicId: KafkaUUID = .zero, partitions: [Partition] = []) {
            self.topic = topic
            self.topicId = topicId
            self.partitions = partitions
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("topic", &topic, 0...12, ignorable: true)
            try wire.uuid("topicId", &topicId, 13..., ignorable: true)
            try wire.structs("partitions", &partitions, 0...)
        }
    }

    /// Where to read in one partition.
    package struct Partition: WireStruct {
        package var partition: Int32 = 0
        /// What the client believes; -1 does not check.
        package var currentLeaderEpoch: Int32 = -1
        package var fetchOffset: Int64 = 0
        /// The epoch of the last record read; -1 when there is none.
        package var lastFetchedEpoch: Int32 = -1
        /// Of a follower's log; -1 for a consumer.
        package var logStartOffset: Int64 = -1
        /// The first batch comes even when it is larger.
        package var partitionMaxBytes: Int32 = 0
        package var replicaDirectoryId: KafkaUUID = .zero
        /// What the follower knows; -1 when it knows none, the highest number for a consumer.
        package var highWatermark: Int64 = 9223372036854775807
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            partition: Int32 = 0, currentLeaderEpoch: Int32 = -1, fetchOffset: Int64 = 0, lastFetchedEpoch: Int32 = -1,
            logStartOffset: Int64 = -1, partitionMaxBytes: Int32 = 0, replicaDirectoryId: KafkaUUID = .zero,
            highWatermark: Int64 = 9223372036854775807
        ) {
            self.partition = partition
            self.currentLeaderEpoch = currentLeaderEpoch
            self.fetchOffset = fetchOffset
            self.lastFetchedEpoch = lastFetchedEpoch
            self.logStartOffset = logStartOffset
            self.partitionMaxBytes = partitionMaxBytes
            self.replicaDirectoryId = replicaDirectoryId
            self.highWatermark = highWatermark
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("partition", &partition, 0...)
            try wire.int32("currentLeaderEpoch", &currentLeaderEpoch, 9..., default: -1, ignorable: true)
            try wire.int64("fetchOffset", &fetchOffset, 0...)
            try wire.int32("lastFetchedEpoch", &lastFetchedEpoch, 12..., default: -1)
            try wire.int64("logStartOffset", &logStartOffset, 5..., default: -1, ignorable: true)
            try wire.int32("partitionMaxBytes", &partitionMaxBytes, 0...)
            try wire.uuid("replicaDirectoryId", &replicaDirectoryId, 17..., tag: 0, ignorable: true)
            try wire.int64(
                "highWatermark", &highWatermark, 18..., default: 9223372036854775807, tag: 1, ignorable: true)
        }
    }

    /// Partitions to drop from the session.
    package struct ForgottenTopic: WireStruct {
        /// Up to v12.
        package var topic: String = ""
        /// From v13 on.
        package var topicId: KafkaUUID = .zero
        package var partitions: [Int32] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(topic: String = "", topicId: KafkaUUID = .zero, partitions: [Int32] = []) {
            self.topic = topic
            self.topicId = topicId
            self.partitions = partitions
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("topic", &topic, 7...12, ignorable: true)
            try wire.uuid("topicId", &topicId, 13..., ignorable: true)
            try wire.int32s("partitions", &partitions, 7...)
        }
    }

    /// The broker that fetches as a follower.
    package struct Replica: WireStruct {
        package var replicaId: Int32 = -1
        package var replicaEpoch: Int64 = -1
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(replicaId: Int32 = -1, replicaEpoch: Int64 = -1) {
            self.replicaId = replicaId
            self.replicaEpoch = replicaEpoch
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("replicaId", &replicaId, 15..., default: -1)
            try wire.int64("replicaEpoch", &replicaEpoch, 15..., default: -1)
        }
    }
}
