import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Compares where replicas are with where a reassignment wants them.
///
/// 1. The moves in flight, then the partitions. 2. A partition is complete when its replicas are the wanted ones, in their
/// order and in sync, and nothing of it moves; pending while it moves there; else it failed: it is elsewhere, and nothing
/// brings it there. 3. Throttles that are set on the brokers and topics of the reassignment are told, never taken away.
struct VerifyReassignment: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.verify_reassignment",
        summary: "Tell how far a reassignment has come",
        details: """
            Passes when every partition is where it is to be, in sync. Kafka's own `--verify` also takes every throttle of the cluster \
            away; this one only tells what is set (`leftover_throttles`): kafka.clear_throttles takes them away when that is meant.
            """,
        parameters: ReassignmentSource.parameters,
        result: .gate(
            .init("complete", .parts, "Where they are to be, in sync"),
            .init("pending", .parts, "Being moved there, or not yet in sync"),
            .init(
                "failed", .listOf(.init("topic", .string), .init("partition", .int), .init("reason", .string)),
                "Elsewhere, and nothing moves them there"),
            .init(
                "leftover_throttles",
                .listOf(.init("resource", .string), .init("key", .string), .init("value", .optional(.string))),
                "Limits of replication that are set on its brokers and topics")),
        effect: .read, target: .cluster,
        example: """
            - gate: {kafka.verify_reassignment: {file: move.json}, timeout: 2h}
            """,
        isGate: true)

    private let source: ReassignmentSource

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        source = try ReassignmentSource(arguments)
    }

    func read(in context: ReadContext) async throws -> ActionOutcome {
        let reader = try context.requireCluster(for: Self.reference.name)
        let plan = try source.plan(context)
        let topics = Set(plan.moves.map(\.partition.topic))
        let now = try await Placement(topics, reader)
        var complete: [TopicPartition] = []
        var pending: [TopicPartition] = []
        var failed: [(partition: TopicPartition, reason: String)] = []
        for move in plan.moves {
            if now.isDone(move) {
                complete.append(move.partition)
            } else if let moving = now.moving[move.partition] {
                if moving.goal == move.replicas {
                    pending.append(move.partition)
                } else {
                    failed.append((move.partition, "it is being moved to \(BrokerList.text(moving.goal))"))
                }
            } else if let partition = now.partitions[move.partition] {
                if partition.replicas == move.replicas {
                    pending.append(move.partition)
                } else {
                    failed.append(
                        (move.partition, "it is on \(BrokerList.text(partition.replicas)), and nothing moves"))
                }
            } else {
                failed.append((move.partition, "there is no such partition"))
            }
        }
        var brokers = Set(plan.moves.flatMap(\.replicas))
        for move in plan.moves { brokers.formUnion(now.partitions[move.partition]?.replicas ?? []) }
        let throttles = try await ThrottleSet.all(reader).filter { throttle in
            switch throttle.target.resource {
            case .broker(let id): brokers.contains(id)
            case .brokerDefault: true
            case .topic(let name): topics.contains(name)
            default: false
            }
        }
        var reasons: [String] = []
        if !pending.isEmpty { reasons.append("being moved: \(BoundedList.text(pending.map { "\($0)" }))") }
        reasons += BoundedList.lines(failed.map { "\($0.partition): \($0.reason)" })
        let limit = ClusterHealthAction.listLimit
        return ActionOutcome(
            .ok,
            result: gateResult(
                passes: reasons.isEmpty, reasons: reasons, progress: Int64(complete.count),
                [
                    "complete": .list(complete.prefix(limit).map(\.value)),
                    "pending": .list(pending.prefix(limit).map(\.value)),
                    "failed": .list(
                        failed.prefix(limit).map {
                            [
                                "topic": .string($0.partition.topic), "partition": .int(Int64($0.partition.partition)),
                                "reason": .string($0.reason),
                            ]
                        }),
                    "leftover_throttles": .list(throttles.prefix(limit).map(\.record)),
                ]))
    }
}
