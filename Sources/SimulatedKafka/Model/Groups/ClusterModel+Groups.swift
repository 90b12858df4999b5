import KafkaWire

// How groups of the classic protocol rebalance: who joins is waited for, one protocol is chosen, the leader assigns.

extension ClusterModel {
    /// A group waits this long at most for members, whatever they say.
    private static let longestRebalance: Duration = .seconds(1800)

    // MARK: Coordinators

    /// Java's `String.hashCode`, made positive as Kafka's `Utils.abs` does.
    static func partition(of key: String, in count: Int) -> Int {
        let hash = key.utf16.reduce(Int32(0)) { $0 &* 31 &+ Int32($1) }
        return hash == Int32.min ? 0 : Int(hash.magnitude) % max(1, count)
    }

    /// The leader of the partition of an internal topic that the key's hash names; nil when there is none.
    func coordinator(of key: String, in topic: String, _ view: MetadataImage) -> Int32? {
        guard let partitions = view.topics[topic]?.partitions, !partitions.isEmpty else { return nil }
        let leader = partitions[Self.partition(of: key, in: partitions.count)].leader
        return leader == -1 || view.isFenced(leader) ? nil : leader
    }

    /// NOT_COORDINATOR, unless this node is it.
    func coordinatorProblem(_ group: String, _ call: Call) -> KafkaErrorCode? {
        coordinator(of: group, in: Self.offsetsTopic, view(of: call.node)) == call.node ? nil : .notCoordinator
    }

    /// Makes an internal topic that is missing, as a broker does that is asked for a coordinator.
    mutating func createInternalTopic(_ name: String) {
        guard activeController != nil, image.topics[name] == nil else { return }
        let partitions =
            switch name {
            case Self.offsetsTopic: configuration.offsetsTopicPartitions
            case Self.shareStateTopic: configuration.shareTopicPartitions
            default: configuration.transactionTopicPartitions
            }
        let assignment = placeReplicas(
            partitions: Int(partitions), factor: defaultReplicationFactor, start: image.topics.count)
        guard !assignment.isEmpty else { return }
        createTopic(name, assignment: assignment, configs: internalTopicConfigs(name), rate: 0)
        record(.topicCreated(name), on: activeController ?? -1)
    }

    private func internalTopicConfigs(_ name: String) -> [String: String] {
        let segment = "104857600"
        let minimum = String(min(2, defaultReplicationFactor))
        switch name {
        case Self.offsetsTopic:
            return ["cleanup.policy": "compact", "segment.bytes": segment, "compression.type": "producer"]
        case Self.shareStateTopic:
            return [
                "cleanup.policy": "delete", "segment.bytes": segment, "compression.type": "producer",
                "min.insync.replicas": minimum, "retention.ms": "-1",
            ]
        default:
            return [
                "cleanup.policy": "compact", "segment.bytes": segment, "compression.type": "uncompressed",
                "min.insync.replicas": minimum, "unclean.leader.election.enable": "false",
            ]
        }
    }

    // MARK: Members

    /// A new id, as brokers make them.
    mutating func memberID(_ prefix: String) -> String { "\(prefix)-\(random.uuid().hexadecimal)" }

    /// A member has been heard: its session begins anew.
    mutating func renew(_ member: String, in group: String) {
        guard let timeout = groups[group]?.members[member]?.sessionTimeout else { return }
        let hadSession = groups[group]?.members[member]?.deadline ?? .zero > now
        groups[group]?.members[member]?.deadline = now + timeout
        if !hadSession { queue.add(.memberExpires(group: group, member: member), at: now + timeout) }
    }

    mutating func memberExpires(_ group: String, _ id: String) {
        switch groups[group]?.kind {
        case .consumer?: return consumerExpires(group, id)
        case .share?: return sharerExpires(group, id)
        case .streams?: return streamerExpires(group, id)
        case .classic?, nil: break
        }
        if groups[group]?.pending.contains(id) ?? false {
            groups[group]?.pending.remove(id)
            return tryToCompleteJoin(group)
        }
        guard let member = groups[group]?.members[id] else { return }
        // Who waits for the others cannot be heard.
        if member.isJoining {
            groups[group]?.members[id]?.deadline = now + member.sessionTimeout
            return queue.add(.memberExpires(group: group, member: id), at: now + member.sessionTimeout)
        }
        guard member.deadline <= now else {
            return queue.add(.memberExpires(group: group, member: id), at: member.deadline)
        }
        removeMember(id, from: group)
    }

    /// A member has left or has not been heard for too long.
    mutating func removeMember(_ id: String, from group: String) {
        groups[group]?.remove(id)
        guard let phase = groups[group]?.phase else { return }
        switch phase {
        case .stable, .completing: prepareRebalance(group)
        case .preparing: tryToCompleteJoin(group)
        case .empty: break
        }
    }

    // MARK: Rebalances

