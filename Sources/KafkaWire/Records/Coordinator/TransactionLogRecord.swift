/// The key of a transactional id's state in `__transaction_state`.
package struct TransactionLogKey: KafkaMessage, Hashable {
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16? = nil

    package var transactionalId: String = ""
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(transactionalId: String = "") { self.transactionalId = transactionalId }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.string("transactionalId", &transactionalId, 0...)
    }
}

/// A transactional id's state in `__transaction_state`.
///
/// Version notes: v1 is flexible and adds, as tags, what transactions with server-side defence need (KIP-890).
package struct TransactionLogValue: KafkaMessage {
    package static let versions: ClosedRange<Int16> = 0...1
    package static let flexibleFrom: Int16? = 1

    package var producerId: Int64 = 0
    package var producerEpoch: Int16 = 0
    package var transactionTimeoutMs: Int32 = 0
    package var transactionStatus: Status = .empty
    /// Null when the transaction is complete.
    package var transactionPartitions: [Partitions]? = []
    /// In milliseconds since 1970, as the start; -1 for none.
    package var transactionLastUpdateTimestampMs: Int64 = 0
    package var transactionStartTimestampMs: Int64 = 0
    package var previousProducerId: Int64 = -1
    package var nextProducerId: Int64 = -1
    package var clientTransactionVersion: Int16 = 0
    package var nextProducerEpoch: Int16 = -1
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        producerId: Int64 = 0, producerEpoch: Int16 = 0, transactionTimeoutMs: Int32 = 0,
        transactionStatus: Status = .empty, transactionPartitions: [Partitions]? = [],
        transactionLastUpdateTimestampMs: Int64 = 0, transactionStartTimestampMs: Int64 = 0
    ) {
        self.producerId = producerId
        self.producerEpoch = producerEpoch
        self.transactionTimeoutMs = transactionTimeoutMs
        self.transactionStatus = transactionStatus
        self.transactionPartitions = transactionPartitions
        self.transactionLastUpdateTimestampMs = transactionLastUpdateTimestampMs
        self.transactionStartTimestampMs = transactionStartTimestampMs
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int64("producerId", &producerId, 0...)
        try wire.int16("producerEpoch", &producerEpoch, 0...)
        try wire.int32("transactionTimeoutMs", &transactionTimeoutMs, 0...)
        try wire.int8("transactionStatus", &transactionStatus.rawValue, 0...)
        try wire.nullableStructs("transactionPartitions", &transactionPartitions, 0...)
        try wire.int64("transactionLastUpdateTimestampMs", &transactionLastUpdateTimestampMs, 0...)
        try wire.int64("transactionStartTimestampMs", &transactionStartTimestampMs, 0...)
        try wire.int64("previousProducerId", &previousProducerId, 1..., default: -1, tag: 0)
        try wire.int64("nextProducerId", &nextProducerId, 1..., default: -1, tag: 1)
        try wire.int16("clientTransactionVersion", &clientTransactionVersion, 1..., tag: 2)
        try wire.int16("nextProducerEpoch", &nextProducerEpoch, 1..., default: -1, tag: 3)
    }

    /// Where a transaction stands (`TransactionState`); an open enumeration.
    package struct Status: Sendable, Hashable, CustomStringConvertible {
        package var rawValue: Int8

        package init(rawValue: Int8) { self.rawValue = rawValue }

        package static let empty = Status(rawValue: 0)
        package static let ongoing = Status(rawValue: 1)
        package static let prepareCommit = Status(rawValue: 2)
        package static let prepareAbort = Status(rawValue: 3)
        package static let completeCommit = Status(rawValue: 4)
        package static let completeAbort = Status(rawValue: 5)
        package static let dead = Status(rawValue: 6)
        package static let prepareEpochFence = Status(rawValue: 7)

        private static let names = [
            "Empty", "Ongoing", "PrepareCommit", "PrepareAbort", "CompleteCommit", "CompleteAbort", "Dead",
            "PrepareEpochFence",
        ]

        /// As ListTransactions and Kafka's tools name it.
        package var description: String {
            let index = Int(rawValue)
            return Self.names.indices.contains(index) ? Self.names[index] : "Unknown (\(rawValue))"
        }
    }

    /// Partitions of one topic that the transaction has written to.
    package struct Partitions: WireStruct {
        package var topic: String = ""
        package var partitionIds: [Int32] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(topic: String = "", partitionIds: [Int32] = []) {
            self.topic = topic
            self.partitionIds = partitionIds
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("topic", &topic, 0...)
            try wire.int32s("partitionIds", &partitionIds, 0...)
        }
    }
}
