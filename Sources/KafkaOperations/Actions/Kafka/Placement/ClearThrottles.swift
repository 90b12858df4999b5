import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Takes limits of replication away, whoever has set them.
///
/// 1. All that are set on the brokers and the topics. 2. While replicas are being moved it refuses, unless told: those moves
/// count on them. 3. Taken away, and read back; the result has what was there.
struct ClearThrottles: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.clear_throttles",
        summary: "Take limits of replication away, whoever has set them",
        details: """
            What Kafka's `--verify` does on its way, done on purpose: values are not put back to anything, they are removed. `previous` \
            are arguments of kafka.restore_configs that would set them again. What a run of opsrun has set is better put back by \
            `opsrun resume` or `opsrun cancel`.
            """,
        parameters: [
            .init("topics", .list(.string), default: ["*"], "Names and globs"),
            .optional("brokers", .list(.int), "Only these; else every broker of the cluster"),
            .init("while_moving", .bool, default: false, "Even while replicas are being moved"),
        ],
        result: .write(
            .init(
                "removed",
                .listOf(.init("resource", .string), .init("key", .string), .init("value", .optional(.string))),
                "What was set"),
            .init("previous", .json, "Changes for kafka.restore_configs with `again: true`")),
        effect: .idempotent, target: .cluster,
        example: """
            - kafka.clear_throttles: {}
              register: cleared
            """)

    private let topics: TopicFilter
    private let brokers: Set<Int32>?
    private let whileMoving: Bool

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        topics = TopicFilter(try arguments.texts("topics") ?? ["*"])
        brokers = try arguments.nodes("brokers").map(Set.init)
        whileMoving = try arguments.flag("while_moving")
    }

    private func found(_ reader: any ClusterReader) async throws(StepFailure) -> [ThrottleSet.Throttle] {
        try await ThrottleSet.all(reader).filter { throttle in
            switch throttle.target.resource {
            case .broker(let id): brokers?.contains(id) ?? true
            case .brokerDefault: brokers == nil
            case .topic(let name): topics.matches(name)
            default: false
            }
        }
    }

    private func refusal(_ reader: any ClusterReader) async throws(StepFailure) -> StepFailure? {
        guard !whileMoving else { return nil }
        let moves = try await kafka("the reassignments cannot be listed") { () throws(KafkaError) in
            try await reader.listReassignments()
        }
        guard !moves.isEmpty else { return nil }
        return StepFailure(
            .refused, "replicas are being moved: \(BoundedList.text(moves.map { "\($0.partition)" }))",
            nextAction: "wait for them, or say `while_moving: true`: they then go as fast as they can")
    }

    func plan(in context: ReadContext) async throws -> ActionPlan {
        let reader = try context.requireCluster(for: Self.reference.name)
        let set = try await found(reader)
        guard !set.isEmpty else { return ActionPlan(changesNothing: true) }
        return ActionPlan(
            changes: set.map { "\($0.resource): \($0.key) \($0.value ?? "") → (not set)" },
            refusals: [try await refusal(reader)].compactMap(\.self))
    }

    func run(in context: StepContext) async throws -> ActionOutcome {
        let reader = try context.reading.requireCluster(for: Self.reference.name)
        let writer = try context.requireOperator(for: Self.reference.name)
        let set = try await found(reader)
        if !set.isEmpty, let refusal = try await refusal(reader) { throw refusal }
        let done = try await ConfigWrite.set(
            set.map { ConfigWish(target: $0.target, key: $0.key, value: nil) }, in: context, reader, writer,
            isLoan: false, repeats: false)
        // As what set them: `again` goes from nothing to the value.
        let previous = done.map { found in
            ConfigFound(
                wish: ConfigWish(target: found.wish.target, key: found.wish.key, value: found.prior), prior: nil,
                isHidden: false)
        }
        return ActionOutcome(
            done.isEmpty ? .ok : .changed,
            result: [
                "changed": .bool(!done.isEmpty), "removed": .list(set.map(\.record)),
                "previous": .map(RestoreConfigs.arguments(previous)),
            ])
    }

    func verify(in context: StepContext) async throws -> Verification {
        let left = try await found(try context.reading.requireCluster(for: Self.reference.name))
        return left.isEmpty
            ? .done(evidence: "no throttle is set")
            : .notDone(evidence: "set: \(BoundedList.text(left.map { "\($0.resource) \($0.key)" }))")
    }
}
