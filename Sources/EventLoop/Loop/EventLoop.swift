internal import CSystem
import Glibc

/// One thread that waits for descriptors and timers, and runs the jobs of the actors and tasks that are pinned to it.
///
/// It is a `SerialExecutor` (an actor whose `unownedExecutor` it is takes no lock and, called from the loop, no hop) and
/// a `TaskExecutor` (`withTaskExecutorPreference(loop)` keeps a task's plain async code on it). Nothing that blocks or
/// computes for more than a millisecond may run on it: `BlockingThread` is for that.
///
/// `EventLoop.shared` is the process's loop. It is global on purpose: there is one set of descriptors per process, the
/// thread lives as long as the process, and no behaviour depends on which instance is used. A loop never ends.
package final class EventLoop: SerialExecutor, TaskExecutor, @unchecked Sendable {
    package static let shared = EventLoop(name: "opsrun-loop")

    /// What a watcher is told: a set of `EPOLL…` bits.
    package struct Readiness: OptionSet, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }

        package static let readable = Readiness(rawValue: EPOLLIN.rawValue)
        package static let writable = Readiness(rawValue: EPOLLOUT.rawValue)
        package static let peerClosed = Readiness(rawValue: EPOLLRDHUP.rawValue)
        package static let hungUp = Readiness(rawValue: EPOLLHUP.rawValue)
        package static let failed = Readiness(rawValue: EPOLLERR.rawValue)
        /// Tell once per change instead of as long as it lasts.
        package static let edgeTriggered = Readiness(rawValue: EPOLLET.rawValue)
    }

    /// A registration of a descriptor. Stale ones are harmless: their generation no longer matches.
    package struct Watch: Sendable {
        fileprivate let descriptor: CInt
        fileprivate let generation: UInt32
    }

    /// A timer that can be cancelled from anywhere, any number of times.
    package struct Timer: Sendable {
        fileprivate let id: UInt64
        fileprivate let loop: EventLoop

        package func cancel() {
            let (loop, id) = (loop, id)
            // On the loop at once, so that a timer that is due in the same turn does not fire; and once more behind the
            // addition, which another thread may have queued.
            if loop.isCurrent { _ = loop.timers.cancel(id) }
            loop.submit { _ = loop.timers.cancel(id) }
        }
    }

    private struct Inbox {
        var jobs: [UnownedJob] = []
        var work: [@Sendable () -> Void] = []
        var isAsleep = false
        var lastTimer: UInt64 = 0
    }

    private struct Watcher {
        let generation: UInt32
        let handler: @Sendable (Readiness) -> Void
    }

    /// Events taken from the kernel at once.
    private static let batch = 64
    /// Rounds of jobs that run before descriptors get their turn again.
    private static let roundsPerTurn = 64

    /// A timer beyond this is as good as never.
    private static let longestDelay: Duration = .seconds(10 * 365 * 86_400)

    private let inbox = Locked(Inbox())
    private let starting = Locked(())
    private var thread = pthread_t()
    private let epoll: CInt
    private let wake: CInt

    // Used by the loop's thread only.
    private var watchers: [CInt: Watcher] = [:]
    private var lastGeneration: UInt32 = 0
    private var localJobs: [UnownedJob] = []
    private var localWork: [@Sendable () -> Void] = []
    private var turnEnds: [() -> Void] = []
    private var timers = TimerQueue()

    package init(name: String) {
        // A peer or a child that went away is an error of one write, not the end of the process.
        Signals.ignoreBrokenPipe()
        epoll = epoll_create1(CInt(EPOLL_CLOEXEC))
        wake = eventfd(0, CInt(EFD_CLOEXEC) | CInt(EFD_NONBLOCK))
        precondition(epoll >= 0 && wake >= 0, "The process has no descriptors left for its event loop.")
        var event = epoll_event(events: Readiness.readable.rawValue, data: epoll_data_t(u64: UInt64(wake)))
        epoll_ctl(epoll, EPOLL_CTL_ADD, wake, &event)
        starting.withLock { _ in
            thread = startThread(name: name) { [self] in run() }
        }
    }

    /// Whether the caller runs on the loop's thread.
    package var isCurrent: Bool { pthread_equal(pthread_self(), thread) != 0 }

    // MARK: Executor

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isCurrent {
            localJobs.append(job)
            return
        }
        let mustWake = inbox.withLock { inbox in
            inbox.jobs.append(job)
            defer { inbox.isAsleep = false }
            return inbox.isAsleep
        }
        if mustWake { eventfd_write(wake, 1) }
    }

    package func isIsolatingCurrentContext() -> Bool? { isCurrent }

    package func checkIsolated() { precondition(isCurrent, "This code must run on its event loop.") }

    /// Runs `work` on the loop: soon and in the order of submission, never inside this call. For what is not async, such
    /// as cancellation handlers.
    package func submit(_ work: @escaping @Sendable () -> Void) {
        if isCurrent {
            localWork.append(work)
            return
        }
        let mustWake = inbox.withLock { inbox in
            inbox.work.append(work)
            defer { inbox.isAsleep = false }
            return inbox.isAsleep
        }
        if mustWake { eventfd_write(wake, 1) }
    }

    // MARK: Descriptors, timers, turns

    /// Calls `handler` on the loop whenever `descriptor` is ready for one of `interest`, or has failed or hung up. Call on
    /// the loop. Null and errno when the kernel refuses.
    package func watch(
        _ descriptor: CInt, for interest: Readiness, _ handler: @escaping @Sendable (Readiness) -> Void
    ) -> Watch? {
        checkIsolated()
        lastGeneration &+= 1
        var event = epoll_event(
            events: interest.rawValue,
            data: epoll_data_t(u64: UInt64(lastGeneration) << 32 | UInt64(UInt32(bitPattern: descriptor))))
        guard epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 else { return nil }
        watchers[descriptor] = Watcher(generation: lastGeneration, handler: handler)
        return Watch(descriptor: descriptor, generation: lastGeneration)
    }

    /// Ends a registration. Call on the loop, before the descriptor is closed.
    package func unwatch(_ watch: Watch) {
        checkIsolated()
        guard watchers[watch.descriptor]?.generation == watch.generation else { return }
        // Taken out first and released afterwards: whatever the handler held may call back into the loop.
        let watcher = watchers.removeValue(forKey: watch.descriptor)
        defer { withExtendedLifetime(watcher) {} }
        var event = epoll_event()
        epoll_ctl(epoll, EPOLL_CTL_DEL, watch.descriptor, &event)
    }

    /// Runs `action` on the loop once `delay` has passed (at once when it is not positive). From any thread.
    @discardableResult
    package func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> Timer {
        let due = monotonicNow() + min(delay, Self.longestDelay)
        let id = inbox.withLock { inbox in
            inbox.lastTimer &+= 1
            return inbox.lastTimer
        }
        if isCurrent {
            timers.add(id, due: due, action: action)
        } else {
            submit { [self] in timers.add(id, due: due, action: action) }
        }
        return Timer(id: id, loop: self)
    }

    /// Runs `action` when the jobs of this turn have run: several writes of one turn become one. Call on the loop.
    package func atEndOfTurn(_ action: @escaping () -> Void) {
        checkIsolated()
        turnEnds.append(action)
    }

    // MARK: The thread

    private func run() {
        starting.withLock { _ in }
        var events = [epoll_event](repeating: epoll_event(), count: Self.batch)
        while true {
            runReadyWork()
            let hasLocal = !localJobs.isEmpty || !localWork.isEmpty || !turnEnds.isEmpty
            let isIdle = inbox.withLock { inbox in
                inbox.isAsleep = !hasLocal && inbox.jobs.isEmpty && inbox.work.isEmpty
                return inbox.isAsleep
            }
            let count = epoll_wait(epoll, &events, CInt(Self.batch), isIdle ? millisecondsToNextTimer() : 0)
            inbox.withLock { $0.isAsleep = false }
            for index in 0..<Int(max(0, count)) { deliver(events[index]) }
            let now = monotonicNow()
            while let action = timers.popDue(now) { action() }
        }
    }

    private func runReadyWork() {
        for _ in 0..<Self.roundsPerTurn {
            let (jobs, work) = inbox.withLock { inbox in
                defer {
                    inbox.jobs.removeAll(keepingCapacity: true)
                    inbox.work.removeAll(keepingCapacity: true)
                }
                return (inbox.jobs, inbox.work)
            }
            for item in work { item() }
            runJobs(jobs)
            let local = localJobs
            localJobs.removeAll(keepingCapacity: true)
            runJobs(local)
            let localItems = localWork
            localWork.removeAll(keepingCapacity: true)
            for item in localItems { item() }
            if localJobs.isEmpty && localWork.isEmpty {
                let ends = turnEnds
                turnEnds.removeAll(keepingCapacity: true)
                for end in ends { end() }
                if localJobs.isEmpty && localWork.isEmpty && turnEnds.isEmpty { return }
            }
        }
    }

    private func runJobs(_ jobs: [UnownedJob]) {
        for job in jobs {
            job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
        }
    }

    private func deliver(_ event: epoll_event) {
        let data = event.data.u64
        let descriptor = CInt(truncatingIfNeeded: data & 0xFFFF_FFFF)
        if descriptor == wake {
            var count: eventfd_t = 0
            eventfd_read(wake, &count)
            return
        }
        guard let watcher = watchers[descriptor], watcher.generation == UInt32(truncatingIfNeeded: data >> 32) else {
            return
        }
        watcher.handler(Readiness(rawValue: event.events))
    }

    /// Rounded up, so that a timer never fires early; -1 without a timer.
    private func millisecondsToNextTimer() -> CInt {
        guard let due = timers.nextDue() else { return -1 }
        let left = due - monotonicNow()
        guard left > .zero else { return 0 }
        let (seconds, attoseconds) = left.components
        guard seconds < 86_400 else { return 86_400_000 }
        return CInt(seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}

/// Time since an arbitrary origin, by the kernel's monotonic clock that goes on while the machine sleeps: what was good before
/// a sleep is not good for as long as the sleep took.
func monotonicNow() -> Duration { readClock(CLOCK_BOOTTIME) }

func readClock(_ clock: clockid_t) -> Duration {
    var time = timespec()
    clock_gettime(clock, &time)
    return Duration(
        secondsComponent: Int64(time.tv_sec), attosecondsComponent: Int64(time.tv_nsec) * 1_000_000_000)
}
