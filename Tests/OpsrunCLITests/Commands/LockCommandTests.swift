import EventLoop
import OpsrunCLI
import RunEngine
import TestSupport
import Testing
import Values

/// `lock show`, `lock break` and `--break-glass`, on the embedded cluster.
@Suite(.serialized) struct LockCommandTests {
    private static let lines = """
        opsrun: 1
        name: Repair
        window: {deny: [{from: 2020-01-01, to: 2099-01-01, reason: freeze}]}
        plays:
          - name: P
            hosts: kafka-1
            tasks:
              - approve: {prompt: "Go?", approvers: [somebody-else]}
              - kafka.alter_topic_configs: {changes: [{topic: orders, set: {retention.ms: "86400000"}}]}

        """

    private func inventory(_ scratch: ScratchDirectory, lock: String = "") throws -> String {
        let text = try PackageFiles.text("inventories/default.yml")
            .replacing("speed: 20", with: "speed: 200")
            .replacing("        cluster_id:", with: "        protected: true\n\(lock)        cluster_id:")
        return try scratch.write(text, to: "inventory.yml")
    }

    private struct Ended {
        var code: ExitCode
        var output: String
        var messages: String
    }

    private func run(
        _ words: [String], in scratch: ScratchDirectory, embedded: EmbeddedClusters = EmbeddedClusters(),
        isTerminal: Bool = false, answers: [String] = []
    ) async throws -> Ended {
        let streams = CapturedStreams(
            environment: ["XDG_STATE_HOME": scratch.path + "/state", "HOME": scratch.path], isTerminal: isTerminal,
            answers: answers)
        let parsed = try ArgumentParser(isPlaybook: { _ in true }).parse(words)
        let code: ExitCode
        switch parsed.command.verb {
        case .lockShow: code = await LockCommand(parsed.options, in: streams.surroundings, embedded: embedded).show()
        case .lockBreak:
            code = await LockCommand(parsed.options, in: streams.surroundings, embedded: embedded).breakLock()
        default:
            code = await RunCommand(
                parsed.options, arguments: words, in: streams.surroundings, embedded: embedded
            ).run()
        }
        return Ended(code: code, output: streams.output, messages: streams.messages)
    }

    private func hold(_ store: any LeaseStore, id: String) async throws -> HeldLease {
        let time = SystemTimeSource()
        let holder = LockHolder(
            runID: "0199", playbook: "upgrade.yml", user: "ola", host: "ops-2", pid: 7, startTime: "1", bootID: "2",
            since: Timestamp(milliseconds: 1_750_000_000_000))
        return try await ClusterLock.take(
            .init(clusterID: id, cluster: "demo", holder: holder, length: .seconds(3600)), in: store, time: time,
            stopper: Stopper()
        ).lease
    }

    private let id = "b3BzcnVuLXNpbXVsYXRlZA"

    @Test func `a lock is shown with its holder, and broken by who types the cluster's name`() async throws {
        try await ScratchDirectory.with { scratch in
            let nothing = try await run(["lock", "show"], in: scratch)
            #expect(nothing.code == .done && nothing.output == "no lock is held\n")
            #expect(try await run(["lock", "break", "--reason", "r"], in: scratch).code == .invalid)
            #expect(try await run(["lock", "break"], in: scratch).code == .usage)
            let store = RunStore(root: scratch.path + "/state/opsrun")
            let held = try await hold(FileLeaseStore(folder: store.lockFolder, isShared: false), id: id)
            let shown = try await run(["lock", "show"], in: scratch)
            for word in ["CLUSTER", "demo", "held", "0199", "upgrade.yml", "ola", "ops-2", "2025-06-15T15:06:40Z"] {
                #expect(shown.output.contains(word), "\(word): \(shown.output)")
            }
            let document = try await run(["lock", "show", "--cluster", "demo", "--output", "json"], in: scratch)
            let lock = try #require(try JSON.parse(document.output)["locks"]?.listValue?.first)
            #expect(lock["run"] == "0199" && lock["epoch"] == 1 && lock["state"] == "held" && lock["user"] == "ola")
            #expect(lock["cluster_id"] == .string(id) && lock["expires"]?.stringValue != nil)
            let mistyped = try await run(
                ["lock", "break", "--reason", "r"], in: scratch, isTerminal: true, answers: ["demp"])
            #expect(mistyped.code == .refused)
            let wrong = try await run(["lock", "break", "--reason", "r", "--confirm", "prod"], in: scratch)
            #expect(wrong.code == .refused && wrong.messages.contains("the cluster is 'demo'"), "\(wrong.messages)")
            let broken = try await run(
                ["lock", "break", "--reason", "burnt"], in: scratch, isTerminal: true, answers: ["demo"])
            #expect(broken.code == .done, "\(broken.messages)")
            #expect(await held.renew() == false)
            #expect(try await run(["lock", "show"], in: scratch).output == "no lock is held\n")
            let records = try AuditVerifier.records(store).map(\.record)
            #expect(records.map { $0["type"] } == ["lock_broken"])
            #expect(records.first?["by"] == "anna" && records.first?["reason"] == "burnt")
        }
    }

