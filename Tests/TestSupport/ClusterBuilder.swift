package import KafkaAdmin
package import KafkaOperations
import KafkaWire

/// Clusters for tests, as sentences: `cluster.topic("orders").partition(0).replicas(1, 2, 3).isr(1, 2)`.
///
/// What is not said is healthy: every replica in sync, led by the first.
package struct ClusterBuilder: Sendable {
    private struct Partition: Sendable {
        var index: Int32
        var replicas: [Int32]
        var inSync: [Int32]?
        var leader: Int32?
        var epoch: Int32 = 1
        var offline: [Int32] = []
        var adding: [Int32] = []
        var removing: [Int32] = []
    }

    private struct Topic: Sendable {
        var name: String
        var minInSync: Int?
        var isInternal: Bool
        var error: Int16?
        var partitions: [Partition] = []
    }

    private var brokers: [Int32]
    private var fenced: Set<Int32> = []
    private var topics: [Topic] = []
    private var voters: [(id: Int32, behind: Int64?)] = []
    private var leader: Int32?
    private var racks: [Int32: String] = [:]
    private var silent: [Int32: String] = [:]
    private var views: [(node: Int32, view: ClusterSnapshot)] = []

    package init(brokers: [Int32] = [1, 2, 3]) { self.brokers = brokers }

    private func with(_ change: (inout ClusterBuilder) -> Void) -> ClusterBuilder {
        var copy = self
        change(&copy)
        return copy
    }

    // MARK: Topics and partitions

    /// `minInSync` nil: it could not be read.
    package func topic(
        _ name: String, minInSync: Int? = 2, isInternal: Bool = false, error: Int16? = nil
    ) -> ClusterBuilder {
        with { $0.topics.append(Topic(name: name, minInSync: minInSync, isInternal: isInternal, error: error)) }
    }

    /// Of the topic that was named last.
    package func partition(_ index: Int32) -> ClusterBuilder {
        with { $0.topics[$0.topics.count - 1].partitions.append(Partition(index: index, replicas: [1, 2, 3])) }
    }

    private func last(_ change: (inout Partition) -> Void) -> ClusterBuilder {
        with { builder in
            let topic = builder.topics.count - 1
            let partition = builder.topics[topic].partitions.count - 1
            change(&builder.topics[topic].partitions[partition])
        }
    }

    package func replicas(_ nodes: Int32...) -> ClusterBuilder { last { $0.replicas = nodes } }
    package func isr(_ nodes: Int32...) -> ClusterBuilder { last { $0.inSync = nodes } }
    /// -1: none.
    package func leader(_ node: Int32) -> ClusterBuilder { last { $0.leader = node } }
    package func epoch(_ epoch: Int32) -> ClusterBuilder { last { $0.epoch = epoch } }
    package func adding(_ nodes: Int32...) -> ClusterBuilder { last { $0.adding = nodes } }
    package func removing(_ nodes: Int32...) -> ClusterBuilder { last { $0.removing = nodes } }

    // MARK: Nodes

    /// Off the list, as a broker that is down.
    package func down(_ nodes: Int32...) -> ClusterBuilder { with { $0.brokers.removeAll(where: nodes.contains) } }
    package func fenced(_ nodes: Int32...) -> ClusterBuilder { with { $0.fenced.formUnion(nodes) } }
    /// Racks in the order of the brokers, over and over.
    package func racks(_ names: String...) -> ClusterBuilder {
        with { builder in
            for (place, broker) in builder.brokers.enumerated() { builder.racks[broker] = names[place % names.count] }
        }
    }
    /// Listed, and does not answer.
    package func silent(_ node: Int32, _ problem: String = "connection refused") -> ClusterBuilder {
        with { $0.silent[node] = problem }
    }
    /// This broker sees another cluster than the rest.
    package func view(of node: Int32, _ other: ClusterBuilder) -> ClusterBuilder {
        with { $0.views.append((node, other.snapshot(from: node))) }
    }
    /// Voters with their delay in milliseconds; nil: unknown. The first one leads unless `leader` says otherwise.
    package func quorum(_ voters: [(id: Int32, behind: Int64?)], leader: Int32? = nil) -> ClusterBuilder {
        with {
            $0.voters = voters
            $0.leader = leader
        }
    }

    // MARK: What comes out

    package func snapshot(from node: Int32 = -1) -> ClusterSnapshot {
        var snapshot = ClusterSnapshot(
            clusterID: "test", answeredBy: node, brokers: brokerInfos, topics: [], partitions: [], nodeIDs: [])
        for topic in topics {
            snapshot.topics.append(
                ClusterSnapshot.Topic(
                    name: topic.name, id: KafkaUUID(high: 0, low: UInt64(topic.name.utf8.count)),
                    isInternal: topic.isInternal, firstPartition: snapshot.partitions.count,
                    partitionCount: topic.partitions.count, error: topic.error.map(KafkaErrorCode.init(rawValue:))))
            for partition in topic.partitions {
                func add(_ nodes: [Int32]) -> Range<Int> {
                    let start = snapshot.nodeIDs.count
                    snapshot.nodeIDs += nodes
                    return start..<snapshot.nodeIDs.count
                }
                let inSync = partition.inSync ?? partition.replicas
                snapshot.partitions.append(
                    ClusterSnapshot.Partition(
                        index: partition.index, leader: partition.leader ?? inSync.first ?? -1,
                        leaderEpoch: partition.epoch, replicas: add(partition.replicas), inSync: add(inSync),
                        offline: add(partition.offline), error: nil))
            }
        }
        return snapshot
    }

    package var brokerInfos: [BrokerInfo] {
        brokers.map {
            BrokerInfo(id: $0, host: "broker-\($0)", port: 9092, rack: racks[$0], isFenced: fenced.contains($0))
        }
    }

    package var reassignments: [Reassignment] {
        topics.flatMap { topic in
            topic.partitions.filter { !$0.adding.isEmpty || !$0.removing.isEmpty }.map {
                Reassignment(
                    partition: TopicPartition(topic.name, $0.index), replicas: $0.replicas, adding: $0.adding,
                    removing: $0.removing)
            }
        }
    }

    /// The log's end is at 1000; a voter that is behind lacks one record a millisecond.
    package var quorumDescription: QuorumDescription? {
        guard let first = voters.first else { return nil }
        let now: Int64 = 1_750_000_000_000
        return QuorumDescription(
            leaderID: leader ?? first.id, leaderEpoch: 7, highWatermark: 1000,
            voters: voters.map { voter in
                QuorumDescription.Replica(
                    id: voter.id, logEndOffset: max(0, 1000 - (voter.behind ?? 0)), lastFetch: now,
                    lastCaughtUp: voter.behind.map { now - $0 }, directoryID: nil)
            },
            observers: brokers.filter { broker in !voters.contains { $0.id == broker } }.map { broker in
                QuorumDescription.Replica(
                    id: broker, logEndOffset: 1000, lastFetch: now, lastCaughtUp: now, directoryID: nil)
            }, nodes: [])
    }

    package func facts() -> ClusterFacts {
        let listed = brokers.filter { !fenced.contains($0) }
        var minInSync: [String: Int] = [:]
        for topic in topics { minInSync[topic.name] = topic.minInSync }
        return ClusterFacts(
            views: listed.map { node in
                if let problem = silent[node] { return ClusterFacts.View(node: node, problem: problem) }
                let own = views.first { $0.node == node }?.view
                return ClusterFacts.View(node: node, snapshot: own ?? snapshot(from: node))
            },
            reassignments: reassignments, minInSync: minInSync, listed: Set(listed), racks: racks,
            quorum: quorumDescription)
    }
}
