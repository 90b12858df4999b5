import EventLoop
import KafkaWire
import TestSupport
import Testing

@testable import KafkaAdmin

@Suite(.timeLimit(.minutes(1))) struct ConnectionDirectoryTests {
    private func directory(_ brokers: FakeBrokers, _ time: ManualTimeSource) -> ConnectionDirectory {
        ConnectionDirectory(
            settings: AdminClientSettings(bootstrap: []), dialer: brokers, time: time, loop: .shared, random: { 0.5 })
    }

    @Test func aBrokerThatRefusesIsDialedLessAndLess() async throws {
        let (brokers, time) = (FakeBrokers(), ManualTimeSource())
        let directory = directory(brokers, time)
        let address = try #require(BrokerAddress(text: "broker:1001"))
        brokers.setDown(1001)
        var waits: [Duration] = []
        await #expect(throws: KafkaError.self) {
            try await directory.connection(.node(1), at: address, deadline: .seconds(1000))
        }
        for _ in 0..<7 {
            let task = Task { try await directory.connection(.node(1), at: address, deadline: .seconds(1000)) }
            await time.waitForSleepers()
            let wait = try #require(time.untilNext)
            waits.append(wait)
            time.advance(by: wait)
            await #expect(throws: KafkaError.self) { try await task.value }
        }
        #expect(waits == [50, 100, 200, 400, 800, 1000, 1000].map { .milliseconds($0) })
        #expect(brokers.dials.count == 8)
        // Beyond the deadline nobody waits: the last error is told at once.
        let error = await #expect(throws: KafkaError.self) {
            try await directory.connection(.node(1), at: address, deadline: time.monotonic + .milliseconds(10))
        }
        #expect(error?.message.contains("refuses") == true && brokers.dials.count == 8)
    }

    @Test func anIdleConnectionIsClosedUnlessSomeoneWatchesIt() async throws {
        let (brokers, time) = (FakeBrokers(), ManualTimeSource())
        let directory = directory(brokers, time)
        let addresses = try (1...3).map { try #require(BrokerAddress(text: "broker:100\($0)")) }
        let first = try await directory.connection(.node(1), at: addresses[0], deadline: .seconds(1))
        let second = try await directory.connection(.node(2), at: addresses[1], deadline: .seconds(1))
        await directory.watch(second.connection)
        time.advance(by: .seconds(301))
        _ = try await directory.connection(.node(3), at: addresses[2], deadline: .seconds(400))
        #expect(await first.connection.isClosed)
        #expect(await !second.connection.isClosed)
        #expect(await directory.witnessedConnection(second.connection.incarnation) != nil)
        await directory.closeAll()
        #expect(await directory.witnessedConnection(second.connection.incarnation) == nil)
    }

    @Test func aFollowerGivesUpAtItsOwnDeadline() async throws {
        // The broker accepts and never answers: the first caller holds the dial.
        let (brokers, time) = (FakeBrokers(reply: { _ in .silence }), ManualTimeSource())
        let directory = directory(brokers, time)
        let address = try #require(BrokerAddress(text: "broker:1001"))
        let leader = Task { try await directory.connection(.node(1), at: address, deadline: .seconds(60)) }
        await time.waitForSleepers(1)
        let follower = Task { try await directory.connection(.node(1), at: address, deadline: .seconds(2)) }
        await time.waitForSleepers(2)
        time.advance(by: .seconds(2))
        await #expect(throws: KafkaError.self) { try await follower.value }
        time.advance(by: .seconds(8))
        await #expect(throws: KafkaError.self) { try await leader.value }
        #expect(brokers.dials.count == 1 && time.monotonic == .seconds(10))
    }
}
