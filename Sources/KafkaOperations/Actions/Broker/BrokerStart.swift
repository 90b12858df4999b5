import EventLoop
import Playbooks
import RunEngine
import Values

/// Starts the broker of the host and proves that it is back. The algorithm is that of `BrokerTransition`.
struct BrokerStart: CatalogedAction {
    static let reference = ActionReference(
        name: "broker.start",
        summary: "Start the broker of the host and prove that it is back",
        details: """
            Returns when the broker answers a new connection and its peers list it unfenced; a dedicated controller when the quorum \
            counts it as caught up. A broker that recovers its log is waited for within the timeout; one whose process has ended has \
            failed. One that runs already is left alone.
            """,
        parameters: [BrokerStep.timeout], result: Evidence.resultType, effect: .checked, target: .host,
        example: """
            - broker.start: {}
              timeout: 10m
            """, startsNode: true)

    private let step: BrokerStep

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        step = try BrokerStep(arguments, services)
    }

    func plan(in context: ReadContext) async throws -> ActionPlan { try step.plan(.start, context) }

    func run(in context: StepContext) async throws -> ActionOutcome {
        let transition = try step.transition(context)
        var evidence = Evidence()
        let changed = try await transition.start(&evidence)
        return ActionOutcome(changed ? .changed : .ok, result: evidence.result(transition.node, changed: changed))
    }

    func verify(in context: StepContext) async throws -> Verification {
        let transition = try step.transition(context)
        let verdict = NodeBack.evaluate(await transition.look())
        if verdict.passes {
            var evidence = Evidence()
            try await transition.proveBack(&evidence)
            return .done(evidence: "node \(transition.node) is back")
        }
        let process = try await transition.process()
        if process?.isRunning == true || process?.isComing == true {
            var evidence = Evidence()
            do throws(StepFailure) {
                try await transition.waitUntilBack(&evidence)
                return .done(evidence: "node \(transition.node) came back")
            } catch {
                if error.code == .failed { return .notDone(evidence: error.message) }
            }
        }
        if let death = try await transition.provenDead() { return .notDone(evidence: death) }
        return .cannotTell(BoundedList.text(verdict.reasons))
    }
}
