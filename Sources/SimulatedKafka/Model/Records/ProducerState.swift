import KafkaWire

/// What a partition's leader remembers of a producer: its epoch, its last batches by sequence number, its open transaction
/// (Kafka's `ProducerStateEntry` and `ProducerAppendInfo`).
struct ProducerState: Sendable {
    struct Written: Sendable {
        let firstSequence: Int32
        let lastSequence: Int32
        let baseOffset: Int64
        let lastOffset: Int64
        let timestamp: Int64
    }

    enum Verdict: Sendable {
        case isNext
        /// It has been written already, here.
        case isDuplicate(Written)
        case isWrong(KafkaErrorCode)
    }

    /// As many requests as an idempotent producer has under way.
    static let rememberedBatches = 5

    var epoch: Int16 = -1
    /// The coordinator's, of the last marker.
    var coordinatorEpoch: Int32 = -1
    private(set) var written: [Written] = []
    var firstTransactionOffset: Int64?
    var lastTimestamp: Int64 = -1

    var lastSequence: Int32 { written.last?.lastSequence ?? -1 }

    /// Whether a batch is the one that comes next.
    func verdict(on batch: RecordBatch) -> Verdict {
        if batch.producerEpoch == epoch, batch.baseSequence >= 0,
            let same = written.first(where: {
                $0.firstSequence == batch.baseSequence && $0.lastSequence == batch.lastSequence
            })
        {
            return .isDuplicate(same)
        }
        if batch.producerEpoch < epoch { return .isWrong(.invalidProducerEpoch) }
        if batch.producerEpoch != epoch {
            return epoch == -1 || batch.baseSequence == 0 ? .isNext : .isWrong(.outOfOrderSequenceNumber)
        }
        let expected = lastSequence == Int32.max ? 0 : lastSequence + 1
        return batch.baseSequence == expected ? .isNext : .isWrong(.outOfOrderSequenceNumber)
    }

    mutating func add(_ batch: RecordBatch, at offset: Int64, timestamp: Int64) {
        if batch.producerEpoch != epoch {
            epoch = batch.producerEpoch
            written = []
        }
        let last = offset + Int64(batch.lastOffsetDelta)
        written.append(
            Written(
                firstSequence: batch.baseSequence, lastSequence: batch.lastSequence, baseOffset: offset,
                lastOffset: last, timestamp: timestamp))
        if written.count > Self.rememberedBatches { written.removeFirst() }
        lastTimestamp = timestamp
        if batch.isTransactional, firstTransactionOffset == nil { firstTransactionOffset = offset }
    }

    /// A transaction's end has been written.
    mutating func end(epoch newEpoch: Int16, coordinatorEpoch newCoordinatorEpoch: Int32, timestamp: Int64) {
        if newEpoch > epoch {
            epoch = newEpoch
            written = []
        }
        coordinatorEpoch = newCoordinatorEpoch
        firstTransactionOffset = nil
        lastTimestamp = timestamp
    }

    /// Batches from an offset on have been truncated.
    mutating func forget(from offset: Int64) {
        written.removeAll { $0.baseOffset >= offset }
        if let first = firstTransactionOffset, first >= offset { firstTransactionOffset = nil }
    }
}
