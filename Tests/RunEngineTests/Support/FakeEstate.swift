import EventLoop
import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Clusters and host facts of a test.
final class FakeEstate: Estate {
    struct State {
        var facts: [String: HostFacts] = [:]
        var quorumLeader: Int32 = 1
        var isUnreachable = false
        /// Where leases are kept on the cluster itself.
        var leases: (any LeaseStore)?
        var asked: [String] = []
        /// Waves that `serial: safe` gets, ask by ask; the last one stays. Nodes that are not asked about are left out.
        var waves: [[RestartWave]] = []
        var wavesAsked: [[Int32]] = []
        /// Nodes that may not stop, and why: the topic first.
        var blocked: [Int32: String] = [:]
        /// The limits that steps gave to their cluster.
        var limits: [Duration] = []
    }

    let state = Locked(State())

    func cluster(named name: String) async throws -> ClusterAccess {
        let (isUnreachable, leases) = state.withLock { state in
            state.asked.append(name)
            return (state.isUnreachable, state.leases)
        }
        if isUnreachable { throw StepFailure(.unreachable, "nobody answers at \(name)") }
        let fake = FakeCluster(estate: self)
        return ClusterAccess(reader: fake, clusterOperator: fake, clusterID: "id-of-\(name)", leases: leases)
    }

    func waves(of nodes: [Int32], in cluster: String) async throws -> [RestartWave] {
        state.withLock { state in
            state.wavesAsked.append(nodes)
            let waves = state.waves.count > 1 ? state.waves.removeFirst() : state.waves.first ?? []
            return waves.compactMap { wave in
                let kept = wave.nodes.filter(nodes.contains)
                return kept.isEmpty ? nil : RestartWave(nodes: kept, margin: wave.margin, reasons: wave.reasons)
            }
        }
    }

    func margins(of batches: [[Int32]], accepting: [String], in cluster: String) async throws -> [RestartWave] {
        state.withLock { state in
            batches.map { nodes in
                let reasons = nodes.compactMap { state.blocked[$0] }.filter { reason in
                    !accepting.contains { reason.hasPrefix($0) }
                }
                return RestartWave(nodes: nodes, margin: reasons.isEmpty ? 1 : nil, reasons: reasons)
            }
        }
    }

    func facts(of host: Host) async throws -> HostFacts { state.withLock { $0.facts[host.name] ?? HostFacts() } }
}

/// Answers who leads the quorum, and nothing else.
struct FakeCluster: ClusterReader, ClusterOperator {
    let estate: FakeEstate

    func ending(within limit: Duration) -> any ClusterReader {
        estate.state.withLock { $0.limits.append(limit) }
        return self
    }

    func ending(within limit: Duration) -> any ClusterOperator {
        estate.state.withLock { $0.limits.append(limit) }
        return self
    }

    func refuse<Success>() throws(KafkaError) -> Success { throw KafkaError(.noResult, "not in this test") }

    func clusterID() async throws(KafkaError) -> String { "id" }
    func describeCluster(includeFenced: Bool, from source: ViewSource) async throws(KafkaError) -> ClusterDescription {
        try refuse()
    }
    func snapshot(topics: [String]?, from source: ViewSource) async throws(KafkaError) -> ClusterSnapshot {
        try refuse()
    }
    func eligibleLeaderReplicas(
        topics: [String]
    ) async throws(KafkaError) -> [ItemResult<String, [Int32: [Int32]]>]? {
        try refuse()
    }
    func describeQuorum() async throws(KafkaError) -> QuorumDescription {
        QuorumDescription(
            leaderID: estate.state.withLock { $0.quorumLeader }, leaderEpoch: 1, highWatermark: 1, voters: [],
            observers: [], nodes: [])
    }
    func describeQuorumFromControllers() async throws(KafkaError) -> QuorumDescription { try refuse() }
    func versionsOnNewConnection(of node: Int32) async throws(KafkaError) -> NodeVersions { try refuse() }
    func versionsOnNewConnection(host: String, port: Int32) async throws(KafkaError) -> NodeVersions { try refuse() }
    func versions(of node: Int32) async throws(KafkaError) -> NodeVersions { try refuse() }
    func describeControllers() async throws(KafkaError) -> [BrokerInfo] { try refuse() }
    func listReassignments() async throws(KafkaError) -> [Reassignment] { try refuse() }
    func describeLogDirs(brokers: [Int32]) async throws(KafkaError) -> [ItemResult<Int32, [LogDirectory]>] {
        try refuse()
    }
    func describeConfigs(_ resources: [ConfigResource], keys: [String]?)
        async throws(KafkaError) -> [ItemResult<ConfigResource, [ConfigEntry]>]
    { try refuse() }
    func listOffsets(_ partitions: [TopicPartition], timestamp: Int64, readCommitted: Bool)
        async throws(KafkaError) -> [ItemResult<TopicPartition, (offset: Int64, timestamp: Int64, leaderEpoch: Int32)>]
    { try refuse() }
    func listGroups() async throws(KafkaError) -> [ItemResult<Int32, [(id: String, type: String, state: String)]>] {
        try refuse()
    }
    func listTransactions() async throws(KafkaError) -> [ItemResult<Int32, [(id: String, state: String)]>] {
        try refuse()
    }
    func witness(of node: Int32) async throws(KafkaError) -> ConnectionWitness { try refuse() }
    func state(of witness: ConnectionWitness) async -> WitnessState { .closedByPeer }
    func waitUntilClosed(_ witness: ConnectionWitness, within limit: Duration) async -> WitnessState { .closedByPeer }
    func createTopics(_ topics: [NewTopic], validateOnly: Bool)
        async throws(KafkaError) -> [ItemResult<String, Void>]
    { try refuse() }
    func deleteTopics(
        _ names: [String], ids: [String: TopicID]
    ) async throws(KafkaError) -> [ItemResult<String, Void>] { try refuse() }
    func alterConfigs(_ changes: [(resource: ConfigResource, changes: [ConfigChange])], validateOnly: Bool)
        async throws(KafkaError) -> [ItemResult<ConfigResource, Void>]
    { try refuse() }
    func electLeaders(_ type: ElectionType, _ partitions: [TopicPartition])
        async throws(KafkaError) -> [ItemResult<TopicPartition, Bool>]
    { try refuse() }
    func alterReassignments(_ assignments: [(partition: TopicPartition, replicas: [Int32]?)])
        async throws(KafkaError) -> [ItemResult<TopicPartition, Void>]
    { try refuse() }
    func updateFeatures(_ updates: [FeatureUpdate], validateOnly: Bool) async throws(KafkaError) {
        let _: Int = try refuse()
    }
}
