import EventLoop
import OpsrunCLI
import RunEngine
import TestSupport
import Testing
import Values

/// Runs that died, on the command line.
@Suite(.serialized) struct ResumeCommandTests {
    private func playbook(_ scratch: ScratchDirectory) -> String {
        """
        opsrun: 1
        name: Steps
        params:
          word: {type: string, default: none}
        plays:
          - hosts: localhost
            tasks:
              - shell: {script: "echo one >> \(scratch.path)/ledger"}
              - shell: {script: "echo {{ word }} >> \(scratch.path)/ledger"}

        """
    }

    private func opsrun(_ words: String..., in scratch: ScratchDirectory) async -> (code: Int32, text: String) {
        let streams = CapturedStreams(environment: ["HOME": scratch.path])
        let code = await OpsrunCommand.run(
            words + ["--state-dir", "\(scratch.path)/state"], in: streams.surroundings)
        return (code.rawValue, streams.output + streams.messages)
    }

    /// A run of both steps, its journal cut after the first one's outcome, and the world with it.
    private func killed(_ scratch: ScratchDirectory, after event: String = "task_finished") async throws {
        let path = try scratch.write(playbook(scratch), to: "play.yml")
        let first = await opsrun(path, "--yes", "-e", "word=two", in: scratch)
        #expect(first.code == 0, "\(first.text)")
        let runs = "\(scratch.path)/state/runs"
        let journal = "\(runs)/\(try #require(try Files.list(runs).first))/journal.jsonl"
        let lines = try Files.read(journal, limit: 1 << 20).split(separator: UInt8(ascii: "\n"))
        let end = try #require(lines.firstIndex { String(decoding: $0, as: UTF8.self).contains(event) })
        let kept = lines[...end].flatMap { Array($0) + [UInt8(ascii: "\n")] }
        try Files.writeAtomically(kept + Array("{\"seq\":".utf8), to: journal)
        _ = try scratch.write("one\n", to: "ledger")
        // What the files say now is not what the run goes on with.
        _ = try scratch.write("nonsense\n", to: "play.yml")
    }

    @Test func `a run that died goes on from its own copies, once`() async throws {
        try await ScratchDirectory.with { scratch in
            try await killed(scratch)
            let listed = await opsrun("runs", "--output", "json", in: scratch)
            let runs = try JSON.parse(listed.text)["runs"]?.listValue ?? []
            #expect(runs.map { $0["state"]?.stringValue } == ["killed"])
            let id = try #require(runs.first?["id"]?.stringValue)
            let status = await opsrun("status", "last", in: scratch)
            #expect(status.code == 0 && status.text.contains("opsrun resume \(id)"), "\(status.text)")
            let resumed = await opsrun("resume", String(id.prefix(20)), in: scratch)
            #expect(resumed.code == 0, "\(resumed.text)")
            #expect(resumed.text.contains("ok=2"), "\(resumed.text)")
            #expect(resumed.text.contains("cut off"), "\(resumed.text)")
            #expect(try scratch.read("\(scratch.path)/ledger") == "one\ntwo\n")
            let again = await opsrun("resume", "last", in: scratch)
            #expect(again.code == 9 && again.text.contains("is over"), "\(again.text)")
            let document = try JSON.parse(await opsrun("status", "last", "--output", "json", in: scratch).text)
            #expect(document["state"] == "done")
        }
    }

    @Test func `what a person says of a step stands in the report of the run`() async throws {
        try await ScratchDirectory.with { scratch in
            try await killed(scratch, after: "task_started")
            let listed = await opsrun("resolve", "last", "none", "--as", "done", "--reason", "y", in: scratch)
            #expect(listed.code == 9, "\(listed.text)")
            let key = try #require(
                listed.text.split(whereSeparator: { $0 == " " || $0 == "\n" }).first { $0.hasPrefix("0/") })
            let resolved = await opsrun(
                "resolve", "last", String(key), "--as", "done", "--reason", "seen in the ledger", in: scratch)
            #expect(resolved.code == 0, "\(resolved.text)")
            let folder =
                "\(scratch.path)/state/runs/\(try #require(try Files.list("\(scratch.path)/state/runs").first))"
            for name in ["report.html", "report.md"] {
                let report = String(decoding: try Files.read("\(folder)/\(name)", limit: 1 << 20), as: UTF8.self)
                #expect(report.contains("seen in the ledger"), "\(name): \(report.prefix(2000))")
            }
        }
    }

    @Test func `a run that was cancelled is over`() async throws {
        try await ScratchDirectory.with { scratch in
            try await killed(scratch)
            let cancelled = await opsrun("cancel", "last", "--reason", "superseded", in: scratch)
            #expect(cancelled.code == 0, "\(cancelled.text)")
            let folder =
                "\(scratch.path)/state/runs/\(try #require(try Files.list("\(scratch.path)/state/runs").first))"
            for name in ["report.html", "report.md"] {
                let report = String(decoding: try Files.read("\(folder)/\(name)", limit: 1 << 20), as: UTF8.self)
                #expect(
                    report.contains("cancelled by") && report.contains("superseded"), "\(name): \(report.prefix(2000))")
            }
            let resumed = await opsrun("resume", "last", in: scratch)
            #expect(resumed.code == 9 && resumed.text.contains("cancelled"), "\(resumed.text)")
            #expect(try scratch.read("\(scratch.path)/ledger") == "one\n")
            let answer = await opsrun("resolve", "last", "x", "--as", "done", "--reason", "y", in: scratch)
            #expect(answer.code == 9, "\(answer.text)")
            #expect(await opsrun("resume", "0000", in: scratch).code == 3)
        }
    }
}
