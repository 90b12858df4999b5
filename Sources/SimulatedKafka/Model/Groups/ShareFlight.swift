/// The records of a partition that members of a share group have, as the partition's leader knows them (KIP-932).
///
/// Bounded: no more than `limit` records are beyond the start at a time, and those that are done are forgotten when the start
/// passes them.
struct ShareFlight: Sendable {
    enum Phase: Sendable {
        case available
        case acquired(member: String, until: Duration)
        /// Done, or given up.
        case over
    }

    struct Entry: Sendable {
        var phase: Phase
        var deliveries: Int16
    }

    /// What a member says of a record.
    enum Verdict: Int8 {
        case gap = 0
        case accept = 1
        case release = 2
        case reject = 3
        case renew = 4
    }

    /// Brokers' `group.share.partition.max.record.locks`.
    static let limit = 2_000
    /// Brokers' `group.share.delivery.count.limit`.
    static let deliveryLimit: Int16 = 5
    /// Brokers' `group.share.record.lock.duration.ms`.
    static let lock: Duration = .seconds(30)

    /// nil until somebody reads.
    private(set) var start: Int64?
    private(set) var entries: [Int64: Entry] = [:]
    /// Behind the last record that anybody has had.
    private var end: Int64 = 0

    /// What is wrong with an acknowledgement.
    enum Problem: Error {
        /// Somebody else has the record, or nobody.
        case notAcquired
        /// Nobody has ever had it.
        case beyond
    }

    init(start: Int64? = nil) { self.start = start }

    /// The start of the log, or of the group, is here now; never back.
    mutating func moveStart(to offset: Int64) {
        guard offset > start ?? -1 else { return }
        for known in entries.keys where known < offset { entries[known] = nil }
        start = offset
        moveOn()
    }

    /// The first record that nobody has.
    mutating func firstAvailable(before end: Int64, at now: Duration) -> Int64? {
        expire(at: now)
        guard let start else { return nil }
        let (limit, overflow) = start.addingReportingOverflow(Int64(Self.limit))
        var offset = start
        while offset < min(end, overflow ? end : limit) {
            guard let entry = entries[offset] else { return offset }
            if case .available = entry.phase { return offset }
            offset += 1
        }
        return nil
    }

    /// There is nothing for anybody here.
    mutating func skip(_ range: ClosedRange<Int64>) {
        for offset in range.prefix(Self.limit) where offset >= start ?? 0 {
            entries[offset] = Entry(phase: .over, deliveries: 0)
        }
        moveOn()
    }

    /// Acquires up to `count` records before `end`, in order.
    mutating func acquire(
        _ member: String, upTo count: Int, before end: Int64, at now: Duration
    ) -> [(first: Int64, last: Int64, deliveries: Int16)] {
        var found: [(first: Int64, last: Int64, deliveries: Int16)] = []
        guard var offset = firstAvailable(before: end, at: now), let start else { return [] }
        var taken = 0
        while offset < end, offset - start < Int64(Self.limit), taken < count {
            var entry = entries[offset] ?? Entry(phase: .available, deliveries: 0)
            if case .available = entry.phase {
                entry.phase = .acquired(member: member, until: now + Self.lock)
                entry.deliveries += 1
                entries[offset] = entry
                self.end = max(self.end, offset + 1)
                taken += 1
                if let previous = found.last, previous.last == offset - 1, previous.deliveries == entry.deliveries {
                    found[found.count - 1].last = offset
                } else {
                    found.append((offset, offset, entry.deliveries))
                }
            }
            offset += 1
        }
        return found
    }

    /// Takes a member's word about records that it has; of those before the start nothing needs to be known any more. Nothing
    /// is changed when it does not have one of them.
    mutating func acknowledge(
        _ member: String, _ range: ClosedRange<Int64>, _ verdicts: [Verdict], at now: Duration
    ) throws(Problem) {
        expire(at: now)
        guard range.lowerBound < end, let start else { throw .beyond }
        guard range.upperBound &- range.lowerBound < Int64(Self.limit) else { throw .notAcquired }
        for offset in range where offset >= start {
            guard case .acquired(member, _)? = entries[offset]?.phase else { throw .notAcquired }
        }
        for (index, offset) in range.enumerated() where offset >= start {
            switch verdicts.count == 1 ? verdicts[0] : verdicts[index] {
            case .release: giveBack(offset)
            case .renew: entries[offset]?.phase = .acquired(member: member, until: now + Self.lock)
            case .gap, .accept, .reject: entries[offset]?.phase = .over
            }
        }
        moveOn()
    }

    /// What a member has that is gone is for the others.
    mutating func release(_ member: String) {
        for (offset, entry) in entries {
            if case .acquired(member, _) = entry.phase { giveBack(offset) }
        }
        moveOn()
    }

    private mutating func expire(at now: Duration) {
        for (offset, entry) in entries {
            if case .acquired(_, let until) = entry.phase, until <= now { giveBack(offset) }
        }
        moveOn()
    }

    private mutating func giveBack(_ offset: Int64) {
        let isUsedUp = entries[offset]?.deliveries ?? 0 >= Self.deliveryLimit
        entries[offset]?.phase = isUsedUp ? .over : .available
    }

    private mutating func moveOn() {
        guard var next = start else { return }
        while case .over? = entries[next]?.phase {
            entries[next] = nil
            next += 1
        }
        start = next
    }

    /// Records that are done, behind some that are not.
    var doneBeyondStart: Int { entries.values.count { if case .over = $0.phase { true } else { false } } }

    /// When the next record will be for others, unless it is acknowledged.
    var nextExpiry: Duration? {
        entries.values.compactMap { if case .acquired(_, let until) = $0.phase { until } else { nil } }.min()
    }
}
