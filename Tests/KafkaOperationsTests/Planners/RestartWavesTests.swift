import KafkaAdmin
import KafkaOperations
import RunEngine
import TestSupport
import Testing

@Suite struct RestartWavesTests {
    /// Six brokers in three racks, one replica of every partition in each rack.
    private static func aware(minInSync: Int = 2) -> ClusterBuilder {
        let sets: [[Int32]] = [[1, 2, 3], [4, 5, 6], [1, 5, 3], [4, 2, 6], [2, 3, 4], [5, 6, 1]]
        var cluster = ClusterBuilder(brokers: [1, 2, 3, 4, 5, 6]).racks("a", "b", "c").topic(
            "orders", minInSync: minInSync)
        for (place, set) in sets.enumerated() {
            cluster = cluster.partition(Int32(place)).replicas(set[0], set[1], set[2])
        }
        return cluster
    }

    private static let voters: [(id: Int32, behind: Int64?)] = [(1, 0), (2, 0), (3, 0)]

    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        var cluster: ClusterBuilder
        var nodes: [Int32] = [1, 2, 3, 4, 5, 6]
        var held: Set<Int32> = []
        var waves: [[Int32]]
        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(name: "a rack at a time", cluster: aware(), waves: [[1, 4], [2, 5], [3, 6]]),
        Case(
            name: "in the order asked for", cluster: aware(), nodes: [6, 5, 4, 3, 2, 1],
            waves: [[6, 3], [5, 2], [4, 1]]),
        Case(
            name: "two at once where min ISR leaves two", cluster: aware(minInSync: 1), waves: [[1, 2, 4, 5], [3, 6]]),
        Case(
            name: "one by one with three brokers", cluster: CanStopTests.healthy, nodes: [1, 2, 3],
            waves: [[1], [2], [3]]),
        Case(
            name: "the quorum keeps its majority, and its leader is the last, alone", cluster: aware().quorum(voters),
            waves: [[2, 5], [3, 6], [4], [1]]),
        Case(
            name: "brokers without a partition go together", cluster: ClusterBuilder(brokers: [1, 2, 3, 4]),
            nodes: [1, 2, 3, 4], waves: [[1, 2, 3, 4]]),
        Case(
            name: "a broker that may not stop comes after the others, alone",
            cluster: aware().topic("single", minInSync: 1).partition(0).replicas(1),
            waves: [[2, 5], [3, 6], [4], [1]]),
        Case(
            name: "what this run holds down counts", cluster: aware(), nodes: [2, 3, 4], held: [1],
            waves: [[4], [2], [3]]),
        Case(
            name: "nothing is proven while a broker is silent", cluster: aware().silent(6), nodes: [1, 2, 3, 4],
            waves: [[1], [2], [3], [4]]),
        Case(name: "a node named twice goes once", cluster: aware(), nodes: [1, 1, 4], waves: [[1, 4]]),
        Case(
            name: "a move to or from a broker keeps it for later",
            cluster: aware().topic("moving").partition(0).replicas(2, 3, 6, 4, 5).adding(5).removing(4),
            nodes: [1, 4, 6, 3],
            waves: [[6, 3], [1], [4]]),
    ]

    @Test(arguments: cases) func `waves are as wide as the cluster bears`(_ example: Case) {
        let waves = RestartWaves.plan(example.nodes, example.cluster.facts(), heldDown: example.held)
        #expect(waves.map(\.nodes) == example.waves)
    }

    @Test(arguments: cases) func `each wave with more than one node passes kafka.can_stop as a whole`(_ example: Case) {
        let facts = example.cluster.facts()
        for wave in RestartWaves.plan(example.nodes, facts, heldDown: example.held) {
            let verdict = CanStop.evaluate(facts, nodes: Set(wave.nodes), heldDown: example.held)
            #expect(wave.nodes.count == 1 || verdict.passes, "\(verdict.reasons)")
            #expect(wave.reasons.isEmpty == verdict.passes)
            #expect(wave.margin == verdict.margin)
        }
    }

    /// Random placements, every subset tried: no set that passes is larger than the first wave.
    @Test(arguments: 1...40) func `no larger set of brokers would pass`(_ seed: UInt64) {
        var random = seed &* 0x9E37_79B9_7F4A_7C15
        func next(_ bound: Int) -> Int {
            random ^= random << 13
            random ^= random >> 7
            random ^= random << 17
            return Int(random % UInt64(bound))
        }
        let brokers: [Int32] = Array(1...7)
        var cluster = ClusterBuilder(brokers: brokers)
        if seed % 2 == 0 { cluster = cluster.racks("a", "b", "c") }
        for topic in 0..<2 {
            cluster = cluster.topic("t\(topic)", minInSync: 1 + next(2))
            for partition in 0..<(1 + next(6)) {
                var left = brokers
                let set = (0..<3).map { _ in left.remove(at: next(left.count)) }
                cluster = cluster.partition(Int32(partition)).replicas(set[0], set[1], set[2])
                if next(8) == 0 { cluster = cluster.isr(set[0], set[1]) }
            }
        }
        let facts = cluster.facts()
        var largest = 0
        for bits in 1..<(1 << brokers.count) {
            let set = Set(brokers.enumerated().filter { bits & (1 << $0.offset) != 0 }.map(\.element))
            if set.count > largest, CanStop.evaluate(facts, nodes: set).passes { largest = set.count }
        }
        #expect(RestartWaves.plan(brokers, facts).first?.nodes.count == max(1, largest))
    }
}
