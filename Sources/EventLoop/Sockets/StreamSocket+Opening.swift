import Glibc

/// From a descriptor to a connection that may be used.
extension StreamSocket {
    /// Waits until the connection stands.
    func open(within time: Duration) async throws(SocketError) {
        guard isConnecting else { return }
        try await waitForOpening(within: time, lateness: "answer the connection") {}
    }

    /// Puts TLS on the connection: returns when the handshake is done. Once, before anything is read or written.
    ///
    /// A client gives the `host` that it dialed: it goes to the server as SNI unless it is an IP address, and must be in
    /// the server's certificate unless the settings say otherwise. Any failure closes the socket; that of TLS itself has
    /// the kind `tls`. A TLS 1.3 server that refuses the client's certificate says so after the handshake: the first read
    /// fails then.
    package func startTLS(
        _ context: TLSContext, host: String? = nil, within time: Duration
    ) async throws(SocketError) {
        let start = monotonicNow()
        do throws(TLSError) {
            let machinery = try await context.machinery(within: time, loop: loop)
            precondition(isUnused && handshake == nil, "TLS begins before anything is read or written.")
            let tls = try TLSTransport(machinery, descriptor: descriptor, peer: peer, host: host)
            transport = tls
            handshake = tls
        } catch {
            let error = Task.isCancelled ? SocketError.cancelled(peer) : SocketError(error, address: peer)
            shutDown(error)
            throw error
        }
        let left = max(.zero, time - (monotonicNow() - start))
        try await waitForOpening(within: left, lateness: "finish the TLS handshake") { stepHandshake() }
    }

    /// What TLS has agreed on; nil on a plain connection.
    package var tlsSession: TLSSession? { (transport as? TLSTransport)?.session }

    /// Tells the peer that nothing follows, once what is queued has gone. Reading goes on.
    package func endSending(within time: Duration? = nil) async throws(SocketError) {
        try await flush(within: time)
        transport.endSending()
    }

    func finishOpening() {
        var code: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
        isConnecting = false
        if code != 0 { return shutDown(SocketError(code: code, operation: "connect to", address: peer)) }
        opener?.resume(returning: nil)
        opener = nil
    }

    func stepHandshake() {
        guard isOpen, let handshake else { return }
        switch handshake.handshake() {
        case .wouldBlock: return
        case .refused(let error): return shutDown(SocketError(error, address: peer))
        case .failed(let code):
            return shutDown(SocketError(code: code, operation: "finish the TLS handshake with", address: peer))
        case .ended: return shutDown(.closed(peer))
        case .moved:
            self.handshake = nil
            opener?.resume(returning: nil)
            opener = nil
            // What was asked for meanwhile, and bytes that came with the last ones of the handshake.
            fillInbound()
            if isOpen { flushNow() }
        }
    }

    private func waitForOpening(
        within time: Duration, lateness: String, _ begin: () -> Void
    ) async throws(SocketError) {
        let timer = loop.schedule(after: time) { [weak self] in
            self?.assumeIsolated { $0.shutDown(.late($0.peer, lateness)) }
        }
        defer { timer.cancel() }
        let error = await withTaskCancellationHandler {
            await withCheckedContinuation { (waiter: CheckedContinuation<SocketError?, Never>) in
                guard isOpen, !Task.isCancelled else {
                    return waiter.resume(returning: failure ?? SocketError.cancelled(peer))
                }
                opener = waiter
                startWatching()
                begin()
            }
        } onCancel: {
            loop.submit { [weak self] in self?.assumeIsolated { $0.shutDown(.cancelled($0.peer)) } }
        }
        if let error {
            shutDown(error)
            throw error
        }
    }
}
