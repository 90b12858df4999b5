import KafkaWire

// FindCoordinator (10). Any broker.
//
// Behaviour: the leader of the partition of `__consumer_offsets` or `__transaction_state` that the key's hash names. While
// there is no such topic it is made, and until then nobody is found.
//
// Version notes: v4 takes several keys, v6 share groups' (which nobody coordinates here).

extension ClusterModel {
    mutating func findCoordinator(_ request: FindCoordinatorRequest, _ call: Call) -> FindCoordinatorResponse {
        guard call.version >= 4 else {
            let found = coordinator(request.key, request.keyType, call)
            return FindCoordinatorResponse(
                errorCode: found.errorCode, errorMessage: found.errorCode.isError ? found.errorMessage : "NONE",
                nodeId: found.nodeId, host: found.host, port: found.port)
        }
        return FindCoordinatorResponse(
            errorMessage: nil, coordinators: request.coordinatorKeys.map { coordinator($0, request.keyType, call) })
    }

    private mutating func coordinator(
        _ key: String, _ type: Int8, _ call: Call
    ) -> FindCoordinatorResponse.Coordinator {
        func missing(_ code: KafkaErrorCode, _ message: String? = nil) -> FindCoordinatorResponse.Coordinator {
            .init(
                key: key, nodeId: -1, port: -1, errorCode: code,
                errorMessage: message ?? (call.version >= 4 ? "" : KafkaWords.text(code)))
        }
        let topic: String
        switch type {
        case 0:
            guard allows(.describe, .group, key) else { return missing(.groupAuthorizationFailed) }
            topic = Self.offsetsTopic
        case 1:
            guard allows(.describe, .transactionalID, key) else { return missing(.transactionalIdAuthorizationFailed) }
            topic = Self.transactionTopic
        default: return missing(.invalidRequest, KafkaWords.malformed)
        }
        let view = view(of: call.node)
        if view.topics[topic] == nil {
            createInternalTopic(topic)
            return missing(.coordinatorNotAvailable)
        }
        guard let leader = coordinator(of: key, in: topic, view) else { return missing(.coordinatorNotAvailable) }
        let endpoint = endpoint(of: leader, call.listener)
        return .init(
            key: key, nodeId: leader, host: endpoint.host, port: Int32(clamping: endpoint.port), errorMessage: "")
    }
}
