/// Commits or aborts a transaction; sent to its coordinator.
///
/// Version notes: v3 is flexible; v2 and v4 allow more errors; v5 raises the producer's epoch with every transaction
/// (KIP-890).
package struct EndTxnRequest: KafkaRequest {
    package typealias Response = EndTxnResponse

    package static let apiKey = APIKey.endTxn
    package static let versions: ClosedRange<Int16> = 0...5
    package static let flexibleFrom: Int16? = 3

    package var transactionalId: String = ""
    package var producerId: Int64 = 0
    package var producerEpoch: Int16 = 0
    /// Whether to commit; else it is aborted.
    package var committed: Bool = false
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        transactionalId: String = "", producerId: Int64 = 0, producerEpoch: Int16 = 0, committed: Bool = false
    ) {
        self.transactionalId = transactionalId
        self.producerId = producerId
        self.producerEpoch = producerEpoch
        self.committed = committed
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.string("transactionalId", &transactionalId, 0...)
        try wire.int64("producerId", &producerId, 0...)
        try wire.int16("producerEpoch", &producerEpoch, 0...)
        try wire.bool("committed", &committed, 0...)
    }
}

/// Whether the transaction is ended.
///
/// Version notes: v5 adds the producer's new id and epoch.
package struct EndTxnResponse: KafkaResponse {
    package static let apiKey = APIKey.endTxn
    package static let versions: ClosedRange<Int16> = 0...5
    package static let flexibleFrom: Int16? = 3

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var errorCode: KafkaErrorCode = .none
    /// -1 when unchanged.
    package var producerId: Int64 = -1
    /// -1 when unchanged.
    package var producerEpoch: Int16 = -1
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        throttleTimeMs: Int32 = 0, errorCode: KafkaErrorCode = .none, producerId: Int64 = -1, producerEpoch: Int16 = -1
    ) {
        self.throttleTimeMs = throttleTimeMs
        self.errorCode = errorCode
        self.producerId = producerId
        self.producerEpoch = producerEpoch
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0...)
        try wire.errorCode("errorCode", &errorCode, 0...)
        try wire.int64("producerId", &producerId, 5..., default: -1, ignorable: true)
        try wire.int16("producerEpoch", &producerEpoch, 5..., default: -1, ignorable: true)
    }
}
