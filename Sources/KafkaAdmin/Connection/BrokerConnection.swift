internal import EventLoop
package import KafkaWire
import Values

/// One connection to one broker: performs what `ConnectionStateMachine` says.
///
/// An actor because calls from many tasks meet the channel's events; pinned to the event loop, where those arrive.
package actor BrokerConnection {
    private static let lastIncarnation = Locked(UInt64(0))
    /// Derives keys for SCRAM: milliseconds to a second of work each.
    private static let deriver = BlockingThread(name: "opsrun-scram")

    package nonisolated let address: BrokerAddress
    /// Differs for every connection of this process.
    package nonisolated let incarnation: UInt64
    nonisolated let identity: ClientIdentity
    private nonisolated let loop: EventLoop
    nonisolated let time: any TimeSource
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private let channel: any BrokerChannel
    private let sasl: SASLSettings?
    private var machine: ConnectionStateMachine
    private var opener: CheckedContinuation<Result<ApiVersionsResponse, KafkaError>, Never>?
    private var callers: [UInt64: CheckedContinuation<Result<[UInt8], KafkaError>, Never>] = [:]
    private var lastCall: UInt64 = 0
    private var alarm: (due: Duration, action: ScheduledAction)?
    private var closeWaiters: [UInt64: CheckedContinuation<Void, Never>] = [:]

    /// Dials, negotiates and, with `sasl`, logs in. All together end by the deadline, by `time`. `random` is in 0..<1.
    static func open(
        _ address: BrokerAddress, dialer: any BrokerDialer, identity: ClientIdentity, sasl: SASLSettings? = nil,
        time: any TimeSource, loop: EventLoop, deadline: Duration, random: Double = 0.5
    ) async throws(KafkaError) -> NegotiatedConnection {
        var login = sasl.map {
            ConnectionStateMachine.Login(settings: $0, renewalPoint: 0.85 + 0.1 * random)
        }
        if case .bearer(let source, _) = sasl?.credentials {
            // Before the dial: brokers do not wait long for a login.
            login?.token = try await source.token(deadline: deadline)
        }
        let left = deadline - time.monotonic
        guard left > .zero else {
            throw .outOfTime(to: "connect to \(address)", address: address)
        }
        let channel = try await dialer.dial(address, within: left)
        let connection = BrokerConnection(
            address, channel: channel, identity: identity, login: login, time: time, loop: loop)
        let versions = try await connection.negotiate(deadline: deadline)
        return NegotiatedConnection(connection: connection, versions: versions)
    }

    private init(
        _ address: BrokerAddress, channel: any BrokerChannel, identity: ClientIdentity,
        login: ConnectionStateMachine.Login?, time: any TimeSource, loop: EventLoop
    ) {
        self.address = address
        self.channel = channel
        self.time = time
        self.loop = loop
        incarnation = Self.lastIncarnation.withLock { last in
            last += 1
            return last
        }
        self.identity = identity
        sasl = login?.settings
        machine = ConnectionStateMachine(address: address.description, identity: identity, login: login)
    }

    deinit {
        alarm?.action.cancel()
        channel.close()
    }

    package var isClosed: Bool { machine.isClosed }
    /// Why it has ended; nil while it stands.
    var ending: KafkaError? { if case .closed(let error) = machine.state { error } else { nil } }
    var load: Int { machine.load }

    /// Sends a request, encoded for `version` with any correlation id, and gives back its answer's frame.
    ///
    /// Errors tell whether it was sent: `unknownOutcome` for a write whose answer did not come, `unreachable` and
    /// `timedOut` for a read, or for a write that was not sent.
    func call(
        _ frame: [UInt8], api: APIKey, version: Int16, kind: RequestKind, deadline: Duration
    ) async throws(KafkaError) -> [UInt8] {
        if case .bearer(let source, _) = sasl?.credentials, machine.isRenewalDue(time.monotonic) {
            try await renewToken(from: source, deadline: deadline)
        }
        lastCall += 1
        let id = lastCall
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { (caller: CheckedContinuation<Result<[UInt8], KafkaError>, Never>) in
                if Task.isCancelled {
                    let error = KafkaError(.cancelled, "\(api) was cancelled", api: api, address: address.description)
                    return caller.resume(returning: .failure(error))
                }
                callers[id] = caller
                let call = ConnectionStateMachine.Call(
                    id: id, frame: frame, api: api, version: version, kind: kind, deadline: deadline)
                perform(machine.submit(call, now: time.monotonic))
            }
        } onCancel: {
            loop.submit { [weak self] in
                self?.assumeIsolated { $0.perform($0.machine.abandon(id, now: $0.time.monotonic)) }
            }
        }
        return try result.get()
    }

    /// A session that still lasts can do without a new token for a while.
    private func renewToken(from source: any BearerTokenSource, deadline: Duration) async throws(KafkaError) {
        do throws(KafkaError) {
            machine.provide(try await source.token(deadline: deadline))
        } catch {
            if machine.hasExpired(time.monotonic) { throw error }
        }
    }

    package func close() { perform(machine.close()) }

    /// Whether it stands, and who ended it.
    package var witnessed: WitnessState {
        machine.isClosed ? (machine.isEndedByPeer ? .closedByPeer : .unknown) : .open
    }

    /// Returns when the connection has ended or the limit has passed, by this client's clock.
    package func waitUntilClosed(within limit: Duration) async -> WitnessState {
        if machine.isClosed { return witnessed }
        lastCall += 1
        let id = lastCall
        var timer: ScheduledAction?
        defer { timer?.cancel() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                if Task.isCancelled || machine.isClosed || limit <= .zero { return waiter.resume() }
                closeWaiters[id] = waiter
                // After the registration: a task may be suspended on the way into these closures.
                timer = time.schedule(after: limit) { [weak self, loop] in
                    loop.submit { [weak self] in
                        self?.assumeIsolated { $0.closeWaiters.removeValue(forKey: id)?.resume() }
                    }
                }
            }
        } onCancel: {
            loop.submit { [weak self] in
                self?.assumeIsolated { $0.closeWaiters.removeValue(forKey: id)?.resume() }
            }
        }
        return witnessed
    }

    private func negotiate(deadline: Duration) async throws(KafkaError) -> ApiVersionsResponse {
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation {
                (waiter: CheckedContinuation<Result<ApiVersionsResponse, KafkaError>, Never>) in
                if Task.isCancelled {
                    channel.close()
                    let error = KafkaError(
                        .cancelled, "Connecting to \(address) was cancelled", address: address.description)
                    return waiter.resume(returning: .failure(error))
                }
                opener = waiter
                channel.start { [weak self, loop] event in
                    loop.submit { [weak self] in self?.assumeIsolated { $0.handle(event) } }
                }
                perform(machine.begin(deadline: deadline))
            }
        } onCancel: {
            loop.submit { [weak self] in
                self?.assumeIsolated { connection in
                    guard let opener = connection.opener else { return }
                    connection.opener = nil
                    opener.resume(
                        returning: .failure(
                            KafkaError(
                                .cancelled, "Connecting to \(connection.address) was cancelled",
                                address: connection.address.description)))
                    connection.close()
                }
            }
        }
        return try result.get()
    }

    private func handle(_ event: BrokerChannelEvent) {
        switch event {
        case .frame(let payload): perform(machine.received(payload, now: time.monotonic))
        case .closed(let error): perform(machine.channelClosed(error, now: time.monotonic))
        case .lost(let error): perform(machine.channelLost(error))
        }
    }

    private func perform(_ actions: [ConnectionStateMachine.Action]) {
        for action in actions {
            switch action {
            case .send(let frame): channel.send(frame)
            case .opened(let versions):
                channel.acceptLongFrames()
                opener?.resume(returning: .success(versions))
                opener = nil
            case .derive(let derivation): derive(derivation)
            case .finish(let id, let result): callers.removeValue(forKey: id)?.resume(returning: result)
            case .close(let error):
                channel.close()
                opener?.resume(returning: .failure(error))
                opener = nil
                let waiters = closeWaiters
                closeWaiters = [:]
                for waiter in waiters.values { waiter.resume() }
            }
        }
        arm()
    }

    private func derive(_ derivation: ScramDerivation) {
        let isQueued = Self.deriver.submit { [weak self, loop] in
            let key = derivation.saltedPassword()
            loop.submit { [weak self] in
                self?.assumeIsolated { $0.perform($0.machine.derived(key, now: $0.time.monotonic)) }
            }
        }
        if !isQueued { perform(machine.derived(nil, now: time.monotonic)) }
    }

    /// One alarm per connection, moved only when an earlier time is wanted.
    private func arm() {
        guard let wake = machine.nextWake else {
            alarm?.action.cancel()
            alarm = nil
            return
        }
        if let alarm, alarm.due <= wake { return }
        alarm?.action.cancel()
        let action = time.schedule(after: wake - time.monotonic) { [weak self, loop] in
            loop.submit { [weak self] in self?.assumeIsolated { $0.ring(wake) } }
        }
        alarm = (wake, action)
    }

    private func ring(_ due: Duration) {
        if alarm?.due == due { alarm = nil }
        perform(machine.tick(time.monotonic))
    }
}

/// A connection that is ready for calls, with what its broker said about itself.
package struct NegotiatedConnection: Sendable {
    package let connection: BrokerConnection
    package let versions: ApiVersionsResponse
    package let table: VersionTable

    init(connection: BrokerConnection, versions: ApiVersionsResponse) {
        self.connection = connection
        self.versions = versions
        table = VersionTable(versions)
    }
}
