import KafkaWire

/// What a group committed for a partition.
struct CommittedOffset: Sendable, Hashable {
    var offset: Int64
    /// -1 for unknown.
    var leaderEpoch: Int32
    var metadata: String
}

/// A member of a group that balances itself with JoinGroup and SyncGroup.
struct ClassicMember: Sendable {
    let id: String
    var instanceID: String?
    var clientID: String
    var sessionTimeout: Duration
    var rebalanceTimeout: Duration
    /// In the member's order of preference.
    var protocols: [JoinGroupRequest.ProtocolOffer]
    var assignment: [UInt8] = []
    /// Whether its JoinGroup waits for the others.
    var isJoining = false
    var hasSynced = false
    /// What its JoinGroup is to be answered, once the others are there.
    var joinAnswer: JoinGroupResponse?
    /// When it counts as gone unless it is heard.
    var deadline: Duration = .zero

    func metadata(for name: String) -> [UInt8] { protocols.first { $0.name == name }?.metadata ?? [] }
}

/// A group of consumers, or of anything else that shares work, as its coordinator has it.
struct GroupState: Sendable {
    enum Kind: String, Sendable {
        case classic
        case consumer
        /// Its members share partitions (KIP-932).
        case share
        /// A streams application (KIP-1071).
        case streams
    }

    enum Phase: String, Sendable {
        case empty = "Empty"
        case preparing = "PreparingRebalance"
        case completing = "CompletingRebalance"
        case stable = "Stable"
    }

    let id: String
    var kind = Kind.classic
    /// Partitions that were committed; those that a transaction commits wait for its end, by producer id.
    var offsets: [PartitionKey: CommittedOffset] = [:]
    var pendingOffsets: [Int64: [PartitionKey: CommittedOffset]] = [:]

    // Groups of the classic protocol.
    var phase = Phase.empty
    var generation: Int32 = 0
    /// Empty for a group that only commits.
    var protocolType = ""
    var protocolName: String?
    var leader: String?
    var members: [String: ClassicMember] = [:]
    /// Ids in the order in which members came.
    var order: [String] = []
    /// Ids that have been given out and whose owners have not come back with them.
    var pending: Set<String> = []
    /// Counts rebalances, so that the deadline of an earlier one is known as stale.
    var rebalance = 0
    /// Whether an empty group waits for more members.
    var isGathering = false

    // Groups of the consumer protocol (KIP-848).
    var consumers = ConsumerMembership()
    var shares = ShareMembership()
    var streams = StreamsMembership()

    init(id: String) { self.id = id }

    var isEmpty: Bool {
        switch kind {
        case .classic: members.isEmpty
        case .consumer: consumers.members.isEmpty
        case .share: shares.members.isEmpty
        case .streams: streams.tasks.members.isEmpty
        }
    }

    /// As tools show it.
    var stateName: String {
        switch kind {
        case .classic: phase.rawValue
        case .consumer: consumers.stateName
        case .share: shares.stateName
        case .streams: streams.stateName
        }
    }

    /// What ListGroups calls the protocol.
    var listedProtocol: String {
        switch kind {
        case .classic: protocolType
        case .consumer: ConsumerProtocol.protocolType
        case .share, .streams: kind.rawValue
        }
    }

    func hasPendingOffset(_ key: PartitionKey) -> Bool { pendingOffsets.values.contains { $0[key] != nil } }

    /// The id of a static member.
    func member(instance: String) -> String? { order.first { members[$0]?.instanceID == instance } }

    /// What is wrong with who says to be a member; nil when nothing is.
    func problem(member: String, instance: String?) -> KafkaErrorCode? {
        if let instance {
            guard let known = self.member(instance: instance) else { return .unknownMemberId }
            return known == member ? nil : .fencedInstanceId
        }
        return members[member] == nil ? .unknownMemberId : nil
    }

    /// Whether a member that offers these can be in the group.
    func supports(_ type: String, _ names: [String]) -> Bool {
        guard !type.isEmpty, !names.isEmpty else { return false }
        if members.isEmpty { return true }
        return type == protocolType
            && names.contains { name in
                members.values.allSatisfy { $0.protocols.contains { $0.name == name } }
            }
    }

    /// The protocol that most members like best among those that all have.
    func electedProtocol() -> String? {
        let common = order.first.flatMap { members[$0] }?.protocols.map(\.name).filter { name in
            members.values.allSatisfy { $0.protocols.contains { $0.name == name } }
        }
        guard let common, !common.isEmpty else { return nil }
        var votes: [String: Int] = [:]
        for member in members.values {
            if let vote = member.protocols.first(where: { common.contains($0.name) }) {
                votes[vote.name, default: 0] += 1
            }
        }
        return common.max { votes[$0] ?? 0 < votes[$1] ?? 0 }
    }

    mutating func remove(_ member: String) {
        members[member] = nil
        order.removeAll { $0 == member }
        pending.remove(member)
        if leader == member { leader = order.first }
    }

    /// The topics that the members read; nil when they cannot be known.
    var subscribedTopics: Set<String>? {
        switch kind {
        case .classic: break
        case .consumer: return Set(consumers.members.values.flatMap(\.topics))
        case .share: return shares.subscribedTopics
        case .streams: return isEmpty ? [] : streams.subscribedTopics
        }
        if members.isEmpty { return [] }
        guard protocolType == ConsumerProtocol.protocolType, let protocolName else { return nil }
        var topics: Set<String> = []
        for member in members.values {
            guard let subscription = try? ConsumerProtocol.subscription(member.metadata(for: protocolName)) else {
                return nil
            }
            topics.formUnion(subscription.topics)
        }
        return topics
    }
}
