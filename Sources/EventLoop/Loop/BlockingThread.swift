import Glibc

/// A thread for work that blocks: fsync, flock, starting a process. Never the loop, never the cooperative pool.
///
/// As a `SerialExecutor` it can be the executor of an actor, whose whole body may then block; as a `TaskExecutor` it keeps
/// a task's plain async code beside such an actor, so that a call between the two wakes no other thread. The thread starts
/// with the first work and lives as long as the process; jobs run one at a time in the order of arrival.
package final class BlockingThread: SerialExecutor, TaskExecutor, @unchecked Sendable {
    /// Submitted work that may wait at once; `run` beyond it is refused. An actor's jobs are bounded by its callers.
    package static let queueLimit = 4096

    private enum Item {
        case job(UnownedJob)
        case work(@Sendable () -> Void)
    }

    private struct Queue {
        var items: [Item] = []
        var hasThread = false
    }

    package let name: String
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    // Guarded by the mutex; `thread` is written once, before the first item is taken.
    private var queue = Queue()
    private var thread = pthread_t()

    package init(name: String) {
        self.name = name
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
        condition = .allocate(capacity: 1)
        condition.initialize(to: pthread_cond_t())
        pthread_cond_init(condition, nil)
    }

    deinit {
        // Reached only when no thread was started: a started one keeps its owner.
        pthread_cond_destroy(condition)
        condition.deallocate()
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    package func enqueue(_ job: consuming ExecutorJob) { append(.job(UnownedJob(job))) }

    package func isIsolatingCurrentContext() -> Bool? { isCurrent }

    package func checkIsolated() { precondition(isCurrent, "This code must run on the thread \(name).") }

    /// Runs `work` on the thread and answers with its result.
    package func run<Success: Sendable>(
        _ work: @escaping @Sendable () -> Success
    ) async throws(SystemError) -> Success {
        let result = await withCheckedContinuation { (waiter: CheckedContinuation<Success?, Never>) in
            if !submit({ waiter.resume(returning: work()) }) { waiter.resume(returning: nil) }
        }
        guard let result else { throw SystemError(code: EAGAIN, operation: "queue work", subject: name) }
        return result
    }

    /// Queues `work`; false when `queueLimit` items wait already.
    package func submit(_ work: @escaping @Sendable () -> Void) -> Bool {
        append(.work(work), limit: Self.queueLimit)
    }

    @discardableResult
    private func append(_ item: Item, limit: Int = .max) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard queue.items.count < limit else { return false }
        queue.items.append(item)
        if !queue.hasThread {
            queue.hasThread = true
            thread = startThread(name: name) { [self] in serve() }
        } else {
            pthread_cond_signal(condition)
        }
        return true
    }

    private var isCurrent: Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return queue.hasThread && pthread_equal(pthread_self(), thread) != 0
    }

    private func serve() {
        while true {
            pthread_mutex_lock(mutex)
            while queue.items.isEmpty { pthread_cond_wait(condition, mutex) }
            let items = queue.items
            queue.items.removeAll(keepingCapacity: true)
            pthread_mutex_unlock(mutex)
            for item in items {
                switch item {
                case .job(let job):
                    job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
                case .work(let work): work()
                }
            }
        }
    }
}
