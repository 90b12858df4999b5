package import KafkaAdmin
package import SimulatedKafka

/// The admin client's way to the embedded cluster: calls in process in the place of sockets.
package struct EmbeddedDialer: BrokerDialer {
    private let cluster: SimulatedCluster

    package init(_ cluster: SimulatedCluster) { self.cluster = cluster }

    package func dial(
        _ address: BrokerAddress, within limit: Duration
    ) async throws(KafkaError) -> any BrokerChannel {
        guard
            let connection = cluster.connect(
                host: address.host, port: Int(address.port),
                as: ClientSession(principal: SimulatedClusterConfiguration.runner))
        else {
            var error = KafkaError(
                .unreachable, "\(address) refuses connections",
                nextAction: "It is a node of the embedded cluster that is down.", address: address.description)
            error.isRefused = true
            throw error
        }
        return EmbeddedChannel(connection: connection)
    }
}

/// A connection in process as a channel of frames.
private struct EmbeddedChannel: BrokerChannel {
    let connection: SimulatedConnection

    func start(_ handler: @escaping @Sendable (BrokerChannelEvent) -> Void) {
        connection.start { event in
            switch event {
            case .frame(let payload): handler(.frame(payload))
            case .closed: handler(.closed(nil))
            }
        }
    }

    func send(_ frame: [UInt8]) { connection.send(frame) }
    func close() { connection.close() }
}
