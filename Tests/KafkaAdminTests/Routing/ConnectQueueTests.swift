import EventLoop
import TestSupport
import Testing

@testable import KafkaAdmin

@Suite(.timeLimit(.minutes(10))) struct ConnectQueueTests {
    private let time = ManualTimeSource()
    private let address = BrokerAddress(text: "broker:1001")

    /// A queue with all places taken.
    private func fullQueue() async throws -> (queue: ConnectQueue, address: BrokerAddress) {
        let (queue, address) = (ConnectQueue(time: time, loop: .shared), try #require(address))
        for _ in 0..<ConnectQueue.limit {
            let isAdmitted = await queue.enter(address, deadline: .seconds(1))
            #expect(isAdmitted)
        }
        return (queue, address)
    }

    @Test("the ninth connect to an address waits for the end of one, and other addresses do not wait for it")
    func waitsForItsTurn() async throws {
        let (queue, address) = try await fullQueue()
        let ninth = Task { await queue.enter(address, deadline: .seconds(10)) }
        await time.waitForSleepers(1)
        let other = try #require(BrokerAddress(text: "broker:1002"))
        #expect(await queue.enter(other, deadline: .seconds(1)))
        await queue.leave(address)
        #expect(await ninth.value)
        for _ in 0..<ConnectQueue.limit { await queue.leave(address) }
        #expect(await queue.enter(address, deadline: .seconds(1)))
    }

    @Test("who waits gives up at its deadline, and its place in the line is gone")
    func givesUpAtTheDeadline() async throws {
        let (queue, address) = try await fullQueue()
        let late = Task { await queue.enter(address, deadline: .seconds(2)) }
        await time.waitForSleepers(1)
        time.advance(by: .seconds(2))
        #expect(await !late.value)
        await queue.leave(address)
        #expect(await queue.enter(address, deadline: .seconds(3)))
    }

    @Test("who is cancelled gives up at once")
    func givesUpWhenCancelled() async throws {
        let (queue, address) = try await fullQueue()
        let waiting = Task { await queue.enter(address, deadline: .seconds(60)) }
        await time.waitForSleepers(1)
        waiting.cancel()
        #expect(await !waiting.value)
    }
}
