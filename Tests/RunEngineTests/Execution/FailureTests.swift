import Playbooks
import RunEngine
import Testing
import Values

@Suite struct FailureTests {
    private func failing(_ run: RunCase, _ names: String...) {
        for name in names {
            run.script.answer(name) { _ in ActionOutcome(.failed(StepFailure(.failed, "\(name) said no"))) }
        }
    }

    private let block = """
        - name: Both
          block:
            - do: {name: a}
            - do: {name: b}
          rescue:
            - do: {name: "rescue of {{ failed_task.name }}"}
          always:
            - do: {name: always}
        - do: {name: after}
        """

    @Test func `always runs after success`() async throws {
        try await RunCase.with { run in
            let outcome = try await run.run(RunCase.playbook(RunCase.play("localhost", "", block)))
            #expect(outcome.exitCode == .done)
            #expect(run.script.effects.map { $0.prefix(while: { $0 != "@" }) } == ["a", "b", "always", "after"])
        }
    }

    @Test func `a rescued block still fails the run`() async throws {
        try await RunCase.with { run in
            failing(run, "b")
            let outcome = try await run.run(RunCase.playbook(RunCase.play("localhost", "", block)))
            #expect(outcome.exitCode == .taskFailed)
            #expect(
                run.script.effects.map { $0.prefix(while: { $0 != "@" }) }
                    == ["a", "b", "rescue of do", "always", "after"])
            #expect(outcome.state.hostCounts.first?.rescued == 1)
            #expect(outcome.message.contains("b said no"))
        }
    }

    @Test func `a host with a rescued block ends its list, and no other batch begins`() async throws {
        try await RunCase.with { run in
            failing(run, "b")
            let outcome = try await run.run(RunCase.playbook(RunCase.play("brokers", "serial: 1", block)))
            #expect(outcome.exitCode == .taskFailed)
            #expect(run.script.effects.last == "after@b1")
            #expect(outcome.state.failedHosts.map(\.host) == ["b1"])
        }
    }

    @Test func `a failure after a rescued one is the host's end`() async throws {
        try await RunCase.with { run in
            failing(run, "b", "after")
            let outcome = try await run.run(
                RunCase.playbook(RunCase.play("localhost", "", block + "\n- do: {name: never}")))
            #expect(outcome.exitCode == .taskFailed)
            #expect(run.script.effects.last == "after@localhost")
            #expect(outcome.state.failedHosts.count == 1)
        }
    }

    @Test func `what is refused is exit 9, before the first write and after it`() async throws {
        for first in ["- look: {name: x}", "- do: {name: x}"] {
            try await RunCase.with { run in
                run.script.answer("no") { _ in throw StepFailure(.refused, "not allowed here") }
                let outcome = try await run.run(
                    RunCase.playbook(RunCase.play("localhost", "", first + "\n- do: {name: no}")))
                #expect(outcome.exitCode == .refused)
            }
        }
    }

    @Test func `a host that cannot be reached for the first write is exit 4: nothing was written`() async throws {
        for (tasks, code) in [
            ("- do: {name: no}", ExitCode.unreachable), ("- do: {name: x}\n- do: {name: no}", .taskFailed),
        ] {
            try await RunCase.with { run in
                run.script.answer("no") { _ in throw StepFailure(.unreachable, "nobody answers") }
                let outcome = try await run.run(RunCase.playbook(RunCase.play("b1", "", tasks)))
                #expect(outcome.exitCode == code, "\(outcome.message)")
                #expect(outcome.state.hostCounts.first?.unreachable == 1)
            }
        }
    }

    @Test func `what is unreachable is exit 4 before the first write, and a failed task after it`() async throws {
        for (first, code) in [("- look: {name: x}", ExitCode.unreachable), ("- do: {name: x}", .taskFailed)] {
            try await RunCase.with { run in
                run.script.answer("no") { _ in throw StepFailure(.unreachable, "nobody answers") }
                let outcome = try await run.run(
                    RunCase.playbook(RunCase.play("localhost", "", first + "\n- look: {name: no}")))
                #expect(outcome.exitCode == code)
            }
        }
    }

    @Test func `a recovered block is as if nothing had failed`() async throws {
        try await RunCase.with { run in
            failing(run, "b")
            let text = block.replacing("  rescue:", with: "  recovered: true\n  rescue:")
            let outcome = try await run.run(RunCase.playbook(RunCase.play("localhost", "", text)))
            #expect(outcome.exitCode == .done, "\(outcome.message)")
            #expect(run.script.effects.last == "after@localhost")
        }
    }

    private func rollout(_ extra: String = "", undo: String = "- do: {name: un2}\n- gate: {probe: {name: un-gate}}")
        -> String
    {
        let undoLines = undo.split(separator: "\n").map { "        \($0)" }.joined(separator: "\n")
        return """
            - name: Upgrade
              on_failure: rollback
              block:
                - do: {name: one}
                  undo:
                    - do: {name: un1}
                - do: {name: two}
                  undo:
            \(undoLines)
                - do: {name: three}
                  undo:
                    - do: {name: un3}
                - gate: {probe: {name: inside}}
            - gate: {probe: {name: outside}}
            \(extra)
            """
    }

    @Test func `rollback runs the undo lists of the finished and the failed task, newest first`() async throws {
        try await RunCase.with { run in
            failing(run, "three")
            let outcome = try await run.run(RunCase.playbook(RunCase.play("brokers", "serial: 1", rollout())))
            #expect(outcome.exitCode == .rolledBack)
            #expect(
                run.script.effects == ["one@b1", "two@b1", "three@b1", "un3@b1", "un2@b1", "un1@b1"])
            #expect(run.script.looks == ["un-gate@b1"])
            #expect(outcome.state.hostCounts.first?.rolledBack == 1)
        }
    }

    @Test func `only hosts whose own task failed are rolled back`() async throws {
        try await RunCase.with { run in
            run.script.answer("three") { seen in
                seen.host == "b2" ? ActionOutcome(.failed(StepFailure(.failed, "no"))) : ActionOutcome(.changed)
            }
            let outcome = try await run.run(RunCase.playbook(RunCase.play("brokers", "serial: 2", rollout())))
            #expect(outcome.exitCode == .rolledBack)
            #expect(run.script.effects.filter { $0.hasPrefix("un") }.allSatisfy { $0.hasSuffix("@b2") })
        }
    }

    @Test func `a gate inside the block starts a rollback, one outside does not`() async throws {
        for (gate, code, count) in [("inside", ExitCode.rolledBack, 3), ("outside", .gateFailed, 0)] {
            try await RunCase.with { run in
                run.script.answer(gate) { _ in
                    ActionOutcome(.ok, result: ["passes": false, "reasons": ["b3 is down"], "progress": .null])
                }
                let outcome = try await run.run(RunCase.playbook(RunCase.play("brokers", "serial: 1", rollout())))
                #expect(outcome.exitCode == code)
                #expect(run.script.effects.filter { $0.hasPrefix("un") }.count == count)
            }
        }
    }

    @Test func `an undo step or gate that fails needs a human`() async throws {
        for bad in ["un2", "un-gate"] {
            try await RunCase.with { run in
                failing(run, "three", bad)
                let outcome = try await run.run(RunCase.playbook(RunCase.play("brokers", "serial: 1", rollout())))
                #expect(outcome.exitCode == .rollbackFailed)
                #expect(!run.script.effects.contains("un1@b1"))
            }
        }
    }

    @Test func `a null undo argument means that there is no rollback, and the plan says so`() async throws {
        try await RunCase.with { run in
            failing(run, "three")
            let text = RunCase.playbook(
                RunCase.play(
                    "brokers", "serial: 1",
                    rollout(undo: "- do: {name: un2, version: \"{{ host.running_version }}\"}")))
            let plan = try await run.plan(text)
            let notes = plan.plays[0].batches[0].tasks.flatMap(\.steps).flatMap(\.notes)
            #expect(notes.contains { $0.contains("no rollback here") })
            let outcome = try await run.run(text)
            #expect(outcome.exitCode == .taskFailed)
            #expect(!run.script.effects.contains { $0.hasPrefix("un") })
        }
    }

    @Test func `an irreversible step cuts what came before it`() async throws {
        try await RunCase.with { run in
            failing(run, "three")
            let text = rollout().replacing(
                "    - do: {name: three}",
                with: "    - do: {name: never back}\n      irreversible: true\n    - do: {name: three}")
            let outcome = try await run.run(
                RunCase.playbook(RunCase.play("brokers", "serial: 1", text)), options: RunOptions(assumesYes: true))
            #expect(outcome.exitCode == .taskFailed, "\(outcome.message)")
            #expect(run.script.effects == ["one@b1", "two@b1", "never back@b1", "three@b1", "un3@b1"])
        }
    }

    // MARK: Unknown outcomes

    private func unknown(_ run: RunCase, _ name: String) {
        run.script.answer(name) { _ in throw StepFailure(.unknownOutcome, "the connection was lost") }
    }

    @Test func `an unknown outcome stops host and rollout, and starts no rollback`() async throws {
        try await RunCase.with { run in
            unknown(run, "two")
            let outcome = try await run.run(
                RunCase.playbook(RunCase.play("brokers", "serial: 1\nmax_fail: 3", rollout())))
            #expect(outcome.exitCode == .unknownOutcome)
            #expect(run.script.effects == ["one@b1", "two@b1"])
            #expect(outcome.state.closed?.unknownSteps.count == 1)
            #expect(outcome.status == .unknown)
        }
    }

    @Test(
        "The action's read-back ends an unknown outcome",
        arguments: [
            (Verification.done(evidence: "it is there"), ExitCode.done), (.notDone(evidence: "nothing"), .taskFailed),
            (.cannotTell("no idea"), .unknownOutcome),
        ])
    func readBack(verification: Verification, code: ExitCode) async throws {
        try await RunCase.with { run in
            unknown(run, "a")
            run.script.verify("a", verification)
            let outcome = try await run.run(
                RunCase.playbook(RunCase.play("localhost", "", "- do: {name: a}\n- do: {name: b}")))
            #expect(outcome.exitCode == code)
            #expect(run.script.effects.contains("b@localhost") == (code == .done))
        }
    }

    @Test func `a verify list is asked before the action`() async throws {
        for (holds, code) in [(true, ExitCode.done), (false, .taskFailed)] {
            try await RunCase.with { run in
                unknown(run, "a")
                let outcome = try await run.run(
                    RunCase.playbook(
                        RunCase.play(
                            "localhost", "",
                            """
                            - act: {name: a}
                              verify:
                                - look: {name: is it there}
                                - assert: {that: [\(holds)]}
                            """)))
                #expect(outcome.exitCode == code, "\(outcome.message)")
                #expect(run.script.looks == ["is it there@localhost"])
            }
        }
    }

    @Test(
        "What was refused or unreachable before the first write has a code of its own",
        arguments: [
            (StepFailure.Code.unreachable, false, ExitCode.unreachable), (.unreachable, true, .taskFailed),
            (.refused, false, .refused), (.internalError, true, .internalError), (.gate, true, .gateFailed),
        ])
    func codes(code: StepFailure.Code, afterWrite: Bool, exit: ExitCode) async throws {
        try await RunCase.with { run in
            run.script.answer("r") { _ in throw StepFailure(code, "no") }
            let write = afterWrite ? "- do: {name: w}\n" : ""
            let outcome = try await run.run(
                RunCase.playbook(RunCase.play("localhost", "", write + "- look: {name: r}\n- do: {name: b}")))
            #expect(outcome.exitCode == exit)
        }
    }

    @Test func `the most serious code wins`() {
        let order: [ExitCode] = [
            .internalError, .storage, .damagedEvidence, .unknownOutcome, .rollbackFailed, .gateFailed, .taskFailed,
            .rolledBack, .unreachable, .refused, .suspended, .invalid, .changesPending,
        ]
        for (place, code) in order.enumerated() {
            for lesser in order[place...] + [.interrupted, .terminated, .done] {
                #expect(code.worse(lesser) == code)
                #expect(lesser.worse(code) == code)
            }
        }
        #expect(ExitCode.interrupted.worse(.done) == .interrupted)
        #expect(Set(ExitCode.allCases.map(\.rawValue)).count == ExitCode.allCases.count)
    }

    // MARK: What was never done is not undone

    @Test func `a permit that is not given starts no rollback: a gate of the cluster held`() async throws {
        try await RunCase.with { run in
            run.script.answer("three") { _ in throw StepFailure(.permit, "broker 1 may not be stopped now") }
            let outcome = try await run.run(RunCase.playbook(RunCase.play("brokers", "serial: 1", rollout())))
            #expect(outcome.exitCode == .gateFailed)
            #expect(run.script.effects == ["one@b1", "two@b1", "three@b1"])
        }
    }

    @Test(
        "A step that was refused is not undone; one that is proven not to have reached its goal is",
        arguments: [
            (StepFailure(.refused, "not like this"), nil as Verification?, [String]()),
            (
                StepFailure(.unknownOutcome, "the connection was lost"), .notDone(evidence: "nothing is there"),
                ["un3@b1"]
            ),
        ])
    func undoOfNothing(failure: StepFailure, verification: Verification?, own: [String]) async throws {
        try await RunCase.with { run in
            run.script.answer("three") { _ in throw failure }
            if let verification { run.script.verify("three", verification) }
            let outcome = try await run.run(RunCase.playbook(RunCase.play("brokers", "serial: 1", rollout())))
            #expect(outcome.exitCode == .rolledBack, "\(outcome.message)")
            #expect(run.script.effects == ["one@b1", "two@b1", "three@b1"] + own + ["un2@b1", "un1@b1"])
        }
    }

    @Test func `a block after an irreversible step undoes what it did itself`() async throws {
        try await RunCase.with { run in
            failing(run, "five")
            let text = """
                - name: First
                  on_failure: rollback
                  block:
                    - do: {name: one}
                      undo: [{do: {name: un1}}]
                    - do: {name: two}
                      undo: [{do: {name: un2}}]
                - name: Second
                  on_failure: rollback
                  block:
                    - do: {name: three}
                      irreversible: true
                    - do: {name: four}
                      undo: [{do: {name: un4}}]
                    - do: {name: five}
                """
            let outcome = try await run.run(
                RunCase.playbook(RunCase.play("b1", "", text)), options: RunOptions(assumesYes: true))
            #expect(outcome.exitCode == .taskFailed, "\(outcome.message)")
            #expect(run.script.effects == ["one@b1", "two@b1", "three@b1", "four@b1", "five@b1", "un4@b1"])
        }
    }

    @Test func `an irreversible step that may have happened cuts, even when it failed`() async throws {
        try await RunCase.with { run in
            failing(run, "three")
            let text = rollout().replacing(
                "    - do: {name: three}", with: "    - do: {name: three}\n      irreversible: true")
            let outcome = try await run.run(
                RunCase.playbook(RunCase.play("b1", "", text)), options: RunOptions(assumesYes: true))
            #expect(outcome.exitCode == .taskFailed, "\(outcome.message)")
            #expect(run.script.effects == ["one@b1", "two@b1", "three@b1", "un3@b1"])
        }
    }

    @Test func `an unknown outcome in always is the run's, and no further host begins`() async throws {
        try await RunCase.with { run in
            failing(run, "b")
            unknown(run, "always")
            let text = block.replacing("- do: {name: a}", with: "- do: {name: a}")
            let outcome = try await run.run(
                RunCase.playbook(RunCase.play("brokers", "serial: 1\nmax_fail: 3", text)))
            #expect(outcome.exitCode == .unknownOutcome)
            #expect(run.script.effects.allSatisfy { $0.hasSuffix("@b1") })
        }
    }

    @Test func `an unknown outcome in an undo list outranks the failed rollback`() async throws {
        try await RunCase.with { run in
            failing(run, "three")
            unknown(run, "un2")
            let outcome = try await run.run(
                RunCase.playbook(RunCase.play("brokers", "serial: 1\nmax_fail: 3", rollout())))
            #expect(outcome.exitCode == .unknownOutcome)
            #expect(run.script.effects.allSatisfy { $0.hasSuffix("@b1") })
        }
    }
}
