import RunEngine
import Testing

/// What becomes of hosts in the middle of a block when another one fails.
@Suite struct HalfwayTests {
    /// On b2 the block takes half a minute longer than on b1.
    private static let halves = """
        - name: Upgrade
          on_failure: rollback
          block:
            - do: {name: one}
              undo:
                - do: {name: un1}
            - {when: host.name == 'b1', do: {name: fails}}
            - gate: {probe: {name: slow}, interval: 1s, stable_for: 30s, timeout: 5m}
            - do: {name: two}
        """

    @Test func `a host that holds within its block while another is rolled back is left behind, and that is said`()
        async throws
    {
        try await RunCase.with { run in
            fails(run)
            let outcome = try await run.run(RunCase.playbook(RunCase.play("brokers", "serial: 2", Self.halves)))
            #expect(run.script.effects.filter { $0.hasPrefix("un1") } == ["un1@b1"])
            #expect(!run.script.effects.contains("two@b2"))
            #expect(outcome.exitCode == .taskFailed, "not everything is rolled back")
            #expect(
                outcome.state.closed?.leftovers
                    == ["b2 holds within Upgrade: what it did there is neither finished nor undone"])
        }
    }

    @Test func `a failure that the play bears halts nothing after what was unknown has been resolved`() async throws {
        try await RunCase.with { run in
            fails(run)
            run.script.answer("lost") { seen in
                guard seen.host == "b3" else { return ActionOutcome(.changed) }
                throw StepFailure(.unknownOutcome, "the connection was lost")
            }
            let text = RunCase.playbook(
                RunCase.play("brokers", "serial: 4\nmax_fail: 1", "- act: {name: lost}\n" + Self.halves))
            let first = try await run.run(text)
            #expect(first.exitCode == .unknownOutcome)
            #expect(first.state.closed?.leftovers == [], "whoever goes on with the run finishes what was begun")
            try await resolve(first, in: run)
            let second = try await run.resume(first.runID, text)
            #expect(second.exitCode == .rolledBack, "\(second.message)")
            #expect(Set(run.script.effects.filter { $0.hasPrefix("two") }) == ["two@b2", "two@b3", "two@b4"])
        }
    }

    private func fails(_ run: RunCase) {
        run.script.answer("fails") { _ in ActionOutcome(.failed(StepFailure(.failed, "no"))) }
    }

    private func resolve(_ outcome: RunOutcome, in run: RunCase) async throws {
        let stopped = try StoppedRun(outcome.runID, in: run.store)
        let step = try #require(stopped.doubtfulSteps.first)
        var resolved = StepResolved()
        (resolved.key, resolved.host, resolved.by, resolved.reason) = (step.key, step.host, "ola", "looked")
        resolved.verdict = .done
        try await stopped.resolve(resolved, in: run.store, at: run.time)
    }
}
