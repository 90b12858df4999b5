import KafkaWire

// ShareGroupHeartbeat (76) and ShareGroupDescribe (77). To the group's coordinator (KIP-932); from 4.1 on where
// `share.version` is 1, which 4.2 sets by itself.
//
// Behaviour: epoch 0 joins, -1 leaves. A partition may be read by several members.

extension ClusterModel {
    /// Brokers' `group.share.session.timeout.ms` and `group.share.heartbeat.interval.ms`.
    private static let shareSession: Duration = .seconds(45)
    private static let shareInterval: Int32 = 5_000

    /// Why a group's coordinator says no, in Kafka's words.
    struct GroupProblem: Error {
        let code: KafkaErrorCode
        let message: String?

        init(_ code: KafkaErrorCode, _ message: String? = nil) {
            self.code = code
            self.message = message
        }
    }

    var hasShareGroups: Bool { image.features[Feature.shareVersion] ?? 0 >= 1 }

    mutating func shareGroupHeartbeat(
        _ request: ShareGroupHeartbeatRequest, _ call: Call
    ) -> ShareGroupHeartbeatResponse {
        do throws(GroupProblem) {
            return try shareHeartbeat(request, call)
        } catch {
            return ShareGroupHeartbeatResponse(errorCode: error.code, errorMessage: error.message)
        }
    }

    private mutating func shareHeartbeat(
        _ request: ShareGroupHeartbeatRequest, _ call: Call
    ) throws(GroupProblem) -> ShareGroupHeartbeatResponse {
        guard hasShareGroups else { throw GroupProblem(.unsupportedVersion) }
        let id = request.groupId
        guard allows(.read, .group, id) else { throw GroupProblem(.groupAuthorizationFailed) }
        if let topics = request.subscribedTopicNames, !topics.allSatisfy({ allows(.describe, .topic, $0) }) {
            throw GroupProblem(.topicAuthorizationFailed)
        }
        try checkShape(request)
        if let code = coordinatorProblem(id, call) { throw GroupProblem(code) }
        if request.memberEpoch == 0 { _ = becomes(.share, id) }
        guard let group = groups[id], group.kind == .share else {
            throw GroupProblem(.groupIdNotFound, unheard(.share, id, request.memberEpoch))
        }
        createInternalTopic(Self.shareStateTopic)
        if request.memberEpoch < 0 {
            guard group.shares.members[request.memberId] != nil else {
                throw GroupProblem(.unknownMemberId, "Member \(request.memberId) is not a member of group \(id).")
            }
            removeSharer(request.memberId, from: id)
            return ShareGroupHeartbeatResponse(memberId: request.memberId, memberEpoch: request.memberEpoch)
        }
        try hear(request, call)
        let hasChanged = groups[id]?.shares.reconcile(request.memberId) ?? false
        let member = groups[id]?.shares.members[request.memberId]
        let isFull = request.memberEpoch == 0 || request.subscribedTopicNames != nil || hasChanged
        return ShareGroupHeartbeatResponse(
            memberId: request.memberId, memberEpoch: member?.epoch ?? 0, heartbeatIntervalMs: Self.shareInterval,
            assignment: isFull
                ? .init(
                    topicPartitions: byTopic(member?.assigned ?? []).map {
                        .init(topicId: $0.id, partitions: $0.partitions)
                    })
                : nil)
    }

    private func checkShape(_ request: ShareGroupHeartbeatRequest) throws(GroupProblem) {
        func refuse(_ message: String) -> GroupProblem { GroupProblem(.invalidRequest, message) }
        if request.memberId.isEmpty { throw GroupProblem(.invalidRequest) }
        if request.groupId.isEmpty { throw refuse("GroupId can't be empty.") }
        if request.rackId?.isEmpty ?? false { throw refuse("RackId can't be empty.") }
        if request.memberEpoch < -1 { throw refuse("MemberEpoch is invalid.") }
        if request.memberEpoch == 0, request.subscribedTopicNames?.isEmpty ?? true {
            throw refuse("SubscribedTopicNames must be set in first request.")
        }
    }

    /// The member that sent this, known from now on, with its session renewed.
    private mutating func hear(_ request: ShareGroupHeartbeatRequest, _ call: Call) throws(GroupProblem) {
        let id = request.groupId
        let name = request.memberId
        guard var shares = groups[id]?.shares else { throw GroupProblem(.groupIdNotFound) }
        let isNew = shares.members[name] == nil
        if request.memberEpoch == 0 {
            if isNew { shares.members[name] = ShareMember(id: name) }
        } else {
            guard let member = shares.members[name] else {
                throw GroupProblem(.unknownMemberId, "Member \(name) is not a member of group \(id).")
            }
            guard request.memberEpoch == member.epoch || request.memberEpoch == member.previousEpoch else {
                throw fencedEpoch("share", request.memberEpoch, known: member.epoch)
            }
        }
        shares.members[name]?.clientID = call.clientID
        if let rack = request.rackId { shares.members[name]?.rackID = rack }
        var isChanged = isNew
        if let topics = request.subscribedTopicNames, topics != shares.members[name]?.topics {
            shares.members[name]?.topics = topics
            isChanged = true
        }
        let topics = image.topics
        shares.retarget(membersChanged: isChanged) { topics[$0]?.partitions.count ?? 0 }
        let hadSession = shares.members[name]?.deadline ?? .zero > now
        shares.members[name]?.deadline = now + Self.shareSession
        groups[id]?.shares = shares
        if !hadSession { queue.add(.memberExpires(group: id, member: name), at: now + Self.shareSession) }
    }

