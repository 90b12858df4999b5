package import EventLoop
import KafkaWire

/// Opens channels to brokers. Whatever must happen on a connection before the first Kafka request (TLS, an in-process
/// cluster without sockets) happens behind this seam.
package protocol BrokerDialer: Sendable {
    /// A channel that is ready for Kafka's frames, within `limit` of the dialer's own clock.
    func dial(_ address: BrokerAddress, within limit: Duration) async throws(KafkaError) -> any BrokerChannel
}

/// Frames in, frames out. Events come one at a time and in order, on any thread; `closed` is the last one and always
/// comes.
package protocol BrokerChannel: Sendable {
    /// Begins to receive. Called once, before anything else.
    func start(_ handler: @escaping @Sendable (BrokerChannelEvent) -> Void)
    /// Sends a whole frame, its four bytes of length included. A channel that cannot closes itself.
    func send(_ frame: [UInt8])
    /// Closes at once.
    func close()
}

package enum BrokerChannelEvent: Sendable {
    /// A frame without its length.
    case frame([UInt8])
    /// The channel has ended; nil when the peer closed it in order.
    case closed(KafkaError?)
}

/// TCP, with TLS on it if a context is given: the certificate must be made out to the host that is dialed, first that of
/// the bootstrap address, then the one that each broker advertises.
package struct TCPDialer: BrokerDialer {
    private let loop: EventLoop
    private let tls: TLSContext?
    private let frameLimit: Int

    /// `frameLimit`: bytes of the longest answer that is accepted.
    package init(
        loop: EventLoop = .shared, tls: TLSContext? = nil, frameLimit: Int = FrameDecoder.defaultLimit
    ) {
        self.loop = loop
        self.tls = tls
        self.frameLimit = frameLimit
    }

    package func dial(
        _ address: BrokerAddress, within limit: Duration
    ) async throws(KafkaError) -> any BrokerChannel {
        let start = ContinuousClock.now
        do throws(SocketError) {
            let socket = try await StreamSocket.connect(
                to: address.host, port: Int(address.port), within: limit, loop: loop)
            if let tls {
                let left = max(.zero, limit - (ContinuousClock.now - start))
                try await socket.startTLS(tls, host: address.host, within: left)
            }
            return TCPChannel(socket: socket, address: address, frameLimit: frameLimit)
        } catch {
            // Kafka's plaintext listeners take a handshake for an absurd length and close without a word.
            if error.tls?.kind == .closedInHandshake, let plain = await ListenerDiagnosis.plaintext(at: address) {
                throw plain
            }
            throw KafkaError(connecting: error, to: address)
        }
    }
}

/// A socket as a channel of frames.
private struct TCPChannel: BrokerChannel {
    let socket: StreamSocket
    let address: BrokerAddress
    let frameLimit: Int

    func start(_ handler: @escaping @Sendable (BrokerChannelEvent) -> Void) {
        let (address, frameLimit) = (address, frameLimit)
        let refusal = Locked(KafkaError?.none)
        onLoop {
            $0.receiveFrames(limit: frameLimit) { event in
                switch event {
                case .frame(let bytes): handler(.frame(bytes))
                case .refused(let prefix):
                    let error = WrongProtocol.error(firstBytes: prefix, limit: frameLimit, from: address)
                    refusal.withLock { $0 = error }
                case .closed(let error):
                    let refused = refusal.withLock { $0 }
                    handler(.closed(refused ?? error.map { KafkaError(losing: $0, to: address) }))
                }
            }
        }
    }

    func send(_ frame: [UInt8]) {
        let limit = frameLimit
        onLoop { if !$0.send(frame, limit: limit) { $0.close() } }
    }

    func close() { onLoop { $0.close() } }

    private func onLoop(_ action: @escaping @Sendable (isolated StreamSocket) -> Void) {
        let socket = socket
        if socket.loop.isCurrent {
            socket.assumeIsolated { action($0) }
        } else {
            socket.loop.submit { socket.assumeIsolated { action($0) } }
        }
    }
}

extension KafkaError {
    /// No connection came about.
    init(connecting error: SocketError, to address: BrokerAddress) {
        if let tls = error.tls {
            self.init(tls, address: address)
            return
        }
        switch error.kind {
        case .cancelled:
            self.init(.cancelled, "Connecting to \(address) was cancelled", address: address.description)
        case .refused:
            self.init(
                .unreachable, "\(address) refuses connections",
                nextAction: "Check that the broker runs and that this is its listener's port.",
                address: address.description, causes: [error.message])
            isRefused = true
        case .unresolved:
            self.init(
                .unreachable, "The host of \(address) cannot be found",
                nextAction: "Check the name, and this machine's name service.", address: address.description,
                causes: [error.message])
        default:
            self.init(
                .unreachable, "\(address) cannot be reached", address: address.description, causes: [error.message])
        }
    }

    /// A connection that stood broke.
    init(losing error: SocketError, to address: BrokerAddress) {
        if let tls = error.tls {
            self.init(tls, address: address)
            return
        }
        self.init(
            .unreachable, "The connection to \(address) broke", address: address.description,
            causes: [error.message])
    }
}
