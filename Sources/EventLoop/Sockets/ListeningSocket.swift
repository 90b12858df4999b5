internal import CSystem
import Glibc

/// A TCP socket that accepts connections. How many may stand at once is the caller's bound.
package actor ListeningSocket {
    /// Connections that the kernel holds until they are accepted.
    package static let backlog: CInt = 128
    /// Pause after a failed accept (no descriptors left), so that it does not spin.
    private static let pause: Duration = .milliseconds(50)

    package nonisolated let port: Int
    package nonisolated let address: String
    private nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private let descriptor: CInt
    private var watch: EventLoop.Watch?
    private var isOpen = true
    private var waiters: [(id: UInt64, waiter: CheckedContinuation<Result<StreamSocket, SocketError>, Never>)] = []
    private var lastWaiter: UInt64 = 0

    /// Listens on a numeric address; port 0 takes a free one, to be read from `port`.
    package init(host: String = "127.0.0.1", port: Int = 0, loop: EventLoop = .shared) throws(SocketError) {
        let asked = hostAndPort(host, port)
        var found: SocketAddress?
        // A numeric host is answered at once, on this thread.
        let isNumeric = host.utf8.allSatisfy { $0 == 0x2E || $0 == 0x3A || Character(Unicode.Scalar($0)).isHexDigit }
        if isNumeric {
            let box = Locked(SocketAddress?.none)
            Resolver.resolve(host: host, port: port) { outcome in
                if case .addresses(let addresses) = outcome { box.withLock { $0 = addresses.first } }
            }
            found = box.withLock { $0 }
        }
        guard (0...65535).contains(port), let found else {
            throw SocketError(.unresolved, address: asked, message: "\(asked) is no numeric address to listen on.")
        }
        let descriptor = csystem_stream_socket(found.family)
        guard descriptor >= 0 else { throw SocketError(code: errno, operation: "open a socket for", address: asked) }
        var on: CInt = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<CInt>.size))
        guard found.withPointer({ bind(descriptor, $0, $1) }) == 0, listen(descriptor, Self.backlog) == 0 else {
            let error = SocketError(code: errno, operation: "listen on", address: asked)
            Glibc.close(descriptor)
            throw error
        }
        let bound = SocketAddress.local(of: descriptor)
        self.descriptor = descriptor
        self.port = bound.map { Int($0.port) } ?? port
        self.address = bound?.description ?? asked
        self.loop = loop
    }

    isolated deinit {
        if isOpen {
            if let watch { loop.unwatch(watch) }
            Glibc.close(descriptor)
        }
    }

    /// The next connection. Fails with `closed` after `close()`, with `cancelled` on cancellation.
    package func accept() async throws(SocketError) -> StreamSocket {
        lastWaiter &+= 1
        let id = lastWaiter
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation {
                (waiter: CheckedContinuation<Result<StreamSocket, SocketError>, Never>) in
                if Task.isCancelled { return waiter.resume(returning: .failure(error(.cancelled))) }
                guard isOpen else { return waiter.resume(returning: .failure(error(.closed))) }
                waiters.append((id, waiter))
                acceptPending()
            }
        } onCancel: {
            loop.submit { [weak self] in
                self?.assumeIsolated { listener in
                    guard let index = listener.waiters.firstIndex(where: { $0.id == id }) else { return }
                    listener.waiters.remove(at: index).waiter.resume(returning: .failure(listener.error(.cancelled)))
                }
            }
        }
        return try result.get()
    }

    package func close() {
        guard isOpen else { return }
        isOpen = false
        if let watch { loop.unwatch(watch) }
        watch = nil
        Glibc.close(descriptor)
        for (_, waiter) in waiters { waiter.resume(returning: .failure(error(.closed))) }
        waiters = []
    }

    /// Watches only while someone waits to accept: level-triggered, or the loop would spin.
    private func acceptPending() {
        while isOpen, !waiters.isEmpty {
            let accepted = csystem_accept(descriptor)
            if accepted >= 0 {
                let socket = StreamSocket(
                    descriptor: accepted, peer: "client of \(address)", isConnecting: false, loop: loop)
                waiters.removeFirst().waiter.resume(returning: .success(socket))
                continue
            }
            switch errno {
            case EINTR, ECONNABORTED: continue
            case EAGAIN:
                if watch == nil {
                    watch = loop.watch(descriptor, for: .readable) { [weak self] _ in
                        self?.assumeIsolated { $0.acceptPending() }
                    }
                }
                return
            default:
                stopWatching()
                loop.schedule(after: Self.pause) { [weak self] in self?.assumeIsolated { $0.acceptPending() } }
                return
            }
        }
        stopWatching()
    }

    private func stopWatching() {
        if let watch { loop.unwatch(watch) }
        watch = nil
    }

    private func error(_ kind: SocketError.Kind) -> SocketError {
        SocketError(
            kind, address: address,
            message: kind == .closed
                ? "\(address) is no longer listened on." : "Accepting on \(address) was cancelled.")
    }
}
