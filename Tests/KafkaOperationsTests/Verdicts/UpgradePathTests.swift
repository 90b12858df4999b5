import KafkaAdmin
import KafkaOperations
import Testing
import Values

@Suite struct UpgradePathTests {
    static func node(
        _ id: Int32, level: Int16 = 21, finalized: Int16 = 21, kraft: Bool = true, features: [(String, Int16)] = []
    ) -> UpgradeFacts.Node {
        let all = kraft ? [("metadata.version", finalized)] + features : []
        return UpgradeFacts.Node(
            id: id,
            versions: NodeVersions(
                apis: kraft ? [18: 0...4, 55: 0...2] : [18: 0...4],
                supportedFeatures: [.init(name: "metadata.version", minimum: 1, maximum: level)],
                finalizedFeatures: all.map { .init(name: $0.0, minimum: 0, maximum: $0.1) }, finalizedFeaturesEpoch: 4))
    }

    static func facts(
        _ nodes: [UpgradeFacts.Node], configs: [String]? = [], topics: [String: [String]]? = [:], fenced: [Int32] = []
    ) -> UpgradeFacts {
        UpgradeFacts(nodes: nodes, brokerConfigs: [(1, configs)], topicConfigs: topics, fenced: fenced)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var facts: UpgradeFacts
        var target: String
        var blockers: [String] = []
        var warnings: [String] = []
        var path: [String]?
        var testDescription: String { name }
    }

    @Test func `controllers that nobody lists are in the way`() {
        var facts = Self.facts([Self.node(1)])
        facts.quorumProblem = "no answer"
        let verdict = UpgradePath.evaluate(facts, target: Version(major: 4, minor: 3))
        #expect(verdict.blockers.map(\.message) == ["the controllers cannot be listed: no answer"])
    }

    static let cases: [Case] = [
        Case(
            name: "3.9 to 4.3 in one step", facts: facts([node(1), node(2)]), target: "4.3.1", warnings: ["old_clients"]
        ),
        Case(name: "within 3.x", facts: facts([node(1, level: 20, finalized: 20)]), target: "3.9.2"),
        Case(
            name: "by way of 3.9 from ZooKeeper", facts: facts([node(1, kraft: false)]), target: "4.1.0",
            blockers: ["zookeeper"], warnings: ["old_clients"], path: ["3.9", "4.1.0"]),
        Case(
            name: "metadata.version below 3.3", facts: facts([node(1, level: 21, finalized: 5)]), target: "4.0.0",
            blockers: ["metadata_version"], warnings: ["old_clients"]),
        Case(
            name: "back again, before the levels are raised", facts: facts([node(1, level: 30, finalized: 21)]),
            target: "3.9.2", warnings: ["downgrade"]),
        Case(
            name: "no way back after", facts: facts([node(1, level: 30, finalized: 30)]), target: "4.1.2",
            blockers: ["finalized"], warnings: ["downgrade", "old_clients"]),
        Case(
            name: "a feature that the release lacks",
            facts: facts([node(1, level: 30, finalized: 21, features: [("share.version", 1)])]), target: "3.9.2",
            blockers: ["finalized"], warnings: ["downgrade"]),
        Case(
            name: "half done", facts: facts([node(1, level: 30), node(2)]), target: "4.3.1",
            warnings: ["mixed_releases", "old_clients"]),
        Case(
            name: "newer than what is known", facts: facts([node(1)]), target: "5.1.0",
            warnings: ["unknown_release", "old_clients"]),
        Case(
            name: "settings that are gone",
            facts: facts(
                [node(1)], configs: ["inter.broker.protocol.version", "log.retention.ms", "zookeeper.connect"],
                topics: ["message.format.version": ["old"]]),
            target: "4.3.1", warnings: ["removed_config", "removed_config", "removed_config", "old_clients"]),
        Case(
            name: "settings that cannot be read", facts: facts([node(1)], configs: nil, topics: nil), target: "3.9.2",
            warnings: ["configs_unknown", "configs_unknown"]),
        Case(
            name: "a node that does not answer",
            facts: facts([node(1), UpgradeFacts.Node(id: 2, versions: nil, problem: "refused")]), target: "3.9.2",
            blockers: ["unreadable"]),
        Case(name: "nobody answers", facts: facts([]), target: "3.9.2", blockers: ["unreadable"]),
        Case(name: "a fenced one", facts: facts([node(1)], fenced: [4]), target: "3.9.2", warnings: ["fenced_nodes"]),
    ]

    @Test(arguments: cases) func `tells whether it can go there`(_ test: Case) throws {
        let target = try #require(Version(test.target))
        let path = UpgradePath.evaluate(test.facts, target: target)
        #expect(path.blockers.map(\.rule) == test.blockers, "\(path.blockers)")
        #expect(path.warnings.map(\.rule) == test.warnings, "\(path.warnings)")
        #expect(path.path.map(\.text) == test.path ?? [test.target])
    }
}
