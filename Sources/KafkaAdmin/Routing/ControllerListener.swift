import KafkaWire

/// What a listener of controllers answers (KIP-919), and how it is told from one of brokers.
///
/// Where only such listeners are given (`bootstrap.controllers`), the calls of the admin client that Kafka's own allows
/// there go to the active controller, and those about one node to that controller; all others are refused here, because
/// a controller would close the connection or answer for itself alone. Beside brokers they are asked for the quorum as they see
/// it, and for what no broker can do: the settings of a broker that is down, and those of a controller that is no broker.
enum ControllerListener {
    /// As in Kafka's own admin client.
    static let apis: Set<APIKey> = [
        .apiVersions, .describeCluster, .describeAcls, .createAcls, .deleteAcls, .describeConfigs,
        .incrementalAlterConfigs, .alterPartitionReassignments, .listPartitionReassignments, .updateFeatures,
        .describeQuorum, .unregisterBroker, .addRaftVoter, .removeRaftVoter,
    ]

    /// Who is asked in place of `target`.
    static func target(
        of request: some KafkaRequest, to target: RequestTarget
    ) throws(KafkaError) -> RequestTarget {
        let api = type(of: request).apiKey
        switch target {
        case .address: return target
        case _ where !apis.contains(api): throw unanswered(api)
        case .any, .controller, .controllerListener: return .controllerListener
        case .node, .once, .newConnection:
            guard let change = request as? IncrementalAlterConfigsRequest, takesSettings(change) else { return target }
            return .controllerListener
        }
    }

    /// The active controller takes changes for any broker, also one that is down; loggers are a node's own.
    static func takesSettings(_ change: IncrementalAlterConfigsRequest) -> Bool {
        change.resources.allSatisfy { $0.resourceType != brokerLogger }
    }

    private static let brokerLogger: Int8 = 8

    /// A request that asks for brokers, as it asks for controllers.
    static func adapted<Request: KafkaRequest>(_ request: Request) -> Request {
        guard var describe = request as? DescribeClusterRequest else { return request }
        describe.endpointType = 2
        describe.includeFencedBrokers = false
        return describe as? Request ?? request
    }

    /// Brokers answer Metadata and controllers do not; Vote is asked of controllers.
    static func isBehind(_ table: VersionTable) -> Bool {
        table.range(of: .metadata) == nil && table.range(of: .vote) != nil
    }

    static func isNoBroker(_ address: BrokerAddress) -> KafkaError {
        KafkaError(
            .unsupportedVersion, "\(address) is a controller's listener, which does not answer for brokers",
            nextAction: "Use a broker's port; or give it as bootstrap.controllers in a client.properties "
                + "(bootstrap_controllers in an inventory), for what controllers answer.",
            address: address.description)
    }

    static func isNoController(_ address: BrokerAddress) -> KafkaError {
        KafkaError(
            .unsupportedVersion, "\(address) is a broker's listener, and not a controller's",
            nextAction: "Give it as bootstrap.servers (bootstrap in an inventory), or use a controller's port.",
            address: address.description)
    }

    static func unanswered(_ api: APIKey) -> KafkaError {
        KafkaError(
            .unsupportedVersion, "\(api) is asked of brokers, and only controllers are given",
            nextAction: "Set bootstrap.servers (bootstrap in an inventory) to brokers of the cluster.", api: api)
    }
}
