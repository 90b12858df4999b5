package import EventLoop
package import KafkaAdmin
package import Playbooks
package import RunEngine
import Values

/// Real clusters and the facts of their hosts.
///
/// An actor because clusters are connected on first use, once each, whoever asks first.
package actor LifecycleEstate: Estate {
    private let inventory: Inventory
    private let services: OperationServices
    private let time: any TimeSource
    private var clients: [String: AdminClient] = [:]
    private var clusterIDs: [String: String] = [:]
    /// What the inventory and each cluster do not both know, for the plan.
    private var notes: [String: [String]] = [:]

    package init(inventory: Inventory, services: OperationServices, time: any TimeSource) {
        self.inventory = inventory
        self.services = services
        self.time = time
    }

    /// Closes every connection.
    package func close() async {
        let open = clients.values
        clients = [:]
        for client in open { await client.close() }
    }

    /// How long all of its addresses refuse connections before that is told: not a matter of a lost packet.
    private static let refusal = Duration.milliseconds(500)

    package func cluster(named name: String) async throws -> ClusterAccess {
        guard let settings = inventory.cluster(name) else {
            throw StepFailure(
                .failed, "the inventory has no cluster \(name)",
                nextAction: "it has \(BoundedList.text(inventory.clusters.map(\.name)))")
        }
        let client: AdminClient
        if let known = clients[name] {
            client = known
        } else {
            let connection = try await ClusterConnection.settings(
                of: settings, processes: services.processes, time: time)
            // Someone else may have connected while the settings were read.
            client = clients[name] ?? AdminClient(settings: connection, time: time)
            clients[name] = client
        }
        let reader = LiveClusterReader(sender: client, time: time)
        let id: String
        if let known = clusterIDs[name] {
            id = known
        } else {
            do throws(KafkaError) {
                // Metadata names the cluster in every release that is spoken to; DescribeCluster must where it does not.
                let answer = try await client.clusterID(within: client.firstAnswer, refusedFor: Self.refusal)
                if let answered = answer {
                    id = answered
                } else {
                    id = try await reader.clusterID()
                }
            } catch {
                throw ClusterConnection.failure(error, settings)
            }
            try ClusterConnection.check(id, settings)
            notes[name] = try await compare(name, reader)
            clusterIDs[name] = id
        }
        return ClusterAccess(
            reader: reader, clusterOperator: LiveClusterOperator(sender: client, time: time), clusterID: id,
            notes: notes[name] ?? [],
            leases: KafkaLeaseStore(
                LiveFencedTopic(
                    KafkaLeaseStore.topic, sender: client, time: time,
                    limit: KafkaLeaseStore.limit(for: settings.lock.lease))))
    }

    /// The brokers of the inventory beside those of the cluster. A cluster that cannot be described is not judged here.
    private func compare(_ name: String, _ reader: LiveClusterReader) async throws(RunFailure) -> [String] {
        // An inventory without brokers of the cluster knows nothing that could be compared.
        guard inventory.hosts.contains(where: { $0.cluster == name && $0.brokerID != nil }),
            let seen = try? await reader.describeCluster(includeFenced: true, from: .any), !seen.isOfControllers
        else { return [] }
        let verdict = InventoryAgreement.evaluate(name, hosts: inventory.hosts, brokers: seen.brokers)
        guard let first = verdict.contradictions.first else { return verdict.notes }
        throw RunFailure(
            .invalid,
            StepFailure(
                .failed, "the inventory contradicts the cluster: \(first)",
                nextAction: "correct the `broker_id` of the hosts, or the `bootstrap` of \(name)",
                details: Array(verdict.contradictions.dropFirst())))
    }

    package func facts(of host: Host) async throws -> HostFacts {
        guard host.nodeID != nil else { return HostFacts() }
        let access: ClusterAccess? = if let name = host.cluster { try await cluster(named: name) } else { nil }
        return try await HostFactReader(services: services, inventory: inventory, time: time)
            .facts(of: host, access?.reader, clusterID: access?.clusterID)
    }

    package func waves(of nodes: [Int32], in name: String) async throws -> [RestartWave] {
        try await RestartWaveReader.waves(
            of: nodes, in: name, try await cluster(named: name).reader, services.permits)
    }

    package func restore(heldDown: Set<Int32>, touched: Set<Int32>, in cluster: String) async {
        await services.permits.restore(heldDown: heldDown, touched: touched, in: cluster)
    }

    package func margins(
        of batches: [[Int32]], accepting: [String], in name: String
    ) async throws -> [RestartWave] {
        try await RestartWaveReader.margins(
            of: batches, accepting: accepting, in: name, try await cluster(named: name).reader, services.permits)
    }
}

