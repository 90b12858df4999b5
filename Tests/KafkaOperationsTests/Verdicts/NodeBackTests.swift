import KafkaAdmin
import KafkaOperations
import TestSupport
import Testing
import Values

@Suite struct NodeBackTests {
    static let quorum = ClusterBuilder().quorum([(1, 0), (2, 0), (3, 0)]).quorumDescription

    static func versions(level: Int16 = 30) -> NodeVersions {
        NodeVersions(
            apis: [55: 0...2],
            supportedFeatures: [.init(name: "metadata.version", minimum: 1, maximum: level)], finalizedFeatures: [],
            finalizedFeaturesEpoch: 1)
    }

    static func listed(_ node: Int32 = 3, fenced: Bool? = false) -> BrokerInfo {
        BrokerInfo(id: node, host: "broker-3", port: 9092, rack: nil, isFenced: fenced)
    }

    static let back = NodeFacts(
        node: 3, versions: versions(), peers: [(1, listed()), (2, listed())], quorum: quorum)

    @Test func `answers, unfenced in two other views, caught up`() {
        let verdict = NodeBack.evaluate(Self.back, expect: Version("4.3.1"))
        #expect(verdict.passes, "\(verdict.reasons)")
        #expect(verdict.release == Version("4.3"))
        #expect(verdict.progress == nil, "the metadata log grows for ever: it says nothing of a node that is back")
    }

    @Test func `only a node that is still coming makes progress`() {
        var facts = Self.back
        #expect(NodeBack.evaluate(facts, expect: Version("3.9.2")).progress == nil, "the wrong release stays wrong")
        facts.peers[0].listing = Self.listed(fenced: true)
        #expect(NodeBack.evaluate(facts).progress == nil)
        facts.versions = nil
        #expect(NodeBack.evaluate(facts).progress == 1000, "it answers nobody and reads the metadata log")
    }

    static let missing: [(name: String, change: @Sendable (inout NodeFacts) -> Void, reason: String)] = [
        ("silent", { $0.versions = nil }, "node 3 does not answer"),
        ("a peer that does not list it", { $0.peers[1].listing = nil }, "broker 2 does not list node 3"),
        ("fenced", { $0.peers[0].listing = listed(fenced: true) }, "broker 1 lists node 3 as fenced"),
        (
            "no peer answers",
            {
                $0.peers = []; $0.silentPeers = [1, 2]
            }, "no other broker says whether node 3 is back"
        ),
        (
            "one of two peers does not answer",
            {
                $0.peers.removeLast(); $0.silentPeers = [2]
            }, "only broker 1 says whether node 3 is back (no answer: 2)"
        ),
        (
            "a quorum that cannot be read",
            {
                $0.quorum = nil; $0.quorumProblem = "no answer"
            }, "the quorum cannot be read: no answer"
        ),
        ("a quorum without a leader", { $0.quorum?.leaderID = -1 }, "the quorum has no leader"),
        (
            "behind in the metadata log",
            {
                $0.quorum = ClusterBuilder().quorum([(1, 0), (2, 0), (3, 900)]).quorumDescription;
                $0.quorum?.voters[2].lastCaughtUp = nil
            },
            "node 3 is 900 records behind"
        ),
        (
            "unknown to the quorum",
            { $0.quorum = ClusterBuilder(brokers: []).quorum([(1, 0), (2, 0)]).quorumDescription },
            "the quorum does not see node 3"
        ),
    ]

    @Test(arguments: missing.indices) func `presence alone is not back`(_ index: Int) {
        let (name, change, reason) = Self.missing[index]
        var facts = Self.back
        change(&facts)
        let verdict = NodeBack.evaluate(facts)
        #expect(verdict.reasons.contains { $0.hasPrefix(reason) }, "\(name): \(verdict.reasons)")
    }

    static let releases: [(level: Int16, wanted: String, agrees: Bool)] = [
        (30, "4.3.1", true), (30, "4.3", true), (30, "4.2.0", false), (21, "3.9.2", true), (25, "4.0.0", true),
        (26, "4.0.1", true), (31, "4.4.0", true), (31, "4.3.1", false), (30, "4.4.0", false), (7, "3.3.2", true),
    ]

    @Test(arguments: releases) func `the wanted release agrees with the level`(_ test: (Int16, String, Bool)) {
        var facts = Self.back
        facts.versions = Self.versions(level: test.0)
        #expect(NodeBack.evaluate(facts, expect: Version(test.1)).asExpected == test.2)
    }

    @Test func `a dedicated controller is back when the quorum counts it as caught up`() {
        var facts = NodeFacts(
            node: 103, versions: Self.versions(), peers: [],
            quorum: ClusterBuilder().quorum([(101, 0), (102, 0), (103, 0)]).quorumDescription, isControllerOnly: true)
        #expect(NodeBack.evaluate(facts).passes)
        facts.quorum = ClusterBuilder().quorum([(101, 0), (102, 0), (103, 2500)]).quorumDescription
        #expect(NodeBack.evaluate(facts).reasons == ["voter 103 is 1000 records behind the leader"])
        facts.quorum = ClusterBuilder().quorum([(101, 0), (102, 0)]).quorumDescription
        #expect(!NodeBack.evaluate(facts).passes)
    }

    @Test func `a voter that lags, and an election, are no healthy quorum`() throws {
        let healthy = try #require(Self.quorum)
        #expect(QuorumHealthy.evaluate(healthy).passes)
        let lagging = try #require(ClusterBuilder().quorum([(1, 0), (2, 3000), (3, 0)]).quorumDescription)
        #expect(!QuorumHealthy.evaluate(lagging).passes)
        #expect(QuorumHealthy.evaluate(lagging).majorityCaughtUp)
        let electing = try #require(ClusterBuilder().quorum([(1, 0), (2, 0), (3, 0)], leader: -1).quorumDescription)
        #expect(!QuorumHealthy.evaluate(electing).passes)
    }
}
