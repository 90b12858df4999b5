import Testing
import Values

@testable import RunEngine

@Suite struct GateJudgeTests {
    /// Feeds samples at the times that the judge asks for; each takes no time.
    private func judge(_ timing: GateTiming, _ samples: [(passes: Bool, progress: Int)]) -> (
        GateJudge.Decision, Duration, Int
    ) {
        var judge = GateJudge(timing: timing)
        var now = Duration.seconds(1000)
        for (number, sample) in samples.enumerated() {
            let decision = judge.judge(
                .init(
                    passes: sample.passes, reasons: sample.passes ? [] : ["urp"], progress: .int(Int64(sample.progress))
                ),
                from: now, to: now)
            guard case .look(let delay) = decision else { return (decision, now - .seconds(1000), number + 1) }
            now = now + delay
        }
        return (.look(in: .zero), now - .seconds(1000), samples.count)
    }

    private func timing(
        interval: Int = 5, stable: Int? = nil, timeout: Int? = nil, stalled: Int? = nil
    ) -> GateTiming {
        GateTiming(
            interval: .seconds(interval), stableFor: stable.map { .seconds($0) }, timeout: timeout.map { .seconds($0) },
            stalledFor: stalled.map { .seconds($0) })
    }

    @Test func `it samples at the smaller of the interval and a quarter of the window`() {
        #expect(timing(interval: 5, stable: 60).period == .seconds(5))
        #expect(timing(interval: 5, stable: 10).period == .milliseconds(2500))
        #expect(timing(interval: 5).period == .seconds(5))
    }

    @Test func `all samples of the window must be good`() {
        let good = [Bool](repeating: true, count: 13).map { ($0, 0) }
        #expect(judge(timing(stable: 60, timeout: 600), good).0 == .pass)
        #expect(judge(timing(stable: 60, timeout: 600), good).1 == .seconds(60))
        var flapping = good
        flapping[11] = (false, 0)
        #expect(judge(timing(stable: 60, timeout: 600), flapping).0 != .pass)
    }

    @Test func `without a window the first good sample passes`() {
        let end = judge(timing(timeout: 60), [(false, 0), (false, 0), (true, 0)])
        #expect(end.0 == .pass)
        #expect(end.2 == 3)
    }

    @Test func `the timeout counts from the first sample, to the moment`() {
        let end = judge(timing(interval: 7, timeout: 20), [Bool](repeating: false, count: 9).map { ($0, 0) })
        #expect(end.0 == .fail(.timedOut))
        #expect(end.1 == .seconds(20))
    }

    @Test func `a window that would end after the timeout is not waited out`() {
        let samples =
            [Bool](repeating: false, count: 5).map { ($0, 0) } + [Bool](repeating: true, count: 20).map { ($0, 0) }
        let end = judge(timing(stable: 60, timeout: 60), samples)
        #expect(end.0 == .fail(.timedOut))
        #expect(end.1 == .seconds(60))
    }

    @Test func `progress that moves is never given up on, progress that stands is`() {
        let moving = (0..<100).map { (false, $0) }
        #expect(judge(timing(stalled: 30), moving).2 == 100)
        let standing = moving.prefix(10) + [Bool](repeating: false, count: 20).map { ($0, 9) }
        let end = judge(timing(stalled: 30), Array(standing))
        #expect(end.0 == .fail(.stalled))
        #expect(end.1 == .seconds(45 + 30))
    }

    @Test func `a probe that fails is no progress and no pass`() {
        var judge = GateJudge(timing: timing(stalled: 30))
        var now = Duration.zero
        var decision = GateJudge.Decision.look(in: .zero)
        for number in 0..<20 {
            decision = judge.judge(
                .init(passes: false, reasons: ["refused \(number)"], isMeasured: false), from: now, to: now)
            guard case .look(let delay) = decision else { break }
            now = now + delay
        }
        #expect(decision == .fail(.stalled))
        #expect(now == .seconds(30))
    }

    @Test func `fail_when ends it at once`() {
        var judge = GateJudge(timing: timing(timeout: 600))
        #expect(judge.judge(.init(passes: true, meetsFailWhen: true), from: .zero, to: .zero) == .fail(.failed))
    }

    @Test func `a pause that nobody can vouch for empties the window`() {
        var judge = GateJudge(timing: timing(stable: 60, timeout: 3600))
        _ = judge.judge(.init(passes: true), from: .zero, to: .zero)
        #expect(judge.judge(.init(passes: true), from: .seconds(300), to: .seconds(300)) == .look(in: .seconds(5)))
        #expect(judge.goodFor(at: .seconds(300)) == .zero)
    }

    @Test func `flapping never passes, whatever the seed`() {
        for seed in 0..<200 {
            var random = SplitMix(state: UInt64(seed))
            var judge = GateJudge(timing: timing(stable: 30, timeout: 100_000))
            var now = Duration.zero
            var lastBad = Duration.zero
            for _ in 0..<200 {
                let passes = random.next() % 4 != 0
                if !passes { lastBad = now }
                let decision = judge.judge(.init(passes: passes), from: now, to: now)
                if decision == .pass {
                    #expect(now - lastBad >= .seconds(30), "seed \(seed)")
                    break
                }
                guard case .look(let delay) = decision else { break }
                now = now + delay
            }
        }
    }

    private struct SplitMix {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    @Test func `a look vouches only for the time between the end of one and the beginning of another`() {
        var judge = GateJudge(timing: timing(stable: 20, timeout: 600))
        #expect(judge.judge(.init(passes: true), from: .zero, to: .seconds(25)) != .pass)
        #expect(judge.judge(.init(passes: true), from: .seconds(30), to: .seconds(50)) != .pass)
        #expect(judge.judge(.init(passes: true), from: .seconds(50), to: .seconds(51)) == .pass)
    }

    @Test func `a process stopped during a look makes what it saw stale`() {
        var judge = GateJudge(timing: timing(stable: 20, timeout: 6000))
        _ = judge.judge(.init(passes: true), from: .zero, to: .zero)
        #expect(judge.judge(.init(passes: true), from: .seconds(20), to: .seconds(1000)) != .pass)
        #expect(judge.judge(.init(passes: true), from: .seconds(1005), to: .seconds(1005)) != .pass)
        #expect(judge.judge(.init(passes: true), from: .seconds(1020), to: .seconds(1020)) == .pass)
    }

    @Test func `looks that take long empty the window and do not keep a wait from stalling`() {
        var judge = GateJudge(timing: timing(stable: 20, stalled: 120))
        var now = Duration.zero
        var decision = GateJudge.Decision.look(in: .zero)
        var samples = 0
        while case .look(let delay) = decision, samples < 100 {
            now = now + delay
            decision = judge.judge(
                .init(passes: false, reasons: ["urp"], progress: .int(7)), from: now, to: now + .seconds(40))
            now = now + .seconds(40)
            samples += 1
        }
        #expect(decision == .fail(.stalled))
        #expect(samples == 3)
        var good = GateJudge(timing: timing(stable: 20, timeout: 600))
        #expect(good.judge(.init(passes: true), from: .zero, to: .seconds(40)) != .pass)
        #expect(good.judge(.init(passes: true), from: .seconds(45), to: .seconds(85)) != .pass)
    }

    @Test func `a clock that stood still between two looks is no time without progress`() {
        var judge = GateJudge(timing: timing(stalled: 60))
        let bad = GateJudge.Sample(passes: false, reasons: ["urp"], progress: .int(7))
        _ = judge.judge(bad, from: .zero, to: .zero)
        #expect(judge.judge(bad, from: .seconds(3600), to: .seconds(3600)) != .fail(.stalled))
    }
}
