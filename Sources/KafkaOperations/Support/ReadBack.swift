import EventLoop
import RunEngine

/// After Kafka has accepted a write, nothing that goes wrong proves that it did not happen: a step that cannot read its
/// write back has an unknown outcome, never a failed one, so that nobody undoes what came before it.
enum ReadBack {
    /// What is not to be seen after this will not come: our requests give the controller 25 s, and what it has not
    /// begun by then it drops.
    static let settled: Duration = .seconds(30)
    static let interval: Duration = .milliseconds(500)

    /// Runs what reads an accepted write back; whatever it throws becomes an unknown outcome.
    static func of<Success>(
        _ what: String, _ work: () async throws -> Success
    ) async throws(StepFailure) -> Success {
        do { return try await work() } catch { throw failure(what, error) }
    }

    static func failure(_ what: String, _ error: any Error) -> StepFailure {
        let failure = StepFailure.from(error, doing: what)
        return StepFailure(
            .unknownOutcome, "Kafka accepted \(what), and it could not be read back: \(failure.message)",
            causes: failure.causes, nextAction: failure.nextAction, details: failure.details)
    }

    /// After an unknown outcome: looks until `isDone`, at most until what was sent has happened or never will.
    static func settle(_ context: ReadContext, _ isDone: () async throws -> Bool) async throws -> Bool {
        let deadline = context.time.deadline(after: settled)
        while true {
            if try await isDone() { return true }
            guard context.time.monotonic < deadline else { return false }
            try await context.time.sleep(for: interval)
        }
    }
}
