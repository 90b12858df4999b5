import EventLoop
import Playbooks
import RunEngine
import TestSupport
import Testing
import Values

/// An outage: the run that caused it has the lock, the window is closed, the cluster is protected.
@Suite struct BreakGlassTests {
    private let head = "window: {deny: [{from: 2025-06-01, to: 2025-07-01}]}\n"
    private let protected = RunCase.inventory.replacing("version: 4.3.1,", with: "version: 4.3.1, protected: true,")

    private var options: RunOptions {
        var options = RunOptions()
        options.breakGlass = "the upgrade took the cluster down"
        return options
    }

    private func hold(_ run: RunCase) async throws -> HeldLease {
        try await ClusterLock.take(
            .init(
                clusterID: "id-of-demo", cluster: "demo",
                holder: LockHolder(
                    runID: "upgrade", playbook: "u.yml", user: "ola", host: "ops-2", pid: 1, startTime: "1",
                    bootID: "2", since: Timestamp(milliseconds: 0))),
            in: ClusterLock.files(nil, run.store), clock: run.leaseTime, time: run.time, stopper: run.stopper
        ).lease
    }

    @Test func `broken glass overrides window, approval and lock, and is the first thing on record`() async throws {
        try await RunCase.with { run in
            let held = try await hold(run)
            let text = RunCase.playbook(
                RunCase.play(
                    "b1", "", "- approve: {prompt: \"Go?\", approvers: [group:oncall], min: 2}\n- do: {name: a}"),
                head: head)
            #expect(try await run.run(text, inventory: protected).exitCode == .refused)
            #expect(run.script.effects.isEmpty)
            let outcome = try await run.run(text, inventory: protected, options: options)
            #expect(outcome.exitCode == .done, "\(outcome.message)")
            #expect(run.script.effects == ["a@b1"])
            #expect(await held.renew() == false, "who had the lock finds out")
            let bytes = try Files.read(run.store.journalPath(of: outcome.runID), limit: 1 << 20)
            let line = try #require(bytes.split(separator: UInt8(ascii: "\n")).first)
            let first = try JSON.parse(Array(line))
            #expect(first["type"] == "run_opened")
            #expect(first["break_glass"] == "the upgrade took the cluster down")
            let records = try AuditVerifier.records(run.store).map(\.record)
            #expect(
                records.map { $0["type"] } == ["run_opened", "lock_taken", "approval_decided", "run_closed"])
            #expect(records[0]["break_glass"] == "the upgrade took the cluster down")
            #expect(records[1]["former"]?.stringValue?.contains("run upgrade of u.yml") == true)
            #expect(records[2]["method"] == "break-glass" && records[2]["by"] == "anna")
            #expect(try AuditVerifier.verify(run.store).findings.isEmpty)
        }
    }

    @Test func `gates hold although the glass is broken`() async throws {
        try await RunCase.with { run in
            run.script.answer("g") { _ in
                ActionOutcome(
                    .ok, result: ["passes": false, "reasons": ["3 partitions below min ISR"], "progress": .null])
            }
            let text = RunCase.playbook(
                RunCase.play("b1", "", "- gate: {probe: {name: g}}\n  timeout: 1m\n- do: {name: a}"), head: head)
            let outcome = try await run.run(text, inventory: protected, options: options)
            #expect(outcome.exitCode == .gateFailed, "\(outcome.message)")
            #expect(run.script.effects.isEmpty)
        }
    }

    @Test func `what broken glass approved counts for no resume without it`() async throws {
        try await RunCase.with { run in
            let clock = run.leaseTime
            let text = RunCase.playbook(
                RunCase.play("b1", "", "- approve: {prompt: \"Go?\"}\n- do: {name: a}\n- do: {name: b}"))
            run.script.answer("a") { _ in
                clock.jump(by: .seconds(61))
                return ActionOutcome(.changed)
            }
            let outcome = try await run.run(text, inventory: protected, options: options)
            #expect(outcome.exitCode == .suspended, "\(outcome.message)")
            let refused = try await run.resume(outcome.runID, text, inventory: protected)
            #expect(refused.exitCode == .refused && refused.runID.isEmpty, "\(refused.message)")
            #expect(refused.message.contains("broken glass stood in"), "\(refused.message)")
            #expect(run.script.effects == ["a@b1"])
            // Nothing was ended by that: declared again, it goes on.
            #expect(try await run.resume(outcome.runID, text, inventory: protected, options: options).exitCode == .done)
        }
    }

    @Test(
        "Without an approval, broken glass is declared again with the resume, on a protected cluster and on any other",
        arguments: [true, false])
    func declaredAgain(isProtected: Bool) async throws {
        try await RunCase.with { run in
            let (clock, inventory) = (run.leaseTime, isProtected ? protected : RunCase.inventory)
            let approve = isProtected ? "" : "- approve: {prompt: \"Go?\", approvers: [ola]}\n"
            let text = RunCase.playbook(RunCase.play("b1", "", approve + "- do: {name: a}\n- do: {name: b}"))
            run.script.answer("a") { _ in
                clock.jump(by: .seconds(61))
                return ActionOutcome(.changed)
            }
            let outcome = try await run.run(text, inventory: inventory, options: options)
            try #require(outcome.exitCode == .suspended, "\(outcome.message)")
            let refused = try await run.resume(outcome.runID, text, inventory: inventory)
            #expect(refused.exitCode == .refused && refused.runID.isEmpty, "\(refused.message)")
            #expect(refused.failure?.nextAction?.contains("--break-glass") == true)
            #expect(run.script.effects == ["a@b1"])
            let again = try await run.resume(outcome.runID, text, inventory: inventory, options: options)
            #expect(again.exitCode == .done, "\(again.message)")
            #expect(run.script.effects == ["a@b1", "b@b1"])
        }
    }

    @Test func `a resume may break the glass`() async throws {
        try await RunCase.with { run in
            let clock = run.leaseTime
            let text = RunCase.playbook(
                RunCase.play("b1", "", "- approve: {prompt: \"Go?\"}\n- do: {name: a}\n- do: {name: b}"))
            run.script.answer("a") { _ in
                clock.jump(by: .seconds(61))
                return ActionOutcome(.changed)
            }
            let outcome = try await run.run(text, inventory: protected, options: options)
            let held = try await hold(run)
            let resumed = try await run.resume(outcome.runID, text, inventory: protected, options: options)
            #expect(resumed.exitCode == .done, "\(resumed.message)")
            #expect(run.script.effects == ["a@b1", "b@b1"])
            let records = try AuditVerifier.records(run.store).map(\.record)
            let resumes = records.filter { $0["type"] == "run_resumed" }
            #expect(resumes.map { $0["break_glass"] } == ["the upgrade took the cluster down"])
            withExtendedLifetime(held) {}
        }
    }
}
