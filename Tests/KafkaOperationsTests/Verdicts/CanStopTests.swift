import KafkaAdmin
import KafkaOperations
import TestSupport
import Testing

@Suite struct CanStopTests {
    static let healthy = ClusterBuilder().topic("orders").partition(0).partition(1).replicas(2, 3, 1)

    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        var cluster: ClusterBuilder
        var nodes: Set<Int32> = [1]
        var held: Set<Int32> = []
        var accepting: [String] = []
        var blocked: [String] = []
        var accepted: [String] = []
        var margin: Int?
        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(name: "three replicas, min ISR 2: one may stop", cluster: healthy, margin: 0),
        Case(
            name: "two of three may not", cluster: healthy, nodes: [1, 2],
            blocked: ["orders-0 under_min_isr", "orders-1 under_min_isr"], margin: -1),
        Case(
            name: "each alone is safe, together with what is held down they are not", cluster: healthy, held: [3],
            blocked: ["orders-0 under_min_isr", "orders-1 under_min_isr"], margin: -1),
        Case(
            name: "a broker that is down already counts although it still stands in the ISR",
            cluster: healthy.down(3), blocked: ["orders-0 under_min_isr", "orders-1 under_min_isr"], margin: -1),
        Case(
            name: "nothing in sync would be left",
            cluster: ClusterBuilder().topic("a", minInSync: 1).partition(0).isr(1), blocked: ["a-0 leaderless"],
            margin: -1),
        Case(
            name: "under min ISR blocks, also for one that is not in sync itself",
            cluster: ClusterBuilder().topic("a").partition(0).isr(2), blocked: ["a-0 under_min_isr"], margin: -1),
        Case(
            name: "as many replicas as min ISR blocks",
            cluster: ClusterBuilder().topic("a").partition(0).replicas(1, 2), blocked: ["a-0 rf_le_min_isr"],
            margin: -1),
        Case(
            name: "and is waived by name", cluster: ClusterBuilder().topic("a").partition(0).replicas(1, 2),
            accepting: ["a"], accepted: ["a-0"]),
        Case(
            name: "by a pattern, but not what is worse",
            cluster: ClusterBuilder().topic("tmp.a").partition(0).replicas(1, 2).topic("tmp.b").partition(0).isr(1, 2),
            accepting: ["tmp.*"], blocked: ["tmp.b-0 under_min_isr"], accepted: ["tmp.a-0"], margin: -1),
        Case(
            name: "a single replica is named as such",
            cluster: ClusterBuilder().topic("a", minInSync: 1).partition(0).replicas(1),
            blocked: ["a-0 only_replica"], margin: -1),
        Case(
            name: "a single replica elsewhere is no concern",
            cluster: ClusterBuilder().topic("a", minInSync: 1).partition(0).replicas(2)),
        Case(
            name: "a replica that is being removed counts as gone",
            cluster: ClusterBuilder(brokers: [1, 2, 3, 4]).topic("a").partition(0).replicas(1, 2, 3).removing(3),
            blocked: ["a-0 rf_le_min_isr"], margin: -1),
        Case(
            name: "one that is being added is no replica yet, but in sync it counts",
            cluster: ClusterBuilder(brokers: [1, 2, 3, 4]).topic("a").partition(0).replicas(1, 2, 3, 4)
                .isr(1, 2, 3).adding(4), margin: 0),
        Case(
            name: "the smallest margin is told",
            cluster: ClusterBuilder(brokers: [1, 2, 3, 4]).topic("a", minInSync: 1).partition(0).topic("b")
                .partition(0).replicas(1, 2, 3, 4), margin: 1),
        Case(
            name: "no partition touched, no margin",
            cluster: ClusterBuilder(brokers: [1, 2, 3, 9]).topic("orders").partition(0), nodes: [9]),
    ]

    @Test func `a node that nobody knows may not be stopped`() {
        let verdict = CanStop.evaluate(Self.healthy.facts(), nodes: [99])
        #expect(verdict.reasons == ["nobody knows a node 99"])
    }

    @Test(arguments: cases) func `tells what stopping would do`(_ test: Case) {
        let verdict = CanStop.evaluate(
            test.cluster.facts(), nodes: test.nodes, heldDown: test.held, accepting: test.accepting)
        #expect(verdict.blocking.map { "\($0.partition) \($0.class.rawValue)" } == test.blocked)
        #expect(verdict.accepted.map(\.description) == test.accepted)
        #expect(verdict.margin == test.margin)
        #expect(verdict.passes == test.blocked.isEmpty, "\(verdict.reasons)")
    }

    static let doubts: [(name: String, cluster: ClusterBuilder, reason: String)] = [
        ("a silent broker", healthy.silent(3), "broker 3 does not answer: connection refused"),
        (
            "brokers that differ in the ISR",
            healthy.view(of: 2, ClusterBuilder().topic("orders").partition(0).isr(1, 2).partition(1).replicas(2, 3, 1)),
            "brokers do not agree yet on orders-0"
        ),
        (
            "brokers that differ in the epoch",
            healthy.view(
                of: 2, ClusterBuilder().topic("orders").partition(0).epoch(2).partition(1).replicas(2, 3, 1)),
            "brokers do not agree yet on orders-0"
        ),
        (
            "a partition that one does not know",
            healthy.view(of: 2, ClusterBuilder().topic("orders").partition(0)), "brokers do not agree yet on orders-1"
        ),
        (
            "a topic that may not be read", healthy.topic("secret", error: 29),
            "cannot be read: secret (TOPIC_AUTHORIZATION_FAILED"
        ),
        ("a topic without min ISR", healthy.topic("new", minInSync: nil).partition(0), "cannot be read: new (its min"),
        (
            "a move to the node", healthy.topic("moving").partition(0).adding(1),
            "being moved to or from a node that would stop: moving-0"
        ),
        ("no broker at all", ClusterBuilder(brokers: []), "no broker has answered"),
    ]

    @Test(arguments: doubts.indices) func `what is doubtful never passes`(_ index: Int) {
        let (name, cluster, reason) = Self.doubts[index]
        let verdict = CanStop.evaluate(cluster.facts(), nodes: [1])
        #expect(!verdict.passes, "\(name)")
        #expect(verdict.reasons.contains { $0.hasPrefix(reason) }, "\(name): \(verdict.reasons)")
    }

    @Test func `the silence of the node itself is no doubt`() {
        #expect(CanStop.evaluate(Self.healthy.silent(1).facts(), nodes: [1]).passes)
    }

    @Test func `disagreement about partitions that are elsewhere is no doubt`() {
        let cluster = Self.healthy.topic("far", minInSync: 1).partition(0).replicas(2, 3)
        let other = Self.healthy.topic("far", minInSync: 1).partition(0).replicas(2, 3).isr(2)
        #expect(CanStop.evaluate(cluster.view(of: 3, other).facts(), nodes: [1]).passes)
    }

    @Test func `reasons name users' topics first, then Kafka's own`() {
        var cluster = ClusterBuilder().topic("__consumer_offsets", isInternal: true)
        for partition in 0..<30 { cluster = cluster.partition(Int32(partition)).isr(1, 2) }
        cluster = cluster.topic("orders").partition(0).isr(1, 2).topic("Zebra").partition(3).isr(1, 2)
        let reasons = CanStop.evaluate(cluster.facts(), nodes: [1]).reasons
        #expect(
            reasons.prefix(3).map { String($0.prefix { $0 != ":" }) } == [
                "Zebra-3", "orders-0", "__consumer_offsets-0",
            ])
        #expect(reasons.last == "and 13 more")
        let health = ClusterHealth.evaluate(cluster.facts())
        #expect(
            health.reasons == [
                "broker 3 is behind in 32 partitions: Zebra-3, orders-0, __consumer_offsets-0, __consumer_offsets-1, "
                    + "__consumer_offsets-2 and 27 more"
            ])
    }

    // MARK: The quorum

    static let quorums: [(voters: [(id: Int32, behind: Int64?)], nodes: Set<Int32>, held: Set<Int32>, survives: Bool)] =
        [
            ([(1, 0), (2, 0), (3, 0)], [1], [], true),
            ([(1, 0), (2, 0), (3, 0)], [2], [], true),
            ([(1, 0), (2, 0), (3, 0)], [2], [3], false),
            ([(1, 0), (2, 1999), (3, 0)], [3], [], true),
            ([(1, 0), (2, 2000), (3, 0)], [3], [], false),
            ([(1, 0), (2, nil), (3, 0)], [3], [], false),
            ([(1, 0), (2, 9000), (3, 0)], [2], [], true),
            ([(1, 0), (2, 0), (3, 0), (4, 0), (5, 0)], [1, 2], [], true),
            ([(1, 0), (2, 0), (3, 0), (4, 0), (5, 0)], [1, 2, 3], [], false),
            ([(1, 0), (2, 0), (3, 0), (4, 0)], [1], [], true),
            ([(1, 0), (2, 0), (3, 0), (4, 0)], [1, 2], [], false),
            ([(1, 0), (2, 0)], [2], [], true),
            ([(1, 0), (2, 5000)], [1], [], false),
            ([(1, 0), (2, 0)], [1, 2], [], false),
            ([(1, 0)], [1], [], true),
            ([(101, 0), (102, 0), (103, 0)], [1], [], true),
            ([(101, 0), (102, 0), (103, 0)], [101], [102], false),
        ]

    @Test(arguments: quorums.indices) func `the quorum keeps its majority`(_ index: Int) {
        let (voters, nodes, held, survives) = Self.quorums[index]
        let facts = Self.healthy.quorum(voters).facts()
        let verdict = CanStop.evaluate(facts, nodes: nodes, heldDown: held)
        #expect(verdict.quorum.survives == survives, "\(voters) without \(nodes) and \(held)")
        #expect(survives || !verdict.passes)
    }

    @Test func `without a leader, and without an answer, the quorum does not survive`() {
        let electing = Self.healthy.quorum([(1, 0), (2, 0), (3, 0)], leader: -1).facts()
        #expect(!CanStop.evaluate(electing, nodes: [2]).passes)
        var unknown = Self.healthy.facts()
        unknown.quorumProblem = "timed out"
        #expect(CanStop.evaluate(unknown, nodes: [2]).reasons == ["the quorum cannot be read: timed out"])
    }

    // MARK: The permit

    @Test func `a permit is given where nothing is taken away`() {
        let out = ClusterBuilder().topic("a").partition(0).replicas(1, 2, 3).isr(2, 3)
        #expect(StopPermit.evaluate(out.facts(), node: 1, heldDown: []).isGranted)
        // Out of every ISR, although the partition is under min ISR.
        let worse = ClusterBuilder().topic("a").partition(0).replicas(1, 2, 3).isr(2)
        #expect(StopPermit.evaluate(worse.facts(), node: 1, heldDown: []).grounds == "it is out of every ISR already")
    }

    @Test func `a permit is refused where one broker still counts the node as in sync`() {
        let worse = ClusterBuilder().topic("a").partition(0).isr(2)
        let view = ClusterBuilder().topic("a").partition(0).isr(1, 2)
        #expect(!StopPermit.evaluate(worse.view(of: 3, view).facts(), node: 1, heldDown: []).isGranted)
    }

    @Test func `a permit is refused where others do not answer, or hide topics`() {
        let alone = ClusterBuilder().silent(2).silent(3).topic("a").partition(0).isr(2)
        #expect(!StopPermit.evaluate(alone.facts(), node: 1, heldDown: []).isGranted)
        let hidden = ClusterBuilder().topic("a").partition(0).isr(2).topic("b", error: 29)
        #expect(!StopPermit.evaluate(hidden.facts(), node: 1, heldDown: []).isGranted)
    }

    @Test func `being out of every ISR is no excuse towards the quorum`() {
        let cluster = ClusterBuilder().topic("a").partition(0).isr(2, 3)
        let behind = cluster.quorum([(1, 0), (2, 0), (3, 9000)])
        #expect(!StopPermit.evaluate(behind.facts(), node: 1, heldDown: []).isGranted)
        #expect(StopPermit.evaluate(behind.facts(), node: 3, heldDown: []).isGranted == false)
        let idle = ClusterBuilder().topic("a").partition(0).isr(1, 2).quorum([(1, 0), (2, 0), (3, 9000)])
        #expect(StopPermit.evaluate(idle.facts(), node: 3, heldDown: []).isGranted)
    }

    @Test func `a broker that hides what it holds is a doubt, unless it is held down and counts as gone`() {
        var facts = ClusterBuilder().topic("orders").partition(0).quorum([(1, 0), (2, 0), (3, 0)]).facts()
        facts.undisclosed = [3: "no answer"]
        #expect(!CanStop.evaluate(facts, nodes: [2]).passes)
        #expect(!StopPermit.evaluate(facts, node: 2, heldDown: []).isGranted)
        #expect(CanStop.evaluate(facts, nodes: [2], heldDown: [3]).doubts.isEmpty)
    }
}
