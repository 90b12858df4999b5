import EventLoop
import Playbooks
import RunEngine
import Testing
import Values

@Suite struct SecretTests {
    private static let playbook = RunCase.playbook(
        RunCase.play(
            "b1", "",
            """
            - do: {name: a, value: {secret: "env:TASK"}}
            - do: {name: b, value: {secret: "env:PARAMETER"}}
            - do: {name: c, value: "{{ token }}"}
            - do: {name: d, value: "{{ host.password }}"}
            """), head: "params:\n  token: {type: secret, default: {secret: \"env:PARAMETER\"}}\n")

    private static let inventory = RunCase.inventory.replacing(
        "broker_id: 1,", with: "broker_id: 1, password: {secret: \"env:HOST\"},")

    private func inputs(_ run: RunCase, missing: String? = nil) throws -> RunInputs {
        var inputs = try run.inputs(Self.playbook, inventory: Self.inventory)
        inputs.resolveSecret = { source in
            guard source.text != missing else { throw StepFailure(.failed, "\(source.text) is not set") }
            return Secret("hush-\(source.text.dropFirst(4))", origin: source.text)
        }
        return inputs
    }

    @Test func `secrets reach the steps, and neither the plan nor the records`() async throws {
        try await RunCase.with { run in
            // An answer that says it all: what a step prints is masked.
            for name in ["a", "b", "c", "d"] {
                run.script.answer(name) { seen in
                    guard case .secret(let secret)? = seen.arguments["value"] else {
                        return ActionOutcome(.failed(StepFailure(.failed, "no secret")))
                    }
                    return ActionOutcome(.changed, result: ["value": .string("it is \(secret.reveal())")])
                }
            }
            let prepared = try await Engine.plan(try inputs(run), approver: NobodyAnswers())
            #expect(!JSON.text(prepared.plan.json()).contains("hush"))
            let outcome = await Engine.run(
                prepared, store: run.store, approver: NobodyAnswers(), stopper: run.stopper)
            #expect(outcome.exitCode == .done, "\(outcome.message)")
            let values = run.script.calls.compactMap { call -> String? in
                guard case .secret(let secret)? = call.arguments["value"] else { return nil }
                return secret.reveal()
            }
            #expect(values == ["hush-TASK", "hush-PARAMETER", "hush-PARAMETER", "hush-HOST"])
            let journal = String(
                decoding: try Files.read(run.store.journalPath(of: outcome.runID), limit: 1 << 20), as: UTF8.self)
            #expect(journal.contains("it is •••"))
            #expect(!journal.contains("hush"))
        }
    }

    @Test(arguments: [
        ("in base64", "aHVzaC1UQVNL"), ("in hex", "687573682d5441534b"),
        ("in base64, after a name", "YWRtaW46aHVzaC1UQVNL"),
    ])
    func `what a step prints of a secret in another encoding is masked`(how: String, text: String) async throws {
        try await RunCase.with { run in
            run.script.answer("a") { _ in ActionOutcome(.changed, result: ["value": .string("it is \(text)")]) }
            let prepared = try await Engine.plan(try inputs(run), approver: NobodyAnswers())
            let outcome = await Engine.run(
                prepared, store: run.store, approver: NobodyAnswers(), stopper: run.stopper)
            #expect(outcome.exitCode == .done, "\(outcome.message)")
            let journal = String(
                decoding: try Files.read(run.store.journalPath(of: outcome.runID), limit: 1 << 20), as: UTF8.self)
            #expect(journal.contains("•••") && !journal.contains(text), "\(how)")
        }
    }

    @Test(
        "A secret that cannot be had ends the plan, before anything runs",
        arguments: ["env:TASK", "env:PARAMETER", "env:HOST"])
    func missing(text: String) async throws {
        try await RunCase.with { run in
            do {
                _ = try await Engine.plan(try inputs(run, missing: text), approver: NobodyAnswers())
                Issue.record("planned")
            } catch let failure as RunFailure {
                #expect(failure.exitCode == .invalid)
                #expect(failure.failure.message.contains(text))
            }
        }
    }

    @Test func `a default that something else was given for is not asked for`() async throws {
        try await RunCase.with { run in
            var inputs = try run.inputs(
                RunCase.playbook(
                    RunCase.play("b1", "", "- do: {name: c, value: \"{{ token }}\"}"),
                    head: "params:\n  token: {type: secret, default: {secret: \"env:OTHER\"}}\n"))
            // As the loader leaves it after `-e token=…`.
            inputs.playbook.parameterValues = ["token": ["secret": "env:GIVEN"]]
            for place in inputs.playbook.plays.indices {
                inputs.playbook.plays[place].parameterValues = inputs.playbook.parameterValues
            }
            inputs.resolveSecret = { source in
                guard source.text == "env:GIVEN" else { throw StepFailure(.failed, "\(source.text) was asked for") }
                return Secret("hush", origin: source.text)
            }
            _ = try await Engine.plan(inputs, approver: NobodyAnswers())
        }
    }
}