    mutating func prepareRebalance(_ id: String) {
        guard var group = groups[id] else { return }
        let delay = configuration.initialRebalanceDelay
        group.isGathering = group.phase == .empty && delay > .zero
        for member in group.order {
            group.members[member]?.assignment = []
            group.members[member]?.hasSynced = false
        }
        group.phase = .preparing
        group.rebalance += 1
        let patience = group.members.values.map(\.rebalanceTimeout).max() ?? .zero
        groups[id] = group
        queue.add(
            .joinDeadline(group: id, rebalance: group.rebalance),
            at: now + (group.isGathering ? delay : min(patience, Self.longestRebalance)))
        signals.append(.askAgain)
        tryToCompleteJoin(id)
    }

    /// Ends the wait for members when everybody is there.
    mutating func tryToCompleteJoin(_ id: String) {
        guard let group = groups[id], group.phase == .preparing, !group.isGathering, group.pending.isEmpty,
            group.members.values.allSatisfy(\.isJoining)
        else { return }
        completeJoin(id)
    }

    mutating func joinDeadline(_ id: String, _ rebalance: Int) {
        guard let group = groups[id], group.rebalance == rebalance else { return }
        if group.phase == .completing {
            // Members that have not come for their assignment are gone.
            let silent = group.order.filter { !(group.members[$0]?.hasSynced ?? true) }
            guard !silent.isEmpty else { return }
            for member in silent { groups[id]?.remove(member) }
            return prepareRebalance(id)
        }
        guard group.phase == .preparing else { return }
        groups[id]?.isGathering = false
        groups[id]?.pending = []
        for member in group.order where !(group.members[member]?.isJoining ?? false) {
            if group.members[member]?.instanceID == nil { groups[id]?.remove(member) }
        }
        completeJoin(id)
    }

    private mutating func completeJoin(_ id: String) {
        guard var group = groups[id] else { return }
        group.generation += 1
        record(
            .groupRebalanced(id, generation: group.generation, members: group.members.count),
            on: coordinator(of: id, in: Self.offsetsTopic, image) ?? -1)
        guard !group.members.isEmpty, let name = group.electedProtocol() else {
            group.phase = .empty
            group.protocolName = nil
            group.leader = nil
            groups[id] = group
            logGroup(id, on: coordinator(of: id, in: Self.offsetsTopic, image) ?? -1)
            return
        }
        group.protocolName = name
        group.phase = .completing
        if group.leader.map({ group.members[$0]?.isJoining ?? false }) != true {
            group.leader = group.order.first { group.members[$0]?.isJoining ?? false } ?? group.order.first
        }
        for member in group.order where group.members[member]?.isJoining ?? false {
            group.members[member]?.isJoining = false
            let answer = group.joinAnswer(for: member)
            group.members[member]?.joinAnswer = answer
        }
        let patience = group.members.values.map(\.rebalanceTimeout).max() ?? .zero
        groups[id] = group
        for member in group.order { renew(member, in: id) }
        queue.add(
            .joinDeadline(group: id, rebalance: group.rebalance), at: now + min(patience, Self.longestRebalance))
        signals.append(.askAgain)
    }

    /// A group's last offset and last member are gone.
    mutating func dropGroup(_ id: String, on node: Int32) {
        let gone = groups.removeValue(forKey: id)
        let offsets = (gone?.offsets ?? [:]).keys.map { ($0, CommittedOffset?.none) }
        logCommits(Dictionary(offsets, uniquingKeysWith: { first, _ in first }), of: id, on: node)
        let isWritten = gone?.generation ?? 0 > 0 || nodes[node]?.release.logsNewGroups ?? true
        if gone?.kind == .classic, isWritten { logGroup(id, on: node) }
        record(.groupDeleted(id), on: node)
    }

    /// Offsets of partitions that do not exist any more are nobody's.
    mutating func forgetOffsets(of topic: String) {
        for id in groups.keys {
            guard groups[id]?.offsets.keys.contains(where: { $0.topic == topic }) ?? false else { continue }
            let kept = groups[id]?.offsets.filter { $0.key.topic != topic } ?? [:]
            groups[id]?.offsets = kept
        }
        for id in groups.keys where groups[id]?.kind == .share {
            let gone = groups[id]?.shares.positions.keys.filter { $0.topic == topic } ?? []
            for key in gone { groups[id]?.shares.positions[key] = nil }
        }
    }
}

extension GroupState {
    /// What a member that has joined is told: the leader who the others are and what they want.
    func joinAnswer(for member: String) -> JoinGroupResponse {
        let name = protocolName ?? ""
        var answer = JoinGroupResponse(
            generationId: generation, protocolType: protocolType, protocolName: name, leader: leader ?? "",
            memberId: member)
        guard member == leader else { return answer }
        answer.members = order.compactMap { members[$0] }.map {
            .init(memberId: $0.id, groupInstanceId: $0.instanceID, metadata: $0.metadata(for: name))
        }
        return answer
    }
}

extension KafkaUUID {
    /// As Java writes it, with hyphens.
    var hexadecimal: String {
        func text(_ value: UInt64, _ digits: Int) -> String {
            let plain = String(value, radix: 16)
            return String(repeating: "0", count: max(0, digits - plain.count)) + plain
        }
        return text(high >> 32, 8) + "-" + text(high >> 16 & 0xFFFF, 4) + "-" + text(high & 0xFFFF, 4) + "-"
            + text(low >> 48, 4) + "-" + text(low & 0xFFFF_FFFF_FFFF, 12)
    }
}
