import TestSupport
import Testing
import Values

/// `serial: safe` on real brokers: the waves follow the layout of the topics, and are what is restarted.
@Suite(.serialized, .enabled(if: RealKafka.isAvailable, "OPSRUN_KAFKA is not set"))
struct SafeBatchTests {
    private static let playbook = """
        opsrun: 1
        name: Restart all
        plays:
          - hosts: brokers
            serial: safe
            tasks:
              - name: Restart
                broker.restart: {}
                timeout: 3m
              - gate: {kafka.cluster_health: {}, interval: 1s, stable_for: 2s, timeout: 3m}

        """

    /// The hosts of each batch, and what is said of its safety.
    private func batches(_ opsrun: BuiltOpsrun, _ playbook: String, _ inventory: String) async throws -> (
        hosts: [[String]], safety: [String]
    ) {
        let plan = try await opsrun.run("plan", playbook, "-i", inventory, "--output", "json")
        try #require(plan.status == 0, "\(plan.stdout)\n\(plan.stderr)")
        let json = try JSON.parse(plan.stdout)
        let batches = json["plays"]?.listValue?.first?["batches"]?.listValue ?? []
        return (
            batches.map { batch in batch["hosts"]?.listValue?.compactMap { $0.stringValue } ?? [] },
            batches.map { $0["safety"]?.stringValue ?? "" }
        )
    }

    @Test
    func
        `brokers go together where every partition keeps its minimum, alone where not, and an inventory of others is refused`()
        async throws
    {
        let release = try #require(RealKafka.highest)
        try await RealKafkaCluster.with(release, dedicatedControllers: true) { cluster in
            let inventory = try cluster.scratch.write(
                cluster.inventory(version: release.version.text), to: "inventory.yml")
            let playbook = try cluster.scratch.write(Self.playbook, to: "restart.yml")
            let opsrun = BuiltOpsrun(in: cluster.scratch)

            // Three replicas of which one must be in sync: two may be down together.
            try await cluster.createTopic("loose", partitions: 6, minInSync: 1, by: release)
            let loose = try await batches(opsrun, playbook, inventory)
            #expect(loose.hosts == [["broker-1", "broker-2"], ["broker-3"]], "\(loose)")
            let run = try await opsrun.run(playbook, "-i", inventory, "--yes", "--no-input")
            #expect(run.status == 0, "\(run.stdout)\n\(run.stderr)")
            let ledger = try cluster.ledger()
            #expect(ledger.filter { $0.hasPrefix("stop ") }.sorted() == ["stop 1", "stop 2", "stop 3"], "\(ledger)")
            #expect(ledger.last == "start 3", "the third waits for the two: \(ledger)")

            // One more topic that needs two of three, and each goes alone.
            try await cluster.createTopic("strict", partitions: 6, minInSync: 2, by: release)
            let strict = try await batches(opsrun, playbook, inventory)
            #expect(strict.hosts == [["broker-1"], ["broker-2"], ["broker-3"]], "\(strict)")

            // An inventory of other brokers than this cluster has.
            try cluster.scratch.write("", to: "ledger")
            var others = cluster.inventory(version: release.version.text)
            for broker in cluster.brokers {
                others = others.replacing("{broker_id: \(broker.id)}", with: "{broker_id: \(broker.id + 10)}")
            }
            let wrong = try cluster.scratch.write(others, to: "others.yml")
            let refused = try await opsrun.run(playbook, "-i", wrong, "--yes", "--no-input")
            #expect(refused.status == 3, "\(refused.stdout)\n\(refused.stderr)")
            #expect(
                (refused.stdout + refused.stderr).contains(
                    "the inventory names brokers 11, 12, 13 of local, the cluster has brokers 1, 2, 3"),
                "\(refused.stdout)\n\(refused.stderr)")
            #expect(try cluster.ledger().isEmpty)
        }
    }
}
