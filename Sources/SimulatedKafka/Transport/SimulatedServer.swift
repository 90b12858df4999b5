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
        /// Brokers from this one on, in the order of their ids; controllers from a hundred further.
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
    private static let host = "127.0.0.1"

    package nonisolated let cluster: SimulatedCluster
    private nonisolated let tls: TLSContext?
    private nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private var ports: [Door: Int] = [:]
    private var listening: [Door: ListeningSocket] = [:]
    private var waiting: [Door: CheckedContinuation<Void, Never>] = [:]
    private var sockets: [ObjectIdentifier: StreamSocket] = [:]

    private init(_ cluster: SimulatedCluster, tls: TLSContext?, loop: EventLoop) {
        self.cluster = cluster
        self.tls = tls
        self.loop = loop
    }

    /// Listens, runs `body`, and closes everything whatever happened. With `tls`, the context of a server, every listener
    /// speaks TLS.
    ///
    /// - Throws: `SocketError` when a port cannot be had; what `body` throws.
    package static func with<Success: Sendable>(
        _ cluster: SimulatedCluster, ports: Ports = .ephemeral, tls: TLSContext? = nil,
        loop: EventLoop = .shared,
        _ body: (SimulatedServer) async throws -> Success
    ) async throws -> Success {
        let server = SimulatedServer(cluster, tls: tls, loop: loop)
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

    /// `127.0.0.1:port` of every broker, for `--bootstrap-server`.
    package nonisolated var bootstrap: String { Self.text(cluster.bootstrap) }
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
        for (offset, listener) in [(0, SimulatedListener.broker), (100, .controller)] {
            for (index, node) in cluster.nodes(with: listener).enumerated() {
                var port = 0
                if case .from(let base) = wanted { port = base + offset + index }
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
                guard let tls else {
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
        for listener in SimulatedListener.allCases {
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
        let id = cluster.open(door.node, door.listener) { delivery in
            loop.submit { socket.assumeIsolated { Self.pass(delivery, to: $0) } }
        }
        guard let id else { return socket.assumeIsolated { $0.close() } }
        sockets[ObjectIdentifier(socket)] = socket
        let cluster = cluster
        socket.assumeIsolated { isolated in
            isolated.receiveFrames(limit: FrameDecoder.defaultLimit) { [weak self] event in
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

    private static func pass(_ delivery: SimulatedCluster.Delivery, to socket: isolated StreamSocket) {
        switch delivery {
        case .frame(let frame): if !socket.send(frame) { socket.close() }
        case .closed: socket.close()
        }
    }
}
