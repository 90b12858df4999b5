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
                isDone = !storage.hasFailed
                if isDone {
                    #expect(outcome.exitCode == .done)
                } else {
                    failures += 1
                    #expect(outcome.exitCode == .storage, "at \(place): \(outcome.exitCode), \(outcome.message)")
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
                #expect(journals.allSatisfy { $0.chain.damage == nil })
            }
            if isDone { break }
        }
    }
}
