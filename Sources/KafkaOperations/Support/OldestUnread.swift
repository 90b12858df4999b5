import KafkaAdmin

/// How old the oldest record is that a group has not read.
///
/// ListOffsets tells the first record of a time or later, not the time of a record. So the time is searched for at which every
/// partition's answer lies at or before the group's place: one request for all of its partitions per step, first back from now in
/// steps that double, then by halves. What is found is never younger than the truth, and older by a hundredth or a second at most,
/// as long as timestamps grow with offsets; where compaction took the record at the place, by the age of the record before it.
enum OldestUnread {
    /// More would be a broker whose answers make no sense.
    static let maximumProbes = 64
    static let shortest: Int64 = 1_000

    /// Where a group stands in a partition, and the first record that it has there.
    private struct Mark {
        var position: Int64
        var timestamp: Int64
    }

    /// What a probe says: the oldest of the records that were found, or that some group's place lies before its record.
    private enum Answer {
        case reached(oldest: Int64, isExact: Bool)
        case tooLate
    }

    /// Milliseconds since the epoch of `now`; nil when a partition's lag is not known. Zero: nothing is unread.
    static func age(
        of group: GroupPlaces, now: Int64, _ reader: any ClusterReader
    ) async throws(KafkaError) -> Duration? {
        guard let total = group.lagTotal else { return nil }
        guard total > 0 else { return .zero }
        var committed: [TopicPartition: Int64] = [:]
        for place in group.places where (place.lag ?? 0) > 0 { committed[place.partition] = place.committed }
        var marks: [TopicPartition: Mark] = [:]
        for answer in try await reader.listOffsets(committed.keys.sorted(), timestamp: 0, readCommitted: false) {
            let first = try answer.result.get()
            // Offsets without records: markers of transactions.
            guard first.offset >= 0, let place = committed[answer.item] else { continue }
            marks[answer.item] = Mark(position: max(place, first.offset), timestamp: clamp(first.timestamp, now))
        }
        guard !marks.isEmpty else { return .zero }
        return .milliseconds(now - (try await oldest(marks, now, reader)))
    }

    private static func clamp(_ timestamp: Int64, _ now: Int64) -> Int64 { min(max(0, timestamp), max(0, now)) }

    private static func oldest(
        _ marks: [TopicPartition: Mark], _ now: Int64, _ reader: any ClusterReader
    ) async throws(KafkaError) -> Int64 {
        // Not after the oldest unread record, and after it.
        var lower = marks.values.map(\.timestamp).min() ?? now
        var upper = now + 1
        var back = shortest
        var probes = 0
        var isFound = false
        func narrow(_ time: Int64) async throws(KafkaError) {
            probes += 1
            switch try await probe(time, marks, now, reader) {
            case .reached(let oldest, let isExact):
                lower = max(lower, time, oldest)
                if isExact { isFound = true }
            case .tooLate: upper = time
            }
        }
        while !isFound, back < now - lower, upper > lower, probes < maximumProbes {
            let time = now - back
            try await narrow(time)
            guard upper == time else { break }
            back *= 2
        }
        while !isFound, upper - lower > max(shortest, (now - lower) / 100), probes < maximumProbes {
            try await narrow(lower + (upper - lower) / 2)
        }
        return min(lower, now)
    }

    private static func probe(
        _ time: Int64, _ marks: [TopicPartition: Mark], _ now: Int64, _ reader: any ClusterReader
    ) async throws(KafkaError) -> Answer {
        var oldest = Int64.max
        var isExact = false
        for answer in try await reader.listOffsets(marks.keys.sorted(), timestamp: time, readCommitted: false) {
            let found = try answer.result.get()
            guard let mark = marks[answer.item] else { continue }
            guard found.offset >= 0, found.offset <= mark.position else { return .tooLate }
            let timestamp = clamp(found.timestamp, now)
            if timestamp < oldest || timestamp == oldest && found.offset == mark.position {
                oldest = timestamp
                isExact = found.offset == mark.position
            }
        }
        return .reached(oldest: oldest == .max ? now : oldest, isExact: isExact)
    }
}
