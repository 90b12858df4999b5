import Testing
import Values

@testable import Playbooks

@Suite struct HostPatternTests {
    static let inventory: Inventory = {
        let text = """
            all:
              vars:
                kafka_clusters: {c: {bootstrap: [h:1]}}
              hosts:
                lone:
              children:
                brokers:
                  hosts: {'kafka-[1:4]': }
                canary:
                  hosts: {kafka-2: , kafka-9: }
                empty:
            """
        return InventoryLoader.load(path: "i.yml", files: FileAccess(files: ["i.yml": text])).inventory
    }()

    @Test(
        "A pattern names hosts in order",
        arguments: [
            ("brokers", ["kafka-1", "kafka-2", "kafka-3", "kafka-4"]),
            ("all", ["lone", "kafka-1", "kafka-2", "kafka-3", "kafka-4", "kafka-9"]),
            ("*", ["lone", "kafka-1", "kafka-2", "kafka-3", "kafka-4", "kafka-9"]),
            ("canary:brokers", ["kafka-2", "kafka-9", "kafka-1", "kafka-3", "kafka-4"]),
            ("canary,lone", ["kafka-2", "kafka-9", "lone"]),
            ("brokers:&canary", ["kafka-2"]),
            ("brokers:!canary", ["kafka-1", "kafka-3", "kafka-4"]),
            ("!canary:brokers", ["kafka-1", "kafka-3", "kafka-4"]),
            ("!brokers", ["lone", "kafka-9"]),
            ("brokers:!nowhere", ["kafka-1", "kafka-2", "kafka-3", "kafka-4"]),
            ("kafka-3", ["kafka-3"]),
            ("kafka-*", ["kafka-1", "kafka-2", "kafka-3", "kafka-4", "kafka-9"]),
            ("kafka-?", ["kafka-1", "kafka-2", "kafka-3", "kafka-4", "kafka-9"]),
            ("can*", ["kafka-2", "kafka-9"]),
            ("brokers[0]", ["kafka-1"]),
            ("brokers[-1]", ["kafka-4"]),
            ("brokers[1:2]", ["kafka-2", "kafka-3"]),
            ("brokers[2:]", ["kafka-3", "kafka-4"]),
            ("brokers[1:99]", ["kafka-2", "kafka-3", "kafka-4"]),
            ("brokers[0]:brokers[3]", ["kafka-1", "kafka-4"]),
            ("~kafka-[13]", ["kafka-1", "kafka-3"]),
            ("~(lone|kafka-9)", ["lone", "kafka-9"]),
            ("brokers:!~kafka-[12]", ["kafka-3", "kafka-4"]),
            ("localhost", ["localhost"]),
        ])
    func names(pattern: String, hosts: [String]) throws {
        #expect(try HostPattern.resolve(pattern, in: Self.inventory).map(\.name) == hosts)
    }

    @Test(
        "What names nothing is an error, unless it is optional",
        arguments: [
            ("broker", "did you mean 'brokers'?"), ("empty", "matches no host"), ("brokers:&lone", "matches no host"),
            ("x*", "matches no group and no host"), ("~x+", "matches no group"), ("brokers[7]", "out of range"),
            ("controllers:!brokers", "no group or host 'controllers'"),
        ])
    func nothing(pattern: String, words: String) throws {
        let failure = #expect(throws: HostPatternFailure.self) {
            try HostPattern.resolve(pattern, in: Self.inventory)
        }
        let text = [failure?.message, failure?.hint].compactMap(\.self).joined(separator: " ")
        #expect(text.contains(words))
        #expect(try HostPattern.resolve(pattern, in: Self.inventory, isOptional: true).isEmpty)
    }

    @Test(
        "What is no pattern is an error, optional or not",
        arguments: ["", "a::b", "brokers[x]", "brokers[]", "~(", "&"])
    func malformed(pattern: String) {
        #expect(throws: HostPatternFailure.self) {
            try HostPattern.resolve(pattern, in: Self.inventory, isOptional: true)
        }
    }

    @Test(
        "A range stands for names",
        arguments: [
            ("kafka-[1:3].eu", ["kafka-1.eu", "kafka-2.eu", "kafka-3.eu"]), ("k[08:10]", ["k08", "k09", "k10"]),
            ("r[a:c]", ["ra", "rb", "rc"]), ("k[0:6:3]", ["k0", "k3", "k6"]),
            ("r[a:b]-[1:2]", ["ra-1", "ra-2", "rb-1", "rb-2"]), ("plain", ["plain"]),
        ])
    func range(text: String, names: [String]) throws {
        #expect(try HostRange.expand(text) == names)
    }

    @Test(
        "What is no range is refused",
        arguments: ["k[1:", "k[3:1]", "k[1]", "k[a:1]", "k[1:999999]", "k[1:3:0]", "k[-1:3]"])
    func badRange(text: String) {
        #expect(throws: HostRange.Failure.self) { try HostRange.expand(text) }
    }
}
