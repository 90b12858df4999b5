import EventLoop
import KafkaWire

/// Which nodes the cluster has and where, as far as routing needs it; finds the connection for a request.
///
/// An actor on the event loop. Its knowledge comes from Metadata without topics, asked of a connected node, then of the
/// others, then of the bootstrap addresses; callers share one refresh.
actor ClusterRoutes {
    /// One place to send a request to.
    struct Route: Sendable {
        let connection: NegotiatedConnection
        /// -1: unknown.
        let node: Int32
    }

    /// A list of brokers and when it was fetched.
    private struct View {
        var nodes: [Int32: BrokerAddress]
        var controller: Int32
        var fetchedAt: Duration
        var isStale = false
    }

    let settings: AdminClientSettings
    let directory: ConnectionDirectory
    let identity: ClusterIdentity
    let time: any TimeSource
    private let random: @Sendable () -> Double
    private nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private var view: View?
    private var generation: UInt64 = 0
    private var isRefreshing = false
    private var followers: [UInt64: CheckedContinuation<Void, Never>] = [:]
    private var lastFollower: UInt64 = 0
    /// The controllers by their own listener, once one has told.
    var controllers: (nodes: [Int32: BrokerAddress], active: Int32)?
    /// Whose turn it is among the given listeners of controllers.
    var controllerTurn = 0
    private var askedForLogin = false
    /// Since when nobody has told the brokers of the cluster, whoever was asked; nil after an answer.
    private var failingSince: Duration?
    private let firstContact: FirstContact?
    /// Bootstrap addresses that were asked what they are, each once.
    private var contacted: Set<BrokerAddress> = []

    init(
        settings: AdminClientSettings, directory: ConnectionDirectory, identity: ClusterIdentity,
        time: any TimeSource, loop: EventLoop, firstContact: FirstContact? = nil,
        random: @escaping @Sendable () -> Double
    ) {
        self.firstContact = firstContact
        self.settings = settings
        self.directory = directory
        self.time = time
        self.loop = loop
        self.random = random
        self.identity = identity
    }

    // MARK: Routes

    /// Any broker but those in `avoided`, unless they are all there are: a connected one with the least to do, then one
    /// that may be dialed, in random order.
    func anyBroker(avoiding avoided: Set<Int32>, deadline: Duration) async throws(KafkaError) -> Route {
        let nodes = try await freshView(deadline: deadline).nodes
        let candidates = nodes.keys.filter { !avoided.contains($0) }
        return try await best(of: candidates.isEmpty ? Array(nodes.keys) : candidates, nodes, deadline: deadline)
    }

    /// The controller as Metadata names it: the real one with ZooKeeper, some live broker in KRaft, which forwards.
    func controller(avoiding avoided: Set<Int32>, deadline: Duration) async throws(KafkaError) -> Route {
        let view = try await freshView(deadline: deadline)
        guard let address = view.nodes[view.controller], !avoided.contains(view.controller) else {
            return try await anyBroker(avoiding: avoided, deadline: deadline)
        }
        return try await route(to: view.controller, address, deadline: deadline)
    }

    /// One broker. Absent in two consecutive fresh answers: `unknownNode`.
    func node(_ id: Int32, deadline: Duration) async throws(KafkaError) -> Route {
        if settings.asksControllers { return try await controllerNode(id, deadline: deadline) }
        return try await route(to: id, try await address(of: id, deadline: deadline), deadline: deadline)
    }

    /// Where a broker listens. Absent in two consecutive fresh answers: `unknownNode`.
    func address(of id: Int32, deadline: Duration) async throws(KafkaError) -> BrokerAddress {
        if settings.asksControllers { return try await controllerAddress(of: id, deadline: deadline) }
        if let address = try await freshView(deadline: deadline).nodes[id] { return address }
        for attempt in 0..<2 {
            if attempt > 0 {
                let wait = settings.retryBackoff.wait(before: 0, random: random())
                do { try await time.sleep(for: min(wait, max(.zero, deadline - time.monotonic))) } catch {
                    throw KafkaError(.cancelled, "Looking for node \(id) was cancelled")
                }
            }
            invalidate()
            if let address = try await freshView(deadline: deadline).nodes[id] { return address }
        }
        let known = (view?.nodes.keys.sorted() ?? []).map(String.init).joined(separator: ", ")
        throw KafkaError(
            .unknownNode, "The cluster does not list node \(id); it lists \(known.isEmpty ? "none" : known)",
            nextAction: "The broker is down, fenced or not a member of this cluster.")
    }

    func brokers(deadline: Duration) async throws(KafkaError) -> [Int32] {
        try await freshView(deadline: deadline).nodes.keys.sorted()
    }

    func currentClusterID(deadline: Duration) async throws(KafkaError) -> String? {
        if settings.asksControllers {
            _ = try await controllerListener(deadline: deadline)
            return identity.id
        }
        _ = try await freshView(deadline: deadline)
        return identity.id
    }

    /// What is known may be out of date: the next route asks first.
    func invalidate() { view?.isStale = true }

    /// Only the bootstrap addresses count from now on, resolved anew (KIP-1102). Connections to nodes are closed.
    func forgetNodes() async {
        view = nil
        failingSince = nil
        await directory.retain([:])
    }

    private func route(
        to node: Int32, _ address: BrokerAddress, deadline: Duration
    ) async throws(KafkaError) -> Route {
        do throws(KafkaError) {
            return Route(
                connection: try await directory.connection(.node(node), at: address, deadline: deadline), node: node)
        } catch {
            var error = error
            error.address = "\(address), node \(node)"
            error.node = node
            throw error
        }
    }

    private func best(
        of candidates: [Int32], _ nodes: [Int32: BrokerAddress], deadline: Duration
    ) async throws(KafkaError) -> Route {
        var ranked: [(node: Int32, rank: Double)] = []
        for node in candidates {
            // Connected: its load. Not connected: behind every connected one. Failed lately: last.
            let load = await directory.load(.node(node)).map(Double.init)
            var isResting = false
            if let address = nodes[node] { isResting = await directory.isResting(address) }
            ranked.append((node, (load ?? (isResting ? 2e9 : 1e9)) + random()))
        }
        guard let chosen = ranked.min(by: { $0.rank < $1.rank })?.node, let address = nodes[chosen] else {
            throw KafkaError(.unreachable, "The cluster lists no broker")
        }
        return try await route(to: chosen, address, deadline: deadline)
    }

    // MARK: The view

    private func freshView(deadline: Duration) async throws(KafkaError) -> View {
        while true {
            let now = time.monotonic
            if let view, !view.isStale, now - view.fetchedAt < settings.viewAge { return view }
            guard now < deadline else {
                throw .outOfTime(to: "ask for the brokers of the cluster")
            }
            if isRefreshing {
                await follow(deadline: deadline)
                if Task.isCancelled { throw KafkaError(.cancelled, "Asking for the brokers was cancelled") }
                continue
            }
            isRefreshing = true
            defer {
                isRefreshing = false
                let waiting = followers
                followers = [:]
                for follower in waiting.values { follower.resume() }
            }
            return try await refresh(deadline: deadline)
        }
    }

    /// Asks those who may know; where one of the nodes says that they are not of this cluster any more, or none has answered
    /// for `rebootstrapAfter`, the bootstrap addresses alone.
    private func refresh(deadline: Duration) async throws(KafkaError) -> View {
        if settings.rebootstraps, let failingSince, time.monotonic - failingSince >= settings.rebootstrapAfter {
            await forgetNodes()
        }
        do throws(KafkaError) {
            return try await view(by: await sources(), deadline: deadline)
        } catch let error where settings.rebootstraps && view != nil && error.serverCode == .rebootstrapRequired {
            await forgetNodes()
        } catch {
            failingSince = failingSince ?? time.monotonic
            throw error
        }
        do throws(KafkaError) {
            return try await view(by: await sources(), deadline: deadline)
        } catch {
            failingSince = failingSince ?? time.monotonic
            throw error
        }
    }

    /// Asks one source after the other until one answers. The error of a final kind (another protocol, another cluster) of
    /// the first source stands when none answers.
    private func view(by sources: [Source], deadline: Duration) async throws(KafkaError) -> View {
        guard !sources.isEmpty else {
            throw KafkaError(
                .configuration, "No bootstrap address is given", nextAction: "Set bootstrap of the cluster.")
        }
        var errors: [KafkaError] = []
        for (index, source) in sources.enumerated() {
            let left = deadline - time.monotonic
            guard left > .zero else { break }
            // An equal share of the time, so that one black hole does not use it up.
            let share = max(left / (sources.count - index), min(left, .seconds(1)))
            do throws(KafkaError) {
                let attempt = min(deadline, time.monotonic + min(share, settings.requestTimeout))
                let response = try await askForBrokers(source, deadline: attempt)
                return try await accept(response, from: source)
            } catch {
                if error.code == .wrongCluster || error.code == .cancelled || error.code == .authentication {
                    throw error
                }
                if settings.rebootstraps, error.serverCode == .rebootstrapRequired, case .node = source.key {
                    throw error
                }
                errors.append(error)
            }
        }
        guard errors.count == sources.count, let last = errors.last else {
            // What the sources that were asked said is no news of the others.
            var error = KafkaError.outOfTime(to: "ask for the brokers of the cluster")
            error.causes = errors.map(\.description)
            throw error
        }
        if let final = errors.first(where: { !RetryRule.isRetriable($0, kind: .read) }),
            errors.allSatisfy({ !RetryRule.isRetriable($0, kind: .read) })
        {
            throw final
        }
        guard errors.count > 1 else { throw last }
        var error = KafkaError(
            .unreachable, "None of \(errors.count) addresses of the cluster answers",
            nextAction: last.nextAction, causes: errors.map(\.description))
        error.isRefused = errors.allSatisfy(\.isRefused)
        throw error
    }

    private struct Source: Sendable {
        let key: ConnectionDirectory.Key
        let address: BrokerAddress
    }

    /// Connected nodes, then nodes that may be dialed, then the bootstrap addresses, then nodes that failed lately.
    private func sources() async -> [Source] {
        var connected: [Source] = []
        var resting: [Source] = []
        var others: [Source] = []
        for (node, address) in (view?.nodes ?? [:]).sorted(by: { $0.key < $1.key }) {
            let source = Source(key: .node(node), address: address)
            if await directory.load(source.key) != nil {
                connected.append(source)
            } else if await directory.isResting(address) {
                resting.append(source)
            } else {
                others.append(source)
            }
        }
        let known = Set((connected + others).map(\.address))
        let isAsked = view == nil || settings.rebootstraps
        let bootstrap = (isAsked ? settings.bootstrap : []).filter { !known.contains($0) }
            .map { Source(key: .address($0), address: $0) }
        let isRested = resting.filter { source in !bootstrap.contains { $0.address == source.address } }
        return connected + others + bootstrap + isRested
    }

    /// As long as nobody has answered, an address that does not is also asked what else it may be.
    private func askForBrokers(_ source: Source, deadline: Duration) async throws(KafkaError) -> MetadataResponse {
        guard view == nil, let firstContact, contacted.insert(source.address).inserted else {
            return try await brokers(by: source, deadline: deadline)
        }
        return try await firstContact.ask(source.address, deadline: deadline) { () async throws(KafkaError) in
            try await self.brokers(by: source, deadline: deadline)
        }
    }

    private func brokers(by source: Source, deadline: Duration) async throws(KafkaError) -> MetadataResponse {
        let open = try await directory.connection(source.key, at: source.address, deadline: deadline)
        if ControllerListener.isBehind(open.table) { throw ControllerListener.isNoBroker(source.address) }
        let request = MetadataRequest(topics: [], allowAutoTopicCreation: false)
        do throws(KafkaError) {
            let answer = try await open.send(request, kind: .read, deadline: deadline)
            return try answer.decoded(MetadataResponse.self)
        } catch {
            throw await wantsLogin(source.address, after: error, deadline: deadline) ?? error
        }
    }

    /// A SASL listener answers ApiVersions and closes the connection at the first request without a login. Asked once, as
    /// long as the cluster has not answered anything.
    private func wantsLogin(
        _ address: BrokerAddress, after error: KafkaError, deadline: Duration
    ) async -> KafkaError? {
        guard settings.sasl == nil, view == nil, error.code == .unreachable, !askedForLogin else { return nil }
        askedForLogin = true
        guard let open = try? await directory.freshConnection(to: address, deadline: deadline) else { return nil }
        let found = await LoginDiagnosis.look(open, hasTLS: settings.tls != nil, deadline: deadline)
        await open.connection.close()
        return found
    }

    private func accept(_ response: MetadataResponse, from source: Source) async throws(KafkaError) -> View {
        if response.errorCode.isError {
            // Whatever it is: this source is of no use.
            throw KafkaError.answered(response.errorCode, api: .metadata)
        }
        var nodes: [Int32: BrokerAddress] = [:]
        for broker in response.brokers where nodes[broker.nodeId] == nil {
            nodes[broker.nodeId] = BrokerAddress(host: broker.host, port: broker.port)
        }
        guard !nodes.isEmpty else {
            throw KafkaError(
                .unreachable, "\(source.address) knows no broker of its cluster yet",
                address: source.address.description)
        }
        do throws(KafkaError) {
            try identity.accept(
                response.clusterId, at: source.address,
                nextAction: "Check the bootstrap addresses and their DNS names.")
        } catch {
            await directory.close(source.key)
            throw error
        }
        let accepted = View(nodes: nodes, controller: response.controllerId, fetchedAt: time.monotonic)
        view = accepted
        failingSince = nil
        await directory.retain(nodes)
        if case .address(let address) = source.key {
            // A bootstrap address may be a load balancer: its connection is a node's only if exactly that is advertised.
            let owners = nodes.filter { $0.value == address }.map(\.key)
            if owners.count == 1, let owner = owners.first {
                await directory.adopt(address, as: owner)
            } else {
                await directory.close(source.key)
            }
        }
        return accepted
    }

    private func follow(deadline: Duration) async {
        lastFollower += 1
        let id = lastFollower
        let leave: @Sendable () -> Void = { [weak self, loop] in
            loop.submit { [weak self] in self?.assumeIsolated { $0.followers.removeValue(forKey: id)?.resume() } }
        }
        var timer: ScheduledAction?
        defer { timer?.cancel() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                guard isRefreshing, !Task.isCancelled else { return waiter.resume() }
                followers[id] = waiter
                // After the registration: a task may be suspended on the way into these closures.
                timer = time.schedule(after: deadline - time.monotonic, leave)
            }
        } onCancel: {
            leave()
        }
    }
}
