import TestSupport
import Testing
import Values

/// What the looking verbs say of brokers, of a cluster that is not well, and of one that moves, beside Kafka's own tools: on the
/// oldest release that there is and on the newest.
@Suite(.serialized, .enabled(if: RealKafka.isAvailable, "OPSRUN_KAFKA is not set"))
struct LookingBrokenTests {
    private static let releases = [RealKafka.lowest, RealKafka.highest].compactMap(\.self)

    @Test(arguments: releases) func `brokers, health and reassignments are as Kafka's own tools show them`(
        release: RealKafka.Release
    ) async throws {
        try await RealKafkaCluster.with(release) { cluster in
            let tools = KafkaTools(
                release: release, bootstrap: cluster.bootstrap.joined(separator: ","), scratch: cluster.scratch)
            for (topic, extra) in [
                ("orders", ["--replication-factor", "3", "--config", "min.insync.replicas=3"]),
                ("events", ["--replication-factor", "2"]), ("alone", ["--replica-assignment", "3,3"]),
            ] {
                let partitions = topic == "alone" ? [] : ["--partitions", "3"]
                _ = try await tools.run("kafka-topics.sh", ["--create", "--topic", topic] + partitions + extra)
            }
            _ = try await tools.look(["topics"]) { $0["topics"]?.listValue?.count == 3 }
            try await brokers(tools)
            try await reassignments(tools)
            try await cluster.kill(3)
            try await health(tools)
        }
    }

    // MARK: kafka-broker-api-versions.sh

    /// `127.0.0.1:19092 (id: 1 rack: null isFenced: false) -> (`
    private func brokers(_ tools: KafkaTools) async throws {
        let said = try await tools.run("kafka-broker-api-versions.sh", []).split(separator: "\n")
            .filter { $0.contains("(id: ") }
        let theirs = said.compactMap { line -> String? in
            let words = line.split(separator: " ")
            guard words.count > 4 else { return nil }
            return "\(words[2]) \(words[0]) \(words[4].filter { $0 != ")" })"
        }
        let ours = (try await tools.look(["brokers"])["brokers"]?.listValue ?? []).map { broker in
            "\(broker["id"]?.intValue ?? -1) \(broker["host"]?.stringValue ?? ""):\(broker["port"]?.intValue ?? 0) "
                + "\(broker["rack"]?.stringValue ?? "null")"
        }
        #expect(ours == theirs.sorted() && ours.count == 3, "\(ours)\n\(theirs)")
    }

    // MARK: kafka-topics.sh of a cluster that has lost a broker

    private func partitions(_ tools: KafkaTools, _ filter: String) async throws -> Set<String> {
        let text = try await tools.run("kafka-topics.sh", ["--describe", filter])
        return Set(
            text.split(separator: "\n").compactMap { line in
                let fields = line.split(separator: "\t").map { $0.split(separator: ":", maxSplits: 1) }
                func value(_ key: String) -> String? {
                    fields.first { $0.first?.filter { $0 != " " } == key }.flatMap {
                        $0.count > 1 ? $0[1].filter { $0 != " " } : nil
                    }
                }
                guard let topic = value("Topic"), let number = value("Partition") else { return nil }
                return "\(topic)-\(number)"
            })
    }

    private func health(_ tools: KafkaTools) async throws {
        func names(_ document: Value, _ key: String) -> Set<String> {
            Set(
                (document[key]?.listValue ?? []).map {
                    "\($0["topic"]?.stringValue ?? "")-\($0["partition"]?.intValue ?? -1)"
                })
        }
        // A move that ended before it was cancelled has left its partition with a second replica.
        let found = try await tools.look(["health"]) { document in
            let leaderless = names(document, "without_leader")
            return !leaderless.isEmpty && leaderless.allSatisfy { $0.hasPrefix("alone-") }
        }
        #expect(found["passes"] == false)
        let offline = try await partitions(tools, "--unavailable-partitions")
        #expect(names(found, "without_leader") == offline, "\(found)\n\(offline)")
        let behind = try await partitions(tools, "--under-replicated-partitions")
        // Kafka's tool counts a partition without a leader among them.
        #expect(names(found, "under_replicated").union(offline) == behind.union(offline), "\(found)\n\(behind)")
        let under = try await partitions(tools, "--under-min-isr-partitions")
        #expect(names(found, "under_min_isr").union(offline) == under.union(offline), "\(found)\n\(under)")
        #expect(under.isSuperset(of: ["orders-0", "orders-1", "orders-2"]))
    }

    // MARK: kafka-reassign-partitions.sh

    /// `orders-0: replicas: 1,2,3. adding: 3. removing: 1.`
    private func reassignments(_ tools: KafkaTools) async throws {
        let produce = try #require(tools.release.tool("kafka-producer-perf-test.sh"))
        let filled = try await TestProcess.run(
            [
                produce, "--topic", "alone", "--num-records", "3000", "--record-size", "1000", "--throughput", "-1",
                "--producer-props", "bootstrap.servers=\(tools.bootstrap)",
            ], in: tools.scratch)
        try #require(filled.status == 0, "\(filled)")
        let moves = """
            {"version": 1, "partitions": [{"topic": "alone", "partition": 0, "replicas": [1, 3]}, \
            {"topic": "alone", "partition": 1, "replicas": [2]}]}
            """
        let file = try tools.scratch.write(moves, to: "moves.json")
        _ = try await tools.run(
            "kafka-reassign-partitions.sh",
            ["--execute", "--reassignment-json-file", file, "--throttle", "1000"])
        let said = try await tools.run("kafka-reassign-partitions.sh", ["--list"])
        let theirs = said.split(separator: "\n").filter { $0.contains("replicas: ") }.map(String.init).sorted()
        let ours = (try await tools.look(["reassignments"])["reassignments"]?.listValue ?? []).map { move -> String in
            func ids(_ key: String) -> String {
                (move[key]?.listValue ?? []).compactMap { $0.intValue.map { "\($0)" } }.joined(separator: ",")
            }
            var text =
                "\(move["topic"]?.stringValue ?? "")-\(move["partition"]?.intValue ?? -1): replicas: \(ids("replicas"))."
            if !ids("adding").isEmpty { text += " adding: \(ids("adding"))." }
            if !ids("removing").isEmpty { text += " removing: \(ids("removing"))." }
            return text
        }
        #expect(ours == theirs && ours.count == 2, "\(ours)\n\(said)")
        _ = try await tools.run(
            "kafka-reassign-partitions.sh", ["--cancel", "--reassignment-json-file", file])
        _ = try await tools.look(["reassignments"]) { $0["reassignments"]?.listValue?.isEmpty == true }
    }
}
