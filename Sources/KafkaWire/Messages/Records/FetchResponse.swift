/// The batches read, whole ones: a batch may begin below the wanted offset.
///
/// Version notes: v5 adds the log's start, v7 sessions, v11 the replica to prefer, v12 diverging epochs and leaders,
/// v13 topic ids in place of names, v16 where new leaders are reached.
package struct FetchResponse: KafkaResponse {
    package static let apiKey = APIKey.fetch
    package static let versions: ClosedRange<Int16> = 4...18
    package static let flexibleFrom: Int16? = 12

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    /// Of the session or the request as a whole.
    package var errorCode: KafkaErrorCode = .none
    /// 0 when there is no session.
    package var sessionId: Int32 = 0
    package var responses: [Topic] = []
    /// Where the leaders named above are reached.
    package var nodeEndpoints: [Node] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        throttleTimeMs: Int32 = 0, errorCode: KafkaErrorCode = .none, sessionId: Int32 = 0, responses: [Topic] = [],
        nodeEndpoints: [Node] = []
    ) {
        self.throttleTimeMs = throttleTimeMs
        self.errorCode = errorCode
        self.sessionId = sessionId
        self.responses = responses
        self.nodeEndpoints = nodeEndpoints
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 1..., ignorable: true)
        try wire.errorCode("errorCode", &errorCode, 7..., ignorable: true)
        try wire.int32("sessionId", &sessionId, 7...)
        try wire.structs("responses", &responses, 0...)
        try wire.structs("nodeEndpoints", &nodeEndpoints, 16..., tag: 0)
    }

    /// What was read of one topic.
    package struct Topic: WireStruct {
        package var topic: String = ""
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

    /// What was read of one partition.
    package struct Partition: WireStruct {
        package var partitionIndex: Int32 = 0
        package var errorCode: KafkaErrorCode = .none
        /// -1 on errors.
        package var highWatermark: Int64 = 0
        /// Below it every transaction has been decided; -1 when unknown.
        package var lastStableOffset: Int64 = -1
        /// The partition's first offset; -1 when unknown.
        package var logStartOffset: Int64 = -1
        /// Null where the isolation level does not ask for them.
        package var abortedTransactions: [AbortedTransaction]? = []
        /// The follower to ask instead; -1 for none. Then there are no records.
        package var preferredReadReplica: Int32 = -1
        /// Record batches, of which the last may be cut short.
        package var records: [UInt8]? = nil
        /// Set when the client's log and the leader's part ways before the wanted offset.
        package var divergingEpoch: EpochEnd = EpochEnd()
        /// Set when the asked node does not lead the partition.
        package var currentLeader: Leader = Leader()
        /// Set when a follower of the metadata log has to begin with a snapshot.
        package var snapshotId: Snapshot = Snapshot()
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            partitionIndex: Int32 = 0, errorCode: KafkaErrorCode = .none, highWatermark: Int64 = 0,
            lastStableOffset: Int64 = -1, logStartOffset: Int64 = -1, abortedTransactions: [AbortedTransaction]? = [],
            preferredReadReplica: Int32 = -1, records: [UInt8]? = nil, divergingEpoch: EpochEnd = EpochEnd(),
            currentLeader: Leader = Leader(), snapshotId: Snapshot = Snapshot()
        ) {
            self.partitionIndex = partitionIndex
            self.errorCode = errorCode
            self.highWatermark = highWatermark
            self.lastStableOffset = lastStableOffset
            self.logStartOffset = logStartOffset
            self.abortedTransactions = abortedTransactions
            self.preferredReadReplica = preferredReadReplica
            self.records = records
            self.divergingEpoch = divergingEpoch
            self.currentLeader = currentLeader
            self.snapshotId = snapshotId
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("partitionIndex", &partitionIndex, 0...)
            try wire.errorCode("errorCode", &errorCode, 0...)
            try wire.int64("highWatermark", &highWatermark, 0...)
            try wire.int64("lastStableOffset", &lastStableOffset, 4..., default: -1, ignorable: true)
            try wire.int64("logStartOffset", &logStartOffset, 5..., default: -1, ignorable: true)
            try wire.nullableStructs("abortedTransactions", &abortedTransactions, 4..., ignorable: true)
            try wire.int32("preferredReadReplica", &preferredReadReplica, 11..., default: -1)
            try wire.records("records", &records, 0...)
            try wire.struct("divergingEpoch", &divergingEpoch, 12..., tag: 0)
            try wire.struct("currentLeader", &currentLeader, 12..., tag: 1)
            try wire.struct("snapshotId", &snapshotId, 12..., tag: 2)
        }
    }

    /// An aborted transaction with records among those read.
    package struct AbortedTransaction: WireStruct {
        package var producerId: Int64 = 0
        /// Records of the producer from here up to its abort marker do not count.
        package var firstOffset: Int64 = 0
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(producerId: Int64 = 0, firstOffset: Int64 = 0) {
            self.producerId = producerId
            self.firstOffset = firstOffset
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int64("producerId", &producerId, 4...)
            try wire.int64("firstOffset", &firstOffset, 4...)
        }
    }

    /// Where an epoch ends.
    package struct EpochEnd: WireStruct {
        package var epoch: Int32 = -1
        package var endOffset: Int64 = -1
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(epoch: Int32 = -1, endOffset: Int64 = -1) {
            self.epoch = epoch
            self.endOffset = endOffset
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("epoch", &epoch, 12..., default: -1)
            try wire.int64("endOffset", &endOffset, 12..., default: -1)
        }
    }

    /// Who leads the partition now.
    package struct Leader: WireStruct {
        package var leaderId: Int32 = -1
        package var leaderEpoch: Int32 = -1
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(leaderId: Int32 = -1, leaderEpoch: Int32 = -1) {
            self.leaderId = leaderId
            self.leaderEpoch = leaderEpoch
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("leaderId", &leaderId, 12..., default: -1)
            try wire.int32("leaderEpoch", &leaderEpoch, 12..., default: -1)
        }
    }

    /// A snapshot of the metadata log.
    package struct Snapshot: WireStruct {
        package var endOffset: Int64 = -1
        package var epoch: Int32 = -1
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(endOffset: Int64 = -1, epoch: Int32 = -1) {
            self.endOffset = endOffset
            self.epoch = epoch
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int64("endOffset", &endOffset, 0..., default: -1)
            try wire.int32("epoch", &epoch, 0..., default: -1)
        }
    }

    /// Where a node is reached.
    package typealias Node = NodeEndpoint
}
