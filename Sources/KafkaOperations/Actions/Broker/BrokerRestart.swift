import EventLoop
import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Restarts the broker of the host, with a permit, and proves it. The algorithm is that of `BrokerTransition`: the
/// lifecycle's `restart` where it has one, else stop, then start.
struct BrokerRestart: CatalogedAction {
    static let reference = ActionReference(
        name: "broker.restart",
        summary: "Restart the broker of the host, with a permit, and prove it",
        details: """
            Asks for the same permit as broker.stop, at the moment it acts. Proven by a connection that closed and a new one that was \
            answered, and by the process where the lifecycle tells it: presence alone proves nothing, since a killed broker stays \
            listed for its whole session timeout. A process that ends after its start is a failure at once, one that recovers its log \
            is waited for. In an `undo`, `only_if_touched` leaves a broker alone that this run has never stopped or started.
            """,
        parameters: BrokerStep.parameters + [
            .init(
                "only_if_touched", .bool, default: false,
                "Skipped when this run has neither stopped nor started it: there is nothing to take back")
        ], result: Evidence.resultType, effect: .checked, target: .host,
        example: """
            - broker.restart: {accept_unavailability: [scratch, "dev-*"]}
              timeout: 10m
            """, startsNode: true, stopsNode: true)

    private let step: BrokerStep
    private let onlyIfTouched: Bool
    private let memory = Locked(Evidence())

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        step = try BrokerStep(arguments, services)
        onlyIfTouched = try arguments.flag("only_if_touched")
    }

    func plan(in context: ReadContext) async throws -> ActionPlan { try step.plan(.restart, context) }

    func run(in context: StepContext) async throws -> ActionOutcome {
        let transition = try step.transition(context)
        var evidence = Evidence()
        if onlyIfTouched, await !transition.isTouched {
            return ActionOutcome(
                .skipped(reason: "this run has neither stopped nor started node \(transition.node)"),
                result: evidence.result(transition.node, changed: false))
        }
        defer { memory.withLock { [evidence] in $0 = evidence } }
        var wasChanged: Bool
        if case .stopped(let before) = transition.past {
            // A runner that has died has stopped it: it is stopped once.
            evidence = before
            wasChanged = true
            _ = try await transition.start(&evidence)
        } else if transition.lifecycle.has(.restart), try await transition.stop(&evidence, by: .restart) {
            evidence.startedAt = Timestamp(milliseconds: context.reading.time.sinceEpoch.milliseconds)
            try await transition.waitUntilBack(&evidence)
            wasChanged = true
        } else {
            wasChanged = transition.lifecycle.has(.restart) ? false : try await transition.stop(&evidence)
            if try await transition.start(&evidence) { wasChanged = true }
        }
        guard wasChanged else {
            throw StepFailure(
                .failed, "node \(transition.node) was taken for down and answers: nothing was restarted",
                nextAction: "run it again; look whether something else starts it, or keeps us from reaching it")
        }
        if let before = evidence.before, let after = evidence.after, after.differs(from: before) == false {
            throw StepFailure(
                .failed, "node \(transition.node) answers, but its process is the one from before",
                nextAction: "look at what the lifecycle's restart does")
        }
        await transition.forgetActivation()
        return ActionOutcome(.changed, result: evidence.result(transition.node, changed: true))
    }

    func fate(in context: StepContext) async throws -> StepFate {
        let transition = try step.transition(context)
        switch transition.past {
        case .nothing: return .neverStarted
        case .started(let evidence):
            await transition.forgetActivation()
            return .finished(ActionOutcome(.changed, result: evidence.result(transition.node, changed: true)))
        case .begun, .stopped: return .cannotTell
        }
    }

    /// What a runner that died has left undecided.
    private func verify(
        _ transition: BrokerTransition, past: BrokerTransition.Past
    ) async throws -> Verification? {
        let node = transition.node
        switch past {
        case .nothing, .started: return nil
        case .stopped(let evidence):
            guard NodeBack.evaluate(await transition.look()).passes else {
                return .notDone(evidence: "node \(node) was stopped, and is not back")
            }
            return try await done("node \(node) was stopped, and is back", transition, evidence)
        case .begun(let evidence):
            switch try await transition.settleStop(evidence, by: transition.lifecycle.has(.restart) ? .restart : .stop)
            {
            case .another:
                guard NodeBack.evaluate(await transition.look()).passes else { return nil }
                return try await done("node \(node) is back as another process", transition, evidence)
            case .notAsked: return .notDone(evidence: "nothing of the lifecycle has begun")
            case .going: return .cannotTell(transition.goingText)
            case .same: return .notDone(evidence: "node \(node) is still the same process")
            case .gone:
                try await transition.proveGone(evidence)
                return .notDone(evidence: "node \(node) has stopped, and was not started")
            case nil: return nil
            }
        }
    }

    /// A different process, or a connection that closed, and the node back. A process that has ended is known not to be.
    func verify(in context: StepContext) async throws -> Verification {
        let transition = try step.transition(context)
        if let verdict = try await verify(transition, past: transition.past) { return verdict }
        let evidence = memory.withLock { $0 }
        let node = transition.node
        let verdict = NodeBack.evaluate(await transition.look())
        guard verdict.passes else {
            if let death = try await transition.provenDead() { return .notDone(evidence: death) }
            return .cannotTell("node \(node) is not back: \(BoundedList.text(verdict.reasons))")
        }
        if let before = evidence.before, let now = try await transition.process(),
            let differs = now.differs(from: before)
        {
            guard differs else { return .notDone(evidence: "node \(node) is still the same process") }
            return try await done("node \(node) is back as another process", transition, evidence)
        }
        guard let witness = evidence.witness else { return .cannotTell("nothing was seen of node \(node) before") }
        switch await transition.reader.state(of: witness) {
        case .open: return .notDone(evidence: "the connection from before is still open")
        case .unknown: return .cannotTell("node \(node) is up, and nobody saw it close the connection from before")
        case .closedByPeer: break
        }
        return try await done(
            "the connection from before has closed and node \(node) is back", transition, evidence)
    }

    private func done(
        _ why: String, _ transition: BrokerTransition, _ evidence: Evidence
    ) async throws -> Verification {
        var evidence = evidence
        try await transition.proveBack(&evidence)
        memory.withLock { [evidence] in $0 = evidence }
        await transition.forgetActivation()
        return .done(evidence: why)
    }
}
