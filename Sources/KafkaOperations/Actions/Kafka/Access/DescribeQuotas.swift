import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Describes quotas: of all entities, or of those with some part.
struct DescribeQuotas: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.describe_quotas",
        summary: "Describe quotas of users, client ids and addresses",
        details: "A part of an entity is a name, or null for the default of its kind; `*` as an argument means any.",
        parameters: QuotaArguments.parameters,
        result: RecordType([
            .init(
                "quotas",
                .listOf(
                    .init("entity", .map(.optional(.string)), "By user, client_id or ip; null is the default"),
                    .init("values", .map(.float))), "What is set, by entity"),
            .init("has_default", .bool, "A default of users or client ids is among them"),
        ]),
        effect: .read, target: .cluster,
        example: """
            - kafka.describe_quotas: {user: "*"}
              register: limits
            """)

    private let filter: QuotaFilter

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        filter = QuotaFilter(
            try QuotaArguments.parts(arguments).map { part in
                .init(
                    type: part.type,
                    match: part.name == QuotaArguments.any
                        ? .any : part.name.map { .exactly($0) } ?? .theDefault)
            })
    }

    func read(in context: ReadContext) async throws -> ActionOutcome {
        let reader = try context.requireCluster(for: Self.reference.name)
        let found = try await QuotaArguments.find(filter, reader).sorted { "\($0.entity)" < "\($1.entity)" }
        let records = found.map { setting -> Value in
            let values = ValueMap(setting.values.sorted { $0.key < $1.key }.map { ($0.key, Value.float($0.value)) })
            return ["entity": .map(QuotaArguments.value(setting.entity)), "values": .map(values)]
        }
        let hasDefault = found.contains { setting in setting.entity.parts.contains { $0.name == nil } }
        return ActionOutcome(.ok, result: ["quotas": .list(records), "has_default": .bool(hasDefault)])
    }
}

/// Entities of quotas as playbooks write them.
enum QuotaArguments {
    static let parameters: [ActionReference.Parameter] = [
        .optional("user", .string, "A user; `<default>` for the default of users"),
        .optional("client_id", .string, "A client id; `<default>` for the default of client ids"),
        .optional("ip", .string, "An address; `<default>` for the default of addresses"),
    ]

    static let any = "*"
    private static let theDefault = "<default>"
    private static let kinds: [(key: String, type: String)] = [
        ("user", "user"), ("client_id", "client-id"), ("ip", "ip"),
    ]

    static func parts(_ arguments: Arguments) throws(StepFailure) -> [QuotaEntity.Part] {
        var parts: [QuotaEntity.Part] = []
        for (key, type) in kinds where arguments[key]?.isNull == false {
            let name = try arguments.text(key)
            guard !name.isEmpty else { throw arguments.failure("`\(key)` is empty") }
            parts.append(.init(type: type, name: name == theDefault ? nil : name))
        }
        guard !(parts.count > 1 && parts.contains { $0.type == "ip" }) else {
            throw arguments.failure("`ip` stands alone")
        }
        return parts
    }

    static func value(_ entity: QuotaEntity) -> ValueMap {
        ValueMap(
            entity.parts.map { part in
                (kinds.first { $0.type == part.type }?.key ?? part.type, Value.optional(part.name))
            })
    }

    static func find(
        _ filter: QuotaFilter, _ reader: any ClusterReader
    ) async throws(StepFailure) -> [QuotaSetting] {
        try await kafka("the quotas cannot be read") { () throws(KafkaError) in try await reader.describeQuotas(filter)
        }
    }
}
