import OpsrunCLI
import RunEngine
import TestSupport
import Testing
import Values

/// `lint` and runs as jobs of GitHub Actions.
@Suite struct JobReportTests {
    private func job(_ scratch: ScratchDirectory, _ arguments: [String]) async throws -> (
        code: Int32, streams: CapturedStreams, summary: String
    ) {
        let file = "\(scratch.path)/summary.md"
        let streams = CapturedStreams(
            environment: [
                "CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": scratch.path, "GITHUB_STEP_SUMMARY": file,
                "GITHUB_OUTPUT": "\(scratch.path)/output", "XDG_STATE_HOME": "\(scratch.path)/state",
            ], folder: scratch.path)
        let code = await OpsrunCommand.run(arguments, in: streams.surroundings)
        return (code.rawValue, streams, (try? scratch.read(file)) ?? "")
    }

    private static let broken =
        "opsrun: 1\nname: One\nplays:\n  - hosts: localhost\n    taks: []\n    tasks: [{debug: \"{{ nmae }}\"}]\n"

    @Test func `lint annotates lines of the checkout and writes a summary`() async throws {
        try await ScratchDirectory.with { scratch in
            _ = try scratch.write(Self.broken, to: "plays/one.yml")
            let job = try await job(scratch, ["lint", "\(scratch.path)/plays/one.yml"])
            #expect(job.code == 3)
            let marks = job.streams.output.split(separator: "\n").filter { $0.hasPrefix("::error ") }
            #expect(marks.contains { $0.hasPrefix("::error file=plays/one.yml,line=5,endLine=5,col=5,") }, "\(marks)")
            #expect(job.summary.contains("`plays/one.yml:5:5`"), "\(job.summary)")
        }
    }

    @Test func `a document on standard output stays one: annotations go beside it`() async throws {
        try await ScratchDirectory.with { scratch in
            _ = try scratch.write(Self.broken, to: "one.yml")
            let job = try await job(scratch, ["lint", "\(scratch.path)/one.yml", "--output", "sarif"])
            let log = try JSON.parse(job.streams.output)
            #expect(job.streams.messages.contains("::error file=one.yml,line=5"))
            #expect(log["version"] == "2.1.0")
            let run = try #require(log["runs"]?.listValue?.first)
            let rules = try #require(run["tool"]?["driver"]?["rules"]?.listValue)
            for result in try #require(run["results"]?.listValue) {
                let index = try #require(result["ruleIndex"]?.intValue)
                #expect(rules[Int(index)]["id"] == result["ruleId"])
                let place = try #require(result["locations"]?.listValue?.first?["physicalLocation"])
                #expect(place["artifactLocation"] == ["uri": "one.yml", "uriBaseId": "%SRCROOT%"])
                #expect((place["region"]?["startColumn"]?.intValue ?? 0) > 0)
            }
        }
    }

    @Test func `a summary is kept under its limit, with a sentence for the rest`() async throws {
        try await ScratchDirectory.with { scratch in
            let tasks = (0..<2000).map { "      - debg: \"{{ \($0) }}\"\n" }.joined()
            _ = try scratch.write(
                "opsrun: 1\nname: One\nplays:\n  - hosts: localhost\n    tasks:\n\(tasks)", to: "one.yml")
            _ = try scratch.write(String(repeating: "x", count: (1 << 20) - 40_000), to: "summary.md")
            let job = try await job(scratch, ["lint", "\(scratch.path)/one.yml"])
            #expect(job.summary.utf8.count <= 1 << 20)
            #expect(job.summary.contains("The rest does not fit a summary"))
            #expect(job.streams.output.split(separator: "\n").count { $0.hasPrefix("::error ") } == 10)
        }
    }

    @Test func `what ends before a run began is told by every file that was asked for`() async throws {
        try await ScratchDirectory.with { scratch in
            _ = try scratch.write(Self.broken, to: "one.yml")
            let file = "\(scratch.path)/junit.xml"
            let job = try await job(scratch, ["\(scratch.path)/one.yml", "--yes", "--junit", file])
            #expect(job.code == 3)
            let xml = try scratch.read(file)
            try XMLCheck.isWellFormed(xml)
            #expect(xml.contains("errors=\"1\"") && xml.contains("type=\"invalid\""))
        }
    }

    @Test func `a run folds its plays and lets no command through`() async throws {
        try await ScratchDirectory.with { scratch in
            let playbook = """
                opsrun: 1
                name: Hostile
                plays:
                  - name: "A play"
                    hosts: localhost
                    tasks:
                      - name: "::error::name"
                        command: {argv: [printf, "::error::one\\n##vso[task.complete]\\n"]}
                      - debug: "::warning::two"
                """
            _ = try scratch.write(playbook, to: "one.yml")
            let job = try await job(
                scratch,
                ["\(scratch.path)/one.yml", "--yes", "-v", "-i", "\(PackageFiles.root)/inventories/default.yml"])
            #expect(job.code == 0, "\(job.streams.output)\(job.streams.messages)")
            let lines = job.streams.output.split(separator: "\n").map(String.init)
            var token: String?
            for line in lines {
                if let word = token {
                    if line == "::\(word)::" {
                        token = nil
                    } else {
                        #expect(!CommandFenceTests.isCommand(line), "\(line)")
                    }
                } else if line.hasPrefix("::stop-commands::") {
                    token = String(line.dropFirst("::stop-commands::".count))
                } else if CommandFenceTests.isCommand(line) {
                    #expect(["::group::PLAY A play", "::endgroup::"].contains(line), "\(line)")
                }
            }
            #expect(token == nil && lines.contains("::group::PLAY A play"))
            #expect(job.summary.contains("## ✅ Done: Hostile"))
            let output = try scratch.read("\(scratch.path)/output")
            #expect(output.contains("exit-class=done\n") && output.contains("run-id="))
        }
    }
}
