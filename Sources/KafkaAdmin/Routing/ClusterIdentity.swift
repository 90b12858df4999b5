import EventLoop
import KafkaWire

/// The cluster that a client talks to: the pinned one, or the first that answers. Every connection to a node must lead to
/// it: an address that the cluster advertises may belong to another one by now, and a write must not end there.
final class ClusterIdentity: Sendable {
    private let known: Locked<String?>
    /// The inventory says which cluster it must be.
    let isPinned: Bool

    init(pinned: String? = nil) {
        known = Locked(pinned)
        isPinned = pinned != nil
    }

    var id: String? { known.withLock { $0 } }

    /// Takes the first id that is found and refuses every other. Nil, from what is too old to have one, is refused where
    /// the cluster is pinned.
    func accept(_ found: String?, at address: BrokerAddress, nextAction: String) throws(KafkaError) {
        let expected = known.withLock { known in
            if known == nil { known = found }
            return known
        }
        if let found, let expected, found != expected {
            throw KafkaError(
                .wrongCluster,
                "\(address) belongs to cluster \(PeerText.shown(found)), not to \(PeerText.shown(expected))",
                nextAction: nextAction, address: address.description)
        }
        if found == nil, isPinned {
            throw KafkaError(
                .wrongCluster,
                "\(address) does not say to which cluster it belongs, and \(expected ?? "one") is expected",
                nextAction: "Remove cluster_id if that is right.", address: address.description)
        }
    }

    /// Asks a node that was just dialed for its cluster. `isController`: on a listener of controllers.
    func check(
        _ open: NegotiatedConnection, isController: Bool = false, deadline: Duration
    ) async throws(KafkaError) {
        guard id != nil else { return }
        try accept(
            try await Self.clusterID(open, isController: isController, deadline: deadline),
            at: open.connection.address,
            nextAction: isController
                ? "Check bootstrap_controllers and the DNS names of the controllers."
                : "Check advertised.listeners of the brokers, and their DNS names.")
    }

    private static func clusterID(
        _ open: NegotiatedConnection, isController: Bool, deadline: Duration
    ) async throws(KafkaError) -> String? {
        if open.table.range(of: .describeCluster) != nil {
            // Endpoint types are known from version 1 on (3.7), which every controller listener that answers this has.
            let request = DescribeClusterRequest(endpointType: isController ? 2 : 1)
            let answer = try await open.send(request, kind: .read, deadline: deadline)
                .decoded(DescribeClusterResponse.self)
            if answer.errorCode.isError {
                throw KafkaError.answered(answer.errorCode, message: answer.errorMessage, api: .describeCluster)
            }
            return answer.clusterId
        }
        if isController { return nil }
        let request = MetadataRequest(topics: [], allowAutoTopicCreation: false)
        return try await open.send(request, kind: .read, deadline: deadline).decoded(MetadataResponse.self).clusterId
    }
}
