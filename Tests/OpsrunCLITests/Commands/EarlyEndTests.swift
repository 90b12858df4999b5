import OpsrunCLI
import RunEngine
import TestSupport
import Testing
import Values

/// Commands that end before anything runs: what they say, and that a program gets its document all the same.
@Suite struct EarlyEndTests {
    struct Ended {
        var code: ExitCode
        var streams: CapturedStreams
        var output: String { streams.output }
        var messages: String { streams.messages }
    }

    private func opsrun(_ arguments: [String], _ scratch: ScratchDirectory, home: Bool = true) async -> Ended {
        let streams = CapturedStreams(environment: home ? ["HOME": scratch.path] : [:])
        return Ended(code: await OpsrunCommand.run(arguments, in: streams.surroundings), streams: streams)
    }

    private static let inventory = PackageFiles.root + "/inventories/default.yml"
    private static let upgrade = PackageFiles.root + "/playbooks/rolling-upgrade.yml"

    private func playbook(_ tasks: String, in scratch: ScratchDirectory) throws -> String {
        try scratch.write(
            "opsrun: 1\nname: Say\nplays:\n  - hosts: localhost\n    tags: [saying]\n    tasks: [\(tasks)]\n",
            to: "say.yml")
    }

    @Test(arguments: ["json", "jsonl"])
    func `a program is told of every end, however early`(mode: String) async throws {
        try await ScratchDirectory.with { scratch in
            let say = try playbook("{debug: hi}", in: scratch)
            let wrong = try scratch.write("opsrun: 1\nplays: [{hosts: localhost, taks: []}]\n", to: "wrong.yml")
            let cases: [(arguments: [String], home: Bool, code: ExitCode, words: String)] = [
                (["\(scratch.path)/nothing.yml"], true, .invalid, "there is no playbook"),
                ([wrong], true, .invalid, "1 error"), ([say], false, .storage, "no state directory"),
                ([say, "--limit", "nobody"], true, .invalid, "1 error"),
                ([Self.upgrade, "-i", Self.inventory, "--no-input"], true, .refused, "not confirmed"),
                ([Self.upgrade, "-i", Self.inventory, "--check"], true, .done, "checked"),
            ]
            for (arguments, home, code, words) in cases {
                let ended = await opsrun(arguments + ["--output", mode], scratch, home: home)
                #expect(ended.code == code, "\(arguments): \(ended.messages)")
                let lines = ended.output.split(separator: "\n")
                let text = try #require(mode == "json" ? ended.output : lines.last.map(String.init), "\(arguments)")
                let document = try JSON.parse(text)
                #expect(document["exit_code"]?.intValue == Int64(code.rawValue), "\(arguments): \(text)")
                #expect(document["message"]?.stringValue?.contains(words) == true, "\(arguments): \(text)")
            }
        }
    }

    @Test func `the document of a run that did not happen names its playbook, inventory and clusters`() async throws {
        try await ScratchDirectory.with { scratch in
            let refused = await opsrun(
                [Self.upgrade, "-i", Self.inventory, "--no-input", "--output", "json"], scratch)
            let document = try JSON.parse(refused.output)
            #expect(document["playbook"] == .string(Self.upgrade) && document["inventory"] == .string(Self.inventory))
            #expect(document["name"] == "Rolling upgrade of Kafka" && document["status"] == "refused")
            #expect(document["clusters"]?.listValue?.first?["name"] == "demo", "\(document)")
            #expect(document["embedded"]?.stringValue?.contains("demo") == true)
            let wrong = try scratch.write("opsrun: 1\nplays: [{hosts: localhost, taks: []}]\n", to: "wrong.yml")
            for verb in [[], ["plan"]] {
                let invalid = await opsrun(verb + [wrong, "-i", Self.inventory, "--output", "json"], scratch)
                let said = try JSON.parse(invalid.output)
                #expect(said["playbook"] == .string(wrong) && said["inventory"] == .string(Self.inventory))
                #expect(said["diagnostics"]?.listValue?.first?["code"] == "unknown-key")
                #expect(invalid.messages.contains(verb.isEmpty ? "nothing was run" : "nothing was planned"))
            }
        }
    }

