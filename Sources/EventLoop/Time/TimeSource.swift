import Glibc

/// The clock that code waits by. It is a parameter everywhere, so that tests move it by hand and an embedded cluster
/// can run faster than the world.
package protocol TimeSource: Sendable {
    /// Time since an arbitrary origin; never goes back.
    var monotonic: Duration { get }
    /// Wall clock: time since 1970-01-01 00:00:00 UTC.
    var sinceEpoch: Duration { get }
    /// Waits. Throws `CancellationError` on cancellation, at once.
    func sleep(for duration: Duration) async throws
    /// Runs `action` once `delay` has passed, on any thread, unless it is cancelled before.
    @discardableResult
    func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> ScheduledAction
}

/// Something that a time source will do; `cancel` forgets it, from anywhere and any number of times.
package struct ScheduledAction: Sendable {
    private let onCancel: @Sendable () -> Void

    package init(onCancel: @escaping @Sendable () -> Void) { self.onCancel = onCancel }

    package func cancel() { onCancel() }
}

extension TimeSource {
    /// Waits by `schedule`.
    package func sleep(for duration: Duration) async throws {
        let sleeper = Sleeper()
        let wasCancelled = await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                if sleeper.begin(waiter) {
                    sleeper.attach(schedule(after: duration) { sleeper.finish(cancelled: false) })
                }
            }
        } onCancel: {
            sleeper.finish(cancelled: true)
        }
        if wasCancelled { throw CancellationError() }
    }

    /// The time at which a wait of `limit` that begins now is over.
    package func deadline(after limit: Duration) -> Duration { monotonic + limit }
}

/// The real clocks; waits are timers of the event loop.
package struct SystemTimeSource: TimeSource {
    private let loop: EventLoop

    package init(loop: EventLoop = .shared) { self.loop = loop }

    package var monotonic: Duration { monotonicNow() }
    package var sinceEpoch: Duration { readClock(CLOCK_REALTIME) }

    @discardableResult
    package func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> ScheduledAction {
        let timer = loop.schedule(after: delay, action)
        return ScheduledAction { timer.cancel() }
    }
}

/// A clock that runs `speed` times as fast as another: an hour of broker time in seconds of ours.
package struct ScaledTimeSource: TimeSource {
    package let speed: Double
    private let base: any TimeSource
    private let origin: Duration
    private let epochAtOrigin: Duration

    /// `speed` must be positive and finite; anything else counts as 1.
    package init(speed: Double, base: any TimeSource = SystemTimeSource()) {
        self.speed = speed.isFinite && speed > 0 ? speed : 1
        self.base = base
        origin = base.monotonic
        epochAtOrigin = base.sinceEpoch
    }

    package var monotonic: Duration { (base.monotonic - origin) * speed }
    package var sinceEpoch: Duration { epochAtOrigin + monotonic }

    @discardableResult
    package func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> ScheduledAction {
        base.schedule(after: delay / speed, action)
    }
}

/// One waiting task: whichever comes first of its timer and its cancellation wakes it, once.
private final class Sleeper: Sendable {
    private struct State {
        var waiter: CheckedContinuation<Bool, Never>?
        var timer: ScheduledAction?
        var isCancelled = false
        var isFinished = false
    }

    private let state = Locked(State())

    /// False when it was cancelled before it began; the waiter has been woken then.
    func begin(_ waiter: CheckedContinuation<Bool, Never>) -> Bool {
        let isCancelled = state.withLock { state in
            if !state.isCancelled { state.waiter = waiter }
            return state.isCancelled
        }
        if isCancelled { waiter.resume(returning: true) }
        return !isCancelled
    }

    func attach(_ timer: ScheduledAction) {
        let isFinished = state.withLock { state in
            if !state.isFinished { state.timer = timer }
            return state.isFinished
        }
        if isFinished { timer.cancel() }
    }

    func finish(cancelled: Bool) {
        let (waiter, timer) = state.withLock { state in
            if cancelled { state.isCancelled = true }
            guard let waiter = state.waiter else {
                return (CheckedContinuation<Bool, Never>?.none, ScheduledAction?.none)
            }
            state.waiter = nil
            state.isFinished = true
            defer { state.timer = nil }
            return (waiter, state.timer)
        }
        if cancelled { timer?.cancel() }
        waiter?.resume(returning: cancelled)
    }
}
