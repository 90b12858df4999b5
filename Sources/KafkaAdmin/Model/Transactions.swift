/// A transaction as a broker lists it.
package struct TransactionListing: Sendable, Hashable {
    package var id: String
    package var producerID: Int64
    package var state: String
    /// The broker that listed it.
    package var coordinator: Int32

    package init(id: String, producerID: Int64, state: String, coordinator: Int32) {
        self.id = id
        self.producerID = producerID
        self.state = state
        self.coordinator = coordinator
    }
}

/// Which transactions to list; what is empty or nil is no restriction.
package struct TransactionQuery: Sendable, Hashable {
    package var states: [String]
    package var producerIDs: [Int64]
    /// Only those that run longer than so many milliseconds (v1, 3.8).
    package var runningLongerThan: Int64?
    /// A regular expression in the dialect of the broker's RE2/J (v2, 4.1).
    package var idPattern: String?

    package init(
        states: [String] = [], producerIDs: [Int64] = [], runningLongerThan: Int64? = nil, idPattern: String? = nil
    ) {
        self.states = states
        self.producerIDs = producerIDs
        self.runningLongerThan = runningLongerThan
        self.idPattern = idPattern
    }
}

/// A transaction as its coordinator knows it.
package struct TransactionDescription: Sendable, Hashable {
    package var id: String
    package var state: String
    package var timeoutMilliseconds: Int32
    /// Milliseconds since 1970; nil when none is open.
    package var startedAt: Int64?
    package var producerID: Int64
    package var producerEpoch: Int16
    package var partitions: [TopicPartition]
    package var coordinator: Int32

    package init(
        id: String, state: String, timeoutMilliseconds: Int32, startedAt: Int64?, producerID: Int64,
        producerEpoch: Int16, partitions: [TopicPartition], coordinator: Int32
    ) {
        self.id = id
        self.state = state
        self.timeoutMilliseconds = timeoutMilliseconds
        self.startedAt = startedAt
        self.producerID = producerID
        self.producerEpoch = producerEpoch
        self.partitions = partitions
        self.coordinator = coordinator
    }
}

/// A producer as the leader of a partition remembers it.
package struct ProducerState: Sendable, Hashable {
    package var producerID: Int64
    package var producerEpoch: Int32
    package var lastSequence: Int32
    /// Milliseconds since 1970 of its last record; -1 unknown.
    package var lastTimestamp: Int64
    /// Nil before its first transaction marker.
    package var coordinatorEpoch: Int32?
    /// Where its open transaction begins in this partition; nil when none is open.
    package var transactionStart: Int64?

    package init(
        producerID: Int64, producerEpoch: Int32, lastSequence: Int32, lastTimestamp: Int64, coordinatorEpoch: Int32?,
        transactionStart: Int64?
    ) {
        self.producerID = producerID
        self.producerEpoch = producerEpoch
        self.lastSequence = lastSequence
        self.lastTimestamp = lastTimestamp
        self.coordinatorEpoch = coordinatorEpoch
        self.transactionStart = transactionStart
    }
}

/// A transaction that is open in a partition and that no coordinator will end: readers of committed records stand still
/// there.
package struct HangingTransaction: Sendable, Hashable {
    package var partition: TopicPartition
    package var producer: ProducerState
    /// A coordinator lists a transactional id of this producer, and does not know of this transaction. Where none lists any,
    /// it may be that we may not describe the id: then nobody but the caller can say that it hangs.
    package var isProven: Bool

    package init(partition: TopicPartition, producer: ProducerState, isProven: Bool = true) {
        self.partition = partition
        self.producer = producer
        self.isProven = isProven
    }
}
