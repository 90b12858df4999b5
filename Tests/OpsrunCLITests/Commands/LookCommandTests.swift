import EventLoop
import OpsrunCLI
import RunEngine
import SimulatedKafka
import TestSupport
import Testing
import Values

/// The looking verbs against the embedded cluster over real sockets.
@Suite struct LookCommandTests {
    private static let verbs: [[String]] = [
        ["cluster"], ["brokers"], ["topics"], ["topic", "orders"], ["configs", "topic"], ["configs", "broker", "1"],
        ["log-dirs"], ["reassignments"], ["health"], ["groups"], ["acls"], ["quotas"],
        ["users"], ["transactions"],
    ]

    struct Ended {
        var code: ExitCode
        var streams: CapturedStreams
        var output: String { streams.output }
        var messages: String { streams.messages }
    }

    private func opsrun(_ arguments: [String]) async -> Ended {
        let streams = CapturedStreams()
        return Ended(code: await OpsrunCommand.run(arguments, in: streams.surroundings), streams: streams)
    }

    private func withCluster<Success: Sendable>(
        _ body: (_ bootstrap: String) async throws -> Success
    ) async throws -> Success {
        let configuration = SimulatedClusterConfiguration(
            version: try #require(Version("4.3.1")), nodes: SimulatedClusterConfiguration.combinedNodes([1, 2, 3]),
            topics: [
                .init(name: "orders", partitions: 3, replicationFactor: 3, minInsyncReplicas: 2),
                .init(name: "audit", partitions: 1, replicationFactor: 2, minInsyncReplicas: 1),
            ])
        let cluster = SimulatedCluster(configuration, time: SystemTimeSource())
        return try await SimulatedServer.with(cluster) { server in try await body(server.bootstrap) }
    }

    @Test(arguments: [
        (["topics"], "look-topics"), (["topic", "orders"], "look-topic"),
        (["topics", "--output", "json"], "look-topics-json"),
        (["topic", "audit", "--output", "yaml"], "look-topic-yaml"),
        (["configs", "topic", "orders"], "look-configs"), (["reassignments"], "look-reassignments"),
        (["health"], "look-health"), (["health", "--output", "json"], "look-health-json"),
        (["brokers", "--output", "name"], "look-brokers-name"),
    ])
    func `what is shown is as recorded`(arguments: [String], snapshot: String) async throws {
        try await withCluster { bootstrap in
            let ended = await opsrun(arguments + ["--bootstrap", bootstrap])
            #expect(ended.code == .done, "\(ended.messages)")
            #expect(ended.messages.isEmpty)
            try expectSnapshot(ended.output, named: snapshot)
        }
    }

    @Test(arguments: verbs)
    func `the document has the fields that help lists, and YAML says the same`(words: [String]) async throws {
        try await withCluster { bootstrap in
            let arguments = words + ["--bootstrap", bootstrap]
            let json = await opsrun(arguments + ["--output", "json"])
            #expect(json.code == .done, "\(json.messages)")
            let document = try JSON.parse(json.output)
            let parsed = try ArgumentParser(isPlaybook: { _ in false }).parse(arguments)
            let schema = try #require(parsed.command.document)
            #expect(DocumentShape.mismatches(document, .record(schema)) == [])
            let wide = await opsrun(arguments + ["--output", "wide"])
            #expect(wide.code == .done && !wide.output.isEmpty)
            for field in schema.fields { #expect(HelpText.command(parsed.command).contains(field.name)) }
        }
    }

    @Test func `a cluster on one page: brokers, controller, quorum, features, health`() async throws {
        try await withCluster { bootstrap in
            let ended = await opsrun(["cluster", "--bootstrap", bootstrap, "--output", "json"])
            let document = try JSON.parse(ended.output)
            let brokers = document["brokers"]?.listValue ?? []
            #expect(brokers.map { $0["id"]?.intValue } == [1, 2, 3])
            #expect(brokers.allSatisfy { $0["release"] == "4.3" && $0["fenced"] == .bool(false) })
            let leader = try #require(document["quorum"]?["leader"]?.intValue)
            #expect(document["controller"] == .int(leader))
            #expect(document["quorum"]?["voters"]?.listValue?.map { $0["id"]?.intValue } == [1, 2, 3])
            let features = document["features"]?.listValue ?? []
            #expect(features.contains { $0["name"] == "metadata.version" && $0["level"] == 30 })
            #expect(document["health"]?["passes"] == .bool(true), "\(ended.output)")
            let table = await opsrun(["cluster", "--bootstrap", bootstrap])
            for word in ["Brokers", "Quorum, epoch", "Features", "healthy", "metadata.version"] {
                #expect(table.output.contains(word), "\(table.output)")
            }
        }
    }

    @Test func `log directories: sizes for people in the table, plain numbers in JSON`() async throws {
        try await withCluster { bootstrap in
            let table = await opsrun(["log-dirs", "2", "--bootstrap", bootstrap])
            #expect(table.output.contains("iB") && table.output.contains("online"), "\(table.output)")
            let json = try JSON.parse(await opsrun(["log-dirs", "--bootstrap", bootstrap, "--output", "json"]).output)
            let directories = json["brokers"]?.listValue?.flatMap { $0["log_dirs"]?.listValue ?? [] } ?? []
            #expect(!directories.isEmpty && directories.allSatisfy { $0["size_bytes"]?.intValue != nil })
        }
    }

    @Test func `configurations say where a value comes from, and --all adds what is default`() async throws {
        try await withCluster { bootstrap in
            let arguments = ["configs", "topic", "orders", "--bootstrap", bootstrap, "--output", "json"]
            func entries(_ ended: Ended) throws -> [Value] {
                try JSON.parse(ended.output)["resources"]?.listValue?.first?["configs"]?.listValue ?? []
            }
            let own = try entries(await opsrun(arguments))
            #expect(
                own.contains { $0["key"] == "min.insync.replicas" && $0["source"] == "topic" && $0["value"] == "2" })
            #expect(own.allSatisfy { $0["source"] != "default" })
            #expect(try entries(await opsrun(arguments + ["--all"])).count >= own.count)
        }
    }

