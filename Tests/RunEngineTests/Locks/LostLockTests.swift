import EventLoop
import Playbooks
import RunEngine
import TestSupport
import Testing
import Values

/// Two runners, one of which stands still for longer than its lease and wakes.
@Suite struct LostLockTests {
    private let text = RunCase.playbook(
        RunCase.play("b1:b2", "serial: 1", "- do: {name: a}\n- look: {name: r}\n- do: {name: b}"))

    @Test func `a runner that stood still in a step starts no new one, says so, and can be gone on with`() async throws
    {
        try await RunCase.with { run in
            let clock = run.leaseTime
            run.script.answer("a") { seen in
                if seen.count == 0, seen.host == "b1" { clock.jump(by: .seconds(61)) }
                return ActionOutcome(.changed)
            }
            let outcome = try await run.run(text)
            #expect(outcome.exitCode == .suspended, "\(outcome.message)")
            #expect(outcome.status == .suspended)
            #expect(outcome.message.contains("the lock of demo is lost: it was not renewed within its 1m"))
            #expect(run.script.effects == ["a@b1"])
            let events = try run.journal(outcome).events.map(\.body)
            let losses = events.compactMap { body in if case .lockLost(let lost) = body { lost } else { nil } }
            #expect(losses.count == 1)
            let intents = events.compactMap { body in if case .taskStarted(let task) = body { task.key } else { nil } }
            #expect(intents.contains("0/0/b1") && !intents.contains("0/2/b1"), "\(intents)")
            #expect(try AuditVerifier.verify(run.store).findings.isEmpty)
            // Another run has the cluster meanwhile.
            let other = RunCase.playbook(RunCase.play("b3", "", "- do: {name: c}"))
            #expect(try await run.run(other).exitCode == .done)
            let resumed = try await run.resume(outcome.runID, text)
            #expect(resumed.exitCode == .done, "\(resumed.message)")
            #expect(run.script.effects == ["a@b1", "c@b3", "b@b1", "a@b2", "b@b2"])
        }
    }

    @Test(arguments: [false, true])
    func `a step asks again before each thing that it does, and what it had done before is looked at by the resume`(
        hasActed: Bool
    ) async throws {
        try await RunCase.with { run in
            let (clock, script) = (run.leaseTime, run.script)
            script.answer("a") { seen in
                let context = try #require(script.contexts.last)
                if hasActed { try context.admit() }
                if seen.count == 0, seen.host == "b1" { clock.jump(by: .seconds(61)) }
                try context.admit()
                return ActionOutcome(.changed)
            }
            script.verify("a", .notDone(evidence: "it is not there"))
            let outcome = try await run.run(text)
            #expect(outcome.message.contains("the lock of demo is lost") || hasActed, "\(outcome.message)")
            let ends = try run.journal(outcome).events.compactMap { event in
                if case .taskFinished(let end) = event.body { end } else { nil }
            }
            #expect(ends.map(\.status) == [hasActed ? .unknown : .stopped])
            if hasActed {
                #expect(ends[0].failure?.message.hasPrefix("part of it was sent before the lock was lost") == true)
            }
            #expect(run.script.effects == ["a@b1"], "nothing begins after it")
            let resumed = try await run.resume(outcome.runID, text)
            #expect(resumed.exitCode == .done, "\(resumed.message)")
            #expect(run.script.effects == ["a@b1", "a@b1", "b@b1", "a@b2", "b@b2"])
        }
    }

    @Test func `a step that was under way when the lock was taken away is named`() async throws {
        try await RunCase.with { run in
            let (clock, store) = (run.leaseTime, ClusterLock.files(nil, run.store))
            run.script.answer("a") { seen in
                clock.jump(by: .seconds(61))
                // The keeper wakes, looks, and says it.
                try await Eventually.holds("the loss is noted") {
                    clock.advance(by: .seconds(1))
                    guard let runID = try run.store.runIDs().first else { return false }
                    return try run.store.journal(of: runID).events.contains { event in
                        if case .lockLost = event.body { true } else { false }
                    }
                }
                _ = try store.lease(of: "id-of-demo")
                return ActionOutcome(.changed)
            }
            let outcome = try await run.run(text)
            #expect(outcome.exitCode == .suspended)
            let events = try run.journal(outcome).events.map(\.body)
            let losses = events.compactMap { body in if case .lockLost(let lost) = body { lost } else { nil } }
            #expect(losses.first?.underWay == ["0/0/b1"])
            #expect(outcome.state.findings.contains { $0.message.contains("step 0/0/b1 was under way") })
        }
    }

    @Test func `whenever a runner stands still, nothing begins after it wakes`() async throws {
        for place in 1...60 {
            let (count, isLate) = (Locked(0), Locked(false))
            let clock = Locked<ManualTimeSource?>(nil)
            let storage = CrashStorage(effects: {
                let isNow = count.withLock { count in
                    count += 1
                    return count == place
                }
                if isNow {
                    clock.withLock { $0 }?.jump(by: .seconds(61))
                    isLate.withLock { $0 = true }
                }
                return 0
            })
            var isOver = false
            try await ScratchDirectory.with { scratch in
                let run = RunCase(scratch, storage: storage)
                clock.withLock { $0 = run.leaseTime }
                for name in ["a", "b"] {
                    run.script.answer(name) { seen in
                        #expect(!isLate.withLock { $0 }, "\(seen.name)@\(seen.host) after write \(place)")
                        return ActionOutcome(.changed)
                    }
                }
                let outcome = try await run.run(text)
                isOver = !isLate.withLock { $0 }
                if isOver || run.script.effects.count == 4 {
                    #expect(outcome.exitCode == .done || outcome.exitCode == .suspended, "\(outcome.message)")
                    return
                }
                #expect([.suspended, .refused].contains(outcome.exitCode), "at \(place): \(outcome.message)")
                guard !outcome.runID.isEmpty else { return }
                for name in ["a", "b"] { run.script.answer(name) { _ in ActionOutcome(.changed) } }
                let resumed = try await run.resume(outcome.runID, text)
                #expect(resumed.exitCode == .done, "at \(place): \(resumed.message)")
                #expect(run.script.effects == ["a@b1", "b@b1", "a@b2", "b@b2"], "at \(place)")
            }
            if isOver { return }
        }
        Issue.record("a run of more than sixty writes")
    }