    func fencedEpoch(_ kind: String, _ claimed: Int32, known: Int32) -> GroupProblem {
        GroupProblem(
            .fencedMemberEpoch,
            "The \(kind) group member has a \(claimed > known ? "greater" : "smaller") member epoch (\(claimed)) than the "
                + "one known by the group coordinator (\(known)). The member must abandon all its partitions and rejoin."
        )
    }

    private mutating func removeSharer(_ member: String, from id: String) {
        groups[id]?.shares.members[member] = nil
        let topics = image.topics
        groups[id]?.shares.retarget(membersChanged: true) { topics[$0]?.partitions.count ?? 0 }
        for key in groups[id]?.shares.positions.keys.sorted() ?? [] {
            groups[id]?.shares.positions[key]?.flight.release(member)
        }
        signals.append(.askAgain)
    }

    mutating func sharerExpires(_ id: String, _ member: String) {
        guard let deadline = groups[id]?.shares.members[member]?.deadline else { return }
        if deadline > now { return queue.add(.memberExpires(group: id, member: member), at: deadline) }
        removeSharer(member, from: id)
    }

    // MARK: Describing

    func shareGroupDescribe(_ request: ShareGroupDescribeRequest, _ call: Call) -> ShareGroupDescribeResponse {
        ShareGroupDescribeResponse(
            groups: request.groupIds.map { id in
                var result = ShareGroupDescribeResponse.Group(groupId: id)
                if !hasShareGroups {
                    result.errorCode = .unsupportedVersion
                } else if !allows(.describe, .group, id) {
                    result.errorCode = .groupAuthorizationFailed
                } else if let code = coordinatorProblem(id, call) {
                    result.errorCode = code
                } else if let group = groups[id], group.kind == .share {
                    describe(group, &result, request, call)
                } else {
                    result.errorCode = .groupIdNotFound
                    result.errorMessage = notOfKind(.share, id)
                }
                return result
            })
    }

    private func describe(
        _ group: GroupState, _ result: inout ShareGroupDescribeResponse.Group, _ request: ShareGroupDescribeRequest,
        _ call: Call
    ) {
        guard group.shares.subscribedTopics.allSatisfy({ allows(.describe, .topic, $0) }) else {
            result.errorCode = .topicAuthorizationFailed
            result.errorMessage = KafkaWords.hiddenTopics
            return
        }
        result.groupState = group.stateName
        result.groupEpoch = group.shares.epoch
        result.assignmentEpoch = group.shares.epoch
        result.assignorName = ShareMembership.assignor
        if request.includeAuthorizedOperations { result.authorizedOperations = groupOperations(group.id, call) }
        result.members = group.shares.members.values.sorted { $0.id < $1.id }.map { member in
            .init(
                memberId: member.id, rackId: member.rackID, memberEpoch: member.epoch, clientId: member.clientID,
                clientHost: ClientSession.host, subscribedTopicNames: member.topics,
                assignment: .init(
                    topicPartitions: byTopic(member.assigned).map {
                        .init(topicId: $0.id, topicName: $0.name, partitions: $0.partitions)
                    }))
        }
    }

    // MARK: What groups are

    /// Makes a group of this kind where there is none, or where there is an empty one of the classic protocol.
    ///
    /// - Returns: whether the group is of this kind now.
    mutating func becomes(_ kind: GroupState.Kind, _ id: String) -> Bool {
        if let group = groups[id] {
            if group.kind == kind { return true }
            guard group.kind == .classic, group.isEmpty else { return false }
        }
        groups[id] = GroupState(id: id)
        groups[id]?.kind = kind
        return true
    }

    /// The same for who says to be a member of it.
    func unheard(_ kind: GroupState.Kind, _ id: String, _ epoch: Int32) -> String {
        guard groups[id] == nil, epoch > 0 else { return notOfKind(kind, id) }
        return "\(kind == .share ? "Share" : "Streams") group \(id) not found."
    }

    func notOfKind(_ kind: GroupState.Kind, _ id: String) -> String {
        groups[id] == nil ? "Group \(id) not found." : "Group \(id) is not a \(kind.rawValue) group."
    }
}
