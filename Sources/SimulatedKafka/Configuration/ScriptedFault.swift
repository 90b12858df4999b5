package import Values

/// One thing that goes wrong with the embedded cluster, at a time since its start.
package struct ScriptedFault: Sendable, Hashable {
    package enum Lie: String, Sendable, Hashable {
        /// One answer shows every replica in sync and every preferred leader in place.
        case healthyView = "view"
        /// One answer carries a correlation id that nobody asked with.
        case correlationID = "correlation_id"
        /// One answer about the cluster carries the id of another one.
        case clusterID = "cluster_id"
    }

    package enum Kind: Sendable, Hashable {
        /// The process ends at once: its connections break, the controller notices after the session timeout.
        case kill(Int32)
        /// Copies `factor` times slower.
        case slowRecovery(Int32, factor: Double)
        /// The process hangs: connections stand and nothing is answered; nil for until it is killed or started anew. Longer
        /// than the session timeout, the controller fences it.
        case stopAnswering(Int32, for: Duration?)
        /// Clients are refused while the other brokers see nothing wrong; nil for until it is started anew.
        case refuse(Int32, for: Duration?)
        case lieOnce(Int32, Lie)
        /// Clients' connections stand and nothing is answered on them, while the other brokers see nothing wrong: what is left
        /// when a firewall has forgotten a connection. nil for until it is started anew.
        case halfOpen(Int32, for: Duration?)
        /// Answers trickle at this many bytes a second, until it is started anew.
        case drip(Int32, bytesPerSecond: Double)
        /// The brokers say that this node is to be reached elsewhere.
        case advertise(Int32, SimulatedEndpoint)
        /// This release ends soon after its start on this node.
        case failStart(Int32, version: Version)
    }

    /// Since the start of the cluster, in its own time.
    package var at: Duration
    package var kind: Kind

    package init(at: Duration = .zero, _ kind: Kind) {
        self.at = at
        self.kind = kind
    }

    package var node: Int32 {
        switch kind {
        case .kill(let node), .slowRecovery(let node, _), .stopAnswering(let node, _), .refuse(let node, _),
            .lieOnce(let node, _), .failStart(let node, _), .halfOpen(let node, _), .drip(let node, _),
            .advertise(let node, _):
            node
        }
    }
}
