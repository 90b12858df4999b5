/// Asks a coordinator for transactions.
///
/// Version notes: v0 is the only version.
package struct DescribeTransactionsRequest: KafkaRequest {
    package typealias Response = DescribeTransactionsResponse

    package static let apiKey = APIKey.describeTransactions
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16? = 0

    package var transactionalIds: [String] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(transactionalIds: [String] = []) {
        self.transactionalIds = transactionalIds
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.strings("transactionalIds", &transactionalIds, 0...)
    }
}

/// The state of transactions.
///
/// Version notes: v0 is the only version.
package struct DescribeTransactionsResponse: KafkaResponse {
    package static let apiKey = APIKey.describeTransactions
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16? = 0

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var transactionStates: [Transaction] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(throttleTimeMs: Int32 = 0, transactionStates: [Transaction] = []) {
        self.throttleTimeMs = throttleTimeMs
        self.transactionStates = transactionStates
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0...)
        try wire.structs("transactionStates", &transactionStates, 0...)
    }

    /// A transaction.
    package struct Transaction: WireStruct {
        package var errorCode: KafkaErrorCode = .none
        package var transactionalId: String = ""
        /// As the coordinator names it: `Empty`, `Ongoing`, `PrepareCommit`, `PrepareAbort`, `CompleteCommit`,
        /// `CompleteAbort`, `PrepareEpochFence`, `Dead`.
        package var transactionState: String = ""
        package var transactionTimeoutMs: Int32 = 0
        /// In milliseconds since 1970; -1 when none is open.
        package var transactionStartTimeMs: Int64 = 0
        package var producerId: Int64 = 0
        package var producerEpoch: Int16 = 0
        /// The partitions in it; while it ends, those still without a marker.
        package var topics: [Topic] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            errorCode: KafkaErrorCode = .none, transactionalId: String = "", transactionState: String = "",
            transactionTimeoutMs: Int32 = 0, transactionStartTimeMs: Int64 = 0, producerId: Int64 = 0,
            producerEpoch: Int16 = 0, topics: [Topic] = []
        ) {
            self.errorCode = errorCode
            self.transactionalId = transactionalId
            self.transactionState = transactionState
            self.transactionTimeoutMs = transactionTimeoutMs
            self.transactionStartTimeMs = transactionStartTimeMs
            self.producerId = producerId
            self.producerEpoch = producerEpoch
            self.topics = topics
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.errorCode("errorCode", &errorCode, 0...)
            try wire.string("transactionalId", &transactionalId, 0...)
            try wire.string("transactionState", &transactionState, 0...)
            try wire.int32("transactionTimeoutMs", &transactionTimeoutMs, 0...)
            try wire.int64("transactionStartTimeMs", &transactionStartTimeMs, 0...)
            try wire.int64("producerId", &producerId, 0...)
            try wire.int16("producerEpoch", &producerEpoch, 0...)
            try wire.structs("topics", &topics, 0...)
        }
    }

    /// Partitions of one topic.
    package typealias Topic = TopicPartitionNumbers
}
