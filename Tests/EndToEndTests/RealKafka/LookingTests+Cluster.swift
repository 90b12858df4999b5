import TestSupport
import Testing
import Values

// Brokers, moves under way and what is missing of replicas, beside what Kafka's own tools say.

extension LookingTests {
    // MARK: kafka-broker-api-versions.sh, kafka-topics.sh

    /// `127.0.0.1:9092 (id: 1 rack: a isFenced: false) -> (`
    func brokers(_ tools: KafkaTools) async throws {
        let heads = try await tools.run("kafka-broker-api-versions.sh", []).split(separator: "\n").filter {
            $0.contains(" (id: ") && $0.contains("rack: ")
        }
        #expect(heads.count == 3, "\(heads)")
        let found = try await tools.look(["brokers"])["brokers"]?.listValue ?? []
        let rows = try await tools.run("kafka-topics.sh", ["--describe"]).split(separator: "\n").filter {
            $0.contains("\tPartition: ")
        }
        for head in heads {
            let words = head.split { " ()".contains($0) }.map(String.init)
            let id = try #require(words.firstIndex(of: "id:").flatMap { Int64(words[$0 + 1]) }, "\(head)")
            let mine = try #require(found.first { $0["id"] == .int(id) }, "\(head)")
            #expect("\(mine["host"]?.stringValue ?? ""):\(mine["port"]?.intValue ?? 0)" == words.first)
            #expect(words.firstIndex(of: "rack:").map { words[$0 + 1] } == mine["rack"]?.stringValue)
            #expect(mine["problem"]?.isNull == true && mine["fenced"] != .bool(true))
            #expect(mine["leaders"] == .int(Int64(rows.count { $0.contains("\tLeader: \(id)\t") })), "\(head)")
        }
        let controller = found.filter { $0["controller"] == .bool(true) }.compactMap { $0["id"]?.intValue }
        let status = try await tools.run("kafka-metadata-quorum.sh", ["describe", "--status"])
        let leader = status.split(separator: "\n").first { $0.hasPrefix("LeaderId:") }.map {
            trim($0.dropFirst(9).drop { $0 == "\t" })
        }
        #expect(controller.map { "\($0)" } == [leader ?? ""], "\(status)")
    }

    // MARK: kafka-reassign-partitions.sh

    /// A move of some records at ten bytes a second is under way for as long as anybody looks.
    func reassignments(_ tools: KafkaTools) async throws {
        let perf = try #require(tools.release.tool("kafka-producer-perf-test.sh"))
        let filled = try await TestProcess.run(
            [
                perf, "--topic", "moving", "--num-records", "2000", "--record-size", "500", "--throughput", "-1",
                "--producer-props", "bootstrap.servers=\(tools.bootstrap)",
            ], in: tools.scratch)
        try #require(filled.status == 0, "\(filled)")
        let plan = try tools.scratch.write(
            #"{"version":1,"partitions":[{"topic":"moving","partition":0,"replicas":[2,3]}]}"#, to: "move.json")
        _ = try await tools.run(
            "kafka-reassign-partitions.sh", ["--reassignment-json-file", plan, "--execute", "--throttle", "10"])
        let looked = try await tools.look(["reassignments"]) { $0["reassignments"]?.listValue?.count == 1 }
        let said = try await tools.run("kafka-reassign-partitions.sh", ["--list"])
        // "moving-0: replicas: 2,3,1. adding: 2,3. removing: 1."
        let line = try #require(said.split(separator: "\n").first { $0.hasPrefix("moving-0: ") }, "\(said)")
        let mine = try #require(looked["reassignments"]?.listValue?.first)
        #expect(mine["topic"] == "moving" && mine["partition"] == 0)
        var words: [String: [Int64]] = [:]
        for piece in line.dropFirst("moving-0: ".count).split(separator: ".") {
            let parts = piece.split(separator: ":").map { trim($0) }
            if parts.count == 2 { words[parts[0]] = parts[1].split(separator: ",").compactMap { Int64(trim($0)) } }
        }
        for field in ["replicas", "adding", "removing"] {
            #expect(
                mine[field]?.listValue?.compactMap(\.intValue).sorted() == words[field]?.sorted(), "\(field): \(line)")
        }
        _ = try await tools.run("kafka-reassign-partitions.sh", ["--reassignment-json-file", plan, "--cancel"])
        _ = try await tools.look(["reassignments"]) { $0["reassignments"]?.listValue?.isEmpty == true }
    }

    // MARK: kafka-topics.sh --under-replicated-partitions and its siblings

    private static let troubles = [
        "under_replicated": "--under-replicated-partitions", "under_min_isr": "--under-min-isr-partitions",
        "at_min_isr": "--at-min-isr-partitions", "without_leader": "--unavailable-partitions",
    ]

    /// What `health` lists when a broker is gone, until it is what the tool lists, of topics with something to lose.
    func health(_ tools: KafkaTools) async throws {
        for (field, option) in Self.troubles.sorted(by: { $0.key < $1.key }) {
            let agreed = try await Eventually.found("health and \(option) agree") { () -> Set<String>? in
                let said = try await tools.run("kafka-topics.sh", ["--describe", option]).split(separator: "\n")
                let theirs = Set(
                    said.compactMap { line -> String? in
                        let pieces = line.split(separator: "\t").map { trim($0) }
                        guard let topic = pieces.first(where: { $0.hasPrefix("Topic: ") }),
                            let partition = pieces.first(where: { $0.hasPrefix("Partition: ") })
                        else { return nil }
                        return "\(topic.dropFirst(7))-\(partition.dropFirst(11))"
                    })
                let outcome = try await TestProcess.run(
                    [BuiltOpsrun.path, "health", "--bootstrap", tools.bootstrap, "--output", "json"], in: tools.scratch)
                let document = try JSON.parse(outcome.stdout)
                func names(_ field: String) -> Set<String> {
                    Set(
                        (document[field]?.listValue ?? []).map {
                            "\($0["topic"]?.stringValue ?? "")-\($0["partition"]?.intValue ?? -1)"
                        })
                }
                let ours = names(field)
                // Before 4.0 the last in sync stays in the ISR when it dies: the tool counts a partition that nobody leads
                // as both under and at its minimum, where one more loss cannot change anything.
                let expected = field == "at_min_isr" ? theirs.subtracting(names("without_leader")) : theirs
                return document["passes"] == .bool(false) && ours == expected ? ours : nil
            }
            #expect(!agreed.isEmpty, "\(field)")
        }
    }
}
