package import KafkaAdmin

/// Whether some nodes may be stopped together: counterfactual, on what every broker sees now.
///
/// For each partition with a replica on one of the nodes:
/// 1. In sync afterwards = in sync in every view, less the nodes themselves, less those that are down already or held
///    down by this run, less the replicas that a reassignment is removing.
/// 2. Its only replica is on one of the nodes: `only_replica`. No more replicas than `min.insync.replicas`: any stop
///    makes it unavailable, `rf_le_min_isr`. Nothing in sync is left: `leaderless`. Fewer than `min.insync.replicas`
///    are left: `under_min_isr`, also when the node is not in sync itself, since it may be the first to catch up.
/// 3. The first two are waived, topic by topic, by `accepting`: unavailability that was named and wanted. Besides: a
///    node that nobody knows (no broker, no voter, no replica), a broker that does not answer, a topic that cannot be
///    read, brokers that disagree about such a partition and a reassignment to or from one of the nodes block. And the
///    quorum must survive (`QuorumSurvival`).
package struct CanStop: Sendable {
    package enum Class: String, Sendable {
        case leaderless
        case underMinISR = "under_min_isr"
        case atMostMinISR = "rf_le_min_isr"
        case onlyReplica = "only_replica"
    }

    package struct Blocking: Sendable, Hashable {
        package var partition: TopicPartition
        package var `class`: Class
        package var reason: String
    }

    package var blocking: [Blocking] = []
    package var accepted: [TopicPartition] = []
    package var quorum = QuorumSurvival(survives: true, reason: nil, note: nil)
    /// The smallest number of in-sync replicas above `min.insync.replicas` that is left; nil when no partition is
    /// touched.
    package var margin: Int?
    /// No partition of the cluster counts one of the nodes as in sync: stopping them takes nothing away.
    package var outOfEveryISR = true
    /// Why the facts do not allow a verdict: silence, unreadable topics, disagreement, moves.
    package var doubts: [String] = []
    package var notes: [String] = []
    /// Brokers differ about a partition of one of the nodes: also said in `doubts`.
    package var isDisputed = false

    package var partitionsPass: Bool { blocking.isEmpty && doubts.isEmpty }
    /// Brokers that do not agree yet are all that is in the way.
    package var isSettling: Bool { isDisputed && doubts.count == 1 && blocking.isEmpty && quorum.survives }
    package var passes: Bool { partitionsPass && quorum.survives }

    package var reasons: [String] {
        var lines = doubts
        if let reason = quorum.reason { lines.append(reason) }
        return BoundedList.lines(
            lines + ReaderOrder.users(first: blocking, topic: \.partition.topic).map { "\($0.partition): \($0.reason)" }
        )
    }

    package static func evaluate(
        _ facts: ClusterFacts, nodes: Set<Int32>, heldDown: Set<Int32> = [], accepting: [String] = []
    ) -> CanStop {
        var verdict = CanStop()
        let candidates = nodes.union(heldDown)
        let merged = MergedView.merge(facts)
        let waived = TopicFilter(accepting)
        verdict.doubt(facts, merged, candidates, heldDown)
        for partition in merged.partitions {
            if !candidates.isDisjoint(with: partition.inSync) { verdict.outOfEveryISR = false }
            guard !candidates.isDisjoint(with: partition.replicas) else { continue }
            verdict.judge(partition, facts, candidates, waived)
        }
        verdict.quorum = QuorumSurvival.evaluate(facts, stopping: candidates)
        if let note = verdict.quorum.note { verdict.notes.append(note) }
        return verdict
    }

    private mutating func doubt(
        _ facts: ClusterFacts, _ merged: MergedView, _ candidates: Set<Int32>, _ heldDown: Set<Int32>
    ) {
        let answered = facts.views.filter { $0.snapshot != nil }
        if answered.isEmpty { doubts.append("no broker has answered") }
        for view in facts.views where !candidates.contains(view.node) {
            if let problem = view.problem { doubts.append("broker \(view.node) does not answer: \(problem)") }
        }
        for (node, problem) in facts.withholding(besides: heldDown, stopping: candidates) {
            doubts.append("broker \(node) does not say what it holds, so topics may be hidden: \(problem)")
        }
        if !merged.unreadable.isEmpty {
            let names = merged.unreadable.sorted { ReaderOrder.precedes($0.key, $1.key) }.map {
                "\($0.key) (\($0.value))"
            }
            doubts.append("cannot be read: \(BoundedList.text(names))")
        }
        let disputed = merged.partitions.filter { !$0.agrees && !candidates.isDisjoint(with: $0.replicas) }
        if !disputed.isEmpty {
            isDisputed = true
            doubts.append("brokers do not agree yet on \(ClusterHealth.names(disputed.map(\.partition)))")
        }
        let known = facts.listed.union(merged.partitions.flatMap(\.replicas)).union(
            facts.quorum.map { $0.voters + $0.observers }?.map(\.id) ?? [])
        for node in candidates.subtracting(heldDown).subtracting(known).sorted() {
            doubts.append("nobody knows a node \(node)")
        }
        let moving = facts.reassignments.filter { move in
            !candidates.isDisjoint(with: move.adding) || !candidates.isDisjoint(with: move.removing)
        }
        if !moving.isEmpty {
            let names = ClusterHealth.names(moving.map(\.partition).sorted())
            doubts.append("being moved to or from a node that would stop: \(names)")
        }
    }

    private mutating func judge(
        _ partition: MergedPartition, _ facts: ClusterFacts, _ candidates: Set<Int32>, _ waived: TopicFilter
    ) {
        let name = partition.partition
        guard let minInSync = facts.minInSync[name.topic] else { return }
        let after = partition.inSync.filter { node in
            !candidates.contains(node) && !partition.removing.contains(node) && facts.listed.contains(node)
        }
        let target = partition.target.filter { !partition.removing.contains($0) }
        let found = Self.classify(partition, after: after, target: target, minInSync: minInSync, candidates)
        guard let found else {
            margin = min(margin ?? .max, after.count - minInSync)
            return
        }
        let mayBeWaived = found.class == .onlyReplica || found.class == .atMostMinISR
        if mayBeWaived && waived.matches(name.topic) {
            self.accepted.append(name)
            return
        }
        margin = min(margin ?? .max, after.count - minInSync)
        blocking.append(found)
    }

    private static func classify(
        _ partition: MergedPartition, after: [Int32], target: [Int32], minInSync: Int, _ candidates: Set<Int32>
    ) -> Blocking? {
        func block(_ kind: Class, _ reason: String) -> Blocking {
            Blocking(partition: partition.partition, class: kind, reason: reason)
        }
        let stays = target.filter { !candidates.contains($0) }
        if target.count == 1 && stays.isEmpty {
            return block(.onlyReplica, "its only replica is on broker \(target[0])")
        }
        if target.count <= minInSync {
            return block(
                .atMostMinISR,
                "it has \(target.count) replica\(target.count == 1 ? "" : "s") and min.insync.replicas \(minInSync): any "
                    + "stop makes it unavailable for acks=all")
        }
        if after.isEmpty {
            let now = partition.inSync.isEmpty ? "none is in sync now" : "in sync now: \(list(partition.inSync))"
            return block(.leaderless, "no replica in sync would be left (\(now))")
        }
        if after.count < minInSync {
            return block(
                .underMinISR,
                "\(after.count) in sync would be left (\(list(after))), min.insync.replicas is \(minInSync)")
        }
        return nil
    }

    private static func list(_ nodes: [Int32]) -> String { nodes.sorted().map(String.init).joined(separator: ", ") }
}
