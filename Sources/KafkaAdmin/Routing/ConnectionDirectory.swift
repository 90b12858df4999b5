import EventLoop

/// The connections of a client: at most one per node, opened when it is needed.
///
/// An actor on the event loop, as the connections are: looking one up is no hop from there. Callers that need the same
/// connection share one dial. After a failed dial a node is left alone for a growing time; callers wait it out within
/// their deadline. A connection that nothing used for `idleLimit` is closed, unless someone watches for its end.
actor ConnectionDirectory {
    enum Key: Hashable, Sendable {
        /// A node by its id; its address may change.
        case node(Int32)
        /// An address of which the node is not known yet.
        case address(BrokerAddress)
    }

    /// Connections whose end may be asked about.
    static let witnessLimit = 1024

    private struct Entry {
        var address: BrokerAddress
        var open: NegotiatedConnection?
        var isDialing = false
        var followers: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var failures = 0
        var retryAt: Duration?
        var lastError: KafkaError?
        var lastUse: Duration = .zero
    }

    private let settings: AdminClientSettings
    private let dialer: any BrokerDialer
    private let time: any TimeSource
    private let random: @Sendable () -> Double
    private nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private let queue: ConnectQueue
    private var entries: [Key: Entry] = [:]
    private var witnessed: [UInt64: BrokerConnection] = [:]
    private var lastFollower: UInt64 = 0

    init(
        settings: AdminClientSettings, dialer: any BrokerDialer, time: any TimeSource, loop: EventLoop,
        random: @escaping @Sendable () -> Double
    ) {
        self.settings = settings
        self.dialer = dialer
        self.time = time
        self.loop = loop
        self.random = random
        queue = ConnectQueue(time: time, loop: loop)
    }

    /// The connection to a node, open and negotiated. `deadline` by the client's clock; the dial itself gets at most the
    /// connect timeout.
    func connection(
        _ key: Key, at address: BrokerAddress, deadline: Duration
    ) async throws(KafkaError) -> NegotiatedConnection {
        closeIdle()
        while true {
            if let open = use(key, at: address) { return open }
            let now = time.monotonic
            let entry = entries[key, default: Entry(address: address)]
            guard now < deadline else { throw late(entry) }
            if Task.isCancelled { throw cancelled(address) }
            if entry.isDialing {
                await follow(key, deadline: deadline)
            } else if let retryAt = entry.retryAt, retryAt > now {
                guard retryAt < deadline else { throw late(entry) }
                do { try await time.sleep(for: retryAt - now) } catch { throw cancelled(address) }
            } else {
                return try await dial(key, address, deadline: deadline)
            }
        }
    }

    /// A connection of its own for one caller, who closes it.
    func freshConnection(to address: BrokerAddress, deadline: Duration) async throws(KafkaError) -> NegotiatedConnection
    {
        guard await queue.enter(address, deadline: deadline) else {
            throw Task.isCancelled
                ? cancelled(address) : .outOfTime(to: "connect to \(address)", address: address)
        }
        let result: Result<NegotiatedConnection, KafkaError>
        do throws(KafkaError) {
            result = .success(
                try await BrokerConnection.open(
                    address, dialer: dialer, identity: settings.identity, sasl: settings.sasl, time: time, loop: loop,
                    deadline: min(deadline, time.monotonic + settings.connectTimeout), random: random()))
        } catch {
            result = .failure(error)
        }
        await queue.leave(address)
        return try result.get()
    }

    /// Calls in flight on the open connection to a node; nil without one.
    func load(_ key: Key) -> Int? {
        guard let open = entries[key]?.open else { return nil }
        return open.connection.assumeIsolated { $0.isClosed ? nil : $0.load }
    }

    /// Whether a dial to the node would have to wait because the last one failed.
    func isResting(_ key: Key) -> Bool {
        guard let retryAt = entries[key]?.retryAt else { return false }
        return retryAt > time.monotonic
    }

    /// Makes the connection to an address the one of the node that turned out to be there.
    func adopt(_ address: BrokerAddress, as node: Int32) {
        guard let entry = entries[.address(address)], entry.open != nil, !entry.isDialing,
            entries[.node(node)]?.open == nil, entries[.node(node)]?.isDialing != true
        else { return }
        entries[.address(address)] = nil
        entries[.node(node)] = entry
    }

    /// Closes the connections to nodes that are not in the cluster any more, or at another address.
    func retain(_ nodes: [Int32: BrokerAddress]) {
        for (key, entry) in entries {
            guard case .node(let node) = key, nodes[node] != entry.address else { continue }
            if let open = entry.open { open.connection.assumeIsolated { $0.close() } }
            if !entry.isDialing && nodes[node] == nil { entries[key] = nil }
        }
    }

    func close(_ key: Key) {
        guard let open = entries[key]?.open else { return }
        entries[key]?.open = nil
        open.connection.assumeIsolated { $0.close() }
    }

    func closeAll() {
        for key in entries.keys { close(key) }
    }

    // MARK: Witnesses

    /// Remembers a connection so that its end can be asked about. The oldest are forgotten beyond the limit.
    func watch(_ connection: BrokerConnection) {
        witnessed[connection.incarnation] = connection
        if witnessed.count > Self.witnessLimit, let oldest = witnessed.keys.min() { witnessed[oldest] = nil }
    }

    /// Nil once it has closed: closed connections are dropped here.
    func witnessedConnection(_ incarnation: UInt64) -> BrokerConnection? {
        guard let connection = witnessed[incarnation] else { return nil }
        guard connection.assumeIsolated({ $0.isClosed }) else { return connection }
        witnessed[incarnation] = nil
        return nil
    }

    // MARK: Dialing

    /// The open connection, if it still stands and leads where it should.
    private func use(_ key: Key, at address: BrokerAddress) -> NegotiatedConnection? {
        guard let entry = entries[key] else { return nil }
        let isClosed = entry.open?.connection.assumeIsolated { $0.isClosed } ?? true
        if entry.address != address {
            // The node has moved: what is known about the old address says nothing about the new one.
            if let open = entry.open { open.connection.assumeIsolated { $0.close() } }
            entries[key]?.address = address
            entries[key]?.open = nil
            entries[key]?.failures = 0
            entries[key]?.retryAt = nil
            return nil
        }
        if isClosed {
            entries[key]?.open = nil
            return nil
        }
        entries[key]?.lastUse = time.monotonic
        return entry.open
    }

    private func dial(
        _ key: Key, _ address: BrokerAddress, deadline: Duration
    ) async throws(KafkaError) -> NegotiatedConnection {
        entries[key, default: Entry(address: address)].isDialing = true
        let result: Result<NegotiatedConnection, KafkaError>
        do throws(KafkaError) {
            result = .success(try await freshConnection(to: address, deadline: deadline))
        } catch {
            result = .failure(error)
        }
        var entry = entries[key] ?? Entry(address: address)
        entry.isDialing = false
        let followers = entry.followers
        entry.followers = [:]
        switch result {
        case .success(let open):
            entry.open = open
            entry.failures = 0
            entry.retryAt = nil
            entry.lastError = nil
            entry.lastUse = time.monotonic
        case .failure(let error):
            if error.code != .cancelled {
                entry.retryAt =
                    time.monotonic + settings.reconnectBackoff.wait(before: entry.failures, random: random())
                entry.failures += 1
                entry.lastError = error
            }
        }
        entries[key] = entry
        for follower in followers.values { follower.resume() }
        return try result.get()
    }

    /// Waits until the dial under way has ended, the deadline has passed, or the task is cancelled.
    private func follow(_ key: Key, deadline: Duration) async {
        lastFollower += 1
        let id = lastFollower
        let leave: @Sendable () -> Void = { [weak self, loop] in
            loop.submit { [weak self] in
                self?.assumeIsolated { $0.entries[key]?.followers.removeValue(forKey: id)?.resume() }
            }
        }
        var timer: ScheduledAction?
        defer { timer?.cancel() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                guard entries[key]?.isDialing == true, !Task.isCancelled else { return waiter.resume() }
                entries[key]?.followers[id] = waiter
                // After the registration: a task may be suspended on the way into these closures.
                timer = time.schedule(after: deadline - time.monotonic, leave)
            }
        } onCancel: {
            leave()
        }
    }

    private func closeIdle() {
        let now = time.monotonic
        for (key, entry) in entries {
            guard let open = entry.open, now - entry.lastUse >= settings.idleLimit,
                witnessed[open.connection.incarnation] == nil
            else { continue }
            let isBusy = open.connection.assumeIsolated { $0.load > 0 }
            if !isBusy { close(key) }
        }
    }

    private func late(_ entry: Entry) -> KafkaError {
        entry.lastError
            ?? .outOfTime(to: "connect to \(entry.address)", address: entry.address)
    }

    private func cancelled(_ address: BrokerAddress) -> KafkaError {
        KafkaError(.cancelled, "Connecting to \(address) was cancelled", address: address.description)
    }
}
