import TestSupport
import Testing

/// What a run leaves behind can be checked, and damage to it is found.
@Suite(.serialized) struct EvidenceTests {
    private func playbook(in scratch: ScratchDirectory) throws -> String {
        try scratch.write(
            """
            opsrun: 1
            name: Two steps
            plays:
              - hosts: localhost
                tasks:
                  - name: One
                    command: [echo, one]
                  - name: Two
                    command: [echo, two]

            """, to: "two.yml")
    }

    private func run(in scratch: ScratchDirectory) async throws -> BuiltOpsrun {
        let opsrun = BuiltOpsrun(in: scratch)
        let run = try await opsrun.run(try playbook(in: scratch), "--yes", "--no-input")
        try #require(run.status == 0, "\(run.stdout)\n\(run.stderr)")
        return opsrun
    }

    private func files(_ pattern: String, in scratch: ScratchDirectory) async throws -> [String] {
        let found = try await TestProcess.run(["find", "\(scratch.path)/state", "-name", pattern], in: scratch)
        return found.stdout.split(separator: "\n").map(String.init).sorted()
    }

    @Test func `an untouched record is fine, and show reads it`() async throws {
        try await ScratchDirectory.with { scratch in
            let opsrun = try await run(in: scratch)
            let verified = try await opsrun.run("audit", "verify")
            #expect(verified.status == 0, "\(verified.stdout)\n\(verified.stderr)")
            let shown = try await opsrun.run("audit", "show")
            #expect(shown.status == 0)
            #expect(shown.stdout.contains("Two steps"))
        }
    }

    @Test(arguments: ["local.jsonl", "journal.jsonl"])
    func `a changed byte, a dropped record and a swapped pair are exit 11 and name the record`(file: String)
        async throws
    {
        try await ScratchDirectory.with { scratch in
            let opsrun = try await run(in: scratch)
            let path = try #require(try await files(file, in: scratch).first)
            let name = String(path.dropFirst(scratch.path.count + 1))
            let good = try scratch.read(name)
            let lines = good.split(separator: "\n").map(String.init)
            try #require(lines.count >= 2)
            var changed = Array(good.utf8)
            changed[changed.count / 2] ^= 1
            let dropped = lines.dropFirst(lines.count > 2 ? 1 : 0).dropLast(lines.count > 2 ? 0 : 1)
            var swapped = lines
            swapped.swapAt(0, 1)
            for damaged in [
                String(decoding: changed, as: UTF8.self), dropped.joined(separator: "\n") + "\n",
                swapped.joined(separator: "\n") + "\n",
            ] {
                try scratch.write(damaged, to: name)
                let verified = try await opsrun.run("audit", "verify")
                #expect(verified.status == 11, "\(verified.stdout)\n\(verified.stderr)")
                #expect((verified.stdout + verified.stderr).contains(file))
            }
            try scratch.write(good, to: name)
            #expect(try await opsrun.run("audit", "verify").status == 0)
        }
    }

    @Test func `what a step's program said is sealed too, of every attempt`() async throws {
        try await ScratchDirectory.with { scratch in
            let playbook = try scratch.write(
                """
                opsrun: 1
                name: Two tries
                plays:
                  - hosts: localhost
                    tasks:
                      - command: [sh, -c, "echo said; test -e tried || { touch tried; exit 1; }"]
                        effect: idempotent
                        retries: 1
                        delay: 10ms

                """, to: "tries.yml")
            let opsrun = BuiltOpsrun(in: scratch)
            let run = try await opsrun.run(playbook, "--yes", "--no-input")
            try #require(run.status == 0, "\(run.stdout)\n\(run.stderr)")
            let kept = try await files("stdout", in: scratch)
            #expect(kept.count == 2, "\(kept)")
            #expect(try await opsrun.run("audit", "verify").status == 0)
            for path in kept {
                let name = String(path.dropFirst(scratch.path.count + 1))
                for damaged in ["said!\n", "Said\n"] {
                    try scratch.write(damaged, to: name)
                    let verified = try await opsrun.run("audit", "verify")
                    #expect(verified.status == 11, "\(verified.stdout)\n\(verified.stderr)")
                    #expect((verified.stdout + verified.stderr).contains(path))
                }
                _ = try await TestProcess.run(["rm", path], in: scratch)
                #expect(try await opsrun.run("audit", "verify").status == 11)
                try scratch.write("said\n", to: name)
            }
            #expect(try await opsrun.run("audit", "verify").status == 0)
        }
    }

