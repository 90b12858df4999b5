import EventLoop

/// Asks again until it is there what brokers show some time after they have been told. Kafka answers a change when its
/// controllers have it; each broker replays the log of metadata at its own pace, and hands it on to its parts (listings,
/// replicas, authorizer, quotas, logins) one after the other.
package enum Eventually {
    /// Far more than a busy machine needs; it costs only where the answer is wrong for good.
    package static let limit: Duration = .seconds(60)
    private static let pause: Duration = .milliseconds(100)
    /// So that a stall of the test itself is no reason to give up.
    private static let leastAttempts = 20

    /// What did not come true, and why it was not true at last.
    package struct Missed: Error, CustomStringConvertible {
        package let description: String
    }

    /// The first value that is there. Errors are looked at again, too.
    package static func found<Value>(
        _ what: String, within limit: Duration = Self.limit, _ read: () async throws -> Value?
    ) async throws -> Value {
        let clock = SystemTimeSource()
        let deadline = clock.monotonic + limit
        var last = ""
        var attempts = 0
        while attempts < leastAttempts || clock.monotonic < deadline {
            attempts += 1
            do {
                if let value = try await read() { return value }
                last = "the condition does not hold"
            } catch {
                last = "\(error)"
            }
            try await clock.sleep(for: pause)
        }
        throw Missed(description: "it did not come true that \(what): \(last)")
    }

    package static func holds(_ what: String, _ condition: () async throws -> Bool) async throws {
        let _: Bool = try await found(what) { try await condition() ? true : nil }
    }

    /// Until what is read is what is wanted.
    package static func equals<Value: Equatable>(
        _ what: String, _ wanted: Value, _ read: () async throws -> Value?
    ) async throws {
        try await holds(what) {
            let value = try await read()
            if value != wanted {
                throw Missed(description: "\(value.map { "\($0)" } ?? "nothing") is not \(wanted)")
            }
            return true
        }
    }
}
