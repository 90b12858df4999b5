import KafkaWire
import Values

/// The embedded cluster without any I/O: state, and what a request or the passing of time makes of it.
///
/// The same configuration and the same calls at the same times give the same answers, bytes included. Time is a parameter
/// that never goes back; what the cluster does by itself (fencing, catching up, electing) happens in `advance`.
package struct ClusterModel: Sendable {
    /// What a transport has to do because of what happened.
    package enum Signal: Sendable, Hashable {
        /// Every connection to the node breaks.
        case connectionsBroken(Int32)
        /// A hung node goes on: requests that were held are answered now.
        case resumed(Int32)
        /// There is a controller again, or a request has waited for one long enough: what is held may be answered now.
        case askAgain
        /// Which listeners accept may have changed.
        case listenersChanged(Int32)
    }

    package let configuration: SimulatedClusterConfiguration
    /// Since the start of the cluster.
    package internal(set) var now: Duration = .zero
    /// The wall clock at the start, since 1970.
    let epoch: Duration

    var image = MetadataImage()
    /// Earlier images, for views that lag; empty while none does.
    var history: [(at: Duration, image: MetadataImage)] = []
    var historyIsStale = false

    var nodes: [Int32: NodeState] = [:]
    let nodeIDs: [Int32]
    var quorum: QuorumState
    var logs: [KafkaUUID: [PartitionLog]] = [:]
    var recoveries: [Int32: Recovery] = [:]
    var queue = EventQueue()
    package internal(set) var ledger = Ledger()
    /// Who is being served: what happens meanwhile is theirs.
    var cause: String?
    var signals: [Signal] = []
    /// The connection whose request is being answered.
    var session = ClientSession()
    var groups: [String: GroupState] = [:]
    var transactions: [String: TransactionState] = [:]
    /// What is left of quotas for changes of topics, by whom they count together.
    var mutationBuckets: [String: MutationBucket] = [:]
    /// What each broker remembers of clients that read, by the session's id.
    var fetchSessions: [Int32: [Int32: FetchSession]] = [:]
    /// What each broker remembers of members of share groups that read.
    var shareSessions: [Int32: [ShareSession.Key: ShareSession]] = [:]
    /// Where brokers keep replicas that were moved from the first directory.
    var replicaDirectories: [Int32: [PartitionKey: String]] = [:]
    /// The next producer id.
    var nextProducerID: Int64 = 0
    /// What all record logs together hold.
    var retainedBytes = 0
    var random: SeededRandom

    /// - Parameter epoch: the wall clock at the start, since 1970.
    package init(_ configuration: SimulatedClusterConfiguration, epoch: Duration = .zero) {
        self.configuration = configuration
        self.epoch = epoch
        random = SeededRandom(seed: configuration.seed)
        var seen: Set<Int32> = []
        let members = configuration.nodes.filter { seen.insert($0.id).inserted }.sorted { $0.id < $1.id }
        nodeIDs = members.map(\.id)
        quorum = QuorumState(voters: members.filter(\.isController).map(\.id))
        quorum.leader = quorum.voters.first
        for member in members { addNode(member) }
        let formatted = SimulatedRelease(configuration.version).formattedFeatures
        image.features = (configuration.features ?? formatted).filter { $0.value > 0 }
        if image.usesELR { materializeMinInsyncReplicas() }
        for topic in startingTopics { addTopic(topic) }
        commit(records: 1)
        image.featuresEpoch = image.offset
        historyIsStale = false
        if configuration.replayLag > .zero { history = [(.zero, image)] }
        if let interval = configuration.leaderRebalanceInterval { queue.add(.rebalanceLeaders, at: interval) }
        for fault in configuration.faults { queue.add(.fault(fault), at: max(.zero, fault.at)) }
    }

    private mutating func addNode(_ member: SimulatedClusterConfiguration.Node) {
        let version = member.version ?? configuration.version
        let node = NodeState(
            id: member.id, rack: member.rack, isBroker: member.isBroker, isController: member.isController,
            directoryID: random.uuid(), installed: [version], activeVersion: version, runningVersion: version,
            isControllerUp: member.isController,
            endpoints: startingEndpoints(member.host))
        nodes[member.id] = node
        guard member.isBroker else { return }
        image.brokers[member.id] = BrokerRegistration(
            id: member.id, rack: member.rack, epoch: Int64(image.brokers.count + 1), isFenced: false,
            isInControlledShutdown: false, features: node.release.supportedFeatures)
    }

    /// Where listeners are to be reached unless a transport says otherwise.
    private func startingEndpoints(_ host: String) -> [SimulatedListener: SimulatedEndpoint] {
        var endpoints: [SimulatedListener: SimulatedEndpoint] = [:]
        for listener in configuration.allListeners {
            let port =
                switch listener {
                case .broker: SimulatedClusterConfiguration.defaultBrokerPort
                case .controller: SimulatedClusterConfiguration.defaultControllerPort
                case .client(let index): SimulatedClusterConfiguration.defaultControllerPort + 1 + index
                }
            endpoints[listener] = SimulatedEndpoint(host: host, port: port)
        }
        return endpoints
    }

    private var startingTopics: [SimulatedClusterConfiguration.Topic] {
        let brokers = Int16(clamping: image.brokers.count)
        var topics = configuration.topics
        if configuration.hasInternalTopics, brokers > 0, !topics.contains(where: { $0.name == Self.offsetsTopic }) {
            topics.append(
                SimulatedClusterConfiguration.Topic(
                    name: Self.offsetsTopic, partitions: configuration.offsetsTopicPartitions,
                    replicationFactor: min(3, brokers), ingest: ByteCount(0),
                    configs: [
                        "cleanup.policy": "compact", "segment.bytes": "104857600", "compression.type": "producer",
                    ]
                ))
        }
        return topics
    }

    private mutating func addTopic(_ topic: SimulatedClusterConfiguration.Topic) {
        guard image.topics[topic.name] == nil, topic.partitions > 0 else { return }
        let factor = min(Int(topic.replicationFactor), image.brokers.count)
        guard factor > 0 else { return }
        var configs = topic.configs
        if let minimum = topic.minInsyncReplicas { configs["min.insync.replicas"] = String(minimum) }
        let assignment = placeReplicas(
            partitions: Int(topic.partitions), factor: factor, start: image.topics.count)
        createTopic(
            topic.name, assignment: assignment, configs: configs, bytes: max(0, topic.bytesPerPartition.count),
            rate: Double((topic.ingest ?? configuration.ingest).count) / Double(topic.partitions))
    }

    static let offsetsTopic = "__consumer_offsets"
    static let transactionTopic = "__transaction_state"
    static let shareStateTopic = "__share_group_state"
    static let internalTopics: Set<String> = [offsetsTopic, transactionTopic, shareStateTopic]

    // MARK: Time

    /// When the cluster will next do something by itself.
    package var nextEvent: Duration? { queue.next }

    /// Lets time pass. A time before `now` changes nothing.
    package mutating func advance(to time: Duration) {
        // What has changed since the last call belongs to the time of that call.
        keepHistory()
        while let (at, event) = queue.pop(dueBy: time) {
            now = max(now, at)
            apply(event)
            keepHistory()
        }
        now = max(now, time)
    }

    /// What transports have to do since the last call.
    package mutating func takeSignals() -> [Signal] {
        defer { signals = [] }
        return signals
    }

    /// Milliseconds since 1970.
    var wallClock: Int64 { (epoch + now).milliseconds }

    private mutating func apply(_ event: ModelEvent) {
        switch event {
        case .controllerUp(let node, let incarnation): controllerUp(node, incarnation)
        case .brokerReady(let node, let incarnation): brokerReady(node, incarnation)
        case .startFails(let node, let incarnation): startFails(node, incarnation)
        case .processEnds(let node, let incarnation): processEnds(node, incarnation)
        case .sessionExpires(let node, let session): sessionExpires(node, session)
        case .elect(let epoch): electController(since: epoch)
        case .checkQuorum(let epoch): checkQuorum(epoch)
        case .recovery(let node, let generation): continueRecovery(node, generation)
        case .rebalanceLeaders: rebalanceLeaders()
        case .fault(let fault): inject(fault.kind)
        case .resume(let node, let generation): resume(node, generation)
        case .endRefusal(let node, let generation): endRefusal(node, generation)
        case .askAgain: signals.append(.askAgain)
        case .memberExpires(let group, let member): memberExpires(group, member)
        case .joinDeadline(let group, let rebalance): joinDeadline(group, rebalance)
        case .transactionExpires(let id, let serial): transactionExpires(id, serial)
        case .dropHeldView(let node, let incarnation):
            if nodes[node]?.incarnation == incarnation { nodes[node]?.heldView = nil }
        }
    }

    // MARK: The metadata log

    /// Records have been written.
    mutating func commit(records: Int64 = 1) {
        image.offset += records
        historyIsStale = true
    }

    /// The log's end: records, and the idle ones that a quiet controller writes (`metadata.max.idle.interval.ms`).
    var logEndOffset: Int64 { image.offset + (quorum.leader == nil ? 0 : now.milliseconds / 500) }

    mutating func keepHistory() {
        guard historyIsStale else { return }
        historyIsStale = false
        guard configuration.replayLag > .zero else { return }
        history.append((now, image))
        let horizon = now - configuration.replayLag
        while history.count > 1, history[1].at <= horizon { history.removeFirst() }
    }

    /// The metadata as a broker has replayed it.
    func view(of node: Int32) -> MetadataImage {
        if let held = nodes[node]?.heldView { return held }
        guard configuration.replayLag > .zero else { return image }
        let horizon = now - configuration.replayLag
        return history.last { $0.at <= horizon }?.image ?? history.first?.image ?? image
    }

    mutating func record(_ effect: Ledger.Effect, on node: Int32) {
        ledger.append(effect, node: node, at: now, cause: cause)
    }

    /// Notes what was asked for, whatever comes of it.
    mutating func note(asked words: String, of node: Int32) { record(.asked(words), on: node) }

    // MARK: Partitions

    var activeController: Int32? {
        guard let leader = quorum.leader, let node = nodes[leader], node.isControllerUp, !node.isFrozen else {
            return nil
        }
        return leader
    }

    func minInsyncReplicas(of topic: String) -> Int {
        let own = image.topics[topic]?.configs["min.insync.replicas"]
        let text = own ?? image.brokerConfigs[""]?["min.insync.replicas"]
        return text.flatMap { Int($0) } ?? configuration.minInsyncReplicas
    }

    /// The rule for a partition of a topic, as the cluster stands.
    func partitionRule(for topic: String) -> PartitionChange {
        // The set and not the image: holding a second reference to it would make the next change copy it.
        let active = Set(image.brokers.values.filter(\.isActive).map(\.id))
        return PartitionChange(
            isActive: { active.contains($0) }, usesELR: image.usesELR, minInsyncReplicas: minInsyncReplicas(of: topic))
    }

    func allowsUncleanElection(_ topic: String) -> Bool {
        let name = "unclean.leader.election.enable"
        return (image.topics[topic]?.configs[name] ?? image.brokerConfigs[""]?[name]) == "true"
    }

    /// Writes a partition's next state, and lets the logs and the ledger follow.
    mutating func set(_ key: PartitionKey, to new: PartitionImage, actor: Int32) {
        guard let old = image.partition(key), new != old, let topic = image.topics[key.topic] else { return }
        image.topics[key.topic]?.partitions[key.partition] = new
        commit()
        let isUnclean = new.leader != -1 && !old.isr.contains(new.leader) && !old.elr.contains(new.leader)
        updateLog(topic.id, key, old, new)
        if new.leader != old.leader {
            record(
                new.leader == -1 ? .leaderLost(key) : .leaderElected(key, leader: new.leader, unclean: isUnclean),
                on: actor)
        }
        if old.isr.contains(where: { !new.isr.contains($0) }) { record(.isrShrunk(key, isr: new.isr), on: actor) }
        if new.isr.contains(where: { !old.isr.contains($0) }) { record(.isrExpanded(key, isr: new.isr), on: actor) }
        if old.isReassigning, !new.isReassigning {
            record(.reassignmentFinished(key, replicas: new.replicas), on: actor)
        }
    }

    private mutating func updateLog(
        _ topic: KafkaUUID, _ key: PartitionKey, _ old: PartitionImage, _ new: PartitionImage
    ) {
        guard var log = log(key) else { return }
        if new.leader != -1 { log.truncate(toEndOf: new.leader, at: now) }
        if new.leaderEpoch != old.leaderEpoch { log.beginEpoch(new.leaderEpoch, at: now) }
        for replica in old.isr where !new.isr.contains(replica) && new.replicas.contains(replica) {
            log.leaveSync(replica, at: now)
        }
        for replica in new.isr where !old.isr.contains(replica) { log.joinSync(replica) }
        for replica in new.replicas where !old.replicas.contains(replica) && !new.isr.contains(replica) {
            log.addEmptyReplica(replica)
        }
        for replica in old.replicas where !new.replicas.contains(replica) { log.removeReplica(replica) }
        log.settle(at: now, isWritable: isWritable(new, key.topic))
        logs[topic]?[key.partition] = log
    }

    func isWritable(_ partition: PartitionImage, _ topic: String) -> Bool {
        let needed = min(minInsyncReplicas(of: topic), partition.replicas.count)
        return serves(partition.leader) && partition.isr.count >= needed
    }

    /// Whether a leader really takes and gives data: a killed or hung one is listed until its session ends.
    func serves(_ leader: Int32) -> Bool {
        guard let node = nodes[leader] else { return false }
        return node.isAlive && !node.isFrozen
    }

    /// After a process has ended, hung or gone on: which logs are written to.
    mutating func settleAllLogs() {
        for topic in image.topics.keys { settleLogs(of: topic) }
    }

    /// After a change of `min.insync.replicas`: which logs are written to.
    mutating func settleLogs(of topic: String) {
        guard let state = image.topics[topic] else { return }
        for (index, partition) in state.partitions.enumerated() where logs[state.id]?.indices.contains(index) ?? false {
            let writable = isWritable(partition, topic)
            logs[state.id]?[index].settle(at: now, isWritable: writable)
        }
    }

    func log(_ key: PartitionKey) -> PartitionLog? {
        guard let topic = image.topics[key.topic], let log = logs[topic.id], log.indices.contains(key.partition) else {
            return nil
        }
        return log[key.partition]
    }
}
