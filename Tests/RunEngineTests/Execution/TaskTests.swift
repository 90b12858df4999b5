import EventLoop
import Playbooks
import RunEngine
import TestSupport
import Testing
import Values

@Suite struct TaskTests {
    @Test func `a loop rests between its rounds and knows their places`() async throws {
        try await RunCase.with { run in
            let outcome = try await run.run(
                RunCase.playbook(
                    RunCase.play(
                        "localhost", "",
                        """
                        - do: {name: "{{ item }}{{ n }}"}
                          loop: [a, b, c]
                          loop_control: {index_var: n, pause: 30s}
                        """)))
            #expect(outcome.exitCode == .done, "\(outcome.message)")
            #expect(run.script.effects == ["a0@localhost", "b1@localhost", "c2@localhost"])
            let times = run.script.calls.map(\.time)
            #expect(times.count == 3 && times[2] - times[0] == .seconds(60))
        }
    }

    @Test func `loops run item by item and register their results`() async throws {
        try await RunCase.with { run in
            let outcome = try await run.run(
                RunCase.playbook(
                    RunCase.play(
                        "localhost", "",
                        """
                        - do: {name: "{{ item }}"}
                          loop: [x, y, z]
                          when: item != 'y'
                          register: all
                        - do: {name: "{{ all.results | map(attribute='value', default='') | join('-') }}"}
                        """)))
            #expect(outcome.exitCode == .done, "\(outcome.message)")
            #expect(run.script.effects == ["x@localhost", "z@localhost", "x-z@localhost"])
        }
    }

    @Test func `a read is tried again until its conditions hold, an opaque step never`() async throws {
        try await RunCase.with { run in
            run.script.answer("r") { seen in ActionOutcome(.ok, result: ["value": .int(Int64(seen.count))]) }
            run.script.answer("o") { _ in ActionOutcome(.failed(StepFailure(.failed, "no"))) }
            let outcome = try await run.run(
                RunCase.playbook(
                    RunCase.play(
                        "localhost", "",
                        """
                        - look: {name: r}
                          until: (result.value | int) >= 2
                          retries: 5
                          delay: 10s
                        - act: {name: o}
                        """)))
            #expect(outcome.exitCode == .taskFailed)
            let reads = run.script.calls.filter { $0.name == "r" }
            #expect(reads.map(\.time) == [.zero, .seconds(10), .seconds(20)])
            #expect(run.script.effects == ["o@localhost"])
        }
    }

    @Test func `every attempt of every item on every host has an output folder of its own`() async throws {
        try await RunCase.with { run in
            run.script.answer("x") { seen in
                seen.count == 0 ? ActionOutcome(.failed(StepFailure(.failed, "no"))) : ActionOutcome(.changed)
            }
            let outcome = try await run.run(
                RunCase.playbook(
                    RunCase.play(
                        "b1:b2", "serial: 2",
                        "- again: {name: x}\n  loop: [a, b]\n  retries: 2\n  until: result.changed\n- do: {name: y}")))
            #expect(outcome.exitCode == .done, "\(outcome.message)")
            let folders = run.script.contexts.map(\.outputFolder)
            #expect(folders.count == 8)
            #expect(Set(folders).count == folders.count, "\(folders)")
            let root = run.store.outputFolder(of: outcome.runID) + "/"
            #expect(folders.allSatisfy { $0.hasPrefix(root) }, "\(folders)")
        }
    }

    @Test func `no_log keeps what a step says out of the records, the plan and the output`() async throws {
        try await RunCase.with { run in
            run.script.answer("x") { _ in
                ActionOutcome(
                    .failed(StepFailure(.failed, "it failed", details: ["hush in stderr"])),
                    result: ["value": "hush in stdout"])
            }
            let inputs = try run.inputs(
                RunCase.playbook(
                    RunCase.play(
                        "localhost", "",
                        """
                        - act: {name: y, value: "{{ item }}"}
                          loop: [hush-item]
                          no_log: true
                        - act: {name: x, value: "{{ 'hu' ~ 'sh' }}"}
                          no_log: true
                        """)))
            let prepared = try await Engine.plan(inputs, approver: NobodyAnswers())
            let plan = JSON.text(prepared.plan.json())
            #expect(!plan.contains("hush"), "\(plan)")
            let watcher = RunWatcher()
            let outcome = await Engine.run(
                prepared, store: run.store, approver: NobodyAnswers(), stopper: run.stopper, watchers: [watcher])
            #expect(outcome.exitCode == .taskFailed)
            while let event = await watcher.next() {
                if case .taskOutput(let output) = event.body { Issue.record("\(output.lines)") }
            }
            let journal = String(
                decoding: try Files.read(run.store.journalPath(of: outcome.runID), limit: 1 << 20), as: UTF8.self)
            #expect(journal.contains("it failed"))
            #expect(!journal.contains("hush"), "\(journal)")
            #expect(run.script.contexts.allSatisfy { $0.outputFolder.isEmpty })
        }
    }

