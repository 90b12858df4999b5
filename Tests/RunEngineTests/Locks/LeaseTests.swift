import EventLoop
import Glibc
import RunEngine
import TestSupport
import Testing
import Values

@Suite struct LeaseTests {
    private static let boot = "boot-1"

    /// This very process, which lives; `pid` 0 is one that does not.
    private static func holder(_ run: String, pid: Int = Int(getpid()), host: String = "ops-1") -> LockHolder {
        let identity = ProcessIdentity.current(pid: pid)
        return LockHolder(
            runID: run, playbook: "p.yml", user: "anna", host: host, pid: pid, startTime: identity.startTime,
            bootID: boot, since: Timestamp(milliseconds: 0))
    }

    private func take(
        _ holder: LockHolder, in store: any LeaseStore, _ clock: ManualTimeSource, claim: LeaseClaim = .free,
        length: Duration = .seconds(60)
    ) async throws -> HeldLease {
        try await ClusterLock.take(
            .init(clusterID: "c", cluster: "demo", holder: holder, claim: claim, length: length), in: store,
            clock: clock, time: clock, stopper: Stopper()
        ).lease
    }

    private func withFiles(_ body: (FileLeaseStore, RunStore, ManualTimeSource) async throws -> Void) async throws {
        try await ScratchDirectory.with { scratch in
            let store = RunStore(root: scratch.path)
            try await body(ClusterLock.files(nil, store), store, ManualTimeSource())
        }
    }

    // MARK: Whose it is

    struct Try: Sendable, CustomStringConvertible {
        var description: String
        var after: Duration
        var run = "second"
        var dead = false
        var claim = LeaseClaim.free
        var isTaken: Bool
    }

    static let tries: [Try] = [
        .init(description: "another run, at once", after: .seconds(1), isTaken: false),
        .init(description: "another run, right before it runs out", after: .seconds(59), isTaken: false),
        .init(description: "another run, after it ran out", after: .seconds(61), isTaken: true),
        .init(description: "another run, of a holder that is dead", after: .seconds(1), dead: true, isTaken: false),
        .init(description: "another run's resume", after: .seconds(1), dead: true, claim: .resume, isTaken: false),
        .init(
            description: "a resume of the same run, whose process lives", after: .seconds(1), run: "first",
            claim: .resume, isTaken: false),
        .init(
            description: "a resume of the same run, whose process is gone", after: .seconds(1), run: "first",
            dead: true, claim: .resume, isTaken: true),
        .init(description: "broken glass", after: .seconds(1), claim: .breakGlass, isTaken: true),
    ]

    @Test("A lock is taken over when it has run out, or by right", arguments: tries)
    func takeover(attempt: Try) async throws {
        try await withFiles { store, _, clock in
            let first = try await take(Self.holder("first", pid: attempt.dead ? 0 : Int(getpid())), in: store, clock)
            #expect(first.lease.epoch == 1 && first.isHeld)
            clock.advance(by: attempt.after)
            do {
                let second = try await take(Self.holder(attempt.run), in: store, clock, claim: attempt.claim)
                #expect(attempt.isTaken)
                #expect(second.lease.epoch == 2 && second.isHeld)
                #expect(second.former?.holder.runID == "first")
                #expect(await first.renew() == false)
                #expect(first.loss != nil && !first.isHeld)
                await first.release()
                #expect(try store.lease(of: "c")?.state == .held, "who lost it has nothing to give back")
                await second.release()
            } catch let failure as StepFailure {
                #expect(!attempt.isTaken, "\(failure)")
                #expect(failure.code == .refused && failure.message.contains("run first of p.yml, by anna on ops-1"))
                await first.release()
            }
            let third = try await take(Self.holder("third"), in: store, clock)
            #expect(third.former == nil, "what was given back is free")
            await third.release()
        }
    }

    @Test func `a lease that is renewed in time is held, and one that is not is lost for good`() async throws {
        try await withFiles { store, _, clock in
            let held = try await take(Self.holder("first"), in: store, clock)
            for _ in 0..<5 {
                clock.advance(by: .seconds(40))
                #expect(held.isHeld)
                #expect(await held.renew())
            }
            #expect(try store.lease(of: "c")?.expires == Timestamp(milliseconds: 1_750_000_260_000))
            // The last tenth is not used.
            clock.advance(by: .seconds(59))
            #expect(!held.isHeld)
            #expect(held.loss == .late(length: .seconds(60), reason: nil))
            #expect(await held.renew() == false, "nobody has taken it, and it is lost all the same")
            #expect(!held.isHeld)
            #expect(held.loss?.sentence(cluster: "demo").contains("was not renewed within its 1m") == true)
            await held.release()
        }
    }

    @Test func `a lease is renewed by itself for as long as it is held`() async throws {
        try await withFiles { store, _, clock in
            let held = try await take(Self.holder("first"), in: store, clock)
            for second in 1...300 {
                // Whoever keeps it sleeps until its next turn, unless it was lost.
                guard held.isHeld else { break }
                await clock.waitForSleepers()
                clock.advance(by: .seconds(1))
                #expect(held.isHeld, "after \(second) s")
            }
            if held.isHeld { await clock.waitForSleepers() }
            let end = try #require(try store.lease(of: "c")?.expires)
            #expect(end > Timestamp(milliseconds: 1_750_000_300_000), "\(end)")
            await held.release()
        }
    }

