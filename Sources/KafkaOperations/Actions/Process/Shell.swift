import Playbooks
import RunEngine
import Values

/// Runs a script of the shell on the task's host.
///
/// 1. The text is given to `/bin/sh -c` (or `executable`) as it stands.
/// 2. The rest is as for `command`.
struct Shell: CatalogedAction {
    static let reference = ActionReference(
        name: "shell",
        summary: "Run a script of the shell on the host",
        details: """
            For pipes, redirections and globs; `command` is safer where they are not needed, since values in the text are read by \
            the shell: quote them with `| quote`.
            """,
        parameters: [
            .init("script", .string, "What the shell runs"),
            .init("executable", .string, default: "/bin/sh", "The shell"),
        ] + ProcessStep.parameters,
        result: ProcessStep.result, effect: .opaque, target: .host,
        example: """
            - name: How full is the disk
              shell: df -P /var/lib/kafka | tail -1
              effect: read
              register: disk
            """,
        shorthand: "script")

    private let step: ProcessStep

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        let script = try arguments.text("script")
        let shell = try arguments.textIfAny("executable") ?? "/bin/sh"
        step = try ProcessStep(argv: [shell, "-c", script], arguments, services)
    }

    func plan(in context: ReadContext) async throws -> ActionPlan { step.plan() }
    func read(in context: ReadContext) async throws -> ActionOutcome { try await step.run(context, step: nil) }
    func run(in context: StepContext) async throws -> ActionOutcome {
        try await step.run(context.reading, step: context)
    }
    func fate(in context: StepContext) async throws -> StepFate { try await step.fate(context) }
}
