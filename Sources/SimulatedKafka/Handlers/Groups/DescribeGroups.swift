import KafkaWire

// ListGroups (16) of every broker, DescribeGroups (15), DeleteGroups (42) of the coordinator.

extension ClusterModel {
    private func groupsHere(_ call: Call) -> [GroupState] {
        let view = view(of: call.node)
        return groups.values.filter { coordinator(of: $0.id, in: Self.offsetsTopic, view) == call.node }
            .sorted { $0.id < $1.id }
    }

    /// Version notes: v4 filters by state, v5 by type; an unknown state or type finds nothing.
    func listGroups(_ request: ListGroupsRequest, _ call: Call) -> ListGroupsResponse {
        let states = Set(request.statesFilter.map { $0.lowercased() })
        let types = Set(request.typesFilter.map { $0.lowercased() })
        let seesAll = allowsOnCluster(.describe)
        return ListGroupsResponse(
            groups: groupsHere(call).filter { group in
                (states.isEmpty || states.contains(group.stateName.lowercased()))
                    && (types.isEmpty || types.contains(group.kind.rawValue.lowercased()))
                    && (seesAll || allows(.describe, .group, group.id))
            }.map { group in
                ListGroupsResponse.Group(
                    groupId: group.id,
                    protocolType: group.listedProtocol,
                    groupState: group.stateName, groupType: group.kind.rawValue)
            })
    }

    /// Version notes: up to v5 a group that does not exist is dead, from v6 on an error.
    func describeGroups(_ request: DescribeGroupsRequest, _ call: Call) -> DescribeGroupsResponse {
        DescribeGroupsResponse(groups: request.groups.map { describe($0, request, call) })
    }

    private func describe(
        _ id: String, _ request: DescribeGroupsRequest, _ call: Call
    ) -> DescribeGroupsResponse.Group {
        var result = DescribeGroupsResponse.Group(groupId: id)
        if !allows(.describe, .group, id) {
            result.errorCode = .groupAuthorizationFailed
            return result
        }
        if let code = coordinatorProblem(id, call) {
            result.errorCode = code
            return result
        }
        let operations = groupOperations(id, call)
        guard let group = groups[id], group.kind == .classic else {
            result.groupState = "Dead"
            if call.version < 6, request.includeAuthorizedOperations { result.authorizedOperations = operations }
            if call.version >= 6 {
                result.errorCode = .groupIdNotFound
                result.errorMessage =
                    groups[id] == nil ? "Group \(id) not found." : "Group \(id) is not a classic group."
            }
            return result
        }
        if request.includeAuthorizedOperations { result.authorizedOperations = operations }
        result.groupState = group.stateName
        result.protocolType = group.protocolType
        let chosen = group.phase == .stable ? group.protocolName : nil
        result.protocolData = chosen ?? ""
        result.members = group.order.compactMap { group.members[$0] }.map { member in
            DescribeGroupsResponse.Member(
                memberId: member.id, groupInstanceId: member.instanceID, clientId: member.clientID,
                clientHost: ClientSession.host, memberMetadata: chosen.map { member.metadata(for: $0) } ?? [],
                memberAssignment: chosen == nil ? [] : member.assignment)
        }
        return result
    }

    /// Before groups had configurations there was less to be allowed.
    func groupOperations(_ id: String, _ call: Call) -> Int32 {
        authorizedOperations(
            call.release.hasGroupConfigs ? AuthorizedOperations.group : AuthorizedOperations.oldGroup, .group, id)
    }

    mutating func deleteGroups(_ request: DeleteGroupsRequest, _ call: Call) -> DeleteGroupsResponse {
        var response = DeleteGroupsResponse()
        for id in request.groupsNames {
            let code = deleteProblem(group: id, call)
            if code == nil { dropGroup(id, on: call.node) }
            response.results.append(.init(groupId: id, errorCode: code ?? .none))
        }
        return response
    }

    private func deleteProblem(group id: String, _ call: Call) -> KafkaErrorCode? {
        if !allows(.delete, .group, id) { return .groupAuthorizationFailed }
        if let code = coordinatorProblem(id, call) { return code }
        guard let group = groups[id] else { return .groupIdNotFound }
        return group.isEmpty ? nil : .nonEmptyGroup
    }
}
