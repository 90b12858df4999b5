import EventLoop
import Glibc
import TestSupport
import Testing
import Values

/// The built program, killed in the middle of a step that nobody can take back, and gone on with.
@Suite struct ResumeRunTests {
    /// The first step works until `go` is there; the second one uses what it said.
    private func playbook(_ folder: String) -> String {
        """
        opsrun: 1
        name: Long
        plays:
          - hosts: localhost
            tasks:
              - shell:
                  script: echo once >>'\(folder)/effects'; while [ ! -e '\(folder)/go' ]; do sleep 0.1; done; echo done
                register: first
              - shell: {script: "echo '{{ first.stdout }}' >>'\(folder)/after'"}

        """
    }

    /// Starts the playbook and kills opsrun with its whole group while the first step works.
    private func killed(_ scratch: ScratchDirectory, _ opsrun: BuiltOpsrun) async throws {
        let play = try scratch.write(playbook(scratch.path), to: "long.yml")
        let process = try TestProcess.start(
            [BuiltOpsrun.path, play, "--yes", "--no-input"],
            environment: ["XDG_STATE_HOME": "\(scratch.path)/state", "NO_COLOR": "1", "CI": ""], in: scratch)
        try await Eventually.holds("the step works") { access("\(scratch.path)/effects", F_OK) == 0 }
        process.signal(9)
        _ = await process.wait(within: 60)
    }

    private func verdicts(_ scratch: ScratchDirectory, _ opsrun: BuiltOpsrun) async throws -> [Int32] {
        let first = try await opsrun.run("audit", "verify")
        let second = try await TestProcess.run(
            ["python3", BuiltOpsrun.package + "/scripts/audit-verify", "\(scratch.path)/state/opsrun"], in: scratch)
        return [first.status, second.status]
    }

    @Test(arguments: [false, true])
    func `a step outlives its runner, and the run goes on with how it ended`(endsBefore: Bool) async throws {
        try await ScratchDirectory.with { scratch in
            let opsrun = BuiltOpsrun(in: scratch)
            try await killed(scratch, opsrun)
            let listed = try await opsrun.run("runs", "--output", "json")
            let runs = try JSON.parse(listed.stdout)["runs"]?.listValue ?? []
            #expect(runs.map { $0["state"]?.stringValue } == ["killed"], "\(listed)")
            if endsBefore { try scratch.write("", to: "go") }
            let resuming = Task { try await opsrun.run("resume", "last") }
            try scratch.write("", to: "go")
            let resumed = try await resuming.value
            #expect(resumed.status == 0, "\(resumed.stdout)\n\(resumed.stderr)")
            #expect(try scratch.read("effects") == "once\n")
            #expect(try scratch.read("after") == "done\n")
            #expect(try await verdicts(scratch, opsrun) == [0, 0])
            let jobs = try Files.list("\(scratch.path)/state/opsrun/runs/\(runs[0]["id"]?.stringValue ?? "")")
            #expect(!jobs.contains("jobs"), "what processes left goes with the end of the run")
        }
    }

    @Test func `a step that was killed with its runner stays unknown until somebody says what became of it`()
        async throws
    {
        try await ScratchDirectory.with { scratch in
            let opsrun = BuiltOpsrun(in: scratch)
            try await killed(scratch, opsrun)
            // As a restart of the machine would: the process that keeps the program's end, and the program.
            let folder = "\(scratch.path)/state/opsrun/runs"
            let run = try #require(try Files.list(folder).first { $0.contains("-") })
            let begun = try #require(try Files.list("\(folder)/\(run)/jobs").first { $0.hasSuffix(".begun") })
            let fields = try scratch.read("\(folder)/\(run)/jobs/\(begun)").split(separator: " ")
            let ids = [3, 0].compactMap { fields.indices.contains($0) ? Int32(fields[$0]) : nil }
            try #require(ids.count == 2 && ids.allSatisfy { $0 > 1 })
            #expect(kill(ids[0], SIGKILL) == 0 && kill(-ids[1], SIGKILL) == 0)
            let resumed = try await opsrun.run("resume", "last")
            #expect(resumed.status == 8, "\(resumed.stdout)\n\(resumed.stderr)")
            #expect((resumed.stdout + resumed.stderr).contains("opsrun resolve"), "\(resumed)")
            #expect(try await verdicts(scratch, opsrun) == [0, 0])

            let state = try JSON.parse(await opsrun.run("status", "last", "--output", "json").stdout)
            #expect(state["state"] == "needs-resolve", "\(state)")
            try scratch.write("", to: "go")
            let resolved = try await opsrun.run(
                "resolve", "last", "0/0/localhost", "--as", "not-done", "--reason", "the host was restarted")
            #expect(resolved.status == 0, "\(resolved.stdout)\n\(resolved.stderr)")
            let again = try await opsrun.run("resume", "last")
            #expect(again.status == 0, "\(again.stdout)\n\(again.stderr)")
            #expect(try scratch.read("effects") == "once\nonce\n", "done again, as somebody has declared")
            #expect(try scratch.read("after") == "done\n")
            #expect(try await verdicts(scratch, opsrun) == [0, 0])
        }
    }
}
