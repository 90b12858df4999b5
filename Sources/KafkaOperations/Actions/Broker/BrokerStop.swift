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
            every ISR, or `force` names a reason. Returns when our connection to it closed and it refuses a new one or has left its \
            peers' view. A broker that is down already is left alone.
            """,
        parameters: BrokerStep.parameters, result: Evidence.resultType, effect: .checked, target: .host,
        example: """
            - broker.stop: {}
              timeout: 10m
            """)

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

    /// Gone is done.
    func verify(in context: StepContext) async throws -> Verification {
        let transition = try step.transition(context)
        let facts = await transition.look()
        if transition.isGone(facts) {
            return .done(evidence: "node \(transition.node) answers nobody and nobody lists it")
        }
        if let before = memory.withLock({ $0.before }), let now = try await transition.process(), now.isRunning,
            now.differs(from: before) == false
        {
            return .notDone(evidence: "the same process still runs")
        }
        return facts.versions == nil
            ? .cannotTell("node \(transition.node) does not answer, and its peers still list it")
            : .notDone(evidence: "node \(transition.node) answers")
    }
}

/// What the three actions have in common.
struct BrokerStep: Sendable {
    static let parameters: [ActionReference.Parameter] = [
        .init(
            "timeout", .duration, default: .duration(BrokerTransition.defaultTimeout),
            "In all; the task's `timeout` may be shorter"),
        .optional("force", .string, "Why it may stop without a permit; needs an approval"),
    ]

    private let services: OperationServices
    private let timeout: Duration?
    private let force: String?

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        self.services = services
        timeout = try arguments.duration("timeout")
        force = try arguments.textIfAny("force")
        if let force, force.isEmpty { throw arguments.failure("`force` must name a reason") }
    }

    func transition(_ context: StepContext) throws(StepFailure) -> BrokerTransition {
        try BrokerTransition(context, services, timeout: timeout, force: force)
    }

    /// The commands that the lifecycle would run, where it is one of commands.
    func plan(_ operations: LifecycleOperation..., context: ReadContext) throws(StepFailure) -> ActionPlan {
        var plan = ActionPlan()
        let lifecycle = try services.lifecycle(context.host, context.inventory)
        for operation in operations { plan.commands += try lifecycle.commands(for: operation, version: nil) }
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
