package import EventLoop

/// A clock that stands still until a test moves it.
///
/// `advance(by:)` wakes the sleepers that become due, in the order of their deadlines, each at its own time.
/// `waitForSleepers` suspends until someone sleeps, so that a test never guesses whether the code has got that far.
package final class ManualTimeSource: TimeSource {
    private struct State {
        var now: Duration
        var epoch: Duration
        var lastID: UInt64 = 0
        var actions: [UInt64: (due: Duration, action: @Sendable () -> Void)] = [:]
        var watchers: [(count: Int, waiter: CheckedContinuation<Void, Never>)] = []
    }

    private let state: Locked<State>

    /// Begins at 2025-06-15 15:06:40 UTC unless told otherwise.
    package init(sinceEpoch: Duration = .seconds(1_750_000_000)) {
        state = Locked(State(now: .zero, epoch: sinceEpoch))
    }

    package var monotonic: Duration { state.withLock { $0.now } }
    package var sinceEpoch: Duration { state.withLock { $0.epoch + $0.now } }

    /// Sleepers and scheduled actions that wait now.
    package var sleepers: Int { state.withLock { $0.actions.count } }

    /// The time until the next one wakes.
    package var untilNext: Duration? {
        state.withLock { state in state.actions.values.map(\.due).min().map { $0 - state.now } }
    }

    @discardableResult
    package func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> ScheduledAction {
        let (id, isDue, ready) = state.withLock { state in
            state.lastID += 1
            let isDue = delay <= .zero
            if !isDue { state.actions[state.lastID] = (state.now + delay, action) }
            return (state.lastID, isDue, Self.readyWatchers(&state))
        }
        if isDue { action() }
        for waiter in ready { waiter.resume() }
        return ScheduledAction { [state] in _ = state.withLock { $0.actions.removeValue(forKey: id) } }
    }

    /// Moves the clock and wakes whoever becomes due on the way. Code that they run until they sleep again counts only
    /// if it is synchronous; use `waitForSleepers` between two moves otherwise.
    package func advance(by duration: Duration) {
        let target = state.withLock { $0.now + duration }
        while true {
            let action = state.withLock { state in
                let next = state.actions.filter { $0.value.due <= target }
                    .min { ($0.value.due, $0.key) < ($1.value.due, $1.key) }
                guard let next else {
                    state.now = max(state.now, target)
                    return (@Sendable () -> Void)?.none
                }
                state.now = max(state.now, next.value.due)
                state.actions[next.key] = nil
                return next.value.action
            }
            guard let action else { return }
            action()
        }
    }

    /// As for a process that stood still: nobody sees a time in between, and all who became due wake at its end.
    package func jump(by duration: Duration) {
        state.withLock { $0.now += duration }
        advance(by: .zero)
    }

    /// Changes the wall clock only, as an administrator or NTP does.
    package func setEpoch(_ sinceEpoch: Duration) {
        state.withLock { $0.epoch = sinceEpoch - $0.now }
    }

    /// Returns once at least `count` sleepers wait.
    package func waitForSleepers(_ count: Int = 1) async {
        await withCheckedContinuation { waiter in
            let isThere = state.withLock { state in
                if state.actions.count >= count { return true }
                state.watchers.append((count, waiter))
                return false
            }
            if isThere { waiter.resume() }
        }
    }

    private static func readyWatchers(_ state: inout State) -> [CheckedContinuation<Void, Never>] {
        let count = state.actions.count
        let ready = state.watchers.filter { $0.count <= count }.map(\.waiter)
        state.watchers.removeAll { $0.count <= count }
        return ready
    }
}
