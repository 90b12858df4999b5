import EventLoop
import RunEngine
import Values

/// Looks again until nothing is wrong: brokers apply what the controller has accepted a moment later.
enum EventualRead {
    static let limit: Duration = .seconds(30)
    static let interval: Duration = .milliseconds(250)

    /// Throws with the last problem when the time is up.
    static func wait(_ context: ReadContext, problem: () async throws -> String?) async throws {
        let deadline = context.time.deadline(after: limit)
        while true {
            guard let found = try await problem() else { return }
            guard context.time.monotonic < deadline else {
                throw StepFailure(.failed, "\(found) after \(limit.text)")
            }
            try await context.time.sleep(for: interval)
        }
    }
}
