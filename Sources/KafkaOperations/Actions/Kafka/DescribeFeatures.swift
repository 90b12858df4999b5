import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Describes feature levels: what is finalized, what each node supports.
struct DescribeFeatures: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.describe_features",
        summary: "Describe feature levels: finalized, and supported by each node",
        details: "With `release` or `features`, `changes` says what kafka.update_features would do.",
        parameters: FeatureLevels.parameters,
        result: RecordType([
            .init("finalized", .map(.int), "Levels by name"),
            .init(
                "supported",
                .listOf(
                    .init("node", .int), .init("name", .string), .init("min", .int), .init("max", .int)),
                "What each node could go to"),
            FeatureLevels.changesField,
        ]),
        effect: .read, target: .cluster,
        example: """
            - kafka.describe_features: {}
              register: features
            """)

    private let wanted: FeatureLevels?

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        wanted = arguments["release"] == nil && arguments["features"] == nil ? nil : try FeatureLevels(arguments)
    }

    func read(in context: ReadContext) async throws -> ActionOutcome {
        let reader = try context.requireCluster(for: Self.reference.name)
        let facts = try await UpgradeFactReader(reader) { context.controllerAddress(of: $0) }.gather(configs: false)
        let finalized = FinalizedFeatures.newest(of: facts.nodes.compactMap(\.versions))
        let supported = facts.nodes.flatMap { node in
            (node.versions?.supportedFeatures ?? []).map { feature -> Value in
                [
                    "node": .int(Int64(node.id)), "name": .string(feature.name), "min": .int(Int64(feature.minimum)),
                    "max": .int(Int64(feature.maximum)),
                ]
            }
        }
        return ActionOutcome(
            .ok,
            result: [
                "finalized": .map(ValueMap(finalized.map { ($0.name, .int(Int64($0.maximum))) })),
                "supported": .list(supported),
                "changes": FeatureLevels.value(wanted?.changes(from: finalized) ?? []),
            ])
    }
}

/// The levels that an action is asked for: those of a release, or named ones.
struct FeatureLevels: Sendable {
    struct Change: Sendable, Hashable {
        var name: String
        var from: Int16
        var to: Int16
    }

    /// In the order in which they are raised.
    var levels: [(name: String, level: Int16)]
    /// Levels of a release never lower what is there; named ones may.
    var onlyRaises: Bool

    static let parameters: [ActionReference.Parameter] = [
        .optional(
            "release", .version,
            "The levels of this release; kraft.version and eligible leader replicas only when named"),
        .optional("features", .map(.int), "Levels by name; 0 turns a feature off"),
    ]

    static let changesField = RecordType.Field(
        "changes", .listOf(.init("name", .string), .init("from", .int), .init("to", .int)),
        "From the finalized levels to the wanted ones")

    init(_ arguments: Arguments) throws(StepFailure) {
        let release = try arguments.versionIfAny("release")
        let named = arguments["features"]?.mapValue
        switch (release, named) {
        case (let release?, nil):
            guard let level = KafkaRelease.level(of: release) else {
                throw StepFailure(
                    .failed,
                    "the feature levels of \(release) are not known here (\(KafkaRelease.oldestLine) to "
                        + "\(KafkaRelease.newestLine) are)",
                    nextAction: "name them: features: {metadata.version: N}")
            }
            levels = [("metadata.version", level)]
            levels += KafkaRelease.features.filter { $0.from <= release.line }.map { ($0.name, $0.level) }
            onlyRaises = true
        case (nil, let named?):
            var levels: [(name: String, level: Int16)] = []
            for (name, value) in named {
                guard let level = value.intValue.flatMap({ Int16(exactly: $0) }), level >= 0 else {
                    throw arguments.failure("the level of \(name) must be a number from 0")
                }
                levels.append((name, level))
            }
            self.levels = levels
            onlyRaises = false
        default: throw arguments.failure("give one of `release` and `features`")
        }
    }

    func changes(from finalized: [NodeVersions.FeatureRange]) -> [Change] {
        levels.compactMap { name, level in
            let now = finalized.first { $0.name == name }?.maximum ?? 0
            guard now != level, !(onlyRaises && now > level) else { return nil }
            return Change(name: name, from: now, to: level)
        }
    }

    static func value(_ changes: [Change]) -> Value {
        .list(
            changes.map { ["name": .string($0.name), "from": .int(Int64($0.from)), "to": .int(Int64($0.to))] })
    }
}
