import EventLoop
import Playbooks
import RunEngine
import TestSupport
import Testing
import Values

@Suite struct SignalTests {
    @Test(arguments: [("SIGINT", ExitCode.interrupted), ("SIGTERM", .terminated)])
    func `the first signal ends a wait at once and nothing new starts`(signal: String, code: ExitCode) async throws {
        try await RunCase.with { run in
            run.script.answer("g") { seen in
                if seen.count == 2 { run.stopper.request(signal) }
                return ActionOutcome(.ok, result: ["passes": false, "reasons": ["wait"], "progress": .null])
            }
            let outcome = try await run.run(
                RunCase.playbook(
                    RunCase.play(
                        "localhost", "",
                        """
                        - do: {name: a}
                        - gate: {probe: {name: g}, interval: 5s, timeout: 1h}
                        - do: {name: b}
                        """),
                    RunCase.play("localhost", "", "- do: {name: c}")))
            #expect(outcome.exitCode == code)
            #expect(outcome.status == .suspended)
            #expect(run.script.effects == ["a@localhost"])
            #expect(outcome.state.gates.last?.finished?.verdict == .stopped)
            #expect(try AuditVerifier.verify(run.store).findings.isEmpty)
        }
    }

    @Test func `a running read is ended, a running write is finished`() async throws {
        for (action, count) in [("look", 0), ("do", 1)] {
            try await RunCase.with { run in
                let time = run.time
                run.script.answer("slow") { seen in
                    run.stopper.request("SIGINT")
                    if seen.action == "look" {
                        try await time.sleep(for: .seconds(30))
                    } else {
                        for _ in 0..<50 { await Task.yield() }
                        try Task.checkCancellation()
                    }
                    return ActionOutcome(.changed)
                }
                let outcome = try await run.run(
                    RunCase.playbook(RunCase.play("localhost", "", "- \(action): {name: slow}\n- do: {name: b}")),
                    movesClock: false)
                #expect(outcome.exitCode == .interrupted)
                #expect(!run.script.effects.contains("b@localhost"))
                #expect(outcome.state.hostCounts.first?.changed ?? 0 == count)
            }
        }
    }

    @Test func `between a stop and its start, the start is finished`() async throws {
        try await RunCase.with { run in
            run.script.answer("g") { seen in
                if seen.count == 0 { run.stopper.request("SIGINT") }
                return ActionOutcome(
                    .ok, result: ["passes": .bool(seen.count >= 3), "reasons": [], "progress": .null])
            }
            let outcome = try await run.run(
                RunCase.playbook(
                    RunCase.play(
                        "b1", "",
                        """
                        - stop: {name: down}
                        - gate: {probe: {name: g}, interval: 5s, timeout: 1h}
                        - start: {name: up}
                        - do: {name: after}
                        """)))
            #expect(outcome.exitCode == .interrupted)
            #expect(run.script.effects == ["down@b1", "up@b1"])
        }
    }

    @Test(
        "A host that is stopped and not started again by its list holds like any other",
        arguments: ["", "- start: {name: up}\n  when: 1 > 2", "- block:\n    - start: {name: up}\n  when: 1 > 2"])
    func staysDown(rest: String) async throws {
        try await RunCase.with { run in
            run.script.answer("down") { _ in
                run.stopper.request("SIGINT")
                return ActionOutcome(.changed)
            }
            let outcome = try await run.run(
                RunCase.playbook(
                    RunCase.play(
                        "b1", "", "- stop: {name: down}\n- do: {name: next}\n- do: {name: last}\n" + rest)))
            #expect(outcome.exitCode == .interrupted)
            #expect(run.script.effects == ["down@b1"])
        }
    }

    @Test func `a node that was stopped and is not proven back is left behind, and the end says so`() async throws {
        for (rest, leftovers) in [
            ("- start: {name: up}", ["b1 was stopped by this run and is not proven back"]), ("", []),
        ] {
            try await RunCase.with { run in
                run.script.answer("up") { _ in throw StepFailure(.failed, "it does not start") }
                let outcome = try await run.run(
                    RunCase.playbook(RunCase.play("b1", "", "- stop: {name: down}\n" + rest)))
                #expect(outcome.state.closed?.leftovers == leftovers)
            }
        }
    }

