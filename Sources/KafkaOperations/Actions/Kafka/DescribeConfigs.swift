package import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Describes the configuration of a topic, a broker, a group, or of every broker at once.
///
/// 1. DescribeConfigs, of a broker asked of itself. 2. With `name: all`, of every unfenced broker; keys whose values
/// differ are named.
struct DescribeConfigs: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.describe_configs",
        summary: "Describe a configuration, with where each value comes from",
        details: """
            Sensitive values are null. `name: all` with `resource: broker` reads every broker and names the keys in which they differ \
            (those that must differ, such as node.id, are left out).
            """,
        parameters: ConfigTarget.parameters + [.optional("keys", .list(.string), "Only these")],
        result: RecordType([
            .init("values", .map(.optional(.string)), "By key; a sensitive value is null"),
            .init(
                "entries",
                .listOf(
                    .init("resource", .string), .init("name", .string), .init("value", .optional(.string)),
                    .init("source", .string), .init("read_only", .bool, "Changes need a restart"),
                    .init("sensitive", .bool)), "With where each value comes from"),
            .init("inconsistent", .list(.string), "Keys in which brokers differ"),
        ]),
        effect: .read, target: .cluster,
        example: """
            - kafka.describe_configs: {resource: broker_default, keys: [min.insync.replicas]}
              register: defaults
            """)

    /// What must differ between brokers.
    static let ofItsOwn: Set<String> = [
        "node.id", "broker.id", "broker.rack", "advertised.listeners", "listeners", "log.dir", "log.dirs",
        "metadata.log.dir", "host.name",
    ]

    private let target: ConfigTarget?
    private let keys: [String]?

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        let isEveryBroker = arguments["resource"]?.stringValue == "broker" && arguments["name"]?.stringValue == "all"
        target = isEveryBroker ? nil : try ConfigTarget(arguments)
        keys = try arguments.texts("keys")
    }

    func read(in context: ReadContext) async throws -> ActionOutcome {
        let reader = try context.requireCluster(for: Self.reference.name)
        var targets: [(name: String, entries: [ConfigEntry])] = []
        if let target {
            targets = [("\(target.resource)", try await target.read(reader, keys: keys))]
        } else {
            let keys = keys
            let answers = try await kafka("the configuration of the brokers cannot be read") { () throws(KafkaError) in
                let brokers = try await reader.describeCluster(includeFenced: false, from: .any).brokers
                return try await reader.describeConfigs(brokers.map { .broker($0.id) }, keys: keys)
            }
            for answer in answers {
                do throws(KafkaError) { targets.append(("\(answer.item)", try answer.result.get())) } catch {
                    throw StepFailure(error, doing: "the configuration of \(answer.item) cannot be read")
                }
            }
        }
        return ActionOutcome(.ok, result: Self.result(targets))
    }

    private static func result(_ targets: [(name: String, entries: [ConfigEntry])]) -> ValueMap {
        var values = ValueMap()
        var differing: Set<String> = []
        var records: [Value] = []
        for (name, entries) in targets {
            for entry in entries.sorted(by: { $0.name < $1.name }) {
                let value = Value.optional(entry.value)
                if let other = values[entry.name], other != value, !ofItsOwn.contains(entry.name) {
                    differing.insert(entry.name)
                }
                if values[entry.name] == nil { values[entry.name] = value }
                records.append([
                    "resource": .string(name), "name": .string(entry.name), "value": value,
                    "source": .string(entry.source.text), "read_only": .bool(entry.isReadOnly),
                    "sensitive": .bool(entry.isSensitive),
                ])
            }
        }
        return ["values": .map(values), "entries": .list(records), "inconsistent": .texts(differing.sorted())]
    }
}

extension ConfigEntry.Source {
    /// As playbooks and the looking verbs name it.
    package var text: String {
        switch rawValue {
        case 1: "topic"
        case 2: "dynamic_broker"
        case 3: "dynamic_default_broker"
        case 4: "static_broker"
        case 5: "default"
        case 6: "broker_logger"
        case 7: "client_metrics"
        case 8: "group"
        default: "source_\(rawValue)"
        }
    }
}
