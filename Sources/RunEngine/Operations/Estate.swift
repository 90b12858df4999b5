package import KafkaAdmin
package import Playbooks
package import Values

/// What the engine asks of the world outside: clusters by name and facts of hosts. `KafkaOperations` answers for real ones,
/// `OpsrunCLI` adds the embedded cluster.
package protocol Estate: Sendable {
    /// Connects on first use; checks the pinned cluster id. Throws `StepFailure` (unreachable, refused), and
    /// `RunFailure` where the inventory is what is wrong.
    func cluster(named name: String) async throws -> ClusterAccess

    /// `installed_version`, `running_version`, `release` of a host, each null when it cannot be told. Runs only argv that the
    /// lifecycle declares as reading.
    func facts(of host: Host) async throws -> HostFacts

    /// The waves in which these nodes of a cluster may be down together, for `serial: safe`: in the order given where that
    /// costs nothing, every node once, as things are now.
    func waves(of nodes: [Int32], in cluster: String) async throws -> [RestartWave]

    /// What would be if each of these sets of nodes were down together, one set after the other, as things are now: one wave
    /// for each, with its margin or why it may not be. `accepting`: topics whose unavailability was named and wanted.
    func margins(of batches: [[Int32]], accepting: [String], in cluster: String) async throws -> [RestartWave]

    /// Before a run is resumed: which nodes of a cluster it holds down, and which it has stopped or started.
    func restore(heldDown: Set<Int32>, touched: Set<Int32>, in cluster: String) async
}

extension Estate {
    package func restore(heldDown: Set<Int32>, touched: Set<Int32>, in cluster: String) async {}
}

/// Nodes that may be down at the same time.
package struct RestartWave: Sendable, Hashable {
    package var nodes: [Int32]
    /// In-sync replicas that every partition keeps above `min.insync.replicas`; nil when no partition is touched.
    package var margin: Int?
    /// Why even its one node may not stop now; empty when the wave is proven safe.
    package var reasons: [String]

    package init(nodes: [Int32], margin: Int?, reasons: [String] = []) {
        self.nodes = nodes
        self.margin = margin
        self.reasons = reasons
    }
}

/// A cluster as the engine hands it to contexts.
package struct ClusterAccess: Sendable {
    package var reader: any ClusterReader
    package var clusterOperator: any ClusterOperator
    package var clusterID: String
    /// The store of leases on the cluster itself; nil where it has none.
    package var leases: (any LeaseStore)?
    /// For the plan: what a reviewer should know of the cluster.
    package var notes: [String]

    package init(
        reader: any ClusterReader, clusterOperator: any ClusterOperator, clusterID: String, notes: [String] = [],
        leases: (any LeaseStore)? = nil
    ) {
        self.leases = leases
        self.reader = reader
        self.notes = notes
        self.clusterOperator = clusterOperator
        self.clusterID = clusterID
    }
}

/// Facts of a host that freeze with its batch.
package struct HostFacts: Sendable, Hashable {
    /// What starts next.
    package var installedVersion: Version?
    /// What the process that runs was started from.
    package var runningVersion: Version?
    /// Observed over the protocol: the release line, nil above the newest known level.
    package var release: Version?
    /// Why something is null, for the plan.
    package var notes: [String]

    package init(
        installedVersion: Version? = nil, runningVersion: Version? = nil, release: Version? = nil, notes: [String] = []
    ) {
        self.installedVersion = installedVersion
        self.runningVersion = runningVersion
        self.release = release
        self.notes = notes
    }
}
