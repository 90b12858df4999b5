import EventLoop
import Playbooks
import RunEngine
import TestSupport
import Testing
import Values

@Suite struct ApprovalTests {
    private let approve = "- approve: {prompt: \"Go?\", approvers: [group:oncall]}\n- do: {name: a}"
    private let protected = RunCase.inventory.replacing("version: 4.3.1,", with: "version: 4.3.1, protected: true,")

    private func text(_ tasks: String) -> String { RunCase.playbook(RunCase.play("brokers", "serial: 4", tasks)) }

    @Test func `a granted approval lets the run go on and stands in the audit log`() async throws {
        try await RunCase.with { run in
            let outcome = try await run.run(
                RunCase.playbook(RunCase.play("b1", "", approve)), inventory: protected,
                approver: ScriptedApprover(answer: .granted(by: "anna")))
            #expect(outcome.exitCode == .done, "\(outcome.message)")
            #expect(run.script.effects == ["a@b1"])
            let records = try AuditVerifier.records(run.store)
            #expect(records.map { $0.record["type"] } == ["run_opened", "approval_decided", "run_closed"])
            #expect(records[1].record["by"] == "anna")
            #expect(records.allSatisfy { $0.file == "id-of-demo.jsonl" })
        }
    }

    @Test(
        "What is not granted by one of the approvers is refused",
        arguments: [ApprovalAnswer.denied(by: "anna", reason: "not now"), .granted(by: "ola"), .unavailable])
    func refused(answer: ApprovalAnswer) async throws {
        try await RunCase.with { run in
            let outcome = try await run.run(
                RunCase.playbook(RunCase.play("b1", "", approve)), approver: ScriptedApprover(answer: answer))
            #expect(outcome.exitCode == .refused)
            #expect(run.script.effects.isEmpty)
        }
    }

    @Test func `an approval that nobody gives in time counts as denied`() async throws {
        struct Silent: Approver {
            var canAnswer: Bool { true }
            let time: ManualTimeSource
            func answer(_ question: ApprovalQuestion) async -> ApprovalAnswer {
                try? await time.sleep(for: .seconds(1_000_000))
                return .unavailable
            }
        }
        try await RunCase.with { run in
            let outcome = try await run.run(
                RunCase.playbook(
                    RunCase.play("b1", "", "- approve: {prompt: \"Go?\", timeout: 2h}\n- do: {name: a}")),
                approver: Silent(time: run.time))
            #expect(outcome.exitCode == .refused)
            #expect(outcome.state.approvals.first?.decision == .expired)
        }
    }

    @Test func `after an approval that waited, gates and reads before it are looked at again`() async throws {
        struct Slow: Approver {
            var canAnswer: Bool { true }
            let time: ManualTimeSource
            func answer(_ question: ApprovalQuestion) async -> ApprovalAnswer {
                try? await time.sleep(for: .seconds(600))
                return .granted(by: "anna")
            }
        }
        try await RunCase.with { run in
            run.script.answer("g") { seen in
                ActionOutcome(
                    .ok, result: ["passes": .bool(seen.count == 0), "reasons": ["gone bad"], "progress": .null])
            }
            let outcome = try await run.run(
                RunCase.playbook(
                    RunCase.play("b1", "", "- look: {name: r}\n- gate: {probe: {name: g}}\n" + approve)),
                approver: Slow(time: run.time))
            #expect(outcome.exitCode == .gateFailed)
            #expect(run.script.looks == ["r@b1", "g@b1", "r@b1", "g@b1"])
            #expect(run.script.effects.isEmpty)
        }
    }

    @Test func `every host of the batch looks again, whoever asked`() async throws {
        struct Slow: Approver {
            var canAnswer: Bool { true }
            let time: ManualTimeSource
            func answer(_ question: ApprovalQuestion) async -> ApprovalAnswer {
                try? await time.sleep(for: .seconds(600))
                return .granted(by: "anna")
            }
        }
        try await RunCase.with { run in
            let outcome = try await run.run(
                text("- look: {name: r}\n" + approve), options: RunOptions(forks: 1), approver: Slow(time: run.time))
            #expect(outcome.exitCode == .done, "\(outcome.message)")
            let looks = Dictionary(grouping: run.script.looks) { $0 }.mapValues(\.count)
            #expect(looks == ["r@b1": 2, "r@b2": 2, "r@b3": 2, "r@b4": 2])
            #expect(run.script.effects.count == 4)
        }
    }

