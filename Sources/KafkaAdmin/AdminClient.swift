package import EventLoop
package import KafkaWire

/// The native admin client: routes requests to the brokers of one cluster, retries what may be retried, and keeps every
/// deadline.
///
/// A call goes through these steps until it ends:
/// 1. Find the connection: the target's node, or the best of all; connect and negotiate if need be.
/// 2. Encode for the version that both sides speak, send, wait for at most the request timeout.
/// 3. Decode, on the caller's executor and not on the loop.
/// 4. On a failure that another attempt may mend (no connection, no answer to a read, NOT_CONTROLLER): forget what was
///    assumed, back off, go to 1. A write is repeated only if it provably was not sent, or if the answer says that somebody
///    else should have been asked; whatever else comes of it then than success is an unknown outcome (`WriteDoubt`).
/// 5. When the time is up, the error says so and carries the last cause.
package final class AdminClient: RequestSender {
    private let settings: AdminClientSettings
    private let time: any TimeSource
    private let random: @Sendable () -> Double
    private let identity: ClusterIdentity
    private let directory: ConnectionDirectory
    private let routes: ClusterRoutes
    /// Asked before each write; nil: nobody is.
    private let permission: WritePermission?

    /// Connects to nothing yet. Without a dialer connections are TCP, with TLS if the settings say so. `random` gives
    /// numbers in 0..<1.
    package init(
        settings: AdminClientSettings, dialer: (any BrokerDialer)? = nil,
        time: any TimeSource = SystemTimeSource(), loop: EventLoop = .shared,
        random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
    ) {
        self.settings = settings
        self.time = time
        self.random = random
        permission = nil
        let dialer =
            dialer
            ?? TCPDialer(loop: loop, tls: settings.tls.map { TLSContext.client($0) }, buffers: settings.buffers)
        identity = ClusterIdentity(pinned: settings.clusterID)
        directory = ConnectionDirectory(
            settings: settings, dialer: dialer, time: time, loop: loop, identity: identity, random: random)
        routes = ClusterRoutes(
            settings: settings, directory: directory, identity: identity, time: time, loop: loop,
            firstContact: dialer.meetsStrangers ? FirstContact(dialer: dialer, time: time) : nil, random: random)
    }

    /// The same connections, with writes that ask first.
    private init(_ other: AdminClient, asking permission: @escaping WritePermission) {
        settings = other.settings
        time = other.time
        random = other.random
        identity = other.identity
        directory = other.directory
        routes = other.routes
        self.permission = permission
    }

    package func asking(_ permission: @escaping WritePermission) -> any RequestSender {
        AdminClient(self, asking: permission)
    }

    package var bootstrap: [BrokerAddress] { settings.bootstrap }

    /// How long the cluster may take to answer for the first time.
    package var firstAnswer: Duration { settings.firstAnswer }

    /// Closes every connection. Calls that wait fail; later ones connect anew.
    package func close() async { await directory.closeAll() }

    // MARK: Calls

    package func call<Request: KafkaRequest>(
        _ request: Request, to target: RequestTarget, kind: RequestKind, within limit: Duration? = nil
    ) async throws(KafkaError) -> Answer<Request.Response> {
        let target = try place(of: request, to: target)
        let request = settings.asksControllers ? ControllerListener.adapted(request) : request
        // A write that was answered in a way that does not rule out that it was done.
        var doubt: KafkaErrorCode?
        let isSentOnce = request is any SentOnce
        do throws(KafkaError) {
            return try await attempt(Request.apiKey, target, kind, within: limit) {
                route, deadline throws(KafkaError) in
                // Finding the way here may have taken as long as the call may take.
                if kind == .write { try permission?() }
                let raw = try await route.connection.send(request, kind: kind, deadline: deadline)
                let response = try raw.decoded(Request.Response.self, kind: kind)
                let routed = response as? any RoutedResponse
                if let code = routed?.codeToFollow(kind: kind, atController: target == .controllerListener) {
                    if kind == .write, code.leavesDoubt {
                        doubt = doubt ?? code
                        if isSentOnce { throw KafkaError.answered(code, api: Request.apiKey, kind: kind) }
                    }
                    throw KafkaError.answered(code, api: Request.apiKey)
                }
                return Answer(response: response, version: raw.version, node: route.node, doubt: doubt)
            }
        } catch {
            throw error.doubted(because: doubt, Request.apiKey)
        }
    }

    package var attempts: Int { settings.retries < Self.attemptLimit ? settings.retries + 1 : Self.attemptLimit }
    package var callLimit: Duration { settings.totalTimeout }

    /// The nodes that are known are not of this cluster any more, one of them says: only the bootstrap addresses count.
    package func startAnew() async {
        if settings.rebootstraps { await routes.forgetNodes() }
    }

    package func body<Request: KafkaRequest>(
        _ request: Request, to target: RequestTarget, kind: RequestKind, within limit: Duration? = nil
    ) async throws(KafkaError) -> Answer<[UInt8]> {
        let target = try place(of: request, to: target)
        return try await attempt(Request.apiKey, target, kind, within: limit) { route, deadline throws(KafkaError) in
            if kind == .write { try permission?() }
            let raw = try await route.connection.send(request, kind: kind, deadline: deadline)
            return Answer(response: try raw.body(), version: raw.version, node: route.node)
        }
    }

    /// The node ids that the cluster lists: of brokers that are not fenced.
    package func brokers(within limit: Duration? = nil) async throws(KafkaError) -> [Int32] {
        if settings.asksControllers { throw ControllerListener.unanswered(.metadata) }
        return try await attempt(.metadata, within: limit) { deadline throws(KafkaError) in
            try await self.routes.brokers(deadline: deadline)
        }
    }

    /// The id of the cluster that answers; nil from brokers too old to have one. `refusedFor`: where every address refuses
    /// connections for so long, that is the answer.
    package func clusterID(
        within limit: Duration? = nil, refusedFor: Duration? = nil
    ) async throws(KafkaError) -> String? {
        try await attempt(.metadata, within: limit, refusedFor: refusedFor) { deadline throws(KafkaError) in
            try await self.routes.currentClusterID(deadline: deadline)
        }
    }

    /// What that node said in ApiVersions when the connection in use was opened.
    package func negotiated(with node: Int32) async throws(KafkaError) -> ApiVersionsResponse {
        try await openRoute(node).connection.versions
    }

    // MARK: Witnesses

    package func witness(of node: Int32) async throws(KafkaError) -> ConnectionWitness {
        let connection = try await openRoute(node).connection.connection
        await directory.watch(connection)
        return ConnectionWitness(node: node, incarnation: connection.incarnation)
    }

    package func state(of witness: ConnectionWitness) async -> WitnessState {
        guard let connection = await directory.witnessedConnection(witness.incarnation) else { return .unknown }
        return await connection.witnessed
    }

    package func waitUntilClosed(_ witness: ConnectionWitness, within limit: Duration) async -> WitnessState {
        guard let connection = await directory.witnessedConnection(witness.incarnation) else { return .unknown }
        return await connection.waitUntilClosed(within: limit)
    }

    private func openRoute(_ node: Int32) async throws(KafkaError) -> ClusterRoutes.Route {
        try await attempt(.apiVersions, within: nil) { deadline throws(KafkaError) in
            try await self.routes.node(node, deadline: deadline)
        }
    }

    // MARK: Attempts

    /// One call makes at most so many attempts, whatever its deadline and its pauses, and with each at most two connects to
    /// one address.
    static let attemptLimit = 1000

    /// Who is asked where only controllers are given.
    private func place<Request: KafkaRequest>(
        of request: Request, to target: RequestTarget
    ) throws(KafkaError) -> RequestTarget {
        settings.asksControllers ? try ControllerListener.target(of: request, to: target) : target
    }

    private func attempt<Success: Sendable>(
        _ api: APIKey, _ target: RequestTarget, _ kind: RequestKind, within limit: Duration?,
        _ send: (ClusterRoutes.Route, Duration) async throws(KafkaError) -> Success
    ) async throws(KafkaError) -> Success {
        switch target {
        case .newConnection(let node):
            let deadline = time.monotonic + (limit ?? settings.totalTimeout)
            let address = try await routes.address(of: node, deadline: deadline)
            let isController = settings.asksControllers
            return try await onFreshConnection(
                to: address, node: node, deadline: deadline
            ) { route, deadline throws(KafkaError) in
                try await self.identity.check(route.connection, isController: isController, deadline: deadline)
                return try await send(route, deadline)
            }
        case .address(let host, let port):
            let deadline = time.monotonic + (limit ?? settings.totalTimeout)
            return try await onFreshConnection(
                to: try address(host, port), node: -1, deadline: deadline, send)
        case .once:
            var avoided: Set<Int32> = []
            let now = time.monotonic
            return try await attemptOnce(
                target, kind, avoiding: &avoided,
                deadline: now + min(limit ?? settings.totalTimeout, settings.requestTimeout), send)
        case .any, .controller, .node, .controllerListener: break
        }
        var avoided: Set<Int32> = []
        return try await attempt(api, kind: kind, within: limit) { deadline throws(KafkaError) in
            try await self.attemptOnce(target, kind, avoiding: &avoided, deadline: deadline, send)
        }
    }

    private func attemptOnce<Success: Sendable>(
        _ target: RequestTarget, _ kind: RequestKind, avoiding avoided: inout Set<Int32>, deadline: Duration,
        _ send: (ClusterRoutes.Route, Duration) async throws(KafkaError) -> Success
    ) async throws(KafkaError) -> Success {
        let route: ClusterRoutes.Route
        do throws(KafkaError) {
            route = try await self.route(target, avoiding: avoided, deadline: deadline)
        } catch {
            if let node = error.node { avoided.insert(node) }
            await routes.invalidate()
            throw error
        }
        do throws(KafkaError) {
            return try await send(route, min(deadline, time.monotonic + settings.requestTimeout))
        } catch {
            if RetryRule.isRetriable(error, kind: kind) {
                // Another broker may have named the controller in the meantime: only who has just denied it is left out.
                if error.serverCode.map({ RetryRule.isMisrouted($0, atController: true) }) == true { avoided = [] }
                avoided.insert(route.node)
                await routes.invalidate()
                if target == .controllerListener { await routes.forgetController() }
            }
            var error = error
            error.node = route.node >= 0 ? route.node : nil
            if route.node >= 0 { error.address = "\(route.connection.connection.address), node \(route.node)" }
            throw error
        }
    }

    /// Repeats `body` until it succeeds, fails for good, or the time is up.
    private func attempt<Success: Sendable>(
        _ api: APIKey, kind: RequestKind = .read, within limit: Duration?, refusedFor: Duration? = nil,
        _ body: (Duration) async throws(KafkaError) -> Success
    ) async throws(KafkaError) -> Success {
        let limit = limit ?? settings.totalTimeout
        let deadline = time.monotonic + limit
        var tries = 0
        var last: KafkaError?
        var answeredSince: Duration?
        while true {
            do throws(KafkaError) {
                return try await body(deadline)
            } catch {
                // What went wrong before says more than that no time was left for another try.
                var error = error.isOutOfTime ? last ?? error : error
                // So does it where the deadline has cut a last try short.
                if error.code == .timedOut, let last, last.serverCode != nil { error.causes.append(last.message) }
                last = error
                if Task.isCancelled || !RetryRule.isRetriable(error, kind: kind) { throw error }
                if let refusedFor, error.isRefused, time.monotonic >= deadline - limit + refusedFor { throw error }
                if let code = error.serverCode, !RetryRule.isMisrouted(code, atController: true) {
                    let since = answeredSince ?? time.monotonic
                    answeredSince = since
                    if time.monotonic - since >= Self.patienceWithAnswers { throw error }
                } else {
                    answeredSince = nil
                }
                guard tries + 1 < attempts else { throw tries == 0 ? error : exhausted(api, tries + 1, error) }
                let wait = settings.retryBackoff.wait(before: tries, random: random())
                tries += 1
                guard time.monotonic + wait < deadline else { throw overdue(api, limit, tries, error) }
                do { try await time.sleep(for: wait) } catch {
                    throw KafkaError(.cancelled, "\(api) was cancelled", api: api)
                }
            }
        }
    }

    /// How long one and the same kind of "not now" in the answers to a read is waited out: an election takes less. Longer
    /// than that it is news that the caller should have.
    private static let patienceWithAnswers: Duration = .seconds(5)

    private func route(
        _ target: RequestTarget, avoiding avoided: Set<Int32>, deadline: Duration
    ) async throws(KafkaError) -> ClusterRoutes.Route {
        switch target {
        case .controller: try await routes.controller(avoiding: avoided, deadline: deadline)
        case .node(let node), .once(let node): try await routes.node(node, deadline: deadline)
        case .controllerListener: try await routes.controllerListener(deadline: deadline)
        case .any, .newConnection, .address: try await routes.anyBroker(avoiding: avoided, deadline: deadline)
        }
    }

    private func onFreshConnection<Success>(
        to address: BrokerAddress, node: Int32, deadline: Duration,
        _ send: (ClusterRoutes.Route, Duration) async throws(KafkaError) -> Success
    ) async throws(KafkaError) -> Success {
        let open = try await directory.freshConnection(to: address, deadline: deadline)
        let result: Result<Success, KafkaError>
        do throws(KafkaError) {
            result = .success(try await send(ClusterRoutes.Route(connection: open, node: node), deadline))
        } catch {
            result = .failure(error)
        }
        await open.connection.close()
        return try result.get()
    }

    private func address(_ host: String, _ port: Int32) throws(KafkaError) -> BrokerAddress {
        guard let address = BrokerAddress(host: host, port: port) else {
            throw KafkaError(.configuration, "\(host):\(port) is no address")
        }
        return address
    }

    /// The error of a call whose time is up: what kept it from its answer stays visible.
    private func overdue(_ api: APIKey, _ limit: Duration, _ tries: Int, _ error: KafkaError) -> KafkaError {
        unanswered(api, "within \(limit) and \(Self.attempts(tries))", error)
    }

    /// The same of one that may not be tried again.
    private func exhausted(_ api: APIKey, _ tries: Int, _ error: KafkaError) -> KafkaError {
        unanswered(api, "in \(Self.attempts(tries))", error)
    }

    private static func attempts(_ count: Int) -> String { count == 1 ? "1 attempt" : "\(count) attempts" }

    private func unanswered(_ api: APIKey, _ how: String, _ error: KafkaError) -> KafkaError {
        var late = KafkaError(
            .timedOut, "\(api) got no answer \(how)", nextAction: error.nextAction, api: api, address: error.address,
            causes: [error.message] + error.causes)
        // That nobody could be reached says more than that time passed.
        if error.code == .unreachable { late.code = .unreachable }
        late.isRefused = error.isRefused
        return late
    }
}
