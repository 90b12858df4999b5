import EventLoop
import Playbooks
import RunEngine
import TestSupport
import Testing
import Values

@Suite struct RunEventTests {
    private let text = RunCase.playbook(
        RunCase.play(
            "brokers", "serial: 3",
            """
            - approve: {prompt: "Go \\"on\\"?\\n"}
            - gate: {probe: {name: g}, interval: 1s, stable_for: 4s}
            - check: {severity: warning}
            - block:
                - do: {name: a}
                - do: {name: b}
                  undo:
                    - do: {name: un}
              on_failure: rollback
            """))

    @Test func `every event reads back as it was written`() async throws {
        try await RunCase.with { run in
            run.script.answer("b") { _ in
                ActionOutcome(
                    .failed(StepFailure(.failed, "no", causes: ["ö \u{7}"], nextAction: "look", details: ["x"])),
                    result: ["value": ["n": .float(1.5), "d": .duration(.seconds(90))]])
            }
            let outcome = try await run.run(text, approver: ScriptedApprover(answer: .granted(by: "anna")))
            #expect(outcome.exitCode == .rolledBack)
            let journal = try run.journal(outcome)
            #expect(journal.events.count == journal.end.records)
            for event in journal.events {
                let line = event.jsonLine(runID: outcome.runID)
                let value = try JSON.parse(line)
                #expect(value["schema"] == "opsrun.event/1")
                #expect(value["run"]?.stringValue == outcome.runID)
                let again = try #require(RunEvent(Array(line.utf8)))
                #expect(again.jsonLine(runID: outcome.runID) == line)
                #expect(event.json()["type"]?.stringValue == event.body.type)
            }
        }
    }

    @Test func `the state made of the journal is the state of the run`() async throws {
        try await RunCase.with { run in
            let outcome = try await run.run(text, approver: ScriptedApprover(answer: .granted(by: "anna")))
            let state = try run.journal(outcome).state
            #expect(state.hostCounts == outcome.state.hostCounts)
            #expect(state.steps.map(\.key) == outcome.state.steps.map(\.key))
            #expect(state.steps.map(\.status) == outcome.state.steps.map(\.status))
            #expect(state.gates.map { $0.finished?.verdict } == outcome.state.gates.map { $0.finished?.verdict })
            #expect(state.closed?.exitCode == 0)
            #expect(state.runningSteps.isEmpty && state.runningGates.isEmpty && state.openQuestions.isEmpty)
        }
    }

    @Test func `watchers see the whole run, then end`() async throws {
        try await RunCase.with { run in
            let prepared = try await Engine.plan(
                try run.inputs(RunCase.playbook(RunCase.play("localhost", "", "- do: {name: a}"))),
                approver: NobodyAnswers())
            let watcher = RunWatcher()
            async let running = Engine.run(
                prepared, store: run.store, approver: NobodyAnswers(), stopper: run.stopper, watchers: [watcher])
            var state = RunState()
            var types: [String] = []
            for await event in watcher {
                state.apply(event)
                types.append(event.body.type)
            }
            let outcome = await running
            #expect(types.first == "run_opened" && types.last == "run_closed")
            #expect(types.contains("task_output"))
            #expect(state.hostCounts == outcome.state.hostCounts)
        }
    }

    @Test func `a slow watcher loses what is only shown first, and never stops the run`() async throws {
        try await RunCase.with { run in
            let prepared = try await Engine.plan(
                try run.inputs(
                    RunCase.playbook(
                        RunCase.play("localhost", "", "- do: {name: \"{{ item }}\"}\n  loop: [a, b, c, d, e, f]"))),
                approver: NobodyAnswers())
            let watcher = RunWatcher(limit: 10)
            let outcome = await Engine.run(
                prepared, store: run.store, approver: NobodyAnswers(), stopper: run.stopper, watchers: [watcher])
            #expect(outcome.exitCode == .done)
            var count = 0
            for await _ in watcher { count += 1 }
            #expect(count == 10)
        }
    }

    @Test func `secrets reach neither journal, plan nor audit log`() async throws {
        try await RunCase.with { run in
            run.script.answer("a") { seen in
                ActionOutcome(
                    .failed(StepFailure(.failed, "login as s3cr3t-word failed")), result: ["value": "s3cr3t-word!"])
            }
            var inputs = try run.inputs(
                RunCase.playbook(
                    RunCase.play("localhost", "", "- do: {name: a, value: \"{{ password }}\"}"),
                    head: "params:\n  password: {type: secret, optional: true}\n"))
            inputs.parameters = ["password": .secret(Secret("s3cr3t-word", origin: "env:P"))]
            let prepared = try await Engine.plan(inputs, approver: NobodyAnswers())
            let outcome = await Engine.run(
                prepared, store: run.store, approver: NobodyAnswers(), stopper: run.stopper)
            #expect(outcome.exitCode == .taskFailed)
            #expect(run.script.calls.first?.arguments["value"] == .secret(Secret("s3cr3t-word", origin: "")))
            let folder = run.store.folder(of: outcome.runID)
            for path in ["\(folder)/journal.jsonl", "\(folder)/plan.json", run.store.auditPath(clusterID: nil)] {
                let text = String(decoding: try Files.read(path, limit: 1 << 20), as: UTF8.self)
                #expect(!text.contains("s3cr3t-word"), "\(path)")
                #expect(text.contains("•••") || path.hasSuffix("local.jsonl"))
            }
            #expect(!outcome.message.contains("s3cr3t-word"))
        }
    }

    @Test func `run ids sort by time and are of version 7`() {
        let first = RunID.make(at: Timestamp(milliseconds: 1_750_000_000_000))
        let second = RunID.make(at: Timestamp(milliseconds: 1_750_000_000_001))
        #expect(first < second)
        #expect(RunID.isValid(first) && Array(first)[14] == "7" && "89ab".contains(Array(first)[19]))
        #expect(!RunID.isValid("../" + first.dropFirst(3)))
    }
}
