internal import KafkaAdmin
import KafkaOperations
package import Values

/// `opsrun configs KIND [NAME…]`: what is configured, and where each value comes from.
package struct ConfigsLook: LookModel {
    struct Entry: Sendable {
        var key: String
        /// Nil when sensitive.
        var text: String?
        var source: String
        var isSensitive: Bool
        var isReadOnly: Bool

        init(_ entry: ConfigEntry) {
            key = entry.name
            text = entry.isSensitive ? nil : entry.value
            source = entry.source.text
            isSensitive = entry.isSensitive
            isReadOnly = entry.isReadOnly
        }

        var value: Value {
            [
                "key": .string(key), "value": .orNull(text), "source": .string(source),
                "sensitive": .bool(isSensitive), "read_only": .bool(isReadOnly),
            ]
        }
    }

    struct Resource: Sendable {
        var kind: String
        /// Nil: the default of all brokers.
        var name: String?
        var entries: [Entry]
        var title: String { name.map { "\(kind) \($0)" } ?? "all brokers" }
    }

    let resources: [Resource]
    package private(set) var problems: [String]

    static let entries = ValueType.records(
        of: .init("key", .string), .init("value", .optional(.string), "null when sensitive"),
        .init(
            "source", .string,
            "topic, dynamic_broker, dynamic_default_broker, static_broker, default, broker_logger, client_metrics, group"
        ),
        .init("sensitive", .bool), .init("read_only", .bool))

    package static let schema = RecordType([
        .init(
            "resources",
            .records(
                of: .init("kind", .string, "topic, broker, broker-logger, group or client-metrics"),
                .init("name", .optional(.string), "null: the default of all brokers"),
                .init("configs", entries, "by key")))
    ])

    /// The kinds that a command line can name.
    static let kinds = ["topic", "broker", "broker-default", "broker-logger", "group", "client-metrics"]
    /// Kafka's number of client metrics among the kinds of resources.
    private static let clientMetrics: Int8 = 16
    /// Resources that are asked for in one request.
    private static let resourcesPerRequest = 500

    /// No names: all there are of the kind. With `all`, defaults too.
    static func read(
        kind: String, _ names: [String], all: Bool, _ reader: any ClusterReader
    ) async throws(LookFailure) -> ConfigsLook {
        switch kind {
        case "broker-default":
            guard names.isEmpty else { throw .noMatch("broker-default is one for all brokers and has no name") }
            return try await read([.brokerDefault], all: all, reader)
        case "broker":
            let brokers = try await BrokerNames.read(names, reader)
            return try await read(brokers.map(ConfigResource.broker), all: all, reader)
        case "broker-logger":
            let brokers = try await BrokerNames.read(names, reader)
            return try await read(brokers.map(ConfigResource.brokerLogger), all: all, reader)
        case "group":
            guard names.isEmpty else { return try await read(names.map(ConfigResource.group), all: all, reader) }
            let groups = try await GroupsLook.read(reader)
            var look = try await read(groups.names.map(ConfigResource.group), all: all, reader)
            look.problems += groups.problems
            return look
        case "client-metrics":
            return try await read(try await listClientMetrics(names, reader), all: all, reader)
        default:
            guard names.isEmpty else { return try await read(names.map(ConfigResource.topic), all: all, reader) }
            let topics = try await TopicsLook.read(reader)
            var look = try await read(
                topics.names.map(ConfigResource.topic), all: all, areNamed: false, reader)
            look.problems += topics.problems
            return look
        }
    }

    private static func listClientMetrics(
        _ names: [String], _ reader: any ClusterReader
    ) async throws(LookFailure) -> [ConfigResource] {
        guard names.isEmpty else { return names.map(ConfigResource.clientMetrics) }
        do throws(KafkaError) { return try await reader.listConfigResources(types: [clientMetrics]) } catch {
            throw LookFailure(error, "the client metrics cannot be listed")
        }
    }

    static func read(
        _ asked: [ConfigResource], all: Bool, areNamed: Bool = true, _ reader: any ClusterReader
    ) async throws(LookFailure) -> ConfigsLook {
        var resources: [Resource] = []
        var problems: [String] = []
        for start in stride(from: 0, to: asked.count, by: resourcesPerRequest) {
            let part = Array(asked[start..<min(start + resourcesPerRequest, asked.count)])
            let answers: [ItemResult<ConfigResource, [ConfigEntry]>]
            do throws(KafkaError) { answers = try await reader.describeConfigs(part, keys: nil) } catch {
                throw LookFailure(error, "the configuration cannot be described")
            }
            for answer in answers {
                var resource = resource(answer.item)
                switch answer.result {
                case .success(let entries):
                    resource.entries = entries.filter { all || $0.source != .default }.map(Entry.init)
                        .sorted { $0.key < $1.key }
                    resources.append(resource)
                case .failure(let error):
                    if error.isUnknownTopic {
                        // One that was listed a moment ago is gone by now; one that was named was never there.
                        guard areNamed else { continue }
                        throw .noMatch("there is no \(resource.title)")
                    }
                    if asked.count == 1 {
                        throw LookFailure(error, "the configuration of \(resource.title) cannot be described")
                    }
                    problems.append("the configuration of \(resource.title) cannot be described: \(error.message)")
                }
            }
        }
        return ConfigsLook(resources: resources, problems: problems)
    }

    private static func resource(_ resource: ConfigResource) -> Resource {
        switch resource {
        case .topic(let name): Resource(kind: "topic", name: name, entries: [])
        case .broker(let id): Resource(kind: "broker", name: "\(id)", entries: [])
        case .brokerDefault: Resource(kind: "broker", name: nil, entries: [])
        case .brokerLogger(let id): Resource(kind: "broker-logger", name: "\(id)", entries: [])
        case .group(let name): Resource(kind: "group", name: name, entries: [])
        case .clientMetrics(let name): Resource(kind: "client-metrics", name: name, entries: [])
        }
    }

    package var document: ValueMap {
        [
            "resources": .list(
                resources.map { resource in
                    [
                        "kind": .string(resource.kind), "name": .orNull(resource.name),
                        "configs": .list(resource.entries.map(\.value)),
                    ]
                })
        ]
    }

    package var tables: [LookTable] {
        // Topics without settings of their own are the many: one line each would hide the few.
        let shown = resources.count > 1 ? resources.filter { !$0.entries.isEmpty } : resources
        guard !shown.isEmpty else {
            let text =
                problems.isEmpty || !resources.isEmpty
                ? "everything has its default" : "no configuration is shown to us"
            return [LookTable(columns: [.init("KEY")], rows: [], whenEmpty: text)]
        }
        return shown.map { Self.table($0.title, $0.entries) }
    }

    static func table(_ title: String, _ entries: [Entry]) -> LookTable {
        LookTable(
            title,
            columns: [.init("KEY"), .init("SOURCE"), .init("READ-ONLY", wide: true), .init("VALUE")],
            rows: entries.map { entry in
                let value = entry.isSensitive ? "(hidden)" : LookCells.configValue(entry.key, entry.text ?? "")
                return [entry.key, entry.source, LookCells.yes(entry.isReadOnly), value]
            }, whenEmpty: "everything has its default")
    }

    /// Keys; of several resources with the resource before each.
    package var names: [String] {
        resources.flatMap { resource in
            resource.entries.map { resources.count == 1 ? $0.key : "\(resource.title): \($0.key)" }
        }
    }
}
