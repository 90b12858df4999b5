import KafkaWire
import Values

// What the active controller does: quorum, registrations, fencing, elections. Nothing of it happens while there is none.

extension ClusterModel {
    /// From the moment that a leader is missed to the election of another.
    static let electionTime: Duration = .milliseconds(500)
    /// A leader gives up when no majority has fetched for one and a half fetch timeouts (KIP-853).
    private static let checkQuorumFactor = 1.5

    // MARK: Quorum

    private var upVoters: [Int32] {
        quorum.voters.filter { voter in nodes[voter].map { $0.isControllerUp && !$0.isFrozen } ?? false }
    }

    private var hasMajority: Bool { upVoters.count > quorum.voters.count / 2 }

    /// A voter is gone or hangs.
    mutating func voterLeft(_ node: Int32, resigned: Bool) {
        guard quorum.voters.contains(node) else { return }
        if quorum.leader == node {
            quorum.leader = nil
            record(.quorumLost, on: node)
            let silence: Duration = resigned ? .zero : configuration.quorumFetchTimeout
            queue.add(.elect(epoch: quorum.epoch), at: now + silence + Self.electionTime)
        } else if quorum.leader != nil, !hasMajority {
            let patience = configuration.quorumFetchTimeout * Self.checkQuorumFactor
            queue.add(.checkQuorum(epoch: quorum.epoch), at: now + patience)
        }
    }

    mutating func checkQuorum(_ epoch: Int32) {
        guard quorum.epoch == epoch, let leader = quorum.leader, !hasMajority else { return }
        quorum.leader = nil
        record(.quorumLost, on: leader)
    }

    mutating func electController(since epoch: Int32) {
        guard quorum.leader == nil, quorum.epoch == epoch, hasMajority else { return }
        // The next voter that is up, in the order of ids: elections take turns, as they do by chance in Kafka.
        let start = Int(quorum.epoch) % max(1, quorum.voters.count)
        let order = quorum.voters[start...] + quorum.voters[..<start]
        let up = Set(upVoters)
        guard let leader = order.first(where: { up.contains($0) }) else { return }
        quorum.leader = leader
        quorum.epoch += 1
        record(.controllerElected(epoch: quorum.epoch), on: leader)
        commit()
        // A new controller gives every broker a whole session timeout before it misses it.
        for broker in image.brokers.values where !broker.isFenced {
            guard let node = nodes[broker.id], !node.keepsSession else { continue }
            expectHeartbeat(of: broker.id)
        }
        for node in nodeIDs where nodes[node]?.awaitsRegistration ?? false { register(node) }
        for node in nodeIDs where nodes[node]?.process == .stopping && image.isActive(node) {
            beginControlledShutdown(node)
        }
        resumeRecoveries()
        signals.append(.askAgain)
    }

    /// Fences a silent broker after the session timeout, unless its session is renewed before.
    mutating func expectHeartbeat(of node: Int32) {
        guard let session = nodes[node]?.session else { return }
        nodes[node]?.session = session + 1
        queue.add(.sessionExpires(node, session: session + 1), at: now + configuration.sessionTimeout)
    }

    // MARK: Registration

    mutating func brokerReady(_ node: Int32, _ incarnation: Int) {
        guard let state = nodes[node], state.incarnation == incarnation, state.process == .starting else { return }
        nodes[node]?.awaitsRegistration = true
        register(node)
    }

    /// Lets a waiting broker in, unless there is no controller or its earlier session has not ended (error 101 until then).
    mutating func register(_ node: Int32) {
        guard let state = nodes[node], state.awaitsRegistration, !state.isFrozen, let controller = activeController
        else {
            return
        }
        if let old = image.brokers[node], !old.isFenced { return }
        nodes[node]?.awaitsRegistration = false
        nodes[node]?.session += 1
        if configuration.restartLag > .zero {
            nodes[node]?.heldView = image
            queue.add(
                .dropHeldView(node, incarnation: state.incarnation), at: now + configuration.restartLag)
        }
        image.brokers[node] = BrokerRegistration(
            id: node, rack: state.rack, epoch: image.offset + 1, isFenced: true, isInControlledShutdown: false,
            features: state.release.supportedFeatures)
        commit()
        record(.registered, on: node)
        // What a killed process says to have is not trusted (KIP-966).
        if state.diedUncleanly { forgetUncleanReplicas(of: node) }
        nodes[node]?.diedUncleanly = false
        unfence(node, by: controller)
        nodes[node]?.process = .running
        nodes[node]?.lastFetch = nil
        signals.append(.listenersChanged(node))
    }

