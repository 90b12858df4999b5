import EventLoop
import Playbooks
import RunEngine
import Values

/// Stops the broker of the host: a controlled shutdown, with a permit. The algorithm is that of `BrokerTransition`.
struct BrokerStop: CatalogedAction {
    static let reference = ActionReference(
        name: "broker.stop",
        summary: "Stop the broker of the host, with a permit, and prove that it is gone",
        details: """
            Refuses unless kafka.can_stop holds for what this run holds down plus this broker, at that moment, or the broker is out of \
            every ISR, or `force` names a reason. Topics with no more replicas than min.insync.replicas become unavailable at any \
            stop: they refuse it unless `accept_unavailability` names them, as it does for kafka.can_stop. Under `force` the question is \
            asked all the same, and what stood against the stop is recorded. Returns when our connection to it closed and it refuses a \
            new one or has left its peers' view. A broker that is down already is left alone.
            """,
        parameters: BrokerStep.parameters, result: Evidence.resultType, effect: .checked, target: .host,
        example: """
            - broker.stop: {accept_unavailability: [scratch, "dev-*"]}
              timeout: 10m
            """, stopsNode: true)

    private let step: BrokerStep
    private let memory = Locked(Evidence())

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        step = try BrokerStep(arguments, services)
    }

    func plan(in context: ReadContext) async throws -> ActionPlan { try step.plan(.stop, context) }

    func run(in context: StepContext) async throws -> ActionOutcome {
        let transition = try step.transition(context)
        var evidence = Evidence()
        defer { memory.withLock { [evidence] in $0 = evidence } }
        let changed = try await transition.stop(&evidence)
        return ActionOutcome(changed ? .changed : .ok, result: evidence.result(transition.node, changed: changed))
    }

    func fate(in context: StepContext) async throws -> StepFate {
        let transition = try step.transition(context)
        switch transition.past {
        case .nothing: return .neverStarted
        case .stopped(let evidence):
            return .finished(ActionOutcome(.changed, result: evidence.result(transition.node, changed: true)))
        case .begun, .started: return .cannotTell
        }
    }

    /// Gone is done.
    func verify(in context: StepContext) async throws -> Verification {
        let transition = try step.transition(context)
        if case .begun(let evidence) = transition.past {
            switch try await transition.settleStop(evidence) {
            case .gone:
                try await transition.proveGone(evidence)
                return .done(evidence: "node \(transition.node) has gone")
            case .notAsked: return .notDone(evidence: "the lifecycle's `stop` never began")
            case .same: return .notDone(evidence: "the same process still runs")
            case .going: return .cannotTell(transition.goingText)
            case .another: return .cannotTell("node \(transition.node) runs as another process than before the stop")
            case nil: break
            }
        }
        let facts = await transition.look()
        let evidence = memory.withLock { $0 }
        let now = try await transition.process()
        if transition.isGone(facts, now) {
            try await transition.proveGone(evidence)
            return .done(evidence: "node \(transition.node) answers nobody and nobody lists it")
        }
        if let before = evidence.before, let now, now.isRunning, now.differs(from: before) == false {
            return .notDone(evidence: "the same process still runs")
        }
        return facts.versions == nil
            ? .cannotTell("node \(transition.node) does not answer, and its peers still list it")
            : .notDone(evidence: "node \(transition.node) answers")
    }
}

/// What the three actions have in common.
struct BrokerStep: Sendable {
    static let timeout = ActionReference.Parameter(
        "timeout", .duration, default: .duration(BrokerTransition.defaultTimeout),
        "In all; the task's `timeout` may be shorter")
    static let parameters: [ActionReference.Parameter] = [
        timeout,
        .init(
            "accept_unavailability", .list(.string), default: .list([]),
            "Topics (globs too) that may become unavailable because they have too few replicas"),
        .optional("force", .string, "Why it may stop without a permit; needs an approval"),
    ]

    private let services: OperationServices
    private let timeout: Duration?
    private let accepting: [String]
    private let force: String?

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        self.services = services
        timeout = try arguments.duration("timeout")
        accepting = try arguments.texts("accept_unavailability") ?? []
        force = try arguments.textIfAny("force")
        if let force, force.isEmpty { throw arguments.failure("`force` must name a reason") }
    }

    func transition(_ context: StepContext) throws(StepFailure) -> BrokerTransition {
        try BrokerTransition(context, services, timeout: timeout, force: force, accepting: accepting)
    }

    /// The commands that the lifecycle would run, where it is one of commands.
    func plan(_ operations: LifecycleOperation..., context: ReadContext) throws(StepFailure) -> ActionPlan {
        var plan = ActionPlan()
        let lifecycle = try services.lifecycle(context.host, context.inventory)
        for operation in operations { plan.commands += try lifecycle.commands(for: operation, version: nil) }
        if !accepting.isEmpty {
            plan.notes.append("may make unavailable, where there are too few replicas: \(BoundedList.text(accepting))")
        }
        if let force { plan.notes.append("forced, without a permit: \(force)") }
        return plan
    }

    func plan(_ operation: LifecycleOperation, _ context: ReadContext) throws(StepFailure) -> ActionPlan {
        let lifecycle = try services.lifecycle(context.host, context.inventory)
        if operation == .restart && !lifecycle.has(.restart) {
            return try plan(.stop, .start, context: context)
        }
        return try plan(operation, context: context)
    }
}
