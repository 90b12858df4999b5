import EventLoop
import Playbooks
import RunEngine
import TestSupport
import Testing
import Values

/// What was true before a run stood still is not taken for true when it goes on.
@Suite struct StaleResumeTests {
    /// Ends the first process by a signal in the step of this name.
    private func stop(in name: String, _ run: RunCase) {
        let stopper = run.stopper
        run.script.answer(name) { seen in
            stopper.request("SIGTERM")
            return ActionOutcome(seen.action == "do" ? .changed : .ok)
        }
    }

    @Test(arguments: [true, false])
    func `the last gate is looked at again before the first write, through a window of its own`(
        holds: Bool
    ) async throws {
        let text = RunCase.playbook(
            RunCase.play(
                "b1", "",
                """
                - gate: {probe: {name: g}, interval: 1s, stable_for: 4s, timeout: 60s}
                - look: {name: r}
                - do: {name: a}
                """))
        try await ScratchDirectory.with { scratch in
            let first = RunCase(scratch)
            stop(in: "r", first)
            let stopped = try await first.run(text)
            #expect(stopped.status == .suspended && first.script.effects.isEmpty, "\(stopped.message)")
            let later = RunCase(scratch)
            later.script.answer("g") { _ in
                ActionOutcome(.ok, result: ["passes": .bool(holds), "reasons": [], "progress": .null])
            }
            let resumed = try await later.resume(stopped.runID, text)
            #expect(resumed.exitCode == (holds ? .done : .gateFailed), "\(resumed.message)")
            #expect(later.script.effects == (holds ? ["a@b1"] : []))
            #expect(later.script.looks.count { $0 == "g@b1" } >= 5)
        }
    }

    @Test(arguments: [true, false])
    func `what the hosts to come were planned for is to be as it was`(hasMoved: Bool) async throws {
        let text = RunCase.playbook(
            RunCase.play("b1:b2", "serial: 1", "- do: {name: a}\n  when: host.installed_version is not none"))
        func facts(_ run: RunCase, _ version: String) {
            run.estate.state.withLock { state in
                for host in ["b1", "b2"] { state.facts[host] = HostFacts(installedVersion: Version("3.9.2")) }
                state.facts["b2"] = HostFacts(installedVersion: Version(version))
            }
        }
        try await ScratchDirectory.with { scratch in
            let first = RunCase(scratch)
            facts(first, "3.9.2")
            stop(in: "a", first)
            let stopped = try await first.run(text)
            #expect(stopped.status == .suspended && first.script.effects == ["a@b1"], "\(stopped.message)")
            let later = RunCase(scratch)
            facts(later, hasMoved ? "4.3.1" : "3.9.2")
            let resumed = try await later.resume(stopped.runID, text)
            #expect(resumed.exitCode == (hasMoved ? .refused : .done), "\(resumed.message)")
            #expect(later.script.effects == (hasMoved ? [] : ["a@b2"]))
            guard hasMoved else { return }
            #expect(resumed.failure?.details == ["b2.installed_version: \"3.9.2\" → \"4.3.1\""])
        }
    }
}
