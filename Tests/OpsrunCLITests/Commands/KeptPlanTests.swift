import EventLoop
import OpsrunCLI
import RunEngine
import SimulatedKafka
import TestSupport
import Testing
import Values

/// Plans that are kept in files: what may be applied, and what is refused.
@Suite(.serialized) struct KeptPlanTests {
    private struct Ended {
        var code: ExitCode
        var output: String
        var messages: String
        var all: String { output + messages }
    }

    private struct Case {
        let scratch: ScratchDirectory
        let inventory: String
        let playbook: String
        let plan: String
        let embedded = EmbeddedClusters()

        init(_ scratch: ScratchDirectory, tasks: String = Self.tasks) throws {
            self.scratch = scratch
            inventory = try scratch.write(
                PackageFiles.text("inventories/default.yml").replacing("speed: 20", with: "speed: 200"),
                to: "inventory.yml")
            playbook = try scratch.write(Self.head + tasks, to: "play.yml")
            plan = scratch.path + "/kept.opsplan"
        }

        static let head = """
            opsrun: 1
            params:
              word: {type: string, default: hello}
            plays:
              - hosts: localhost
                cluster: demo
                tasks:

            """
        static let tasks = """
                  - name: Say it
                    command: [echo, "{{ word }}"]
                  - kafka.create_topics: {topics: [{name: kept, partitions: 1, replication_factor: 3}]}

            """

        func run(_ words: [String]) async throws -> Ended {
            let streams = CapturedStreams(
                environment: ["XDG_STATE_HOME": scratch.path + "/state", "HOME": scratch.path])
            let parsed = try ArgumentParser(isPlaybook: { _ in true }).parse(words)
            let surroundings = streams.surroundings
            let code: ExitCode
            switch parsed.command.verb {
            case .plan:
                code = await RunCommand(
                    parsed.options, arguments: words, in: surroundings, embedded: embedded
                ).plan()
            case .run:
                code = await RunCommand(parsed.options, arguments: words, in: surroundings, embedded: embedded).run()
            case .apply:
                code = await KeptPlanCommand.apply(
                    parsed.options, arguments: words, in: surroundings, embedded: embedded)
            case .show: code = KeptPlanCommand.show(parsed.options, in: surroundings)
            default: code = KeptPlanCommand.diff(parsed.options, in: surroundings)
            }
            return Ended(code: code, output: streams.output, messages: streams.messages)
        }

        func keep(_ more: [String] = [], in file: String? = nil) async throws {
            let ended = try await run(["plan", playbook, "-i", inventory, "-o", file ?? plan] + more)
            #expect(ended.code == .done && ended.messages.contains("kept in"), "\(ended.all)")
        }

        func apply(_ more: [String] = []) async throws -> Ended { try await run(["apply", plan] + more) }
    }

    @Test func `a kept plan runs without a question, and once it is done it is stale`() async throws {
        try await ScratchDirectory.with { scratch in
            let kept = try Case(scratch)
            try await kept.keep()
            let checked = try await kept.apply(["--check"])
            #expect(checked.code == .done, "\(checked.all)")
            let applied = try await kept.apply()
            #expect(applied.code == .done && applied.output.contains("changed=2"), "\(applied.all)")
            let again = try await kept.apply()
            #expect(again.code == .refused, "\(again.all)")
            #expect(again.messages.contains("demo.assignment was"), "\(again.all)")
        }
    }

    @Test func `what was reviewed is told from what is by each thing that moved`() async throws {
        try await ScratchDirectory.with { scratch in
            let kept = try Case(scratch)
            try await kept.keep(["-e", "word=one"])
            let text = try String(decoding: Files.read(kept.playbook, limit: 1 << 20), as: UTF8.self)
            _ = try scratch.write(text.replacing("Say it", with: "Say that"), to: "play.yml")
            let source = try await kept.apply()
            #expect(source.code == .refused && source.messages.contains("play.yml was changed"), "\(source.all)")
            _ = try scratch.write(text, to: "play.yml")

            #expect(try await kept.apply(["--check"]).code == .done)
            let hosts = try String(decoding: Files.read(kept.inventory, limit: 1 << 20), as: UTF8.self)
            _ = try scratch.write(hosts + "\n", to: "inventory.yml")
            let inventory = try await kept.apply()
            #expect(inventory.code == .refused && inventory.messages.contains("inventory.yml was changed"))
            _ = try scratch.write(hosts, to: "inventory.yml")

            let other = try await kept.run([
                kept.playbook, "-i", kept.inventory, "--yes", "-e", "word=two",
            ])
            #expect(other.code == .done, "\(other.all)")
            let moved = try await kept.apply()
            #expect(moved.code == .refused && moved.messages.contains("demo.assignment was"), "\(moved.all)")
        }
    }

