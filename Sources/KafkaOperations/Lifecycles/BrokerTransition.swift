import EventLoop
import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Stops and starts one node, and proves it: what `broker.stop`, `broker.start` and `broker.restart` have in common.
///
/// Stop:
/// 1. Already gone, which silence alone does not say: nothing is done.
/// 2. A permit (`StopPermit`), asked for at the moment of acting.
/// 3. An open connection to the node is the witness; it is recorded with what the lifecycle knows of the process.
/// 4. The lifecycle stops it, where the lock of the cluster is still held.
/// 5. The witness closes.
/// 6. The node refuses a new connection, or its peers no longer list it. Silence is not refusal: a dedicated
///    controller, which nobody lists, is gone when nobody listens there and the quorum no longer hears of it, or no
///    process runs.
///
/// Start:
/// 1. Already back: nothing is done. One that runs already and is not back yet is waited for: a second process would
///    take its pid file.
/// 2. The lifecycle starts it; what that leaves running is never killed.
/// 3. `NodeBack` holds: a new connection is answered and peers list it unfenced; for a dedicated controller the quorum
///    counts it as caught up, with the same leader epoch in two rounds.
/// 4. The permit is given back. A node that recovers its log is waited for as long as the step may take: it is slow,
///    not failed. One that is known to be dead (`DeathWatch`) has failed at once.
struct BrokerTransition: Sendable {
    /// How often a node is looked at while it comes or goes.
    static let interval: Duration = .milliseconds(500)
    /// How long peers may take to take a node that has gone off their list, before that counts as no clean shutdown.
    static let farewell: Duration = .seconds(3)
    /// How long brokers may take to agree again after something has changed that is in nobody's way.
    static let settling: Duration = .seconds(30)
    static let defaultTimeout: Duration = .seconds(600)
    /// How often the lifecycle is asked about the process while the node comes: it may run a program on another host.
    static let processInterval: Duration = .seconds(2)

    let services: OperationServices
    let context: StepContext
    let lifecycle: any Lifecycle
    let reader: any ClusterReader
    let node: Int32
    let isController: Bool
    let cluster: String
    let deadline: Duration
    let force: String?
    /// Topics that may become unavailable because they have too few replicas.
    let accepting: [String]

    init(
        _ context: StepContext, _ services: OperationServices, timeout: Duration?, force: String?,
        accepting: [String] = []
    ) throws(StepFailure) {
        let host = context.reading.host
        guard let node = host.nodeID else {
            throw StepFailure(
                .failed, "\(host.name) has no node id", nextAction: "give it `broker_id` or `node_id` in the inventory")
        }
        self.services = services
        self.context = context
        self.node = node
        self.force = force
        self.accepting = accepting
        lifecycle = try services.lifecycle(host, context.reading.inventory)
        reader = try context.reading.requireCluster(for: "broker.*")
        isController = host.brokerID == nil
        cluster = context.reading.clusterSettings?.name ?? host.cluster ?? ""
        let limits = [timeout, context.reading.timeout].compactMap { $0 }
        deadline = context.reading.time.deadline(after: limits.min() ?? Self.defaultTimeout)
    }

    private var time: any TimeSource { context.reading.time }
    private var remaining: Duration { max(.milliseconds(1), deadline - time.monotonic) }
    private var kind: String { isController ? "controller" : "broker" }

    private func say(_ message: String, _ state: String?) {
        context.report(StepProgress(message: message, brokerState: state))
    }

    func lifecycleContext() throws(StepFailure) -> LifecycleContext {
        var lifecycle = try services.lifecycleContext(of: context)
        lifecycle.timeout = remaining
        let report = context.report
        lifecycle.onLines = { report(StepProgress(message: "", output: $0)) }
        return lifecycle
    }

    // MARK: Looking

    func look() async -> NodeFacts {
        await NodeFactReader(reader, address: context.reading.controllerAddress(of: node), isController: isController)
            .gather(node, logDirectories: false)
    }

