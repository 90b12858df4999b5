package import KafkaAdmin

/// Whether every partition is where it should be, in the worst view of all brokers.
///
/// 1. A broker that does not answer, a topic that cannot be read or is asked for by name and not there, and views that
///    differ never pass.
/// 2. Offline: no leader. Under min ISR: no leader, or fewer in sync than `min.insync.replicas`. Under-replicated:
///    fewer in sync than replicas, those not counted that a reassignment is adding.
/// 3. Without a baseline all three must be empty. With one, nothing may be worse than it was: for the procedures that
///    run because something is wrong already.
package struct ClusterHealth: Sendable {
    /// A partition with replicas out of sync.
    package struct Lagging: Sendable, Hashable {
        package var partition: TopicPartition
        package var missing: [Int32]
    }

    package var offline: [TopicPartition] = []
    package var underMinISR: [TopicPartition] = []
    package var atMinISR: [TopicPartition] = []
    package var underReplicated: [Lagging] = []
    package var outOfSyncReplicaCount = 0
    package var inSyncReplicaCount = 0
    package var replicationFactorAtMostMinISR: [TopicPartition] = []
    package var unreadable: [String: String] = [:]
    package var viewsAgree = true
    /// Brokers that did not answer, with the reason.
    package var silent: [(node: Int32, problem: String)] = []
    package var worseThanBaseline: [TopicPartition] = []
    package var reasons: [String] = []

    package var passes: Bool { reasons.isEmpty }

    /// What was wrong when a baseline was taken.
    package struct Baseline: Sendable {
        package var offline: Set<TopicPartition>
        package var underMinISR: Set<TopicPartition>
        /// Per partition the replicas that were out of sync.
        package var missing: [TopicPartition: Set<Int32>]

        package init(
            offline: Set<TopicPartition>, underMinISR: Set<TopicPartition>, missing: [TopicPartition: Set<Int32>]
        ) {
            self.offline = offline
            self.underMinISR = underMinISR
            self.missing = missing
        }
    }

    package static func evaluate(
        _ facts: ClusterFacts, topics: [String] = ["*"], baseline: Baseline? = nil
    ) -> ClusterHealth {
        let filter = TopicFilter(topics)
        return evaluate(facts, MergedView.merge(facts, topics: filter), filter, baseline)
    }

    private static func evaluate(
        _ facts: ClusterFacts, _ merged: MergedView, _ filter: TopicFilter, _ baseline: Baseline?
    ) -> ClusterHealth {
        var health = ClusterHealth()
        health.unreadable = merged.unreadable
        health.silent = facts.views.compactMap { view in view.problem.map { (view.node, $0) } }
        health.viewsAgree = merged.viewsAgree
        for partition in merged.partitions { health.count(partition, facts, baseline) }
        let there = Set(merged.partitions.map(\.partition.topic)).union(merged.unreadable.keys)
        health.explain(facts, merged, absent: filter.missing(from: there), baseline)
        return health
    }

    private mutating func count(_ partition: MergedPartition, _ facts: ClusterFacts, _ baseline: Baseline?) {
        let name = partition.partition
        let minInSync = facts.minInSync[name.topic] ?? .max
        let missing = partition.missing
        let isOffline = !partition.hasLeader
        let isUnder = isOffline || partition.inSync.count < minInSync
        if isOffline { offline.append(name) }
        if isUnder { underMinISR.append(name) } else if partition.inSync.count == minInSync { atMinISR.append(name) }
        if !missing.isEmpty { underReplicated.append(Lagging(partition: name, missing: missing)) }
        outOfSyncReplicaCount += missing.count
        inSyncReplicaCount += partition.inSync.count
        if partition.target.count <= minInSync { replicationFactorAtMostMinISR.append(name) }
        guard let baseline else { return }
        let before = baseline.missing[name] ?? []
        if isOffline && !baseline.offline.contains(name) || isUnder && !baseline.underMinISR.contains(name)
            || !before.isSuperset(of: missing)
        {
            worseThanBaseline.append(name)
        }
    }

    private mutating func explain(
        _ facts: ClusterFacts, _ merged: MergedView, absent: [String], _ baseline: Baseline?
    ) {
        var lines: [String] = []
        if facts.views.isEmpty { lines.append("no broker has answered") }
        for (node, problem) in silent { lines.append("broker \(node) does not answer: \(problem)") }
        for (node, problem) in facts.undisclosed.sorted(by: { $0.key < $1.key }) {
            lines.append("broker \(node) does not say what it holds, so topics may be hidden: \(problem)")
        }
        if !unreadable.isEmpty {
            let names = unreadable.sorted { ReaderOrder.precedes($0.key, $1.key) }.map { "\($0.key) (\($0.value))" }
            lines.append("cannot be read: \(BoundedList.text(names))")
        }
        if !absent.isEmpty { lines.append("not there: \(BoundedList.text(absent))") }
        if baseline != nil {
            if !worseThanBaseline.isEmpty { lines.append("worse than before: \(Self.names(worseThanBaseline))") }
        } else {
            if !offline.isEmpty { lines.append("without a leader: \(Self.names(offline))") }
            let leaderless = Set(offline)
            let under = underMinISR.filter { !leaderless.contains($0) }
            if !under.isEmpty { lines.append("under min.insync.replicas: \(Self.names(under))") }
            lines += missingReplicas(facts)
        }
        if !viewsAgree {
            let differing = merged.partitions.lazy.filter { !$0.agrees }.prefix(1000).map(\.partition)
            lines.append("brokers do not agree yet on \(Self.names(Array(differing)))")
        }
        reasons = BoundedList.lines(lines)
    }

    /// By broker, since one broker that is missing is the usual reason for many partitions.
    private func missingReplicas(_ facts: ClusterFacts) -> [String] {
        var byNode: [Int32: [TopicPartition]] = [:]
        for lagging in underReplicated {
            for node in lagging.missing { byNode[node, default: []].append(lagging.partition) }
        }
        return byNode.sorted { $0.key < $1.key }.map { node, partitions in
            let state = facts.listed.contains(node) ? "is behind" : "is not in the cluster and is missing"
            return "broker \(node) \(state) in \(partitions.count) partition\(partitions.count == 1 ? "" : "s"): "
                + Self.names(partitions)
        }
    }

    static func names(_ partitions: [TopicPartition]) -> String {
        BoundedList.text(ReaderOrder.first(BoundedList.names, of: partitions), of: partitions.count)
    }
}
