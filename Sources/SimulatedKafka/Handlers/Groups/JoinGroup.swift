import KafkaWire

// JoinGroup (11) and SyncGroup (14). To the group's coordinator.
//
// Behaviour: a member without an id is given one and told to come again with it (from v4 on); who joins waits until every
// member has joined or the time is up; who syncs waits for the leader's assignment. A static member that comes again keeps
// its place, and fences the one before.
//
// Version notes: v5 static members, v7 names the protocol's type, v9 can tell a leader not to assign anew.

extension ClusterModel {
    /// Brokers' `group.min.session.timeout.ms` and `group.max.session.timeout.ms`.
    private static let sessionTimeouts: ClosedRange<Int32> = 6_000...1_800_000

    mutating func joinGroup(_ request: JoinGroupRequest, _ call: Call) -> JoinGroupResponse? {
        if let held = session.heldMember { return heldJoin(held, request, call) }
        if let code = joinProblem(request, call) { return refusedJoin(request, code, call) }
        let id = request.groupId
        guard groups[id] != nil || request.memberId.isEmpty else {
            return refusedJoin(request, .unknownMemberId, call)
        }
        let group = groups[id] ?? GroupState(id: id)
        switch group.kind {
        case .classic: break
        case .consumer: if !group.isEmpty { return refusedJoin(request, .inconsistentGroupProtocol, call) }
        case .share, .streams: return refusedJoin(request, .inconsistentGroupProtocol, call)
        }
        guard group.supports(request.protocolType, request.protocols.map(\.name)) else {
            return refusedJoin(request, .inconsistentGroupProtocol, call)
        }
        if groups[id] == nil {
            groups[id] = group
            if call.release.logsNewGroups { logGroup(id, on: call.node) }
        }
        if groups[id]?.kind == .consumer { groups[id]?.kind = .classic }
        if request.memberId.isEmpty { return joinAsNew(request, call) }
        return joinAsKnown(request, call)
    }

    private func joinProblem(_ request: JoinGroupRequest, _ call: Call) -> KafkaErrorCode? {
        if !allows(.read, .group, request.groupId) { return .groupAuthorizationFailed }
        if request.groupId.isEmpty { return .invalidGroupId }
        if let code = coordinatorProblem(request.groupId, call) { return code }
        return Self.sessionTimeouts.contains(request.sessionTimeoutMs) ? nil : .invalidSessionTimeout
    }

    private func refusedJoin(
        _ request: JoinGroupRequest, _ code: KafkaErrorCode, member: String? = nil, _ call: Call
    ) -> JoinGroupResponse {
        JoinGroupResponse(
            errorCode: code, protocolName: call.version >= 7 ? nil : "", memberId: member ?? request.memberId)
    }

    /// A request that has been waiting.
    private mutating func heldJoin(
        _ id: String, _ request: JoinGroupRequest, _ call: Call
    ) -> JoinGroupResponse? {
        guard let member = groups[request.groupId]?.members[id] else {
            let code: KafkaErrorCode = request.groupInstanceId == nil ? .unknownMemberId : .fencedInstanceId
            return refusedJoin(request, code, call)
        }
        guard let answer = member.joinAnswer else {
            return member.isJoining ? nil : refusedJoin(request, .rebalanceInProgress, call)
        }
        groups[request.groupId]?.members[id]?.joinAnswer = nil
        return answer
    }

    private mutating func joinAsNew(_ request: JoinGroupRequest, _ call: Call) -> JoinGroupResponse? {
        let id = request.groupId
        if let instance = request.groupInstanceId {
            if let old = groups[id]?.member(instance: instance) { return replaceStatic(old, request, call) }
            return add(memberID(instance), request, call)
        }
        let member = memberID(call.clientID)
        guard call.version >= 4 else { return add(member, request, call) }
        groups[id]?.pending.insert(member)
        queue.add(
            .memberExpires(group: id, member: member), at: now + .milliseconds(Int64(request.sessionTimeoutMs)))
        return refusedJoin(request, .memberIdRequired, member: member, call)
    }

    private mutating func joinAsKnown(_ request: JoinGroupRequest, _ call: Call) -> JoinGroupResponse? {
        let id = request.groupId
        let name = request.memberId
        if request.groupInstanceId == nil, groups[id]?.pending.contains(name) ?? false {
            groups[id]?.pending.remove(name)
            return add(name, request, call)
        }
        guard let group = groups[id] else { return refusedJoin(request, .unknownMemberId, call) }
        if let code = group.problem(member: name, instance: request.groupInstanceId) {
            return refusedJoin(request, code, call)
        }
        let isSame = group.members[name]?.protocols == request.protocols
        switch group.phase {
        case .stable where isSame && group.leader != name, .completing where isSame:
            renew(name, in: id)
            return group.joinAnswer(for: name)
        default:
            update(name, request, call)
            if group.phase == .preparing { tryToCompleteJoin(id) } else { prepareRebalance(id) }
            return heldOrAnswered(name, request, call)
        }
    }