    private mutating func forgetUncleanReplicas(of node: Int32) {
        guard image.usesELR else { return }
        forEachPartition(by: node) { partition in
            partition.isr.contains(node) || partition.elr.contains(node)
        } change: { rule, partition in
            rule.next(partition, isr: partition.isr.filter { $0 != node }, lost: [node])
        }
    }

    private mutating func unfence(_ node: Int32, by controller: Int32) {
        image.brokers[node]?.isFenced = false
        image.brokers[node]?.isInControlledShutdown = false
        commit()
        record(.unfenced, on: node)
        electForLeaderless()
        rebuildRecoveries()
    }

    private mutating func electForLeaderless() {
        forEachPartition(by: activeController ?? -1) {
            $0.leader == -1
        } change: { rule, partition in
            rule.next(partition)
        }
    }

    mutating func sessionExpires(_ node: Int32, _ session: Int) {
        guard let state = nodes[node], state.session == session, let registration = image.brokers[node],
            !registration.isFenced, activeController != nil
        else { return }
        fence(node)
        if state.awaitsRegistration { register(node) }
    }

    mutating func fence(_ node: Int32) {
        image.brokers[node]?.isFenced = true
        commit()
        record(.fenced, on: node)
        removeFromISRs(node)
    }

    /// Leaders first move away, then the broker is let go and fenced: what SIGTERM to a broker does before it ends.
    mutating func beginControlledShutdown(_ node: Int32) {
        image.brokers[node]?.isInControlledShutdown = true
        commit()
        removeFromISRs(node)
        image.brokers[node]?.isFenced = true
        commit()
        record(.fenced, on: node)
        stopRecovery(of: node)
    }

    private mutating func removeFromISRs(_ node: Int32) {
        forEachPartition(by: activeController ?? -1) {
            $0.isr.contains(node) || $0.leader == node
        } change: {
            rule, partition in
            rule.next(partition, isr: partition.isr.filter { $0 != node })
        }
        pauseRecoveries(from: node)
    }

    /// Applies a rule to every partition that needs it, in order.
    private mutating func forEachPartition(
        by actor: Int32, where matters: (PartitionImage) -> Bool,
        change: (PartitionChange, PartitionImage) -> PartitionImage
    ) {
        for name in image.topics.keys.sorted() {
            guard let partitions = image.topics[name]?.partitions else { continue }
            let rule = partitionRule(for: name)
            let unclean = allowsUncleanElection(name)
            for (index, partition) in partitions.enumerated() where matters(partition) {
                var next = change(rule, partition)
                if unclean, next.leader == -1 {
                    next = rule.next(partition, isr: next.isr, election: .unclean)
                }
                set(PartitionKey(name, index), to: next, actor: actor)
            }
        }
    }

    // MARK: Leaders

    mutating func rebalanceLeaders() {
        if let interval = configuration.leaderRebalanceInterval { queue.add(.rebalanceLeaders, at: now + interval) }
        guard let controller = activeController else { return }
        forEachPartition(by: controller) {
            $0.leader != $0.replicas.first
        } change: { rule, partition in
            rule.next(partition, election: .preferred)
        }
    }

    // MARK: ISR

    /// A replica has all of the log: its leader proposes it, the controller takes it in. False when nobody can.
    mutating func expandISR(_ key: PartitionKey, with replica: Int32) -> Bool {
        guard activeController != nil, image.isActive(replica), let partition = image.partition(key),
            let leader = nodes[partition.leader], serves(partition.leader)
        else { return false }
        guard partition.replicas.contains(replica), !partition.isr.contains(replica) else { return true }
        var isr = partition.isr + [replica]
        if leader.release.sortsISR { isr.sort() }
        set(key, to: partitionRule(for: key.topic).next(partition, isr: isr), actor: partition.leader)
        return true
    }
}
