import KafkaWire

// UnregisterBroker (64), AddRaftVoter (80), RemoveRaftVoter (81).
//
// Behaviour: a broker is let go whether it runs or not, as Kafka does. The voters are fixed, as they are with
// `controller.quorum.voters` (kraft.version 0), so changes of them are not supported.

extension ClusterModel {
    mutating func unregisterBroker(_ request: UnregisterBrokerRequest, _ call: Call) -> UnregisterBrokerResponse {
        guard allowsOnCluster(.alter) else {
            return UnregisterBrokerResponse(
                errorCode: .clusterAuthorizationFailed,
                errorMessage: call.release.explainsUnregistering ? KafkaWords.notAuthorized : "")
        }
        guard let registration = image.brokers[request.brokerId] else {
            return UnregisterBrokerResponse(
                errorCode: .brokerIdNotRegistered,
                errorMessage: call.release.explainsUnregistering
                    ? "Broker ID \(request.brokerId) is not currently registered" : "")
        }
        if !registration.isFenced { fence(request.brokerId) }
        image.brokers[request.brokerId] = nil
        commit()
        record(.unregistered(request.brokerId), on: call.node)
        return UnregisterBrokerResponse(errorMessage: nil)
    }

    func addRaftVoter(_ request: AddRaftVoterRequest, _ call: Call) -> AddRaftVoterResponse {
        // The voter has to be reachable where voters reach each other.
        let isReachable = request.listeners.contains { $0.name == SimulatedListener.controllerName }
        let (code, message) = voterProblem(request.clusterId, "adding", isReachable: isReachable)
        return AddRaftVoterResponse(errorCode: code, errorMessage: message)
    }

    func removeRaftVoter(_ request: RemoveRaftVoterRequest, _ call: Call) -> RemoveRaftVoterResponse {
        let (code, message) = voterProblem(request.clusterId, "removing")
        return RemoveRaftVoterResponse(errorCode: code, errorMessage: message)
    }

    private func voterProblem(
        _ cluster: String?, _ verb: String, isReachable: Bool = true
    ) -> (KafkaErrorCode, String?) {
        if !allowsOnCluster(.alter) { return (.clusterAuthorizationFailed, nil) }
        if let cluster, cluster != configuration.clusterID { return (.inconsistentClusterId, nil) }
        if !isReachable {
            return (
                .invalidRequest, "Add voter request didn't include the endpoint for the default listener CONTROLLER"
            )
        }
        return (
            .unsupportedVersion, "Cluster doesn't support \(verb) voter because the kraft.version feature is 0"
        )
    }
}
