internal import CSystem
import Glibc

extension StreamSocket {
    /// Addresses of a name that are tried before giving up.
    package static let attemptLimit = 8

    /// Connects to the first address of `host` that answers.
    ///
    /// Each address gets an equal share of the time that is left, so that one black hole does not use it up. The error
    /// is that of the last address tried.
    package static func connect(
        to host: String, port: Int, within limit: Duration, buffers: SocketBuffers = SocketBuffers(),
        loop: EventLoop = .shared
    ) async throws(SocketError) -> StreamSocket {
        let address = hostAndPort(host, port)
        guard (1...65535).contains(port) else {
            throw SocketError(.unresolved, address: address, message: "\(address) has no valid port.")
        }
        let end = monotonicNow() + limit
        let addresses = try await resolve(host, port, address: address, within: limit, loop: loop).prefix(attemptLimit)
        var last: SocketError?
        for (index, candidate) in addresses.enumerated() {
            let left = end - monotonicNow()
            guard left > .zero else { break }
            do throws(SocketError) {
                return try await connect(
                    candidate, address: address, within: left / (addresses.count - index), buffers: buffers, loop: loop)
            } catch {
                last = error
                if error.kind == .cancelled { throw error }
            }
        }
        throw last
            ?? SocketError(.timedOut, address: address, message: "\(address) did not answer the connection in time.")
    }

    private static func connect(
        _ candidate: SocketAddress, address: String, within limit: Duration, buffers: SocketBuffers,
        loop: EventLoop
    ) async throws(SocketError) -> StreamSocket {
        let descriptor = csystem_stream_socket(candidate.family)
        guard descriptor >= 0 else {
            throw SocketError(code: errno, operation: "open a socket for", address: address)
        }
        buffers.apply(to: descriptor)
        let code = candidate.withPointer { Glibc.connect(descriptor, $0, $1) == 0 ? 0 : errno }
        guard code == 0 || code == EINPROGRESS else {
            Glibc.close(descriptor)
            throw SocketError(code: code, operation: "connect to", address: address)
        }
        let socket = StreamSocket(
            descriptor: descriptor, peer: address, isConnecting: code == EINPROGRESS, loop: loop)
        try await socket.open(within: limit)
        return socket
    }

    private static func resolve(
        _ host: String, _ port: Int, address: String, within limit: Duration, loop: EventLoop
    ) async throws(SocketError) -> [SocketAddress] {
        let wait = ResolverWait()
        let timer = loop.schedule(after: limit) { wait.finish(nil) }
        defer { timer.cancel() }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                wait.begin(waiter)
                Resolver.resolve(host: host, port: port) { wait.finish($0) }
            }
        } onCancel: {
            wait.finish(.failed("the search was cancelled"))
        }
        if Task.isCancelled {
            throw SocketError(.cancelled, address: address, message: "Connecting to \(address) was cancelled.")
        }
        switch outcome {
        case .addresses(let addresses): return addresses
        case .failed(let reason):
            throw SocketError(
                .unresolved, address: address, message: "The host of \(address) cannot be found: \(reason).")
        case nil:
            throw SocketError(
                .timedOut, address: address, message: "The name servers did not answer for \(address) in time.")
        }
    }
}

/// One caller waiting for a look-up; the first of answer, deadline and cancellation wins.
private final class ResolverWait: Sendable {
    private struct State {
        var waiter: CheckedContinuation<Resolver.Outcome?, Never>?
        var isFinished = false
        var early: Resolver.Outcome?
    }

    private let state = Locked(State())

    func begin(_ waiter: CheckedContinuation<Resolver.Outcome?, Never>) {
        let (isFinished, early) = state.withLock { state in
            if !state.isFinished { state.waiter = waiter }
            return (state.isFinished, state.early)
        }
        if isFinished { waiter.resume(returning: early) }
    }

    func finish(_ outcome: Resolver.Outcome?) {
        let waiter = state.withLock { state in
            guard !state.isFinished else { return CheckedContinuation<Resolver.Outcome?, Never>?.none }
            state.isFinished = true
            state.early = outcome
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: outcome)
    }
}
