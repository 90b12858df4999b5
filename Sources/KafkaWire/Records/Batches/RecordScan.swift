/// The records of data that a consumer gets out of what one fetch returned.
///
/// Leaves out: what is before the offset asked for (a broker returns whole batches), control batches, aborted
/// transactions, an incomplete batch at the end. Records are read one by one; keeping all of them is the caller's choice,
/// and so is its memory.
package struct RecordScan: Sendable {
    private var reader: RecordBatchReader
    private var filter: TransactionFilter?
    private var current: RecordIterator?
    private let firstOffset: Int64
    /// Where the next fetch goes on: behind the last batch that was read, whatever it held. Equal to the offset asked
    /// for when there was no whole batch.
    package private(set) var nextOffset: Int64
    /// Whole batches seen, of any kind.
    package private(set) var batches = 0
    /// Batches left out because their transaction was aborted.
    package private(set) var abortedBatches = 0

    /// - Parameters:
    ///   - offset: what the fetch asked for.
    ///   - aborted: the transactions that the answer says were aborted; nil to see all data whatever became of it.
    package init(
        _ bytes: [UInt8], from offset: Int64 = 0, aborted: [AbortedTransaction]? = nil,
        limits: DecompressionLimits = .standard
    ) {
        reader = RecordBatchReader(bytes, limits: limits)
        filter = aborted.map { TransactionFilter(aborted: $0) }
        firstOffset = offset
        nextOffset = offset
    }

    /// How large the incomplete batch is, when it says so: the limit that a fetch needs that got no whole batch.
    package var sizeOfIncompleteBatch: Int? { reader.sizeOfIncompleteBatch }

    /// - Throws: what is wrong with a batch; `nextOffset` is not behind it yet, and asking again goes on behind it.
    package mutating func next() throws(WireError) -> Record? {
        while true {
            while let record = try current?.next() {
                if record.offset >= firstOffset { return record }
            }
            // Only now is the batch behind us.
            if let batch = current?.batch { pass(batch) }
            current = nil
            guard let batch = try reader.next() else { return nil }
            batches += 1
            let compression = try batch.verify()
            guard batch.lastOffset >= firstOffset || batch.isControl else { continue }
            try enter(batch, compression)
        }
    }

    private mutating func enter(_ batch: RecordBatch, _ compression: RecordCompression) throws(WireError) {
        if batch.isControl {
            var records = try reader.records(of: batch, compression: compression)
            if let record = try records.next() { filter?.end(batch, try ControlRecord(record).kind) }
            pass(batch)
        } else if filter?.admits(batch) ?? true {
            current = try reader.records(of: batch, compression: compression)
        } else {
            abortedBatches += 1
            pass(batch)
        }
    }

    private mutating func pass(_ batch: RecordBatch) {
        let (next, overflow) = batch.lastOffset.addingReportingOverflow(1)
        if !overflow { nextOffset = max(nextOffset, next) }
    }
}
