/// Gets a producer its id and epoch; for a transactional one from its coordinator, which ends what an older instance
/// left open.
///
/// Version notes: v2 is flexible, v3 lets a producer go on with a new epoch (KIP-360), v4 and v5 allow more errors, v6
/// adds two-phase commit (KIP-939) and is not stable: brokers offer it only when told to.
package struct InitProducerIdRequest: KafkaRequest {
    package typealias Response = InitProducerIdResponse

    package static let apiKey = APIKey.initProducerId
    package static let versions: ClosedRange<Int16> = 0...6
    package static let offeredVersions: ClosedRange<Int16> = 0...5
    package static let flexibleFrom: Int16? = 2

    /// Null for a producer that is only idempotent.
    package var transactionalId: String? = ""
    /// How long a transaction may be open, in milliseconds.
    package var transactionTimeoutMs: Int32 = 0
    /// The present one when going on; else -1.
    package var producerId: Int64 = -1
    /// The present one when going on; else -1.
    package var producerEpoch: Int16 = -1
    /// Whether the transaction may stay open without a timeout, for a coordinator outside Kafka.
    package var enable2Pc: Bool = false
    /// Whether an open transaction is kept instead of aborted.
    package var keepPreparedTxn: Bool = false
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        transactionalId: String? = "", transactionTimeoutMs: Int32 = 0, producerId: Int64 = -1,
        producerEpoch: Int16 = -1, enable2Pc: Bool = false, keepPreparedTxn: Bool = false
    ) {
        self.transactionalId = transactionalId
        self.transactionTimeoutMs = transactionTimeoutMs
        self.producerId = producerId
        self.producerEpoch = producerEpoch
        self.enable2Pc = enable2Pc
        self.keepPreparedTxn = keepPreparedTxn
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.nullableString("transactionalId", &transactionalId, 0...)
        try wire.int32("transactionTimeoutMs", &transactionTimeoutMs, 0...)
        try wire.int64("producerId", &producerId, 3..., default: -1)
        try wire.int16("producerEpoch", &producerEpoch, 3..., default: -1)
        try wire.bool("enable2Pc", &enable2Pc, 6...)
        try wire.bool("keepPreparedTxn", &keepPreparedTxn, 6...)
    }
}

/// The producer's id and epoch.
///
/// Version notes: v6 adds the transaction that was kept.
package struct InitProducerIdResponse: KafkaResponse {
    package static let apiKey = APIKey.initProducerId
    package static let versions: ClosedRange<Int16> = 0...6
    package static let flexibleFrom: Int16? = 2

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var errorCode: KafkaErrorCode = .none
    package var producerId: Int64 = -1
    package var producerEpoch: Int16 = 0
    /// -1 when no transaction was kept.
    package var ongoingTxnProducerId: Int64 = -1
    /// -1 when no transaction was kept.
    package var ongoingTxnProducerEpoch: Int16 = -1
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        throttleTimeMs: Int32 = 0, errorCode: KafkaErrorCode = .none, producerId: Int64 = -1, producerEpoch: Int16 = 0,
        ongoingTxnProducerId: Int64 = -1, ongoingTxnProducerEpoch: Int16 = -1
    ) {
        self.throttleTimeMs = throttleTimeMs
        self.errorCode = errorCode
        self.producerId = producerId
        self.producerEpoch = producerEpoch
        self.ongoingTxnProducerId = ongoingTxnProducerId
        self.ongoingTxnProducerEpoch = ongoingTxnProducerEpoch
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0..., ignorable: true)
        try wire.errorCode("errorCode", &errorCode, 0...)
        try wire.int64("producerId", &producerId, 0..., default: -1)
        try wire.int16("producerEpoch", &producerEpoch, 0...)
        try wire.int64("ongoingTxnProducerId", &ongoingTxnProducerId, 6..., default: -1)
        try wire.int16("ongoingTxnProducerEpoch", &ongoingTxnProducerEpoch, 6..., default: -1)
    }
}
