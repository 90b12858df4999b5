import EventLoop
import Playbooks
import RunEngine
import TestSupport
import Testing
import Values

/// What a run changes for its own time is put back, whatever ends it.
@Suite struct TemporaryChangeTests {
    private static func play(_ tasks: String) -> String {
        RunCase.playbook(RunCase.play("localhost", "cluster: demo", tasks))
    }

    private static let no: Script.Answer = { _ in ActionOutcome(.failed(StepFailure(.failed, "no"))) }

    /// How a run ends, and what happened in it.
    struct Exit: Sendable, CustomTestStringConvertible {
        var name: String
        var tasks: String
        var code: ExitCode
        var effects: [String]
        var testDescription: String { name }
    }

    static let exits = [
        Exit(
            name: "at its end, the newest first", tasks: "- lend: {name: t}\n- lend: {name: u}\n- do: {name: a}",
            code: .done, effects: ["t", "u", "a", "un-u", "un-t"]),
        Exit(
            name: "after a failure", tasks: "- lend: {name: t}\n- do: {name: fail}\n- do: {name: never}",
            code: .taskFailed, effects: ["t", "fail", "un-t"]),
        Exit(
            name: "after a failure of the very step", tasks: "- lend: {name: fail}\n- do: {name: never}",
            code: .taskFailed, effects: ["fail", "un-fail"]),
        Exit(
            name: "after a rescue",
            tasks: """
                - block:
                    - lend: {name: t}
                    - do: {name: fail}
                  rescue:
                    - do: {name: mend}
                  recovered: true
                - do: {name: a}
                """, code: .done, effects: ["t", "fail", "mend", "a", "un-t"]),
        Exit(
            name: "after a rollback",
            tasks: """
                - block:
                    - lend: {name: t}
                    - do: {name: a}
                      undo:
                        - do: {name: a-back}
                    - do: {name: fail}
                  on_failure: rollback
                """, code: .rolledBack, effects: ["t", "a", "fail", "a-back", "un-t"]),
        Exit(
            name: "after a signal", tasks: "- lend: {name: t}\n- do: {name: signal}\n- do: {name: never}",
            code: .interrupted, effects: ["t", "signal", "un-t"]),
    ]

    @Test(arguments: exits) func `it is put back`(exit: Exit) async throws {
        try await RunCase.with { run in
            run.script.answer("fail", Self.no)
            let stopper = run.stopper
            run.script.answer("signal") { _ in
                stopper.request("SIGINT")
                return ActionOutcome(.changed)
            }
            let outcome = try await run.run(Self.play(exit.tasks))
            #expect(outcome.exitCode == exit.code, "\(outcome.message)")
            #expect(run.script.effects.map { String($0.dropLast("@localhost".count)) } == exit.effects)
            #expect(outcome.state.temporary.held.isEmpty)
            #expect(outcome.state.closed?.leftovers == [])
            #expect(LeftBehind.find(in: run.store, clusterIDs: ["id-of-demo"]).isEmpty)
            #expect(try AuditVerifier.verify(run.store).findings.isEmpty)
            // Each with its intent and its outcome, in this order.
            let types = try run.journal(outcome).events.map(\.body.type).filter { $0.hasPrefix("restore_") }
            let count = exit.effects.count { $0.hasPrefix("un-") }
            #expect(types == (0..<count).flatMap { _ in ["restore_started", "restore_finished"] })
        }
    }

