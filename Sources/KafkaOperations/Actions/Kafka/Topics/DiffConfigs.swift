import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Says what a change of settings would change, and how it would have to be made.
///
/// 1. The configuration is read. 2. With `like`, that of another of its kind is what is wanted. 3. Each key of the change is sorted:
/// already so, changeable as it runs, only by a restart, not known, a value that cannot be.
struct DiffConfigs: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.diff_configs",
        summary: "Compare wanted settings with those that are there",
        details: """
            `dynamic` can be changed as it runs (kafka.alter_configs), `read_only` only by a restart, `unknown` is no setting of it. \
            Sensitive values cannot be compared and count as changes; with `like` they are left out, and so is what must differ \
            between brokers, such as node.id. `previous_dynamic` and `added` say what to set and what to remove to come back.
            """,
        parameters: ConfigTarget.parameters + [
            .init("set", .map(.json), default: .map([:]), "Values by key: text or numbers"),
            .init("remove", .list(.string), default: [], "Keys that go back to what they inherit"),
            .optional("like", .string, "The name of another of its kind, whose settings are the wanted ones"),
        ],
        result: RecordType([
            .init("dynamic", .list(.string), "Keys that change at once"),
            .init("read_only", .list(.string), "Keys that a restart changes"),
            .init("unknown", .list(.string), "Keys that the broker does not know"),
            .init(
                "invalid", .listOf(.init("name", .string), .init("reason", .string)),
                "Values that cannot be, by the type that the broker tells"),
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
    private let model: ConfigTarget?

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
        if let name = try arguments.textIfAny("like") {
            guard wanted.isEmpty else { throw arguments.failure("give `like`, or `set` and `remove`", at: "like") }
            model = try ConfigTarget(kind: target.kind, name: name, arguments)
            guard model?.resource != target.resource else {
                throw arguments.failure("`like` is the same as `name`", at: "like")
            }
        } else {
            model = nil
        }
    }

    /// What has to change for it to be like another.
    private func wanted(like model: ConfigTarget, _ entries: [ConfigEntry], _ reader: any ClusterReader)
        async throws(StepFailure) -> [(key: String, value: String?)]
    {
        let isBroker = target.kind == .broker
        var wanted: [(key: String, value: String?)] = []
        var names: Set<String> = []
        let others = try await model.read(reader, keys: nil)
        for other in others.sorted(by: { $0.name < $1.name }) where !other.isSensitive {
            guard names.insert(other.name).inserted, !(isBroker && DescribeConfigs.ofItsOwn.contains(other.name))
            else { continue }
            let entry = entries.first { $0.name == other.name }
            // A broker's file counts as well as what was set as it runs.
            if isBroker ? entry?.value != other.value : model.own(other) != nil {
                wanted.append((other.name, isBroker ? other.value : model.own(other) ?? nil))
            } else if !isBroker, let entry, target.own(entry) != nil {
                wanted.append((other.name, nil))
            }
        }
        return wanted
    }

    func read(in context: ReadContext) async throws -> ActionOutcome {
        let reader = try context.requireCluster(for: Self.reference.name)
        let entries = try await target.read(reader, keys: nil)
        var wanted = wanted
        if let model { wanted = try await self.wanted(like: model, entries, reader) }
        var invalid: [Value] = []
        var sorted: [String: [String]] = [:]
        var previous = ValueMap()
        var lines: [String] = []
        for (key, value) in wanted {
            guard let entry = entries.first(where: { $0.name == key }) else {
                sorted["unknown", default: []].append(key)
                continue
            }
            let isOwn = target.own(entry) != nil || target.kind == .broker && entry.source == .staticBroker
            let isSame = value == nil ? !isOwn : !entry.isSensitive && entry.value == value
            guard !isSame else {
                sorted["unchanged", default: []].append(key)
                continue
            }
            if let value, let reason = ConfigValueType.problem(value, type: entry.type) {
                invalid.append(["name": .string(key), "reason": .string(reason)])
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
                "invalid": .list(invalid), "added": keys("added"), "unchanged": keys("unchanged"),
                "previous_dynamic": .map(previous),
                "summary": .texts(lines),
            ])
    }
}
