import Playbooks
import RunEngine
import Values

/// Fails when a condition does not hold.
///
/// 1. Every condition of `that` is evaluated, also after one that does not hold. 2. The failure names each that does
/// not.
struct Assert: CatalogedAction {
    static let reference = ActionReference(
        name: "assert",
        summary: "Fail unless conditions hold",
        details: "All conditions are looked at, so that one run names everything that is wrong.",
        parameters: [
            .init("that", .list(.bool), isCondition: true, "Conditions; all must hold"),
            .optional("fail_msg", .string, "What to say when one does not"),
            .optional("success_msg", .string, "What to say when all do"),
        ],
        result: RecordType([
            .init("failed_conditions", .list(.string), "As written"), .init("msg", .string, "What was said"),
        ]),
        effect: .read, target: .runner,
        example: """
            - name: There is more than one broker
              assert:
                that:
                  - groups.all | length > 1
                fail_msg: A rolling restart needs two brokers
            """,
        shorthand: "that")

    private let conditions: [Expression]
    private let failMessage: String?
    private let successMessage: String?

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        conditions = arguments.conditions["that"] ?? []
        failMessage = try arguments.textIfAny("fail_msg")
        successMessage = try arguments.textIfAny("success_msg")
    }

    func read(in context: ReadContext) async throws -> ActionOutcome {
        var failed: [String] = []
        for condition in conditions where try context.evaluate(condition, [:]).boolValue != true {
            failed.append(condition.source)
        }
        guard !failed.isEmpty else {
            let message = successMessage ?? "all conditions hold"
            return ActionOutcome(.ok, result: ["failed_conditions": [], "msg": .string(message)])
        }
        let message = failMessage ?? "\(failed.count) of \(conditions.count) conditions do not hold"
        return ActionOutcome(
            .failed(StepFailure(.failed, message, details: failed.map { "does not hold: \($0)" })),
            result: ["failed_conditions": .texts(failed), "msg": .string(message)])
    }
}