    @Test(arguments: [
        (["--tags", "sayin"], "--tags: error: no task of the playbook has the tag 'sayin'", "did you mean 'saying'?"),
        (["--skip-tags", "greet,other"], "--skip-tags: error: no task of the playbook has the tag 'other'", "greet"),
        (["-l", "kafka-77"], "--limit: error: the inventory has no group or host 'kafka-77'", "kafka-"),
        (["--cluster", "dmo"], "--cluster: error: the inventory has no cluster 'dmo'", "did you mean 'demo'?"),
        (["-e", "nonsense"], "-e: error: -e wants name=value or @file", "nonsense"),
        (["-e", "{"], "-e: error: -e is no JSON", "-e"),
        (["-e", "@/no/such/file.yml"], "-e: error: cannot read /no/such/file.yml", "file"),
        (["-e", "speed=3"], "-e speed: error: the playbook has no parameter 'speed'", "no parameters"),
    ])
    func `a word that means nothing is found before anything runs`(
        arguments: [String], start: String, hint: String
    ) async throws {
        try await ScratchDirectory.with { scratch in
            let say = try playbook("{debug: hi, tags: [greet]}", in: scratch)
            let ended = await opsrun([say, "-i", Self.inventory] + arguments, scratch)
            #expect(ended.code == .invalid)
            #expect(ended.messages.hasPrefix(start), "\(ended.messages)")
            #expect(ended.messages.contains(hint), "\(ended.messages)")
        }
    }

    @Test func `tags and limits that mean something are taken`() async throws {
        try await ScratchDirectory.with { scratch in
            let say = try playbook("{block: [{debug: hi, tags: greet}], tags: [all_of_it]}", in: scratch)
            for words in [
                ["-t", "saying,greet"], ["-t", "all_of_it"], ["--skip-tags", "never"], ["-l", "localhost"],
            ] {
                let ended = await opsrun([say, "-i", Self.inventory] + words, scratch)
                #expect(ended.code == .done, "\(words): \(ended.messages)\(ended.output)")
            }
        }
    }

    @Test func `a place in a parameter file is the value's own`() async throws {
        try await ScratchDirectory.with { scratch in
            let say = try playbook("{debug: hi}", in: scratch)
            let file = try scratch.write("# of the night\nspeed: 3\n", to: "night.yml")
            let ended = await opsrun([say, "-e", "@\(file)"], scratch)
            #expect(ended.messages.hasPrefix("\(file):2:8: error: the playbook has no parameter"), "\(ended.messages)")
        }
    }

    @Test func `a folder is no playbook, and what was meant is near`() async throws {
        try await ScratchDirectory.with { scratch in
            let say = try playbook("{debug: hi}", in: scratch)
            let folder = await opsrun([scratch.path + "/"], scratch)
            #expect(folder.code == .invalid && folder.messages.contains("is a folder, and no playbook"))
            #expect(folder.messages.contains("playbooks in it: \(say)"), "\(folder.messages)")
            let near = await opsrun([scratch.path + "/saay.yml"], scratch)
            #expect(near.messages.contains("did you mean '\(say)'?"), "\(near.messages)")
            let word = await opsrun([scratch.path + "/say"], scratch)
            #expect(word.messages.contains("did you mean '\(say)'?"), "\(word.messages)")
        }
    }

    @Test func `one step changes something, several change it`() async throws {
        try await ScratchDirectory.with { scratch in
            for (tasks, words) in [
                ("{command: 'true'}", "1 step that changes something"),
                ("{command: 'true'}, {command: 'true'}", "2 steps that change something"),
            ] {
                let say = try playbook(tasks, in: scratch)
                let ended = await opsrun(["plan", say], scratch)
                #expect(ended.output.contains(words), "\(ended.output)")
            }
        }
    }
}
