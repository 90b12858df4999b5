import EventLoop
import Glibc
import Playbooks
import RunEngine
import TestSupport
import Testing
import Values

/// One lock a cluster, whatever was known of it when the plan was made.
@Suite struct LockNameTests {
    private static let text = RunCase.playbook(RunCase.play("b1", "", "- do: {name: a}"))
    private static let pinned = RunCase.inventory.replacing(
        "version: 4.3.1,", with: "version: 4.3.1, cluster_id: id-of-demo,")

    /// Runs the body while another run is in its step.
    private func meanwhile(
        _ run: RunCase, down first: Bool, _ inventory: String = RunCase.inventory,
        _ body: @escaping @Sendable (RunCase) async throws -> Void
    ) async throws -> RunOutcome {
        let other = RunCase(run.scratch)
        run.script.answer("a") { _ in
            try await body(other)
            return ActionOutcome(.changed)
        }
        run.estate.state.withLock { $0.isUnreachable = first }
        let outcome = try await run.run(Self.text, inventory: inventory)
        #expect(outcome.exitCode == .done, "\(outcome.message)")
        return outcome
    }

    @Test(
        "Of two runs, one of which was planned while the cluster was down, one has the lock",
        arguments: [true, false], [true, false])
    func oneLock(isFirstDown: Bool, isPinned: Bool) async throws {
        try await RunCase.with { run in
            let inventory = isPinned ? Self.pinned : RunCase.inventory
            let outcome = try await meanwhile(run, down: isFirstDown, inventory) { other in
                other.estate.state.withLock { $0.isUnreachable = !isFirstDown }
                let second = try await other.run(Self.text, inventory: inventory)
                #expect(second.exitCode == .refused, "\(second.message)")
                #expect(second.message.contains("the cluster is locked by run"), "\(second.message)")
                #expect(other.script.effects.isEmpty)
            }
            let names = try run.journal(outcome).events.compactMap { event in
                if case .lockTaken(let lock) = event.body { lock.clusterID } else { nil }
            }
            #expect(names == [isFirstDown && !isPinned ? "demo" : "id-of-demo"])
            // Free for each of them afterwards.
            for isDown in [true, false] {
                let later = RunCase(run.scratch)
                later.estate.state.withLock { $0.isUnreachable = isDown }
                #expect(try await later.run(Self.text, inventory: inventory).exitCode == .done)
            }
        }
    }

    @Test func `clusters of one name in two inventories have two locks while both answer`() async throws {
        try await RunCase.with { run in
            let store = ClusterLock.files(nil, run.store)
            let held = try await ClusterLock.take(
                .init(clusterID: "id-of-another", cluster: "demo", holder: Self.holder("other")), in: store,
                clock: run.leaseTime, time: run.time, stopper: run.stopper)
            #expect(try await run.run(Self.text).exitCode == .done)
            await held.lease.release()
        }
    }

    @Test func `a run that learns the id when it is gone on with takes both names`() async throws {
        try await RunCase.with { run in
            let clock = run.leaseTime
            let text = RunCase.playbook(RunCase.play("b1", "", "- do: {name: a}\n- do: {name: b}"))
            run.script.answer("a") { _ in
                clock.jump(by: .seconds(61))
                return ActionOutcome(.changed)
            }
            run.estate.state.withLock { $0.isUnreachable = true }
            let outcome = try await run.run(text)
            try #require(outcome.exitCode == .suspended, "\(outcome.message)")
            run.estate.state.withLock { $0.isUnreachable = false }
            let store = ClusterLock.files(nil, run.store)
            run.script.answer("b") { _ in
                let names = ["demo", "id-of-demo"]
                let states = try names.map { try store.lease(of: $0)?.state }
                #expect(states == [.held, .held])
                return ActionOutcome(.changed)
            }
            #expect(try await run.resume(outcome.runID, text).exitCode == .done)
            #expect(run.script.effects == ["a@b1", "b@b1"])
        }
    }

    @Test func `broken glass takes the lock under its other name, too`() async throws {
        for isFirstDown in [true, false] {
            try await RunCase.with { run in
                var options = RunOptions()
                options.breakGlass = "it is down"
                let glass = options
                let outcome = try await {
                    let other = RunCase(run.scratch)
                    run.script.answer("a") { _ in
                        other.estate.state.withLock { $0.isUnreachable = !isFirstDown }
                        let second = try await other.run(Self.text, options: glass)
                        #expect(second.exitCode == .done, "\(second.message)")
                        return ActionOutcome(.changed)
                    }
                    run.estate.state.withLock { $0.isUnreachable = isFirstDown }
                    return try await run.run(
                        RunCase.playbook(RunCase.play("b1", "", "- do: {name: a}\n- do: {name: b}")))
                }()
                // It had the lock, and has it no more: its keeper finds out at its next look, or at its next renewal.
                #expect([.done, .suspended].contains(outcome.exitCode))
                let store = ClusterLock.files(nil, run.store)
                let name = isFirstDown ? "demo" : "id-of-demo"
                #expect(try store.lease(of: name)?.epoch == 2, "taken away and given back")
            }
        }
    }

