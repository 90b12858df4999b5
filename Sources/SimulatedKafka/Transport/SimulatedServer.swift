package import EventLoop
import KafkaWire

/// Puts an embedded cluster behind sockets on 127.0.0.1: one port for each broker's and each controller's listener, so that any
/// Kafka client of the machine meets it.
///
/// A listener that does not accept is closed, and its port refuses; it is opened again on the same port. The cluster
/// advertises the ports.
package actor SimulatedServer {
    /// Which ports are taken.
    package enum Ports: Sendable {
        /// Free ones.
        case ephemeral
        /// Brokers from this one on, in the order of their ids; the next listener from a hundred further, controllers last.
        case from(Int)
    }

    private struct Door: Hashable {
        let node: Int32
        let listener: SimulatedListener
    }

    /// Between two attempts to listen again.
    private static let retryInterval: Duration = .milliseconds(50)
    /// For the handshake of TLS.
    private static let handshakeLimit: Duration = .seconds(10)
    /// For what is on its way when the cluster closes a connection.
    private static let farewellLimit: Duration = .seconds(2)
    /// Between two pieces of an answer that trickles, in seconds, when a byte does not take longer.
    private static let trickleInterval = 0.1
    private static let host = "127.0.0.1"

    package nonisolated let cluster: SimulatedCluster
    private nonisolated let contexts: [SimulatedListener: TLSContext]
    private nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private var ports: [Door: Int] = [:]
    private var listening: [Door: ListeningSocket] = [:]
    private var waiting: [Door: CheckedContinuation<Void, Never>] = [:]
    private var sockets: [ObjectIdentifier: StreamSocket] = [:]
    /// What trickles to sockets, in order.
    private var trickles: [ObjectIdentifier: (bytes: ArraySlice<UInt8>, rate: Double)] = [:]

    private init(_ cluster: SimulatedCluster, contexts: [SimulatedListener: TLSContext], loop: EventLoop) {
        self.cluster = cluster
        self.contexts = contexts
        self.loop = loop
    }

    /// Listens, runs `body`, and closes everything whatever happened.
    ///
    /// - Parameters:
    ///   - tls: the context of a server for every listener, whatever the cluster's configuration says.
    ///   - certificates: what the configured listeners with TLS show; nil to make some where they are needed.
    /// - Throws: `SocketError` when a port cannot be had; what `body` throws.
    package static func with<Success: Sendable>(
        _ cluster: SimulatedCluster, ports: Ports = .ephemeral, tls: TLSContext? = nil,
        certificates: MadeCertificates? = nil, loop: EventLoop = .shared,
        _ body: (SimulatedServer) async throws -> Success
    ) async throws -> Success {
        let contexts = try contexts(cluster.configuration, tls, certificates)
        let server = SimulatedServer(cluster, contexts: contexts, loop: loop)
        let first = try await server.claimPorts(ports)
        server.watchCluster()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            for (door, socket) in first {
                group.addTask { await server.serve(door, first: socket) }
            }
            do {
                let result = try await body(server)
                group.cancelAll()
                await server.closeAll()
                return result
            } catch {
                group.cancelAll()
                await server.closeAll()
                throw error
            }
        }
    }

    private static func contexts(
        _ configuration: SimulatedClusterConfiguration, _ tls: TLSContext?, _ certificates: MadeCertificates?
    ) throws -> [SimulatedListener: TLSContext] {
        var contexts: [SimulatedListener: TLSContext] = [:]
        var made = certificates
        for kind in configuration.servedListeners {
            if let tls {
                contexts[kind] = tls
            } else if let listener = configuration.listener(kind), listener.securityProtocol.hasTLS {
                let shown = try made ?? MadeCertificates()
                made = shown
                contexts[kind] = shown.context(wantsClientCertificate: listener.wantsClientCertificate)
            }
        }
        return contexts
    }

    /// `127.0.0.1:port` of every broker's first listener, for `--bootstrap-server`.
    package nonisolated var bootstrap: String {
        bootstrap(of: cluster.configuration.servedListeners.first ?? .broker)
    }
    /// Of every broker's listener of one kind.
    package nonisolated func bootstrap(of listener: SimulatedListener) -> String {
        Self.text(cluster.bootstrap(of: listener))
    }
    /// Of every controller, for `--bootstrap-controller`.
    package nonisolated var bootstrapControllers: String { Self.text(cluster.bootstrapControllers) }

    private static func text(_ endpoints: [SimulatedEndpoint]) -> String {
        endpoints.map { "\($0.host):\($0.port)" }.joined(separator: ",")
    }

    // MARK: Listening

    private nonisolated func watchCluster() {
        let loop = loop
        cluster.watchListeners { [weak self] node in
            loop.submit { [weak self] in self?.assumeIsolated { $0.update(node) } }
        }
    }

    private func claimPorts(_ wanted: Ports) throws -> [(Door, ListeningSocket)] {
        var claimed: [(Door, ListeningSocket)] = []
        for (place, listener) in cluster.configuration.servedListeners.enumerated() {
            for (index, node) in cluster.nodes(with: listener).enumerated() {
                var port = 0
                if case .from(let base) = wanted { port = base + 100 * place + index }
                if let base = cluster.configuration.listener(listener)?.port { port = base + index }
                let socket = try ListeningSocket(host: Self.host, port: port, loop: loop)
                let door = Door(node: node, listener: listener)
                ports[door] = socket.port
                cluster.setEndpoint(node, listener, SimulatedEndpoint(host: Self.host, port: socket.port))
                claimed.append((door, socket))
            }
        }
        return claimed
    }

    /// Accepts while the listener does, waits while it does not.
    private func serve(_ door: Door, first: ListeningSocket) async {
        var next: ListeningSocket? = first
        while !Task.isCancelled {
            if !cluster.accepts(door.node, door.listener) {
                await next?.close()
                next = nil
                await waitUntilAccepting(door)
                continue
            }
            guard let port = ports[door],
                let socket = next ?? (try? ListeningSocket(host: Self.host, port: port, loop: loop))
            else {
                try? await SystemTimeSource(loop: loop).sleep(for: Self.retryInterval)
                continue
            }
            next = nil
            listening[door] = socket
            await acceptAll(socket, door)
            listening[door] = nil
            await socket.close()
        }
        await next?.close()
    }

    /// Until the listener closes. A handshake waits for its client without holding up the next connection.
    private func acceptAll(_ listener: ListeningSocket, _ door: Door) async {
        await withDiscardingTaskGroup { group in
            while let connection = try? await listener.accept() {
                guard let tls = contexts[door.listener] else {
                    adopt(connection, door)
                    continue
                }
                group.addTask {
                    do {
                        try await connection.startTLS(tls, within: Self.handshakeLimit)
                        await self.adopt(connection, door)
                    } catch {
                        await connection.close()
                    }
                }
            }
            group.cancelAll()
        }
    }

    private func waitUntilAccepting(_ door: Door) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                if Task.isCancelled || cluster.accepts(door.node, door.listener) { return waiter.resume() }
                waiting[door] = waiter
            }
        } onCancel: {
            loop.submit { self.assumeIsolated { $0.waiting.removeValue(forKey: door)?.resume() } }
        }
    }

    private func update(_ node: Int32) {
        for listener in cluster.configuration.servedListeners {
            let door = Door(node: node, listener: listener)
            if cluster.accepts(node, listener) {
                waiting.removeValue(forKey: door)?.resume()
            } else if let socket = listening[door] {
                socket.assumeIsolated { $0.close() }
            }
        }
    }

    private func closeAll() {
        for (_, socket) in listening { socket.assumeIsolated { $0.close() } }
        for (_, socket) in sockets { socket.assumeIsolated { $0.close() } }
        sockets = [:]
    }

    // MARK: Connections

    private func adopt(_ socket: StreamSocket, _ door: Door) {
        let loop = loop
        let id = cluster.open(door.node, door.listener, as: session(of: socket, door), takesPieces: true) {
            [weak self] delivery in
            loop.submit { [weak self] in self?.assumeIsolated { $0.pass(delivery, to: socket) } }
        }
        guard let id else { return socket.assumeIsolated { $0.close() } }
        sockets[ObjectIdentifier(socket)] = socket
        let cluster = cluster
        socket.assumeIsolated { isolated in
            isolated.receiveFrames(limit: FrameLimit.standard) { [weak self] event in
                switch event {
                case .frame(let payload): cluster.receive(payload, on: id)
                case .refused: break
                case .closed:
                    cluster.close(id)
                    self?.assumeIsolated { $0.sockets[ObjectIdentifier(socket)] = nil }
                }
            }
        }
    }

    /// Who a client is from the start: whom its certificate is made out to, where the listener asks for one.
    private func session(of socket: StreamSocket, _ door: Door) -> ClientSession {
        guard cluster.configuration.listener(door.listener)?.securityProtocol == .ssl,
            let subject = socket.assumeIsolated({ $0.tlsSession?.peerSubject })
        else { return ClientSession() }
        return ClientSession(certificateOf: subject)
    }

    private func pass(_ delivery: SimulatedCluster.Delivery, to socket: StreamSocket) {
        let name = ObjectIdentifier(socket)
        switch delivery {
        case .frame(let frame):
            if trickles[name] != nil { return trickles[name]?.bytes.append(contentsOf: frame) ?? () }
            socket.assumeIsolated { if !$0.send(frame) { $0.close() } }
        case .trickle(let frame, let rate):
            if trickles[name] != nil { return trickles[name]?.bytes.append(contentsOf: frame) ?? () }
            trickles[name] = (frame[...], rate)
            trickle(to: socket)
        case .closed:
            trickles[name] = nil
            // The last answer has to go first: a failed login says why.
            Task {
                try? await socket.endSending(within: Self.farewellLimit)
                await socket.close()
            }
        }
    }

    /// Sends a piece, and plans the next.
    private func trickle(to socket: StreamSocket) {
        let name = ObjectIdentifier(socket)
        guard let (bytes, rate) = trickles[name], sockets[name] != nil, !bytes.isEmpty else {
            trickles[name] = nil
            return
        }
        let count = min(bytes.count, max(1, Int(min(rate * Self.trickleInterval, 1e9))))
        guard socket.assumeIsolated({ $0.send(Array(bytes.prefix(count))) }) else {
            trickles[name] = nil
            return socket.assumeIsolated { $0.close() }
        }
        trickles[name]?.bytes = bytes.dropFirst(count)
        _ = loop.schedule(after: .seconds(Double(count) / rate)) { [weak self] in
            self?.assumeIsolated { $0.trickle(to: socket) }
        }
    }
}
