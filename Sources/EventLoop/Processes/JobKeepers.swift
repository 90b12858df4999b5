internal import CSystem
import Glibc

/// Where a program leaves its traces, so that it is found again after the death of this process: `PREFIX.begun`, `.out`,
/// `.err`, and `.in`, which it reads where it reads something (`csystem_keeper_begin` says who writes what, and when).
package struct JobTraces: Sendable {
    package var prefix: String
    package var readsInput: Bool

    package init(prefix: String, readsInput: Bool) {
        self.prefix = prefix
        self.readsInput = readsInput
    }
}

/// The processes that start programs which are to be found again, and keep how they ended: one, as long as all is well.
///
/// A keeper is forked from this process when it is first needed, and outlives it until the last of its programs has ended. What
/// a start needs goes through memory that the two share, one start at a time; a keeper whose start hangs (a program on a dead
/// network file system) keeps what it has, and is given nothing more.
package actor JobKeepers {
    /// Those of the process, as `EventLoop.shared` is its loop.
    package static let shared = JobKeepers(loop: .shared)

    /// A start that takes longer does not delay those behind it.
    static let startLimit: Duration = .milliseconds(250)
    /// Keepers at once, those left behind included.
    static let limit = 64

    nonisolated let loop: EventLoop
    nonisolated package var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private var keepers: [JobKeeper] = []
    private var waiting: [JobStart] = []
    private var isMaking = false

    package init(loop: EventLoop) { self.loop = loop }

    func start(_ start: JobStart) {
        waiting.append(start)
        serve()
    }

    /// Gives what waits to who can take it.
    private func serve() {
        keepers.removeAll { $0.isGone }
        while let start = waiting.first {
            guard start.isWanted() else {
                waiting.removeFirst()
                continue
            }
            if let keeper = keepers.first(where: { $0.canStart }) {
                if keeper.begin(start) { waiting.removeFirst() }
                continue
            }
            // One that is starting something will have time soon.
            if keepers.contains(where: { $0.willHaveTime }) || isMaking { return }
            guard keepers.count < Self.limit else {
                waiting.removeFirst()
                start.report(.notStarted(EAGAIN))
                continue
            }
            return make()
        }
    }

    /// Leaves all keepers to themselves, as the death of this process does.
    package func letGo() {
        let all = keepers
        keepers = []
        for keeper in all { keeper.close() }
    }

    private func make() {
        isMaking = true
        let isStarted = BoundedWork.start("opsrun-keeper") { [self] in
            var made = csystem_keeper()
            let code = csystem_keeper_start(&made)
            let keeper = JobKeeper(made, loop: loop) { [self] in assumeIsolated { $0.serve() } }
            loop.submit { [self] in assumeIsolated { $0.add(code == 0 ? keeper : nil, code) } }
        }
        if !isStarted { add(nil, EAGAIN) }
    }

    private func add(_ keeper: JobKeeper?, _ code: CInt) {
        isMaking = false
        if let keeper, keeper.watch() {
            keepers.append(keeper)
        } else {
            keeper?.close()
            let all = waiting
            waiting = []
            for start in all { start.report(.notStarted(keeper == nil ? code : ENOMEM)) }
        }
        serve()
    }
}

/// One start that is asked for.
struct JobStart: Sendable {
    enum News: Sendable {
        case started(KeptProcess)
        case notStarted(Int32)
        /// The name has been used.
        case taken
        case notKept(Int32)
        case ended(ProcessOutcome.Exit)
        /// The keeper died: nobody will say how the program ended.
        case lost
    }

    let request: ProcessRequest
    let traces: JobTraces
    let path: String
    /// Whether somebody still waits for it. On the loop.
    let isWanted: @Sendable () -> Bool
    /// On the loop.
    let report: @Sendable (News) -> Void
}

/// A program of a keeper: its process id stays its own until it is released.
struct KeptProcess: Sendable {
    let process: pid_t
    /// Takes what its keeper has said by now. On the loop.
    let look: @Sendable () -> Void
    /// On the loop, once.
    let release: @Sendable () -> Void
}

