import Playbooks
import RunEngine
import Values

/// Judges a value and collects what it finds; never stops the play.
///
/// 1. `critical`, then `warning` are evaluated with `value` in scope; the first that has a condition which holds
/// decides.
/// 2. The finding becomes part of the result; the engine gathers findings, and the run ends with the worst.
struct Check: CatalogedAction {
    static let reference = ActionReference(
        name: "check",
        summary: "Judge a value: a finding of the run, never its end",
        details: """
            `warning` and `critical` are conditions over `value`. The run goes on; at its end the worst finding decides the exit \
            code (critical 5; warning 0, or 5 with --strict). A condition that cannot be evaluated is a critical finding: what \
            cannot be read is never OK.
            """,
        parameters: [
            .init("value", .json, "What is judged"),
            .init("warning", .list(.bool), default: .list([]), isCondition: true, "Holds when it should be looked at"),
            .init("critical", .list(.bool), default: .list([]), isCondition: true, "Holds when something is wrong"),
            .optional("message", .string, "What the finding says"),
        ],
        result: RecordType([
            .init("severity", .string, "ok, warning or critical"), .init("value", .json, "What was judged"),
            .init(
                "findings", .listOf(.init("severity", .string), .init("message", .string)),
                "What it was found to be; empty when all is well"),
        ]),
        effect: .read, target: .runner,
        example: """
            - name: How many brokers there are
              check:
                value: "{{ groups.all | length }}"
                warning: value < 3
                critical: value < 1
                message: "{{ groups.all | length }} brokers"
            """)

    private let value: Value
    private let warning: [Expression]
    private let critical: [Expression]
    private let message: String?

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        value = arguments.values["value"] ?? .null
        warning = arguments.conditions["warning"] ?? []
        critical = arguments.conditions["critical"] ?? []
        message = try arguments.textIfAny("message")
        if warning.isEmpty && critical.isEmpty {
            throw arguments.failure("a check needs `warning` or `critical`: without them it finds nothing")
        }
    }

    func read(in context: ReadContext) async throws -> ActionOutcome {
        let (severity, problem) = judge(context)
        var findings: [Value] = []
        if severity != "ok" {
            let text = problem ?? message ?? "value is \(value.plainText ?? JSON.text(value))"
            findings = [["severity": .string(severity), "message": .string(text)]]
        }
        return ActionOutcome(
            .ok, result: ["severity": .string(severity), "value": value, "findings": .list(findings)])
    }

    private func judge(_ context: ReadContext) -> (severity: String, problem: String?) {
        do {
            let scope: ValueMap = ["value": value]
            for condition in critical where try context.evaluate(condition, scope).boolValue == true {
                return ("critical", nil)
            }
            for condition in warning where try context.evaluate(condition, scope).boolValue == true {
                return ("warning", nil)
            }
            return ("ok", nil)
        } catch {
            return ("critical", "cannot be judged: \(error)")
        }
    }
}
