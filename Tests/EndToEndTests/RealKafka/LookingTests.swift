import TestSupport
import Testing
import Values

/// What the looking verbs say of a real cluster, field by field beside what Kafka's own tools say of it.
@Suite(.serialized, .enabled(if: RealKafka.isAvailable, "OPSRUN_KAFKA is not set"))
struct LookingTests {
    private func tools(_ cluster: RealKafkaCluster, _ release: RealKafka.Release) -> KafkaTools {
        KafkaTools(
            release: release, bootstrap: cluster.bootstrap.joined(separator: ","), scratch: cluster.scratch)
    }

    private func tool(
        _ name: String, _ cluster: RealKafkaCluster, _ release: RealKafka.Release, _ arguments: [String]
    ) async throws -> String { try await tools(cluster, release).run(name, arguments) }

    @Test(arguments: RealKafka.releases)
    func `every field is the one that Kafka's own tools show`(release: RealKafka.Release) async throws {
        try await RealKafkaCluster.with(release) { cluster in
            for (topic, partitions, extra) in [
                ("orders", "6", ["--config", "min.insync.replicas=2", "--config", "retention.ms=3600000"]),
                ("events", "2", []),
            ] {
                _ = try await tool(
                    "kafka-topics.sh", cluster, release,
                    ["--create", "--topic", topic, "--partitions", partitions, "--replication-factor", "3"] + extra)
            }
            _ = try await tool(
                "kafka-configs.sh", cluster, release,
                ["--alter", "--entity-type", "brokers", "--entity-name", "1", "--add-config", "log.cleaner.threads=2"])
            // The tools and opsrun ask different brokers.
            try await cluster.awaitTopic("orders", partitions: 6)
            try await cluster.awaitTopic("events", partitions: 2)
            _ = try await tools(cluster, release).look(["configs", "broker", "1"]) { document in
                let entries = document["resources"]?.listValue?.first?["configs"]?.listValue ?? []
                return entries.contains { $0["key"] == "log.cleaner.threads" && $0["source"] == "dynamic_broker" }
            }
            try await topics(cluster, release)
            try await configs(cluster, release, "topics", "topic", "orders")
            try await configs(cluster, release, "brokers", "broker", "1")
            try await logDirs(cluster, release)
            try await quorum(cluster, release)
            try await brokers(tools(cluster, release))
            for (topic, replicas, minimum) in [("moving", "1", "1"), ("alone", "3", "1"), ("strict", "1:2:3", "3")] {
                _ = try await tool(
                    "kafka-topics.sh", cluster, release,
                    [
                        "--create", "--topic", topic, "--replica-assignment", replicas, "--config",
                        "min.insync.replicas=\(minimum)",
                    ])
            }
            for (topic, replicas) in [("moving", 1), ("alone", 1), ("strict", 3)] {
                try await cluster.awaitTopic(topic, partitions: 1, replicas: replicas)
            }
            try await reassignments(tools(cluster, release))
            try await cluster.stop(3)
            try await health(tools(cluster, release))
        }
    }

    // MARK: kafka-topics.sh

    /// `Key: value` pieces between tabs.
    private func fields(_ line: Substring) -> [String: String] {
        var found: [String: String] = [:]
        for piece in line.split(separator: "\t") {
            let parts = piece.split(separator: ":", maxSplits: 1).map { trim($0) }
            if let key = parts.first { found[key] = parts.count > 1 ? parts[1] : "" }
        }
        return found
    }

    func trim(_ text: some StringProtocol) -> String {
        var rest = Substring(text).drop { $0 == " " }
        while rest.last == " " { rest.removeLast() }
        return String(rest)
    }

    private func ids(_ text: String?) -> [Int64] { (text ?? "").split(separator: ",").compactMap { Int64(trim($0)) } }
    private func ids(_ value: Value?) -> [Int64] { value?.listValue?.compactMap(\.intValue) ?? [] }

