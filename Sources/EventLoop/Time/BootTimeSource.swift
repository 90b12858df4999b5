import Glibc

/// The real clocks, whose monotonic one (CLOCK_BOOTTIME) goes on while the machine sleeps, and is the same in every process
/// of the machine until it boots again. Leases count by it.
///
/// Waits are timers of the event loop: one that a sleeping machine stretches is late, and its caller sees so by the clock.
package struct BootTimeSource: TimeSource {
    private let loop: EventLoop

    package init(loop: EventLoop = .shared) { self.loop = loop }

    package var monotonic: Duration { readClock(CLOCK_BOOTTIME) }
    package var sinceEpoch: Duration { readClock(CLOCK_REALTIME) }

    @discardableResult
    package func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> ScheduledAction {
        let timer = loop.schedule(after: delay, action)
        return ScheduledAction { timer.cancel() }
    }
}
