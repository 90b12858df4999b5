import KafkaWire

/// A transactional id as its coordinator has it.
struct TransactionState: Sendable {
    enum Phase: String, Sendable, CaseIterable {
        case empty = "Empty"
        case ongoing = "Ongoing"
        case prepareCommit = "PrepareCommit"
        case prepareAbort = "PrepareAbort"
        case completeCommit = "CompleteCommit"
        case completeAbort = "CompleteAbort"
        case dead = "Dead"
        case prepareEpochFence = "PrepareEpochFence"
    }

    let id: String
    var producerID: Int64
    var epoch: Int16
    /// The epoch that the last end of a transaction gave up, so that a repeated request is known (KIP-890).
    var lastEpoch: Int16 = -1
    var timeout: Int32
    var phase = Phase.empty
    var partitions: Set<PartitionKey> = []
    /// Groups whose offsets it commits.
    var groups: Set<String> = []
    /// Milliseconds since 1970; -1 outside a transaction.
    var startedAt: Int64 = -1
    /// The transaction version that its client last spoke (KIP-890).
    var clientVersion: Int16 = 0
    /// Counts transactions, so that the end of an earlier one is known as stale.
    var serial = 0
}
