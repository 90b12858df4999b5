import Glibc
import TestSupport
import Testing

/// How the built program ends when the world goes away under it.
@Suite struct ProcessEndTests {
    @Test(arguments: [["--version"], ["explain", "copy"], ["help", "exit-codes"]])
    func `a result that cannot be written is no success`(words: [String]) async throws {
        try await ScratchDirectory.with { scratch in
            let line = ([BuiltOpsrun.path] + words).joined(separator: " ")
            let full = try await TestProcess.run(["/bin/sh", "-c", "\(line) > /dev/full"], in: scratch, within: 60)
            #expect(full.status == 74, "\(full.stderr)")
            if words != ["--version"] { #expect(full.stderr.contains("No space left on device"), "\(full.stderr)") }
            let gone = try await TestProcess.run(["/bin/sh", "-c", "\(line) | true"], in: scratch, within: 60)
            #expect(gone.stderr.isEmpty, "\(gone.stderr)")
        }
    }

    @Test func `a step that ignores signals is killed by the second one, named, and the run is sealed`() async throws {
        try await ScratchDirectory.with { scratch in
            let playbook = try scratch.write(
                """
                opsrun: 1
                name: Stubborn
                plays:
                  - name: P
                    hosts: localhost
                    tasks:
                      - name: long
                        command: ["sh", "-c", "trap '' INT TERM; touch started; while :; do sleep 1; done"]
                      - name: next
                        command: [touch, next]

                """, to: "stubborn.yml")
            let opsrun = BuiltOpsrun(in: scratch)
            let running = try opsrun.start(playbook, "--yes", "--output", "plain")
            try await until(in: scratch) { access("\(scratch.path)/started", F_OK) == 0 }
            running.signal(SIGINT)
            try await until(in: scratch) { try scratch.read(running.stdout).contains("SIGINT: starting nothing new") }
            running.signal(SIGINT)
            #expect(await running.wait(within: 180) == 130)
            let output = try scratch.read(running.stdout) + scratch.read(running.stderr)
            #expect(output.contains("PLAY RECAP"), "\(output)")
            #expect(output.contains("unknown: long [localhost]"), "\(output)")
            let audit = try await opsrun.run("audit", "verify")
            #expect(audit.status == 0 && !audit.stdout.contains("not sealed"), "\(audit.stdout)\(audit.stderr)")
        }
    }

    /// Looks until it holds, for minutes at most.
    private func until(in scratch: ScratchDirectory, _ holds: () throws -> Bool) async throws {
        for _ in 0..<12000 {
            if try holds() { return }
            try await TestProcess.pause(milliseconds: 10, in: scratch)
        }
        Issue.record("it did not come to that")
    }
}
