import RunEngine
import Testing
import Values

@Suite struct SkeletonTests {
    @Test func `one gate and one command run, in order, and stand in the journal`() async throws {
        try await RunCase.with { run in
            let outcome = try await run.run(
                RunCase.playbook(
                    RunCase.play(
                        "localhost", "",
                        """
                        - gate: {probe: {name: g}, interval: 1s, stable_for: 4s}
                        - name: Do it
                          do: {name: a}
                        """)))
            #expect(outcome.exitCode == .done, "\(outcome.message)")
            #expect(run.script.effects == ["a@localhost"])
            #expect(run.script.looks.count >= 4)
            let journal = try run.journal(outcome)
            #expect(journal.end.damage == nil)
            #expect(
                journal.events.map(\.body.type).filter { $0 != "gate_sampled" } == [
                    "run_opened", "planned", "play_opened", "batch_opened", "gate_started", "gate_finished",
                    "task_started", "task_progressed", "task_finished", "batch_closed", "run_closed",
                ])
            #expect(try AuditVerifier.verify(run.store).findings.isEmpty)
        }
    }
}