    /// It answers nobody and nobody lists it. A dedicated controller, which nobody lists: no process runs, or nobody
    /// listens and the quorum no longer hears of it. Silence alone is neither.
    func isGone(_ facts: NodeFacts, _ process: BrokerProcess?) -> Bool {
        guard facts.versions == nil else { return false }
        if isController {
            if let process { return !process.isRunning && !process.isComing }
            return facts.isRefused && facts.isLostToQuorum
        }
        return !facts.peers.isEmpty && facts.peers.allSatisfy { $0.listing == nil || $0.listing?.isFenced == true }
    }

    /// It is gone before anything was done to it. A process that hangs or was halted is silent, and its peers have fenced
    /// it: so no process runs, or nobody listens at its port. Before 4.0 a broker that its peers dropped has no address
    /// left to ask at; there their word counts, where the lifecycle cannot tell.
    private func isDownAlready(_ facts: NodeFacts, _ process: BrokerProcess?) -> Bool {
        guard isGone(facts, process) else { return false }
        if let process { return !process.isRunning && !process.isComing }
        return facts.isRefused || facts.isUnlisted
    }

    /// This run has stopped or started it, or tried to.
    var isTouched: Bool { get async { await services.permits.isTouched(node, in: cluster) } }

    func process() async throws(StepFailure) -> BrokerProcess? {
        try await lifecycle.process(in: try context.reading.lifecycleContext())
    }

    // MARK: Stopping

    /// True when there was something to stop.
    func stop(_ evidence: inout Evidence, by operation: LifecycleOperation = .stop) async throws(StepFailure) -> Bool {
        let facts = await look()
        evidence.before = try await process()
        if isDownAlready(facts, evidence.before) {
            say("\(kind) \(node) is down already", "down")
            try await services.permits.acquire(node, in: cluster) { _, _ throws(StepFailure) in }
            await forgetActivation()
            return false
        }
        try await takePermit(facts, &evidence)
        let address = await address()
        evidence.witness = try? await reader.witness(of: node)
        try await record("witness", evidence)
        // What was asked since the step began may have taken longer than the lock lasts.
        do throws(StepFailure) { try context.admit() } catch {
            await services.permits.release(node, in: cluster)
            throw error
        }
        say("stopping \(kind) \(node)", "stopping")
        let wasTouched = await services.permits.touch(node, in: cluster)
        do throws(StepFailure) {
            _ = try await lifecycle.perform(operation, version: nil, in: try lifecycleContext())
        } catch {
            // Nothing was stopped when it still answers on the connection that it had before.
            if error.code != .unknownOutcome, let witness = evidence.witness, await reader.state(of: witness) == .open {
                await services.permits.release(node, in: cluster)
                if !wasTouched { await services.permits.forgetTouch(of: node, in: cluster) }
            }
            throw error
        }
        try await waitUntilGone(&evidence, address, mayBeBack: operation == .restart)
        try await record("stopped", evidence)
        if operation == .stop { await forgetActivation() }
        return true
    }

    /// The process from before is proven to be gone: what runs next is what is installed. A note that stays makes a later
    /// run restart the node once more, which is no reason to fail this one.
    func forgetActivation() async {
        guard let clusterID = context.reading.clusterID else { return }
        do throws(StepFailure) { try await services.pending.end(of: node, in: clusterID) } catch {
            say(error.message, nil)
        }
    }

