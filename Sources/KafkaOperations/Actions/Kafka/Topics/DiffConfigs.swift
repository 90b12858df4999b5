import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Says what a change of settings would change, and how it would have to be made.
///
/// 1. The configuration is read. 2. Each key of the change is sorted: already so, changeable as it runs, only by a restart,
/// not known.
struct DiffConfigs: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.diff_configs",
        summary: "Compare wanted settings with those that are there",
        details: """
            `dynamic` can be changed as it runs (kafka.alter_configs), `read_only` only by a restart, `unknown` is no setting of it. \
            Sensitive values cannot be compared and count as changes.
            """,
        parameters: ConfigTarget.parameters + [
            .init("set", .map(.json), default: .map([:]), "Values by key: text or numbers"),
            .init("remove", .list(.string), default: [], "Keys that go back to what they inherit"),
        ],
        result: RecordType([
            .init("dynamic", .list(.string), "Keys that change at once"),
            .init("read_only", .list(.string), "Keys that a restart changes"),
            .init("unknown", .list(.string), "Keys that the broker does not know"),
            .init("added", .list(.string), "Keys of both kinds that have no value of their own yet"),
            .init("unchanged", .list(.string), "Keys that have the wanted value"),
            .init("previous_dynamic", .map(.optional(.string)), "The present values of `dynamic`"),
            .init("summary", .list(.string), "A line for each change"),
        ]),
        effect: .read, target: .cluster,
        example: """
            - kafka.diff_configs: {resource: broker, name: "1", set: {log.cleaner.threads: 2}}
              register: difference
            """)

    private let target: ConfigTarget
    private let wanted: [(key: String, value: String?)]

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        target = try ConfigTarget(arguments)
        var wanted: [(key: String, value: String?)] = []
        for (key, value) in arguments["set"]?.mapValue ?? [:] {
            guard let text = value.configText else {
                throw arguments.failure("the value of \(key) must be text, a number or a list of them")
            }
            wanted.append((key, text))
        }
        for key in try arguments.texts("remove") ?? [] {
            guard !wanted.contains(where: { $0.key == key }) else {
                throw arguments.failure("\(key) is both set and removed")
            }
            wanted.append((key, nil))
        }
        self.wanted = wanted
    }

    func read(in context: ReadContext) async throws -> ActionOutcome {
        let reader = try context.requireCluster(for: Self.reference.name)
        let entries = try await target.read(reader, keys: nil)
        var sorted: [String: [String]] = [:]
        var previous = ValueMap()
        var lines: [String] = []
        for (key, value) in wanted {
            guard let entry = entries.first(where: { $0.name == key }) else {
                sorted["unknown", default: []].append(key)
                continue
            }
            let isSame = value == nil ? target.own(entry) == nil : !entry.isSensitive && entry.value == value
            guard !isSame else {
                sorted["unchanged", default: []].append(key)
                continue
            }
            if value != nil, target.own(entry) == nil { sorted["added", default: []].append(key) }
            sorted[entry.isReadOnly ? "read_only" : "dynamic", default: []].append(key)
            if !entry.isReadOnly { previous[key] = .optional(entry.value) }
            let old = entry.isSensitive ? "•••" : entry.value ?? "(not set)"
            let new = entry.isSensitive ? "•••" : value ?? "(inherited)"
            lines.append("\(key) \(old) → \(new)\(entry.isReadOnly ? ", by a restart" : "")")
        }
        func keys(_ name: String) -> Value { .texts(sorted[name] ?? []) }
        return ActionOutcome(
            .ok,
            result: [
                "dynamic": keys("dynamic"), "read_only": keys("read_only"), "unknown": keys("unknown"),
                "added": keys("added"), "unchanged": keys("unchanged"), "previous_dynamic": .map(previous),
                "summary": .texts(lines),
            ])
    }
}
