import EventLoop
import Playbooks
import RunEngine
import TestSupport
import Testing
import Values

@Suite struct PlannerTests {
    private func steps(_ plan: Plan) -> [(String, PlannedStep)] {
        plan.plays.flatMap(\.batches).flatMap(\.tasks).flatMap { task in task.steps.map { (task.name, $0) } }
    }

    @Test func `a plan resolves arguments and shows commands, and changes nothing`() async throws {
        try await RunCase.with { run in
            let plan = try await run.plan(
                RunCase.playbook(
                    RunCase.play(
                        "brokers", "serial: 2", "- name: Step {{ host.name }}\n  do: {name: \"x-{{ host.name }}\"}")))
            #expect(run.script.effects.isEmpty && run.script.looks.isEmpty)
            #expect(plan.plays[0].batches.count == 2)
            let task = plan.plays[0].batches[1].tasks[0]
            #expect(task.name == "Step b3")
            #expect(task.steps.map(\.host) == ["b3", "b4"])
            #expect(task.steps[1].commands == [["do", "x-b4"]])
            #expect(task.steps[1].changes == ["x-b4 would happen"])
            #expect(plan.hasEffects && plan.nothingToDo == nil)
            #expect(plan.summary.writes == 4)
        }
    }

    @Test func `a check that says in rescue what it found is a check, and runs`() async throws {
        try await RunCase.with { run in
            run.script.answer("r") { _ in ActionOutcome(.failed(StepFailure(.failed, "found something"))) }
            let outcome = try await run.run(
                RunCase.playbook(
                    RunCase.play(
                        "localhost", "",
                        "- block:\n    - look: {name: r}\n  rescue:\n    - do: {name: tell}")))
            #expect(run.script.looks == ["r@localhost"])
            #expect(run.script.effects == ["tell@localhost"])
            #expect(outcome.exitCode == .taskFailed, "\(outcome.message)")
        }
    }

    @Test func `with an effect of its own that nothing asks for, a playbook has nothing to do`() async throws {
        try await RunCase.with { run in
            let plan = try await run.plan(
                RunCase.playbook(
                    RunCase.play(
                        "localhost", "",
                        "- block:\n    - do: {name: a, idle: true}\n  rescue:\n    - do: {name: tell}")))
            #expect(plan.nothingToDo != nil)
        }
    }

    @Test func `what is known only after a task is said to be`() async throws {
        try await RunCase.with { run in
            let plan = try await run.plan(
                RunCase.playbook(
                    RunCase.play(
                        "localhost", "",
                        """
                        - name: Make it
                          do: {name: a}
                          register: made
                        - do: {name: b, value: "{{ made.value }}"}
                        - do: {name: c}
                          when: made.changed
                        """)))
            let steps = steps(plan)
            guard case .knownAfter("Make it")? = steps[1].1.arguments.first(where: { $0.name == "value" })?.value else {
                Issue.record("\(steps[1].1.arguments)")
                return
            }
            guard case .atRun(let reason) = steps[2].1.decision else {
                Issue.record("\(steps[2].1.decision)")
                return
            }
            #expect(reason == "decided after Make it")
        }
    }

