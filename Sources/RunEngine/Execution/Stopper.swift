package import EventLoop

/// How the outside asks a run to stop. The first request: nothing new starts, waits end. The second: what runs is cancelled.
package final class Stopper: Sendable {
    package enum Wake: Sendable { case time, stopped, cancelled }

    private struct Waiter {
        var needed: Int
        var action: @Sendable () -> Void
    }

    private struct State {
        var signals: [String] = []
        var lastID: UInt64 = 0
        var waiters: [UInt64: Waiter] = [:]
        var lastWords: (@Sendable () -> String)?
    }

    private let state = Locked(State())

    package init() {}

    /// Called by the signal handler's side: `SIGINT`, `SIGTERM`, `SIGHUP`.
    package func request(_ signal: String) {
        let ready = state.withLock { state -> [Waiter] in
            state.signals.append(signal)
            let count = state.signals.count
            let ready = state.waiters.filter { $0.value.needed <= count }
            for id in ready.keys { state.waiters[id] = nil }
            return Array(ready.values)
        }
        for waiter in ready { waiter.action() }
    }

    /// Cancels what runs, as a second request does: the grace is over.
    func kill() { request("grace") }

    /// What is to be said when the process has to end before the run could.
    package func setLastWords(_ words: @escaping @Sendable () -> String) { state.withLock { $0.lastWords = words } }
    package var lastWords: String { state.withLock { $0.lastWords }?() ?? "" }

    package var requests: [String] { state.withLock { $0.signals } }
    package var isStopping: Bool { state.withLock { !$0.signals.isEmpty } }
    package var isKilling: Bool { state.withLock { $0.signals.count > 1 } }

    /// Waits, or ends at once when the run is asked to stop or the task is cancelled.
    package func wait(_ duration: Duration, on time: any TimeSource) async -> Wake {
        await wait(duration, on: time, requests: 1)
    }

    /// Returns once `count` requests have come (true), or the task is cancelled (false).
    package func waitForRequests(_ count: Int) async -> Bool {
        await wait(nil, on: nil, requests: count) == .stopped
    }

    /// `requests` beyond reach: only time and cancellation end the wait.
    func wait(_ duration: Duration?, on time: (any TimeSource)?, requests: Int) async -> Wake {
        let waiter = OneWaiter()
        let id = state.withLock { state -> UInt64? in
            guard state.signals.count < requests else { return nil }
            state.lastID += 1
            state.waiters[state.lastID] = Waiter(needed: requests) { waiter.wake(.stopped) }
            return state.lastID
        }
        guard let id else { return .stopped }
        defer { _ = state.withLock { $0.waiters.removeValue(forKey: id) } }
        let timer = duration.flatMap { duration in time?.schedule(after: duration) { waiter.wake(.time) } }
        defer { timer?.cancel() }
        return await withTaskCancellationHandler {
            await waiter.value()
        } onCancel: {
            waiter.wake(.cancelled)
        }
    }
}

/// Woken once, before or after it waits.
private final class OneWaiter: Sendable {
    private struct State {
        var result: Stopper.Wake?
        var waiter: CheckedContinuation<Stopper.Wake, Never>?
    }

    private let state = Locked(State())

    func wake(_ result: Stopper.Wake) {
        let waiter = state.withLock { state -> CheckedContinuation<Stopper.Wake, Never>? in
            guard state.result == nil else { return nil }
            state.result = result
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: result)
    }

    func value() async -> Stopper.Wake {
        await withCheckedContinuation { continuation in
            let result = state.withLock { state -> Stopper.Wake? in
                if state.result == nil { state.waiter = continuation }
                return state.result
            }
            if let result { continuation.resume(returning: result) }
        }
    }
}