    @Test func `a start that lies in an enclosing list is gone on to`() async throws {
        try await RunCase.with { run in
            run.script.answer("down") { _ in
                run.stopper.request("SIGINT")
                return ActionOutcome(.changed)
            }
            let outcome = try await run.run(
                RunCase.playbook(
                    RunCase.play(
                        "b1", "",
                        """
                        - block:
                            - stop: {name: down}
                            - do: {name: change}
                        - block:
                            - start: {name: up}
                            - do: {name: after}
                        """)))
            #expect(outcome.exitCode == .interrupted)
            #expect(run.script.effects == ["down@b1", "change@b1", "up@b1"])
        }
    }

    @Test func `always still runs after a signal`() async throws {
        try await RunCase.with { run in
            run.script.answer("a") { _ in
                run.stopper.request("SIGTERM")
                return ActionOutcome(.changed)
            }
            let outcome = try await run.run(
                RunCase.playbook(
                    RunCase.play(
                        "localhost", "",
                        "- block:\n    - do: {name: a}\n    - do: {name: b}\n  always:\n    - do: {name: put back}")))
            #expect(outcome.exitCode == .terminated)
            #expect(run.script.effects == ["a@localhost", "put back@localhost"])
        }
    }

    @Test func `the second signal kills what runs, which is then unknown and named`() async throws {
        try await RunCase.with { run in
            let time = run.time
            run.script.answer("stuck") { _ in
                run.stopper.request("SIGINT")
                run.stopper.request("SIGINT")
                try await time.sleep(for: .seconds(36_000))
                return ActionOutcome(.changed)
            }
            let outcome = try await run.run(
                RunCase.playbook(RunCase.play("localhost", "", "- do: {name: stuck}\n- do: {name: b}")),
                movesClock: false)
            #expect(outcome.exitCode == .interrupted)
            #expect(outcome.state.closed?.unknownSteps.count == 1)
            #expect(outcome.state.hostCounts.first?.unknown == 1)
            #expect(outcome.state.signals == 2)
            #expect(run.script.effects == ["stuck@localhost"])
        }
    }

