import KafkaWire

// DescribeCluster (60). Brokers from a broker's listener, controllers from a controller's.
//
// Version notes: v1 names the kind of endpoint, and the wrong kind is an error; v2 can show fenced brokers.

extension ClusterModel {
    mutating func describeCluster(_ request: DescribeClusterRequest, _ call: Call) -> DescribeClusterResponse {
        let wanted: Int8 = call.listener.isOfBrokers ? 1 : 2
        let asked = call.version >= 1 ? request.endpointType : wanted
        guard asked == 1 || asked == 2 else {
            return DescribeClusterResponse(
                errorCode: .unsupportedEndpointType, errorMessage: "Unsupported endpoint type \(asked)")
        }
        guard asked == wanted else {
            let names = ["", "BROKER", "CONTROLLER"]
            return DescribeClusterResponse(
                errorCode: .mismatchedEndpointType,
                errorMessage: "The request was sent to an endpoint of type \(names[Int(wanted)]), but we wanted an "
                    + "endpoint of type \(names[Int(asked)])")
        }
        var response = DescribeClusterResponse(endpointType: asked, clusterId: answeredClusterID(call))
        if request.includeClusterAuthorizedOperations {
            response.clusterAuthorizedOperations = authorizedOperations(
                AuthorizedOperations.cluster, .cluster, AccessResource.clusterName)
        }
        if call.listener == .controller {
            response.controllerId = quorum.leader ?? -1
            response.brokers = quorum.voters.map { clusterNode($0, .controller, rack: nil, isFenced: false) }
            return response
        }
        let view = view(of: call.node)
        response.controllerId = anyLiveBroker(view)
        let withFenced = call.version >= 2 && request.includeFencedBrokers
        response.brokers = view.brokers.values.filter { withFenced || !$0.isFenced }.sorted { $0.id < $1.id }.map {
            clusterNode($0.id, call.listener, rack: $0.rack, isFenced: $0.isFenced)
        }
        return response
    }

    private func clusterNode(
        _ id: Int32, _ listener: SimulatedListener, rack: String?, isFenced: Bool
    ) -> DescribeClusterResponse.Broker {
        let endpoint = endpoint(of: id, listener)
        return DescribeClusterResponse.Broker(
            brokerId: id, host: endpoint.host, port: Int32(clamping: endpoint.port), rack: rack, isFenced: isFenced)
    }
}
