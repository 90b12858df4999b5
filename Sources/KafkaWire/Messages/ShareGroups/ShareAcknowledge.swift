/// Acknowledges records for a member of a share group without reading more (KIP-932).
///
/// Version notes: v1 is the first stable version, v2 adds renewals (KIP-1222).
package struct ShareAcknowledgeRequest: KafkaRequest {
    package typealias Response = ShareAcknowledgeResponse

    package static let apiKey = APIKey.shareAcknowledge
    package static let versions: ClosedRange<Int16> = 1...2
    package static let flexibleFrom: Int16? = 0

    package var groupId: String? = nil
    package var memberId: String? = ""
    /// -1 closes the session, else one more with each request.
    package var shareSessionEpoch: Int32 = 0
    /// Whether an acknowledgement below renews a lock.
    package var isRenewAck: Bool = false
    package var topics: [Topic] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        groupId: String? = nil, memberId: String? = "", shareSessionEpoch: Int32 = 0, isRenewAck: Bool = false,
        topics: [Topic] = []
    ) {
        self.groupId = groupId
        self.memberId = memberId
        self.shareSessionEpoch = shareSessionEpoch
        self.isRenewAck = isRenewAck
        self.topics = topics
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.nullableString("groupId", &groupId, 0..., default: nil)
        try wire.nullableString("memberId", &memberId, 0...)
        try wire.int32("shareSessionEpoch", &shareSessionEpoch, 0...)
        try wire.bool("isRenewAck", &isRenewAck, 2...)
        try wire.structs("topics", &topics, 0...)
    }

    /// Records of one topic.
    package typealias Topic = TopicById<Partition>

    /// Records of one partition.
    package struct Partition: WireStruct {
        package var partitionIndex: Int32 = 0
        package var acknowledgementBatches: [AcknowledgementBatch] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(partitionIndex: Int32 = 0, acknowledgementBatches: [AcknowledgementBatch] = []) {
            self.partitionIndex = partitionIndex
            self.acknowledgementBatches = acknowledgementBatches
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("partitionIndex", &partitionIndex, 0...)
            try wire.structs("acknowledgementBatches", &acknowledgementBatches, 0...)
        }
    }

    /// What became of a run of records.
    package typealias AcknowledgementBatch = AcknowledgedRecords
}

/// Whether the acknowledgements were taken.
///
/// Version notes: v2 adds the lock's duration.
package struct ShareAcknowledgeResponse: KafkaResponse {
    package static let apiKey = APIKey.shareAcknowledge
    package static let versions: ClosedRange<Int16> = 1...2
    package static let flexibleFrom: Int16? = 0

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var errorCode: KafkaErrorCode = .none
    package var errorMessage: String? = nil
    /// How long renewed records stay the member's, in milliseconds.
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
        try wire.int32("acquisitionLockTimeoutMs", &acquisitionLockTimeoutMs, 2..., ignorable: true)
        try wire.structs("responses", &responses, 0...)
        try wire.structs("nodeEndpoints", &nodeEndpoints, 0...)
    }

    /// What became of one topic.
    package typealias Topic = TopicById<Partition>

    /// What became of one partition.
    package struct Partition: WireStruct {
        package var partitionIndex: Int32 = 0
        package var errorCode: KafkaErrorCode = .none
        package var errorMessage: String? = nil
        package var currentLeader: Leader = Leader()
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            partitionIndex: Int32 = 0, errorCode: KafkaErrorCode = .none, errorMessage: String? = nil,
            currentLeader: Leader = Leader()
        ) {
            self.partitionIndex = partitionIndex
            self.errorCode = errorCode
            self.errorMessage = errorMessage
            self.currentLeader = currentLeader
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("partitionIndex", &partitionIndex, 0...)
            try wire.errorCode("errorCode", &errorCode, 0...)
            try wire.nullableString("errorMessage", &errorMessage, 0..., default: nil)
            try wire.struct("currentLeader", &currentLeader, 0...)
        }
    }

    /// Who leads the partition now.
    package typealias Leader = CurrentLeader

    /// Where a node is reached.
    package typealias Node = NodeEndpoint
}