    @Test func `the second signal ends a rollback: its step is unknown, and a resume ends the rollback`() async throws {
        let text = RunCase.playbook(
            RunCase.play(
                "b1", "",
                """
                - name: Together
                  on_failure: rollback
                  block:
                    - do: {name: a}
                      undo: [{do: {name: un-a}}]
                    - do: {name: b}
                      undo: [{do: {name: un-b}}]
                    - do: {name: c}
                """))
        try await RunCase.with { run in
            let time = run.time
            run.script.answer("c") { _ in ActionOutcome(.failed(StepFailure(.failed, "no"))) }
            run.script.answer("un-a") { seen in
                guard seen.count == 0 else { return ActionOutcome(.changed) }
                run.stopper.request("SIGINT")
                run.stopper.request("SIGINT")
                // By a clock that nobody moves: only the second signal ends it.
                try await time.sleep(for: .seconds(36_000))
                return ActionOutcome(.changed)
            }
            let outcome = try await run.run(text, movesClock: false)
            #expect(outcome.exitCode == .interrupted, "\(outcome.message)")
            #expect(outcome.status == .suspended)
            #expect(time.monotonic == .zero, "nothing was waited for")
            let unknown = try #require(outcome.state.closed?.unknownSteps)
            #expect(unknown.count == 1)
            #expect(
                outcome.state.unknownSteps.map(\.name) == ["do"] && outcome.state.unknownSteps.map(\.key) == unknown)
            #expect(run.script.effects == ["a@b1", "b@b1", "c@b1", "un-b@b1", "un-a@b1"])
            #expect(try AuditVerifier.verify(run.store).findings.isEmpty)
            // In another process, to which the outcome of that step is told by its proof.
            let other = RunCase(run.scratch)
            other.script.verify("un-a", .notDone(evidence: "a is there"))
            let resumed = try await other.resume(outcome.runID, text)
            #expect(resumed.exitCode == .rolledBack, "\(resumed.message)")
            #expect(other.script.effects == ["un-a@b1"], "what is undone is not undone twice")
            #expect(resumed.state.hostCounts.first?.rolledBack == 1)
        }
    }

    @Test func `when the grace is over, what runs is cancelled`() async throws {
        try await RunCase.with { run in
            let time = run.time
            run.script.answer("slow") { _ in
                run.stopper.request("SIGINT")
                try await time.sleep(for: .seconds(600))
                return ActionOutcome(.changed)
            }
            async let running = run.run(
                RunCase.playbook(RunCase.play("localhost", "", "- do: {name: slow}")),
                options: RunOptions(grace: .seconds(8)), movesClock: false)
            await time.waitForSleepers(2)
            time.advance(by: .seconds(8))
            let outcome = try await running
            #expect(outcome.exitCode == .interrupted)
            #expect(outcome.state.hostCounts.first?.unknown == 1)
            #expect(run.time.monotonic < .seconds(20))
        }
    }

    @Test func `a failure is worse than the signal`() async throws {
        try await RunCase.with { run in
            run.script.answer("a") { _ in
                run.stopper.request("SIGINT")
                return ActionOutcome(.failed(StepFailure(.failed, "no")))
            }
            let outcome = try await run.run(RunCase.playbook(RunCase.play("localhost", "", "- do: {name: a}")))
            #expect(outcome.exitCode == .taskFailed)
        }
    }

    @Test func `a signal between two attempts holds the host: nothing is undone or rescued`() async throws {
        try await RunCase.with { run in
            run.script.answer("flaky") { _ in
                run.stopper.request("SIGINT")
                return ActionOutcome(.failed(StepFailure(.failed, "not yet")))
            }
            let outcome = try await run.run(
                RunCase.playbook(
                    RunCase.play(
                        "b1", "",
                        """
                        - name: Together
                          on_failure: rollback
                          block:
                            - do: {name: a}
                              undo: [{do: {name: un-a}}]
                            - again: {name: flaky}
                              retries: 5
                              delay: 10s
                        """)))
            #expect(outcome.exitCode == .interrupted)
            #expect(run.script.effects.filter { !$0.hasPrefix("flaky") } == ["a@b1"])
        }
    }

    @Test func `a signal while a confirmation is asked for holds, and is no refusal`() async throws {
        struct Asked: Approver {
            var canAnswer: Bool { true }
            let stopper: Stopper
            let time: ManualTimeSource
            func answer(_ question: ApprovalQuestion) async -> ApprovalAnswer {
                stopper.request("SIGINT")
                try? await time.sleep(for: .seconds(1_000_000))
                return .unavailable
            }
        }
        try await RunCase.with { run in
            let outcome = try await run.run(
                RunCase.playbook(RunCase.play("b1", "", "- do: {name: never back}\n  irreversible: true")),
                approver: Asked(stopper: run.stopper, time: run.time), movesClock: false)
            #expect(outcome.exitCode == .interrupted)
            #expect(run.script.effects.isEmpty)
        }
    }

    @Test func `a signal ends a gate's look`() async throws {
        try await RunCase.with { run in
            let time = run.time
            run.script.answer("g") { _ in
                run.stopper.request("SIGINT")
                try await time.sleep(for: .seconds(86_400))
                return ActionOutcome(.ok, result: ["passes": true, "reasons": [], "progress": .null])
            }
            let outcome = try await run.run(
                RunCase.playbook(RunCase.play("localhost", "", "- gate: {probe: {name: g}, timeout: 1h}")),
                movesClock: false)
            #expect(outcome.exitCode == .interrupted)
        }
    }
}
