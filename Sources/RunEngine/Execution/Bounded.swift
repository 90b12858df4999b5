import EventLoop

/// How a piece of work ended that has a limit.
enum Bounded<Success: Sendable>: Sendable {
    case finished(Success)
    /// The limit passed, and the work was cancelled.
    case timedOut
    /// The run was asked to stop, and the work was cancelled.
    case stopped
}

extension Stopper {
    /// Runs `work`, cancelling it when `limit` passes or, with `endsOnSignal`, when the run is asked to stop. Work that finishes
    /// all the same counts as finished, unless `isLateValid` is false.
    func bound<Success: Sendable>(
        _ limit: Duration?, on time: any TimeSource, endsOnSignal: Bool,
        isLateValid: Bool = true, _ work: @escaping @Sendable () async throws -> Success
    ) async throws -> Bounded<Success> {
        try await withThrowingTaskGroup(of: Bounded<Success>?.self) { group in
            group.addTask { .finished(try await work()) }
            group.addTask { [self] in
                switch await wait(limit, on: time, requests: endsOnSignal ? 1 : .max) {
                case .time: return .timedOut
                case .stopped: return .stopped
                case .cancelled: return nil
                }
            }
            var reason: Bounded<Success>?
            do {
                while let end = try await group.next() {
                    guard let end else { continue }
                    if case .finished = end, isLateValid || reason == nil {
                        group.cancelAll()
                        return end
                    }
                    reason = reason ?? end
                    group.cancelAll()
                }
            } catch {
                group.cancelAll()
                if let reason { return reason }
                throw error
            }
            if let reason { return reason }
            throw CancellationError()
        }
    }
}
