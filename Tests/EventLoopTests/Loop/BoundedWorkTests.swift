import Glibc
import Testing

@testable import EventLoop

@Suite(.timeLimit(.minutes(1))) struct BoundedWorkTests {
    @Test func workThatEndsInTimeGivesItsResult() async throws {
        #expect(try await BoundedWork.run("test", within: .seconds(30)) { 7 } == 7)
    }

    @Test func workThatHangsIsLeftBehind() async throws {
        let isOver = Locked(false)
        await #expect(throws: BoundedWork.Failure.timedOut) {
            try await BoundedWork.run("test", within: .milliseconds(20)) {
                while !isOver.withLock({ $0 }) { usleep(1000) }
            }
        }
        // Others do not wait for it.
        #expect(try await BoundedWork.run("test", within: .seconds(30)) { 1 } == 1)
        isOver.withLock { $0 = true }
    }

    @Test func cancellationEndsTheWait() async throws {
        let (started, signal) = AsyncStream.makeStream(of: Void.self)
        let isOver = Locked(false)
        let task = Task {
            try await BoundedWork.run("test", within: .seconds(60)) {
                signal.yield()
                while !isOver.withLock({ $0 }) { usleep(1000) }
            }
        }
        for await _ in started { break }
        task.cancel()
        await #expect(throws: BoundedWork.Failure.cancelled) { try await task.value }
        isOver.withLock { $0 = true }
    }
}
