import KafkaWire

// FindCoordinator (10), DescribeGroups (15), ListGroups (16), ListTransactions (66), SaslHandshake (17): a cluster in which
// nobody consumes, no transaction runs and nobody has to log in.

extension ClusterModel {
    /// Version notes: v4 takes several keys.
    func findCoordinator(_ request: FindCoordinatorRequest, _ call: Call) -> FindCoordinatorResponse {
        let view = view(of: call.node)
        guard call.version >= 4 else {
            let found = coordinator(of: request.key, view)
            return FindCoordinatorResponse(
                errorCode: found.errorCode, errorMessage: found.errorMessage, nodeId: found.nodeId, host: found.host,
                port: found.port)
        }
        return FindCoordinatorResponse(
            errorMessage: nil, coordinators: request.coordinatorKeys.map { coordinator(of: $0, view) })
    }

    /// The leader of the partition of `__consumer_offsets` that the key's hash names.
    private func coordinator(of key: String, _ view: MetadataImage) -> FindCoordinatorResponse.Coordinator {
        let missing = FindCoordinatorResponse.Coordinator(
            key: key, nodeId: -1, port: -1, errorCode: .coordinatorNotAvailable,
            errorMessage: KafkaErrorCode.coordinatorNotAvailable.meaning)
        guard let partitions = view.topics[Self.offsetsTopic]?.partitions, !partitions.isEmpty else { return missing }
        // Java's String.hashCode, without its sign.
        let hash = key.utf16.reduce(Int32(0)) { $0 &* 31 &+ Int32($1) } & Int32.max
        let leader = partitions[Int(hash) % partitions.count].leader
        guard leader != -1, !view.isFenced(leader) else { return missing }
        let endpoint = endpoint(of: leader, .broker)
        return FindCoordinatorResponse.Coordinator(
            key: key, nodeId: leader, host: endpoint.host, port: Int32(clamping: endpoint.port), errorMessage: nil)
    }

    /// Version notes: up to v5 a group that does not exist is dead, from v6 on an error.
    func describeGroups(_ request: DescribeGroupsRequest, _ call: Call) -> DescribeGroupsResponse {
        DescribeGroupsResponse(
            groups: request.groups.map { group in
                guard call.version >= 6 else {
                    return DescribeGroupsResponse.Group(groupId: group, groupState: "Dead")
                }
                return DescribeGroupsResponse.Group(
                    errorCode: .groupIdNotFound, errorMessage: "Group \(group) not found.", groupId: group,
                    groupState: "Dead")
            })
    }

    func listGroups(_ request: ListGroupsRequest, _ call: Call) -> ListGroupsResponse { ListGroupsResponse() }

    func listTransactions(_ request: ListTransactionsRequest, _ call: Call) -> ListTransactionsResponse {
        ListTransactionsResponse()
    }

    func saslHandshake(_ request: SaslHandshakeRequest, _ call: Call) -> SaslHandshakeResponse {
        SaslHandshakeResponse(errorCode: .illegalSaslState)
    }
}