    @Test func `until that never holds fails after the tries`() async throws {
        try await RunCase.with { run in
            let outcome = try await run.run(
                RunCase.playbook(
                    RunCase.play("localhost", "", "- look: {name: r}\n  until: result.changed\n  retries: 2")))
            #expect(outcome.exitCode == .taskFailed)
            #expect(run.script.looks.count == 3)
            #expect(outcome.message.contains("result.changed"))
        }
    }

    @Test func `changed_when and failed_when decide`() async throws {
        try await RunCase.with { run in
            run.script.answer("a") { _ in ActionOutcome(.failed(StepFailure(.failed, "rc 3")), result: ["value": 3]) }
            let outcome = try await run.run(
                RunCase.playbook(
                    RunCase.play(
                        "localhost", "",
                        """
                        - do: {name: a}
                          failed_when: (result.value | int) > 3
                          changed_when: false
                        - do: {name: b}
                          failed_when: result.value == 'b'
                        """)))
            #expect(outcome.exitCode == .taskFailed)
            #expect(outcome.state.steps.map(\.status) == [.ok, .failed])
        }
    }

    @Test func `a skipped task says why, and its name stays undefined`() async throws {
        try await RunCase.with { run in
            let outcome = try await run.run(
                RunCase.playbook(
                    RunCase.play(
                        "localhost", "vars: {n: 1}",
                        """
                        - do: {name: a}
                          when: n == 2
                          register: r
                        - do: {name: b}
                          when: r is defined
                        - do: {name: c}
                        """)))
            #expect(outcome.exitCode == .done, "\(outcome.message)")
            #expect(run.script.effects == ["c@localhost"])
            #expect(outcome.state.steps[0].reason == "when: n == 2 is false")
        }
    }

    @Test func `on_failure continue goes on and leaves a finding`() async throws {
        try await RunCase.with { run in
            run.script.answer("a") { _ in ActionOutcome(.failed(StepFailure(.failed, "no"))) }
            let text = RunCase.playbook(
                RunCase.play(
                    "localhost", "",
                    "- do: {name: a}\n  on_failure: continue\n  reason: it is only a cache\n- do: {name: b}"))
            let outcome = try await run.run(text)
            #expect(outcome.exitCode == .done, "\(outcome.message)")
            #expect(run.script.effects == ["a@localhost", "b@localhost"])
            #expect(outcome.state.findings.map(\.severity) == [.warning])
        }
    }

    @Test(
        "Findings of checks decide how the run ends, and stop nothing",
        arguments: [
            ("warning", false, ExitCode.done), ("warning", true, .gateFailed), ("critical", false, .gateFailed),
        ])
    func findings(severity: String, isStrict: Bool, code: ExitCode) async throws {
        try await RunCase.with { run in
            let outcome = try await run.run(
                RunCase.playbook(
                    RunCase.play("localhost", "", "- check: {severity: \(severity)}\n- look: {name: after}")),
                options: RunOptions(isStrict: isStrict))
            #expect(outcome.exitCode == code)
            #expect(run.script.looks == ["after@localhost"])
        }
    }

    @Test func `tags choose tasks, and gates run all the same`() async throws {
        try await RunCase.with { run in
            let text = RunCase.playbook(
                RunCase.play(
                    "localhost", "",
                    """
                    - do: {name: a}
                      tags: [x]
                    - do: {name: b}
                      tags: [y]
                    - gate: {probe: {name: g}}
                    """))
            _ = try await run.run(text, options: RunOptions(tags: TagSelection(only: ["x"])))
            #expect(run.script.effects == ["a@localhost"])
            #expect(run.script.looks == ["g@localhost"])
            _ = try await run.run(text, options: RunOptions(tags: TagSelection(skip: ["x"], mayLeaveOutGates: true)))
            #expect(run.script.effects == ["a@localhost", "b@localhost"])
        }
    }

    @Test func `a later play sees what localhost registered`() async throws {
        try await RunCase.with { run in
            let outcome = try await run.run(
                RunCase.playbook(
                    RunCase.play("localhost", "", "- look: {name: x}\n  register: seen\n- do: {name: a}"),
                    RunCase.play("b1", "", "- do: {name: \"{{ seen.value | string }}\"}\n  when: seen.value == 'x'")))
            #expect(outcome.exitCode == .done, "\(outcome.message)")
            #expect(run.script.effects == ["a@localhost", "x@b1"])
        }
    }

