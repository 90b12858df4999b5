import TestSupport
import Testing
import Values

/// What goes wrong in a roll on real brokers, and where it stops.
@Suite(.serialized, .enabled(if: RealKafka.releases.count > 1, "OPSRUN_KAFKA does not hold two releases"))
struct UpgradeFailureTests {
    static let playbook = "\(BuiltOpsrun.package)/playbooks/rolling-upgrade.yml"

    @Test(arguments: [false, true])
    func `a release that does not start on the canary is rolled back there, and the others are untouched`(
        undoFailsToo: Bool
    ) async throws {
        let old = try #require(RealKafka.lowest), new = try #require(RealKafka.highest)
        try await RealKafkaCluster.with(old) { cluster in
            let inventory = try cluster.scratch.write(cluster.inventory(version: new.version.text), to: "inventory.yml")
            try cluster.scratch.write("", to: "broken-\(new.version.text)")
            if undoFailsToo { try cluster.scratch.write("", to: "broken-\(old.version.text)") }
            let run = try await BuiltOpsrun(in: cluster.scratch).run(
                Self.playbook, "-i", inventory, "--yes", "--no-input", "-e", "stable_for=2s")
            #expect(run.status == (undoFailsToo ? 7 : 6), "\(run.stdout)\n\(run.stderr)")
            let touched = try Set(cluster.ledger().compactMap { $0.split(separator: " ").dropFirst().first })
            #expect(touched.count == 1, "\(touched)")
            if !undoFailsToo { #expect(try cluster.ledger().last?.hasPrefix("start ") == true) }
        }
    }

    @Test(arguments: [["status"], []])
    func `a release whose start says yes and which then dies is rolled back, with and without a status command`(
        commands: [String]
    ) async throws {
        let old = try #require(RealKafka.lowest), new = try #require(RealKafka.highest)
        try await RealKafkaCluster.with(old) { cluster in
            let inventory = try cluster.scratch.write(
                cluster.inventory(version: new.version.text, commands: commands), to: "inventory.yml")
            try cluster.scratch.write("", to: "dying-\(new.version.text)")
            let run = try await BuiltOpsrun(in: cluster.scratch).run(
                Self.playbook, "-i", inventory, "--yes", "--no-input", "-e", "stable_for=2s")
            #expect(run.status == 6, "\(run.stdout)\n\(run.stderr)")
            #expect((run.stdout + run.stderr).contains("has died"))
            let ledger = try cluster.ledger()
            #expect(Set(ledger.compactMap { $0.split(separator: " ").dropFirst().first }).count == 1, "\(ledger)")
            #expect(ledger.filter { $0.hasPrefix("start ") }.count == 2, "\(ledger)")
            #expect(ledger.contains { $0.hasPrefix("use ") && $0.hasSuffix(" \(old.version.text)") }, "\(ledger)")
        }
    }

    @Test func `when another broker dies during the install, nothing is stopped and nothing is rolled back`()
        async throws
    {
        let old = try #require(RealKafka.lowest), new = try #require(RealKafka.highest)
        try await RealKafkaCluster.with(old) { cluster in
            let inventory = try cluster.scratch.write(
                cluster.inventory(version: new.version.text, commands: ["install"]), to: "inventory.yml")
            try await cluster.createTopic("orders", partitions: 3, by: old)
            try cluster.scratch.write("", to: "hold-install")
            let opsrun = BuiltOpsrun(in: cluster.scratch)
            let run = try opsrun.start(
                Self.playbook, "-i", inventory, "--yes", "--no-input", "-e", "stable_for=2s", "-e", "stalled_for=20s")
            let installing = try await cluster.awaitLedger("install ").prefix { $0 != " " }
            let rolled = try #require(Int32(installing))
            let victim = try #require(cluster.nodes.map(\.id).first { $0 != rolled })
            try await cluster.kill(victim)
            try cluster.scratch.write("", to: "go-install")
            let status = await run.wait(within: 480)
            let output = try cluster.scratch.read(run.stdout) + cluster.scratch.read(run.stderr)
            #expect(status == 5, "\(output)")
            let ledger = try cluster.ledger()
            #expect(ledger == ["install \(rolled) \(new.version.text)", "kill \(victim)"], "\(ledger)")
        }
    }

    @Test func `when another broker dies during a roll, it holds, fails at the gate and stops no second broker`()
        async throws
    {
        let old = try #require(RealKafka.lowest), new = try #require(RealKafka.highest)
        try await RealKafkaCluster.with(old) { cluster in
            let inventory = try cluster.scratch.write(cluster.inventory(version: new.version.text), to: "inventory.yml")
            try await cluster.createTopic("orders", partitions: 3, by: old)
            let opsrun = BuiltOpsrun(in: cluster.scratch)
            let run = try opsrun.start(
                Self.playbook, "-i", inventory, "--yes", "--no-input", "-e", "stable_for=10s", "-e", "stalled_for=20s")
            let rolled = try #require(Int32(try await cluster.awaitLedger("start ")))
            let victim = try #require(cluster.nodes.map(\.id).first { $0 != rolled })
            try await cluster.kill(victim)
            let status = await run.wait(within: 480)
            let output = try cluster.scratch.read(run.stdout) + cluster.scratch.read(run.stderr)
            #expect(status == 5, "\(output)")
            let ledger = try cluster.ledger()
            #expect(ledger.filter { $0.hasPrefix("stop ") } == ["stop \(rolled)"], "\(ledger)")
            #expect(ledger.filter { $0.hasPrefix("use ") }.count == 1, "nothing is rolled back: \(ledger)")
            #expect(output.contains("orders-"), "the report names the partitions")
        }
    }

    @Test func `a target that opsrun does not know is planned, and what cannot be told is said`() async throws {
        let old = try #require(RealKafka.lowest)
        try await RealKafkaCluster.with(old) { cluster in
            let inventory = try cluster.scratch.write(cluster.inventory(version: "9.9.9"), to: "inventory.yml")
            let opsrun = BuiltOpsrun(in: cluster.scratch)
            let plan = try await opsrun.run("plan", Self.playbook, "-i", inventory)
            #expect(plan.status == 0, "\(plan.stdout)\n\(plan.stderr)")
            #expect((plan.stdout + plan.stderr).contains("newer than"))
            #expect(try cluster.ledger().isEmpty)

            let pinned = try cluster.scratch.write(
                cluster.inventory(version: "9.9.9", clusterLines: ["cluster_id: AAAAAAAAAAAAAAAAAAAAAA"]),
                to: "pinned.yml")
            let refused = try await opsrun.run(Self.playbook, "-i", pinned, "--yes", "--no-input")
            #expect(refused.status == 9, "\(refused.stdout)\n\(refused.stderr)")
            #expect((refused.stdout + refused.stderr).contains(cluster.clusterID))

            let wrongIDs = try cluster.scratch.write(
                cluster.inventory(version: "9.9.9").replacing("broker_id: 3", with: "broker_id: 7"), to: "ids.yml")
            let disagreed = try await opsrun.run(Self.playbook, "-i", wrongIDs, "--yes", "--no-input")
            #expect(disagreed.status != 0)
            #expect(try cluster.ledger().isEmpty)
        }
    }
}
