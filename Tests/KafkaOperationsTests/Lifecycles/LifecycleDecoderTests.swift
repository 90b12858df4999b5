import KafkaOperations
import Playbooks
import RunEngine
import TestSupport
import Testing
import Values

@Suite struct LifecycleDecoderTests {
    /// Line 6 is the first of the lifecycle.
    static func inventory(_ lifecycle: String, host: String = "") -> Inventory {
        let lines = lifecycle.split(separator: "\n").map { "                " + $0 }.joined(separator: "\n")
        let text = """
            all:
              vars:
                kafka_clusters:
                  local:
                    bootstrap: [127.0.0.1:19093]
                    lifecycle:
            \(lines)
              children:
                brokers:
                  vars: {cluster: local, ansible_connection: local}
                  hosts:
                    broker-1: {broker_id: 1\(host)}
            """
        return InventoryLoader.load(path: "i.yml", files: FileAccess(files: ["i.yml": text])).inventory
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var lifecycle: String
        var problems: [String]
        var host = ""
        var testDescription: String { lifecycle }
    }

    static let cases: [Case] = [
        Case(lifecycle: "commands: {stop: [./x, stop], start: [./x, start, \"{{ host.node_id }}\"]}", problems: []),
        Case(
            lifecycle: "commands: {stop: [./x], start: [./x], activate: [./x, \"{{ version }}\"]}", problems: []),
        Case(
            lifecycle: "commands: {stop: [./x]}", problems: ["7:27 the lifecycle has no `start`"]),
        Case(
            lifecycle: "commands: {stop: [./x], start: [./x], restat: [./x]}",
            problems: ["7:55 there is no command `restat` in a lifecycle (did you mean 'restart'?)"]),
        Case(
            lifecycle: "commands: {stop: ./x stop, start: [./x]}", problems: ["7:34 `stop` must be an argument list"]),
        Case(
            lifecycle: "commands: {stop: [], start: [./x]}", problems: ["7:34 `stop` names no program"]),
        Case(
            lifecycle: "commands: {stop: [./x, \"{{ version }}\"], start: [./x]}",
            problems: ["7:", "for the host broker-1"]),
        Case(
            lifecycle: "commands: {stop: [./x, \"{{ host.nod_id }}\"], start: [./x]}",
            problems: ["7:", "for the host broker-1"]),
        Case(
            lifecycle: "kubernetes: {statefulset: kafka}",
            problems: ["7:17 the lifecycle `kubernetes` is not built yet"]),
        Case(
            lifecycle: "sytemd: {unit: kafka}",
            problems: ["7:17 there is no lifecycle `sytemd` (did you mean 'systemd'?)"]),
        Case(lifecycle: "systemd: {home: /opt/kafka}", problems: ["distribution", "needs the name of its `unit`"]),
        Case(
            lifecycle:
                "systemd: {unit: kafka, home: /opt/kafka, distribution: \"/opt/kafka-{{ version }}\", install: [stage, \"{{ version }}\"]}",
            problems: []),
        Case(lifecycle: "systemd: {unit: kafka, hom: /x}", problems: ["`systemd` has no option `hom`"]),
    ]

    @Test(arguments: cases) func `problems are found before anything runs, at their place`(_ test: Case) {
        let found = LifecycleDecoder.check(Self.inventory(test.lifecycle, host: test.host))
        let text = found.map(\.description).joined(separator: "\n")
        #expect(found.isEmpty == test.problems.isEmpty, "\(text)")
        for problem in test.problems {
            let parts = problem.split(separator: " ", maxSplits: 1)
            if parts.count == 2, parts[0].contains(":") {
                #expect(text.contains("i.yml:\(parts[0]): error: "), "\(text)")
                #expect(text.contains(parts[1].prefix { $0 != "(" }), "\(text)")
            } else {
                #expect(text.contains(problem), "\(text)")
            }
        }
    }

    @Test func `a release is found in what a program prints`() {
        let texts: [(String, String?)] = [
            ("4.3.1", "4.3.1"), ("4.3.1\n", "4.3.1"), ("kafka 4.3.1 (Commit:abc)", "4.3.1"), ("v3.9.2", "v3.9.2"),
            ("none", nil), ("", nil), ("Kafka version: 4.1.0-rc1", "4.1.0-rc1"),
        ]
        for (text, version) in texts { #expect(VersionText.find(in: text)?.text == version, "\(text)") }
    }
}
