import EventLoop

/// The connections of a client: at most one per node, opened when it is needed.
///
/// An actor on the event loop, as the connections are: looking one up is no hop from there. Callers that need the same
/// connection share one dial. An address whose dials fail, or whose connections soon break, is dialed again at the pace of
/// `ConnectPace`, however many calls there are; callers wait it out within their deadline. Besides, what an address is that
/// gives no Kafka answer is looked at once (`FirstContact`). A connection that nothing used for `idleLimit` is closed, unless someone
/// watches for its end. Nodes must belong to the cluster that the client talks to
/// (`ClusterIdentity`), and are looked for where the last list of brokers says.
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
        var openedAt: Duration = .zero
        var lastUse: Duration = .zero
    }

    private let settings: AdminClientSettings
    private let dialer: any BrokerDialer
    private let time: any TimeSource
    private let random: @Sendable () -> Double
    private nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private let queue: ConnectQueue
    private let identity: ClusterIdentity
    private var entries: [Key: Entry] = [:]
    private var pace: ConnectPace
    /// Where the nodes are, by the last list of brokers.
    private var places: [Int32: BrokerAddress] = [:]
    private var witnessed: [UInt64: BrokerConnection] = [:]
    private var lastFollower: UInt64 = 0
    /// Connects that are under way, to be ended with everything else.
    private var connects: [UInt64: Task<Result<NegotiatedConnection, KafkaError>, Never>] = [:]
    private var lastConnect: UInt64 = 0
    /// Goes up with `closeAll`: what was begun before is not to be had any more.
    private var era: UInt64 = 0

    init(
        settings: AdminClientSettings, dialer: any BrokerDialer, time: any TimeSource, loop: EventLoop,
        identity: ClusterIdentity = ClusterIdentity(), random: @escaping @Sendable () -> Double
    ) {
        self.identity = identity
        self.settings = settings
        self.dialer = dialer
        self.time = time
        self.loop = loop
        self.random = random
        queue = ConnectQueue(time: time, loop: loop)
        pace = ConnectPace(settings.reconnectBackoff, random: random)
    }

    /// The connection to a node, open and negotiated. `deadline` by the client's clock; the dial itself gets at most the
    /// connect timeout.
    func connection(
        _ key: Key, at wanted: BrokerAddress, deadline: Duration
    ) async throws(KafkaError) -> NegotiatedConnection {
        closeIdle()
        let begun = era
        while true {
            if era != begun { throw closed(wanted) }
            let address = place(of: key) ?? wanted
            if let open = use(key, at: address) { return open }
            let now = time.monotonic
            guard now < deadline else { throw late(address) }
            if Task.isCancelled { throw cancelled(address) }
            if entries[key]?.isDialing == true {
                await follow(key, deadline: deadline)
            } else if let retryAt = pace.retryAt(address, now: now) {
                guard retryAt < deadline else { throw late(address) }
                do { try await time.sleep(for: retryAt - now) } catch { throw cancelled(address) }
            } else {
                // Before the call: a task may be suspended on its way into it, and another one would dial as well.
                entries[key, default: Entry(address: address)].isDialing = true
                if let open = try await dial(key, address, deadline: deadline) { return open }
            }
        }
    }

    /// Where a node is by now, whatever the caller believes.
    private func place(of key: Key) -> BrokerAddress? {
        if case .node(let node) = key { places[node] } else { nil }
    }

    /// A connection of its own for one caller, who closes it. An address that fails is not stormed by these either.
    func freshConnection(to address: BrokerAddress, deadline: Duration) async throws(KafkaError) -> NegotiatedConnection
    {
        let begun = era
        while let retryAt = pace.retryAt(address, now: time.monotonic) {
            guard retryAt < deadline else { throw late(address) }
            do { try await time.sleep(for: retryAt - time.monotonic) } catch { throw cancelled(address) }
            if era != begun { throw closed(address) }
        }
        pace.noteDial(address, at: time.monotonic)
        do throws(KafkaError) {
            let open = try await connect(to: address, deadline: deadline)
            pace.forget(address)
            return open
        } catch {
            if error.code != .cancelled { pace.noteFailure(address, since: time.monotonic, error) }
            throw error
        }
    }

    /// Connects, negotiates and logs in, when it is the turn of this one. Ended by `closeAll`.
    private func connect(to address: BrokerAddress, deadline: Duration) async throws(KafkaError) -> NegotiatedConnection
    {
        let begun = era
        guard await queue.enter(address, deadline: deadline) else {
            throw Task.isCancelled
                ? cancelled(address) : .outOfTime(to: "connect to \(address)", address: address)
        }
        guard era == begun else {
            await queue.leave(address)
            throw closed(address)
        }
        let limit = min(deadline, time.monotonic + connectLimit(of: address))
        let task = Task { await open(address, deadline: limit) }
        lastConnect += 1
        let id = lastConnect
        connects[id] = task
        let result = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        connects[id] = nil
        await queue.leave(address)
        if era != begun {
            if case .success(let open) = result { hangUp(open) }
            throw closed(address)
        }
        return try result.get()
    }

    private func open(_ address: BrokerAddress, deadline: Duration) async -> Result<NegotiatedConnection, KafkaError> {
        do throws(KafkaError) {
            return .success(
                try await BrokerConnection.open(
                    address, dialer: dialer, identity: settings.identity, sasl: settings.sasl, time: time, loop: loop,
                    deadline: deadline, random: random()))
        } catch {
            return .failure(error)
        }
    }

    private func connectLimit(of address: BrokerAddress) -> Duration {
        let failures = pace.failures(of: address)
        guard failures > 0 else { return min(settings.connectTimeout, settings.connectTimeoutLimit) }
        return Backoff(base: settings.connectTimeout, limit: settings.connectTimeoutLimit)
            .wait(before: failures, random: random())
    }

    /// Calls in flight on the open connection to a node; nil without one.
    func load(_ key: Key) -> Int? {
        guard let open = entries[key]?.open else { return nil }
        return open.connection.assumeIsolated { $0.isClosed ? nil : $0.load }
    }

    /// Whether a dial there would have to wait because the last one failed.
    func isResting(_ address: BrokerAddress) -> Bool {
        pace.retryAt(address, now: time.monotonic) != nil
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
        places = nodes
        for (key, entry) in entries {
            guard case .node(let node) = key, nodes[node] != entry.address else { continue }
            if let open = entry.open { hangUp(open) }
            if !entry.isDialing { entries[key] = nil }
        }
    }

    func close(_ key: Key) {
        guard let open = entries[key]?.open else { return }
        entries[key]?.open = nil
        hangUp(open)
    }

    /// Closes every connection, and ends the connects that are under way: who waits for one of them fails.
    func closeAll() {
        era += 1
        for key in entries.keys { close(key) }
        for connect in connects.values { connect.cancel() }
    }

    // MARK: Witnesses

    /// Remembers a connection so that its end can be asked about. The oldest are forgotten beyond the limit.
    func watch(_ connection: BrokerConnection) {
        witnessed[connection.incarnation] = connection
        if witnessed.count > Self.witnessLimit, let oldest = witnessed.keys.min() { witnessed[oldest] = nil }
    }

    /// Nil when it was never watched here, or is forgotten.
    func witnessedConnection(_ incarnation: UInt64) -> BrokerConnection? { witnessed[incarnation] }

    // MARK: Dialing

    /// The open connection, if it still stands and leads where it should.
    private func use(_ key: Key, at address: BrokerAddress) -> NegotiatedConnection? {
        guard let entry = entries[key] else { return nil }
        let isClosed = entry.open?.connection.assumeIsolated { $0.isClosed } ?? true
        if entry.address != address {
            // The node has moved.
            if let open = entry.open { hangUp(open) }
            entries[key]?.address = address
            entries[key]?.open = nil
            return nil
        }
        if isClosed {
            if entry.open != nil {
                let end = entry.open?.connection.assumeIsolated { $0.ending }
                pace.noteEnd(of: address, openedAt: entry.openedAt, now: time.monotonic, end)
            }
            entries[key]?.open = nil
            return nil
        }
        let now = time.monotonic
        entries[key]?.lastUse = now
        if now - entry.openedAt >= ConnectPace.settledAfter { pace.forget(address) }
        return entry.open
    }

    /// For whoever has marked the entry as dialing. Nil when the node has moved meanwhile.
    private func dial(
        _ key: Key, _ address: BrokerAddress, deadline: Duration
    ) async throws(KafkaError) -> NegotiatedConnection? {
        let begun = time.monotonic
        pace.noteDial(address, at: begun)
        let result: Result<NegotiatedConnection, KafkaError>
        do throws(KafkaError) {
            result = .success(try await open(key, address, deadline: deadline))
        } catch {
            result = .failure(error)
        }
        var entry = entries[key] ?? Entry(address: address)
        entry.isDialing = false
        let followers = entry.followers
        entry.followers = [:]
        let hasMoved = entry.address != address || (place(of: key) ?? address) != address
        switch result {
        case .success(let open):
            if hasMoved {
                hangUp(open)
            } else {
                entry.open = open
                entry.openedAt = begun
                entry.lastUse = time.monotonic
            }
        case .failure(let error):
            if error.code != .cancelled { pace.noteFailure(address, since: time.monotonic, error) }
        }
        entries[key] = entry
        for follower in followers.values { follower.resume() }
        if hasMoved { return nil }
        return try result.get()
    }

    /// Nodes must be of the cluster; what answers at a bootstrap address is found out by the first question there.
    private func open(
        _ key: Key, _ address: BrokerAddress, deadline: Duration
    ) async throws(KafkaError) -> NegotiatedConnection {
        let open = try await connect(to: address, deadline: deadline)
        guard case .node = key else { return open }
        do throws(KafkaError) {
            try await identity.check(open, deadline: min(deadline, time.monotonic + settings.connectTimeout))
        } catch {
            hangUp(open)
            throw error
        }
        return open
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

    private func hangUp(_ open: NegotiatedConnection) { open.connection.assumeIsolated { $0.close() } }

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

    private func late(_ address: BrokerAddress) -> KafkaError {
        pace.lastError(of: address) ?? .outOfTime(to: "connect to \(address)", address: address)
    }

    private func closed(_ address: BrokerAddress) -> KafkaError {
        KafkaError(.cancelled, "The client was closed while it connected to \(address)", address: address.description)
    }

    private func cancelled(_ address: BrokerAddress) -> KafkaError {
        KafkaError(.cancelled, "Connecting to \(address) was cancelled", address: address.description)
    }
}
