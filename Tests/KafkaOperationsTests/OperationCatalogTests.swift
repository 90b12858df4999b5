import KafkaOperations
import Playbooks
import RunEngine
import TestSupport
import Testing
import Values

@Suite struct OperationCatalogTests {
    static let catalog = OperationCatalog.make(services: .standard(ProcessSettings(environment: [:])))

    @Test func `names are unique and every action says what it is`() {
        let names = Self.catalog.references.map(\.name)
        #expect(Set(names).count == names.count)
        for reference in Self.catalog.references {
            #expect(!reference.summary.isEmpty && !reference.summary.hasSuffix("."), "\(reference.name)")
            #expect(!reference.example.isEmpty, "\(reference.name)")
            let parameters = reference.parameters.map(\.name)
            #expect(Set(parameters).count == parameters.count, "\(reference.name)")
            for parameter in reference.parameters {
                #expect(!parameter.summary.isEmpty, "\(reference.name).\(parameter.name)")
            }
            for field in reference.result.fields {
                #expect(!field.summary.isEmpty, "\(reference.name): \(field.name) of the result")
            }
            if let shorthand = reference.shorthand { #expect(parameters.contains(shorthand), "\(reference.name)") }
            if reference.isGate {
                #expect(reference.effect == .read, "\(reference.name)")
                #expect(reference.result["passes"]?.type == .bool, "\(reference.name)")
                #expect(reference.result["reasons"]?.type == .list(.string), "\(reference.name)")
                #expect(reference.result["progress"] != nil, "\(reference.name)")
            } else if reference.effect != .read {
                #expect(reference.result["changed"]?.type == .bool, "\(reference.name)")
            }
        }
    }

    static let inventory = """
        all:
          vars:
            kafka_clusters:
              local:
                bootstrap: [127.0.0.1:19093]
                version: 4.3.1
                lifecycle: {commands: {stop: [./cluster, stop], start: [./cluster, start]}}
          children:
            brokers:
              vars: {cluster: local, ansible_connection: local}
              hosts:
                broker-1: {broker_id: 1}
        """

    static func load(_ playbook: String) -> Result<Playbook, InvalidSource> {
        let files = FileAccess(files: ["p.yml": playbook, "i.yml": inventory])
        return PlaybookLoader.load(
            path: "p.yml", inventory: InventoryLoader.load(path: "i.yml", files: files),
            references: catalog.references, shippedGates: catalog.shippedGates, files: files)
    }

    static func playbook(_ tasks: String) -> String {
        let lines = tasks.split(separator: "\n", omittingEmptySubsequences: false).map { "      " + $0 }
        return "opsrun: 1\nplays:\n  - hosts: brokers\n    tasks:\n" + lines.joined(separator: "\n") + "\n"
    }

    @Test(arguments: catalog.references.map(\.name)) func `the example of an action loads`(_ name: String) throws {
        let reference = try #require(Self.catalog[name]).reference
        switch Self.load(Self.playbook(reference.example)) {
        case .success(let playbook): #expect(playbook.warnings.filter { $0.severity == .error }.isEmpty)
        case .failure(let invalid): Issue.record("\(name): \(invalid.diagnostics.map(\.description))")
        }
    }

    @Test(arguments: ["isr_recovered", "can_stop", "node_back", "quorum_healthy", "nothing_moving"])
    func `a shipped gate can be named`(_ name: String) {
        switch Self.load(Self.playbook("- gate: \(name)")) {
        case .success: break
        case .failure(let invalid): Issue.record("\(name): \(invalid.diagnostics.map(\.description))")
        }
    }

    @Test func `arguments that the loader cannot judge are refused in a sentence`() {
        let span = SourceSpan(file: "p.yml", line: 1, column: 1)
        let bad: [(String, ValueMap)] = [
            ("command", ["argv": []]), ("command", ["argv": ["", "x"]]), ("pause", [:]),
            ("kafka.can_stop", ["nodes": []]), ("kafka.can_stop", ["nodes": [99_999_999_999]]),
            ("kafka.delete_topics", ["topics": ["__consumer_offsets"]]), ("kafka.delete_topics", ["topics": ["*"]]),
            ("kafka.update_features", [:]), ("kafka.update_features", ["features": ["metadata.version": -1]]),
            ("kafka.describe_configs", ["resource": "topic"]), ("copy", ["dest": "/x"]),
            ("copy", ["dest": "/x", "content": "y", "mode": "rw"]), ("approve", ["prompt": "?", "min": 0]),
            ("kafka.alter_configs", ["resource": "broker", "name": "one", "set": [:]]),
            ("kafka.create_topics", ["topics": [["name": "a", "partitions": 0]]]),
        ]
        for (name, values) in bad {
            #expect(throws: StepFailure.self, "\(name) \(values)") {
                _ = try Self.catalog[name]?.make(Arguments(values: values, span: span))
            }
        }
    }
}
