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
            listed for its whole session timeout.
            """,
        parameters: BrokerStep.parameters, result: Evidence.resultType, effect: .checked, target: .host,
        example: """
            - broker.restart: {}
              timeout: 10m
            """, startsNode: true)

    private let step: BrokerStep
    private let memory = Locked(Evidence())

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        step = try BrokerStep(arguments, services)
    }

    func plan(in context: ReadContext) async throws -> ActionPlan { try step.plan(.restart, context) }

    func run(in context: StepContext) async throws -> ActionOutcome {
        let transition = try step.transition(context)
        var evidence = Evidence()
        defer { memory.withLock { [evidence] in $0 = evidence } }
        if transition.lifecycle.has(.restart), try await transition.stop(&evidence, by: .restart) {
            evidence.startedAt = Timestamp(milliseconds: context.reading.time.sinceEpoch.milliseconds)
            try await transition.waitUntilBack(&evidence)
        } else {
            if !transition.lifecycle.has(.restart) { _ = try await transition.stop(&evidence) }
            _ = try await transition.start(&evidence)
        }
        if let before = evidence.before, let after = evidence.after, after.differs(from: before) == false {
            throw StepFailure(
                .failed, "node \(transition.node) answers, but its process is the one from before",
                nextAction: "look at what the lifecycle's restart does")
        }
        return ActionOutcome(.changed, result: evidence.result(transition.node, changed: true))
    }

    /// A different process, or a connection that closed, and the node back.
    func verify(in context: StepContext) async throws -> Verification {
        let transition = try step.transition(context)
        let evidence = memory.withLock { $0 }
        let node = transition.node
        let verdict = NodeBack.evaluate(await transition.look())
        guard verdict.passes else {
            return .cannotTell("node \(node) is not back: \(BoundedList.text(verdict.reasons))")
        }
        if let before = evidence.before, let now = try await transition.process(),
            let differs = now.differs(from: before)
        {
            return differs
                ? .done(evidence: "node \(node) is back as another process")
                : .notDone(evidence: "node \(node) is still the same process")
        }
        guard let witness = evidence.witness else { return .cannotTell("nothing was seen of node \(node) before") }
        return await transition.reader.isClosed(witness)
            ? .done(evidence: "the connection from before has closed and node \(node) is back")
            : .notDone(evidence: "the connection from before is still open")
    }
}
