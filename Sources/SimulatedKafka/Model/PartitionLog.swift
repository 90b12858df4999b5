/// What a partition's replicas hold, in bytes: how far the log goes, and how far each replica that is not in sync.
///
/// The embedded cluster's own producers write with `acks=all`: the log grows while there is a leader and the ISR is large
/// enough, and at a constant rate. What clients write comes in between. Everything in sync holds all of it.
struct PartitionLog: Sendable {
    /// What one record of the cluster's own producers takes.
    static let recordBytes: Int64 = 1024

    /// What clients wrote.
    var records = RecordLog()

    /// The end at `settledAt`.
    private(set) var settledEnd: Int64
    private(set) var settledAt: Duration = .zero
    /// Bytes a second while it is written to.
    let rate: Double
    private(set) var isWritable: Bool
    /// Where the replicas that are not in sync have stopped.
    private(set) var behind: [Int32: Int64] = [:]

    init(end: Int64, rate: Double, isWritable: Bool, at time: Duration) {
        settledEnd = end
        settledAt = time
        self.rate = rate
        self.isWritable = isWritable
    }

    func end(at time: Duration) -> Int64 {
        guard isWritable, time > settledAt else { return settledEnd }
        return settledEnd + bytes(rate, (time - settledAt).seconds)
    }

    /// The offset behind the last record.
    func endOffset(at time: Duration) -> Int64 { offset(ofBytes: end(at: time)) }

    private func offset(ofBytes end: Int64) -> Int64 {
        max(0, end - records.writtenBytes) / Self.recordBytes + records.writtenOffsets
    }

    /// The offset that readers of committed records see as the end (LSO).
    func lastStableOffset(at time: Duration) -> Int64 {
        records.firstUnstableOffset ?? endOffset(at: time)
    }

    /// Adds a batch of which the leader has filled in everything.
    mutating func append(
        _ bytes: [UInt8], from baseOffset: Int64, to lastOffset: Int64, maxTimestamp: Int64, producerID: Int64,
        at time: Duration
    ) {
        settledEnd = end(at: time)
        settledAt = time
        records.append(
            RecordLog.Batch(
                baseOffset: baseOffset, lastOffset: lastOffset, position: settledEnd, maxTimestamp: maxTimestamp,
                producerID: producerID, bytes: bytes))
        settledEnd += Int64(bytes.count)
    }

    mutating func beginEpoch(_ epoch: Int32, at time: Duration) {
        records.beginEpoch(epoch, at: endOffset(at: time))
    }

    /// How fast the end moves now.
    var growth: Double { isWritable ? rate : 0 }

    mutating func settle(at time: Duration, isWritable: Bool) {
        settledEnd = end(at: time)
        settledAt = time
        self.isWritable = isWritable
    }

    /// Where a replica's own log ends.
    func end(of replica: Int32, at time: Duration) -> Int64 { behind[replica] ?? end(at: time) }

    mutating func leaveSync(_ replica: Int32, at time: Duration) { behind[replica] = end(at: time) }

    mutating func joinSync(_ replica: Int32) { behind[replica] = nil }

    mutating func addEmptyReplica(_ replica: Int32) { behind[replica] = 0 }

    mutating func removeReplica(_ replica: Int32) { behind[replica] = nil }

    /// A replica has copied up to here.
    mutating func advance(_ replica: Int32, to end: Int64) {
        guard let old = behind[replica] else { return }
        behind[replica] = max(old, end)
    }

    /// A replica that was behind leads now: what the others have beyond it is lost.
    mutating func truncate(toEndOf leader: Int32, at time: Duration) {
        guard let end = behind[leader] else { return }
        settledEnd = end
        settledAt = time
        behind[leader] = nil
        records.truncate(to: end)
        records.truncateEpochs(beyond: offset(ofBytes: end))
        for (replica, other) in behind { behind[replica] = min(other, end) }
    }
}

/// Rounded down, within what 64 bits hold.
func bytes(_ rate: Double, _ seconds: Double) -> Int64 {
    let product = rate * seconds
    guard product > 0 else { return 0 }
    return product < 1e18 ? Int64(product) : 1_000_000_000_000_000_000
}

extension Duration {
    var seconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }

    /// Whole milliseconds.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}
