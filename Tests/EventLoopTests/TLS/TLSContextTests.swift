import TestSupport
import Testing

@testable import EventLoop

@Suite(.timeLimit(.minutes(1))) struct TLSContextTests {
    /// A truststore on a file system that does not answer until it is told to.
    private func stuck(_ gate: ThreadGate) -> TLSContext {
        let material = TLSMaterial.inline(
            TLSSecret {
                gate.wait()
                return []
            }, name: "slow")
        return .client(TLSSettings(trust: .pem(material)))
    }

    @Test func settingsThatCannotBeReadInTimeEndTheWait() async throws {
        let gate = ThreadGate()
        let context = stuck(gate)
        // The second caller waits for the same reading, within its own limit.
        for _ in 0..<2 {
            let error = await #expect(throws: TLSError.self) {
                _ = try await context.machinery(within: .milliseconds(20))
            }
            #expect(error?.message.contains("in time") == true)
        }
        gate.open()
        // What was wrong with them is told by the next one.
        let error = await #expect(throws: TLSError.self) { _ = try await context.machinery(within: .seconds(30)) }
        #expect(error?.message.contains("in time") == false)
    }

    @Test func aCancelledCallerWaitsNoLonger() async throws {
        let gate = ThreadGate()
        let context = stuck(gate)
        let task = Task { _ = try await context.machinery(within: .seconds(60)) }
        await Task.yield()
        task.cancel()
        await #expect(throws: TLSError.self) { try await task.value }
        gate.open()
    }
}
