import EventLoop
import Glibc
import RunEngine
import TestSupport
import Testing
import Values

/// The k-th write fails, for every k: exit 74, and no effect after it.
@Suite struct StorageFailureTests {
    private let text = RunCase.playbook(
        RunCase.play(
            "b1:b2", "serial: 1",
            """
            - block:
                - do: {name: a}
                  undo:
                    - do: {name: un}
                - gate: {probe: {name: g}, interval: 1s, stable_for: 2s}
                - do: {name: b}
              always:
                - do: {name: c}
            """))

    @Test(arguments: [ENOSPC, EIO])
    func `no effect follows a write that failed`(code: CInt) async throws {
        var failures = 0
        for place in 1...400 {
            var isDone = false
            try await ScratchDirectory.with { scratch in
                let storage = BrokenStorage(failsAt: place, code: code)
                let run = RunCase(scratch, storage: storage)
                for name in ["a", "b", "c", "un"] {
                    run.script.answer(name) { seen in
                        #expect(!storage.hasFailed, "\(seen.name)@\(seen.host) after failure \(place)")
                        return ActionOutcome(.changed)
                    }
                }
                let outcome = try await run.run(text)
                // A lock that cannot be given back after the end runs out by itself.
                isDone = !storage.hasFailed || outcome.exitCode == .done && storage.firstFailed.contains("/locks")
                if isDone {
                    #expect(outcome.exitCode == .done)
                } else {
                    failures += 1
                    #expect(outcome.exitCode == .storage, "at \(place): \(outcome.exitCode), \(outcome.message)")
                    #expect(run.released.withLock { $0 } == 0, "at \(place): the traces of its programs are gone")
                    #expect(outcome.message.contains(SystemError.reason(of: code)), "\(outcome.message)")
                }
            }
            if isDone { break }
        }
        #expect(failures > 30 && failures < 400, "\(failures) places")
    }

    @Test func `an effect that was begun stands in the journal, whatever failed later`() async throws {
        for place in 1...400 {
            var isDone = false
            try await ScratchDirectory.with { scratch in
                let storage = BrokenStorage(failsAt: place, code: ENOSPC)
                let run = RunCase(scratch, storage: storage)
                _ = try await run.run(text)
                isDone = !storage.hasFailed
                let effects = run.script.effects
                guard !effects.isEmpty else { return }
                let store = RunStore(root: run.store.root)
                let journals = try store.runIDs().map { try store.journal(of: $0) }
                #expect(journals.count == 1)
                let intents = journals.flatMap(\.events).compactMap { event in
                    if case .taskStarted(let task) = event.body { task } else { nil }
                }
                #expect(intents.count >= effects.count)
                #expect(effects.allSatisfy { effect in intents.contains { effect.hasSuffix("@\($0.host)") } })
                #expect(journals.allSatisfy { $0.end.damage == nil })
            }
            if isDone { break }
        }
    }

    /// A disk on which one write takes long and then fails.
    private final class SlowDisk: RecordStorage {
        let disk = DiskStorage()
        let isFailing = Locked(false)
        let inWrite = Locked(false)
        let mayEnd = Locked(false)

        func makeFolders(_ path: String) throws(SystemError) { try disk.makeFolders(path) }
        func openForAppending(_ path: String, exclusive: Bool) throws(SystemError) -> any AppendTarget {
            Target(slow: self, path: path, target: try disk.openForAppending(path, exclusive: exclusive))
        }
        func writeAtomically(_ bytes: [UInt8], to path: String) throws(SystemError) {
            try disk.writeAtomically(bytes, to: path)
        }
        func synchronizeFolder(_ path: String) throws(SystemError) { try disk.synchronizeFolder(path) }
        func read(_ path: String) throws(SystemError) -> [UInt8] { try disk.read(path) }
        func list(_ path: String) throws(SystemError) -> [String] { try disk.list(path) }
        func lock(_ path: String) throws(SystemError) -> (any HeldLock)? { try disk.lock(path) }
        func lockShared(_ path: String) throws(SystemError) -> (any SharedFile)? { try disk.lockShared(path) }

        private final class Target: AppendTarget {
            let slow: SlowDisk
            let path: String
            let target: any AppendTarget

            init(slow: SlowDisk, path: String, target: any AppendTarget) {
                self.slow = slow
                self.path = path
                self.target = target
            }

            func append(_ bytes: [UInt8]) throws(SystemError) {
                guard slow.isFailing.withLock({ $0 }) else { return try target.append(bytes) }
                slow.inWrite.withLock { $0 = true }
                while !slow.mayEnd.withLock({ $0 }) { sched_yield() }
                throw SystemError(code: EIO, operation: "write", subject: path)
            }
            func synchronize() throws(SystemError) { try target.synchronize() }
            func size() throws(SystemError) -> Int { try target.size() }
            func truncate(to length: Int) throws(SystemError) { try target.truncate(to: length) }
        }
    }

    @Test func `a host whose intent is stored does not act while another host's write is failing`() async throws {
        try await ScratchDirectory.with { scratch in
            let disk = SlowDisk()
            let run = RunCase(scratch, storage: disk)
            // b1 acts, and its outcome is what cannot be written; b2 comes to its own step while that write is under way.
            run.script.answer("first") { seen in
                if seen.host == "b1" {
                    disk.isFailing.withLock { $0 = true }
                } else {
                    while !disk.inWrite.withLock({ $0 }) { await Task.yield() }
                }
                return ActionOutcome(.changed)
            }
            let plan = RunCase.playbook(
                RunCase.play("b1:b2", "serial: 2", "- again: {name: first}\n- do: {name: second}"))
            async let outcome = run.run(plan)
            while !disk.inWrite.withLock({ $0 }) { await Task.yield() }
            for _ in 0..<1000 { await Task.yield() }
            disk.mayEnd.withLock { $0 = true }
            let code = try await outcome.exitCode
            #expect(code == .storage)
            #expect(!run.script.effects.contains { $0.hasPrefix("second") })
        }
    }

    @Test(arguments: [("look", 0), ("do", 1)])
    func `a step that acts is synced once, with the outcome before it; one that reads is not`(
        action: String, expected: Int
    ) async throws {
        func syncs(_ count: Int) async throws -> Int {
            try await ScratchDirectory.with { scratch in
                let storage = BrokenStorage(failsAt: .max, code: EIO)
                let tasks = (0..<count).map { "- \(action): {name: s\($0)}" }.joined(separator: "\n")
                let text = RunCase.playbook(RunCase.play("localhost", "", tasks + "\n- do: {name: last}"))
                let outcome = try await RunCase(scratch, storage: storage).run(text)
                #expect(outcome.exitCode == .done)
                return storage.syncs
            }
        }
        let (few, many) = (try await syncs(1), try await syncs(11))
        #expect(many - few == 10 * expected)
    }
}