    private mutating func add(_ name: String, _ request: JoinGroupRequest, _ call: Call) -> JoinGroupResponse? {
        let id = request.groupId
        if groups[id]?.members.isEmpty ?? true { groups[id]?.protocolType = request.protocolType }
        groups[id]?.members[name] = ClassicMember(
            id: name, instanceID: request.groupInstanceId, clientID: call.clientID, sessionTimeout: .zero,
            rebalanceTimeout: .zero, protocols: [])
        groups[id]?.order.append(name)
        if groups[id]?.leader == nil { groups[id]?.leader = name }
        update(name, request, call)
        if groups[id]?.phase == .preparing { tryToCompleteJoin(id) } else { prepareRebalance(id) }
        return heldOrAnswered(name, request, call)
    }

    private mutating func update(_ name: String, _ request: JoinGroupRequest, _ call: Call) {
        let session = Duration.milliseconds(Int64(request.sessionTimeoutMs))
        let rebalance =
            call.version >= 1 && request.rebalanceTimeoutMs > 0
            ? Duration.milliseconds(Int64(request.rebalanceTimeoutMs)) : session
        let id = request.groupId
        groups[id]?.members[name]?.sessionTimeout = session
        groups[id]?.members[name]?.rebalanceTimeout = rebalance
        groups[id]?.members[name]?.protocols = request.protocols
        groups[id]?.members[name]?.clientID = call.clientID
        groups[id]?.members[name]?.isJoining = true
        groups[id]?.members[name]?.joinAnswer = nil
        renew(name, in: id)
    }

    private mutating func heldOrAnswered(
        _ name: String, _ request: JoinGroupRequest, _ call: Call
    ) -> JoinGroupResponse? {
        session.heldMember = name
        return heldJoin(name, request, call)
    }

    /// A static member has come again, without its old id.
    private mutating func replaceStatic(
        _ old: String, _ request: JoinGroupRequest, _ call: Call
    ) -> JoinGroupResponse? {
        let id = request.groupId
        guard var group = groups[id], var member = group.members[old], let instance = request.groupInstanceId else {
            return refusedJoin(request, .unknownMemberId, call)
        }
        let name = memberID(instance)
        let wasLeader = group.leader == old
        let chosen = group.protocolName ?? ""
        let isSame = request.protocols.first { $0.name == chosen }?.metadata == member.metadata(for: chosen)
        member = ClassicMember(
            id: name, instanceID: instance, clientID: call.clientID, sessionTimeout: member.sessionTimeout,
            rebalanceTimeout: member.rebalanceTimeout, protocols: member.protocols, assignment: member.assignment,
            hasSynced: member.hasSynced)
        group.order = group.order.map { $0 == old ? name : $0 }
        group.members[old] = nil
        group.members[name] = member
        if wasLeader { group.leader = name }
        groups[id] = group
        update(name, request, call)
        guard group.phase == .stable, isSame else {
            if group.phase == .preparing { tryToCompleteJoin(id) } else { prepareRebalance(id) }
            return heldOrAnswered(name, request, call)
        }
        groups[id]?.members[name]?.isJoining = false
        logGroup(id, on: call.node)
        var answer = groups[id]?.joinAnswer(for: name)
        if wasLeader, call.version >= 9 {
            answer?.skipAssignment = true
        } else if wasLeader {
            // Older clients cannot be told; with the former leader's id they take themselves for a follower.
            answer?.leader = old
            answer?.members = []
        }
        return answer
    }

    // MARK: SyncGroup

    mutating func syncGroup(_ request: SyncGroupRequest, _ call: Call) -> SyncGroupResponse? {
        func refused(_ code: KafkaErrorCode) -> SyncGroupResponse { SyncGroupResponse(errorCode: code) }
        if !allows(.read, .group, request.groupId) { return refused(.groupAuthorizationFailed) }
        if request.groupId.isEmpty { return refused(.invalidGroupId) }
        if let code = coordinatorProblem(request.groupId, call) { return refused(code) }
        guard let group = groups[request.groupId], group.kind == .classic else { return refused(.unknownMemberId) }
        if let code = group.problem(member: request.memberId, instance: request.groupInstanceId) {
            return refused(code)
        }
        if group.phase == .preparing { return refused(.rebalanceInProgress) }
        guard request.generationId == group.generation else { return refused(.illegalGeneration) }
        if let type = request.protocolType, type != group.protocolType { return refused(.inconsistentGroupProtocol) }
        if let name = request.protocolName, name != group.protocolName { return refused(.inconsistentGroupProtocol) }
        groups[group.id]?.members[request.memberId]?.hasSynced = true
        if group.phase == .completing {
            guard request.memberId == group.leader else { return nil }
            for assignment in request.assignments {
                groups[group.id]?.members[assignment.memberId]?.assignment = assignment.assignment
            }
            groups[group.id]?.phase = .stable
            logGroup(group.id, on: call.node)
            signals.append(.askAgain)
        }
        renew(request.memberId, in: group.id)
        return SyncGroupResponse(
            protocolType: call.version >= 5 ? group.protocolType : nil,
            protocolName: call.version >= 5 ? group.protocolName : nil,
            assignment: groups[group.id]?.members[request.memberId]?.assignment ?? [])
    }
}