    // MARK: Kept in Kafka

    @Test func `a lock that is kept in Kafka is had by broken glass alone while the cluster is down, and loudly`()
        async throws
    {
        try await RunCase.with { run in
            let inventory = RunCase.inventory.replacing(
                "lifecycle: simulated}", with: "lifecycle: simulated, lock: {store: kafka}}")
            run.estate.state.withLock { $0.isUnreachable = true }
            let refused = try await run.run(Self.text, inventory: inventory)
            #expect(refused.exitCode == .refused && refused.message.contains("kept in Kafka"), "\(refused.message)")
            #expect(refused.failure?.nextAction?.contains("--break-glass") == true)
            var options = RunOptions()
            options.breakGlass = "all brokers are down"
            let outcome = try await run.run(Self.text, inventory: inventory, options: options)
            #expect(outcome.exitCode == .done, "\(outcome.message)")
            #expect(run.script.effects == ["a@b1"])
            #expect(outcome.state.findings.contains { $0.message.hasPrefix("BREAK GLASS: the lock of demo") })
            let records = try AuditVerifier.records(run.store).map(\.record)
            let taken = try #require(records.first { $0["type"] == "lock_taken" })
            #expect(taken["instead"]?.stringValue?.contains("demo cannot be reached") == true)
            #expect(taken["store"] == .string(run.store.lockFolder))
        }
    }

    @Test func `a lock in Kafka that fails after the plan keeps the run from acting, unless the glass is broken`()
        async throws
    {
        try await RunCase.with { run in
            let inventory = RunCase.inventory.replacing(
                "lifecycle: simulated}", with: "lifecycle: simulated, lock: {store: kafka}}")
            let kept = FileLeaseStore(folder: "\(run.scratch.path)/kafka", isShared: false, storage: run.storage)
            run.estate.state.withLock { $0.leases = FailingLeaseStore(kept, fails: true) }
            let failed = try await run.run(Self.text, inventory: inventory)
            #expect(failed.exitCode == .refused && failed.message.contains("no route to it"), "\(failed.message)")
            #expect(failed.failure?.nextAction?.contains("--break-glass") == true)
            #expect(run.script.effects.isEmpty)
            var options = RunOptions()
            options.breakGlass = "the brokers went down a minute ago"
            let outcome = try await run.run(Self.text, inventory: inventory, options: options)
            #expect(outcome.exitCode == .done, "\(outcome.message)")
            #expect(run.script.effects == ["a@b1"])
            let taken = try #require(
                try AuditVerifier.records(run.store).map(\.record).first { $0["type"] == "lock_taken" })
            #expect(taken["instead"]?.stringValue?.contains("no route to it") == true)
            #expect(taken["store"] == .string(run.store.lockFolder))
        }
    }

    // MARK: Runs that never began

    private static func holder(_ run: String, pid: Int = 0, state: String = "") -> LockHolder {
        LockHolder(
            runID: run, playbook: "p.yml", user: "anna", host: "ops-1", pid: pid, startTime: "1",
            bootID: ProcessIdentity.currentBootID, since: Timestamp(milliseconds: 0), state: state)
    }

    @Test(
        "A lease of a dead process is free at once where its run never began, and where nobody can go on with it",
        arguments: [
            ("never began", true), ("elsewhere", false), ("unknown folder", false), ("began", false), ("alive", false),
        ])
    func neverBegan(what: String, isFree: Bool) async throws {
        try await RunCase.with { run in
            let runID = "01999999-0000-7000-8000-000000000000"
            var holder = Self.holder(runID, state: run.store.root)
            switch what {
            case "elsewhere": holder.state = "/another/state"
            case "unknown folder": holder.state = ""
            case "began":
                try Files.makeFolders(run.store.folder(of: runID))
                let other = try await run.run(RunCase.playbook(RunCase.play("b1", "", "- look: {name: r}")))
                let journal = try Files.read(run.store.journalPath(of: other.runID), limit: 1 << 20)
                try Files.writeAtomically(journal, to: run.store.journalPath(of: runID))
            case "alive":
                holder = Self.holder(runID, pid: Int(getpid()), state: run.store.root)
                holder.startTime = ProcessIdentity.current(pid: Int(getpid())).startTime
            default: break
            }
            let dead = try await ClusterLock.take(
                .init(clusterID: "id-of-demo", cluster: "demo", holder: holder),
                in: ClusterLock.files(nil, run.store), clock: run.leaseTime, time: run.time, stopper: run.stopper)
            let outcome = try await run.run(Self.text)
            #expect(outcome.exitCode == (isFree ? .done : .refused), "\(outcome.message)")
            if isFree {
                let taken = try AuditVerifier.records(run.store).map(\.record).first { $0["type"] == "lock_taken" }
                #expect(taken?["former"]?.stringValue?.contains(runID) == true)
            }
            withExtendedLifetime(dead) {}
        }
    }
}