    private func takePermit(_ facts: NodeFacts, _ evidence: inout Evidence) async throws(StepFailure) {
        say("asking whether \(kind) \(node) may be stopped", nil)
        let found = Locked(Grounds())
        let (force, reader, node, kind, accepting) = (force, reader, node, kind, accepting)
        let answers = facts.versions != nil
        let (time, limit) = (time, min(deadline, time.deadline(after: Self.settling)))
        try await services.permits.acquire(node, in: cluster) { others, isHeld throws(StepFailure) in
            if isHeld && !answers && force == nil {
                found.withLock { $0.text = "this run stopped it, and it does not answer" }
                return
            }
            func ask() async throws(StepFailure) -> StopPermit {
                let now = try await ClusterFactReader(reader).gather(quorum: true, disclosed: [])
                return StopPermit.evaluate(now, node: node, heldDown: others, accepting: accepting)
            }
            if let force {
                var overridden: [String]
                do throws(StepFailure) { overridden = try await ask().reasons } catch {
                    overridden = ["nobody can tell: \(error.message)"]
                }
                found.withLock { [overridden] in $0 = Grounds(text: "forced: \(force)", overridden: overridden) }
                return
            }
            var permit = try await ask()
            // Others of the batch are on their way down, or leaders have just gone back to their preferred brokers: the
            // brokers learn of it one after the other.
            while permit.isSettling, time.monotonic < limit {
                do { try await time.sleep(for: Self.interval) } catch {
                    throw StepFailure(.cancelled, "asking whether \(kind) \(node) may be stopped was cancelled")
                }
                permit = try await ask()
            }
            found.withLock { [permit] in $0.text = permit.grounds }
            guard permit.isGranted else {
                let down =
                    others.isEmpty ? "" : " (down already: \(others.sorted().map(String.init).joined(separator: ", ")))"
                throw StepFailure(
                    .permit, "\(kind) \(node) may not be stopped now\(down)",
                    nextAction: permit.needsAcceptance
                        ? "name the topics in `accept_unavailability`, or give them more replicas"
                        : "wait with a gate on kafka.can_stop, or say `force: \"reason\"`",
                    details: permit.reasons)
            }
        }
        let grounds = found.withLock { $0 }
        evidence.permit = grounds.text
        evidence.overridden = grounds.overridden
        if let first = grounds.overridden.first { say("forced, against: \(first)", nil) }
    }

    private struct Grounds: Sendable {
        var text = ""
        var overridden: [String] = []
    }

    /// Where it answers now, to ask there when nobody lists it any more.
    private func address() async -> (host: String, port: Int32)? {
        if isController { return nil }
        guard let listing = try? await reader.describeCluster(includeFenced: true, from: .any),
            let broker = listing.brokers.first(where: { $0.id == node })
        else { return nil }
        return (broker.host, broker.port)
    }

    private func waitUntilGone(
        _ evidence: inout Evidence, _ address: (host: String, port: Int32)?, mayBeBack: Bool
    ) async throws(StepFailure) {
        if let witness = evidence.witness {
            say("waiting for \(kind) \(node) to close its connection", "stopping")
            switch await reader.waitUntilClosed(witness, within: remaining) {
            case .closedByPeer: evidence.connectionClosed = true
            // Lost on this side: what follows must prove it.
            case .unknown: evidence.connectionClosed = nil
            case .open:
                evidence.connectionClosed = false
                throw stillThere("its connection is still open")
            }
        }
        // A restart has closed our connection; whether it refused another in between is past.
        if mayBeBack && evidence.connectionClosed == true { return }
        while true {
            if try await hasStopped(evidence, address, mayBeBack: mayBeBack) { break }
            guard time.monotonic < deadline else { throw stillThere("it still answers") }
            try await pause()
        }
        say("\(kind) \(node) is down", "down")
        evidence.cleanShutdown = await leftItsPeers()
    }

    private func stillThere(_ what: String) -> StepFailure {
        StepFailure(
            .timedOut, "the stop of \(kind) \(node) ended well, but \(what)",
            nextAction: "look at the process: it may be moving its leaders, or be hung")
    }

    /// After a stop that ended well: a new connection is refused, its peers have seen it go, or its process is gone.
    private func hasStopped(
        _ evidence: Evidence, _ address: (host: String, port: Int32)?, mayBeBack: Bool
    ) async throws(StepFailure) -> Bool {
        let process = try await process()
        if mayBeBack, let before = evidence.before, process?.differs(from: before) == true { return true }
        if let address {
            do throws(KafkaError) {
                _ = try await reader.versionsOnNewConnection(host: address.host, port: address.port)
                return false
            } catch {
                if error.isRefused { return true }
            }
        }
        let facts = await look()
        if isGone(facts, process) { return true }
        // Nobody is left to ask after the only voter.
        return isController && facts.isRefused && facts.quorum?.hasLeader != true
    }

