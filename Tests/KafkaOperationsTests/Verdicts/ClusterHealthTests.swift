import KafkaAdmin
import KafkaOperations
import TestSupport
import Testing

@Suite struct ClusterHealthTests {
    static let healthy = ClusterBuilder().topic("orders").partition(0).partition(1).replicas(2, 3, 1)

    @Test func `all is well`() {
        let health = ClusterHealth.evaluate(Self.healthy.facts())
        #expect(health.passes, "\(health.reasons)")
        #expect(health.inSyncReplicaCount == 6)
    }

    @Test func `a topic that is asked for by name and not there never passes`() {
        let health = ClusterHealth.evaluate(Self.healthy.facts(), topics: ["orders", "orderz", "pay*"])
        #expect(health.reasons == ["not there: orderz"])
        #expect(ClusterHealth.evaluate(Self.healthy.facts(), topics: ["orders", "pay*"]).passes)
    }

    @Test func `many partitions without a leader are told at once`() {
        var cluster = ClusterBuilder().topic("a")
        for index in 0..<20_000 { cluster = cluster.partition(Int32(index)).isr(1).leader(-1) }
        let health = ClusterHealth.evaluate(cluster.facts())
        #expect(health.offline.count == 20_000)
        #expect(!health.reasons.contains { $0.hasPrefix("under min") }, "each of them is said once")
    }

    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        var cluster: ClusterBuilder
        var offline = 0
        var under = 0
        var at = 0
        var behind = 0
        var few = 0
        var passes = false
        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(
            name: "no leader", cluster: ClusterBuilder().topic("a").partition(0).isr(1).leader(-1), offline: 1,
            under: 1,
            behind: 1),
        Case(name: "under min ISR", cluster: ClusterBuilder().topic("a").partition(0).isr(1), under: 1, behind: 1),
        Case(name: "at min ISR", cluster: ClusterBuilder().topic("a").partition(0).isr(1, 2), at: 1, behind: 1),
        Case(
            name: "an adding replica is not missing",
            cluster: ClusterBuilder().topic("a").partition(0).replicas(1, 2, 3, 4).isr(1, 2, 3).adding(4), passes: true),
        Case(
            name: "as many replicas as min ISR is not sick",
            cluster: ClusterBuilder().topic("a").partition(0).replicas(1, 2),
            at: 1, few: 1, passes: true),
    ]

    @Test(arguments: cases) func `counts what is wrong`(_ test: Case) {
        let health = ClusterHealth.evaluate(test.cluster.facts())
        #expect(health.offline.count == test.offline)
        #expect(health.underMinISR.count == test.under)
        #expect(health.atMinISR.count == test.at)
        #expect(health.underReplicated.count == test.behind)
        #expect(health.replicationFactorAtMostMinISR.count == test.few)
        #expect(health.passes == test.passes, "\(health.reasons)")
    }

    @Test func `the worst view counts`() {
        let sick = ClusterBuilder().topic("orders").partition(0).isr(1, 2).partition(1).replicas(2, 3, 1)
        let health = ClusterHealth.evaluate(Self.healthy.view(of: 3, sick).facts())
        #expect(health.underReplicated.map(\.missing) == [[3]])
        #expect(!health.viewsAgree)
        #expect(!health.passes)
    }

    @Test func `silence and what cannot be read never pass`() {
        let silent = ClusterHealth.evaluate(Self.healthy.silent(2).facts())
        #expect(silent.reasons == ["broker 2 does not answer: connection refused"])
        let hidden = ClusterHealth.evaluate(Self.healthy.topic("x", error: 29).facts())
        #expect(!hidden.passes)
        var facts = Self.healthy.facts()
        facts.unreadable["secret"] = "broker 1 holds it and nobody shows it to us"
        #expect(!ClusterHealth.evaluate(facts).passes)
        #expect(!ClusterHealth.evaluate(ClusterBuilder(brokers: []).facts()).passes)
    }

    @Test func `reasons name the broker that is missing, and a few partitions`() {
        var cluster = ClusterBuilder().down(3).topic("orders")
        for index in 0..<24 { cluster = cluster.partition(Int32(index)).isr(1, 2) }
        #expect(
            ClusterHealth.evaluate(cluster.facts()).reasons == [
                "broker 3 is not in the cluster and is missing in 24 partitions: "
                    + "orders-0, orders-1, orders-2, orders-3, orders-4 and 19 more"
            ])
    }

    @Test func `with a baseline nothing may be worse than before`() {
        let sick = ClusterBuilder().topic("old").partition(0).isr(1, 2).topic("orders").partition(0)
        let before = ClusterHealth.evaluate(sick.facts())
        let baseline = ClusterHealth.Baseline(
            offline: Set(before.offline), underMinISR: Set(before.underMinISR),
            missing: [TopicPartition("old", 0): [3]])
        #expect(ClusterHealth.evaluate(sick.facts(), baseline: baseline).passes)
        let worse = ClusterBuilder().topic("old").partition(0).isr(1, 2).topic("orders").partition(0).isr(1, 2)
        #expect(
            ClusterHealth.evaluate(worse.facts(), baseline: baseline).worseThanBaseline.map(\.description) == [
                "orders-0"
            ])
        let other = ClusterBuilder().topic("old").partition(0).isr(1, 3).topic("orders").partition(0)
        #expect(
            ClusterHealth.evaluate(other.facts(), baseline: baseline).worseThanBaseline.map(\.description) == ["old-0"])
    }

    @Test func `only the topics that are meant`() {
        let cluster = Self.healthy.topic("tmp.x").partition(0).isr(1)
        #expect(ClusterHealth.evaluate(cluster.facts(), topics: ["orders", "pay*"]).passes)
        #expect(!ClusterHealth.evaluate(cluster.facts(), topics: ["tmp.*"]).passes)
    }

    @Test func `judging 200,000 partitions of which half are sick takes time in proportion to their number`() {
        func facts(_ count: Int) -> ClusterFacts {
            let pair = ClusterBuilder().topic("big").partition(0).partition(1).isr(1, 2)
            var facts = pair.facts()
            var snapshot = pair.snapshot(from: 1)
            let kinds = snapshot.partitions
            snapshot.partitions = (0..<count).map { index in
                var copy = kinds[index % 2]
                copy.index = Int32(index)
                return copy
            }
            snapshot.topics[0].partitionCount = count
            facts.views = [1, 2, 3].map { ClusterFacts.View(node: $0, snapshot: snapshot) }
            return facts
        }
        let clock = ContinuousClock()
        let (few, many) = (facts(20_000), facts(200_000))
        let short = clock.measure { #expect(ClusterHealth.evaluate(few).underReplicated.count == 10_000) }
        let long = clock.measure { #expect(ClusterHealth.evaluate(many).underReplicated.count == 100_000) }
        // Ten times as many; quadratic work would take a hundred times as long.
        #expect(long < short * 50, "\(short) for 20,000, \(long) for 200,000")
    }
}
