package import EventLoop
import KafkaWire

/// Opens channels to brokers. Whatever must happen on a connection before the first Kafka request (TLS, an in-process
/// cluster without sockets) happens behind this seam.
package protocol BrokerDialer: Sendable {
    /// A channel that is ready for Kafka's frames, within `limit` of the dialer's own clock.
    func dial(_ address: BrokerAddress, within limit: Duration) async throws(KafkaError) -> any BrokerChannel

    /// Whether there is anything else than Kafka that may listen at an address.
    var meetsStrangers: Bool { get }

    /// What listens at an address that does not answer as Kafka does; nil when that cannot be told.
    func diagnose(_ address: BrokerAddress, within limit: Duration) async -> KafkaError?
}

extension BrokerDialer {
    /// Within the process there is nobody but brokers.
    package var meetsStrangers: Bool { false }
    package func diagnose(_ address: BrokerAddress, within limit: Duration) async -> KafkaError? { nil }
}

/// Frames in, frames out. Events come one at a time and in order, on any thread; `closed` is the last one and always
/// comes.
package protocol BrokerChannel: Sendable {
    /// Begins to receive. Called once, before anything else.
    func start(_ handler: @escaping @Sendable (BrokerChannelEvent) -> Void)
    /// The peer has negotiated and taken the login: from now on answers may have their full length.
    func acceptLongFrames()
    /// Sends a whole frame, its four bytes of length included. A channel that cannot closes itself.
    func send(_ frame: [UInt8])
    /// Closes at once.
    func close()
}

extension BrokerChannel {
    /// Channels within the process have nothing to fear.
    package func acceptLongFrames() {}
}

/// What a channel tells the connection that uses it, in the order in which it happens.
package enum BrokerChannelEvent: Sendable {
    /// A frame without its length.
    case frame([UInt8])
    /// The peer has ended the channel; nil in order, an error when it reset it or broke off in the middle of a frame.
    case closed(KafkaError?)
    /// The channel has ended, and not by the peer's doing: this side refused a frame, the network failed.
    case lost(KafkaError)
}

/// TCP, with TLS on it if a context is given: the certificate must be made out to the host that is dialed, first that of
/// the bootstrap address, then the one that each broker advertises.
package struct TCPDialer: BrokerDialer {
    private let loop: EventLoop
    private let tls: TLSContext?
    private let frameLimit: Int
    private let buffers: SocketBuffers
    private let diagnosed = Locked(Set<BrokerAddress>())
    /// Addresses of which it is remembered that they were looked at; the others are not looked at.
    private static let diagnosisLimit = 256

    /// `frameLimit`: bytes of the longest answer that is accepted.
    package init(
        loop: EventLoop = .shared, tls: TLSContext? = nil, frameLimit: Int = FrameLimit.standard,
        buffers: SocketBuffers = SocketBuffers()
    ) {
        self.buffers = buffers
        self.loop = loop
        self.tls = tls
        self.frameLimit = frameLimit
    }

    package func dial(
        _ address: BrokerAddress, within limit: Duration
    ) async throws(KafkaError) -> any BrokerChannel {
        let start = ContinuousClock.now
        func left() -> Duration { max(.zero, limit - (ContinuousClock.now - start)) }
        do throws(SocketError) {
            let socket = try await StreamSocket.connect(
                to: address.host, port: Int(address.port), within: limit, buffers: buffers, loop: loop)
            if let tls { try await socket.startTLS(tls, host: address.host, within: left()) }
            return TCPChannel(socket: socket, address: address, frameLimit: frameLimit)
        } catch {
            // Kafka's plaintext listeners take a handshake for an absurd length and close without a word.
            if error.tls?.kind == .closedInHandshake, isFirstLook(address),
                let plain = await ListenerDiagnosis.plaintext(at: address, within: left())
            {
                throw plain
            }
            throw KafkaError(connecting: error, to: address)
        }
    }

    package var meetsStrangers: Bool { true }

    package func diagnose(_ address: BrokerAddress, within limit: Duration) async -> KafkaError? {
        await ListenerDiagnosis.look(at: address, overTLS: tls != nil, within: limit)
    }

    /// Each address is looked at once: a broker that goes down closes handshakes as well, and is dialed again.
    private func isFirstLook(_ address: BrokerAddress) -> Bool {
        diagnosed.withLock { $0.count < Self.diagnosisLimit && $0.insert(address).inserted }
    }
}

/// A socket as a channel of frames.
private struct TCPChannel: BrokerChannel {
    let socket: StreamSocket
    let address: BrokerAddress
    let frameLimit: Int
    private let state: Locked<State>

    private struct State {
        /// Bytes of the longest frame for now.
        var limit: Int
        /// Why this side ended it.
        var refusal: KafkaError?
    }

    init(socket: StreamSocket, address: BrokerAddress, frameLimit: Int) {
        self.socket = socket
        self.address = address
        self.frameLimit = frameLimit
        state = Locked(State(limit: min(frameLimit, FrameLimit.unauthenticated)))
    }

    func start(_ handler: @escaping @Sendable (BrokerChannelEvent) -> Void) {
        let (address, state) = (address, state)
        onLoop {
            $0.receiveFrames(limit: state.withLock { $0.limit }) { event in
                switch event {
                case .frame(let bytes): handler(.frame(bytes))
                case .refused(let prefix):
                    state.withLock { state in
                        state.refusal = WrongProtocol.error(firstBytes: prefix, limit: state.limit, from: address)
                    }
                case .closed(let error):
                    if let refused = state.withLock({ $0.refusal }) { return handler(.lost(refused)) }
                    guard let error else { return handler(.closed(nil)) }
                    let known = KafkaError(losing: error, to: address)
                    handler(error.isOfPeer ? .closed(known) : .lost(known))
                }
            }
        }
    }

    func acceptLongFrames() {
        let limit = frameLimit
        state.withLock { $0.limit = limit }
        onLoop { $0.limitFrames(to: limit) }
    }

    func send(_ frame: [UInt8]) {
        let (limit, address, state) = (frameLimit, address, state)
        onLoop {
            if $0.send(frame, limit: limit) { return }
            let error = KafkaError(
                .unreachable, "\(address) does not read what it is sent", address: address.description)
            state.withLock { if $0.refusal == nil { $0.refusal = error } }
            $0.close()
        }
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

extension SocketError {
    /// The peer's end of the connection: FIN or RST. Not what the network or this machine did to it.
    fileprivate var isOfPeer: Bool { kind == .closed || kind == .broken }
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
                address: address.description)
            isRefused = true
        case .unresolved:
            let prefix = "The host of \(address) cannot be found: "
            let reason = error.message.hasPrefix(prefix) ? String(error.message.dropFirst(prefix.count)) : error.message
            self.init(
                .unreachable, "The host of \(address) cannot be found",
                nextAction: "Check the name, and this machine's name service.", address: address.description,
                causes: [reason])
        default:
            self.init(
                .unreachable, "\(address) cannot be reached",
                nextAction: error.kind == .timedOut
                    ? "Check host and port, and whether a firewall on the way drops what is sent there." : nil,
                address: address.description, causes: [error.message])
        }
    }

    /// A connection that stood broke.
    init(losing error: SocketError, to address: BrokerAddress) {
        if let tls = error.tls {
            self.init(tls, address: address)
            return
        }
        self.init(
            .unreachable, "The connection to \(address) broke",
            nextAction: error.isOfPeer
                ? "Where it happens each time: check whether this listener wants TLS or SASL, and whether the broker's "
                    + "max.connections is used up."
                : nil,
            address: address.description, causes: [error.message])
    }
}
