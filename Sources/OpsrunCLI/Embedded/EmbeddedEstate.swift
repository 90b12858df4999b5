internal import EventLoop
internal import KafkaAdmin
internal import KafkaOperations
internal import Playbooks
internal import RunEngine

/// The estate of a run: embedded clusters in process, real ones over the network.
struct EmbeddedEstate: Estate {
    private let running: [RunningCluster]
    private let others: LifecycleEstate
    private let facts: HostFactReader
    private let permits: RestartPermits

    init(_ running: [RunningCluster], inventory: Inventory, services: OperationServices, time: any TimeSource) {
        self.running = running
        others = LifecycleEstate(inventory: inventory, services: services, time: time)
        permits = services.permits
        facts = HostFactReader(services: services, inventory: inventory, time: time)
    }

    func cluster(named name: String) async throws -> ClusterAccess {
        guard let embedded = running.first(where: { $0.settings.name == name }) else {
            return try await others.cluster(named: name)
        }
        do throws(KafkaError) {
            return try await embedded.access()
        } catch {
            throw StepFailure(
                .unreachable, "the embedded cluster \(name) cannot be reached", causes: [error.message] + error.causes)
        }
    }

    func facts(of host: Host) async throws -> HostFacts {
        guard let name = host.cluster, running.contains(where: { $0.settings.name == name }), host.nodeID != nil else {
            return try await others.facts(of: host)
        }
        let access = try await cluster(named: name)
        return try await facts.facts(of: host, access.reader, clusterID: access.clusterID)
    }

    func waves(of nodes: [Int32], in name: String) async throws -> [RestartWave] {
        try await RestartWaveReader.waves(of: nodes, in: name, try await cluster(named: name).reader, permits)
    }

    func restore(heldDown: Set<Int32>, touched: Set<Int32>, in cluster: String) async {
        await permits.restore(heldDown: heldDown, touched: touched, in: cluster)
    }

    func margins(of batches: [[Int32]], accepting: [String], in name: String) async throws -> [RestartWave] {
        try await RestartWaveReader.margins(
            of: batches, accepting: accepting, in: name, try await cluster(named: name).reader, permits)
    }
}
