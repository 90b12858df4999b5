import Playbooks
import RunEngine
import Values

/// Says what is to stand in the run's report. It emits a record; the report itself is a view of the run's events.
struct Report: CatalogedAction {
    static let reference = ActionReference(
        name: "report",
        summary: "Put a section into the run's report",
        details: "The report is written when the run ends, from its events; this adds a title and values to it.",
        parameters: [
            .init("title", .string, "The section's title"),
            .init("format", .string, default: "markdown", oneOf: ["markdown", "html", "json"], "What is written"),
            .init("include", .json, default: .list([]), "Values to show: a list or a map"),
        ],
        result: RecordType([
            .init("title", .string, "As it was given"), .init("format", .string, "As it was given"),
            .init("include", .json, "What the report holds"),
        ]),
        effect: .read, target: .runner,
        example: """
            - report: {title: "Hosts of {{ run.id }}", include: ["{{ groups.all | length }}"]}
            """,
        shorthand: "title")

    private let content: ValueMap

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        content = [
            "title": .string(try arguments.text("title")),
            "format": .string(try arguments.textIfAny("format") ?? "markdown"),
            "include": arguments.values["include"] ?? .list([]),
        ]
    }

    func read(in context: ReadContext) async throws -> ActionOutcome { ActionOutcome(.ok, result: content) }

    func run(in context: StepContext) async throws -> ActionOutcome {
        try await context.record(StepRecord(kind: "report", fields: content))
        return ActionOutcome(.ok, result: content)
    }
}
