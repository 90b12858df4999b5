import EventLoop
import KafkaAdmin
import KafkaOperations
import RunEngine
import SimulatedKafka
import TestSupport
import Testing
import Values

/// Reads and writes on the embedded cluster.
@Suite struct KafkaActionTests {
    @Test func `health tells who is missing, and turns green when it is back`() async throws {
        let world = EmbeddedWorld()
        #expect(try await world.read("kafka.cluster_health")["passes"] == true)
        _ = try await world.run("broker.stop", on: 3)
        let sick = try await world.read("kafka.cluster_health")
        #expect(sick["passes"] == false)
        #expect(sick["under_replicated_count"]?.intValue ?? 0 >= 6)
        let reasons = sick["reasons"]?.listValue?.compactMap { $0.stringValue } ?? []
        #expect(reasons.contains { $0.hasPrefix("broker 3 is not in the cluster and is missing in") }, "\(reasons)")
        _ = try await world.run("broker.start", on: 3)
        try await world.waitUntil("kafka.cluster_health")
    }

    @Test func `health never passes while a killed broker is still listed`() async throws {
        let world = EmbeddedWorld()
        world.cluster.kill(3)
        let result = try await world.read("kafka.cluster_health")
        #expect(result["passes"] == false)
    }

    @Test func `progress grows while a replica catches up`() async throws {
        let world = EmbeddedWorld(topics: [
            .init(
                name: "big", partitions: 1, replicationFactor: 3, minInsyncReplicas: 2,
                bytesPerPartition: ByteCount(4 << 30), ingest: ByteCount(20 << 20))
        ]) { $0.catchUp = ByteCount(30 << 20) }
        _ = try await world.run("broker.stop", on: 3)
        try await world.time.sleep(for: .seconds(20))
        let gate = try StepBench.make(world.catalog, "kafka.cluster_health")
        let context = world.bench(1).reading(cluster: world.reader)
        _ = try await gate.read(in: context)
        _ = try await world.run("broker.start", on: 3)
        var seen: [Int64] = []
        for _ in 0..<4 {
            seen.append(try await gate.read(in: context).result["progress"]?.intValue ?? 0)
            try await world.time.sleep(for: .seconds(3))
        }
        #expect(seen == seen.sorted())
        #expect(Set(seen).count > 1, "\(seen)")
    }

    @Test func `can_stop answers for a whole batch`() async throws {
        let world = EmbeddedWorld()
        #expect(try await world.read("kafka.can_stop", ["nodes": [2]])["passes"] == true)
        let both = try await world.read("kafka.can_stop", ["nodes": [2, 3]])
        #expect(both["passes"] == false)
        #expect(both["quorum_survives"] == false)
        #expect(both["margin"]?.intValue ?? 0 < 0)
    }

