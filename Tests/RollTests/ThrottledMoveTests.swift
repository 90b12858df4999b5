import TestSupport
import Testing
import Values

/// Replicas are moved on real brokers under a throttle: what the runner borrowed comes back when it is done, and when it died.
@Suite(.serialized, .enabled(if: RealKafka.isAvailable, "OPSRUN_KAFKA is not set"))
struct ThrottledMoveTests {
    private static let moves = #"{"version": 1, "partitions": [{"topic": "bulk", "partition": 0, "replicas": [2, 3]}]}"#

    private static func playbook(throttle: String) -> String {
        """
        opsrun: 1
        name: Move
        cluster: local
        plays:
          - hosts: localhost
            tasks:
              - kafka.execute_reassignment: {file: move.json, throttle: \(throttle)}
                timeout: 3m
              - gate: {kafka.verify_reassignment: {file: move.json}, interval: 1s, timeout: 1m}

        """
    }

    @Test func `a throttle is what it was before, after a move and after the death of its runner`() async throws {
        let release = try #require(RealKafka.highest)
        try await RealKafkaCluster.with(release) { cluster in
            let scratch = cluster.scratch, bootstrap = cluster.bootstrap.joined(separator: ",")
            func tool(_ name: String, _ arguments: String...) async throws -> String {
                let outcome = try #require(
                    try await cluster.tool(name, of: release, ["--bootstrap-server", bootstrap] + arguments))
                try #require(outcome.status == 0, "\(name): \(outcome.stdout)\(outcome.stderr)")
                return outcome.stdout
            }
            func settings() async throws -> [String] {
                let brokers = try await tool("kafka-configs.sh", "--describe", "--entity-type", "brokers")
                let topic = try await tool(
                    "kafka-configs.sh", "--describe", "--entity-type", "topics", "--entity-name", "bulk")
                return (brokers + topic).split(separator: "\n").filter { $0.contains("throttled") }.map(String.init)
                    .sorted()
            }
            _ = try await tool("kafka-topics.sh", "--create", "--topic", "bulk", "--replica-assignment", "1:2")
            let produce = try #require(release.tool("kafka-producer-perf-test.sh"))
            let filled = try await TestProcess.run(
                [
                    produce, "--topic", "bulk", "--num-records", "8000", "--record-size", "1000", "--throughput", "-1",
                    "--producer-props", "bootstrap.servers=\(bootstrap)",
                ], in: scratch)
            try #require(filled.status == 0, "\(filled)")
            // Somebody's own rate on one broker: it is neither lost nor taken for the run's.
            _ = try await tool(
                "kafka-configs.sh", "--alter", "--entity-type", "brokers", "--entity-name", "1", "--add-config",
                "leader.replication.throttled.rate=123456789")
            let before = try await settings()
            try #require(before.count == 1, "\(before)")

            let inventory = try scratch.write(cluster.inventory(version: release.version.text), to: "inventory.yml")
            try scratch.write(Self.moves, to: "move.json")
            let opsrun = BuiltOpsrun(in: scratch)
            let slow = try scratch.write(Self.playbook(throttle: "20KiB"), to: "slow.yml")
            let process = try opsrun.start(slow, "-i", inventory, "--yes", "--no-input")
            try await Eventually.holds("the replica is on its way, throttled") {
                let moving = try await tool("kafka-reassign-partitions.sh", "--list")
                guard moving.contains("bulk-0") else { return false }
                return try await settings().count > 3
            }
            process.signal(9)
            #expect(await process.wait(within: 60) == 137)
            #expect(try await settings() != before, "nobody has put it back yet")

            let cancelled = try await opsrun.run("cancel", "last")
            // The step that was under way stays unknown; what it had borrowed does not stay.
            #expect(cancelled.status == 8, "\(cancelled.stdout)\(cancelled.stderr)")
            let moving = try await tool("kafka-reassign-partitions.sh", "--list")
            #expect(!moving.contains("bulk-0"), "\(moving)")
            #expect(try await settings() == before, "\(cancelled.stdout)")

            let fast = try scratch.write(Self.playbook(throttle: "100MiB"), to: "fast.yml")
            let run = try await opsrun.run(fast, "-i", inventory, "--yes", "--no-input")
            #expect(run.status == 0, "\(run.stdout)\(run.stderr)")
            #expect(try await settings() == before, "\(run.stdout)")
            let file = "\(scratch.path)/move.json"
            let verified = try await tool(
                "kafka-reassign-partitions.sh", "--verify", "--preserve-throttles", "--reassignment-json-file", file)
            #expect(verified.contains("bulk-0 is completed"), "\(verified)")
            let again = try await opsrun.run(fast, "-i", inventory, "--yes", "--no-input")
            #expect(again.status == 0 && (again.stdout + again.stderr).lowercased().contains("nothing to do"))
        }
    }
}
