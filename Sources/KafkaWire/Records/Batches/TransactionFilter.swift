/// A transaction that was aborted, as a fetch names it: the data of the producer from that offset on, up to its marker.
package struct AbortedTransaction: Sendable, Hashable {
    package var producerID: Int64
    package var firstOffset: Int64

    package init(producerID: Int64, firstOffset: Int64) {
        self.producerID = producerID
        self.firstOffset = firstOffset
    }
}

/// Leaves out the batches of aborted transactions, as Java's consumer does under `isolation.level=read_committed`.
///
/// The broker itself returns nothing behind the last stable offset; what it returns contains aborted data, and the list
/// says whose.
package struct TransactionFilter: Sendable {
    /// By first offset, the smallest last: the list is not always sorted (Redpanda).
    private var upcoming: [AbortedTransaction]
    private var aborted: Set<Int64> = []

    package init(aborted: [AbortedTransaction]) {
        upcoming = aborted.sorted { $0.firstOffset > $1.firstOffset }
    }

    /// Whether a batch of data is to be seen. Batches come in the order of their offsets.
    package mutating func admits(_ batch: RecordBatch) -> Bool {
        guard batch.hasProducer else { return true }
        begin(upTo: batch.lastOffset)
        return !(batch.isTransactional && aborted.contains(batch.producerID))
    }

    /// Takes note of the marker in a control batch.
    package mutating func end(_ batch: RecordBatch, _ marker: ControlRecord.Kind) {
        guard batch.hasProducer else { return }
        begin(upTo: batch.lastOffset)
        if marker == .abort { aborted.remove(batch.producerID) }
    }

    private mutating func begin(upTo offset: Int64) {
        while let next = upcoming.last, next.firstOffset <= offset {
            aborted.insert(next.producerID)
            upcoming.removeLast()
        }
    }
}
