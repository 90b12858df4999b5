import EventLoop
import KafkaAdmin
import KafkaOperations
import Playbooks
import RunEngine
import TestSupport
import Testing
import Values

/// The same actions on real brokers, by a script of the user's own.
@Suite(.enabled(if: RealKafka.isAvailable), .serialized) struct RealKafkaTests {
    /// A cluster of the inventory with its estate and catalog.
    private struct Site {
        let inventory: Inventory
        let services: OperationServices
        let catalog: Catalog
        let estate: LifecycleEstate
        let access: ClusterAccess

        init(_ cluster: RealKafkaCluster, version: String, lines: [String] = []) async throws {
            let file = try cluster.scratch.write(
                cluster.inventory(version: version, clusterLines: lines), to: "inventory.yml")
            let loaded = InventoryLoader.load(path: file)
            #expect(loaded.problems.isEmpty, "\(loaded.problems)")
            inventory = loaded.inventory
            #expect(LifecycleDecoder.check(inventory).isEmpty)
            services = OperationServices.standard(
                ProcessSettings(environment: ProcessEnvironment.current))
            catalog = OperationCatalog.make(services: services)
            estate = LifecycleEstate(inventory: inventory, services: services, time: SystemTimeSource())
            access = try await estate.cluster(named: "local")
        }

        func bench(_ name: String) throws -> StepBench {
            StepBench(host: try #require(inventory.host(name)), inventory: inventory)
        }

        func run(_ action: String, _ values: ValueMap = [:], on host: String) async throws -> ActionOutcome {
            try await StepBench.make(catalog, action, values).run(
                in: try bench(host).step(
                    cluster: access.reader, writer: access.clusterOperator, timeout: .seconds(120)))
        }

        func read(_ action: String, _ values: ValueMap = [:]) async throws -> ValueMap {
            try await StepBench.make(catalog, action, values)
                .read(in: try bench(inventory.hosts[0].name).reading(cluster: access.reader)).result
        }

        func waitUntil(_ action: String, _ values: ValueMap = [:]) async throws {
            let time = SystemTimeSource()
            let deadline = time.deadline(after: .seconds(90))
            while true {
                let result = try await read(action, values)
                if result["passes"]?.boolValue == true { return }
                guard time.monotonic < deadline else {
                    throw StepFailure(.timedOut, "\(action): \(JSON.text(result["reasons"] ?? .null))")
                }
                try await time.sleep(for: .milliseconds(300))
            }
        }
    }

    @Test func `restart, refuse, activate and prove on combined nodes`() async throws {
        let old = try #require(RealKafka.lowest)
        let new = try #require(RealKafka.highest)
        try await RealKafkaCluster.with(old) { cluster in
            let site = try await Site(cluster, version: new.version.text)
            let created = try await site.run(
                "kafka.create_topics",
                [
                    "topics": [
                        [
                            "name": "orders", "partitions": 6, "replication_factor": 3,
                            "config": ["min.insync.replicas": 2],
                        ]
                    ]
                ],
                on: "broker-1")
            #expect(created.isChanged, "\(created)")
            try await site.waitUntil("kafka.cluster_health")
            #expect(try await site.read("kafka.can_stop", ["nodes": [2]])["passes"] == true)
            #expect(try await site.read("kafka.can_stop", ["nodes": [2, 3]])["passes"] == false)
            let check = try await site.read("kafka.check_upgrade", ["target": .version(new.version)])
            #expect(check["blockers"] == [], "\(check)")

            let first = try await site.run("broker.restart", on: "broker-2")
            #expect(first.result["witness"]?["connection_closed"] == true)
            #expect(first.result["clean_shutdown"] == true)
            try await site.waitUntil("kafka.cluster_health")

            _ = try await site.run("broker.stop", on: "broker-3")
            do {
                _ = try await site.run("broker.stop", on: "broker-2")
                Issue.record("two of three were stopped")
            } catch let failure as StepFailure { #expect(failure.code == .permit, "\(failure)") }
            _ = try await site.run("broker.activate", ["version": .version(new.version)], on: "broker-3")
            let host = try #require(site.inventory.host("broker-3"))
            #expect(try await site.estate.facts(of: host).runningVersion == nil)
            _ = try await site.run("broker.start", on: "broker-3")
            let facts = try await site.estate.facts(of: host)
            #expect(facts.runningVersion == new.version, "\(facts)")
            try await site.waitUntil("kafka.describe_node", ["node": 3, "expect": .version(new.version)])
            try await site.waitUntil("kafka.cluster_health")
            let mixed = try await site.read("kafka.check_upgrade", ["target": .version(new.version)])
            #expect(mixed["warnings"]?.listValue?.contains { $0["rule"] == "mixed_releases" } == true)
            await site.estate.close()
        }
    }

    @Test func `dedicated controllers restart, and another cluster than the pinned one is refused`() async throws {
        let release = try #require(RealKafka.highest)
        try await RealKafkaCluster.with(release, dedicatedControllers: true) { cluster in
            let site = try await Site(cluster, version: release.version.text)
            let outcome = try await site.run("broker.restart", on: "controller-102")
            #expect(outcome.isChanged)
            try await site.waitUntil("kafka.describe_quorum")
            let host = try #require(site.inventory.host("controller-102"))
            #expect(try await site.estate.facts(of: host).release == release.version.line)
            await site.estate.close()
            do {
                _ = try await Site(
                    cluster, version: release.version.text, lines: ["cluster_id: AAAAAAAAAAAAAAAAAAAAAA"])
                Issue.record("it is another cluster")
            } catch let failure as StepFailure {
                #expect(failure.code == .refused)
                #expect(failure.message.contains("AAAAAAAAAAAAAAAAAAAAAA"))
            }
        }
    }
}