    @Test func `of a holder that is gone it is said whether there is a run to go on with`() async throws {
        try await ScratchDirectory.with { scratch in
            let store = RunStore(root: scratch.path + "/state/opsrun")
            let host = CapturedStreams(environment: [:], isTerminal: false, answers: []).surroundings.host
            let holder = LockHolder(
                runID: "01999999-0000-7000-8000-000000000000", playbook: "p.yml", user: "anna", host: host, pid: 0,
                startTime: "1", bootID: ProcessIdentity.currentBootID, since: Timestamp(milliseconds: 0),
                state: store.root)
            let held = try await ClusterLock.take(
                .init(clusterID: id, cluster: "demo", holder: holder, length: .seconds(3600)),
                in: FileLeaseStore(folder: store.lockFolder, isShared: false), time: SystemTimeSource(),
                stopper: Stopper())
            let shown = try await run(["lock", "show"], in: scratch)
            #expect(
                shown.output.contains("there is no such run: the next one takes the lock at once"), "\(shown.output)")
            let document = try await run(["lock", "show", "--output", "json"], in: scratch)
            let lock = try #require(try JSON.parse(document.output)["locks"]?.listValue?.first)
            #expect(lock["process_gone"] == true && lock["run_exists"] == false, "\(document.output)")
            withExtendedLifetime(held) {}
        }
    }

    @Test func `broken glass is said first in every output, and wants the name of the cluster`() async throws {
        try await ScratchDirectory.with { scratch in
            let file = try inventory(scratch)
            let play = try scratch.write(Self.lines, to: "repair.yml")
            let store = RunStore(root: scratch.path + "/state/opsrun")
            let held = try await hold(FileLeaseStore(folder: store.lockFolder, isShared: false), id: id)
            let words = [play, "-i", file, "--break-glass", "prod is down"]
            let refused = try await run(words + ["--yes"], in: scratch)
            #expect(refused.code == .refused && refused.messages.contains("--confirm demo"), "\(refused.messages)")
            for mode in ["human", "plain"] {
                let ended = try await run(words + ["--confirm", "demo", "--output", mode], in: scratch)
                #expect(ended.code == .done, "\(ended.output)\(ended.messages)")
                #expect(ended.output.hasPrefix("BREAK GLASS by anna: prod is down"), "\(ended.output)")
            }
            let stream = try await run(words + ["--confirm", "demo", "--output", "jsonl"], in: scratch)
            let first = try JSON.parse(try #require(stream.output.split(separator: "\n").first.map(String.init)))
            #expect(first["type"] == "run_opened" && first["break_glass"] == "prod is down", "\(stream.output)")
            let document = try await run(words + ["--confirm", "demo", "--output", "json"], in: scratch)
            let value = try JSON.parse(document.output)
            #expect(value.mapValue?.keys.first == "break_glass" && value["break_glass"] == "prod is down")
            #expect(await held.renew() == false, "the run that had the lock finds out")
            let opened = try AuditVerifier.records(store).map(\.record).filter { $0["type"] == "run_opened" }
            #expect(opened.count == 4 && opened.allSatisfy { $0["break_glass"] == "prod is down" })
            #expect(try AuditVerifier.verify(store).findings.isEmpty)
            let closed = try await run([play, "-i", file, "--yes"], in: scratch)
            #expect(closed.code == .refused, "without it nothing is overridden")
        }
    }

    @Test func `a lock in Kafka is taken by a run, shown and broken`() async throws {
        try await ScratchDirectory.with { scratch in
            let file = try inventory(scratch, lock: "        lock: {store: kafka, lease: 30s}\n")
            let embedded = EmbeddedClusters()
            let play = try scratch.write(Self.lines, to: "repair.yml")
            let ended = try await run(
                [play, "-i", file, "--break-glass", "prod is down", "--confirm", "demo", "--output", "jsonl"],
                in: scratch, embedded: embedded)
            #expect(ended.code == .done, "\(ended.output)\(ended.messages)")
            let taken = try ended.output.split(separator: "\n").map { try JSON.parse(String($0)) }
                .first { $0["type"] == "lock_taken" }
            #expect(taken?["store"] == "topic opsrun-lock" && taken?["epoch"] == 1 && taken?["length_ms"] == 30_000)
            let shown = try await run(
                ["lock", "show", "-i", file, "--output", "json"], in: scratch, embedded: embedded)
            let locks = try JSON.parse(shown.output)["locks"]?.listValue ?? []
            #expect(locks.map { $0["state"] } == ["released"], "\(shown.output)\(shown.messages)")
            #expect(locks.first?["user"] == "anna")
            #expect(
                try await run(["lock", "break", "-i", file, "--reason", "r"], in: scratch, embedded: embedded).code
                    == .invalid)
        }
    }
}
