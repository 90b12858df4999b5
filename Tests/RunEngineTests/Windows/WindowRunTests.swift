import EventLoop
import Playbooks
import RunEngine
import TestSupport
import Testing
import Values

/// Runs whose playbook has a window. The clock begins at 2025-06-15 15:06:40 UTC, a Sunday.
@Suite struct WindowRunTests {
    private func playbook(_ window: String, _ tasks: String, _ keywords: String = "serial: 2") -> String {
        RunCase.playbook(RunCase.play("brokers", keywords, tasks), head: "window: \(window)\n")
    }

    /// Steps of this name take an hour.
    private func slow(_ name: String, _ run: RunCase) {
        let time = run.time
        run.script.answer(name) { _ in
            try await time.sleep(for: .seconds(3600))
            return ActionOutcome(.changed)
        }
    }

    @Test func `outside of its window a run is refused, and says when it opens`() async throws {
        try await RunCase.with { run in
            let outcome = try await run.run(
                playbook("{allow: [{cron: \"0 22 * * SUN\", duration: 5h, timezone: Europe/Oslo}]}", "- do: {name: a}"))
            #expect(outcome.exitCode == .refused)
            #expect(outcome.message == "the window is closed; it opens at 2025-06-15T20:00:00.000Z")
            #expect(run.script.effects.isEmpty)
            let frozen = try await run.run(
                playbook("{deny: [{from: 2025-06-01, to: 2025-07-01, reason: change freeze}]}", "- do: {name: a}"))
            #expect(frozen.message == "the window is closed (change freeze); it opens at 2025-07-01T00:00:00.000Z")
            let reading = try await run.run(
                playbook("{deny: [{from: 2025-06-01, to: 2025-07-01}]}", "- look: {name: a}"))
            #expect(reading.exitCode == .done, "who only reads may do so at any time")
        }
    }

    @Test func `a run may wait for its window`() async throws {
        try await RunCase.with { run in
            var options = RunOptions()
            options.waitsForWindow = true
            let outcome = try await run.run(
                playbook("{allow: [{cron: \"0 22 * * SUN\", duration: 5h}]}", "- do: {name: a}"), options: options)
            #expect(outcome.exitCode == .done, "\(outcome.message)")
            #expect(run.time.sinceEpoch >= .seconds(1_750_024_800))
            #expect(run.script.effects.count == 4)
        }
    }

    @Test func `a batch that has begun is finished, and the next one does not begin`() async throws {
        try await RunCase.with { run in
            slow("a", run)
            let outcome = try await run.run(
                playbook("{allow: [{cron: \"0 15 * * *\", duration: 1h}]}", "- do: {name: a}\n- do: {name: b}"))
            #expect(outcome.exitCode == .suspended && outcome.status == .suspended)
            #expect(outcome.message == "the window is closed; it opens at 2025-06-16T15:00:00.000Z")
            #expect(Set(run.script.effects) == ["a@b1", "a@b2", "b@b1", "b@b2"])
        }
    }

    @Test func `a run that its window has ended goes on in the next one, and not before`() async throws {
        try await RunCase.with { run in
            slow("a", run)
            let text = playbook("{allow: [{cron: \"0 15 * * *\", duration: 1h}]}", "- do: {name: a}")
            let first = try await run.run(text)
            #expect(first.exitCode == .suspended && Set(run.script.effects) == ["a@b1", "a@b2"])
            let early = try await run.resume(first.runID, text)
            #expect(early.exitCode == .refused && early.message.contains("it opens at 2025-06-16T15:00:00.000Z"))
            var options = RunOptions()
            options.waitsForWindow = true
            let next = try await run.resume(first.runID, text, options: options)
            #expect(next.exitCode == .done, "\(next.message)")
            #expect(run.script.effects.count == 4 && Set(run.script.effects.suffix(2)) == ["a@b3", "a@b4"])
        }
    }

    @Test func `finish_step begins no other step, nor one that could not end in time`() async throws {
        let window = "{allow: [{cron: \"0 15 * * *\", duration: 1h}], on_close: finish_step}"
        try await RunCase.with { run in
            slow("a", run)
            let outcome = try await run.run(playbook(window, "- do: {name: a}\n- do: {name: b}", "serial: 1"))
            #expect(outcome.exitCode == .suspended)
            #expect(run.script.effects == ["a@b1"])
        }
        try await RunCase.with { run in
            let outcome = try await run.run(
                playbook(window, "- do: {name: a}\n- do: {name: b}\n  timeout: 1h", "serial: 1"))
            #expect(outcome.exitCode == .suspended)
            #expect(
                outcome.message
                    == "the window closes at 2025-06-15T16:00:00.000Z, before what takes at least 1h could end")
            #expect(run.script.effects == ["a@b1"])
        }
    }

    @Test func `a batch whose gates alone last longer than the window does not begin`() async throws {
        try await RunCase.with { run in
            let tasks = "- do: {name: a}\n- gate: {probe: {name: g}, interval: 5m, stable_for: 40m, timeout: 2h}"
            let fits = "{allow: [{cron: \"0 15 * * *\", duration: 1h}]}"
            let outcome = try await run.run(playbook(fits, tasks, "serial: 1"))
            #expect(outcome.exitCode == .suspended)
            // 15:06 to 15:46 was enough for one, and 14 minutes are not for another.
            #expect(run.script.effects == ["a@b1"])
            #expect(outcome.message.contains("before what takes at least 40m could end"), "\(outcome.message)")
        }
    }

    @Test func `the plan names the window, whatever time it is`() async throws {
        try await RunCase.with { run in
            let plan = try await run.plan(
                playbook("{allow: [{cron: \"0 22 * * SUN\", duration: 5h}]}", "- do: {name: a}"))
            #expect(plan.notes.contains("changes only in its window: 0 22 * * SUN for 5h (UTC)"))
            #expect(plan.refusals.isEmpty)
        }
    }
}
