import KafkaWire

// Which handler answers what groups are asked, and Heartbeat (12) and LeaveGroup (13).

extension ClusterModel {
    mutating func dispatchGroups(
        _ payload: [UInt8], _ header: RequestFrame.Header, _ call: Call
    ) -> SimulatedOutcome {
        switch header.apiKey {
        case .findCoordinator: respond(payload, header, call) { $0.findCoordinator($1, $2) }
        case .joinGroup: respondInTime(payload, header, call) { $0.joinGroup($1, $2) }
        case .syncGroup: respondInTime(payload, header, call) { $0.syncGroup($1, $2) }
        case .heartbeat: respond(payload, header, call) { $0.heartbeat($1, $2) }
        case .leaveGroup: respond(payload, header, call) { $0.leaveGroup($1, $2) }
        case .offsetCommit: respond(payload, header, call) { $0.offsetCommit($1, $2) }
        case .offsetFetch: respond(payload, header, call) { $0.offsetFetch($1, $2) }
        case .offsetDelete: respond(payload, header, call) { $0.offsetDelete($1, $2) }
        case .listGroups: respond(payload, header, call) { $0.listGroups($1, $2) }
        case .describeGroups: respond(payload, header, call) { $0.describeGroups($1, $2) }
        case .deleteGroups: respond(payload, header, call) { $0.deleteGroups($1, $2) }
        case .consumerGroupHeartbeat: respond(payload, header, call) { $0.consumerGroupHeartbeat($1, $2) }
        case .consumerGroupDescribe: respond(payload, header, call) { $0.consumerGroupDescribe($1, $2) }
        case .shareGroupHeartbeat: respond(payload, header, call) { $0.shareGroupHeartbeat($1, $2) }
        case .shareGroupDescribe: respond(payload, header, call) { $0.shareGroupDescribe($1, $2) }
        case .shareFetch: respondInTime(payload, header, call) { $0.shareFetch($1, $2) }
        case .shareAcknowledge: respond(payload, header, call) { $0.shareAcknowledge($1, $2) }
        case .describeShareGroupOffsets: respond(payload, header, call) { $0.describeShareGroupOffsets($1, $2) }
        case .alterShareGroupOffsets: respond(payload, header, call) { $0.alterShareGroupOffsets($1, $2) }
        case .deleteShareGroupOffsets: respond(payload, header, call) { $0.deleteShareGroupOffsets($1, $2) }
        case .streamsGroupHeartbeat: respond(payload, header, call) { $0.streamsGroupHeartbeat($1, $2) }
        case .streamsGroupDescribe: respond(payload, header, call) { $0.streamsGroupDescribe($1, $2) }
        default: dispatchTransactions(payload, header, call)
        }
    }

    mutating func heartbeat(_ request: HeartbeatRequest, _ call: Call) -> HeartbeatResponse {
        HeartbeatResponse(errorCode: heartbeatProblem(request, call) ?? .none)
    }

    private mutating func heartbeatProblem(_ request: HeartbeatRequest, _ call: Call) -> KafkaErrorCode? {
        if !allows(.read, .group, request.groupId) { return .groupAuthorizationFailed }
        if request.groupId.isEmpty { return .invalidGroupId }
        if let code = coordinatorProblem(request.groupId, call) { return code }
        guard let group = groups[request.groupId], group.kind == .classic else { return .unknownMemberId }
        if let code = group.problem(member: request.memberId, instance: request.groupInstanceId) { return code }
        if group.phase == .empty { return .unknownMemberId }
        guard request.generationId == group.generation else { return .illegalGeneration }
        renew(request.memberId, in: group.id)
        return group.phase == .preparing ? .rebalanceInProgress : nil
    }

    /// Version notes: from v3 on several members leave at once, each with a result.
    mutating func leaveGroup(_ request: LeaveGroupRequest, _ call: Call) -> LeaveGroupResponse {
        func refused(_ code: KafkaErrorCode) -> LeaveGroupResponse { LeaveGroupResponse(errorCode: code) }
        if !allows(.read, .group, request.groupId) { return refused(.groupAuthorizationFailed) }
        if request.groupId.isEmpty { return refused(.invalidGroupId) }
        if let code = coordinatorProblem(request.groupId, call) { return refused(code) }
        guard let group = groups[request.groupId] else {
            guard call.version >= 3 else { return refused(.unknownMemberId) }
            return LeaveGroupResponse(
                members: request.members.map {
                    .init(
                        memberId: $0.memberId, groupInstanceId: $0.groupInstanceId, errorCode: .unknownMemberId)
                })
        }
        guard call.version >= 3 else {
            return refused(leave(request.memberId, nil, group.id) ?? .none)
        }
        return LeaveGroupResponse(
            members: request.members.map { member in
                LeaveGroupResponse.Member(
                    memberId: member.memberId, groupInstanceId: member.groupInstanceId,
                    errorCode: leave(member.memberId, member.groupInstanceId, group.id) ?? .none)
            })
    }

    private mutating func leave(_ member: String, _ instance: String?, _ id: String) -> KafkaErrorCode? {
        guard let group = groups[id] else { return .unknownMemberId }
        if group.kind == .consumer { return leaveConsumers(member, instance, id) }
        var leaving = member
        if let instance {
            guard let known = group.member(instance: instance) else { return .unknownMemberId }
            // An administrator names the instance alone.
            if !member.isEmpty, member != known { return .fencedInstanceId }
            leaving = known
        }
        if group.pending.contains(leaving) {
            groups[id]?.pending.remove(leaving)
            tryToCompleteJoin(id)
            return nil
        }
        guard group.members[leaving] != nil else { return .unknownMemberId }
        removeMember(leaving, from: id)
        signals.append(.askAgain)
        return nil
    }
}
