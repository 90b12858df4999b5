import EventLoop
import KafkaWire
import TestSupport
import Testing

@testable import KafkaAdmin

@Suite(.timeLimit(.minutes(10))) struct ConnectionDirectoryTests {
    private func directory(_ brokers: FakeBrokers, _ time: ManualTimeSource) -> ConnectionDirectory {
        ConnectionDirectory(
            settings: AdminClientSettings(bootstrap: []), dialer: brokers, time: time, loop: .shared, random: { 0.5 })
    }

    @Test func `a broker that refuses is dialed once more, then once a second`() async throws {
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
        // Once more almost at once, then a connect a second.
        #expect(waits == [50, 1000, 1000, 1000, 1000, 1000, 1000].map { .milliseconds($0) })
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
        #expect(await second.connection.witnessed == .unknown)
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

    @Test func aBrokerThatHangsUpOnEverybodyIsDialedAboutOnceASecond() async throws {
        let (brokers, time) = (FakeBrokers(), ManualTimeSource())
        let directory = directory(brokers, time)
        let address = try #require(BrokerAddress(text: "broker:1001"))
        for _ in 0..<1200 {
            // Two keys lead there, each dial succeeds, and nobody waits.
            for key in [ConnectionDirectory.Key.node(1), .address(address)] {
                let deadline = time.monotonic + .milliseconds(1)
                guard (try? await directory.connection(key, at: address, deadline: deadline)) != nil else { continue }
                brokers.hangUp(1001)
            }
            time.advance(by: .milliseconds(50))
        }
        #expect(time.monotonic == .seconds(60) && brokers.dials.count >= 40)
        // The first two may follow each other at once.
        #expect(brokers.dials.count <= 60 + 2)
    }

    @Test func `connections made for one call keep the pace too`() async throws {
        let (brokers, time) = (FakeBrokers(), ManualTimeSource())
        let directory = directory(brokers, time)
        let address = try #require(BrokerAddress(text: "broker:1001"))
        brokers.setDown(1001)
        for _ in 0..<100 {
            let deadline = time.monotonic + .milliseconds(1)
            await #expect(throws: KafkaError.self) {
                try await directory.freshConnection(to: address, deadline: deadline)
            }
            time.advance(by: .milliseconds(100))
        }
        #expect((9...12).contains(brokers.dials.count))
        // It is back: nothing is held against it.
        brokers.setDown(1001, false)
        time.advance(by: .seconds(1))
        for _ in 0..<3 {
            let open = try await directory.freshConnection(to: address, deadline: time.monotonic + .milliseconds(1))
            await open.connection.close()
        }
    }

    @Test func `reconnect.backoff.max.ms may be longer than the pace`() async throws {
        let (brokers, time) = (FakeBrokers(), ManualTimeSource())
        var pace = ConnectPace(
            Backoff(base: .milliseconds(500), limit: .seconds(10)), random: { 0.5 })
        let address = try #require(BrokerAddress(text: "broker:1001"))
        var waits: [Duration] = []
        for _ in 0..<6 {
            pace.noteDial(address, at: time.monotonic)
            pace.noteFailure(address, since: time.monotonic, nil)
            let wait = try #require(pace.retryAt(address, now: time.monotonic)) - time.monotonic
            waits.append(wait)
            time.advance(by: wait)
        }
        #expect(waits == [500, 1000, 2000, 4000, 8000, 10000].map { .milliseconds($0) })
        #expect(brokers.dials.isEmpty)
    }

    @Test func `closing ends the connects that are under way`() async throws {
        let brokers = FakeBrokers { $0.address.port == 1001 ? .silence : nil }
        let directory = directory(brokers, ManualTimeSource())
        let address = try #require(BrokerAddress(text: "broker:1001"))
        let leader = Task { try await directory.connection(.node(1), at: address, deadline: .seconds(60)) }
        while brokers.requests(.apiVersions).isEmpty { await Task.yield() }
        let follower = Task { try await directory.connection(.node(1), at: address, deadline: .seconds(60)) }
        let fresh = Task { try await directory.freshConnection(to: address, deadline: .seconds(60)) }
        while brokers.requests(.apiVersions).count < 2 { await Task.yield() }
        await directory.closeAll()
        // No time passes.
        await #expect(throws: KafkaError(.cancelled, "")) { _ = try await leader.value }
        await #expect(throws: KafkaError(.cancelled, "")) { _ = try await fresh.value }
        await #expect(throws: KafkaError(.cancelled, "")) { _ = try await follower.value }
        #expect(brokers.openChannels(1001) == 0)
        // Later callers connect anew.
        let other = try #require(BrokerAddress(text: "broker:1002"))
        _ = try await directory.connection(.node(2), at: other, deadline: .seconds(60))
    }

    @Test func `a connect gets more time with each that failed`() async throws {
        let brokers = FakeBrokers { _ in .silence }
        let time = ManualTimeSource()
        let directory = directory(brokers, time)
        let address = try #require(BrokerAddress(text: "broker:1001"))
        for limit in [10, 20, 30, 30] {
            let task = Task { try await directory.connection(.node(1), at: address, deadline: .seconds(10_000)) }
            let before = brokers.requests(.apiVersions).count
            while brokers.requests(.apiVersions).count == before {
                // Between two of them stands the pause.
                await time.waitForSleepers()
                if brokers.requests(.apiVersions).count == before, let next = time.untilNext, next <= .seconds(1) {
                    time.advance(by: next)
                }
                await Task.yield()
            }
            await time.waitForSleepers()
            #expect(time.untilNext == .seconds(limit))
            time.advance(by: .seconds(limit))
            await #expect(throws: KafkaError.self) { _ = try await task.value }
        }
    }

    @Test func aSettledConnectionThatEndsIsReplacedAtOnce() async throws {
        let (brokers, time) = (FakeBrokers(), ManualTimeSource())
        let directory = directory(brokers, time)
        let address = try #require(BrokerAddress(text: "broker:1001"))
        for _ in 0..<3 {
            _ = try await directory.connection(.node(1), at: address, deadline: .seconds(1000))
            time.advance(by: ConnectPace.settledAfter)
            brokers.hangUp(1001)
        }
        #expect(brokers.dials.count == 3 && time.monotonic == ConnectPace.settledAfter * 3)
    }

    @Test func aNodeThatMovesWhileItIsDialedIsFoundAtItsNewAddress() async throws {
        // The old address takes the connection and never answers.
        let time = ManualTimeSource()
        let brokers = FakeBrokers { $0.address.port == 1001 ? .silence : nil }
        let directory = directory(brokers, time)
        let old = try #require(BrokerAddress(text: "broker:1001"))
        let new = try #require(BrokerAddress(text: "broker:2001"))
        let first = Task { try await directory.connection(.node(1), at: old, deadline: .seconds(60)) }
        while brokers.requests(.apiVersions).isEmpty { await Task.yield() }
        await directory.retain([1: new])
        let second = Task { try await directory.connection(.node(1), at: new, deadline: .seconds(60)) }
        await time.waitForSleepers(2)
        time.advance(by: .seconds(10))
        #expect(try await first.value.connection.address == new)
        #expect(try await second.value.connection.address == new)
        // A caller that has an older list does not lead it back.
        #expect(try await directory.connection(.node(1), at: old, deadline: .seconds(60)).connection.address == new)
        #expect(brokers.dials.map(\.port) == [1001, 2001])
    }

    @Test func aConnectionToTheOldAddressOfANodeIsNotKept() async throws {
        let (brokers, time) = (FakeBrokers(), ManualTimeSource())
        let held = Locked<(@Sendable () -> Void)?>(nil)
        let gate = GatedDialer(base: brokers, held: held)
        let directory = ConnectionDirectory(
            settings: AdminClientSettings(bootstrap: []), dialer: gate, time: time, loop: .shared, random: { 0.5 })
        let old = try #require(BrokerAddress(text: "broker:1001"))
        let new = try #require(BrokerAddress(text: "broker:2001"))
        let task = Task { try await directory.connection(.node(1), at: old, deadline: .seconds(60)) }
        while held.withLock({ $0 == nil }) { await Task.yield() }
        await directory.retain([1: new])
        held.withLock { $0 }?()
        #expect(try await task.value.connection.address == new)
        #expect(brokers.openChannels(1001) == 0 && brokers.openChannels(2001) == 1)
    }
}

/// Holds the first dial back until the test lets it go.
private struct GatedDialer: BrokerDialer {
    let base: FakeBrokers
    let held: Locked<(@Sendable () -> Void)?>

    func dial(_ address: BrokerAddress, within limit: Duration) async throws(KafkaError) -> any BrokerChannel {
        if address.port == 1001 {
            await withCheckedContinuation { waiter in held.withLock { $0 = { waiter.resume() } } }
        }
        return try await base.dial(address, within: limit)
    }
}