    @Test func `where a store was emptied, the same epoch of somebody else is not one's own`() async throws {
        try await withFiles { store, _, clock in
            let first = try await take(Self.holder("first"), in: store, clock)
            _ = try store.replace("c") { present in
                guard var other = present else { return nil }
                other.holder = Self.holder("second")
                return other
            }
            #expect(await first.renew() == false)
            #expect(!first.isHeld && first.loss != nil)
            await first.release()
            let left = try store.lease(of: "c")
            #expect(left?.holder.runID == "second" && left?.state == .held, "it is not released by who lost it")
        }
    }

    @Test func `on another machine the wall clock counts, and clocks may differ`() throws {
        let json = JSON.text(
            [
                "run": "r", "epoch": 3, "state": "held", "length_ms": 60_000, "boot_id": "boot-1",
                "expires": "2026-01-01T00:01:00.000Z", "expires_since_boot_ms": 160_000,
            ])
        let lease = try #require(Lease(json: try JSON.parse(json)))
        func isOver(_ wall: Int64, _ boot: Int, _ id: String) -> Bool {
            lease.isOver(
                at: LeaseMoment(
                    wall: Timestamp(milliseconds: 1_767_225_600_000 + wall * 1000), sinceBoot: .seconds(boot),
                    bootID: id))
        }
        #expect(!isOver(0, 160, "boot-1") && isOver(0, 161, "boot-1"))
        #expect(!isOver(3600, 160, "boot-1"), "a wall clock that jumps takes nothing away on the same machine")
        #expect(!isOver(65, 0, "boot-2") && isOver(66, 0, "boot-2"))
    }

    @Test(
        "What is no lease is nobody's to take", arguments: ["{", "[]", "{\"run\": \"x\", \"epoch\": -1}", "\u{1}"])
    func damaged(text: String) async throws {
        try await ScratchDirectory.with { scratch in
            try Files.makeFolders("\(scratch.path)/locks")
            try scratch.write(text, to: "locks/c.json")
            let store = ClusterLock.files(nil, RunStore(root: scratch.path))
            let clock = ManualTimeSource()
            guard text != "\u{1}" else {
                // Nothing but white space: a file that was just made.
                let held = try await take(Self.holder("first"), in: store, clock)
                return await held.release()
            }
            await #expect(throws: StepFailure.self) { _ = try await take(Self.holder("first"), in: store, clock) }
            let lease = try #require(try store.lease(of: "c"))
            let other = try await ClusterLock.breakLock(
                lease, in: store,
                by: .init(user: "anna", host: "ops-1", reason: "garbage", at: Timestamp(milliseconds: 1)),
                audit: RunStore(root: scratch.path))
            #expect(other == nil)
            let held = try await take(Self.holder("first"), in: store, clock)
            await held.release()
        }
    }

    // MARK: Breaking

    @Test func `a lock that is broken is lost to its holder, and the audit log says who broke it and why`() async throws
    {
        try await withFiles { store, runs, clock in
            let held = try await take(Self.holder("first"), in: store, clock)
            let breaking = Lease.Breaking(
                user: "ola", host: "ops-2", reason: "its machine burnt", at: Timestamp(milliseconds: 1_750_000_000_000))
            #expect(try await ClusterLock.breakLock(held.lease, in: store, by: breaking, audit: runs) == nil)
            #expect(held.isHeld, "it has not looked yet")
            #expect(await held.renew() == false)
            #expect(
                held.loss?.sentence(cluster: "demo")
                    == "the lock of demo is lost: ola on ops-2 broke it: its machine burnt")
            let next = try await take(Self.holder("second"), in: store, clock)
            #expect(next.lease.epoch == 3 && next.former == nil)
            let again = try await ClusterLock.breakLock(held.lease, in: store, by: breaking, audit: runs)
            #expect(again?.holder.runID == "second", "another one than the one that was meant is left alone")
            #expect(next.isHeld)
            await next.release()
            let records = try AuditVerifier.records(runs).map(\.record)
            #expect(records.map { $0["type"] } == ["lock_broken", "lock_broken"])
            #expect(records[0]["by"] == "ola" && records[0]["reason"] == "its machine burnt")
            #expect(records[0]["holder"]?["run"] == "first")
            #expect(try AuditVerifier.verify(runs).findings.isEmpty)
        }
    }

    @Test func `a store that fails keeps a lease until its end, and says why it was lost`() async throws {
        try await withFiles { files, _, clock in
            let store = FailingLeaseStore(files)
            let held = try await take(Self.holder("first"), in: store, clock)
            store.fails.withLock { $0 = true }
            clock.advance(by: .seconds(30))
            #expect(await held.renew())
            clock.advance(by: .seconds(30))
            #expect(!held.isHeld)
            #expect(held.loss?.sentence(cluster: "demo").contains("no route to it") == true)
            store.fails.withLock { $0 = false }
            await held.release()
        }
    }
}
