package import KafkaAdmin
package import Values

/// `opsrun quotas`: how much users, clients and addresses may send, fetch, ask and change.
package struct QuotasLook: LookModel {
    private let settings: [QuotaSetting]

    package static let schema = RecordType([
        .init(
            "quotas",
            .records(
                of:
                    .init(
                        "entity",
                        .records(
                            of:
                                .init("type", .string, "user, client-id or ip"),
                            .init("name", .optional(.string), "null: the default of that type")),
                        "whom it holds for: all of these at once"),
                .init(
                    "values", .map(.float),
                    "producer_byte_rate and consumer_byte_rate in bytes a second, request_percentage of one thread, "
                        + "controller_mutation_rate and connection_creation_rate a second")), "by entity")
    ])

    static func read(_ reader: any ClusterReader) async throws(LookFailure) -> QuotasLook {
        do throws(KafkaError) {
            return QuotasLook(try await reader.describeQuotas(QuotaFilter()))
        } catch {
            throw LookFailure(error, "the quotas cannot be listed")
        }
    }

    package init(_ settings: [QuotaSetting]) {
        self.settings = settings.sorted {
            Self.order(of: $0.entity).lexicographicallyPrecedes(Self.order(of: $1.entity))
        }
    }

    /// A default before the names of its type.
    private static func order(of entity: QuotaEntity) -> [String] {
        entity.parts.flatMap { [$0.type, $0.name.map { "1\($0)" } ?? "0"] }
    }

    /// `user anna, client-id loader`; a default as Kafka's tools write it.
    private static func text(_ entity: QuotaEntity) -> String {
        entity.parts.map { "\($0.type) \($0.name ?? "<default>")" }.joined(separator: ", ")
    }

    package var document: ValueMap {
        [
            "quotas": .list(
                settings.map { setting in
                    [
                        "entity": .list(
                            setting.entity.parts.map { ["type": .string($0.type), "name": .orNull($0.name)] }),
                        "values": .map(ValueMap(Self.values(of: setting).map { ($0.key, Self.number($0.value)) })),
                    ]
                })
        ]
    }

    /// Without a fraction where there is none.
    private static func number(_ value: Double) -> Value {
        Int64(exactly: value).map(Value.int) ?? .float(value)
    }

    private static func values(of setting: QuotaSetting) -> [(key: String, value: Double)] {
        setting.values.sorted { $0.key < $1.key }
    }

    package var tables: [LookTable] {
        [
            LookTable(
                columns: [.init("ENTITY"), .init("QUOTA"), .init("VALUE", number: true)],
                rows: settings.flatMap { setting in
                    Self.values(of: setting).map { key, value in
                        [Self.text(setting.entity), key, LookCells.quota(key, value)]
                    }
                }, whenEmpty: "no quotas")
        ]
    }

    package var names: [String] { settings.map { Self.text($0.entity) } }
}