    private func topics(_ cluster: RealKafkaCluster, _ release: RealKafka.Release) async throws {
        let said = try await tool("kafka-topics.sh", cluster, release, ["--describe"]).split(separator: "\n").map(
            fields)
        let heads = said.filter { $0["PartitionCount"] != nil }
        let listed = try await tools(cluster, release).look(["topics"])["topics"]?.listValue ?? []
        #expect(listed.map { $0["name"]?.stringValue } == heads.compactMap { $0["Topic"] }.sorted())
        for head in heads {
            let name = try #require(head["Topic"])
            let found = try #require(listed.first { $0["name"] == .string(name) })
            #expect(found["id"]?.stringValue == head["TopicId"])
            #expect(found["partitions"]?.intValue == head["PartitionCount"].flatMap { Int64($0) })
            #expect(found["replication_factor"]?.intValue == head["ReplicationFactor"].flatMap { Int64($0) })
            let topic = try await tools(cluster, release).look(["topic", name])
            let configs = topic["configs"]?.listValue ?? []
            let texts = configs.map { "\($0["key"]?.stringValue ?? "")=\($0["value"]?.stringValue ?? "")" }
            #expect(texts.sorted() == (head["Configs"] ?? "").split(separator: ",").map(String.init).sorted())
            let rows = said.filter { $0["Topic"] == name && $0["Partition"] != nil }
            let partitions = topic["partitions"]?.listValue ?? []
            #expect(partitions.count == rows.count)
            for row in rows {
                let number = try #require(row["Partition"].flatMap { Int64($0) })
                let partition = try #require(partitions.first { $0["partition"] == .int(number) })
                #expect(partition["leader"]?.intValue == row["Leader"].flatMap { Int64($0) })
                #expect(ids(partition["replicas"]) == ids(row["Replicas"]))
                #expect(ids(partition["in_sync"]) == ids(row["Isr"]).sorted())
                if let elr = row["Elr"], elr != "N/A" { #expect(ids(partition["eligible"]) == ids(elr).sorted()) }
            }
        }
    }

    // MARK: kafka-configs.sh

    private static let sources = [
        "DYNAMIC_TOPIC_CONFIG": "topic", "DYNAMIC_BROKER_CONFIG": "dynamic_broker",
        "DYNAMIC_DEFAULT_BROKER_CONFIG": "dynamic_default_broker", "STATIC_BROKER_CONFIG": "static_broker",
        "DEFAULT_CONFIG": "default",
    ]

    private func configs(
        _ cluster: RealKafkaCluster, _ release: RealKafka.Release, _ entity: String, _ kind: String, _ name: String
    ) async throws {
        let said = try await tool(
            "kafka-configs.sh", cluster, release,
            ["--describe", "--all", "--entity-type", entity, "--entity-name", name])
        let entries =
            try await tools(cluster, release).look(["configs", kind, name, "--all"])["resources"]?.listValue?.first?[
                "configs"]?
            .listValue ?? []
        var seen = 0
        for line in said.split(separator: "\n") {
            // "  key=value sensitive=false synonyms={SOURCE:key=value, …}"
            guard line.hasPrefix("  "), let mark = line.firstRange(of: " sensitive=") else { continue }
            let pair = line[..<mark.lowerBound].split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false
            ).map { trim($0) }
            let key = try #require(pair.first)
            let entry = try #require(entries.first { $0["key"] == .string(key) }, "\(key)")
            let isSensitive = line[mark.upperBound...].hasPrefix("true")
            seen += 1
            #expect(entry["sensitive"] == .bool(isSensitive), "\(key)")
            #expect((entry["value"]?.stringValue ?? "null") == pair.last, "\(key)")
            if let open = line.firstRange(of: "synonyms={") {
                let source = String(line[open.upperBound...].prefix { $0.isUppercase || $0 == "_" })
                #expect(entry["source"]?.stringValue == Self.sources[source] ?? "default", "\(line)")
            }
        }
        #expect(seen > 20 && seen == entries.count)
    }

    // MARK: kafka-log-dirs.sh

