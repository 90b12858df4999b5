import Playbooks
import RunEngine
import Values

/// Says something. The message is the result; the view shows it.
struct Debug: CatalogedAction {
    static let reference = ActionReference(
        name: "debug",
        summary: "Say something",
        details: "Text is shown as it is, anything else as JSON.",
        parameters: [.init("msg", .json, default: "Hello world!", "What to say: text, or any value")],
        result: RecordType([.init("msg", .json, "What was shown")]),
        effect: .read, target: .runner,
        example: """
            - debug: "This host is {{ host.name }}"
            """,
        shorthand: "msg")

    private let message: Value

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        message = arguments.values["msg"] ?? .null
    }

    func read(in context: ReadContext) async throws -> ActionOutcome {
        ActionOutcome(.ok, result: ["msg": message])
    }
}
