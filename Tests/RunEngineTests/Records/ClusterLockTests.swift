import EventLoop
import RunEngine
import TestSupport
import Testing
import Values

@Suite struct ClusterLockTests {
    private func holder(_ run: String) -> LockHolder {
        LockHolder(
            runID: run, playbook: "p.yml", user: "anna", host: "ops-1", pid: 1, startTime: "2", bootID: "3",
            since: Timestamp(milliseconds: 0))
    }

    @Test func `a second writer is refused and told who holds the lock`() async throws {
        try await RunCase.with { run in
            let held = try await ClusterLock.take(
                clusterID: "c", store: run.store, holder: holder("first"), wait: .zero, time: run.time,
                stopper: run.stopper)
            do {
                _ = try await ClusterLock.take(
                    clusterID: "c", store: run.store, holder: holder("second"), wait: .zero, time: run.time,
                    stopper: run.stopper)
                Issue.record("two holders")
            } catch let failure as StepFailure {
                #expect(failure.code == .refused)
                #expect(failure.message.contains("run first of p.yml, by anna on ops-1"))
            }
            withExtendedLifetime(held) {}
            let other = try await ClusterLock.take(
                clusterID: "d", store: run.store, holder: holder("third"), wait: .zero, time: run.time,
                stopper: run.stopper)
            withExtendedLifetime(other) {}
            #expect(ClusterLock.holder(clusterID: "c", store: run.store) == holder("first"))
        }
    }

    @Test func `a writing run on a locked cluster is refused, a read one is not`() async throws {
        try await RunCase.with { run in
            let held = try await ClusterLock.take(
                clusterID: "id-of-demo", store: run.store, holder: holder("first"), wait: .zero, time: run.time,
                stopper: run.stopper)
            let write = RunCase.playbook(RunCase.play("b1", "", "- do: {name: a}"))
            #expect(try await run.run(write).exitCode == .refused)
            let waiting = RunCase.playbook(
                RunCase.play("b1", "", "- do: {name: a}"), head: "lock: {scope: cluster, wait: 5s}\n")
            let outcome = try await run.run(waiting)
            #expect(outcome.exitCode == .refused)
            #expect(run.time.monotonic == .seconds(5))
            #expect(run.script.effects.isEmpty)
            let read = RunCase.playbook(RunCase.play("b1", "", "- look: {name: a}"))
            #expect(try await run.run(read).exitCode == .done)
            withExtendedLifetime(held) {}
        }
    }

    @Test func `a lock is free after its run`() async throws {
        try await RunCase.with { run in
            let write = RunCase.playbook(RunCase.play("b1", "", "- do: {name: a}"))
            for _ in 0..<2 {
                let outcome = try await run.run(write)
                #expect(outcome.exitCode == .done)
            }
        }
    }
}
