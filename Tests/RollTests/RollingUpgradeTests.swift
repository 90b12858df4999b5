import TestSupport
import Testing
import Values

/// The main job on real brokers: from the lowest release found to the highest, under load.
@Suite(.serialized, .enabled(if: RealKafka.releases.count > 1, "OPSRUN_KAFKA does not hold two releases"))
struct RollingUpgradeTests {
    static let playbook = "\(BuiltOpsrun.package)/playbooks/rolling-upgrade.yml"

    /// A topic with three replicas, and the load on it.
    private func prepare(_ cluster: RealKafkaCluster, _ release: RealKafka.Release) async throws -> VerifiableLoad {
        try await cluster.createTopic("orders", partitions: 3, by: release)
        let load = try #require(try VerifiableLoad.start(on: cluster, topic: "orders", tools: release))
        try await load.waitForAcknowledged(50)
        return load
    }

    private func finalizedLevel(_ cluster: RealKafkaCluster, _ release: RealKafka.Release) async throws -> String? {
        let answer = try await cluster.tool(
            "kafka-features.sh", of: release,
            ["--bootstrap-server", cluster.bootstrap.joined(separator: ","), "describe"])
        return answer?.stdout.split(separator: "\n").first { $0.contains("metadata.version") }.map(String.init)
    }

    /// Without these there would be no load, and nothing to lose.
    private static let hasLoad = ["kafka-verifiable-producer.sh", "kafka-verifiable-consumer.sh"].allSatisfy {
        RealKafka.lowest?.tool($0) != nil
    }

    @Test(.enabled(if: hasLoad, "the lowest release has no kafka-verifiable-*.sh"), arguments: [false, true])
    func `a cluster is upgraded under load without losing a record, and a second run has nothing to do`(
        dedicatedControllers: Bool
    ) async throws {
        let old = try #require(RealKafka.lowest), new = try #require(RealKafka.highest)
        try await RealKafkaCluster.with(old, dedicatedControllers: dedicatedControllers) { cluster in
            let inventory = try cluster.scratch.write(cluster.inventory(version: new.version.text), to: "inventory.yml")
            let opsrun = BuiltOpsrun(in: cluster.scratch)
            let load = try await prepare(cluster, old)
            let before = try await finalizedLevel(cluster, old)

            let run = try await opsrun.run(
                Self.playbook, "-i", inventory, "--yes", "--no-input", "-e", "stable_for=5s", "-e", "finalize=true")
            #expect(run.status == 0, "\(run.stdout)\n\(run.stderr)")
            let stops = try cluster.ledger().filter { $0.hasPrefix("stop ") }
            #expect(stops.count == cluster.nodes.count && Set(stops).count == stops.count, "\(stops)")
            if dedicatedControllers {
                #expect(stops.prefix(3).allSatisfy { $0.hasPrefix("stop 10") }, "controllers first: \(stops)")
            }
            #expect(try await finalizedLevel(cluster, new) != before)
            let account = try await load.finish()
            #expect(account.lost.isEmpty, "acknowledged and never read")
            #expect(account.failedSends.isEmpty, "given up by the producer")
            #expect(account.gaps.isEmpty, "skipped or read twice")
            #expect(account.acknowledged.count > 500)

            try cluster.scratch.write("", to: "ledger")
            let again = try await opsrun.run(
                Self.playbook, "-i", inventory, "--yes", "--no-input", "-e", "stable_for=5s", "-e", "finalize=true")
            #expect(again.status == 0, "\(again.stdout)\n\(again.stderr)")
            #expect((again.stdout + again.stderr).lowercased().contains("nothing to do"))
            #expect(try cluster.ledger().isEmpty)

            let verified = try await opsrun.run("audit", "verify")
            #expect(verified.status == 0, "\(verified.stdout)\n\(verified.stderr)")
        }
    }

    @Test
    func `before finalizing the way back is open, an interrupted roll is picked up, after finalizing it is refused`()
        async throws
    {
        let old = try #require(RealKafka.lowest), new = try #require(RealKafka.highest)
        try await RealKafkaCluster.with(old) { cluster in
            let inventory = try cluster.scratch.write(cluster.inventory(version: new.version.text), to: "inventory.yml")
            let opsrun = BuiltOpsrun(in: cluster.scratch)

            // Interrupted between activate and restart: the new version is installed, the old one runs.
            try cluster.scratch.write("", to: "hold-use")
            let first = try opsrun.start(Self.playbook, "-i", inventory, "--yes", "--no-input", "-e", "stable_for=2s")
            let used = "use " + (try await cluster.awaitLedger("use "))
            first.signal(2)
            try cluster.scratch.write("", to: "go-use")
            let interrupted = await first.wait(within: 60)
            let said = try cluster.scratch.read(first.stdout)
            #expect(interrupted == 130, "\(said)")
            #expect(try cluster.ledger() == [used], "activated, and neither stopped nor rolled back")
            try cluster.scratch.write("", to: "ledger")
            let up = try await opsrun.run(
                Self.playbook, "-i", inventory, "--yes", "--no-input", "-e", "stable_for=2s")
            #expect(up.status == 0, "\(up.stdout)\n\(up.stderr)")
            #expect(try Set(cluster.ledger().filter { $0.hasPrefix("stop ") }) == ["stop 1", "stop 2", "stop 3"])

            let down = try await opsrun.run(
                Self.playbook, "-i", inventory, "--yes", "--no-input", "-e", "stable_for=2s",
                "-e", "target_version=\(old.version.text)")
            #expect(down.status == 0, "\(down.stdout)\n\(down.stderr)")

            let finalized = try await opsrun.run(
                Self.playbook, "-i", inventory, "--yes", "--no-input", "-e", "stable_for=2s", "-e", "finalize=true")
            #expect(finalized.status == 0, "\(finalized.stdout)\n\(finalized.stderr)")

            try cluster.scratch.write("", to: "ledger")
            let refused = try await opsrun.run(
                Self.playbook, "-i", inventory, "--yes", "--no-input", "-e", "stable_for=2s",
                "-e", "target_version=\(old.version.text)")
            #expect(refused.status == 1, "\(refused.stdout)\n\(refused.stderr)")
            #expect((refused.stdout + refused.stderr).contains("metadata.version"))
            #expect(try cluster.ledger().isEmpty, "nothing was touched")
        }
    }
}
