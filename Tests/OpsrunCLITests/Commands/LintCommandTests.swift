import OpsrunCLI
import RunEngine
import TestSupport
import Testing
import Values

@Suite struct LintCommandTests {
    private func lint(_ arguments: [String]) async -> (code: ExitCode, streams: CapturedStreams) {
        let streams = CapturedStreams()
        let code = await OpsrunCommand.run(["lint"] + arguments, in: streams.surroundings)
        return (code, streams)
    }

    @Test func `every shipped playbook, example and inventory lints clean, warnings included`() async throws {
        let files =
            try PackageFiles.list("playbooks", ".yml") + PackageFiles.list("examples", ".yml")
            + PackageFiles.list("inventories", ".yml") + PackageFiles.list("examples/inventories", ".yml")
        #expect(files.count >= 9)
        for file in files {
            let (code, streams) = await lint([PackageFiles.root + "/" + file, "--strict"])
            #expect(code == .done, "\(file)\n\(streams.output)")
        }
    }

    @Test func `problems of several files come at once, with their lines`() async throws {
        try await ScratchDirectory.with { scratch in
            let one = try scratch.write(
                "opsrun: 1\nname: One\nplays:\n  - hosts: localhost\n    taks: []\n    tasks: [{debug: \"{{ nmae }}\"}]\n",
                to: "one.yml")
            let two = try scratch.write("all:\n  hoosts: {}\n", to: "two.yml")
            let (code, streams) = await lint([one, two])
            #expect(code == .invalid)
            #expect(streams.output.contains("one.yml:5:5: error: "))
            #expect(streams.output.contains("one.yml:6:"))
            #expect(streams.output.contains("two.yml:2:3: error: "))
            #expect(streams.messages.contains("2 files: 3 errors"), "\(streams.output)\(streams.messages)")

            let (_, json) = await lint([one, two, "--output", "json"])
            let document = try JSON.parse(json.output)
            let first = try #require(document["diagnostics"]?.listValue?.first)
            #expect(first["file"] == .string(one) && first["line"] == 5 && first["column"] == 5)
            #expect(first["severity"] == "error" && first["code"] == "unknown-key")
            #expect(first["hint"]?.stringValue?.contains("did you mean") == true)
        }
    }

    @Test func `a warning is an error with --strict only`() async throws {
        try await ScratchDirectory.with { scratch in
            let file = try scratch.write(
                """
                opsrun: 1
                name: Short
                plays:
                  - hosts: localhost
                    tasks: [{pause: {for: 1s}}]
                gates:
                  quick: {kafka.cluster_health: {}, interval: 1s, stable_for: 2s, timeout: 1m}

                """, to: "short.yml")
            let inventory = PackageFiles.root + "/inventories/default.yml"
            #expect(await lint([file, "-i", inventory]).code == .done)
            #expect(await lint([file, "-i", inventory, "--strict"]).code == .invalid)
        }
    }

    @Test func `a file that is not there is a problem with a name`() async {
        let (code, streams) = await lint(["/no/such/file.yml"])
        #expect(code == .invalid)
        #expect(streams.output.contains("/no/such/file.yml"))
    }
}

@Suite struct ExplainCommandTests {
    private func explain(_ arguments: [String]) async -> (code: ExitCode, streams: CapturedStreams) {
        let streams = CapturedStreams()
        let code = await OpsrunCommand.run(["explain"] + arguments, in: streams.surroundings)
        return (code, streams)
    }

    @Test(arguments: [
        ("kafka.can_stop", "action, can be a gate"), ("broker.restart", "(action)"), ("isr_recovered", "(gate)"),
        ("serial", "keyword of a play"), ("unknown-key", "message of lint"), ("5", "exit code"),
        ("gate-failed", "5 gate-failed"),
    ])
    func `a word is explained`(word: String, kind: String) async {
        let (code, streams) = await explain([word])
        #expect(code == .done)
        #expect(streams.output.contains(kind), "\(streams.output)")
    }

    @Test func `an unknown word gets the nearest one`() async {
        let (code, streams) = await explain(["kafka.can_stopp"])
        #expect(code == .usage)
        #expect(streams.messages.contains("did you mean 'kafka.can_stop'?"))
    }

    @Test func `every word of the list has an explanation, as JSON too`() async throws {
        let (_, listed) = await explain(["--output", "json"])
        let list = try JSON.parse(listed.output)
        let actions = list["actions"]?.listValue?.compactMap { $0["name"]?.stringValue } ?? []
        #expect(actions.count > 20)
        for word in actions.prefix(3) + ["isr_recovered"] {
            let (code, streams) = await explain([word, "--output", "json"])
            #expect(code == .done)
            #expect(try JSON.parse(streams.output)["explanations"]?.listValue?.isEmpty == false)
        }
    }

    @Test func `every code that a message can carry is in the table`() throws {
        let folders = ["Sources/Playbooks", "Sources/KafkaOperations/Lifecycles", "Sources/OpsrunCLI"]
        var codes: Set<String> = []
        for file in try folders.flatMap({ try PackageFiles.swiftFiles(under: $0) }) {
            let text = try PackageFiles.text(file)
            for marker in ["code: \"", "problems.error(", "problems.warning("] {
                for piece in text.split(separator: marker, omittingEmptySubsequences: false).dropFirst() {
                    let rest = marker.hasSuffix("\"") ? piece : piece.drop { $0.isWhitespace }
                    guard marker.hasSuffix("\"") || rest.first == "\"" else { continue }
                    let code = (marker.hasSuffix("\"") ? rest : rest.dropFirst()).prefix { $0 != "\"" }
                    if code.contains("-"), code.allSatisfy({ $0 == "-" || $0.isLowercase }) {
                        codes.insert(String(code))
                    }
                }
            }
        }
        #expect(codes.count > 60)
        let missing = codes.filter { DiagnosticCodes.table[$0] == nil }.sorted()
        #expect(missing.isEmpty, "without an explanation: \(missing)")
    }
}

@Suite struct InventoryCommandTests {
    private let file = PackageFiles.root + "/inventories/default.yml"

    private func inventory(_ arguments: [String]) async -> (code: ExitCode, streams: CapturedStreams) {
        let streams = CapturedStreams()
        let code = await OpsrunCommand.run(["inventory"] + arguments, in: streams.surroundings)
        return (code, streams)
    }

    @Test func `hosts, groups and clusters as a table`() async throws {
        let (code, streams) = await inventory(["-i", file])
        #expect(code == .done)
        try expectSnapshot(
            streams.output.replacing(PackageFiles.root + "/", with: ""), named: "inventory-default")
    }

    @Test func `a limit selects hosts, and JSON carries their variables`() async throws {
        let (code, streams) = await inventory(["-i", file, "--limit", "kafka-2", "--output", "json"])
        #expect(code == .done)
        let document = try JSON.parse(streams.output)
        let hosts = document["hosts"]?.listValue ?? []
        #expect(hosts.count == 1)
        #expect(hosts.first?["name"] == "kafka-2" && hosts.first?["broker_id"] == 2)
        #expect(document["clusters"]?.listValue?.first?["embedded"]?["speed"] == .float(20))
    }

    @Test func `a limit that matches nothing is exit 3`() async {
        let (code, streams) = await inventory(["-i", file, "--limit", "kafka-77"])
        #expect(code == .invalid)
        #expect(!streams.messages.isEmpty)
    }
}