    @Test func `a removed journal is exit 11, and no audit log at all is fine`() async throws {
        try await ScratchDirectory.with { scratch in
            #expect(try await BuiltOpsrun(in: scratch).run("audit", "verify").status == 0)
            let opsrun = try await run(in: scratch)
            let path = try #require(try await files("journal.jsonl", in: scratch).first)
            _ = try await TestProcess.run(["rm", path], in: scratch)
            #expect(try await opsrun.run("audit", "verify").status == 11)
        }
    }

    @Test func `the first signal suspends a waiting run, and its journal stays readable`() async throws {
        try await ScratchDirectory.with { scratch in
            let playbook = try scratch.write(
                """
                opsrun: 1
                name: Long
                plays:
                  - hosts: localhost
                    tasks:
                      - command: [touch, "\(scratch.path)/started"]
                      - pause: {for: 5m}
                      - command: [touch, "\(scratch.path)/late"]

                """, to: "long.yml")
            let opsrun = BuiltOpsrun(in: scratch)
            let run = try opsrun.start(playbook, "--yes", "--no-input")
            try await waitFor("started", in: scratch)
            run.signal(2)
            #expect(await run.wait(within: 10) == 130)
            #expect(throws: (any Error).self) { try scratch.read("late") }
            #expect(try await opsrun.run("audit", "verify").status == 0)
        }
    }

    @Test func `the second signal ends a running step within a second, its children gone`() async throws {
        try await ScratchDirectory.with { scratch in
            // A length that no other process on the machine sleeps.
            let nap = "417.\(Int.random(in: 100_000...999_999))"
            let playbook = try scratch.write(
                """
                opsrun: 1
                name: Stubborn
                plays:
                  - hosts: localhost
                    tasks:
                      - shell: "trap '' TERM INT; touch \(scratch.path)/started; sleep \(nap)"

                """, to: "stubborn.yml")
            let opsrun = BuiltOpsrun(in: scratch)
            // The best of several: load of the machine may delay one, a fault delays all.
            var fastest: Duration?
            for _ in 0..<Self.attempts where fastest.map({ $0 >= Self.promised }) ?? true {
                _ = try await TestProcess.run(["rm", "-f", "started"], in: scratch)
                let run = try opsrun.start(playbook, "--yes", "--no-input")
                try await waitFor("started", in: scratch)
                run.signal(2)
                try await until("SIGINT", isSaidBy: run, in: scratch)
                let took = await run.signalAndWait(2, within: 20)
                #expect(took.status == 130)
                fastest = min(fastest ?? took.duration, took.duration)
                let left = try await TestProcess.run(["pgrep", "-f", "^sleep \(nap)$"], in: scratch)
                #expect(left.stdout.isEmpty, "children are left: \(left.stdout)")
                let verified = try await opsrun.run("audit", "verify")
                #expect(verified.status == 0 && !verified.stdout.contains("not sealed"), "\(verified.stdout)")
            }
            let best = try #require(fastest)
            #expect(best < Self.promised, "the fastest of \(Self.attempts) took \(best)")
        }
    }

    /// From the second signal to the end of the process.
    private static let promised = Duration.seconds(1)
    private static let attempts = 3

    private func until(_ words: String, isSaidBy run: TestProcess, in scratch: ScratchDirectory) async throws {
        for _ in 0..<100 {
            if try (scratch.read(run.stdout) + scratch.read(run.stderr)).contains(words) { return }
            try await TestProcess.pause(milliseconds: 100, in: scratch)
        }
        Issue.record("\(words) was not said within 10 s")
    }

    private func waitFor(_ file: String, in scratch: ScratchDirectory) async throws {
        for _ in 0..<100 {
            if (try? scratch.read(file)) != nil { return }
            try await TestProcess.pause(milliseconds: 100, in: scratch)
        }
        Issue.record("\(file) did not appear within 10 s")
    }
}