    @Test func `the lock and its epoch stand in the journal, and a takeover in the audit log`() async throws {
        try await RunCase.with { run in
            let first = try await run.run(text)
            let events = try run.journal(first).events.map(\.body)
            guard case .lockTaken(let lock) = events[1] else {
                Issue.record("\(events[1])")
                return
            }
            #expect(lock.cluster == "demo" && lock.clusterID == "id-of-demo" && lock.epoch == 1)
            #expect(lock.former == nil && lock.length == .seconds(60))
            // A holder that died: its lease has run out, and nobody gave it back.
            let held = try await ClusterLock.take(
                .init(
                    clusterID: "id-of-demo",
                    holder: LockHolder(
                        runID: "dead", playbook: "d.yml", user: "ola", host: "ops-2", pid: 1, startTime: "1",
                        bootID: ProcessIdentity.currentBootID, since: Timestamp(milliseconds: 0))),
                in: ClusterLock.files(nil, run.store), clock: run.leaseTime, time: run.time, stopper: run.stopper)
            #expect(try await run.run(text).exitCode == .refused)
            run.leaseTime.jump(by: .seconds(61))
            #expect(try await run.run(text).exitCode == .done)
            let takeovers = try AuditVerifier.records(run.store).map(\.record).filter { $0["type"] == "lock_taken" }
            #expect(takeovers.count == 1)
            #expect(takeovers.first?["former"]?.stringValue?.contains("run dead of d.yml, by ola on ops-2") == true)
            withExtendedLifetime(held) {}
        }
    }

    // MARK: Between a stop and its start

    private static let restart = RunCase.playbook(
        RunCase.play(
            "b1:b2", "serial: 1", "- stop: {name: down}\n- do: {name: change}\n- start: {name: up}\n- do: {name: after}"
        ))

    @Test func `a broker that was stopped is started by a lock that was lost and that nobody has had since`()
        async throws
    {
        try await RunCase.with { run in
            let clock = run.leaseTime
            run.script.answer("down") { _ in
                clock.jump(by: .seconds(61))
                return ActionOutcome(.changed)
            }
            let outcome = try await run.run(Self.restart)
            #expect(outcome.exitCode == .suspended, "\(outcome.message)")
            #expect(outcome.message.contains("the lock of demo is lost"))
            #expect(run.script.effects == ["down@b1", "change@b1", "up@b1"])
            #expect(outcome.state.closed?.leftovers == [])
            #expect(outcome.state.findings.contains { $0.message.contains("nobody had taken it") })
            #expect(try AuditVerifier.verify(run.store).findings.isEmpty)
            #expect(try ClusterLock.files(nil, run.store).lease(of: "id-of-demo")?.state == .released)
            run.script.answer("down") { _ in ActionOutcome(.changed) }
            let resumed = try await run.resume(outcome.runID, Self.restart)
            #expect(resumed.exitCode == .done, "\(resumed.message)")
            #expect(run.script.effects.dropFirst(3) == ["after@b1", "down@b2", "change@b2", "up@b2", "after@b2"])
        }
    }

    @Test(
        "A broker whose lock somebody else has by now is left down and named, and started first by the resume",
        arguments: ["taken", "broken", "given back", "by the name alone"])
    func leftDown(how: String) async throws {
        try await RunCase.with { run in
            let (clock, store, time) = (run.leaseTime, ClusterLock.files(nil, run.store), run.time)
            run.script.answer("down") { _ in
                clock.jump(by: .seconds(61))
                if how == "broken" {
                    let lease = try #require(try store.lease(of: "id-of-demo"))
                    _ = try await ClusterLock.breakLock(
                        lease, in: store,
                        by: .init(user: "ola", host: "ops-2", reason: "r", at: Timestamp(milliseconds: 0)),
                        audit: run.store)
                    return ActionOutcome(.changed)
                }
                let other = try await ClusterLock.take(
                    .init(
                        clusterID: how == "by the name alone" ? "demo" : "id-of-demo", cluster: "demo",
                        holder: LockHolder(
                            runID: "other", playbook: "u.yml", user: "ola", host: "ops-2", pid: 1, startTime: "1",
                            bootID: ProcessIdentity.currentBootID, since: Timestamp(milliseconds: 0))),
                    in: store, clock: clock, time: time, stopper: Stopper())
                if how == "given back" { await other.lease.release() }
                return ActionOutcome(.changed)
            }
            let outcome = try await run.run(Self.restart)
            #expect(outcome.exitCode == .suspended, "\(outcome.message)")
            #expect(run.script.effects == ["down@b1"])
            #expect(outcome.state.closed?.leftovers == ["b1 was stopped by this run and is not proven back"])
            clock.jump(by: .seconds(61))
            run.script.answer("down") { _ in ActionOutcome(.changed) }
            let resumed = try await run.resume(outcome.runID, Self.restart)
            #expect(resumed.exitCode == .done, "\(resumed.message)")
            #expect(run.script.effects.prefix(4) == ["down@b1", "change@b1", "up@b1", "after@b1"])
        }
    }
}