    @Test(
        "What no one can meet here is refused by the plan",
        arguments: [
            ("- approve: {prompt: x, four_eyes: true}\n- do: {name: a}", "four eyes"),
            ("- approve: {prompt: x, min: 2}\n- do: {name: a}", "2 approvals"),
            ("- approve: {prompt: x, approvers: [group:nobody]}\n- do: {name: a}", "group nobody"),
            ("- approve: {prompt: x, approvers: [ola]}\n- do: {name: a}", "anna is not among"),
            ("- approve: {prompt: x, approvers: []}\n- do: {name: a}", "nobody may answer"),
            ("- approve: {prompt: x, approvers: [Anna]}\n- do: {name: a}", "'Anna' is, and names count as they are"),
        ])
    func impossible(tasks: String, word: String) async throws {
        try await RunCase.with { run in
            let approver = ScriptedApprover(answer: .granted(by: "anna"))
            let plan = try await run.plan(RunCase.playbook(RunCase.play("b1", "", tasks)), approver: approver)
            #expect(plan.refusals.contains { $0.message.contains(word) }, "\(plan.refusals)")
            let outcome = try await run.run(RunCase.playbook(RunCase.play("b1", "", tasks)), approver: approver)
            #expect(outcome.exitCode == .refused)
            #expect(run.script.effects.isEmpty)
        }
    }

    @Test(
        "What no one can meet is refused by the plan, or else by the run, when a part of it is known only there",
        arguments: [
            ("four_eyes: true", true), ("min: 2", true), ("four_eyes: \"{{ r.value == 'r' }}\"", false),
            ("min: \"{{ 2 if r.value == 'r' else 1 }}\"", false),
        ])
    func impossibleWhenPartIsUnknown(demand: String, isPlanned: Bool) async throws {
        try await RunCase.with { run in
            let approver = ScriptedApprover(answer: .granted(by: "anna"))
            let text = RunCase.playbook(
                RunCase.play(
                    "b1", "",
                    "- do: {name: r}\n  register: r\n"
                        + "- approve: {prompt: \"after {{ r.value | string }}\", \(demand)}\n- do: {name: a}"))
            let plan = try await run.plan(text, approver: approver)
            #expect(plan.refusals.isEmpty != isPlanned, "\(plan.refusals)")
            #expect(plan.approvals.count == 1)
            let outcome = try await run.run(text, approver: approver)
            #expect(outcome.exitCode == .refused)
            #expect(run.script.effects == (isPlanned ? [] : ["r@b1"]))
        }
    }

    @Test func `approvers that turn out to be nobody in the run are nobody, and none at all are anyone`() async throws {
        let approver = ScriptedApprover(answer: .granted(by: "anna"))
        for (list, code) in [("[]", ExitCode.refused), ("none", .done)] {
            try await RunCase.with { run in
                let outcome = try await run.run(
                    RunCase.playbook(
                        RunCase.play(
                            "b1", "",
                            "- look: {name: r}\n  register: r\n"
                                + "- approve: {prompt: x, approvers: \"{{ \(list) if r.value == 'r' else ['anna'] }}\"}\n"
                                + "- do: {name: a}")), approver: approver)
                #expect(outcome.exitCode == code, "\(outcome.message)")
                #expect(run.script.effects.isEmpty == (code == .refused))
            }
        }
    }

    @Test func `an approve over items known only in the run is planned`() async throws {
        try await RunCase.with { run in
            let plan = try await run.plan(
                RunCase.playbook(
                    RunCase.play(
                        "b1", "",
                        "- do: {name: r}\n  register: r\n- approve: {prompt: \"{{ item | string }}?\", four_eyes: true}\n"
                            + "  loop: \"{{ [r.value] }}\"")),
                approver: ScriptedApprover(answer: .granted(by: "anna")))
            #expect(plan.refusals.contains { $0.message.contains("four eyes") }, "\(plan.refusals)")
        }
    }

