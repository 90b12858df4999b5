/// One waiting caller: the first of answer, deadline and cancellation wakes it, the others come to nothing.
final class FirstAnswer<Value: Sendable>: Sendable {
    private struct State {
        var waiter: CheckedContinuation<Value, Never>?
        /// What came before anybody waited.
        var early: Value?
        var isOver = false
    }

    private let state = Locked(State())

    /// Waits; at once when the answer has come already.
    func begin(_ waiter: CheckedContinuation<Value, Never>) {
        let early = state.withLock { state in
            if !state.isOver { state.waiter = waiter }
            return state.early
        }
        if let early { waiter.resume(returning: early) }
    }

    /// False when another answer came first.
    @discardableResult
    func finish(_ value: Value) -> Bool {
        let (isFirst, waiter) = state.withLock { state -> (Bool, CheckedContinuation<Value, Never>?) in
            guard !state.isOver else { return (false, nil) }
            state.isOver = true
            if state.waiter == nil { state.early = value }
            defer { state.waiter = nil }
            return (true, state.waiter)
        }
        waiter?.resume(returning: value)
        return isFirst
    }
}
