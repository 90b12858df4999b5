import EventLoop
import Playbooks
import RunEngine
import Testing
import Values

@Suite struct GateTests {
    private func result(_ passes: Bool, _ reasons: [String] = [], progress: Int = 0) -> ActionOutcome {
        ActionOutcome(
            .ok,
            result: [
                "passes": .bool(passes), "reasons": .list(reasons.map { .string($0) }),
                "progress": .int(Int64(progress)),
                "value": .int(Int64(progress)),
            ])
    }

    private func text(_ gate: String) -> String {
        RunCase.playbook(RunCase.play("localhost", "", "- gate: {\(gate)}\n  register: seen\n- do: {name: after}"))
    }

    private func verdict(_ outcome: RunOutcome) -> GateFinished? { outcome.state.gates.last?.finished }

    @Test func `the verdict says what stood in the way, and since when`() async throws {
        try await RunCase.with { run in
            run.script.answer("g") { _ in self.result(false, ["orders-3 is under-replicated"]) }
            let outcome = try await run.run(text("probe: {name: g}, interval: 5s, timeout: 60s"))
            #expect(outcome.exitCode == .gateFailed)
            #expect(verdict(outcome)?.verdict == .timedOut)
            #expect(verdict(outcome)?.reasons == ["orders-3 is under-replicated"])
            #expect(verdict(outcome)?.duration == .seconds(60))
            #expect(verdict(outcome)?.since == outcome.state.gates.last?.startedAt)
            #expect(run.script.effects.isEmpty)
            #expect(outcome.message.contains("orders-3"))
        }
    }

    @Test func `a probe error is a reason and never a pass`() async throws {
        try await RunCase.with { run in
            run.script.answer("g") { seen in
                if seen.count < 3 { throw StepFailure(.unreachable, "broker 2 does not answer") }
                return self.result(true)
            }
            let outcome = try await run.run(text("probe: {name: g}, interval: 1s, stable_for: 4s, timeout: 60s"))
            #expect(outcome.exitCode == .done, "\(outcome.message)")
            let journal = try run.journal(outcome)
            let samples = journal.events.compactMap { event in
                if case .gateSampled(let sample) = event.body { sample } else { nil }
            }
            #expect(samples.first?.reasons.first == "broker 2 does not answer")
            #expect(samples.count == 2, "only changes are kept")
            #expect(verdict(outcome)?.samples == 8)
        }
    }

    @Test func `until replaces the verdict, and its conditions are the reasons`() async throws {
        try await RunCase.with { run in
            run.script.answer("g") { seen in self.result(false, progress: seen.count) }
            let outcome = try await run.run(
                text("probe: {name: g}, until: (result.value | int) >= 2, interval: 1s, timeout: 60s"))
            #expect(outcome.exitCode == .done, "\(outcome.message)")
            #expect(run.script.looks.count == 3)
        }
    }

    @Test func `fail_when ends the wait at once`() async throws {
        try await RunCase.with { run in
            run.script.answer("g") { seen in self.result(false, progress: seen.count) }
            let outcome = try await run.run(
                text("probe: {name: g}, fail_when: (result.value | int) == 2, interval: 1s, timeout: 60s"))
            #expect(outcome.exitCode == .gateFailed)
            #expect(verdict(outcome)?.verdict == .failed)
            #expect(run.script.looks.count == 3)
        }
    }

    @Test func `without progress it is given up, with progress it waits`() async throws {
        try await RunCase.with { run in
            run.script.answer("g") { seen in self.result(seen.count == 40, progress: min(seen.count, 39)) }
            let outcome = try await run.run(text("probe: {name: g}, interval: 10s, stalled_for: 30s"))
            #expect(outcome.exitCode == .done)
        }
        try await RunCase.with { run in
            run.script.answer("g") { seen in self.result(false, progress: min(seen.count, 5)) }
            let outcome = try await run.run(text("probe: {name: g}, interval: 10s, stalled_for: 30s"))
            #expect(verdict(outcome)?.verdict == .stalled)
            #expect(outcome.exitCode == .gateFailed)
        }
    }

