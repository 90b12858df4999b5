/// Acquires records for a member of a share group, and acknowledges earlier ones; sent to partition leaders (KIP-932).
///
/// Version notes: v1 is the first stable version, v2 adds the acquire mode (KIP-1206) and renewals (KIP-1222).
package struct ShareFetchRequest: KafkaRequest {
    package typealias Response = ShareFetchResponse

    package static let apiKey = APIKey.shareFetch
    package static let versions: ClosedRange<Int16> = 1...2
    package static let flexibleFrom: Int16? = 0

    package var groupId: String? = nil
    package var memberId: String? = ""
    /// 0 opens a session, -1 closes it, else one more with each request.
    package var shareSessionEpoch: Int32 = 0
    /// How long the broker waits for `minBytes`, in milliseconds.
    package var maxWaitMs: Int32 = 0
    package var minBytes: Int32 = 0
    /// For the whole answer; the first batch comes even when it is larger (KIP-74).
    package var maxBytes: Int32 = 2147483647
    /// May be exceeded to end with a whole batch.
    package var maxRecords: Int32 = 0
    /// How many records the member likes in one acquired batch.
    package var batchSize: Int32 = 0
    /// 0 by whole batches, 1 strictly by `maxRecords`.
    package var shareAcquireMode: Int8 = 0
    /// Whether an acknowledgement below renews a lock.
    package var isRenewAck: Bool = false
    package var topics: [Topic] = []
    package var forgottenTopicsData: [ForgottenTopic] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        groupId: String? = nil, memberId: String? = "", shareSessionEpoch: Int32 = 0, maxWaitMs: Int32 = 0,
        minBytes: Int32 = 0, maxBytes: Int32 = 2147483647, maxRecords: Int32 = 0, batchSize: Int32 = 0,
        shareAcquireMode: Int8 = 0, isRenewAck: Bool = false, topics: [Topic] = [],
        forgottenTopicsData: [ForgottenTopic] = []
    ) {
        self.groupId = groupId
        self.memberId = memberId
        self.shareSessionEpoch = shareSessionEpoch
        self.maxWaitMs = maxWaitMs
        self.minBytes = minBytes
        self.maxBytes = maxBytes
        self.maxRecords = maxRecords
        self.batchSize = batchSize
        self.shareAcquireMode = shareAcquireMode
        self.isRenewAck = isRenewAck
        self.topics = topics
        self.forgottenTopicsData = forgottenTopicsData
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.nullableString("groupId", &groupId, 0..., default: nil)
        try wire.nullableString("memberId", &memberId, 0...)
        try wire.int32("shareSessionEpoch", &shareSessionEpoch, 0...)
        try wire.int32("maxWaitMs", &maxWaitMs, 0...)
        try wire.int32("minBytes", &minBytes, 0...)
        try wire.int32("maxBytes", &maxBytes, 0..., default: 2147483647)
        try wire.int32("maxRecords", &maxRecords, 1...)
        try wire.int32("batchSize", &batchSize, 1...)
        try wire.int8("shareAcquireMode", &shareAcquireMode, 2..., ignorable: true)
        try wire.bool("isRenewAck", &isRenewAck, 2...)
        try wire.structs("topics", &topics, 0...)
        try wire.structs("forgottenTopicsData", &forgottenTopicsData, 0...)
    }

    /// What to read of one topic.
    package typealias Topic = TopicById<Partition>

    /// What to read and acknowledge in one partition.
    package struct Partition: WireStruct {
        package var partitionIndex: Int32 = 0
        /// Only in v0, which was never stable.
        package var partitionMaxBytes: Int32 = 0
        package var acknowledgementBatches: [AcknowledgementBatch] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            partitionIndex: Int32 = 0, partitionMaxBytes: Int32 = 0, acknowledgementBatches: [AcknowledgementBatch] = []
        ) {
            self.partitionIndex = partitionIndex
            self.partitionMaxBytes = partitionMaxBytes
            self.acknowledgementBatches = acknowledgementBatches
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("partitionIndex", &partitionIndex, 0...)
            try wire.int32("partitionMaxBytes", &partitionMaxBytes, 0...0)
            try wire.structs("acknowledgementBatches", &acknowledgementBatches, 0...)
        }
    }

    /// What became of a run of records.
    package typealias AcknowledgementBatch = AcknowledgedRecords

    /// Partitions to drop from the session.
    package typealias ForgottenTopic = TopicIdPartitions
}

