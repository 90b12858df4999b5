import KafkaWire

/// The batches that clients wrote to a partition, as they came but for what a leader fills in.
///
/// Offsets without a batch, from the log's start on, are those of the records that the embedded cluster's own producers wrote
/// and nobody keeps. The log is bounded: the oldest batches go, and its start moves.
struct RecordLog: Sendable {
    struct Batch: Sendable {
        let baseOffset: Int64
        let lastOffset: Int64
        /// Where in the partition's bytes it begins.
        let position: Int64
        let maxTimestamp: Int64
        let producerID: Int64
        let bytes: [UInt8]
    }

    /// A transaction that was aborted, for clients that read only what is committed.
    struct Aborted: Sendable, Hashable {
        let producerID: Int64
        let firstOffset: Int64
        /// Of its marker.
        let lastOffset: Int64
    }

    /// What one partition keeps.
    static let retainedBytes = 32 << 20
    /// Producers whose state one partition keeps; those that wrote longest ago go.
    static let producerLimit = 10_000
    static let abortedLimit = 10_000
    static let epochLimit = 1_000

    private(set) var batches: [Batch] = []
    private(set) var startOffset: Int64 = 0
    /// What `batches` hold.
    private(set) var heldBytes = 0
    /// What batches have ever taken, the ones that are gone included, but for those that were truncated.
    private(set) var writtenBytes: Int64 = 0
    private(set) var writtenOffsets: Int64 = 0
    var producers: [Int64: ProducerState] = [:]
    private(set) var aborted: [Aborted] = []
    /// Leader epochs with the offset at which each began, ascending.
    private(set) var epochs: [(epoch: Int32, start: Int64)] = [(0, 0)]

    /// Appends a batch at the end, whose place the caller knows.
    mutating func append(_ batch: Batch) {
        batches.append(batch)
        heldBytes += batch.bytes.count
        writtenBytes += Int64(batch.bytes.count)
        writtenOffsets += batch.lastOffset - batch.baseOffset + 1
        while heldBytes > Self.retainedBytes, batches.count > 1 { dropOldest() }
    }

    /// Gives up the oldest batch; the log begins behind it.
    mutating func dropOldest() {
        guard let first = batches.first else { return }
        deleteRecords(before: first.lastOffset + 1)
    }

    /// Moves the start of the log; never back.
    mutating func deleteRecords(before offset: Int64) {
        startOffset = max(startOffset, offset)
        let gone = batches.prefix { $0.lastOffset < startOffset }
        heldBytes -= gone.reduce(0) { $0 + $1.bytes.count }
        batches.removeFirst(gone.count)
        aborted.removeAll { $0.lastOffset < startOffset }
        if let index = epochs.lastIndex(where: { $0.start <= startOffset }), index > 0 {
            epochs.removeFirst(index)
        }
    }

    /// What lies beyond this many bytes of the partition is lost.
    mutating func truncate(to position: Int64) {
        while let last = batches.last, last.position + Int64(last.bytes.count) > position {
            batches.removeLast()
            heldBytes -= last.bytes.count
            writtenBytes -= Int64(last.bytes.count)
            writtenOffsets -= last.lastOffset - last.baseOffset + 1
            producers[last.producerID]?.forget(from: last.baseOffset)
            aborted.removeAll { $0.lastOffset >= last.baseOffset }
        }
    }

    /// Epochs that began beyond the end are forgotten.
    mutating func truncateEpochs(beyond end: Int64) { epochs.removeAll { $0.start > end && $0.epoch != 0 } }

    mutating func beginEpoch(_ epoch: Int32, at end: Int64) {
        guard epoch > epochs.last?.epoch ?? -1 else { return }
        // An epoch in which nothing was written leaves no trace.
        if let last = epochs.last, last.start >= end { epochs.removeLast() }
        epochs.append((epoch, end))
        if epochs.count > Self.epochLimit { epochs.removeFirst() }
    }

    mutating func noteAborted(_ transaction: Aborted) {
        aborted.append(transaction)
        if aborted.count > Self.abortedLimit { aborted.removeFirst() }
    }

    /// The producers' state with the newest batch added; whoever has been silent longest makes room.
    mutating func keep(_ state: ProducerState, of producer: Int64) {
        producers[producer] = state
        guard producers.count > Self.producerLimit else { return }
        let oldest = producers.filter { $0.value.firstTransactionOffset == nil }.min {
            $0.value.lastTimestamp < $1.value.lastTimestamp
        }
        if let oldest { producers[oldest.key] = nil }
    }

    /// Where the first open transaction began; nil when none is open.
    var firstUnstableOffset: Int64? { producers.values.compactMap(\.firstTransactionOffset).min() }

    /// The first batch that reaches to this offset, as an index.
    func index(at offset: Int64) -> Int {
        var low = 0
        var high = batches.count
        while low < high {
            let middle = (low + high) / 2
            if batches[middle].lastOffset < offset { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The end of an epoch: the start of the next one, or the end of the log; nil for an epoch from before the first one
    /// or behind the last one.
    func end(of epoch: Int32, logEnd: Int64) -> (epoch: Int32, offset: Int64)? {
        guard let last = epochs.last, epoch <= last.epoch else { return nil }
        if epoch == last.epoch { return (epoch, logEnd) }
        guard let next = epochs.firstIndex(where: { $0.epoch > epoch }) else { return nil }
        return next == 0 ? nil : (epochs[next - 1].epoch, epochs[next].start)
    }

    func leaderEpoch(at offset: Int64) -> Int32 { epochs.last { $0.start <= offset }?.epoch ?? 0 }
}