/// What is known of a host before its batch: by its lifecycle, and over Kafka's protocol. For real clusters and
/// embedded ones.
package struct HostFactReader: Sendable {
    let services: OperationServices
    let inventory: Inventory
    let time: any TimeSource

    package init(services: OperationServices, inventory: Inventory, time: any TimeSource) {
        self.services = services
        self.inventory = inventory
        self.time = time
    }

    /// 1. Installed: what the lifecycle says starts next. 2. Release: what the node's own feature levels tell, on a new
    /// connection.
    /// 3. Running: what the lifecycle says of the process; else the installed version, where the observed release
    /// agrees with it, so that a broker which was given a new version and not yet restarted is not taken for upgraded.
    /// Within a release line that is a guess, and none is made where a run before this one gave the node another release
    /// and no restart of it has been proven since.
    package func facts(
        of host: Host, _ reader: (any ClusterReader)?, clusterID: String? = nil
    ) async throws -> HostFacts {
        var facts = HostFacts()
        let context = LifecycleContext(host: host, time: time, becomeUser: host.connection.becomeUserIfWanted)
        var lifecycle: (any Lifecycle)?
        if LifecycleDecoder.node(of: host, in: inventory) != nil { lifecycle = try services.lifecycle(host, inventory) }
        if let lifecycle {
            facts.installedVersion = try await lifecycle.installedVersion(in: context)
            if facts.installedVersion == nil {
                facts.notes.append("\(lifecycle.name) cannot tell the installed version")
            }
        } else {
            facts.notes.append("\(host.name) has no lifecycle: its installed version cannot be told")
        }
        var level: Int16?
        if let reader, let node = host.nodeID {
            do throws(KafkaError) {
                level = try await observe(node, host, reader).metadataLevel
                facts.release = KafkaRelease.line(ofLevel: level)
                if facts.release == nil {
                    facts.notes.append("node \(node) runs \(KafkaRelease.describe(level: level))")
                }
            } catch {
                facts.notes.append("node \(node) does not answer: \(error.message)")
            }
        }
        if let lifecycle, lifecycle.has(.running) {
            facts.runningVersion = try await lifecycle.runningVersion(in: context)
        } else if let installed = facts.installedVersion, level != nil {
            if let note = try await unproven(host, clusterID) {
                facts.notes.append(note)
            } else if KafkaRelease.agrees(installed, withLevel: level) {
                facts.runningVersion = installed
                facts.notes.append(
                    "\(installed) is installed and \(KafkaRelease.describe(level: level)) runs: which patch release of it "
                        + "cannot be told without `running` in the lifecycle")
            } else {
                facts.notes.append(
                    "\(installed) is installed, but \(KafkaRelease.describe(level: level)) runs: not restarted since")
            }
        }
        return facts
    }

    /// Why what is installed need not be what runs; nil when nothing says so.
    private func unproven(_ host: Host, _ clusterID: String?) async throws(StepFailure) -> String? {
        guard let node = host.nodeID, let clusterID, let found = try await services.pending.find(node, in: clusterID)
        else { return nil }
        guard let pending = found.activation else {
            return
                "node \(node) was given another release, and no restart has been proven since: what runs cannot be told"
        }
        return "\(pending.version) was made the release that starts next (run \(pending.runID), \(pending.since)), and "
            + "no restart of node \(node) has been proven since: what runs cannot be told without `running` in the lifecycle"
    }

    /// A dedicated controller is asked on its own listener.
    private func observe(
        _ node: Int32, _ host: Host, _ reader: any ClusterReader
    ) async throws(KafkaError) -> NodeVersions {
        if host.brokerID != nil { return try await reader.versionsOnNewConnection(of: node) }
        let address = host.variables["controller_port"]?.intValue.flatMap(Int32.init(exactly:))
            .map { (host.connection.address, $0) }
        return try await NodeFactReader(reader, address: address, isController: true).versions(ofController: node)
    }
}
