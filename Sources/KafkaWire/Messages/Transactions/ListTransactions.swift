/// Asks one broker for the transactions that it coordinates.
///
/// Version notes: v1 adds the filter by duration, v2 by pattern.
package struct ListTransactionsRequest: KafkaRequest {
    package typealias Response = ListTransactionsResponse

    package static let apiKey = APIKey.listTransactions
    package static let versions: ClosedRange<Int16> = 0...2
    package static let flexibleFrom: Int16? = 0

    package var stateFilters: [String] = []
    package var producerIdFilters: [Int64] = []
    /// Only transactions that have run longer, in milliseconds; negative means all.
    package var durationFilter: Int64 = -1
    package var transactionalIdPattern: String? = nil
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        stateFilters: [String] = [], producerIdFilters: [Int64] = [], durationFilter: Int64 = -1,
        transactionalIdPattern: String? = nil
    ) {
        self.stateFilters = stateFilters
        self.producerIdFilters = producerIdFilters
        self.durationFilter = durationFilter
        self.transactionalIdPattern = transactionalIdPattern
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.strings("stateFilters", &stateFilters, 0...)
        try wire.int64s("producerIdFilters", &producerIdFilters, 0...)
        try wire.int64("durationFilter", &durationFilter, 1..., default: -1)
        try wire.nullableString("transactionalIdPattern", &transactionalIdPattern, 2..., default: nil)
    }
}

/// The transactions that one broker coordinates.
///
/// Version notes: all versions answer the same.
package struct ListTransactionsResponse: KafkaResponse {
    package static let apiKey = APIKey.listTransactions
    package static let versions: ClosedRange<Int16> = 0...2
    package static let flexibleFrom: Int16? = 0

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var errorCode: KafkaErrorCode = .none
    package var unknownStateFilters: [String] = []
    package var transactionStates: [Transaction] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        throttleTimeMs: Int32 = 0, errorCode: KafkaErrorCode = .none, unknownStateFilters: [String] = [],
        transactionStates: [Transaction] = []
    ) {
        self.throttleTimeMs = throttleTimeMs
        self.errorCode = errorCode
        self.unknownStateFilters = unknownStateFilters
        self.transactionStates = transactionStates
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0...)
        try wire.errorCode("errorCode", &errorCode, 0...)
        try wire.strings("unknownStateFilters", &unknownStateFilters, 0...)
        try wire.structs("transactionStates", &transactionStates, 0...)
    }

    /// A transaction.
    package struct Transaction: WireStruct {
        package var transactionalId: String = ""
        package var producerId: Int64 = 0
        package var transactionState: String = ""
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(transactionalId: String = "", producerId: Int64 = 0, transactionState: String = "") {
            self.transactionalId = transactionalId
            self.producerId = producerId
            self.transactionState = transactionState
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("transactionalId", &transactionalId, 0...)
            try wire.int64("producerId", &producerId, 0...)
            try wire.string("transactionState", &transactionState, 0...)
        }
    }
}
