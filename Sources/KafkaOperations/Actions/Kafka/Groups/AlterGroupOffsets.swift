import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Sets offsets of a group, partition by partition: see `GroupOffsetWrite`.
struct AlterGroupOffsets: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.alter_group_offsets",
        summary: "Set the offsets of a group without members",
        details: """
            Only for a group that is empty: a classic, consumer or streams group, or a share group that exists. Of a share group it \
            is where it begins, and whatever it had acknowledged beyond is delivered again. Offsets go forward unless `rewind` is \
            set. `previous` are the offsets that were there, with their metadata, so that `undo` can put them back.
            """,
        parameters: [.init("group", .string, "Its id"), PartitionOffsets.committed] + GroupOffsetWrite.parameters,
        result: GroupOffsetWrite.result, effect: .checked, target: .cluster,
        example: """
            - kafka.alter_group_offsets:
                group: payments
                offsets:
                  - {topic: orders, partition: 0, offset: 1200}
            """)

    private let write: GroupOffsetWrite
    private let wanted: [GroupOffsetWrite.Goal]

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        write = try GroupOffsetWrite(arguments, details: PartitionOffsets.details(arguments))
        wanted = try PartitionOffsets.read(arguments, lowest: 0).map {
            .init(partition: $0.partition, offset: $0.offset)
        }
    }

    func plan(in context: ReadContext) async throws -> ActionPlan {
        try await write.plan(try context.requireCluster(for: Self.reference.name), wanted)
    }

    func run(in context: StepContext) async throws -> ActionOutcome {
        try await write.run(
            wanted, try context.reading.requireCluster(for: Self.reference.name),
            try context.requireOperator(for: Self.reference.name), in: context)
    }

    func verify(in context: StepContext) async throws -> Verification {
        try await write.verify(wanted, try context.reading.requireCluster(for: Self.reference.name))
    }
}