    @Test(arguments: [false, true])
    func `what two hosts count on is put back with the last of them, the newest first`(isFirstLonger: Bool) async throws
    {
        try await RunCase.with { run in
            let script = run.script
            // The second one borrows while the first one has; which of the two ends first is told by the script.
            script.answer("one") { _ in
                try await Eventually.holds("the other has borrowed") {
                    script.effects.contains { $0.hasPrefix("two@") }
                }
                if isFirstLonger {
                    try await Eventually.holds("the other has ended") {
                        script.effects.contains { $0.hasPrefix("end-two@") }
                    }
                }
                return ActionOutcome(.changed)
            }
            script.answer("two") { _ in
                if !isFirstLonger {
                    try await Eventually.holds("the other has ended") {
                        script.effects.contains { $0.hasPrefix("end-one@") }
                    }
                }
                return ActionOutcome(.changed)
            }
            script.answer("before-two") { _ in
                try await Eventually.holds("the other has borrowed") {
                    script.effects.contains { $0.hasPrefix("one@") }
                }
                return ActionOutcome(.ok)
            }
            let task = "- lend: {name: \"{{ 'one' if host.name == 'b1' else 'two' }}\", value: {place: p}}"
            let outcome = try await run.run(RunCase.playbook(RunCase.play("b1:b2", "serial: 2", task)))
            #expect(outcome.exitCode == .done, "\(outcome.message)")
            let effects = script.effects.map { String($0.prefix { $0 != "@" }) }
            #expect(
                effects
                    == (isFirstLonger
                        ? ["one", "two", "un-two", "end-two", "un-one", "end-one"]
                        : ["one", "two", "end-one", "un-two", "un-one", "end-two"]),
                "\(effects)")
            #expect(outcome.state.temporary.held.isEmpty)
        }
    }

    @Test func `its record is durable before the change, and the intent before it is put back`() async throws {
        try await RunCase.with { run in
            let outcome = try await run.run(Self.play("- lend: {name: t}"))
            let types = try run.journal(outcome).events.map(\.body.type).filter {
                ["task_started", "step_recorded", "task_finished", "restore_started", "restore_finished", "run_closed"]
                    .contains($0)
            }
            #expect(
                types == [
                    "task_started", "step_recorded", "task_finished", "restore_started", "restore_finished",
                    "run_closed",
                ])
        }
    }

    @Test func `what was put back for a suspension is set again by the resume, and put back at its end`() async throws {
        try await RunCase.with { run in
            let stopper = run.stopper
            run.script.answer("signal") { seen in
                if seen.count == 0 { stopper.request("SIGTERM") }
                return ActionOutcome(.changed)
            }
            let playbook = Self.play("- lend: {name: t}\n- do: {name: signal}\n- do: {name: a}")
            let first = try await run.run(playbook)
            #expect(first.status == .suspended)
            #expect(run.script.effects.map { $0.prefix(4) } == ["t@lo", "sign", "un-t"])
            let again = RunCase(run.scratch)
            again.script.takeOver(run.script.calls)
            let end = try await again.resume(first.runID, playbook)
            #expect(end.exitCode == .done, "\(end.message)")
            #expect(again.script.effects.dropFirst(3).map { $0.prefix(4) } == ["t@lo", "a@lo", "un-t"])
            #expect(end.state.temporary.held.isEmpty)
        }
    }

    @Test func `what cannot be set again keeps the run suspended`() async throws {
        try await RunCase.with { run in
            let stopper = run.stopper
            run.script.answer("signal") { seen in
                if seen.count == 0 { stopper.request("SIGTERM") }
                return ActionOutcome(.changed)
            }
            let playbook = Self.play("- lend: {name: t}\n- do: {name: signal}\n- do: {name: a}")
            let first = try await run.run(playbook)
            let again = RunCase(run.scratch)
            again.script.takeOver(run.script.calls)
            again.script.answer("t", Self.no)
            let end = try await again.resume(first.runID, playbook)
            #expect(end.exitCode == .suspended && end.status == .suspended, "\(end.exitCode) \(end.message)")
            #expect(end.message.contains("loan of t cannot be set again: no"), "\(end.message)")
            #expect(!again.script.effects.contains("a@localhost"))
        }
    }

    @Test func `what cannot be put back is listed, fails the run, is found by the next one, and can be put back later`()
        async throws
    {
        try await RunCase.with { run in
            run.script.answer("un-u", Self.no)
            let playbook = Self.play("- lend: {name: t}\n- lend: {name: two, value: [w, u, v]}\n- do: {name: a}")
            let outcome = try await run.run(playbook)
            #expect(outcome.exitCode == .taskFailed && outcome.status == .failed)
            // Of the step, nothing that is older than what is stuck; the other step's is put back.
            #expect(run.script.effects.suffix(3) == ["un-v@localhost", "un-u@localhost", "un-t@localhost"])
            let left = outcome.state.closed?.leftovers ?? []
            #expect(
                left == [
                    "loan of w (it waits for what has to be put back before it); `opsrun cancel \(outcome.runID)` puts it back",
                    "loan of u (no); `opsrun cancel \(outcome.runID)` puts it back",
                ])
            let found = LeftBehind.find(in: run.store, clusterIDs: ["id-of-demo"])
            #expect(found.map(\.changes) == [["loan of w", "loan of u"]])
            #expect(
                found.first?.sentence
                    == "run \(outcome.runID) left loan of w, loan of u; `opsrun cancel \(outcome.runID)` puts it back")
            #expect(LeftBehind.find(in: run.store, clusterIDs: ["another"]).isEmpty)
            #expect(throws: RunFailure.self) { _ = try StoppedRun(outcome.runID, in: run.store) }

            let again = RunCase(run.scratch)
            again.script.takeOver(run.script.calls)
            let end = try await again.putBack(outcome.runID, playbook)
            #expect(end.leftovers.isEmpty && end.status == .failed && end.message.hasSuffix("; put back by anna"))
            #expect(LeftBehind.find(in: run.store, clusterIDs: ["id-of-demo"]).isEmpty)
            #expect(try AuditVerifier.verify(run.store).findings.isEmpty)
        }
    }

    @Test func `a second signal leaves it, says so, and a resume or a cancel puts it back`() async throws {
        for resumes in [true, false] {
            try await RunCase.with { run in
                let stopper = run.stopper
                run.script.answer("signal") { seen in
                    if seen.count == 0 {
                        stopper.request("SIGINT")
                        stopper.request("SIGINT")
                    }
                    return ActionOutcome(.changed)
                }
                let playbook = Self.play("- lend: {name: t}\n- do: {name: signal}\n- do: {name: a}")
                let first = try await run.run(playbook)
                #expect(first.status == .suspended && first.exitCode == .interrupted, "\(first.exitCode)")
                #expect(!run.script.effects.contains("un-t@localhost"))
                #expect(first.state.closed?.leftovers.first?.hasPrefix("loan of t (the run was killed)") == true)
                let found = LeftBehind.find(in: run.store, clusterIDs: ["id-of-demo"])
                #expect(found.first?.sentence.contains("`opsrun resume \(first.runID)` goes on with it") == true)
                let again = RunCase(run.scratch)
                again.script.takeOver(run.script.calls)
                if resumes {
                    #expect(try await again.resume(first.runID, playbook).exitCode == .done)
                } else {
                    let end = try await again.putBack(first.runID, playbook)
                    #expect(end.status == .cancelled && end.leftovers.isEmpty)
                }
                #expect(again.script.effects.last == "un-t@localhost")
                #expect(LeftBehind.find(in: run.store, clusterIDs: ["id-of-demo"]).isEmpty)
            }
        }
    }

    @Test func `a cancel that cannot reach the cluster says what is left, and can be repeated`() async throws {
        try await RunCase.with { run in
            run.script.answer("un-t", Self.no)
            let playbook = Self.play("- lend: {name: t}")
            let outcome = try await run.run(playbook)
            let end = try await run.putBack(outcome.runID, playbook, reaches: false)
            #expect(end.notPutBack == 1 && end.leftovers.first?.contains("its cluster cannot be had") == true)
            #expect(LeftBehind.find(in: run.store, clusterIDs: ["id-of-demo"]).count == 1)
        }
    }

    @Test func `what somebody else has changed is left to them, and said`() async throws {
        try await RunCase.with { run in
            run.script.answer("un-t") { _ in ActionOutcome(.ok, result: ["taken": ["t is 5 now: left as it is"]]) }
            let outcome = try await run.run(Self.play("- lend: {name: t}"))
            #expect(outcome.state.closed?.leftovers == ["t is 5 now: left as it is"])
            #expect(outcome.exitCode == .taskFailed)
            #expect(LeftBehind.find(in: run.store, clusterIDs: ["id-of-demo"]).isEmpty)
        }
    }

    @Test func `nothing is lent that the journal could not keep`() async throws {
        try await RunCase.with { run in
            let parameter = "params:\n  word: {type: secret, default: {secret: \"env:WORD\"}}\n"
            let playbook = RunCase.playbook(
                RunCase.play("localhost", "cluster: demo", "- lend: {name: hunter2-x}"), head: parameter)
            var inputs = try run.inputs(playbook)
            inputs.resolveSecret = { _ in Secret("hunter2", origin: "env:WORD") }
            let prepared = try await Engine.plan(inputs, approver: NobodyAnswers())
            let outcome = await Engine.run(
                prepared, store: run.store, approver: NobodyAnswers(), stopper: run.stopper)
            #expect(run.script.effects == [])
            #expect(outcome.state.failedHosts.first?.failure?.message.contains("a secret stands in") == true)
        }
    }
}

extension RunCase {
    /// Ends a run for good, and puts back what it holds.
    func putBack(_ runID: String, _ playbook: String, reaches: Bool = true) async throws -> RunClosed {
        let stopped = try StoppedRun(runID, in: store, toPutBack: true)
        let inputs = try inputs(playbook)
        let prepared = reaches ? try await Engine.reopen(stopped, inputs, approver: NobodyAnswers()) : nil
        return try await stopped.cancel(by: inputs.caller, reason: nil, in: store, at: time, with: prepared)
    }
}
