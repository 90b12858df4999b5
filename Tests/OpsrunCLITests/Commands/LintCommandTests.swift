import EventLoop
import OpsrunCLI
import Playbooks
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

    @Test(arguments: [
        ("# hosts\n---\nall:\n  hoosts: {}\n", "a group has no key 'hoosts'"),
        ("brokers:\n  hosts: {a: {broker_id: x}}\nall: {}\n", "expected int"),
        ("brokers:\n  hosts: {a: {broker_id: x}}\n", "expected int"),
        ("{\"all\": {\"hoosts\": {}}}\n", "a group has no key 'hoosts'"),
        ("name: x\nopsrun: 1\nplays: [{hosts: localhost, taks: []}]\nall: {}\n", "a play has no key 'taks'"),
        ("- debug: hi\n", "this is a task file"), ("- hosts: localhost\n  taks: []\n", "a play has no key 'taks'"),
    ])
    func `what a file is, its keys tell`(text: String, words: String) async throws {
        try await ScratchDirectory.with { scratch in
            let (code, streams) = await lint([try scratch.write(text, to: "file.yml")])
            #expect(code == .invalid)
            #expect(streams.output.contains(words), "\(streams.output)")
        }
    }

    @Test func `one line a problem is text or JSON`() async throws {
        try await ScratchDirectory.with { scratch in
            let file = try scratch.write("all:\n  hoosts: {}\n  hots: {}\n", to: "i.yml")
            let (code, streams) = await lint([file, "--output", "jsonl"])
            let lines = try streams.output.split(separator: "\n").map { try JSON.parse(String($0)) }
            #expect(code == .invalid && streams.messages.isEmpty)
            #expect(lines.map { $0["line"] } == [2, 3] && lines.allSatisfy { $0["code"] == "unknown-key" })
        }
    }

    /// Where the mistake is on the line of the task, and what is said of it.
    @Test(arguments: [
        ("copy: {dest: /tmp/x}", 22, "copy takes one of src and content"),
        ("copy: {content: a, src: b, dest: /tmp/x}", 9, "copy takes one of src and content"),
        ("copy: {content: a, dest: /tmp/x, mode: \"0999\"}", 48, "the mode 0999 is not three or four octal digits"),
        ("command: []", 18, "there is no program to run"),
        ("command: [\"\"]", 18, "there is no program to run"),
        ("pause: {}", 9, "pause needs `for`"),
        ("kafka.can_stop: {nodes: []}", 33, "at least one node"),
        ("kafka.create_topics: {topics: [{name: \"a b\"}]}", 39, "the topic's name 'a b' holds ' '"),
        ("kafka.create_topics: [{name: a, partitions: 0}]", 30, "`partitions` must be at least 1"),
        ("kafka.create_topics: [{name: a}, {name: a}]", 30, "a stands there twice"),
        ("kafka.update_features: {}", 9, "give one of `release` and `features`"),
        ("kafka.delete_topics: [\"*\"]", 30, "* is a pattern"),
        ("kafka.delete_topics: [_schemas]", 30, "_schemas is internal"),
        ("gate: {kafka.can_stop: {nodes: []}, timeout: 1m}", 40, "at least one node"),
    ])
    func `what an action would refuse of constant arguments is found in the file`(
        task: String, column: Int, message: String
    ) async throws {
        try await ScratchDirectory.with { scratch in
            let file = try scratch.write(
                """
                opsrun: 1
                name: Constant
                plays:
                  - name: P
                    hosts: localhost
                    tasks:
                      - copy: {content: first, dest: \(scratch.path)/first}
                      - \(task)

                """, to: "one.yml")
            let inventory = PackageFiles.root + "/inventories/default.yml"
            let (code, streams) = await lint([file, "-i", inventory, "--output", "plain"])
            #expect(code == .invalid)
            #expect(streams.output.contains("one.yml:8:\(column): error: "), "\(streams.output)")
            #expect(streams.output.contains(message), "\(streams.output)")

            let run = CapturedStreams()
            let state = ["--state-dir", "\(scratch.path)/state"]
            #expect(
                await OpsrunCommand.run([file, "-i", inventory, "--yes"] + state, in: run.surroundings) == .invalid)
            #expect(run.messages.contains("nothing was run"), "\(run.messages)")
        }
    }

    @Test(arguments: [
        ("localhost", "gate: can_stop", "15: error: in the shipped gate can_stop: "),
        ("localhost", "gate: node_back", "15: error: in the shipped gate node_back: "),
        (
            "brokers", "{broker.restart: {}, delegate_to: kafka-2}",
            "43: error: broker.restart acts on the node of its own host"
        ),
        ("localhost", "copy: {content: {secret: \"env:HOME\"}, dest: /tmp/x}", nil),
        ("brokers", "gate: node_back", nil), ("brokers", "gate: can_stop", nil),
    ])
    func `what does not fit a task's hosts is told where it is used, and shipped gates are right`(
        hosts: String, task: String, message: String?
    ) async throws {
        try await ScratchDirectory.with { scratch in
            let file = try scratch.write(
                "opsrun: 1\nname: Use\nplays:\n  - hosts: \(hosts)\n    serial: 1\n    tasks:\n      - \(task)\n",
                to: "use.yml")
            let inventory = PackageFiles.root + "/inventories/default.yml"
            let (code, streams) = await lint([file, "-i", inventory, "--strict", "--output", "plain"])
            #expect(code == (message == nil ? .done : .invalid), "\(streams.output)")
            #expect(message.map { streams.output.contains("use.yml:7:\($0)") } ?? true, "\(streams.output)")
        }
    }

    @Test(arguments: [
        ("copy: {content: a, dest: /tmp/x, mode: \"{{ mode }}\"}", "localhost", "the mode 0999 is not"),
        ("broker.restart: {}", "bare", "bare has no `lifecycle`"),
    ])
    func `what parameters and the inventory make wrong is no plan, whatever is written before it`(
        task: String, hosts: String, message: String
    ) async throws {
        try await ScratchDirectory.with { scratch in
            let inventory = try scratch.write(
                """
                all:
                  hosts:
                    bare: {ansible_connection: local}

                """, to: "inventory.yml")
            let file = try scratch.write(
                """
                opsrun: 1
                name: Wrong
                params:
                  mode: {type: string, default: "0999"}
                plays:
                  - name: P
                    hosts: \(hosts)
                    tasks:
                      - copy: {content: first, dest: \(scratch.path)/first}
                      - \(task)

                """, to: "one.yml")
            let streams = CapturedStreams()
            let arguments = [file, "-i", inventory, "--yes", "--state-dir", "\(scratch.path)/state"]
            let code = await OpsrunCommand.run(arguments, in: streams.surroundings)
            #expect(code == .invalid, "\(streams.output)\(streams.messages)")
            #expect(streams.messages.contains(message), "\(streams.messages)")
            #expect((try? Files.read("\(scratch.path)/first", limit: 10)) == nil)
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

    @Test func `every word that a file may hold is explained, where it stands, and no other`() {
        // In place of any value.
        var known: Set<String> = ["value secret"]
        for place in LanguageKeys.places {
            for key in place.keys {
                known.insert("\(place.name) \(key)")
                let found = KeywordTable.entries.contains { $0.name == key && $0.places.contains(place.name) }
                #expect(found, "nothing explains '\(key)' of \(place.name)")
            }
        }
        for entry in KeywordTable.entries {
            for place in entry.places {
                #expect(known.contains("\(place) \(entry.name)"), "\(place) has no '\(entry.name)'")
            }
        }
    }

    @Test(arguments: [60, 80]) func `tables keep to the width of the terminal`(width: Int) async {
        for arguments in [["explain"], ["explain", "kafka.can_stop"], ["explain", "broker.restart"]] {
            var surroundings = CapturedStreams().surroundings
            let streams = CapturedStreams()
            surroundings.output = streams.surroundings.output
            surroundings.output.width = { width }
            _ = await OpsrunCommand.run(arguments, in: surroundings)
            let lines = streams.output.split(separator: "\n")
            let isExample = lines.firstIndex { $0.hasPrefix("Example") } ?? lines.endIndex
            for line in lines[..<isExample] { #expect(TextLayout.columns(of: line) <= width, "\(line)") }
        }
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

    @Test func `every field of every record that an action takes or gives is shown`() async throws {
        let (_, listed) = await explain(["--output", "json"])
        let actions = try JSON.parse(listed.output)["actions"]?.listValue?.compactMap { $0["name"]?.stringValue } ?? []
        func names(_ fields: Value?, _ depth: Int) -> [(name: String, depth: Int)] {
            (fields?.listValue ?? []).flatMap { field in
                [(field["name"]?.stringValue ?? "", depth)] + names(field["fields"], depth + 1)
            }
        }
        var inner = 0
        for action in actions {
            let json = try JSON.parse(await explain([action, "--output", "json"]).streams.output)
            let shown = json["explanations"]?.listValue?.first
            let text = await explain([action]).streams.output
            var lines = text.split(separator: "\n")[...]
            for field in names(shown?["arguments"], 0) + names(shown?["result"], 0) {
                let start = String(repeating: " ", count: 2 + 2 * field.depth) + field.name + " "
                let index = lines.firstIndex { $0.hasPrefix(start) }
                #expect(index != nil, "\(action): \(field.name)")
                lines = lines[(index.map { $0 + 1 } ?? lines.startIndex)...]
                inner += field.depth > 0 ? 1 : 0
            }
            #expect(!text.contains("list<record>") || names(shown?["result"], 0).count > 1, "\(action)")
        }
        #expect(inner > 100)
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

    @Test func `plain is one line a host, its columns between tabs`() async {
        let (code, streams) = await inventory(["-i", file, "--output", "plain"])
        let lines = streams.output.split(separator: "\n").map { $0.split(separator: "\t") }
        #expect(code == .done && lines.count == 6 && lines.allSatisfy { $0.count == 7 }, "\(streams.output)")
        #expect(lines.first?.prefix(4) == ["kafka-1", "demo", "1", "broker"])
    }

    @Test func `an inventory that is wrong does not claim that something was to be run`() async throws {
        try await ScratchDirectory.with { scratch in
            let wrong = try scratch.write("all:\n  hoosts: {}\n", to: "i.yml")
            let (code, streams) = await inventory(["-i", wrong])
            #expect(code == .invalid && streams.messages.hasSuffix("\n1 error\n"), "\(streams.messages)")
        }
    }

    @Test func `a limit that matches nothing is exit 3`() async {
        let (code, streams) = await inventory(["-i", file, "--limit", "kafka-77"])
        #expect(code == .invalid)
        #expect(!streams.messages.isEmpty)
    }
}
