import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Describes topics.
///
/// 1. All topics by one broker's view; names that are asked for and are not there fail the step. 2. Their
/// configuration, in batches.
struct DescribeTopics: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.describe_topics",
        summary: "Describe topics",
        details: "Globs select among all topics, internal ones included; a name without a wildcard must exist.",
        parameters: [
            .init("topics", .list(.string), default: ["*"], "Names and globs"),
            .init("configs", .bool, default: false, "With the settings that the topic has of its own"),
        ],
        result: RecordType([
            .init(
                "topics",
                .listOf(
                    .init("name", .string), .init("id", .string), .init("partitions", .int),
                    .init("replication_factor", .int, "The lowest among its partitions"),
                    .init("min_insync_replicas", .optional(.int), "Null when it may not be read"),
                    .init("tolerates_failures", .optional(.int), "Brokers that may be lost before acks=all is refused"),
                    .init("unclean_election", .bool), .init("max_message_bytes", .int), .init("internal", .bool),
                    .init("configs", .optional(.map(.string)), "Own settings; null unless asked for")), "By name")
        ]),
        effect: .read, target: .cluster,
        example: """
            - kafka.describe_topics: {topics: ["*"]}
              register: all
            - debug: "{{ all.topics | map(attribute='name') | list }}"
            """,
        shorthand: "topics")

    private static let keys = ["min.insync.replicas", "unclean.leader.election.enable", "max.message.bytes"]

    private let filter: TopicFilter
    private let withConfigs: Bool

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        filter = TopicFilter(try arguments.texts("topics") ?? ["*"])
        withConfigs = try arguments.flag("configs")
    }

    func read(in context: ReadContext) async throws -> ActionOutcome {
        let reader = try context.requireCluster(for: Self.reference.name)
        let filter = filter
        let view = try await kafka("the topics cannot be read") { () throws(KafkaError) in
            try await reader.snapshot(topics: filter.names, from: .any)
        }
        try await Visibility(reader).requireTopics(in: view, matching: filter)
        let topics = view.topics.filter { filter.matches($0.name) }.sorted { $0.name < $1.name }
        for topic in topics {
            if let problem = topic.problem { throw StepFailure(.failed, "the topic \(topic.name): \(problem)") }
        }
        if let missing = filter.missing(from: Set(topics.map(\.name))).first {
            throw StepFailure(.failed, "there is no topic \(missing)")
        }
        let configs = try await configs(of: topics.map(\.name), reader)
        return ActionOutcome(
            .ok, result: ["topics": .list(topics.map { record($0, view, configs[$0.name] ?? []) })])
    }

    private func configs(
        of names: [String], _ reader: any ClusterReader
    ) async throws(StepFailure) -> [String: [ConfigEntry]] {
        let keys = withConfigs ? nil : Self.keys
        var found: [String: [ConfigEntry]] = [:]
        for start in stride(from: 0, to: names.count, by: ClusterFactReader.topicsPerRequest) {
            let part = names[start..<min(start + ClusterFactReader.topicsPerRequest, names.count)]
            let answers = try await kafka("the configuration of the topics cannot be read") { () throws(KafkaError) in
                try await reader.describeConfigs(part.map(ConfigResource.topic), keys: keys)
            }
            for answer in answers {
                guard case .topic(let name) = answer.item else { continue }
                switch answer.result {
                case .success(let entries): found[name] = entries
                case .failure(let error):
                    throw StepFailure(error, doing: "the configuration of the topic \(name) cannot be read")
                }
            }
        }
        return found
    }

    private func record(_ topic: ClusterSnapshot.Topic, _ view: ClusterSnapshot, _ configs: [ConfigEntry]) -> Value {
        func value(_ name: String) -> String? { configs.first { $0.name == name }?.value }
        let factor = view.partitions(of: topic).map(\.replicas.count).min() ?? 0
        let minInSync = value("min.insync.replicas").flatMap { Int64($0) }
        var own: Value = .null
        if withConfigs {
            let set = configs.filter { $0.source == .topic }.sorted { $0.name < $1.name }
            own = .map(ValueMap(set.map { ($0.name, Value.string($0.value ?? "")) }))
        }
        return [
            "name": .string(topic.name), "id": .string(topic.idText), "partitions": .int(Int64(topic.partitionCount)),
            "replication_factor": .int(Int64(factor)), "min_insync_replicas": .optional(minInSync),
            "tolerates_failures": .optional(minInSync.map { max(0, Int64(factor) - $0) }),
            "unclean_election": .bool(value("unclean.leader.election.enable") == "true"),
            "max_message_bytes": .int(value("max.message.bytes").flatMap { Int64($0) } ?? 0),
            "internal": .bool(topic.isInternal), "configs": own,
        ]
    }
}
