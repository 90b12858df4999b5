package import KafkaAdmin
package import RunEngine

/// Sizes the batches of `serial: safe`: the most nodes that may be down together, wave after wave. Pure.
///
/// 1. What forbids a node outright is found once (rules of `CanStop`): a replica without which a partition is under
/// `min.insync.replicas` already, as many replicas as `min.insync.replicas`, a move to or from it, views that differ.
/// 2. What is left is a count per set of in-sync replicas: of its members at most as many may stop as it has above
/// `min.insync.replicas`, and one always stays. The voters of the quorum are one more such set.
/// 3. The largest set of nodes that breaks no count is searched for, racks first: of two sets of one size the one
/// within a rack is taken, since a rack's loss during the wave then takes no more; then the one that comes first in the
/// order asked for. The search is exact until `budget` is spent, and goes on from the best it has then.
/// 4. The set must pass `CanStop` as a whole, else the wave is one node: nothing unproven is ever planned.
/// 5. Nodes that may not stop now come after all others, alone, so that the gates judge them when their turn comes. The
/// quorum's leader is the last of all, alone.
package struct RestartWaves: Sendable {
    /// Steps of one search; a plan over a hundred brokers ends within milliseconds.
    static let budget = 50_000
    /// Nodes that one search looks at, so that its depth has a bound.
    static let widest = 500

    private let facts: ClusterFacts
    private let heldDown: Set<Int32>
    /// Per node, why it may not stop at all.
    private let blocked: Set<Int32>
    private let limits: [Limit]
    /// Nothing may stop: no view, a silent broker, a quorum that cannot be read.
    private let allBlocked: Bool

    /// At most `count` of `members` may stop together.
    private struct Limit {
        var members: Set<Int32>
        var count: Int
    }

    /// The waves in which these nodes can go, each in the order asked for, as if every wave came back to how things are
    /// now. No node is left out.
    package static func plan(_ nodes: [Int32], _ facts: ClusterFacts, heldDown: Set<Int32> = []) -> [RestartWave] {
        let planner = RestartWaves(facts, heldDown: heldDown, of: Set(nodes))
        var seen = Set<Int32>()
        var rest = nodes.filter { seen.insert($0).inserted }
        var waves: [RestartWave] = []
        while !rest.isEmpty {
            let wave = planner.next(of: rest)
            rest.removeAll { wave.nodes.contains($0) }
            waves.append(wave)
        }
        return waves
    }

    private init(_ facts: ClusterFacts, heldDown: Set<Int32>, of nodes: Set<Int32>) {
        self.facts = facts
        self.heldDown = heldDown
        let merged = MergedView.merge(facts)
        var blocked: Set<Int32> = []
        var counts: [Set<Int32>: Int] = [:]
        for move in facts.reassignments { blocked.formUnion(move.adding + move.removing) }
        for partition in merged.partitions {
            let touched = nodes.intersection(partition.replicas)
            guard !touched.isEmpty, let minInSync = facts.minInSync[partition.partition.topic] else { continue }
            let after = partition.inSync.filter {
                !heldDown.contains($0) && !partition.removing.contains($0) && facts.listed.contains($0)
            }
            let target = partition.target.filter { !partition.removing.contains($0) }
            let spare = after.count - max(1, minInSync)
            guard partition.agrees, target.count > minInSync, target.count > 1, spare >= 0 else {
                blocked.formUnion(touched)
                continue
            }
            let members = nodes.intersection(after)
            if members.count > spare { counts[members] = min(counts[members] ?? .max, spare) }
        }
        var limits = counts.map { Limit(members: $0.key, count: $0.value) }
        let isReadable = Self.addQuorum(facts, heldDown, nodes, &limits, &blocked)
        allBlocked =
            !isReadable || !merged.unreadable.isEmpty || facts.views.allSatisfy { $0.snapshot == nil }
            || facts.views.contains { $0.problem != nil && !heldDown.contains($0.node) }
        self.limits = limits.sorted { $0.members.sorted().lexicographicallyPrecedes($1.members.sorted()) }
        self.blocked = blocked
    }

    /// False when the quorum cannot be judged. The rules are `QuorumSurvival`'s.
    private static func addQuorum(
        _ facts: ClusterFacts, _ heldDown: Set<Int32>, _ nodes: Set<Int32>, _ limits: inout [Limit],
        _ blocked: inout Set<Int32>
    ) -> Bool {
        if facts.quorumProblem != nil { return false }
        guard let quorum = facts.quorum else { return true }
        guard quorum.leaderID >= 0 else { return false }
        let voters = Set(quorum.voters.map(\.id))
        guard voters.count > 1, !voters.isDisjoint(with: nodes) else { return true }
        let caughtUp = Set(quorum.voters.filter { quorum.isCaughtUp($0) && !heldDown.contains($0.id) }.map(\.id))
        let spare = caughtUp.count - (voters.count == 2 ? 1 : (voters.count + 2) / 2)
        if spare < 0 {
            blocked.formUnion(voters)
        } else {
            limits.append(Limit(members: caughtUp.intersection(nodes), count: spare))
        }
        return true
    }

    // MARK: One wave

    private func next(of nodes: [Int32]) -> RestartWave {
        let leader = facts.quorum.map(\.leaderID)
        let others = nodes.filter { $0 != leader }
        guard !others.isEmpty else { return alone(nodes) }
        let free = allBlocked ? [] : others.filter { !blocked.contains($0) }
        let best = largest(of: free)
        guard !best.isEmpty else { return alone(others) }
        let verdict = CanStop.evaluate(facts, nodes: Set(best), heldDown: heldDown)
        guard verdict.passes else { return alone(others) }
        return RestartWave(nodes: best, margin: verdict.margin)
    }

    private func alone(_ nodes: [Int32]) -> RestartWave {
        let verdict = CanStop.evaluate(facts, nodes: Set(nodes.prefix(1)), heldDown: heldDown)
        return RestartWave(
            nodes: Array(nodes.prefix(1)), margin: verdict.margin, reasons: verdict.passes ? [] : verdict.reasons)
    }

    private func largest(of nodes: [Int32]) -> [Int32] {
        var racks: [String] = []
        for node in nodes {
            if let rack = facts.racks[node], !racks.contains(rack) { racks.append(rack) }
        }
        var search = WaveSearch(limits: limits.map { ($0.members, $0.count) })
        for rack in racks {
            search.look(Array(nodes.filter { facts.racks[$0] == rack }.prefix(Self.widest)), steps: Self.budget)
        }
        search.look(Array(nodes.prefix(Self.widest)), steps: Self.budget)
        return search.best
    }
}

