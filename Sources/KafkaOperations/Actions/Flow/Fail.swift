import Playbooks
import RunEngine
import Values

/// Fails, with a message of the author's.
struct Fail: CatalogedAction {
    static let reference = ActionReference(
        name: "fail",
        summary: "Fail with a message",
        parameters: [.init("msg", .string, default: "Failed as requested from task", "Why")],
        result: RecordType([.init("msg", .string, "What was said")]),
        effect: .read, target: .runner,
        example: """
            - fail: "{{ host.name }} is not what it should be"
              when: host.name == 'nobody'
            """,
        shorthand: "msg")

    private let message: String

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        message = try arguments.text("msg")
    }

    func read(in context: ReadContext) async throws -> ActionOutcome {
        ActionOutcome(.failed(StepFailure(.failed, message)), result: ["msg": .string(message)])
    }
}
