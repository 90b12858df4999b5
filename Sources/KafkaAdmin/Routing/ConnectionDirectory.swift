import EventLoop

/// The connections of a client: at most one per node, opened when it is needed.
///
/// An actor on the event loop, as the connections are: looking one up is no hop from there. Callers that need the same
/// connection share one dial. After a failed dial, and after a connection that soon broke, the address is left alone for a
/// growing time, up to `reconnectLimit` at least: a broker that is down, or that hangs up on everybody, is dialed about
/// once a second, however many calls there are. Callers wait it out within their deadline. A connection that nothing used
/// for `idleLimit` is closed, unless someone watches for its end. Nodes must belong to the cluster that the client talks to
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
    /// The wait between dials of one address grows at least to this, whatever the settings say.
    static let reconnectLimit: Duration = .seconds(1)
    /// A connection that broke sooner counts as a dial that failed.
    static let settledAfter: Duration = .seconds(10)
    /// Addresses of which it is remembered that they failed.
    static let paceLimit = 4096

    /// How an address has answered lately, whoever dialed it.
    private struct Pace {
        var dialedAt: Duration
        var failures = 0
        var retryAt: Duration
        var lastError: KafkaError?
    }

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
    private var paces: [BrokerAddress: Pace] = [:]
    /// Where the nodes are, by the last list of brokers.
    private var places: [Int32: BrokerAddress] = [:]
    private var witnessed: [UInt64: BrokerConnection] = [:]
    private var lastFollower: UInt64 = 0

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
    }

    /// The connection to a node, open and negotiated. `deadline` by the client's clock; the dial itself gets at most the
    /// connect timeout.
    func connection(
        _ key: Key, at wanted: BrokerAddress, deadline: Duration
    ) async throws(KafkaError) -> NegotiatedConnection {
        closeIdle()
        while true {
            let address = place(of: key) ?? wanted
            if let open = use(key, at: address) { return open }
            let now = time.monotonic
            guard now < deadline else { throw late(address) }
            if Task.isCancelled { throw cancelled(address) }
            if entries[key]?.isDialing == true {
                await follow(key, deadline: deadline)
            } else if let retryAt = paces[address]?.retryAt, retryAt > now {
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

    /// Whether a dial there would have to wait because the last one failed.
    func isResting(_ address: BrokerAddress) -> Bool {
        guard let retryAt = paces[address]?.retryAt else { return false }
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

    func closeAll() {
        for key in entries.keys { close(key) }
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
                noteEnd(entry.openedAt, address, end)
            }
            entries[key]?.open = nil
            return nil
        }
        let now = time.monotonic
        entries[key]?.lastUse = now
        if paces[address] != nil, now - entry.openedAt >= Self.settledAfter { paces[address] = nil }
        return entry.open
    }

    /// For whoever has marked the entry as dialing. Nil when the node has moved meanwhile.
    private func dial(
        _ key: Key, _ address: BrokerAddress, deadline: Duration
    ) async throws(KafkaError) -> NegotiatedConnection? {
        let begun = time.monotonic
        noteDial(address)
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
            if error.code != .cancelled { pause(address, since: time.monotonic, after: error) }
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
        let open = try await freshConnection(to: address, deadline: deadline)
        guard case .node = key else { return open }
        do throws(KafkaError) {
            try await identity.check(open, deadline: min(deadline, time.monotonic + settings.connectTimeout))
        } catch {
            hangUp(open)
            throw error
        }
        return open
    }

    // MARK: Pace

    private func noteDial(_ address: BrokerAddress) {
        let now = time.monotonic
        if paces.count >= Self.paceLimit { paces = paces.filter { $0.value.retryAt > now } }
        var pace = paces[address] ?? Pace(dialedAt: now, retryAt: now)
        pace.dialedAt = now
        // Whoever else waits for this address waits on.
        if pace.failures > 0 { pace.retryAt = max(pace.retryAt, now + wait(after: pace.failures - 1)) }
        paces[address] = pace
    }

    private func wait(after failures: Int) -> Duration {
        Backoff(
            base: settings.reconnectBackoff.base, limit: max(settings.reconnectBackoff.limit, Self.reconnectLimit)
        ).wait(before: failures, random: random())
    }

    /// A connection has ended: what that says about the next one.
    private func noteEnd(_ openedAt: Duration, _ address: BrokerAddress, _ end: KafkaError?) {
        if time.monotonic - openedAt >= Self.settledAfter {
            paces[address] = nil
        } else {
            // From the last dial of all: another key may lead to the same address.
            pause(address, since: paces[address]?.dialedAt ?? openedAt, after: end)
        }
    }

    private func pause(_ address: BrokerAddress, since: Duration, after error: KafkaError?) {
        var pace = paces[address] ?? Pace(dialedAt: since, retryAt: since)
        pace.retryAt = max(pace.retryAt, since + wait(after: pace.failures))
        pace.failures += 1
        pace.lastError = error
        paces[address] = pace
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
        paces[address]?.lastError ?? .outOfTime(to: "connect to \(address)", address: address)
    }

    private func cancelled(_ address: BrokerAddress) -> KafkaError {
        KafkaError(.cancelled, "Connecting to \(address) was cancelled", address: address.description)
    }
}