/// Records, and which of them have been acquired.
///
/// Version notes: v2 answers the same.
package struct ShareFetchResponse: KafkaResponse {
    package static let apiKey = APIKey.shareFetch
    package static let versions: ClosedRange<Int16> = 1...2
    package static let flexibleFrom: Int16? = 0

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var errorCode: KafkaErrorCode = .none
    package var errorMessage: String? = nil
    /// How long acquired records stay the member's, in milliseconds.
    package var acquisitionLockTimeoutMs: Int32 = 0
    package var responses: [Topic] = []
    /// Where the leaders named above are reached.
    package var nodeEndpoints: [Node] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        throttleTimeMs: Int32 = 0, errorCode: KafkaErrorCode = .none, errorMessage: String? = nil,
        acquisitionLockTimeoutMs: Int32 = 0, responses: [Topic] = [], nodeEndpoints: [Node] = []
    ) {
        self.throttleTimeMs = throttleTimeMs
        self.errorCode = errorCode
        self.errorMessage = errorMessage
        self.acquisitionLockTimeoutMs = acquisitionLockTimeoutMs
        self.responses = responses
        self.nodeEndpoints = nodeEndpoints
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0...)
        try wire.errorCode("errorCode", &errorCode, 0...)
        try wire.nullableString("errorMessage", &errorMessage, 0..., default: nil)
        try wire.int32("acquisitionLockTimeoutMs", &acquisitionLockTimeoutMs, 1...)
        try wire.structs("responses", &responses, 0...)
        try wire.structs("nodeEndpoints", &nodeEndpoints, 0...)
    }

    /// What was read of one topic.
    package typealias Topic = TopicById<Partition>

    /// What was read of one partition.
    package struct Partition: WireStruct {
        package var partitionIndex: Int32 = 0
        /// Of reading.
        package var errorCode: KafkaErrorCode = .none
        package var errorMessage: String? = nil
        /// Of acknowledging.
        package var acknowledgeErrorCode: KafkaErrorCode = .none
        package var acknowledgeErrorMessage: String? = nil
        /// -1 in both numbers unless the asked node does not lead the partition.
        package var currentLeader: Leader = Leader()
        /// Record batches; may hold more than was acquired.
        package var records: [UInt8]? = nil
        package var acquiredRecords: [AcquiredRecords] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            partitionIndex: Int32 = 0, errorCode: KafkaErrorCode = .none, errorMessage: String? = nil,
            acknowledgeErrorCode: KafkaErrorCode = .none, acknowledgeErrorMessage: String? = nil,
            currentLeader: Leader = Leader(), records: [UInt8]? = nil, acquiredRecords: [AcquiredRecords] = []
        ) {
            self.partitionIndex = partitionIndex
            self.errorCode = errorCode
            self.errorMessage = errorMessage
            self.acknowledgeErrorCode = acknowledgeErrorCode
            self.acknowledgeErrorMessage = acknowledgeErrorMessage
            self.currentLeader = currentLeader
            self.records = records
            self.acquiredRecords = acquiredRecords
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("partitionIndex", &partitionIndex, 0...)
            try wire.errorCode("errorCode", &errorCode, 0...)
            try wire.nullableString("errorMessage", &errorMessage, 0..., default: nil)
            try wire.errorCode("acknowledgeErrorCode", &acknowledgeErrorCode, 0...)
            try wire.nullableString("acknowledgeErrorMessage", &acknowledgeErrorMessage, 0..., default: nil)
            try wire.struct("currentLeader", &currentLeader, 0...)
            try wire.records("records", &records, 0..., nullable: 0...0)
            try wire.structs("acquiredRecords", &acquiredRecords, 0...)
        }
    }

    /// Who leads the partition now.
    package typealias Leader = CurrentLeader

    /// A run of records that the member now holds.
    package struct AcquiredRecords: WireStruct {
        package var firstOffset: Int64 = 0
        /// Included.
        package var lastOffset: Int64 = 0
        /// How often they have been delivered, this time included.
        package var deliveryCount: Int16 = 0
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(firstOffset: Int64 = 0, lastOffset: Int64 = 0, deliveryCount: Int16 = 0) {
            self.firstOffset = firstOffset
            self.lastOffset = lastOffset
            self.deliveryCount = deliveryCount
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int64("firstOffset", &firstOffset, 0...)
            try wire.int64("lastOffset", &lastOffset, 0...)
            try wire.int16("deliveryCount", &deliveryCount, 0...)
        }
    }

    /// Where a node is reached.
    package typealias Node = NodeEndpoint
}
