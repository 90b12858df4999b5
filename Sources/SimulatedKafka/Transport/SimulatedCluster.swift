package import EventLoop
package import Values

/// An embedded cluster that lives in the time of a `TimeSource`: the model behind a lock, its connections, its timer.
///
/// From any thread. What it offers:
/// - **Clients in process**: `connect(host:port:)` or `connect(to:listener:)` gives a `SimulatedConnection` (whole frames in,
///   payloads out; its end is told), or nothing where nobody accepts. `SimulatedServer` puts the same behind sockets.
/// - **The estate**: `install`, `activate`, `start`, `stop`, `kill`, `installedVersion`, `runningVersion`, `isRunning`,
///   `incarnation`: what the lifecycle `simulated` calls. None of them waits for anything.
/// - **Faults**: `inject`, beside the scripted ones of the configuration.
/// - **The oracle**: `ledger`, and `snapshot` for the whole model as a value.
///
/// Time: the cluster starts when it is made, at the time source's `monotonic`; its clock is the difference. It moves with every
/// call and by a timer at the time of the next thing that happens by itself, so that a scripted kill breaks connections
/// that nobody uses.
package final class SimulatedCluster: Sendable {
    /// Connections that may stand at once.
    package static let connectionLimit = 10_000
    /// Requests that may wait on one connection of a hung node.
    static let heldLimit = 1_000

    private struct Connection {
        let node: Int32
        let listener: SimulatedListener
        let deliver: @Sendable (Delivery) -> Void
        /// Whether it wants to do the trickling of a slow node itself.
        let takesPieces: Bool
        /// When the last answer of a slow node will have come.
        var freeAt: Duration = .zero
        var session = ClientSession()
        /// Payloads of requests that wait, in order.
        var held: [(payload: [UInt8], since: Duration)] = []
    }

    /// What a connection is told.
    enum Delivery: Sendable {
        /// A whole frame, with its length.
        case frame([UInt8])
        /// The same, of a node whose answers trickle.
        case trickle([UInt8], bytesPerSecond: Double)
        case closed
    }

    private struct State {
        var model: ClusterModel
        var connections: [UInt64: Connection] = [:]
        var lastConnection: UInt64 = 0
        var alarm: (due: Duration, action: ScheduledAction)?
        var listenerWatchers: [@Sendable (Int32) -> Void] = []
        /// What has to be told once the lock is open, in order.
        var outbox: [@Sendable () -> Void] = []
        /// What has to be told later.
        var delayed: [(after: Duration, action: @Sendable () -> Void)] = []
        var isTelling = false
    }

    private let state: Locked<State>
    private let time: any TimeSource
    private let origin: Duration

    package init(_ configuration: SimulatedClusterConfiguration, time: any TimeSource = SystemTimeSource()) {
        self.time = time
        origin = time.monotonic
        state = Locked(State(model: ClusterModel(configuration, epoch: time.sinceEpoch)))
        perform { _ in }
    }

    deinit { state.withLock { $0.alarm?.action.cancel() } }

    // MARK: The world

    package var configuration: SimulatedClusterConfiguration { state.withLock { $0.model.configuration } }
    /// Since the start, in the cluster's time.
    package var now: Duration { perform { $0.model.now } }
    package var ledger: Ledger { perform { $0.model.ledger } }
    /// The whole model as a value, as of now.
    package var snapshot: ClusterModel { perform { $0.model } }

    /// Where clients begin: the brokers' listeners as they are advertised.
    package var bootstrap: [SimulatedEndpoint] { endpoints(.broker) }
    /// The listeners of one kind, as they are advertised, in the order of nodes.
    package func bootstrap(of listener: SimulatedListener) -> [SimulatedEndpoint] { endpoints(listener) }
    /// The controllers' listeners.
    package var bootstrapControllers: [SimulatedEndpoint] { endpoints(.controller) }

    private func endpoints(_ listener: SimulatedListener) -> [SimulatedEndpoint] {
        perform { state in
            state.model.nodeIDs.compactMap { id in
                guard let node = state.model.nodes[id], listener.isOfBrokers ? node.isBroker : node.isController else {
                    return nil
                }
                return node.endpoints[listener]
            }
        }
    }

    // MARK: The estate

    package func install(_ node: Int32, _ version: Version) throws(ClusterModel.EstateError) {
        try control { model throws(ClusterModel.EstateError) in try model.install(node, version) }
    }

    package func activate(_ node: Int32, _ version: Version) throws(ClusterModel.EstateError) {
        try control { model throws(ClusterModel.EstateError) in try model.activate(node, version) }
    }

    package func start(_ node: Int32) throws(ClusterModel.EstateError) {
        try control { model throws(ClusterModel.EstateError) in try model.start(node) }
    }

    /// A controlled shutdown goes on for a while after the call; without it the process is gone at once.
    package func stop(_ node: Int32, controlled: Bool = true) throws(ClusterModel.EstateError) {
        try control { model throws(ClusterModel.EstateError) in try model.stop(node, controlled: controlled) }
    }

    package func kill(_ node: Int32) { perform { $0.model.kill(node) } }
    package func installedVersion(_ node: Int32) -> Version? { perform { $0.model.installedVersion(node) } }
    package func runningVersion(_ node: Int32) -> Version? { perform { $0.model.runningVersion(node) } }
    package func isRunning(_ node: Int32) -> Bool { perform { $0.model.isRunning(node) } }
    package func incarnation(_ node: Int32) -> Int { perform { $0.model.incarnation(node) } }

    package func inject(_ fault: ScriptedFault.Kind) { perform { $0.model.inject(fault) } }

    /// The estate for somebody else's process, who stands in the ledger with what was asked for.
    func perform<Failure: Error>(
        _ words: String, of node: Int32, for cause: String,
        _ body: (inout ClusterModel) throws(Failure) -> Void
    ) throws(Failure) {
        let result: Result<Void, Failure> = perform { state in
            state.model.cause = cause
            defer { state.model.cause = nil }
            state.model.note(asked: words, of: node)
            do throws(Failure) {
                try body(&state.model)
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    private func control(
        _ body: (inout ClusterModel) throws(ClusterModel.EstateError) -> Void
    ) throws(ClusterModel.EstateError) {
        let result: Result<Void, ClusterModel.EstateError> = perform { state in
            do throws(ClusterModel.EstateError) {
                try body(&state.model)
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    // MARK: Listeners

    /// Whether a connection would be accepted now.
    package func accepts(_ node: Int32, _ listener: SimulatedListener) -> Bool {
        perform { $0.model.nodes[node]?.accepts(listener) ?? false }
    }

    /// Says where a listener is to be reached from now on.
    package func setEndpoint(_ node: Int32, _ listener: SimulatedListener, _ endpoint: SimulatedEndpoint) {
        perform { $0.model.nodes[node]?.endpoints[listener] = endpoint }
    }

    /// Every node with a kind of listener.
    func nodes(with listener: SimulatedListener) -> [Int32] {
        perform { state in
            state.model.nodeIDs.filter { id in
                let node = state.model.nodes[id]
                return (listener.isOfBrokers ? node?.isBroker : node?.isController) ?? false
            }
        }
    }

    /// Calls `watcher` with a node whenever what it accepts may have changed.
    func watchListeners(_ watcher: @escaping @Sendable (Int32) -> Void) {
        state.withLock { $0.listenerWatchers.append(watcher) }
    }

    // MARK: Connections

    /// Connects to whoever advertises this address; nil where nobody accepts.
    package func connect(
        host: String, port: Int, as session: ClientSession = ClientSession()
    ) -> SimulatedConnection? {
        let endpoint = SimulatedEndpoint(host: host, port: port)
        let found = perform { state -> (Int32, SimulatedListener)? in
            for id in state.model.nodeIDs {
                for listener in state.model.configuration.allListeners
                where state.model.nodes[id]?.endpoints[listener] == endpoint
                    && (state.model.nodes[id]?.accepts(listener) ?? false)
                {
                    return (id, listener)
                }
            }
            return nil
        }
        return found.flatMap { connect(to: $0.0, listener: $0.1, as: session) }
    }

    /// Connects to a node; nil where it does not accept.
    ///
    /// - Parameter session: what the node knows of the connection from the start, such as who has logged in.
    package func connect(
        to node: Int32, listener: SimulatedListener = .broker, as session: ClientSession = ClientSession()
    ) -> SimulatedConnection? {
        guard accepts(node, listener) else { return nil }
        return SimulatedConnection(cluster: self, node: node, listener: listener, session: session)
    }

    /// Opens a connection that tells its events to `deliver`. Nil when nobody accepts any more.
    func open(
        _ node: Int32, _ listener: SimulatedListener, as session: ClientSession = ClientSession(),
        takesPieces: Bool = false, _ deliver: @escaping @Sendable (Delivery) -> Void
    ) -> UInt64? {
        perform { state in
            guard state.model.nodes[node]?.accepts(listener) ?? false,
                state.connections.count < Self.connectionLimit
            else { return nil }
            state.lastConnection += 1
            state.connections[state.lastConnection] = Connection(
                node: node, listener: listener, deliver: deliver, takesPieces: takesPieces, session: session)
            return state.lastConnection
        }
    }

    /// Takes a request: the payload of a frame.
    func receive(_ payload: [UInt8], on id: UInt64) {
        perform { state in
            guard let connection = state.connections[id] else { return }
            guard connection.held.count < Self.heldLimit else { return Self.end(id, &state) }
            state.connections[id]?.held.append((payload, state.model.now))
            if connection.held.isEmpty { Self.answerHeld(id, &state) }
        }
    }

    /// The client's side has closed.
    func close(_ id: UInt64) { perform { Self.end(id, &$0) } }

    private static func end(_ id: UInt64, _ state: inout State) {
        guard let connection = state.connections.removeValue(forKey: id) else { return }
        state.outbox.append { connection.deliver(.closed) }
    }

    /// Answers what waits on a connection, until one has to go on waiting.
    private static func answerHeld(_ id: UInt64, _ state: inout State) {
        while let connection = state.connections[id], let (payload, since) = connection.held.first {
            let waited = state.model.now - since
            var session = connection.session
            let outcome = state.model.handle(
                payload, on: connection.node, listener: connection.listener, waited: waited, session: &session)
            state.connections[id]?.session = session
            switch outcome {
            case .answer(let frame):
                state.connections[id]?.held.removeFirst()
                answer(frame, on: id, &state)
            case .farewell(let frame):
                state.outbox.append { connection.deliver(.frame(frame)) }
                return end(id, &state)
            case .silence: state.connections[id]?.held.removeFirst()
            case .hold: return
            case .close: return end(id, &state)
            }
        }
    }

    /// Tells an answer, at the pace of the node.
    private static func answer(_ frame: [UInt8], on id: UInt64, _ state: inout State) {
        guard let connection = state.connections[id] else { return }
        guard let rate = state.model.nodes[connection.node]?.dripRate else {
            return state.outbox.append { connection.deliver(.frame(frame)) }
        }
        if connection.takesPieces {
            return state.outbox.append { connection.deliver(.trickle(frame, bytesPerSecond: rate)) }
        }
        let start = max(state.model.now, connection.freeAt)
        let end = start + .seconds(min(Double(frame.count) / rate, Self.longestTrickle))
        state.connections[id]?.freeAt = end
        state.delayed.append((end - state.model.now, { connection.deliver(.frame(frame)) }))
    }

    /// Seconds that an answer takes at most, however slow the node.
    private static let longestTrickle = 1e6

    // MARK: The lock, the clock, the outbox

    /// Brings the model up to the time, runs `body`, and tells everybody what came of it, outside the lock and in order:
    /// whoever finds nobody telling tells until there is nothing left, also what others add meanwhile.
    @discardableResult
    private func perform<Success>(_ body: (inout State) -> Success) -> Success {
        let (result, mustTell, delayed) = state.withLock { state in
            advance(&state)
            let result = body(&state)
            follow(&state)
            setAlarm(&state)
            let mustTell = !state.isTelling && !state.outbox.isEmpty
            if mustTell { state.isTelling = true }
            defer { state.delayed = [] }
            return (result, mustTell, state.delayed)
        }
        if mustTell { tell() }
        for (delay, action) in delayed { _ = time.schedule(after: delay, action) }
        return result
    }

    private func tell() {
        while true {
            let batch = state.withLock { state in
                defer { state.outbox = [] }
                if state.outbox.isEmpty { state.isTelling = false }
                return state.outbox
            }
            if batch.isEmpty { return }
            for action in batch { action() }
        }
    }

    private func advance(_ state: inout State) {
        state.model.advance(to: time.monotonic - origin)
        follow(&state)
    }

    /// Does what the model's signals ask for.
    private func follow(_ state: inout State) {
        while case let signals = state.model.takeSignals(), !signals.isEmpty {
            for signal in signals {
                switch signal {
                case .connectionsBroken(let node):
                    for (id, connection) in state.connections where connection.node == node { Self.end(id, &state) }
                case .resumed(let node):
                    let ids = state.connections.filter { $0.value.node == node }.keys.sorted()
                    for id in ids { Self.answerHeld(id, &state) }
                case .askAgain:
                    for id in state.connections.keys.sorted() { Self.answerHeld(id, &state) }
                case .listenersChanged(let node):
                    for watcher in state.listenerWatchers { state.outbox.append { watcher(node) } }
                }
            }
        }
    }

    private func setAlarm(_ state: inout State) {
        guard let next = state.model.nextEvent else { return }
        if let alarm = state.alarm, alarm.due == next { return }
        state.alarm?.action.cancel()
        // A timer that is due at once may run before `schedule` returns, under this lock: never ask for that.
        let delay = max(.milliseconds(1), next + origin - time.monotonic)
        let action = time.schedule(after: delay) { [weak self] in self?.alarmRang() }
        state.alarm = (next, action)
    }

    private func alarmRang() {
        state.withLock { $0.alarm = nil }
        perform { _ in }
    }
}
