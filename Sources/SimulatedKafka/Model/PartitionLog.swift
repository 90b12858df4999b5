/// What a partition's replicas hold, in bytes: how far the log goes, and how far each replica that is not in sync.
///
/// Producers write with `acks=all`: the log grows while there is a leader and the ISR is large enough, and at a constant
/// rate. Everything in sync holds all of it.
struct PartitionLog: Sendable {
    /// What one record takes; offsets are bytes divided by it.
    static let recordBytes: Int64 = 1024

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
