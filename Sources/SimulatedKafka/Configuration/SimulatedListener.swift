/// The kinds of listener that a node can have.
package enum SimulatedListener: Sendable, Hashable {
    /// Brokers' own, in plaintext: what clients in process use.
    case broker
    case controller
    /// One of `SimulatedClusterConfiguration.listeners`, by its place.
    case client(Int)

    static let brokerName = "PLAINTEXT"
    static let controllerName = "CONTROLLER"

    /// Whether brokers have it.
    package var isOfBrokers: Bool { self != .controller }
}

extension SimulatedClusterConfiguration {
    /// Kafka's `security.protocol` of a listener.
    package enum ListenerProtocol: String, Sendable, Hashable, CaseIterable {
        case plaintext = "PLAINTEXT"
        case ssl = "SSL"
        case saslPlaintext = "SASL_PLAINTEXT"
        case saslSSL = "SASL_SSL"

        package var hasTLS: Bool { self == .ssl || self == .saslSSL }
        package var hasLogin: Bool { self == .saslPlaintext || self == .saslSSL }
    }

    /// A listener for clients that every broker has besides the one in process.
    package struct Listener: Sendable, Hashable {
        /// As it is advertised: `SASL_SSL`.
        package var name: String
        package var securityProtocol: ListenerProtocol
        /// How clients log in; of meaning where the protocol has SASL.
        package var mechanisms: [SaslMechanism]
        /// Whether clients have to show a certificate (`ssl.client.auth=required`): its subject is who they are.
        package var wantsClientCertificate: Bool
        /// The first broker's port; the others follow. nil for free ones.
        package var port: Int?

        package init(
            _ name: String, _ securityProtocol: ListenerProtocol, mechanisms: [SaslMechanism] = [],
            wantsClientCertificate: Bool = false, port: Int? = nil
        ) {
            self.name = name
            self.securityProtocol = securityProtocol
            self.mechanisms = mechanisms
            self.wantsClientCertificate = wantsClientCertificate
            self.port = port
        }
    }

    /// Whom nothing is refused, whatever the rules say: the runner that drives the cluster in process.
    package static let runner = "User:opsrun"

    /// Every kind of listener that nodes have.
    var allListeners: [SimulatedListener] { [.broker, .controller] + listeners.indices.map { .client($0) } }

    /// The listeners that sockets are opened for: with listeners of its own, brokers' plaintext one is not among them.
    package var servedListeners: [SimulatedListener] {
        listeners.isEmpty ? [.broker, .controller] : listeners.indices.map { .client($0) } + [.controller]
    }

    /// What is configured for a listener; nil for the two that every cluster has.
    package func listener(_ kind: SimulatedListener) -> Listener? {
        guard case .client(let index) = kind, listeners.indices.contains(index) else { return nil }
        return listeners[index]
    }

    package func name(of kind: SimulatedListener) -> String {
        switch kind {
        case .broker: SimulatedListener.brokerName
        case .controller: SimulatedListener.controllerName
        case .client: listener(kind)?.name ?? SimulatedListener.brokerName
        }
    }
}
