import Playbooks
import RunEngine
import Values

/// Runs a program on the task's host, without a shell.
///
/// 1. `argv` is the program and its arguments, each item one word whatever is in it; text is split into words by quotes
///    and blanks, and what only a shell understands is refused.
/// 2. The program is started as `ProcessStep` says. It guarantees that nothing in an argument is ever expanded. What
///    the program does is not known: its effect is opaque unless `creates`, `removes` or `effect` says otherwise.
struct Command: CatalogedAction {
    static let reference = ActionReference(
        name: "command",
        summary: "Run a program on the host, without a shell",
        details: """
            A list is the program and its arguments, one word each; text is split into words, and quotes keep blanks. Nothing is \
            expanded: no variables, globs, pipes or redirections (see `shell`). A program by a relative path is looked up from the \
            folder of the file that names it. A non-zero exit code fails the task unless `failed_when` says otherwise.
            """,
        parameters: [
            .init("argv", .list(.string), "The program and its arguments: a list of words, or one text")
        ] + ProcessStep.parameters,
        result: ProcessStep.result, effect: .opaque, target: .host,
        example: """
            - name: When was it started
              command: [ps, -o, "lstart=", -p, "1"]
              effect: read
              register: started
            """,
        shorthand: "argv")

    private let step: ProcessStep

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        step = try ProcessStep(argv: Self.words(arguments), arguments, services)
    }

    static func words(_ arguments: Arguments) throws(StepFailure) -> [String] {
        let words: [String]
        switch arguments["argv"] {
        case .string(let text):
            do throws(ShellWords.Failure) { words = try ShellWords.split(text) } catch {
                throw arguments.failure(error.message, at: "argv")
            }
        case .list(let items):
            var found: [String] = []
            for (index, item) in items.enumerated() {
                if case .secret = item {
                    throw StepFailure(
                        .failed, "\(arguments.span): a secret cannot stand in an argument list, where everyone sees it",
                        nextAction: "give it by `environment` or `stdin`")
                }
                guard let word = item.plainText else {
                    throw arguments.failure(
                        "item \(index + 1) of the argument list must be text or a number", at: "argv")
                }
                found.append(word)
            }
            words = found
        case nil: throw arguments.failure("there is no program to run", at: "argv")
        default: throw arguments.failure("`command` takes a list of words or text", at: "argv")
        }
        guard let program = words.first, !program.isEmpty else {
            throw arguments.failure("there is no program to run", at: "argv")
        }
        return words
    }

    func plan(in context: ReadContext) async throws -> ActionPlan { step.plan() }
    func read(in context: ReadContext) async throws -> ActionOutcome { try await step.run(context, step: nil) }
    func run(in context: StepContext) async throws -> ActionOutcome {
        try await step.run(context.reading, step: context)
    }
    func fate(in context: StepContext) async throws -> StepFate { try await step.fate(context) }
}
