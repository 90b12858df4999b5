import EventLoop

/// What a client is told about its connection to the embedded cluster.
package enum SimulatedConnectionEvent: Sendable {
    /// A frame without its length.
    case frame([UInt8])
    /// The connection has ended; the last event.
    case closed
}

/// A client's connection to one node of the embedded cluster, in process: whole frames in, payloads out.
///
/// Either `start` it and `send`, or use `exchange` for one request after the other. From any thread. It ends with `close`,
/// with the node's process, or with a request that Kafka would not answer.
package final class SimulatedConnection: Sendable {
    /// The connection has ended.
    package struct Closed: Error, Sendable {}

    private struct State {
        var id: UInt64?
        var handler: (@Sendable (SimulatedConnectionEvent) -> Void)?
        var waiters: [CheckedContinuation<Result<[UInt8], Closed>, Never>] = []
        var endWaiters: [CheckedContinuation<Void, Never>] = []
        var isClosed = false
    }

    package let node: Int32
    package let listener: SimulatedListener
    private let cluster: SimulatedCluster
    private let state = Locked(State())

    init(cluster: SimulatedCluster, node: Int32, listener: SimulatedListener, session: ClientSession) {
        self.cluster = cluster
        self.node = node
        self.listener = listener
        let id = cluster.open(node, listener, as: session) { [weak self] delivery in self?.take(delivery) }
        if let id {
            state.withLock { $0.id = id }
        } else {
            take(.closed)
        }
    }

    deinit { if let id = state.withLock({ $0.id }) { cluster.close(id) } }

    /// Begins to tell events, one at a time and in order. Once, before the first `send`.
    package func start(_ handler: @escaping @Sendable (SimulatedConnectionEvent) -> Void) {
        let isClosed = state.withLock { state in
            state.handler = handler
            return state.isClosed
        }
        if isClosed { handler(.closed) }
    }

    /// Sends a whole frame, its four bytes of length included.
    package func send(_ frame: [UInt8]) {
        guard frame.count >= 4, let id = state.withLock({ $0.isClosed ? nil : $0.id }) else { return }
        cluster.receive(Array(frame.dropFirst(4)), on: id)
    }

    /// Sends a whole frame and waits for the payload of its answer. Cancellation closes the connection.
    package func exchange(_ frame: [UInt8]) async throws(Closed) -> [UInt8] {
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let isClosed = state.withLock { state in
                    if !state.isClosed { state.waiters.append(waiter) }
                    return state.isClosed
                }
                if isClosed { return waiter.resume(returning: .failure(Closed())) }
                send(frame)
            }
        } onCancel: {
            close()
        }
        return try result.get()
    }

    /// Returns when the connection has ended, for whatever reason.
    package func waitUntilClosed() async {
        await withCheckedContinuation { waiter in
            let isClosed = state.withLock { state in
                if !state.isClosed { state.endWaiters.append(waiter) }
                return state.isClosed
            }
            if isClosed { waiter.resume() }
        }
    }

    package var isClosed: Bool { state.withLock { $0.isClosed } }

    package func close() {
        guard let id = state.withLock({ $0.id }) else { return }
        cluster.close(id)
    }

    private func take(_ delivery: SimulatedCluster.Delivery) {
        switch delivery {
        case .frame(let frame):
            let payload = Array(frame.dropFirst(4))
            let (waiter, handler) = state.withLock { state in
                (state.waiters.isEmpty ? nil : state.waiters.removeFirst(), state.handler)
            }
            if let waiter { waiter.resume(returning: .success(payload)) } else { handler?(.frame(payload)) }
        case .trickle(let frame, _): take(.frame(frame))
        case .closed:
            let (waiters, ends, handler) = state.withLock { state in
                defer {
                    state.isClosed = true
                    state.waiters = []
                    state.endWaiters = []
                }
                return (state.waiters, state.endWaiters, state.handler)
            }
            for waiter in waiters { waiter.resume(returning: .failure(Closed())) }
            for waiter in ends { waiter.resume() }
            handler?(.closed)
        }
    }
}
