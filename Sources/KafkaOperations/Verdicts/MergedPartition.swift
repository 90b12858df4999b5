import KafkaAdmin

/// One partition as all brokers together see it, the worst of each: it has no leader if one broker says so, and a
/// replica is in sync only if all say so.
struct MergedPartition: Sendable {
    var partition: TopicPartition
    var replicas: [Int32]
    var inSync: [Int32]
    var hasLeader: Bool
    var leader: Int32
    var leaderEpoch: Int32
    /// False when two brokers differ in leader, epoch, ISR or replicas, or one does not know the partition.
    var agrees: Bool
    var seenBy: Int
    /// Being added by a reassignment: not counted as missing.
    var adding: [Int32] = []
    /// Being removed by a reassignment: counted as gone.
    var removing: [Int32] = []

    /// The replicas that are to stay, the ones being added left out.
    var target: [Int32] { adding.isEmpty ? replicas : replicas.filter { !adding.contains($0) } }
    /// The replicas that are to stay and are not in sync.
    var missing: [Int32] { replicas.filter { !inSync.contains($0) && !adding.contains($0) } }
}

/// All views of a cluster as one.
struct MergedView: Sendable {
    /// In the order of topic name and partition.
    var partitions: [MergedPartition]
    /// Topics that some broker could not describe, with the reason.
    var unreadable: [String: String]
    var internalTopics: Set<String>

    var viewsAgree: Bool { partitions.allSatisfy(\.agrees) }

    /// 1. The first view makes the partitions. 2. Each further one is laid over it, topic by topic. 3. What one view
    /// lacks is a disagreement. 4. Reassignments name the replicas that come and go.
    static func merge(_ facts: ClusterFacts, topics: TopicFilter = .all) -> MergedView {
        var merged: [MergedPartition] = []
        var places: [String: [Int32: Int]] = [:]
        var view = MergedView(partitions: [], unreadable: facts.unreadable, internalTopics: [])
        let snapshots = facts.views.compactMap(\.snapshot)
        for snapshot in snapshots {
            for topic in snapshot.topics where topics.matches(topic.name) {
                if let problem = topic.problem {
                    view.unreadable[topic.name] = "\(problem), says broker \(snapshot.answeredBy)"
                    continue
                }
                if topic.isInternal { view.internalTopics.insert(topic.name) }
                var known = places[topic.name] ?? [:]
                for partition in snapshot.partitions(of: topic) {
                    if let place = known[partition.index] {
                        merged[place].lay(partition, of: snapshot)
                    } else {
                        known[partition.index] = merged.count
                        merged.append(MergedPartition(partition, of: topic.name, in: snapshot))
                    }
                }
                places[topic.name] = known
            }
        }
        for index in merged.indices where merged[index].seenBy < snapshots.count { merged[index].agrees = false }
        for move in facts.reassignments {
            guard let place = places[move.partition.topic]?[move.partition.partition] else { continue }
            merged[place].adding = move.adding
            merged[place].removing = move.removing
        }
        merged.removeAll { view.unreadable[$0.partition.topic] != nil }
        for partition in merged where facts.minInSync[partition.partition.topic] == nil {
            view.unreadable[partition.partition.topic] = "its min.insync.replicas could not be read"
        }
        merged.removeAll { view.unreadable[$0.partition.topic] != nil }
        merged.sort { $0.partition < $1.partition }
        view.partitions = merged
        return view
    }
}

extension MergedPartition {
    init(_ partition: ClusterSnapshot.Partition, of topic: String, in snapshot: ClusterSnapshot) {
        self.init(
            partition: TopicPartition(topic, partition.index), replicas: Array(snapshot.replicas(of: partition)),
            inSync: Array(snapshot.inSync(of: partition)), hasLeader: partition.leader >= 0, leader: partition.leader,
            leaderEpoch: partition.leaderEpoch, agrees: true, seenBy: 1)
    }

    mutating func lay(_ other: ClusterSnapshot.Partition, of snapshot: ClusterSnapshot) {
        seenBy += 1
        let inSyncThere = snapshot.inSync(of: other)
        let epochsDiffer = leaderEpoch >= 0 && other.leaderEpoch >= 0 && leaderEpoch != other.leaderEpoch
        let replicasThere = snapshot.replicas(of: other)
        let sameInSync = inSync.count == inSyncThere.count && inSyncThere.allSatisfy(inSync.contains)
        let sameReplicas = replicas.count == replicasThere.count && replicasThere.allSatisfy(replicas.contains)
        if leader != other.leader || epochsDiffer || !sameInSync || !sameReplicas { agrees = false }
        if !sameInSync { inSync.removeAll { !inSyncThere.contains($0) } }
        if !sameReplicas { replicas += replicasThere.filter { !replicas.contains($0) } }
        if other.leader < 0 { hasLeader = false }
    }
}