    /// A broker that shut down in order has left its peers' list by then; one that was killed stays on it for its
    /// session.
    private func leftItsPeers() async -> Bool? {
        if isController { return nil }
        let limit = time.deadline(after: Self.farewell)
        while true {
            let facts = await look()
            if facts.peers.isEmpty || facts.peers.allSatisfy({ $0.peer == node }) { return nil }
            if facts.peers.allSatisfy({ $0.listing == nil || $0.listing?.isFenced == true }) { return true }
            guard time.monotonic < min(limit, deadline) else { return false }
            do throws(StepFailure) { try await pause() } catch { return nil }
        }
    }

    func pause() async throws(StepFailure) {
        do { try await time.sleep(for: Self.interval) } catch {
            throw StepFailure(.cancelled, "waiting for \(kind) \(node) was cancelled")
        }
    }

    // MARK: Starting

    /// True when there was something to start.
    func start(_ evidence: inout Evidence) async throws(StepFailure) -> Bool {
        let facts = await look()
        if NodeBack.evaluate(facts).passes {
            try await proveBack(&evidence)
            return false
        }
        let process = try await process()
        if facts.versions != nil || process?.isRunning == true || process?.isComing == true {
            try await waitUntilBack(&evidence)
            return false
        }
        say("starting \(kind) \(node)", "starting")
        evidence.startedAt = Timestamp(milliseconds: time.sinceEpoch.milliseconds)
        // Whoever has stopped it starts it: a broker that stays down is worse than one more call without the lock.
        if await !services.permits.heldDown(in: cluster).contains(node) { try context.admit() }
        _ = await services.permits.touch(node, in: cluster)
        _ = try await lifecycle.perform(.start, version: nil, in: try lifecycleContext())
        try await waitUntilBack(&evidence)
        return true
    }

    func waitUntilBack(_ evidence: inout Evidence) async throws(StepFailure) {
        say("waiting for \(kind) \(node) to come back", "starting")
        var epoch: Int32?
        var reasons: [String] = []
        var watch = DeathWatch()
        var process = KnownProcess()
        while true {
            let facts = await look()
            let verdict = NodeBack.evaluate(facts)
            // An election between two looks says that the quorum is still settling.
            let isSettled = !isController || epoch != nil && epoch == facts.quorum?.leaderEpoch
            epoch = facts.quorum?.leaderEpoch
            if verdict.passes && isSettled { break }
            if verdict.reasons != reasons, let first = verdict.reasons.first {
                reasons = verdict.reasons
                say("waiting: \(first)", "starting")
            }
            if time.monotonic >= process.due {
                process = KnownProcess(
                    value: try? await self.process(), due: time.deadline(after: Self.processInterval))
            }
            if let death = watch.note(facts, process.value, at: time.monotonic) {
                throw StepFailure(
                    .failed, "\(kind) \(node) was started and has died: \(death)",
                    nextAction: "read its log on \(context.reading.host.name)", details: verdict.reasons)
            }
            guard time.monotonic < deadline else {
                throw StepFailure(
                    .timedOut, "\(kind) \(node) was started and has not come back in time",
                    nextAction:
                        "it may be recovering its log: look at it before it is started again, and give the task a "
                        + "longer `timeout`", details: verdict.reasons)
            }
            try await pause()
        }
        try await proveBack(&evidence)
        say("\(kind) \(node) is back", "back")
    }

    private struct KnownProcess {
        var value: BrokerProcess?
        var due: Duration = .zero
    }

    /// The node was seen to be back: it is held down no longer, whoever started it.
    func proveBack(_ evidence: inout Evidence) async throws(StepFailure) {
        evidence.isBack = true
        evidence.after = try? await process()
        let wasHeld = await services.permits.heldDown(in: cluster).contains(node)
        await services.permits.release(node, in: cluster)
        if wasHeld { try await record("started", evidence) }
    }

    /// The node was seen to be gone after a stop whose outcome was not known.
    func proveGone(_ evidence: Evidence) async throws(StepFailure) {
        try await record("stopped", evidence)
        await forgetActivation()
    }

    private func record(_ kind: String, _ evidence: Evidence) async throws(StepFailure) {
        do { try await context.record(StepRecord(kind: kind, fields: evidence.fields(node))) } catch {
            throw .from(error, doing: "the witness of node \(node) could not be recorded")
        }
    }
}
