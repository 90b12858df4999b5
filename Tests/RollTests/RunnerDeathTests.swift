import EventLoop
import KafkaAdmin
import TestSupport
import Testing
import Values

/// The runner is killed in the middle of a roll of real brokers, several times, and gone on with.
@Suite(.serialized, .enabled(if: RealKafka.releases.count > 1, "OPSRUN_KAFKA does not hold two releases"))
struct RunnerDeathTests {
    private static func playbook(_ version: String) -> String {
        """
        opsrun: 1
        name: Roll
        gates:
          healthy: {kafka.cluster_health: {}, interval: 500ms, stable_for: 1s, timeout: 3m}
        plays:
          - hosts: brokers
            serial: 1
            tasks:
              - gate: healthy
              - block:
                  - broker.activate: {version: "\(version)"}
                    undo:
                      - broker.activate: {version: "{{ host.running_version }}"}
                      - broker.restart: {only_if_touched: true}
                  - broker.restart: {}
                on_failure: rollback
              - gate: healthy

        """
    }

    /// Lines of the cluster's script after which the runner is killed: while it stops a broker, while one starts, while one is
    /// given a release, and again while a resume stops the last one.
    private static let deaths = ["stop 1", "start 1", "use 2", "start 2", "stop 3"]

    @Test func `a roll whose runner dies again and again ends well, and no broker is stopped twice`() async throws {
        let old = try #require(RealKafka.lowest), new = try #require(RealKafka.highest)
        try await RealKafkaCluster.with(old) { cluster in
            let scratch = cluster.scratch
            let inventory = try scratch.write(
                cluster.inventory(version: new.version.text, commands: ["status"]), to: "inventory.yml")
            let playbook = try scratch.write(Self.playbook(new.version.text), to: "roll.yml")
            let opsrun = BuiltOpsrun(in: scratch)
            try await cluster.createTopic("orders", partitions: 3, by: old)
            let watch = Task { try await Self.leastInSync(cluster) }
            var process = try opsrun.start(playbook, "-i", inventory, "--yes", "--no-input")
            for line in Self.deaths {
                try await Eventually.holds("the runner comes to \(line)") {
                    try process.hasEnded || cluster.ledger().contains { $0.hasPrefix(line) }
                }
                process.signal(9)
                let status = await process.wait(within: 60)
                let said = try scratch.read(process.stdout) + scratch.read(process.stderr)
                #expect(status == 137, "\(line): \(said)")
                process = try opsrun.start("resume", "last", "--no-input")
            }
            let status = await process.wait(within: 240)
            let said = try scratch.read(process.stdout) + scratch.read(process.stderr)
            #expect(status == 0, "\(said)")
            watch.cancel()
            let seen = try await watch.value
            #expect(seen.looks > 5 && seen.least >= 2, "replicas in sync, at the least: \(seen)")
            let ledger = try cluster.ledger()
            let stops = ledger.filter { $0.hasPrefix("stop ") }
            #expect(stops == ["stop 1", "stop 2", "stop 3"], "\(ledger)")
            #expect(ledger.filter { $0.hasPrefix("use ") }.count == 3, "\(ledger)")
            for node in cluster.nodes {
                #expect(try scratch.read("nodes/\(node.id)/version").hasPrefix(new.version.text))
            }
            let verified = try await opsrun.run("audit", "verify")
            #expect(verified.status == 0, "\(verified.stdout)\(verified.stderr)")
        }
    }

    private struct Seen: Sendable {
        var looks = 0
        var least = Int.max
    }

    /// The least number of replicas in sync that any broker has told of any partition, until the task is cancelled.
    private static func leastInSync(_ cluster: RealKafkaCluster) async throws -> Seen {
        let client = AdminClient(
            settings: AdminClientSettings(bootstrap: try AdminClientSettings.addresses(cluster.bootstrap)))
        let reader = LiveClusterReader(sender: client)
        let time = SystemTimeSource()
        var seen = Seen()
        while !Task.isCancelled {
            if let view = try? await reader.snapshot(topics: ["orders"], from: .any), !view.partitions.isEmpty {
                seen.looks += 1
                for partition in view.partitions { seen.least = min(seen.least, view.inSync(of: partition).count) }
            }
            try? await time.sleep(for: .milliseconds(300))
        }
        await client.close()
        return seen
    }
}
