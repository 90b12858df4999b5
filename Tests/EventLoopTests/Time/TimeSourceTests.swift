import EventLoop
import TestSupport
import Testing

@Suite struct TimeSourceTests {
    @Test func aManualClockWakesSleepersInOrder() async throws {
        let time = ManualTimeSource()
        let (woken, signal) = AsyncStream.makeStream(of: Int.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for seconds in [3, 1, 2] {
                group.addTask {
                    try await time.sleep(for: .seconds(seconds))
                    signal.yield(seconds)
                }
            }
            await time.waitForSleepers(3)
            #expect(time.untilNext == .seconds(1))
            var order: [Int] = []
            var iterator = woken.makeAsyncIterator()
            for _ in 0..<3 {
                time.advance(by: .seconds(1))
                if let next = await iterator.next() { order.append(next) }
            }
            #expect(order == [1, 2, 3])
            try await group.waitForAll()
        }
        #expect(time.sleepers == 0 && time.monotonic == .seconds(3))
    }

    @Test func aCancelledSleepThrowsAtOnceAndLeavesNothingBehind() async {
        let time = ManualTimeSource()
        let task = Task { try await time.sleep(for: .seconds(60)) }
        await time.waitForSleepers()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(time.sleepers == 0)
    }

    @Test func aSleepInACancelledTaskThrows() async {
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await SystemTimeSource().sleep(for: .seconds(60))
        }
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func aSleepOnTheSystemClockIsNeverShort() async throws {
        let time = SystemTimeSource()
        for milliseconds in [1, 3, 10] {
            let before = time.monotonic
            try await time.sleep(for: .milliseconds(milliseconds))
            #expect(time.monotonic - before >= .milliseconds(milliseconds))
        }
    }

    @Test func aScaledClockRunsFaster() async throws {
        let base = ManualTimeSource(sinceEpoch: .seconds(1000))
        let time = ScaledTimeSource(speed: 10, base: base)
        let task = Task { try await time.sleep(for: .seconds(50)) }
        await base.waitForSleepers()
        base.advance(by: .seconds(5))
        try await task.value
        #expect(time.monotonic == .seconds(50) && time.sinceEpoch == .seconds(1050))
    }

    @Test func theWallClockMovesAlone() {
        let time = ManualTimeSource(sinceEpoch: .seconds(100))
        time.advance(by: .seconds(5))
        time.setEpoch(.seconds(50))
        #expect(time.sinceEpoch == .seconds(50) && time.monotonic == .seconds(5))
        time.advance(by: .seconds(1))
        #expect(time.sinceEpoch == .seconds(51))
    }
}