    @Test func `two plans are compared, and shown for a pull request`() async throws {
        try await ScratchDirectory.with { scratch in
            let kept = try Case(scratch)
            let other = scratch.path + "/other.opsplan"
            try await kept.keep()
            try await kept.keep(["-e", "word=`rm` <b>"], in: other)
            let same = try await kept.run(["diff", kept.plan, kept.plan, "--detailed-exitcode"])
            #expect(same.code == .done && same.output == "the plans do the same\n")
            let diff = try await kept.run(["diff", kept.plan, other, "--detailed-exitcode"])
            #expect(diff.code == .changesPending)
            #expect(diff.output.contains("the parameter word was hello, and is `rm` <b> now"), "\(diff.all)")
            let shown = try await kept.run(["show", other])
            #expect(shown.output.hasPrefix("sha256 ") && shown.output.contains("Say it"), "\(shown.all)")
            let markdown = try await kept.run(["show", other, "--output", "markdown"])
            #expect(markdown.output.contains("<details>") && markdown.output.utf8.count < 65_536)
            let json = try await kept.run(["show", other, "--output", "json"])
            #expect(Array(json.output.utf8) == (try Files.read(other, limit: 1 << 20)))
        }
    }

    @Test func `a plan that was kept for too long is refused`() async throws {
        try await ScratchDirectory.with { scratch in
            let kept = try Case(scratch)
            try await kept.keep()
            let saved = try SavedPlan(bytes: Files.read(kept.plan, limit: 1 << 20), file: "x")
            let old = SavedPlan(
                saved.plan, call: saved.call, version: saved.version, author: saved.author,
                created: Timestamp(milliseconds: 1_600_000_000_000), lifetime: .seconds(3600))
            try Files.writeAtomically(old.bytes, to: kept.plan)
            let ended = try await kept.apply()
            #expect(ended.code == .refused && ended.messages.contains("expired"), "\(ended.all)")
        }
    }

    /// Every byte of a plan, each made another one, and every place where one is added or taken away.
    @Test func `a plan that was changed by one byte is no plan`() async throws {
        try await ScratchDirectory.with { scratch in
            let kept = try Case(scratch)
            try await kept.keep()
            let bytes = try Files.read(kept.plan, limit: 1 << 20)
            #expect(throws: Never.self) { try SavedPlan(bytes: bytes, file: "x") }
            var random = SystemRandomNumberGenerator()
            for number in 0..<10_000 {
                var changed = bytes
                let place = number % bytes.count
                switch number / bytes.count % 3 {
                case 0: changed[place] ^= UInt8.random(in: 1...255, using: &random)
                case 1: changed.insert(UInt8.random(in: 0...255, using: &random), at: place)
                default: changed.remove(at: place)
                }
                do throws(RunFailure) {
                    _ = try SavedPlan(bytes: changed, file: "x")
                    Issue.record("byte \(place) was changed and nobody saw it")
                } catch {
                    #expect(error.exitCode == .damagedEvidence)
                }
            }
        }
    }

    @Test func `a secret is never kept with a plan`() async throws {
        try await ScratchDirectory.with { scratch in
            let kept = try Case(scratch)
            let text = try String(decoding: Files.read(kept.playbook, limit: 1 << 20), as: UTF8.self)
            _ = try scratch.write(
                text.replacing("type: string, default: hello", with: "type: secret"), to: "play.yml")
            let ended = try await kept.run(
                ["plan", kept.playbook, "-i", kept.inventory, "-o", kept.plan, "-e", "word=canary-4711"])
            #expect(ended.code != .done, "\(ended.all)")
            let written = (try? Files.read(kept.plan, limit: 1 << 20)).map { String(decoding: $0, as: UTF8.self) }
            #expect(written?.contains("canary") != true)
        }
    }
}
