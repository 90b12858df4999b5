import EventLoop

/// The events of a run for one reader: a bounded buffer, so that a slow terminal never holds up a restart.
///
/// When the buffer is full, what is only shown is left out first, then the newest event; gaps of `sequence` tell a reader that
/// cares to look into the journal.
package final class RunWatcher: AsyncSequence, AsyncIteratorProtocol, Sendable {
    package typealias Element = RunEvent

    package static let defaultLimit = 16_384

    private struct State {
        var buffer: [RunEvent] = []
        var first = 0
        var isFinished = false
        var waiter: CheckedContinuation<RunEvent?, Never>?
    }

    private let limit: Int
    private let state = Locked(State())

    package init(limit: Int = RunWatcher.defaultLimit) { self.limit = Swift.max(1, limit) }

    package func makeAsyncIterator() -> RunWatcher { self }

    /// The next event; nil after the last one. One reader at a time.
    package func next() async -> RunEvent? {
        await withCheckedContinuation { waiter in
            let answer = state.withLock { state -> RunEvent?? in
                if state.first < state.buffer.count {
                    defer {
                        state.first += 1
                        if state.first == state.buffer.count {
                            state.buffer.removeAll(keepingCapacity: true)
                            state.first = 0
                        }
                    }
                    return .some(state.buffer[state.first])
                }
                if state.isFinished { return .some(nil) }
                let previous = state.waiter
                state.waiter = waiter
                previous?.resume(returning: nil)
                return .none
            }
            if let answer { waiter.resume(returning: answer) }
        }
    }

    func offer(_ event: RunEvent) {
        let waiter = state.withLock { state -> CheckedContinuation<RunEvent?, Never>? in
            if let waiter = state.waiter {
                state.waiter = nil
                return waiter
            }
            let held = state.buffer.count - state.first
            let isShown = event.body.storage == .shown
            if held < (isShown ? limit / 2 : limit) { state.buffer.append(event) }
            return nil
        }
        waiter?.resume(returning: event)
    }

    func finish() {
        let waiter = state.withLock { state in
            state.isFinished = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: nil)
    }
}
