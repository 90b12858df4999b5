import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Lists what is being moved, and throttles that are set.
///
/// 1. ListPartitionReassignments. 2. Throttles of the brokers and of all topics, by their own values; a throttle
/// without a move is one that somebody left behind.
struct ListReassignments: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.list_reassignments",
        summary: "List reassignments in flight, and throttles that are set",
        details: "Passes when nothing is being moved and no replication throttle is set.",
        result: .gate(
            .init(
                "partitions",
                .listOf(
                    .init("topic", .string), .init("partition", .int), .init("adding", .list(.int)),
                    .init("removing", .list(.int))), "Those that are being moved"),
            .init(
                "throttles",
                .listOf(.init("resource", .string), .init("key", .string), .init("value", .optional(.string))),
                "Limits of replication that are set")),
        effect: .read, target: .cluster,
        example: """
            - gate: nothing_moving
            """,
        isGate: true)

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {}

    func read(in context: ReadContext) async throws -> ActionOutcome {
        let reader = try context.requireCluster(for: Self.reference.name)
        let moves = try await kafka("the reassignments cannot be listed") { () throws(KafkaError) in
            try await reader.listReassignments()
        }
        let throttles = try await ThrottleSet.all(reader)
        var reasons: [String] = []
        if !moves.isEmpty { reasons.append("being moved: \(ClusterHealth.names(moves.map(\.partition).sorted()))") }
        if !throttles.isEmpty {
            reasons.append("throttled: \(BoundedList.text(throttles.map { "\($0.resource) \($0.key)" }))")
        }
        let moving = moves.sorted { $0.partition < $1.partition }.map { move -> Value in
            [
                "topic": .string(move.partition.topic), "partition": .int(Int64(move.partition.partition)),
                "adding": .ids(move.adding), "removing": .ids(move.removing),
            ]
        }
        let set = throttles.map { throttle -> Value in
            [
                "resource": .string(throttle.resource), "key": .string(throttle.key),
                "value": .optional(throttle.value),
            ]
        }
        return ActionOutcome(
            .ok,
            result: gateResult(
                passes: reasons.isEmpty, reasons: reasons, progress: -Int64(moves.count),
                ["partitions": .list(moving), "throttles": .list(set)]))
    }
}