    @Test func `a gate without any time looks once`() async throws {
        try await RunCase.with { run in
            run.script.answer("g") { _ in self.result(false, ["no"]) }
            let outcome = try await run.run(text("probe: {name: g}"))
            #expect(outcome.exitCode == .gateFailed)
            #expect(run.script.looks.count == 1)
        }
    }

    @Test func `a gate's timing takes parameters`() async throws {
        try await RunCase.with { run in
            let text = RunCase.playbook(
                RunCase.play("localhost", "", "- gate: calm"),
                head: "params:\n  stable: {type: duration, default: 8s}\n"
                    + "gates:\n  calm: {probe: {name: g}, interval: 5s, stable_for: \"{{ stable }}\"}\n")
            let outcome = try await run.run(text)
            #expect(outcome.exitCode == .done)
            #expect(outcome.state.gates.first?.started.interval == .seconds(2))
            #expect(verdict(outcome)?.gate == "calm")
            let plan = try await run.plan(text)
            #expect(plan.summary.minimumGateTime == .seconds(8))
        }
    }

    @Test func `a look that never ends is ended by the gate's timeout`() async throws {
        try await RunCase.with { run in
            let time = run.time
            run.script.answer("g") { _ in
                try await time.sleep(for: .seconds(86_400))
                return self.result(true)
            }
            let outcome = try await run.run(text("probe: {name: g}, interval: 1s, timeout: 60s"))
            #expect(outcome.exitCode == .gateFailed)
            #expect(verdict(outcome)?.verdict == .timedOut)
            #expect(verdict(outcome)?.duration == .seconds(60))
        }
    }

    @Test func `a look that the timeout cuts off does not hide what was measured before`() async throws {
        try await RunCase.with { run in
            let time = run.time
            run.script.answer("g") { seen in
                if seen.count < 4 { return self.result(false, ["orders-3 is under-replicated"], progress: seen.count) }
                do { try await time.sleep(for: .seconds(86_400)) } catch {
                    throw StepFailure(.cancelled, "the list was cancelled")
                }
                return self.result(true)
            }
            let outcome = try await run.run(text("probe: {name: g}, interval: 2s, timeout: 9s"))
            #expect(verdict(outcome)?.verdict == .timedOut)
            #expect(verdict(outcome)?.reasons == ["orders-3 is under-replicated", "a last look was cut off"])
            #expect(verdict(outcome)?.since == outcome.state.gates.last?.startedAt)
            #expect(verdict(outcome)?.duration == .seconds(9))
            #expect(outcome.message.contains("orders-3"))
        }
    }

    @Test func `no look is begun when the time is up`() async throws {
        try await RunCase.with { run in
            run.script.answer("g") { _ in self.result(false, ["orders-3 is under-replicated"]) }
            let outcome = try await run.run(text("probe: {name: g}, interval: 2s, timeout: 7s"))
            #expect(run.script.looks.count == 4)
            #expect(verdict(outcome)?.samples == 4)
            #expect(verdict(outcome)?.reasons == ["orders-3 is under-replicated"])
            #expect(verdict(outcome)?.duration == .seconds(7))
        }
    }

    @Test func `a gate that ends on a probe error says too what it saw before`() async throws {
        try await RunCase.with { run in
            run.script.answer("g") { seen in
                if seen.count < 3 { return self.result(false, ["orders-3 is under-replicated"]) }
                throw StepFailure(.unreachable, "broker 2 does not answer")
            }
            let outcome = try await run.run(text("probe: {name: g}, interval: 2s, timeout: 20s"))
            #expect(
                verdict(outcome)?.reasons == [
                    "broker 2 does not answer", "before that: orders-3 is under-replicated",
                ])
        }
    }
}
