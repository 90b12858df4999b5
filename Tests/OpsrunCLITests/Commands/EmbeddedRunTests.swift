import EventLoop
import OpsrunCLI
import RunEngine
import SimulatedKafka
import TestSupport
import Testing
import Values

/// The shipped playbooks and examples on the embedded cluster, in process and faster than its inventory says.
@Suite(.serialized) struct EmbeddedRunTests {
    /// Fast enough for a test, slow enough for a machine with two cores.
    static let speed = 200

    struct Ended {
        var code: ExitCode
        var streams: CapturedStreams
        var all: String { streams.output + streams.messages }
    }

    private func inventory(
        _ scratch: ScratchDirectory, of file: String = "inventories/default.yml", _ changes: [(String, String)] = []
    ) throws -> String {
        var text = try PackageFiles.text(file).replacing("speed: 20", with: "speed: \(Self.speed)")
        for (old, new) in changes {
            #expect(text.contains(old))
            text = text.replacing(old, with: new)
        }
        return try scratch.write(text, to: "inventory.yml")
    }

    private func run(
        _ playbook: String, _ arguments: [String], in scratch: ScratchDirectory,
        embedded: EmbeddedClusters = EmbeddedClusters(), verb: CommandSpec.Verb = .run
    ) async throws -> Ended {
        let streams = CapturedStreams(environment: ["XDG_STATE_HOME": scratch.path + "/state", "HOME": scratch.path])
        let path = playbook.hasPrefix("/") ? playbook : PackageFiles.root + "/" + playbook
        let words = (verb == .plan ? ["plan"] : []) + [path] + arguments
        let parsed = try ArgumentParser(isPlaybook: { _ in true }).parse(words)
        let command = RunCommand(parsed.options, arguments: words, in: streams.surroundings, embedded: embedded)
        let code = verb == .plan ? await command.plan() : await command.run()
        return Ended(code: code, streams: streams)
    }

    @Test func `a rolling upgrade of six brokers ends with 0, and a second run has nothing to do`() async throws {
        try await ScratchDirectory.with { scratch in
            let file = try inventory(scratch)
            let clusters = EmbeddedClusters()
            let upgrade = "playbooks/rolling-upgrade.yml"
            let first = try await run(upgrade, ["-i", file, "--yes"], in: scratch, embedded: clusters)
            #expect(first.code == .done, "\(first.all)")
            #expect(first.streams.output.contains("embedded cluster demo, time ×200"))
            for node in 1...6 {
                #expect(first.streams.output.contains("kafka-\(node)   : ok=7 changed=3 unreachable=0 failed=0"))
            }
            let cluster = try #require(clusters.cluster(named: "demo")).cluster
            for node in Int32(1)...6 { #expect(cluster.runningVersion(node) == Version("4.3.1")) }

            let second = try await run(upgrade, ["-i", file, "--yes"], in: scratch, embedded: clusters)
            #expect(second.code == .done, "\(second.all)")
            #expect(second.streams.output.contains("nothing to do"))
            let planned = try await run(
                upgrade, ["-i", file, "--detailed-exitcode"], in: scratch, embedded: clusters, verb: .plan)
            #expect(planned.code == .done, "\(planned.all)")

            let streams = CapturedStreams(environment: ["XDG_STATE_HOME": scratch.path + "/state"])
            #expect(
                await OpsrunCommand.run(["audit", "verify"], in: streams.surroundings) == .done, "\(streams.output)")
            #expect(streams.output.contains("intact"))
            let shown = CapturedStreams(environment: ["XDG_STATE_HOME": scratch.path + "/state"])
            #expect(await OpsrunCommand.run(["audit", "show"], in: shown.surroundings) == .done)
            #expect(shown.output.contains("Rolling upgrade of Kafka"))
        }
    }

