import Playbooks
import RunEngine
import Values

/// Renders a template of the runner and puts the text onto the host. The algorithm is that of `FileStep`.
///
/// The template sees what the task's expressions see. Statements, comments and whitespace are Ansible's.
struct RenderTemplate: CatalogedAction {
    static let reference = ActionReference(
        name: "template",
        summary: "Render a template and put the text onto the host",
        details: """
            Expressions, `if`, `for`, comments and whitespace control as in Ansible's templates; an undeclared name is an error. The \
            file is replaced as a whole, and only when its content or mode differs.
            """,
        parameters: [.init("src", .string, "The template; a relative path stands in the folder of the playbook")]
            + FileStep.parameters,
        result: FileStep.result, effect: .checked, target: .host,
        example: """
            - name: Write the broker's configuration
              template: {src: templates/server.properties.j2, dest: /etc/kafka/server.properties, mode: "0640"}
            """)

    private let step: FileStep
    private let source: String

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        step = try FileStep(arguments, services)
        source = try arguments.text("src")
    }

    private func wanted(_ context: ReadContext) async throws(StepFailure) -> FileStep.Content {
        let text = String(decoding: try await FileStep.source(source, context), as: UTF8.self)
        let template: Template
        switch Template.parseFile(text, path: source) {
        case .success(let parsed): template = parsed
        case .failure(let invalid):
            throw StepFailure(.failed, "\(source) is no template", causes: invalid.diagnostics.map(\.description))
        }
        let value: Value
        do throws(EvaluationError) { value = try template.evaluate(in: ValueScope(context.scope())) } catch {
            throw StepFailure(.failed, "\(source) cannot be rendered", causes: [error.description])
        }
        // A file is where a secret is meant to go; the result of the step does not carry it.
        if case .secret(let secret) = value {
            return FileStep.Content(bytes: Array(secret.reveal().utf8), isSecret: true)
        }
        return FileStep.Content(bytes: Array((value.plainText ?? JSON.text(value)).utf8), isSecret: false)
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
