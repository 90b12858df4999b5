import Playbooks
import RunEngine
import Values

/// Asks a person. The engine owns the question, its answer and its expiry: it never runs this action.
struct Approve: CatalogedAction {
    static let reference = ActionReference(
        name: "approve",
        summary: "Ask a person and wait for the answer",
        details: """
            Blocks until enough of the named people said yes; expires to "denied". Bound to the plan's digest. `--yes` never answers \
            it. After an approval that waited, the play's gates and reads before it are evaluated again.
            """,
        parameters: [
            .init("prompt", .string, "The question, with the numbers that matter"),
            .optional("approvers", .list(.string), "Users, or group:NAME of the inventory's approvers; else anyone"),
            .init("min", .int, default: 1, "How many must say yes"),
            .init("four_eyes", .bool, default: false, "Whoever started the run cannot be one of them"),
            .init("timeout", .duration, default: .duration(.seconds(24 * 3600)), "After this it counts as denied"),
            .optional("type_to_confirm", .string, "A name that has to be typed in full"),
        ],
        result: RecordType([
            .init("approved_by", .list(.string), "Who approved"),
            .init("approved_at", .optional(.timestamp), "When the last of them did"),
        ]),
        effect: .read, target: .runner,
        example: """
            - name: Go / no-go
              approve: {prompt: "Restart {{ groups.all | length }} hosts?", timeout: 2h}
            """,
        shorthand: "prompt")

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        let minimum = try arguments.intIfAny("min") ?? 1
        guard minimum >= 1 else { throw arguments.failure("`min` must be at least 1", at: "min") }
    }

    func read(in context: ReadContext) async throws -> ActionOutcome {
        throw StepFailure(.internalError, "an approval is asked for by the engine, not run")
    }
}
