import EventLoop

/// How addresses have answered lately, whoever dialed them, and when each may be dialed again.
///
/// After a first failure almost at once: it may have been a connection that had gone stale, or a listener that was just
/// coming up. From the second one in a row on at most once in `shortest`: a broker that is down, or that hangs up on
/// everybody, is not stormed.
struct ConnectPace {
    /// At least so long after the second failure in a row, whatever the settings say.
    static let shortest: Duration = .seconds(1)
    /// A connection that broke sooner counts as a dial that failed.
    static let settledAfter: Duration = .seconds(10)
    /// Addresses of which it is remembered that they failed.
    static let limit = 4096

    private struct Record {
        var dialedAt: Duration
        var failures = 0
        var retryAt: Duration
        var lastError: KafkaError?
    }

    private let backoff: Backoff
    private let random: @Sendable () -> Double
    private var records: [BrokerAddress: Record] = [:]

    init(_ backoff: Backoff, random: @escaping @Sendable () -> Double) {
        self.backoff = backoff
        self.random = random
    }

    /// Failures in a row.
    func failures(of address: BrokerAddress) -> Int { records[address]?.failures ?? 0 }

    func lastError(of address: BrokerAddress) -> KafkaError? { records[address]?.lastError }

    /// When it may be dialed again; nil: now.
    func retryAt(_ address: BrokerAddress, now: Duration) -> Duration? {
        guard let retryAt = records[address]?.retryAt, retryAt > now else { return nil }
        return retryAt
    }

    mutating func noteDial(_ address: BrokerAddress, at now: Duration) {
        if records.count >= Self.limit { records = records.filter { $0.value.retryAt > now } }
        var record = records[address] ?? Record(dialedAt: now, retryAt: now)
        record.dialedAt = now
        // Whoever else waits for this address waits on.
        if record.failures > 0 { record.retryAt = max(record.retryAt, now + wait(after: record.failures)) }
        records[address] = record
    }

    mutating func noteFailure(_ address: BrokerAddress, since: Duration, _ error: KafkaError?) {
        var record = records[address] ?? Record(dialedAt: since, retryAt: since)
        record.retryAt = max(record.retryAt, since + wait(after: record.failures))
        record.failures += 1
        record.lastError = error
        records[address] = record
    }

    /// A connection has ended: what that says about the next one.
    mutating func noteEnd(of address: BrokerAddress, openedAt: Duration, now: Duration, _ end: KafkaError?) {
        if now - openedAt >= Self.settledAfter {
            records[address] = nil
        } else {
            // From the last dial of all: another connection may have led to the same address.
            noteFailure(address, since: records[address]?.dialedAt ?? openedAt, end)
        }
    }

    /// It has answered: nothing is held against it any more.
    mutating func forget(_ address: BrokerAddress) { records[address] = nil }

    /// `failures`: in a row, before the last one.
    private func wait(after failures: Int) -> Duration {
        let wait = backoff.wait(before: failures, random: random())
        return failures == 0 ? wait : max(Self.shortest, wait)
    }
}