/// One keeper. On the loop only.
private final class JobKeeper: @unchecked Sendable {
    private var keeper: csystem_keeper
    private let loop: EventLoop
    private let hasTime: @Sendable () -> Void
    private var watched: EventLoop.Watch?
    private var starts: [UInt32: JobStart] = [:]
    private var free = (0..<UInt32(CSYSTEM_KEEPER_SLOTS)).reversed() as [UInt32]
    private var starting: UInt32?
    private var timer: EventLoop.Timer?
    private var isSlow = false
    private(set) var isGone = false

    init(_ keeper: csystem_keeper, loop: EventLoop, hasTime: @escaping @Sendable () -> Void) {
        self.keeper = keeper
        self.loop = loop
        self.hasTime = hasTime
    }

    var canStart: Bool { !isGone && starting == nil && !isSlow && !free.isEmpty }
    var willHaveTime: Bool { !isGone && starting != nil && !isSlow && !free.isEmpty }

    func watch() -> Bool {
        watched = loop.watch(keeper.socket, for: .readable) { [self] _ in read() }
        return watched != nil
    }

    /// False: it has not been asked for, and another keeper may be.
    func begin(_ start: JobStart) -> Bool {
        guard let slot = free.popLast() else { return false }
        let request = start.request
        let code = CStrings.with([request.program] + request.arguments) { arguments in
            CStrings.with(request.environment.map { "\($0.key)=\($0.value)" }) { environment in
                csystem_keeper_begin(
                    &keeper, slot, start.traces.prefix, start.path, arguments, environment, request.directory,
                    start.traces.readsInput ? 1 : 0)
            }
        }
        guard code == 0 else {
            free.append(slot)
            if code == E2BIG {
                start.report(.notStarted(code))
                return true
            }
            // It reads no more, or is dead, which will be seen.
            isSlow = true
            return false
        }
        starts[slot] = start
        starting = slot
        timer = loop.schedule(after: JobKeepers.startLimit) { [self] in
            guard starting == slot else { return }
            isSlow = true
            hasTime()
        }
        return true
    }

    private func read() {
        var news = csystem_keeper_news()
        while !isGone {
            switch csystem_keeper_next(&keeper, &news) {
            case 1: take(news)
            case 0: return
            default: close()
            }
        }
    }

    private func take(_ news: csystem_keeper_news) {
        let slot = news.slot
        guard let start = starts[slot] else { return }
        switch csystem_keeper_kind(news.kind) {
        case CSYSTEM_JOB_STARTED:
            start.report(
                .started(
                    KeptProcess(
                        process: news.value, look: { [self] in read() }, release: { [self] in release(slot) })))
        case CSYSTEM_JOB_EXITED: return start.report(.ended(.exited(news.value)))
        case CSYSTEM_JOB_KILLED: return start.report(.ended(.signalled(news.value)))
        case CSYSTEM_JOB_TAKEN:
            forget(slot)
            start.report(.taken)
        case CSYSTEM_JOB_NOT_KEPT:
            forget(slot)
            start.report(.notKept(news.value))
        default:
            forget(slot)
            start.report(.notStarted(news.value))
        }
        if starting == slot {
            starting = nil
            isSlow = false
            timer?.cancel()
            timer = nil
            hasTime()
        }
    }

    private func forget(_ slot: UInt32) {
        starts[slot] = nil
        free.append(slot)
    }

    private func release(_ slot: UInt32) {
        guard !isGone, starts[slot] != nil else { return }
        // An order that cannot be sent leaves the slot used, and its zombie, until the keeper ends.
        if csystem_keeper_release(&keeper, slot) == 0 { forget(slot) }
    }

    /// Nobody speaks with it any more.
    func close() {
        guard !isGone else { return }
        isGone = true
        if let watched { loop.unwatch(watched) }
        timer?.cancel()
        csystem_keeper_close(&keeper)
        let process = keeper.pid
        _ = BoundedWork.start("opsrun-reap") {
            var status: CInt = 0
            waitpid(process, &status, 0)
        }
        let left = starts.values
        starts = [:]
        for start in left { start.report(.lost) }
        hasTime()
    }
}
