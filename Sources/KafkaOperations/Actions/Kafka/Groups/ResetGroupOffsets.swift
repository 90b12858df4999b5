import EventLoop
import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Sets a group to the beginning, the end, a time, or some records further or back.
///
/// 1. The partitions that it has committed, or all those of `topics`. 2. Where to, by ListOffsets at the leaders; a time after
/// the last record is the end. 3. As kafka.alter_group_offsets.
struct ResetGroupOffsets: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.reset_group_offsets",
        summary: "Set a group without members to the beginning, the end, a time, or further by so many records",
        details: """
            `to: shift` moves each offset by `shift` records, back when negative; an offset that a shift would put beyond the records \
            needs `clamp`, and a partition without a commit fails. Going back needs `rewind`. What the end is, is looked up when the step runs.
            """,
        parameters: [
            .init("group", .string, "Its id"),
            .optional("topics", .list(.string), "Names and globs; without them where it stands already"),
            .init("to", .string, oneOf: ["earliest", "latest", "time", "shift"], "Where to"),
            .optional("time", .timestamp, "With `to: time`"), .optional("shift", .int, "With `to: shift`"),
        ] + GroupOffsetWrite.parameters,
        result: GroupOffsetWrite.result, effect: .checked, target: .cluster,
        example: """
            - kafka.reset_group_offsets: {group: payments, to: earliest, rewind: true}
            """)

    private enum Goal: Sendable {
        case timestamp(Int64)
        case shift(Int64)
    }

    private let write: GroupOffsetWrite
    private let topics: TopicFilter?
    private let goal: Goal
    /// What the step set out to do: the end has moved on when it is verified.
    private let target = Locked([TopicPartition: Int64]())

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        write = try GroupOffsetWrite(arguments)
        topics = try arguments.texts("topics").map { TopicFilter($0) }
        let time = try arguments.timestampIfAny("time")
        let shift = try arguments["shift"].flatMap { $0.isNull ? nil : $0 }.map { _ throws(StepFailure) in
            try arguments.int("shift")
        }
        let to = try arguments.text("to")
        guard (time != nil) == (to == "time"), (shift != nil) == (to == "shift") else {
            throw arguments.failure("`time` and `shift` go with `to: time` and `to: shift`")
        }
        switch to {
        case "earliest": goal = .timestamp(OffsetTime.earliest)
        case "latest": goal = .timestamp(OffsetTime.latest)
        case "shift": goal = .shift(shift ?? 0)
        default: goal = .timestamp(time?.milliseconds ?? 0)
        }
    }

    private func wanted(_ reader: any ClusterReader) async throws(StepFailure) -> [GroupOffsetWrite.Goal] {
        let isShareGroup = try await GroupNames.describe(write.group, reader)?.type == .share
        let committed = try await GroupOffsets.of(write.group, isShareGroup: isShareGroup, nil, reader)
        var partitions = committed.keys.sorted()
        if let topics { partitions = try await reader.partitions(of: topics) }
        switch goal {
        case .shift(let shift):
            return partitions.map { partition in
                guard let offset = committed[partition]?.offset else {
                    return .init(partition: partition, problem: "nothing is committed there, from which to shift")
                }
                let (sum, isTooMuch) = offset.addingReportingOverflow(shift)
                return isTooMuch
                    ? .init(partition: partition, problem: "\(offset) shifted by \(shift) is no offset")
                    : .init(partition: partition, offset: sum)
            }
        case .timestamp(let timestamp):
            let found = try await reader.offsets(partitions, at: timestamp)
            let ends = timestamp >= 0 ? try await reader.offsets(partitions, at: OffsetTime.latest) : [:]
            return partitions.map { partition in
                guard let offset = found[partition]?.offset else {
                    return .init(partition: partition, problem: "its leader did not say where that is")
                }
                return .init(partition: partition, offset: offset >= 0 ? offset : ends[partition]?.offset ?? 0)
            }
        }
    }

    func plan(in context: ReadContext) async throws -> ActionPlan {
        let reader = try context.requireCluster(for: Self.reference.name)
        return try await write.plan(reader, try await wanted(reader))
    }

    func run(in context: StepContext) async throws -> ActionOutcome {
        let reader = try context.reading.requireCluster(for: Self.reference.name)
        let writer = try context.requireOperator(for: Self.reference.name)
        let wanted = try await wanted(reader)
        target.withLock { known in
            for item in wanted where item.problem == nil { known[item.partition] = item.offset }
        }
        return try await write.run(wanted, reader, writer, in: context)
    }

    func verify(in context: StepContext) async throws -> Verification {
        let reader = try context.reading.requireCluster(for: Self.reference.name)
        let known = target.withLock { $0 }.sorted { $0.key < $1.key }.map {
            GroupOffsetWrite.Goal(partition: $0.key, offset: $0.value)
        }
        guard !known.isEmpty else {
            guard case .timestamp = goal else {
                return .cannotTell("nobody remembers from where \(write.group) was to be moved")
            }
            return try await write.verify(try await wanted(reader), reader)
        }
        return try await write.verify(known, reader)
    }
}