    @Test func `a read is done at plan only where it decides something`() async throws {
        try await RunCase.with { run in
            let plan = try await run.plan(
                RunCase.playbook(
                    RunCase.play(
                        "localhost", "",
                        """
                        - look: {name: no}
                          register: decides
                        - look: {name: shown}
                          register: shown
                        - assert: {that: [shown.changed]}
                        - do: {name: a}
                          when: decides.value == 'yes'
                        - do: {name: b}
                        - look: {name: late}
                          register: late
                        - do: {name: c}
                          when: late.value == 'late'
                        """)))
            #expect(run.script.looks == ["no@localhost"])
            let decisions = steps(plan).map { step -> String in
                switch step.1.decision {
                case .run: "run"
                case .skip(let reason): reason
                case .atRun(let reason): reason
                }
            }
            #expect(
                decisions == [
                    "run", "run", "run", "when: decides.value == 'yes' is false", "run", "run", "decided after look",
                ])
        }
    }

    @Test func `nothing to do is said, and nothing is run, asked or recorded`() async throws {
        let facts = ["b1", "b2", "b3", "b4"]
        let tasks = "- approve: {prompt: x, four_eyes: true}\n- do: {name: a}"
        for (keywords, body) in [
            ("when: host.running_version != cluster.version", tasks), ("", "- do: {name: a, idle: true}"),
            ("", "- when: false\n  block:\n    - do: {name: a}"),
        ] {
            try await RunCase.with { run in
                run.estate.state.withLock { state in
                    for host in facts { state.facts[host] = HostFacts(runningVersion: Version("4.3.1")) }
                }
                let text = RunCase.playbook(
                    RunCase.play("localhost", "", "- gate: {probe: {name: g}}"),
                    RunCase.play("brokers", keywords, body))
                let outcome = try await run.run(text)
                #expect(outcome.exitCode == .done)
                #expect(outcome.status == .nothingToDo)
                #expect(!outcome.message.isEmpty)
                #expect(run.script.effects.isEmpty && run.script.looks.isEmpty)
                #expect(try RunStore(root: run.store.root).runIDs().isEmpty)
            }
        }
    }

    @Test func `a check without effects runs`() async throws {
        try await RunCase.with { run in
            let outcome = try await run.run(RunCase.playbook(RunCase.play("localhost", "", "- look: {name: a}")))
            #expect(outcome.status == .succeeded)
            #expect(run.script.looks == ["a@localhost"])
        }
    }

    @Test func `the digest is the same for the same plan, and another for another`() async throws {
        try await RunCase.with { run in
            let text = RunCase.playbook(RunCase.play("brokers", "serial: 1", "- do: {name: a}"))
            let one = try await run.plan(text)
            run.time.advance(by: .seconds(60))
            #expect(try await run.plan(text).digest == one.digest)
            #expect(one.digest.count == 64)
            let other = try await run.plan(text.replacing("name: a", with: "name: b"))
            #expect(other.digest != one.digest)
        }
    }

    @Test func `an unreachable cluster ends the plan before the first write`() async throws {
        try await RunCase.with { run in
            run.estate.state.withLock { $0.isUnreachable = true }
            do {
                _ = try await run.plan(
                    RunCase.playbook(RunCase.play("brokers", "order: controller_last", "- do: {name: a}")))
                Issue.record("a plan was made")
            } catch let failure as RunFailure {
                #expect(failure.exitCode == .unreachable)
            }
            // A cluster that is only named may be down: the playbook may be what starts it.
            let plan = try await run.plan(RunCase.playbook(RunCase.play("brokers", "", "- do: {name: a}")))
            #expect(plan.clusters.map(\.name) == ["demo"])
        }
    }

    @Test func `a check run looks once at each gate`() async throws {
        try await RunCase.with { run in
            run.script.answer("g") { _ in
                ActionOutcome(.ok, result: ["passes": false, "reasons": ["two are behind"], "progress": .null])
            }
            let plan = try await run.plan(
                RunCase.playbook(
                    RunCase.play(
                        "localhost", "", "- gate: {probe: {name: g}, interval: 1s, timeout: 1h}\n- do: {name: a}")),
                options: RunOptions(samplesGates: true))
            #expect(run.script.looks == ["g@localhost"])
            #expect(steps(plan).first?.1.sample?.reasons == ["two are behind"])
        }
    }

    @Test func `limit narrows plays, and a limit that leaves none is an error`() async throws {
        try await RunCase.with { run in
            let text = RunCase.playbook(RunCase.play("brokers", "", "- do: {name: a}"))
            let plan = try await run.plan(text, options: RunOptions(limit: "b2:b3"))
            #expect(plan.plays[0].batches.map(\.hosts) == [["b2", "b3"]])
            await #expect(throws: RunFailure.self) {
                try await run.plan(text, options: RunOptions(limit: "b9"))
            }
        }
    }

    @Test func `undo, rescue and always lists are shown with when they run`() async throws {
        try await RunCase.with { run in
            let plan = try await run.plan(
                RunCase.playbook(
                    RunCase.play(
                        "localhost", "",
                        """
                        - on_failure: rollback
                          block:
                            - do: {name: a}
                              undo:
                                - do: {name: un}
                          always:
                            - do: {name: c}
                        """)))
            let tasks = plan.plays[0].batches[0].tasks
            #expect(tasks.map(\.section) == [.tasks, .undo, .always])
            #expect(tasks.map(\.path) == ["0.0", "0.0.u0", "0.a0"])
        }
    }
}