    @Test func `replicas are moved by the shipped playbook, and a second run has nothing to move`() async throws {
        try await ScratchDirectory.with { scratch in
            let file = try inventory(scratch)
            let moves = try scratch.write(
                """
                {"version": 1, "partitions": [{"topic": "orders", "partition": 0, "replicas": [4, 5, 6]},
                                              {"topic": "orders", "partition": 1, "replicas": [1, 2, 3]}]}
                """, to: "move.json")
            let clusters = EmbeddedClusters()
            let arguments = ["-i", file, "--yes", "-e", "file=\(moves)"]
            let first = try await run(
                "playbooks/reassign-partitions.yml", arguments, in: scratch, embedded: clusters)
            #expect(first.code == .done, "\(first.all)")
            #expect(first.streams.output.contains("changed: [localhost] Move the replicas"), "\(first.all)")
            let second = try await run(
                "playbooks/reassign-partitions.yml", arguments, in: scratch, embedded: clusters)
            #expect(second.code == .done, "\(second.all)")
            #expect(!second.streams.output.contains("changed: [localhost] Move the replicas"), "\(second.all)")
        }
    }

    @Test func `two hosts that move replicas at once leave no throttle behind`() async throws {
        try await ScratchDirectory.with { scratch in
            let file = try inventory(scratch)
            let playbook = try scratch.write(
                """
                opsrun: 1
                name: Two
                plays:
                  - hosts: kafka-1:kafka-2
                    serial: 2
                    tasks:
                      - kafka.execute_reassignment:
                          reassignment:
                            - topic: orders
                              partition: "{{ 0 if host.name == 'kafka-1' else 1 }}"
                              replicas: "{{ [4, 5, 6] if host.name == 'kafka-1' else [1, 2, 3] }}"
                          throttle: 100MiB
                        timeout: 1h
                  - hosts: localhost
                    cluster: demo
                    tasks:
                      - kafka.list_reassignments: {}
                        register: seen
                      - debug: {msg: "throttles={{ seen.throttles | length }}"}
                """, to: "two.yml")
            let ended = try await run(playbook, ["-i", file, "--yes"], in: scratch)
            #expect(ended.code == .done, "\(ended.all)")
            #expect(ended.all.contains("throttles=0"), "\(ended.all)")
        }
    }

    @Test func `what a run could not put back is told by the next one, and put back by cancelling it`() async throws {
        try await ScratchDirectory.with { scratch in
            let file = try inventory(scratch)
            let clusters = EmbeddedClusters()
            func playbook(_ tasks: String, _ name: String) throws -> String {
                try scratch.write(
                    "opsrun: 1\nname: \(name)\ncluster: demo\nplays:\n  - hosts: localhost\n    tasks:\n\(tasks)",
                    to: "\(name).yml")
            }
            let rate = "      - kafka.set_throttle: {rate: 1MiB, brokers: [1]"
            let lend = try playbook(rate + "}\n      - debug: {msg: done}\n", "lend")
            #expect(try await run(lend, ["-i", file, "--yes"], in: scratch, embedded: clusters).code == .done)
            // As if its runner had died after the step: the journal ends there, and the throttle is set.
            let runs = "\(scratch.path)/state/opsrun/runs"
            let id = try #require(try Files.list(runs).first)
            let journal = "\(runs)/\(id)/journal.jsonl"
            let lines = try Files.read(journal, limit: 1 << 20).split(separator: UInt8(ascii: "\n"))
            let end = try #require(lines.firstIndex { String(decoding: $0, as: UTF8.self).contains("task_finished") })
            try Files.writeAtomically(lines[...end].flatMap { Array($0) + [UInt8(ascii: "\n")] }, to: journal)
            let keep = try playbook(rate + ", temporary: false}\n", "keep")
            let next = try await run(keep, ["-i", file, "--yes"], in: scratch, embedded: clusters)
            #expect(next.code == .done, "\(next.all)")
            #expect(next.streams.messages.contains("left behind: run \(id) left"), "\(next.all)")
            #expect(next.streams.messages.contains("leader.replication.throttled.rate=1048576 on broker 1"))
            #expect(next.streams.messages.contains("`opsrun cancel \(id)` ends it and puts that back"))

            let look = try playbook(
                "      - kafka.list_reassignments: {}\n        register: seen\n"
                    + "      - debug: {msg: \"throttles={{ seen.throttles | length }}\"}\n", "look")
            let before = try await run(look, ["-i", file, "--yes"], in: scratch, embedded: clusters)
            #expect(before.all.contains("throttles=2"), "\(before.all)")
            let streams = CapturedStreams(
                environment: ["XDG_STATE_HOME": scratch.path + "/state", "HOME": scratch.path])
            let words = ["cancel", id]
            let parsed = try ArgumentParser(isPlaybook: { _ in true }).parse(words)
            let code = await StoppedRunCommand.cancel(
                parsed.options, arguments: words, in: streams.surroundings, embedded: clusters)
            #expect(code == .interrupted || code == .done, "\(code) \(streams.output)\(streams.messages)")
            let after = try await run(look, ["-i", file, "--yes"], in: scratch, embedded: clusters)
            #expect(after.all.contains("throttles=0"), "\(after.all)")
            #expect(!after.all.contains("left behind"), "\(after.all)")
        }
    }

