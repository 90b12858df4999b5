import EventLoop
import Glibc
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

    private func take(
        _ clusterID: String, _ run: RunCase, _ name: String, store: RunStore? = nil
    ) async throws -> HeldLease {
        try await ClusterLock.take(
            .init(clusterID: clusterID, holder: holder(name)), in: ClusterLock.files(nil, store ?? run.store),
            time: run.time, stopper: run.stopper
        ).lease
    }

    /// At once, where nothing can be waited for.
    private func giveBack(_ held: HeldLease) {
        guard let files = held.store as? FileLeaseStore else { return }
        let change = try? files.replace(held.clusterID) { present in
            var next = present
            next?.state = .released
            return next
        }
        #expect(change?.after != nil)
    }

    @Test func `a second writer is refused and told who holds the lock`() async throws {
        try await RunCase.with { run in
            let held = try await take("c", run, "first")
            do {
                _ = try await take("c", run, "second")
                Issue.record("two holders")
            } catch let failure as StepFailure {
                #expect(failure.code == .refused)
                #expect(failure.message.contains("run first of p.yml, by anna on ops-1"))
            }
            withExtendedLifetime(held) {}
            let other = try await take("d", run, "third")
            withExtendedLifetime(other) {}
            #expect(try ClusterLock.files(nil, run.store).lease(of: "c")?.holder == holder("first"))
        }
    }

    @Test func `a writing run on a locked cluster is refused, a read one is not`() async throws {
        try await RunCase.with { run in
            let held = try await take("id-of-demo", run, "first")
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

    @Test(
        "After a lock that was waited for, only a plan that still says the same is run", arguments: [true, false])
    func staleAfterWait(changes: Bool) async throws {
        try await RunCase.with { run in
            let held = try await take("id-of-demo", run, "first")
            let text = RunCase.playbook(
                RunCase.play("b1", "when: host.installed_version is none", "- do: {name: a}"),
                RunCase.play("b2", "", "- do: {name: b}"), head: "lock: {scope: cluster, wait: 1m}\n")
            let estate = run.estate
            run.time.schedule(after: .seconds(2)) {
                if changes { estate.state.withLock { $0.facts["b1"] = HostFacts(installedVersion: Version("4.3.1")) } }
                giveBack(held)
            }
            let outcome = try await run.run(text)
            #expect(outcome.exitCode == (changes ? .refused : .done), "\(outcome.message)")
            #expect(outcome.message.contains("stale") == changes)
            if changes {
                #expect(
                    outcome.failure?.causes.first == "b1.installed_version was not known, and is 4.3.1 now",
                    "\(outcome.failure?.causes ?? [])")
            }
            #expect(run.script.effects == (changes ? [] : ["a@b1", "b@b2"]))
        }
    }

    @Test func `after a lock that was waited for, a run whose work another has done says that nothing is to do`()
        async throws
    {
        try await RunCase.with { run in
            let held = try await take("id-of-demo", run, "first")
            let estate = run.estate
            run.time.schedule(after: .seconds(2)) {
                estate.state.withLock { $0.facts["b1"] = HostFacts(installedVersion: Version("4.3.1")) }
                giveBack(held)
            }
            let outcome = try await run.run(
                RunCase.playbook(
                    RunCase.play("b1", "when: host.installed_version is none", "- do: {name: a}"),
                    head: "lock: {scope: cluster, wait: 1m}\n"))
            #expect(outcome.exitCode == .done)
            #expect(outcome.status == .nothingToDo)
            #expect(run.script.effects == [])
        }
    }

    @Test func `in a shared folder the users of a machine lock a cluster for each other`() async throws {
        try await ScratchDirectory.with { scratch in
            let folder = "\(scratch.path)/opsrun"
            try Files.makeFolders(folder)
            #expect(SharedLockFolder.find(in: [scratch.path], owner: geteuid()) == nil)
            #expect(chmod(folder, 0o1777) == 0)
            #expect(SharedLockFolder.find(in: ["/nonexistent", scratch.path], owner: geteuid()) == folder)
            #expect(SharedLockFolder.find(in: [scratch.path], owner: geteuid() + 1) == nil)
            let run = RunCase(scratch, sharedLocks: folder)
            // Another user's state, the same machine.
            let theirs = RunStore(root: "\(scratch.path)/other", sharedLockFolder: folder)
            let held = try await take("id-of-demo", run, "first", store: theirs)
            let outcome = try await run.run(RunCase.playbook(RunCase.play("b1", "", "- do: {name: a}")))
            #expect(outcome.exitCode == .refused)
            #expect(outcome.message.contains("run first of p.yml, by anna on ops-1"))
            var info = stat()
            #expect(stat("\(folder)/id-of-demo.lock", &info) == 0 && info.st_mode & 0o777 == 0o666)
            withExtendedLifetime(held) {}
        }
    }

    @Test func `what somebody put into the shared folder is not written through`() async throws {
        try await ScratchDirectory.with { scratch in
            let folder = "\(scratch.path)/opsrun"
            try Files.makeFolders(folder)
            try scratch.write("precious", to: "precious")
            #expect(symlink("\(scratch.path)/precious", "\(folder)/id-of-demo.lock") == 0)
            let run = RunCase(scratch, sharedLocks: folder)
            let text = RunCase.playbook(RunCase.play("b1", "", "- do: {name: a}"))
            #expect(try await run.run(text).exitCode == .storage)
            unlink("\(folder)/id-of-demo.lock")
            #expect(link("\(scratch.path)/precious", "\(folder)/id-of-demo.lock") == 0)
            #expect(try await run.run(text).exitCode == .storage)
            #expect(try scratch.read("precious") == "precious")
            #expect(run.script.effects.isEmpty)
        }
    }

    @Test func `a plan says how far its lock reaches, where it locks`() async throws {
        try await RunCase.with { run in
            let options = RunOptions(lockNote: "for one user alone")
            let write = RunCase.playbook(RunCase.play("b1", "", "- do: {name: a}"))
            let notes = try await run.plan(write, options: options).notes
            #expect(notes == ["for one user alone"])
            let read = RunCase.playbook(RunCase.play("b1", "", "- look: {name: a}"))
            let none = try await run.plan(read, options: options).notes
            #expect(none.isEmpty)
        }
    }
}