    @Test func `a write on a protected cluster is refused in the run when its approval was passed by`() async throws {
        let conditional =
            "- look: {name: r}\n  register: r\n- approve: {prompt: x}\n  when: r.value == 'other'\n- do: {name: a}"
        try await RunCase.with { run in
            let outcome = try await run.run(
                RunCase.playbook(RunCase.play("b1", "", conditional)), inventory: protected,
                options: RunOptions(assumesYes: true), approver: ScriptedApprover(answer: .granted(by: "anna")))
            #expect(outcome.exitCode == .refused, "\(outcome.message)")
            #expect(run.script.effects.isEmpty)
        }
        // The plan has seen that it would be asked for; when its turn comes, it is passed by.
        try await RunCase.with { run in
            run.script.answer("r") { seen in
                ActionOutcome(.ok, result: ["value": .string(seen.count == 0 ? "other" : "this")])
            }
            let outcome = try await run.run(
                RunCase.playbook(RunCase.play("b1", "", conditional)), inventory: protected,
                options: RunOptions(assumesYes: true), approver: ScriptedApprover(answer: .granted(by: "anna")))
            #expect(outcome.exitCode == .refused && !outcome.runID.isEmpty, "\(outcome.message)")
            #expect(run.script.effects.isEmpty)
        }
    }

    @Test(
        "An approve in rescue comes before nothing, and a write in rescue or undo is a write",
        arguments: [
            "- block:\n    - look: {name: r}\n  rescue:\n    - approve: {prompt: x}\n- do: {name: a}",
            "- block:\n    - look: {name: r}\n  rescue:\n    - do: {name: a}",
            "- look: {name: r}\n  on_failure: rollback\n  undo:\n    - do: {name: a}",
        ])
    func protectedAfterFailure(tasks: String) async throws {
        try await RunCase.with { run in
            let plan = try await run.plan(
                RunCase.playbook(RunCase.play("b1", "", tasks)), inventory: protected,
                approver: ScriptedApprover(answer: .granted(by: "anna")))
            #expect(plan.refusals.contains { $0.message.contains("is protected") }, "\(plan.refusals)")
        }
    }

    @Test func `one question is asked for all hosts of a batch`() async throws {
        try await RunCase.with { run in
            let outcome = try await run.run(
                text(approve), approver: ScriptedApprover(answer: .granted(by: "anna")))
            #expect(outcome.exitCode == .done, "\(outcome.message)")
            #expect(outcome.state.approvals.count == 1)
            #expect(run.script.effects.count == 4)
        }
    }

    @Test func `an approve that is not reached forbids nothing`() async throws {
        try await RunCase.with { run in
            let tasks = "- approve: {prompt: x, four_eyes: true}\n  when: cluster.protected\n- do: {name: a}"
            let outcome = try await run.run(RunCase.playbook(RunCase.play("b1", "", tasks)))
            #expect(outcome.exitCode == .done, "\(outcome.message)")
        }
    }

    @Test func `a protected cluster wants an approval before the first write`() async throws {
        try await RunCase.with { run in
            let approver = ScriptedApprover(answer: .granted(by: "anna"))
            for (tasks, isRefused) in [("- do: {name: a}", true), ("- look: {name: r}", false), (approve, false)] {
                let plan = try await run.plan(
                    RunCase.playbook(RunCase.play("b1", "", tasks)), inventory: protected, approver: approver)
                #expect(plan.refusals.isEmpty != isRefused, "\(tasks): \(plan.refusals)")
            }
        }
    }

    @Test func `an irreversible step is confirmed by yes or a person, a forced one by a person only`() async throws {
        let irreversible = "- do: {name: a}\n  irreversible: true"
        let forced = "- do: {name: a, force: because}"
        let person = ScriptedApprover(answer: .granted(by: "anna"))
        let cases: [(String, Bool, (any Approver)?, ExitCode)] = [
            (irreversible, true, nil, .done), (irreversible, false, nil, .refused),
            (irreversible, false, person, .done),
            (irreversible, false, ScriptedApprover(answer: .denied(by: "anna", reason: "no")), .refused),
            (forced, true, nil, .refused), (forced, true, person, .done),
        ]
        for (tasks, yes, approver, code) in cases {
            try await RunCase.with { run in
                let text = RunCase.playbook(RunCase.play("b1", "", tasks))
                let outcome = try await run.run(
                    text, options: RunOptions(assumesYes: yes), approver: approver ?? NobodyAnswers())
                #expect(outcome.exitCode == code, "\(tasks) \(yes): \(outcome.message)")
                #expect(run.script.effects.isEmpty == (code != .done))
                let plan = try await run.plan(text)
                #expect(plan.irreversible.count == 1)
                if code == .done {
                    let types = try AuditVerifier.records(run.store).map { $0.record["type"] }
                    #expect(types == ["run_opened", "approval_decided", "task_started", "task_finished", "run_closed"])
                }
            }
        }
    }
}
