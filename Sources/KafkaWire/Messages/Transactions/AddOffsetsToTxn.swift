/// Adds a group's offsets to a transaction; sent to the transaction's coordinator.
///
/// Version notes: v3 is flexible; v2 and v4 allow more errors.
package struct AddOffsetsToTxnRequest: KafkaRequest {
    package typealias Response = AddOffsetsToTxnResponse

    package static let apiKey = APIKey.addOffsetsToTxn
    package static let versions: ClosedRange<Int16> = 0...4
    package static let flexibleFrom: Int16? = 3

    package var transactionalId: String = ""
    package var producerId: Int64 = 0
    package var producerEpoch: Int16 = 0
    package var groupId: String = ""
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(transactionalId: String = "", producerId: Int64 = 0, producerEpoch: Int16 = 0, groupId: String = "") {
        self.transactionalId = transactionalId
        self.producerId = producerId
        self.producerEpoch = producerEpoch
        self.groupId = groupId
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.string("transactionalId", &transactionalId, 0...)
        try wire.int64("producerId", &producerId, 0...)
        try wire.int16("producerEpoch", &producerEpoch, 0...)
        try wire.string("groupId", &groupId, 0...)
    }
}

/// Whether the group was added.
///
/// Version notes: v3 is flexible; v2 and v4 allow more errors.
package struct AddOffsetsToTxnResponse: KafkaResponse {
    package static let apiKey = APIKey.addOffsetsToTxn
    package static let versions: ClosedRange<Int16> = 0...4
    package static let flexibleFrom: Int16? = 3

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var errorCode: KafkaErrorCode = .none
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(throttleTimeMs: Int32 = 0, errorCode: KafkaErrorCode = .none) {
        self.throttleTimeMs = throttleTimeMs
        self.errorCode = errorCode
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0...)
        try wire.errorCode("errorCode", &errorCode, 0...)
    }
}
