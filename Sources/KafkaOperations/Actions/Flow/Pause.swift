import EventLoop
import Playbooks
import RunEngine
import Values

/// Waits by the clock of the run: under the embedded cluster's, that is its clock.
///
/// A gate is nearly always what is meant: it waits for something to be true.
struct Pause: CatalogedAction {
    static let reference = ActionReference(
        name: "pause",
        summary: "Wait for some time",
        details: "Waits by the clock of the run. To wait until something is true, use a gate.",
        parameters: [
            .optional("for", .duration, "How long: 30s, 5m"),
            .optional("seconds", .int, "How long, in seconds"),
            .optional("minutes", .int, "How long, in minutes"),
        ],
        result: RecordType([.init("waited", .duration, "How long")]),
        effect: .read, target: .runner,
        example: """
            - pause: {for: 1s}
            """,
        shorthand: "for")

    private let duration: Duration

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        let limit: Int64 = 366 * 24 * 3600
        if let given = try arguments.duration("for") {
            duration = given
        } else if let seconds = try arguments.intIfAny("seconds"), seconds <= limit {
            duration = .seconds(seconds)
        } else if let minutes = try arguments.intIfAny("minutes"), minutes <= limit / 60 {
            duration = .seconds(minutes * 60)
        } else {
            throw arguments.failure("pause needs `for`, such as 30s, of a year at most")
        }
        guard duration >= .zero else { throw arguments.failure("pause cannot go back in time") }
    }

    func plan(in context: ReadContext) async throws -> ActionPlan { ActionPlan(notes: ["waits \(duration.text)"]) }

    func read(in context: ReadContext) async throws -> ActionOutcome {
        try await context.time.sleep(for: duration)
        return ActionOutcome(.ok, result: ["waited": .duration(duration)])
    }
}
