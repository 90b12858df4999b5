/// Work that may block for ever (a file on a dead network file system), on a thread of its own, waited for within a limit.
///
/// A thread that is stuck is left behind with what it does; others do not wait for it.
package enum BoundedWork {
    /// Threads at once, those left behind included; more work is refused.
    package static let threadLimit = 1024

    package enum Failure: Error, Sendable, Hashable {
        case timedOut
        case cancelled
        /// `threadLimit` threads are there already.
        case refused
    }

    private static let active = Locked(0)

    /// What `work` returns, if that comes within the limit and before the cancellation of the task.
    package static func run<Success: Sendable>(
        _ name: String, within limit: Duration, loop: EventLoop = .shared, _ work: @escaping @Sendable () -> Success
    ) async throws(Failure) -> Success {
        let answer = FirstAnswer<Result<Success, Failure>>()
        let timer = loop.schedule(after: limit) { answer.finish(.failure(.timedOut)) }
        defer { timer.cancel() }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                answer.begin(waiter)
                if Task.isCancelled { answer.finish(.failure(.cancelled)) }
                if !start(name, { answer.finish(.success(work())) }) { answer.finish(.failure(.refused)) }
            }
        } onCancel: {
            answer.finish(.failure(.cancelled))
        }
        return try result.get()
    }

    /// Starts a thread for `work`; false when there are too many.
    static func start(_ name: String, _ work: @escaping @Sendable () -> Void) -> Bool {
        let isAdmitted = active.withLock { count in
            guard count < threadLimit else { return false }
            count += 1
            return true
        }
        guard isAdmitted else { return false }
        _ = startThread(name: name) {
            work()
            active.withLock { $0 -= 1 }
        }
        return true
    }
}