    private func logDirs(_ cluster: RealKafkaCluster, _ release: RealKafka.Release) async throws {
        // Followers make their replicas when they have read that they are some.
        let looked = try await tools(cluster, release).look(["log-dirs"]) { document in
            let brokers = document["brokers"]?.listValue ?? []
            return brokers.count == 3
                && brokers.allSatisfy { broker in
                    let replicas = (broker["log_dirs"]?.listValue ?? []).flatMap { $0["replicas"]?.listValue ?? [] }
                    return replicas.count { $0["topic"] != "__cluster_metadata" } == 8
                }
        }
        let text = try await tool("kafka-log-dirs.sh", cluster, release, ["--describe"])
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("{") })
        let said = try JSON.parse(String(line))["brokers"]?.listValue ?? []
        let found = looked["brokers"]?.listValue ?? []
        #expect(found.map { $0["broker"]?.intValue ?? -1 } == said.compactMap { $0["broker"]?.intValue }.sorted())
        for broker in said {
            let ours = try #require(found.first { $0["broker"] == broker["broker"] })
            for directory in broker["logDirs"]?.listValue ?? [] {
                let mine = try #require(ours["log_dirs"]?.listValue?.first { $0["path"] == directory["logDir"] })
                #expect(mine["problem"]?.isNull == true && directory["error"]?.isNull == true)
                // The metadata log grows between the two looks.
                let theirs = (directory["partitions"]?.listValue ?? []).filter {
                    $0["partition"]?.stringValue?.hasPrefix("__cluster_metadata") == false
                }.map { replica in
                    "\(replica["partition"]?.stringValue ?? "") \(replica["size"]?.intValue ?? -1) "
                        + "\(replica["offsetLag"]?.intValue ?? -1) \(replica["isFuture"]?.boolValue ?? true)"
                }
                let own = (mine["replicas"]?.listValue ?? []).filter { $0["topic"] != "__cluster_metadata" }.map {
                    "\($0["topic"]?.stringValue ?? "")-\($0["partition"]?.intValue ?? -1) "
                        + "\($0["size_bytes"]?.intValue ?? -1) \($0["offset_lag"]?.intValue ?? -1) "
                        + "\($0["future"]?.boolValue ?? true)"
                }
                #expect(own.sorted() == theirs.sorted() && own.count == 8)
            }
        }
    }

    // MARK: kafka-metadata-quorum.sh, kafka-features.sh

    private func quorum(_ cluster: RealKafkaCluster, _ release: RealKafka.Release) async throws {
        var said = "", status: [String: String] = [:]
        // Between two elections, and with brokers that agree.
        let before = try await Eventually.found("the quorum is at rest") {
            let before = try await tools(cluster, release).look(["cluster"])
            guard before["health"]?["passes"] == .bool(true) else { return Value?.none }
            said = try await tool("kafka-metadata-quorum.sh", cluster, release, ["describe", "--status"])
            status = [:]
            for line in said.split(separator: "\n") {
                let parts = line.split(separator: ":", maxSplits: 1)
                if parts.count == 2 { status[trim(parts[0])] = trim(parts[1].replacing("\t", with: " ")) }
            }
            let epoch = before["quorum"]?["leader_epoch"]?.intValue
            return epoch == status["LeaderEpoch"].flatMap { Int64($0) } ? before : nil
        }
        #expect(before["cluster_id"]?.stringValue == status["ClusterId"])
        #expect(before["controller"]?.intValue == status["LeaderId"].flatMap { Int64($0) })
        #expect(before["quorum"]?["leader_epoch"]?.intValue == status["LeaderEpoch"].flatMap { Int64($0) })
        let mark = try #require(before["quorum"]?["high_watermark"]?.intValue)
        #expect(mark > 0 && mark <= status["HighWatermark"].flatMap { Int64($0) } ?? 0)
        let voters = (status["CurrentVoters"] ?? "").split(separator: "\"id\":").dropFirst().compactMap { piece in
            Int64(piece.drop { $0 == " " }.prefix { $0.isNumber })
        }
        #expect(before["quorum"]?["voters"]?.listValue?.compactMap { $0["id"]?.intValue } == voters.sorted(), "\(said)")
        #expect(before["health"]?["passes"] == .bool(true), "\(before)")
        let features = try await tool("kafka-features.sh", cluster, release, ["describe"])
        for row in features.split(separator: "\n").map(fields) {
            guard let name = row["Feature"], let level = row["FinalizedVersionLevel"].flatMap({ Int64($0) }), level > 0
            else { continue }
            let found = before["features"]?.listValue?.first { $0["name"] == .string(name) }
            #expect(found?["level"]?.intValue == level, "\(name)")
        }
    }
}
