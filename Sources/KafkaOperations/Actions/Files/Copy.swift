import Playbooks
import RunEngine
import Values

/// Puts a file of the runner, or text, onto the host. The algorithm is that of `FileStep`.
struct Copy: CatalogedAction {
    static let reference = ActionReference(
        name: "copy",
        summary: "Put a file or text onto the host",
        details: """
            Compared byte by byte first, replaced as a whole: a reader sees the old file or the new one. A relative `src` stands in \
            the folder of the playbook.
            """,
        parameters: [
            .optional("src", .string, "A file of the machine that opsrun runs on"),
            .optional("content", .textOrSecret, "The text itself, in place of `src`"),
        ] + FileStep.parameters,
        result: FileStep.result, effect: .checked, target: .host,
        example: """
            - name: Say who looks after this host
              copy: {content: "Run by opsrun.\\n", dest: /etc/motd, mode: "0644"}
            """)

    private let step: FileStep
    private let source: String?
    private let content: String?
    private let isSecret: Bool

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        step = try FileStep(arguments, services)
        source = try arguments.textIfAny("src")
        content = try arguments.revealedTextIfAny("content")
        isSecret = arguments.isSecret("content")
        guard (source == nil) != (content == nil) else { throw arguments.failure("copy takes one of src and content") }
    }

    private func wanted(_ context: ReadContext) async throws(StepFailure) -> FileStep.Content {
        if let source { return FileStep.Content(bytes: try await FileStep.source(source, context), isSecret: false) }
        return FileStep.Content(bytes: Array((content ?? "").utf8), isSecret: isSecret)
    }

    func plan(in context: ReadContext) async throws -> ActionPlan {
        try await step.plan(try await wanted(context), in: context)
    }
    func run(in context: StepContext) async throws -> ActionOutcome {
        try await step.run(try await wanted(context.reading), in: context)
    }
    func verify(in context: StepContext) async throws -> Verification {
        try await step.verify(try await wanted(context.reading), in: context)
    }
}
