import EventLoop
import Glibc
import Testing

@Suite struct EventLoopTests {
    private let loop = EventLoop.shared

    actor Pinned {
        private nonisolated let loop: EventLoop
        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
        private(set) var value = 0

        init(_ loop: EventLoop) { self.loop = loop }

        func add() -> Bool {
            value += 1
            return loop.isCurrent
        }
    }

    @Test func anActorPinnedToTheLoopRunsOnIt() async {
        let actor = Pinned(loop)
        for _ in 0..<1000 { #expect(await actor.add()) }
        #expect(await actor.value == 1000)
    }

    @Test func aTaskWithTheLoopAsPreferenceRunsOnIt() async {
        let isOnLoop = await withTaskExecutorPreference(loop) { await onLoop() }
        #expect(isOnLoop)
    }

    @concurrent private func onLoop() async -> Bool { loop.isCurrent }

    @Test func submittedWorkKeepsItsOrder() async {
        let seen = Locked([Int]())
        await withCheckedContinuation { done in
            for number in 0..<1000 {
                loop.submit { seen.withLock { $0.append(number) } }
            }
            loop.submit { done.resume() }
        }
        #expect(seen.withLock { $0 } == Array(0..<1000))
    }

    @Test func workFromManyThreadsIsAllDone() async {
        let count = Locked(0)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    for _ in 0..<200 {
                        await withCheckedContinuation { done in
                            loop.submit {
                                count.withLock { $0 += 1 }
                                done.resume()
                            }
                        }
                    }
                }
            }
        }
        #expect(count.withLock { $0 } == 10_000)
    }

    @Test func timersFireInTheOrderOfTheirDeadlinesAndCancelledOnesNever() async {
        let seen = Locked([Int]())
        await withCheckedContinuation { done in
            loop.submit { [loop] in
                for number in [5, 1, 4, 2, 3] {
                    loop.schedule(after: .milliseconds(number * 4)) { seen.withLock { $0.append(number) } }
                }
                for _ in 0..<500 {
                    let timer = loop.schedule(after: .milliseconds(2)) { seen.withLock { $0.append(-1) } }
                    timer.cancel()
                    timer.cancel()
                }
                loop.schedule(after: .milliseconds(40)) { done.resume() }
            }
        }
        #expect(seen.withLock { $0 } == [1, 2, 3, 4, 5])
    }

    @Test func aTimerMayCancelAnother() async {
        let seen = Locked([String]())
        await withCheckedContinuation { done in
            loop.submit { [loop] in
                let second = loop.schedule(after: .milliseconds(10)) { seen.withLock { $0.append("second") } }
                loop.schedule(after: .milliseconds(2)) { second.cancel() }
                loop.schedule(after: .milliseconds(20)) { done.resume() }
            }
        }
        #expect(seen.withLock { $0 } == [])
    }

    @Test func aStaleWatchDoesNotEndItsSuccessor() async {
        let fired = await withCheckedContinuation { (done: CheckedContinuation<Bool, Never>) in
            loop.submit { [loop] in
                var ends: [CInt] = [-1, -1]
                pipe(&ends)
                let (other, descriptor) = (ends[0], ends[1])
                guard let first = loop.watch(other, for: .readable, { _ in }) else {
                    return done.resume(returning: false)
                }
                loop.unwatch(first)
                let current = Locked(EventLoop.Watch?.none)
                let second = loop.watch(other, for: .readable) { _ in
                    if let watch = current.withLock({ $0 }) { loop.unwatch(watch) }
                    close(descriptor)
                    close(other)
                    done.resume(returning: true)
                }
                current.withLock { $0 = second }
                loop.unwatch(first)
                if second == nil { done.resume(returning: false) }
                write(descriptor, "x", 1)
            }
        }
        #expect(fired)
    }

    @Test func blockingWorkRunsOnItsOwnThreadInOrder() async throws {
        let thread = BlockingThread(name: "test-blocking")
        let seen = Locked([Int]())
        for number in 0..<100 { #expect(thread.submit { seen.withLock { $0.append(number) } }) }
        let wasOnThread = try await thread.run { thread.isIsolatingCurrentContext() }
        #expect(wasOnThread == true && thread.isIsolatingCurrentContext() == false)
        #expect(seen.withLock { $0 } == Array(0..<100))
    }

    actor Recorder {
        private nonisolated let thread = BlockingThread(name: "test-recorder")
        nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
        private var count = 0

        func note() -> Int {
            thread.checkIsolated()
            count += 1
            return count
        }
    }

    @Test func anActorMayBlockOnAThreadOfItsOwn() async {
        let recorder = Recorder()
        var last = 0
        for _ in 0..<500 { last = await recorder.note() }
        #expect(last == 500)
    }
}