    @Test func `serial safe rolls the embedded cluster rack by rack, two brokers at a time`() async throws {
        try await ScratchDirectory.with { scratch in
            let file = try inventory(scratch)
            let playbook = try scratch.write(
                """
                opsrun: 1
                name: Roll
                plays:
                  - hosts: brokers
                    serial: safe
                    tasks:
                      - gate: can_stop
                      - broker.restart: {}
                      - gate: {kafka.cluster_health: {}, interval: 1s, stable_for: 5s, timeout: 10m}
                """, to: "roll.yml")
            let planned = try await run(playbook, ["-i", file], in: scratch, verb: .plan)
            #expect(planned.code == .done, "\(planned.all)")
            #expect(planned.all.contains("keeps every partition at min.insync.replicas"), "\(planned.all)")
            let clusters = EmbeddedClusters()
            let ended = try await run(playbook, ["-i", file, "--yes"], in: scratch, embedded: clusters)
            #expect(ended.code == .done, "\(ended.all)")
            for node in 1...6 { #expect(ended.all.contains("kafka-\(node) : ok=3 changed=1 unreachable=0 failed=0")) }
            #expect(ended.all.contains("BATCH 1/4 [kafka-2, kafka-5]"), "\(ended.all)")
        }
    }

    @Test func `the plan names the batch that could not stop, before anything waits for it`() async throws {
        try await ScratchDirectory.with { scratch in
            let file = try inventory(scratch)
            let ended = try await run(
                "playbooks/rolling-upgrade.yml", ["-i", file, "-e", "batch_size=3"], in: scratch, verb: .plan)
            #expect(ended.code == .done, "\(ended.all)")
            let text = ended.streams.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            #expect(text.contains("as things are now may not stop:"), "\(text)")
        }
    }

    @Test func `the plan says what would be done, and --detailed-exitcode says so too`() async throws {
        try await ScratchDirectory.with { scratch in
            let file = try inventory(scratch)
            let ended = try await run(
                "playbooks/rolling-upgrade.yml", ["-i", file, "--detailed-exitcode"], in: scratch, verb: .plan)
            #expect(ended.code == .changesPending, "\(ended.all)")
            let lines = ended.streams.output.split(separator: "\n", omittingEmptySubsequences: false)
            // The digest and the temporary folder differ from run to run.
            let stable = lines.filter { !$0.hasPrefix("inventory ") }.map { line in
                line.contains("; digest ") ? line.prefix { $0 != ";" } + "" : line
            }
            try expectSnapshot(stable.joined(separator: "\n"), named: "plan-upgrade")
        }
    }

    @Test func `--check looks once at each gate, shows what it saw, and runs nothing`() async throws {
        try await ScratchDirectory.with { scratch in
            let file = try inventory(scratch)
            let clusters = EmbeddedClusters()
            let ended = try await run(
                "playbooks/rolling-upgrade.yml", ["-i", file, "--check"], in: scratch, embedded: clusters)
            #expect(ended.code == .done, "\(ended.all)")
            #expect(ended.streams.output.contains("passes now"), "\(ended.all)")
            #expect(clusters.cluster(named: "demo")?.cluster.runningVersion(1) == Version("3.9.2"))
        }
    }

    @Test func `a playbook that comes with opsrun is found by its name`() async throws {
        try await ScratchDirectory.with { scratch in
            for file in try PackageFiles.list("playbooks", ".yml") + ["playbooks/tasks/upgrade-node.yml"] {
                try scratch.write(try PackageFiles.text(file), to: "share/opsrun/\(file)")
            }
            try scratch.write(
                try PackageFiles.text("inventories/default.yml"), to: "share/opsrun/inventories/default.yml")
            let streams = CapturedStreams(environment: ["XDG_STATE_HOME": scratch.path + "/state"])
            var surroundings = streams.surroundings
            surroundings.executable = scratch.path + "/bin/opsrun"
            let options = try ArgumentParser(isPlaybook: { _ in true }).parse(["plan", "rolling-upgrade"]).options
            let code = await RunCommand(options, arguments: [], in: surroundings).plan()
            #expect(code == .done, "\(streams.messages)")
            #expect(streams.output.contains("embedded cluster demo, time ×20"))
        }
    }

    @Test func `checks before an upgrade read everything, report, and need nobody's leave`() async throws {
        try await ScratchDirectory.with { scratch in
            let file = try inventory(scratch)
            let ended = try await run("playbooks/pre-upgrade-checks.yml", ["-i", file, "--no-input"], in: scratch)
            #expect(ended.code == .done, "\(ended.all)")
        }
    }

    @Test func `a release newer than any that is known is rolled as far as the protocol tells`() async throws {
        try await ScratchDirectory.with { scratch in
            let file = try inventory(scratch)
            let clusters = EmbeddedClusters()
            let ended = try await run(
                "playbooks/rolling-upgrade.yml", ["-i", file, "--yes", "-e", "target_version=9.9.9"], in: scratch,
                embedded: clusters)
            #expect(ended.code == .done, "\(ended.all)")
            let cluster = try #require(clusters.cluster(named: "demo")).cluster
            for node in Int32(1)...6 { #expect(cluster.runningVersion(node) == Version("9.9.9")) }
            let checks = try await run(
                "playbooks/pre-upgrade-checks.yml", ["-i", file, "--no-input", "-e", "target_version=9.9.9"],
                in: scratch, embedded: clusters)
            #expect(checks.all.contains("9.9.9 is newer than 4.3, the newest release known here"))
        }
    }

    @Test func `checks before an upgrade find a dead broker critical`() async throws {
        try await ScratchDirectory.with { scratch in
            let file = try inventory(scratch, [("faults: []", "faults: [{at: 0s, kill: 4}]")])
            let clusters = EmbeddedClusters()
            let ended = try await run(
                "playbooks/pre-upgrade-checks.yml", ["-i", file, "--no-input"], in: scratch, embedded: clusters)
            #expect(ended.code == .gateFailed, "\(ended.all)")
            #expect(ended.all.contains("critical:"))
        }
    }

    @Test(arguments: ["examples/first-playbook.yml", "examples/restart-one-broker.yml"])
    func `the teaching examples run`(example: String) async throws {
        try await ScratchDirectory.with { scratch in
            let file = try inventory(scratch)
            let limit = example.contains("restart") ? ["--limit", "kafka-2"] : []
            let ended = try await run(example, ["-i", file, "--yes"] + limit, in: scratch)
            #expect(ended.code == .done, "\(ended.all)")
            if limit.isEmpty { #expect(ended.streams.output.contains("all is well")) }
        }
    }

    @Test func `a broker that dies during a roll holds the gate: exit 5, and no second broker is touched`() async throws
    {
        try await ScratchDirectory.with { scratch in
            let file = try inventory(scratch, of: "examples/inventories/held-broker.yml")
            let clusters = EmbeddedClusters()
            let ended = try await run(
                "examples/held-broker.yml", ["-i", file, "--yes"], in: scratch, embedded: clusters)
            #expect(ended.code == .gateFailed, "\(ended.all)")
            #expect(ended.streams.messages.contains("orders-"), "the partitions are named: \(ended.streams.messages)")
            #expect(ended.streams.messages.contains("exit 5: a gate failed or timed out"))
            #expect(ended.streams.messages.contains("run directory: \(scratch.path)/state/opsrun/runs/"))
        }
    }

    @Test func `without a terminal and without --yes the plan is shown and nothing runs`() async throws {
        try await ScratchDirectory.with { scratch in
            let file = try inventory(scratch)
            let ended = try await run("playbooks/rolling-upgrade.yml", ["-i", file], in: scratch)
            #expect(ended.code == .refused)
            #expect(ended.streams.output.contains("PLAN [Rolling upgrade of Kafka]"))
            #expect(ended.streams.messages.contains("--yes"))
        }
    }

    @Test func `jsonl is the event stream alone, and json one document`() async throws {
        try await ScratchDirectory.with { scratch in
            let file = try inventory(scratch)
            let example = "examples/first-playbook.yml"
            let stream = try await run(example, ["-i", file, "--yes", "--output", "jsonl"], in: scratch)
            let events = try stream.streams.output.split(separator: "\n").map { try JSON.parse(String($0)) }
            #expect(events.first?["type"] == "run_opened" && events.last?["type"] == "run_closed")
            #expect(events.allSatisfy { $0["schema"] == "opsrun.event/1" })
            #expect(events.first?["speed_note"] == "embedded cluster demo, time ×200")
            let document = try await run(example, ["-i", file, "--yes", "--output", "json"], in: scratch)
            let value = try JSON.parse(document.streams.output)
            #expect(value["schema"] == "opsrun.run/1" && value["exit_code"] == 0 && value["status"] == "succeeded")
            #expect(value["embedded"] == "embedded cluster demo, time ×200")
            let plan = try await run(example, ["-i", file, "--output", "json"], in: scratch, verb: .plan)
            #expect(try JSON.parse(plan.streams.output).mapValue != nil)
        }
    }

    @Test func `parameters come from -e and from files, and a wrong one is exit 3`() async throws {
        try await ScratchDirectory.with { scratch in
            let file = try inventory(scratch)
            let example = "examples/first-playbook.yml"
            let params = try scratch.write("greeting: from a file\n", to: "params.yml")
            let fromFile = try await run(example, ["-i", file, "--yes", "-e", "@\(params)"], in: scratch)
            #expect(fromFile.streams.output.contains("from a file"), "\(fromFile.all)")
            let both = try await run(
                example, ["-i", file, "--yes", "-e", "greeting=from -e", "-e", "@\(params)"], in: scratch)
            #expect(both.streams.output.contains("from -e"), "\(both.all)")
            let wrong = try await run(example, ["-i", file, "--yes", "-e", "greting=x"], in: scratch)
            #expect(wrong.code == .invalid && wrong.streams.messages.contains("greeting"), "\(wrong.all)")
        }
    }

    @Test func `a stop before anything ran is the signal's code`() async throws {
        try await ScratchDirectory.with { scratch in
            let file = try inventory(scratch)
            let streams = CapturedStreams(environment: ["XDG_STATE_HOME": scratch.path + "/state"])
            let words = [PackageFiles.root + "/playbooks/rolling-upgrade.yml", "-i", file, "--yes"]
            let parsed = try ArgumentParser(isPlaybook: { _ in true }).parse(words)
            let stopper = Stopper()
            stopper.request("SIGTERM")
            let command = RunCommand(parsed.options, arguments: words, in: streams.surroundings)
            #expect(await command.run(stopper: stopper) == .terminated)
        }
    }
}
