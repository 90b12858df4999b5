import EventLoop
import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Raises (or, where Kafka allows it, lowers) finalized feature levels: the point of no return of an upgrade.
///
/// 1. Every node is asked on a new connection; one that does not answer or is fenced stops it, since it might not
/// support a level.
/// 2. Every node must support every level. 3. Kafka checks the request (`validate_only`). 4. It is sent, as one atomic
/// request.
/// 5. Read back on every node. Levels of a release are by the table of `KafkaRelease`; `kraft.version` and eligible
/// leader replicas are raised only when named.
struct UpdateFeatures: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.update_features",
        summary: "Finalize feature levels: after this there is no way back to an older release",
        details: """
            `release` means the levels of that release, without kraft.version and eligible leader replicas, and never lowers anything; \
            `features` means exactly the named levels. Refuses while a node does not answer or is fenced, and when one does not \
            support a level.
            """,
        parameters: FeatureLevels.parameters + [
            .init("validate_only", .bool, default: false, "Only let Kafka check it")
        ],
        result: .write(
            .init("finalized", .map(.int), "Levels by name, as they are now"), FeatureLevels.changesField),
        effect: .checked, irreversible: true, target: .cluster,
        example: """
            - kafka.update_features: {release: "4.3.1"}
              irreversible: true
            """)

    static let readBackLimit: Duration = .seconds(60)
    static let readBackInterval: Duration = .milliseconds(500)

    private let wanted: FeatureLevels
    private let validateOnly: Bool
    /// Kafka has said yes to the levels.
    private let isAccepted = Locked(false)

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        wanted = try FeatureLevels(arguments)
        validateOnly = try arguments.flag("validate_only")
    }

    private func facts(_ context: ReadContext) async throws(StepFailure) -> UpgradeFacts {
        let reader = try context.requireCluster(for: Self.reference.name)
        return try await UpgradeFactReader(reader) { context.controllerAddress(of: $0) }.gather(configs: false)
    }

    func plan(in context: ReadContext) async throws -> ActionPlan {
        let facts = try await facts(context)
        let changes = wanted.changes(from: FinalizedFeatures.newest(of: facts.nodes.compactMap(\.versions)))
        let problems = Self.problems(facts, changes)
        return ActionPlan(
            changes: changes.map { "\($0.name) \($0.from) → \($0.to)" }, changesNothing: changes.isEmpty,
            // At plan the nodes may still run the old release: what they lack now is checked again when it matters.
            notes: problems.isEmpty ? [] : ["not yet: " + BoundedList.text(problems)])
    }

    func run(in context: StepContext) async throws -> ActionOutcome {
        let writer = try context.requireOperator(for: Self.reference.name)
        let facts = try await facts(context.reading)
        let finalized = FinalizedFeatures.newest(of: facts.nodes.compactMap(\.versions))
        let changes = wanted.changes(from: finalized)
        guard !changes.isEmpty else {
            return ActionOutcome(.ok, result: Self.result(finalized, [], changed: false))
        }
        let problems = Self.problems(facts, changes)
        guard problems.isEmpty else {
            throw StepFailure(
                .refused, "the levels cannot be finalized: \(problems[0])",
                nextAction: "bring every node to the release first",
                details: BoundedList.lines(problems))
        }
        let updates = changes.map {
            FeatureUpdate(name: $0.name, level: $0.to, kind: $0.to > $0.from ? .upgrade : .safeDowngrade)
        }
        try await kafka("the levels would not be accepted") { () throws(KafkaError) in
            try await writer.updateFeatures(updates, validateOnly: true)
        }
        guard !validateOnly else { return ActionOutcome(.ok, result: Self.result(finalized, changes, changed: false)) }
        try await context.record(
            StepRecord(kind: "prior_value", fields: ["changes": FeatureLevels.value(changes)]))
        try await kafka("the levels were not finalized") { () throws(KafkaError) in
            try await writer.updateFeatures(updates, validateOnly: false)
        }
        isAccepted.withLock { $0 = true }
        let now = try await ReadBack.of("the levels") { try await readBack(changes, context.reading) }
        return ActionOutcome(.changed, result: Self.result(now, changes, changed: true))
    }

    /// Why the levels cannot be raised now.
    static func problems(_ facts: UpgradeFacts, _ changes: [FeatureLevels.Change]) -> [String] {
        var problems = (facts.fenced ?? []).sorted().map { "node \($0) is registered and fenced" }
        for node in facts.nodes {
            guard let versions = node.versions else {
                problems.append("node \(node.id) does not answer: \(node.problem ?? "no connection")")
                continue
            }
            for change in changes where change.to > 0 {
                let range = versions.supportedFeatures.first { $0.name == change.name }
                guard range == nil || change.to > (range?.maximum ?? 0) || change.to < (range?.minimum ?? 0) else {
                    continue
                }
                let supported = range.map { "up to \($0.maximum)" } ?? "nothing of it"
                problems.append(
                    "node \(node.id) does not support \(change.name) \(change.to) (it supports \(supported))")
            }
        }
        return problems
    }

    private func readBack(
        _ changes: [FeatureLevels.Change], _ context: ReadContext
    ) async throws -> [NodeVersions.FeatureRange] {
        let deadline = context.time.deadline(after: Self.readBackLimit)
        while true {
            let facts = try await facts(context)
            let late = Self.late(facts, changes)
            guard let first = late.first else {
                return FinalizedFeatures.newest(of: facts.nodes.compactMap(\.versions))
            }
            guard context.time.monotonic < deadline else {
                throw StepFailure(
                    .failed, "\(first) after \(Self.readBackLimit.text)", details: late)
            }
            try await context.time.sleep(for: Self.readBackInterval)
        }
    }

    /// Nodes that do not show the new levels.
    private static func late(_ facts: UpgradeFacts, _ changes: [FeatureLevels.Change]) -> [String] {
        facts.nodes.compactMap { node in
            guard let versions = node.versions else { return "node \(node.id) does not answer" }
            for change in changes {
                let level = versions.finalizedFeatures.first { $0.name == change.name }?.maximum ?? 0
                if level != change.to { return "node \(node.id) shows \(change.name) \(level)" }
            }
            return nil
        }
    }

    private static func result(
        _ finalized: [NodeVersions.FeatureRange], _ changes: [FeatureLevels.Change], changed: Bool
    ) -> ValueMap {
        [
            "changed": .bool(changed),
            "finalized": .map(ValueMap(finalized.map { ($0.name, .int(Int64($0.maximum))) })),
            "changes": FeatureLevels.value(changes),
        ]
    }

    /// Levels never come back by themselves, so seen by one node they are done. Not done: every node has answered and
    /// none shows them, when what was sent can no longer happen.
    func verify(in context: StepContext) async throws -> Verification {
        var open: [FeatureLevels.Change] = []
        var silent: [Int32] = []
        let isDone = try await ReadBack.settle(context.reading) {
            let facts = try await facts(context.reading)
            open = wanted.changes(from: FinalizedFeatures.newest(of: facts.nodes.compactMap(\.versions)))
            silent = facts.nodes.filter { $0.versions == nil }.map(\.id)
            return open.isEmpty
        }
        if isDone { return .done(evidence: "every level is as wanted") }
        let levels = open.map { "\($0.name) is \($0.from)" }.joined(separator: ", ")
        if isAccepted.withLock({ $0 }) {
            return .cannotTell("Kafka accepted the levels, and no node shows them: \(levels)")
        }
        guard silent.isEmpty else {
            return .cannotTell("\(levels), but nodes do not answer: \(BoundedList.text(silent.map(String.init)))")
        }
        return .notDone(evidence: levels)
    }
}
