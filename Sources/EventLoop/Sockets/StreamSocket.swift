internal import CSystem
import Glibc

/// A TCP connection, non-blocking, pinned to an event loop.
///
/// Reading: `read` pulls bytes; or `receiveFrames` pushes length-prefixed frames to a handler (one of the two). Writing:
/// `send` queues without waiting, `write` waits while more than `outboundLimit` bytes are queued; what is queued in one
/// turn of the loop leaves in one system call. Every wait has a limit and ends at once on cancellation. The descriptor
/// closes with `close()` or with the last reference.
package actor StreamSocket {
    /// Bytes that may wait for the peer before `write` waits and `send` refuses.
    package static let outboundLimit = 256 * 1024
    /// Bytes taken from the kernel in one turn, so that one busy peer does not starve the others.
    static let turnLimit = 1 << 20
    /// Bytes asked of the kernel at once.
    private static let chunk = 64 * 1024

    private struct Reader {
        let id: UInt64
        let minimum: Int
        let maximum: Int
        let waiter: CheckedContinuation<Result<[UInt8], SocketError>, Never>
        let timer: EventLoop.Timer?
    }

    private struct Writer {
        let id: UInt64
        let threshold: Int
        let waiter: CheckedContinuation<SocketError?, Never>
    }

    package nonisolated let peer: String
    package nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    let descriptor: CInt
    var transport: any Transport
    private var watch: EventLoop.Watch?
    private(set) var isOpen = true
    var isConnecting: Bool
    /// The handshake of TLS that is under way; nothing is read or written meanwhile.
    var handshake: TLSTransport?
    var opener: CheckedContinuation<SocketError?, Never>?
    private(set) var failure: SocketError?

    private var inbound = ByteQueue()
    private var mayHaveMore = true
    private var hasEnded = false
    private var reader: Reader?
    private var frameHandler: (@Sendable (FrameEvent) -> Void)?
    private var cutter = FrameCutter(limit: 0)

    private var outbound = ByteQueue()
    private var isFlushPlanned = false
    private var writers: [Writer] = []
    private var lastWaiter: UInt64 = 0
    private var closeWaiters: [(id: UInt64, waiter: CheckedContinuation<Void, Never>)] = []

    /// Takes over a connected (or connecting), non-blocking descriptor.
    init(descriptor: CInt, peer: String, isConnecting: Bool, loop: EventLoop) {
        self.descriptor = descriptor
        self.peer = peer
        self.isConnecting = isConnecting
        self.loop = loop
        transport = PlainTransport(descriptor: descriptor)
        var on: CInt = 1
        setsockopt(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<CInt>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, socklen_t(MemoryLayout<CInt>.size))
    }

    isolated deinit {
        if isOpen {
            if let watch { loop.unwatch(watch) }
            Glibc.close(descriptor)
        }
    }

    // MARK: Reading

    /// The next bytes, at most `limit`; empty at the end of the stream.
    package func read(upTo limit: Int, within time: Duration? = nil) async throws(SocketError) -> [UInt8] {
        try await read(minimum: 1, maximum: max(1, limit), within: time)
    }

    /// Exactly `count` bytes, in an array that grows with what arrives and not with what was announced. Fails with
    /// `closed` when the stream ends before.
    package func read(exactly count: Int, within time: Duration? = nil) async throws(SocketError) -> [UInt8] {
        guard count > 0 else { return [] }
        let bytes = try await read(minimum: count, maximum: count, within: time)
        guard bytes.count == count else {
            throw .closed(peer, "\(peer) closed the connection after \(bytes.count) of \(count) bytes.")
        }
        return bytes
    }

    private func read(minimum: Int, maximum: Int, within time: Duration?) async throws(SocketError) -> [UInt8] {
        precondition(reader == nil && frameHandler == nil, "A socket has one reader at a time.")
        lastWaiter &+= 1
        let id = lastWaiter
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { (waiter: CheckedContinuation<Result<[UInt8], SocketError>, Never>) in
                if Task.isCancelled { return waiter.resume(returning: .failure(.cancelled(peer))) }
                guard isOpen else { return waiter.resume(returning: .failure(failure ?? .closed(peer))) }
                let timer = time.map { time in
                    loop.schedule(after: time) { [weak self] in
                        self?.assumeIsolated { $0.abandonRead(id, .late($0.peer, "send anything")) }
                    }
                }
                reader = Reader(id: id, minimum: minimum, maximum: maximum, waiter: waiter, timer: timer)
                startWatching()
                fillInbound()
            }
        } onCancel: {
            loop.submit { [weak self] in
                self?.assumeIsolated { $0.abandonRead(id, .cancelled($0.peer)) }
            }
        }
        return try result.get()
    }

    /// Pushes every frame (4 bytes of big-endian length, then that many bytes) to `handler`, on the loop.
    package func receiveFrames(limit: Int, _ handler: @escaping @Sendable (FrameEvent) -> Void) {
        precondition(reader == nil && frameHandler == nil, "A socket has one reader at a time.")
        cutter = FrameCutter(limit: limit)
        frameHandler = handler
        startWatching()
        if isOpen { fillInbound() } else { endFrames(failure) }
    }

    /// Another limit, for the frames that begin from now on.
    package func limitFrames(to limit: Int) { cutter.limit = limit }

    // MARK: Writing

    /// Queues bytes for the end of this turn. False when the socket is closed or `limit` bytes wait for the peer already:
    /// then nothing was queued. One message may exceed the bound; messages behind it may not.
    @discardableResult
    package func send(_ bytes: [UInt8], limit: Int = StreamSocket.outboundLimit) -> Bool {
        guard isOpen, outbound.count < limit else { return false }
        outbound.append(bytes)
        planFlush()
        return true
    }

    /// Queues bytes and waits until at most `outboundLimit` bytes wait for the peer.
    package func write(_ bytes: [UInt8], within time: Duration? = nil) async throws(SocketError) {
        guard isOpen else { throw failure ?? SocketError.closed(peer) }
        outbound.append(bytes)
        planFlush()
        if outbound.count > Self.outboundLimit { try await drain(to: Self.outboundLimit, within: time) }
    }

    /// Waits until the kernel has taken every queued byte.
    package func flush(within time: Duration? = nil) async throws(SocketError) {
        try await drain(to: 0, within: time)
    }

    private func drain(to threshold: Int, within time: Duration?) async throws(SocketError) {
        guard isOpen else { throw failure ?? SocketError.closed(peer) }
        lastWaiter &+= 1
        let id = lastWaiter
        var timer: EventLoop.Timer?
        defer { timer?.cancel() }
        let error = await withTaskCancellationHandler {
            await withCheckedContinuation { (waiter: CheckedContinuation<SocketError?, Never>) in
                if Task.isCancelled { return waiter.resume(returning: .cancelled(peer)) }
                guard isOpen else { return waiter.resume(returning: failure ?? SocketError.closed(peer)) }
                if outbound.count <= threshold { return waiter.resume(returning: nil) }
                writers.append(Writer(id: id, threshold: threshold, waiter: waiter))
                // After the registration: a task may be suspended on the way into these closures.
                timer = time.map { time in
                    loop.schedule(after: time) { [weak self] in
                        self?.assumeIsolated { $0.abandonWrite(id, .late($0.peer, "read what was sent")) }
                    }
                }
            }
        } onCancel: {
            loop.submit { [weak self] in
                self?.assumeIsolated { $0.abandonWrite(id, .cancelled($0.peer)) }
            }
        }
        if let error { throw error }
    }

    // MARK: Ending

    /// Closes at once. What waits fails with `closed`.
    package func close() { shutDown(nil) }

    /// Returns when the connection has ended for whatever reason, or on cancellation. Sees the peer's end only while
    /// something reads.
    package func waitUntilClosed() async {
        lastWaiter &+= 1
        let id = lastWaiter
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                guard isOpen, !Task.isCancelled else { return waiter.resume() }
                closeWaiters.append((id, waiter))
            }
        } onCancel: {
            loop.submit { [weak self] in
                self?.assumeIsolated { socket in
                    guard let index = socket.closeWaiters.firstIndex(where: { $0.id == id }) else { return }
                    socket.closeWaiters.remove(at: index).waiter.resume()
                }
            }
        }
    }

    package var isClosed: Bool { !isOpen }

    /// Nothing has been read or written, and nobody waits to.
    var isUnused: Bool { reader == nil && frameHandler == nil && inbound.isEmpty && outbound.isEmpty }

    // MARK: Events

    func startWatching() {
        guard isOpen, watch == nil else { return }
        watch = loop.watch(descriptor, for: [.readable, .writable, .peerClosed, .edgeTriggered]) {
            [weak self] events in
            self?.assumeIsolated { $0.handle(events) }
        }
        if watch == nil { shutDown(SocketError(code: errno, operation: "watch", address: peer)) }
    }

    private func handle(_ events: EventLoop.Readiness) {
        guard isOpen else { return }
        if isConnecting {
            guard !events.isDisjoint(with: [.writable, .hungUp, .failed]) else { return }
            finishOpening()
            guard isOpen else { return }
        }
        if handshake != nil { return stepHandshake() }
        if transport.wantsOtherDirection || !events.isDisjoint(with: [.readable, .peerClosed, .hungUp, .failed]) {
            mayHaveMore = true
            fillInbound()
        }
        if isOpen && (transport.wantsOtherDirection || events.contains(.writable)) { flushNow() }
    }

    /// Reads while the consumer wants more, up to the turn's limit.
    func fillInbound() {
        var budget = Self.turnLimit
        deliver()
        while isOpen, mayHaveMore, !hasEnded, wantsMore {
            guard budget > 0 else {
                loop.submit { [weak self] in self?.assumeIsolated { $0.fillInbound() } }
                return
            }
            let limit = receiveLimit
            switch inbound.fill({ transport.receive(into: &$0, atMost: limit) }) {
            case .moved(let count):
                budget -= count
                deliver()
            case .wouldBlock: mayHaveMore = false
            case .ended: hasEnded = true
            case .failed(let code):
                return shutDown(SocketError(code: code, operation: "read from", address: peer))
            case .refused(let error): return shutDown(SocketError(error, address: peer))
            }
        }
        deliver()
    }

    /// Without a consumer nothing is read: the kernel's buffer holds the peer back.
    private var wantsMore: Bool {
        if handshake != nil { return false }
        if let reader { return inbound.count < max(reader.minimum, 1) }
        return frameHandler != nil
    }

    /// A large frame or read is filled exactly, so that its array can be handed over without a copy; what is asked of the
    /// kernel grows with what has arrived, never with what was announced.
    private var receiveLimit: Int {
        guard let wanted = cutter.length ?? reader?.minimum, wanted > Self.chunk, wanted > inbound.count else {
            return Self.chunk
        }
        return min(wanted - inbound.count, max(Self.chunk, min(inbound.count, Self.turnLimit)))
    }

    private func deliver() {
        if frameHandler != nil { return deliverFrames() }
        guard let reader, isOpen, inbound.count >= reader.minimum || hasEnded else { return }
        self.reader = nil
        reader.timer?.cancel()
        reader.waiter.resume(returning: .success(inbound.take(reader.maximum)))
    }

    private func deliverFrames() {
        while isOpen, let handler = frameHandler {
            switch cutter.next(&inbound) {
            case .frame(let bytes):
                handler(.frame(bytes))
                continue
            case .refused(let length):
                handler(.refused(prefix: Array(inbound.peek(Self.chunk))))
                let message = "\(peer) announced a frame of \(length) bytes."
                return shutDown(SocketError(.overflow, address: peer, message: message))
            case .incomplete: break
            }
            break
        }
        guard isOpen, hasEnded else { return }
        let isBetweenFrames = inbound.isEmpty && cutter.length == nil
        shutDown(isBetweenFrames ? nil : .closed(peer, "\(peer) closed the connection in the middle of a frame."))
    }

    private func planFlush() {
        guard !isFlushPlanned, !isConnecting, handshake == nil else { return }
        isFlushPlanned = true
        startWatching()
        loop.atEndOfTurn { [self] in
            assumeIsolated { socket in
                socket.isFlushPlanned = false
                socket.flushNow()
            }
        }
    }

    func flushNow() {
        while isOpen, !outbound.isEmpty {
            switch outbound.withUnsafeBytes({ transport.send($0) }) {
            case .moved(let count): outbound.drop(count)
            case .wouldBlock: return wakeWriters()
            case .ended: return shutDown(.closed(peer))
            case .failed(let code):
                return shutDown(SocketError(code: code, operation: "write to", address: peer))
            case .refused(let error): return shutDown(SocketError(error, address: peer))
            }
        }
        wakeWriters()
    }

    private func wakeWriters() {
        let ready = writers.filter { outbound.count <= $0.threshold }
        writers.removeAll { outbound.count <= $0.threshold }
        for writer in ready { writer.waiter.resume(returning: nil) }
    }

    private func abandonRead(_ id: UInt64, _ error: SocketError) {
        guard let reader, reader.id == id else { return }
        self.reader = nil
        reader.timer?.cancel()
        reader.waiter.resume(returning: .failure(error))
    }

    private func abandonWrite(_ id: UInt64, _ error: SocketError) {
        guard let index = writers.firstIndex(where: { $0.id == id }) else { return }
        writers.remove(at: index).waiter.resume(returning: error)
    }

    /// The one end of every socket: closes the descriptor and wakes whatever waits.
    func shutDown(_ error: SocketError?) {
        guard isOpen else { return }
        isOpen = false
        failure = error
        if let watch { loop.unwatch(watch) }
        watch = nil
        if error == nil, outbound.isEmpty { transport.endSending() }
        Glibc.close(descriptor)
        outbound.removeAll()
        handshake = nil
        let reason = error ?? SocketError.closed(peer)
        opener?.resume(returning: reason)
        opener = nil
        if let reader { abandonRead(reader.id, reason) }
        for writer in writers { writer.waiter.resume(returning: reason) }
        writers = []
        endFrames(error)
        for (_, waiter) in closeWaiters { waiter.resume() }
        closeWaiters = []
    }

    private func endFrames(_ error: SocketError?) {
        let handler = frameHandler
        frameHandler = nil
        handler?(.closed(error))
    }
}
