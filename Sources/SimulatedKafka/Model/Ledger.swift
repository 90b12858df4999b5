package import Values

/// What happened to the embedded cluster, in order: the oracle that tests and rehearsals compare with what they believe.
package struct Ledger: Sendable {
    package enum Effect: Sendable, Hashable {
        // The estate.
        case installed(Version)
        case activated(Version)
        case started(Version)
        /// The process ended soon after its start.
        case startFailed(Version, reason: String)
        /// SIGTERM: the controlled shutdown has begun.
        case stopping
        case stopped(controlled: Bool)
        /// Somebody asked for something over the control socket (`SimulatorControl`), whatever came of it.
        case asked(String)

        // The cluster.
        case registered
        case unfenced
        case fenced
        case unregistered(Int32)
        case controllerElected(epoch: Int32)
        case quorumLost
        case leaderElected(PartitionKey, leader: Int32, unclean: Bool)
        case leaderLost(PartitionKey)
        case isrShrunk(PartitionKey, isr: [Int32])
        case isrExpanded(PartitionKey, isr: [Int32])
        case reassignmentFinished(PartitionKey, replicas: [Int32])

        // What clients did.
        case topicCreated(String)
        case topicDeleted(String)
        case partitionsCreated(String, count: Int32)
        /// A key of a resource (`topic orders`, `broker 2`, `broker default`) set, or deleted where nil.
        case configAltered(resource: String, name: String, value: String?)
        case reassignmentStarted(PartitionKey, replicas: [Int32])
        case reassignmentCancelled(PartitionKey)
        case electionRequested(PartitionKey, unclean: Bool)
        case featureUpdated(String, from: Int16, to: Int16)
        case recordsAppended(PartitionKey, at: Int64, count: Int32)
        case recordsDeleted(PartitionKey, before: Int64)
        case groupRebalanced(String, generation: Int32, members: Int)
        case groupDeleted(String)
        case offsetsCommitted(group: String, partitions: Int)
        case offsetsDeleted(group: String, partitions: Int)
        case transactionEnded(String, committed: Bool)
        case aclCreated(AccessRule)
        case aclDeleted(AccessRule)
        /// An entity (`user alice`, `client-id default`) with a key and its limit; nil for removed.
        case quotaAltered(entity: String, key: String, value: Double?)
        case scramUserAltered(String, mechanism: Int8)
        case scramUserDeleted(String, mechanism: Int8)
        case tokenCreated(String)
        case tokenExpired(String)
        case replicaMoved(PartitionKey, directory: String)

        // What the simulator did to the client.
        case lied(ScriptedFault.Lie)
        case hung
        case resumed
        case refusing(Bool)
        /// Clients' connections stand, and nothing is answered.
        case deaf(Bool)
        case dripping(bytesPerSecond: Double)
        case slowed(factor: Double)
        /// A request that Kafka would answer and the simulator cannot: the connection was closed.
        case notSimulated(api: String)
    }

    package struct Entry: Sendable, Hashable {
        /// Since the start of the cluster.
        package let at: Duration
        /// Where it happened; for requests, the node that was asked.
        package let node: Int32
        package let effect: Effect
        /// Who asked for it: `client ID`, or `process N` over the control socket. Nil: it happened by itself.
        package let cause: String?
    }

    /// The oldest entries go when there are more.
    package static let limit = 200_000

    package private(set) var entries: [Entry] = []
    /// How many entries have gone.
    package private(set) var dropped = 0

    mutating func append(_ effect: Effect, node: Int32, at: Duration, cause: String? = nil) {
        if entries.count >= Self.limit {
            let excess = Self.limit / 10
            entries.removeFirst(excess)
            dropped += excess
        }
        entries.append(Entry(at: at, node: node, effect: effect, cause: cause))
    }

    /// What happened on a node, in order.
    package func effects(on node: Int32) -> [Effect] { entries.filter { $0.node == node }.map(\.effect) }
}