    @Test func `delegate_to runs on the other host`() async throws {
        try await RunCase.with { run in
            _ = try await run.run(
                RunCase.playbook(RunCase.play("b1", "", "- do: {name: a}\n  delegate_to: b3")))
            #expect(run.script.effects == ["a@b3"])
        }
    }

    @Test func `an imported list sees the host and keeps its names inside`() async throws {
        try await RunCase.with { run in
            let outcome = try await run.run(
                RunCase.playbook(
                    RunCase.play(
                        "b1", "",
                        """
                        - import_tasks: t.yml
                          vars: {word: one}
                        - import_tasks: t.yml
                          vars: {word: two}
                        """)),
                files: [
                    "t.yml":
                        "- do: {name: \"{{ word }}-{{ host.node_id }}\"}\n  register: r\n- do: {name: \"{{ r.value | string }}\"}\n"
                ])
            #expect(outcome.exitCode == .done, "\(outcome.message)")
            #expect(run.script.effects == ["one-1@b1", "one-1@b1", "two-1@b1", "two-1@b1"])
        }
    }

    @Test func `a step that takes too long is cancelled: a read fails, a write is unknown`() async throws {
        for (action, code) in [("look", ExitCode.taskFailed), ("do", .unknownOutcome)] {
            try await RunCase.with { run in
                let time = run.time
                run.script.answer("slow") { _ in
                    try await time.sleep(for: .seconds(3600))
                    return ActionOutcome(.ok)
                }
                let outcome = try await run.run(
                    RunCase.playbook(
                        RunCase.play("localhost", "", "- \(action): {name: slow}\n  timeout: 10s\n- do: {name: b}")))
                #expect(outcome.exitCode == code)
                #expect(!run.script.effects.contains("b@localhost"))
            }
        }
    }

    @Test func `a timeout is the deadline of all that a step asks of its cluster`() async throws {
        for (action, code, latest) in [
            ("ask", ExitCode.taskFailed, Duration.seconds(11)), ("change", .unknownOutcome, .seconds(26)),
        ] {
            try await RunCase.with { run in
                let (time, ended) = (run.time, Locked(Duration.zero))
                run.script.answer("slow") { _ in
                    let begun = time.monotonic
                    defer { ended.withLock { $0 = time.monotonic - begun } }
                    try await time.sleep(for: .seconds(3600))
                    return ActionOutcome(.ok)
                }
                let outcome = try await run.run(
                    RunCase.playbook(RunCase.play("b1", "", "- \(action): {name: slow}\n  timeout: 10s")))
                #expect(outcome.exitCode == code, "\(action): \(outcome.message)")
                #expect(run.estate.state.withLock { $0.limits } == [.seconds(10), .seconds(10)])
                let end = ended.withLock { $0 }
                #expect(end >= .seconds(10) && end <= latest, "\(action)")
            }
        }
    }

    @Test func `a task's own conditions see its result under its registered name too`() async throws {
        try await RunCase.with { run in
            run.script.answer("bad") { _ in
                ActionOutcome(.failed(StepFailure(.failed, "no")), result: ["value": "seven"])
            }
            run.script.answer("slow") { seen in ActionOutcome(.ok, result: ["value": .int(Int64(seen.count))]) }
            let outcome = try await run.run(
                RunCase.playbook(
                    RunCase.play(
                        "localhost", "",
                        """
                        - do: {name: bad}
                          register: x
                          failed_when: x.value != 'seven'
                          changed_when: x.value == 'eight'
                        - look: {name: slow}
                          register: y
                          until: (y.value | int) == 2
                          retries: 5
                        - do: {name: "{{ item }}"}
                          loop: [a, b]
                          register: z
                          failed_when: z.value == 'c'
                        """)))
            #expect(outcome.exitCode == .done, "\(outcome.message)")
            #expect(outcome.state.hostCounts.first?.changed == 2, "the loop's rounds, and not the first task")
            #expect(run.script.looks.count == 3)
        }
    }

    @Test func `the plan and the record say where a delegated step runs`() async throws {
        try await RunCase.with { run in
            let plan = try await run.plan(
                RunCase.playbook(RunCase.play("b1", "", "- do: {name: a}\n  delegate_to: b3\n- do: {name: b}")))
            let steps = plan.plays[0].batches[0].tasks.map { $0.steps[0] }
            #expect(steps.map(\.delegate) == ["b3", nil])
            #expect(steps.map(\.host) == ["b1", "b1"])
        }
    }
}
