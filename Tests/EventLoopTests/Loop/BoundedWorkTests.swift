import TestSupport
import Testing

@testable import EventLoop

@Suite(.timeLimit(.minutes(1))) struct BoundedWorkTests {
    @Test func workThatEndsInTimeGivesItsResult() async throws {
        #expect(try await BoundedWork.run("test", within: .seconds(30)) { 7 } == 7)
    }

    @Test func workThatHangsIsLeftBehind() async throws {
        let gate = ThreadGate()
        await #expect(throws: BoundedWork.Failure.timedOut) {
            try await BoundedWork.run("test", within: .milliseconds(20)) {
                gate.wait()
            }
        }
        // Others do not wait for it.
        #expect(try await BoundedWork.run("test", within: .seconds(30)) { 1 } == 1)
        gate.open()
    }

    @Test func cancellationEndsTheWait() async throws {
        let (started, signal) = AsyncStream.makeStream(of: Void.self)
        let gate = ThreadGate()
        let task = Task {
            try await BoundedWork.run("test", within: .seconds(60)) {
                signal.yield()
                gate.wait()
            }
        }
        for await _ in started { break }
        task.cancel()
        await #expect(throws: BoundedWork.Failure.cancelled) { try await task.value }
        gate.open()
    }
}