    @Test func `keys of several resources are told with what they belong to, and every kind is answered`() async throws
    {
        try await withCluster { bootstrap in
            let topics = await opsrun(["configs", "topic", "--bootstrap", bootstrap, "--output", "name"])
            #expect(topics.output.contains("topic orders: min.insync.replicas\n"), "\(topics.output)")
            let one = await opsrun(["configs", "topic", "orders", "--bootstrap", bootstrap, "--output", "name"])
            #expect(one.output.contains("min.insync.replicas\n") && !one.output.contains("orders"))
            for kind in ["topic", "broker", "broker-default", "broker-logger", "group", "client-metrics"] {
                let ended = await opsrun(["configs", kind, "--bootstrap", bootstrap, "--all"])
                #expect(ended.code == .done, "\(kind): \(ended.messages)")
            }
        }
    }

    @Test func `the embedded cluster of an inventory is looked at in process`() async {
        let ended = await opsrun(["topics", "-i", PackageFiles.root + "/inventories/default.yml", "--output", "name"])
        #expect(ended.code == .done, "\(ended.messages)")
        #expect(ended.output.contains("orders\n") && ended.output.contains("payments\n"))
        let brokers = await opsrun([
            "brokers", "-i", PackageFiles.root + "/inventories/default.yml", "--cluster", "demo",
        ])
        #expect(brokers.code == .done && brokers.messages.contains("embedded cluster demo"))
    }

    @Test(arguments: [
        (["topics", "--bootstrap", "127.0.0.1:1"], ExitCode.unreachable, "cannot be reached"),
        (["topics", "--bootstrap", "nonsense"], .usage, "Not an address"),
        (["topics", "--bootstrap", "a:1", "-i", "x.yml"], .usage, "--bootstrap names the cluster by itself"),
        (["topics", "--watch", "soon"], .usage, "--watch wants an interval"),
        (["topics", "--output", "jsonl"], .usage, "did you mean 'json'?"),
        (["topic"], .usage, "opsrun topic wants a topic"), (["group"], .usage, "opsrun group wants a group"),
        (["configs", "nothing", "x"], .usage, "one of: topic, broker, broker-default"),
        (["configs", "broker-default", "x"], .usage, "has no name"),
        (["topics", "-i", "/no/such/inventory.yml"], .invalid, "/no/such/inventory.yml"),
        (
            ["topics", "-i", PackageFiles.root + "/inventories/default.yml", "--cluster", "prod"], .invalid,
            "its clusters: demo"
        ),
    ])
    func `what cannot be looked at has its exit code and says why`(
        arguments: [String], code: ExitCode, words: String
    ) async {
        let ended = await opsrun(arguments)
        #expect(ended.code == code, "\(ended.messages)")
        #expect(ended.messages.contains(words), "\(ended.messages)")
        #expect(ended.output.isEmpty)
    }

    @Test func `names that match nothing are exit 3`() async throws {
        try await withCluster { bootstrap in
            let topic = await opsrun(["topic", "ordres", "--bootstrap", bootstrap])
            #expect(topic.code == .invalid && topic.messages.contains("did you mean 'orders'?"), "\(topic.messages)")
            let broker = await opsrun(["log-dirs", "7", "--bootstrap", bootstrap])
            #expect(broker.code == .invalid && broker.messages.contains("it lists 1,2,3"), "\(broker.messages)")
            let group = await opsrun(["group", "nobody", "--bootstrap", bootstrap])
            #expect(group.code == .invalid && group.messages.contains("there is no group nobody"), "\(group.messages)")
            let configs = await opsrun(["configs", "topic", "nothing", "--bootstrap", bootstrap])
            #expect(configs.code == .invalid && configs.messages.contains("no topic nothing"), "\(configs.messages)")
        }
    }

    @Test func `watching shows it again and again, names the interval, and ends by a signal`() async throws {
        try await withCluster { bootstrap in
            for isTerminal in [false, true] {
                let streams = CapturedStreams(isTerminal: isTerminal)
                let stopper = Stopper()
                let parsed = try ArgumentParser(isPlaybook: { _ in false }).parse(
                    ["topics", "--bootstrap", bootstrap, "--watch", "100ms"])
                let look = LookCommand(.topics, parsed.options, in: streams.surroundings)
                async let ended = look.run(stopper: stopper)
                let time = SystemTimeSource()
                func frames() -> Int { streams.output.split(separator: "every 100ms: topics of").count - 1 }
                for _ in 0..<1000 where frames() < 2 { try await time.sleep(for: .milliseconds(20)) }
                stopper.request("SIGINT")
                #expect(await ended == .done)
                #expect(frames() >= 2, "\(streams.output)\(streams.messages)")
                #expect(streams.output.contains("\u{1B}[2J") == isTerminal)
            }
        }
    }

    @Test func `looking is given no way to write`() throws {
        for file in try PackageFiles.swiftFiles(under: "Sources/OpsrunCLI/Looking") {
            #expect(!(try PackageFiles.text(file)).contains("Operator"), "\(file)")
        }
    }
}