    @Test func `a cluster, its nodes, topics, quorum and disks are described`() async throws {
        let world = EmbeddedWorld()
        let cluster = try await world.read("kafka.describe_cluster")
        #expect(cluster["release"] == .version(Version(major: 3, minor: 9)))
        #expect(cluster["metadata_level"] == 21)
        #expect(cluster["brokers"]?.listValue?.count == 3)
        #expect((1...3).contains(cluster["quorum_leader"]?.intValue ?? 0))
        let node = try await world.read(
            "kafka.describe_node", ["node": 2, "expect": .version(Version(major: 3, minor: 9))])
        #expect(node["passes"] == true, "\(node)")
        #expect(node["roles"] == ["broker", "controller"])
        #expect(node["replicas"]?.intValue ?? 0 > 0)
        let wrong = try await world.read(
            "kafka.describe_node", ["node": 2, "expect": .version(Version(major: 4, minor: 3))])
        #expect(wrong["as_expected"] == false)
        #expect(wrong["passes"] == false)
        let topics = try await world.read("kafka.describe_topics", ["topics": ["ord*"], "configs": true])
        #expect(topics["topics"]?.listValue?.first?["tolerates_failures"] == 1)
        #expect(try await world.read("kafka.describe_quorum")["passes"] == true)
        let disks = try await world.read("kafka.describe_log_dirs")
        #expect(disks["brokers"]?.listValue?.count == 3)
        #expect(try await world.read("kafka.list_reassignments")["passes"] == true)
        await #expect(throws: StepFailure.self) {
            _ = try await world.read("kafka.describe_topics", ["topics": ["nowhere"]])
        }
    }

    @Test func `topics are created on every broker, once, and deleted`() async throws {
        let world = EmbeddedWorld()
        let values: ValueMap = [
            "topics": [["name": "new", "partitions": 4, "replication_factor": 3, "config": ["min.insync.replicas": 2]]]
        ]
        #expect(
            try await world.plan("kafka.create_topics", values).changes == ["create new (partitions 4, replicas 3)"])
        #expect(try await world.run("kafka.create_topics", values).isChanged)
        #expect(try await world.plan("kafka.create_topics", values).changesNothing)
        #expect(try await world.run("kafka.create_topics", values).isChanged == false)
        let other: ValueMap = ["topics": [["name": "new", "partitions": 5], ["name": "more", "partitions": 1]]]
        let outcome = try await world.run("kafka.create_topics", other)
        #expect(outcome.failure?.details == ["new: it exists with 4 partitions"])
        #expect(outcome.result["items"]?.listValue?.last?["changed"] == true)
        #expect(try await world.run("kafka.delete_topics", ["topics": ["new", "more"]]).isChanged)
        #expect(try await world.run("kafka.delete_topics", ["topics": ["new"]]).isChanged == false)
        let gone = try await world.read("kafka.describe_topics", ["topics": ["*"]])
        #expect(gone["topics"]?.listValue?.contains { $0["name"] == "new" } == false)
    }

    @Test func `settings are changed, read back, and put back by what was before`() async throws {
        let world = EmbeddedWorld()
        let values: ValueMap = ["resource": "topic", "name": "orders", "set": ["retention.ms": 3_600_000]]
        let excessive: ValueMap = ["resource": "topic", "name": "orders", "set": ["min.insync.replicas": 9]]
        let notes = try await world.plan("kafka.alter_configs", excessive).notes
        #expect(notes.first?.hasSuffix("with min.insync.replicas 9 none takes acks=all") == true, "\(notes)")
        let plan = try await world.plan("kafka.alter_configs", values)
        #expect(plan.changes.count == 1)
        let outcome = try await world.run("kafka.alter_configs", values)
        #expect(outcome.isChanged)
        #expect(try await world.plan("kafka.alter_configs", values).changesNothing)
        let previous = try #require(outcome.result["previous"]?.mapValue)
        #expect(previous["remove"] == ["retention.ms"])
        let undo: ValueMap = [
            "resource": "topic", "name": "orders", "set": previous["set"] ?? [:], "remove": previous["remove"] ?? [],
        ]
        #expect(try await world.run("kafka.alter_configs", undo).isChanged)
        let now = try await world.read("kafka.describe_configs", ["resource": "topic", "name": "orders"])
        let entry = now["entries"]?.listValue?.first { $0["name"] == "retention.ms" }
        #expect(entry?["source"] != "topic")
    }

    @Test func `leaders go back to their preferred replicas`() async throws {
        let world = EmbeddedWorld { $0.leaderRebalanceInterval = nil }
        _ = try await world.run("broker.restart", on: 2)
        try await world.waitUntil("kafka.cluster_health")
        let plan = try await world.plan("kafka.elect_leaders")
        #expect(!plan.changesNothing)
        let outcome = try await world.run("kafka.elect_leaders", ["max_moves_per_broker": 2])
        #expect(outcome.isChanged)
        #expect(try await world.plan("kafka.elect_leaders").changesNothing)
        #expect(try await world.run("kafka.elect_leaders").isChanged == false)
    }

    @Test func `levels are raised only when every node supports them, and then there is no way back`() async throws {
        let world = EmbeddedWorld()
        let values: ValueMap = ["release": "4.3.1"]
        let plan = try await world.plan("kafka.update_features", values)
        #expect(plan.changes.contains("metadata.version 21 → 30"), "\(plan.changes)")
        #expect(!plan.notes.isEmpty)
        do {
            _ = try await world.run("kafka.update_features", values)
            Issue.record("3.9 was raised to 4.3")
        } catch let failure as StepFailure { #expect(failure.code == .refused) }
        for node: Int32 in [1, 2, 3] {
            _ = try await world.run("broker.install", ["version": "4.3.1"], on: node)
            _ = try await world.run("broker.activate", ["version": "4.3.1"], on: node)
            _ = try await world.run("broker.restart", on: node)
            try await world.waitUntil("kafka.cluster_health")
        }
        let before = try await world.read("kafka.check_upgrade", ["target": "3.9.2"])
        #expect(before["blockers"] == [])
        let outcome = try await world.run("kafka.update_features", values)
        #expect(outcome.isChanged)
        #expect(outcome.result["finalized"]?["metadata.version"] == 30)
        #expect(try await world.plan("kafka.update_features", values).changesNothing)
        let after = try await world.read("kafka.check_upgrade", ["target": "3.9.2"])
        #expect(after["blockers"]?.listValue?.isEmpty == false)
    }
}