/// Looks for the largest set that breaks no limit: with each node first, then without it, giving up where what is left
/// cannot beat the best.
private struct WaveSearch {
    private(set) var best: [Int32] = []
    private var left: [Int]
    private let limits: [(members: Set<Int32>, count: Int)]
    private var limitsOf: [Int32: [Int]] = [:]
    private var chosen: [Int32] = []
    private var steps = 0

    init(limits: [(members: Set<Int32>, count: Int)]) {
        self.limits = limits
        left = limits.map(\.count)
        for (place, limit) in limits.enumerated() {
            for node in limit.members { limitsOf[node, default: []].append(place) }
        }
    }

    mutating func look(_ nodes: [Int32], steps: Int) {
        self.steps = steps
        descend(nodes, from: 0)
    }

    private mutating func descend(_ nodes: [Int32], from place: Int) {
        if chosen.count > best.count { best = chosen }
        steps -= 1
        guard place < nodes.count, steps > 0, chosen.count + nodes.count - place > best.count else { return }
        let own = limitsOf[nodes[place]] ?? []
        if own.allSatisfy({ left[$0] > 0 }) {
            for limit in own { left[limit] -= 1 }
            chosen.append(nodes[place])
            descend(nodes, from: place + 1)
            chosen.removeLast()
            for limit in own { left[limit] += 1 }
        }
        // A node that no limit counts is never better left out.
        if !own.isEmpty { descend(nodes, from: place + 1) }
    }
}

/// Gathers the facts and plans the waves, for whoever is an `Estate`. Topics that nobody shows us are looked for, as each
/// permit does it: no wave is proven over what is not seen.
package enum RestartWaveReader {
    package static func waves(
        of nodes: [Int32], in cluster: String, _ reader: any ClusterReader, _ permits: RestartPermits
    ) async throws(StepFailure) -> [RestartWave] {
        let facts = try await ClusterFactReader(reader).gather(quorum: true, disclosed: [])
        return RestartWaves.plan(nodes, facts, heldDown: await permits.heldDown(in: cluster))
    }

    /// One look at the cluster, and the verdict on each batch as if those before it were back.
    package static func margins(
        of batches: [[Int32]], accepting: [String], in cluster: String, _ reader: any ClusterReader,
        _ permits: RestartPermits
    ) async throws(StepFailure) -> [RestartWave] {
        let facts = try await ClusterFactReader(reader).gather(quorum: true, disclosed: [])
        let heldDown = await permits.heldDown(in: cluster)
        return batches.map { nodes in
            let verdict = CanStop.evaluate(facts, nodes: Set(nodes), heldDown: heldDown, accepting: accepting)
            return RestartWave(
                nodes: nodes, margin: verdict.margin, reasons: verdict.passes ? [] : verdict.reasons)
        }
    }
}
