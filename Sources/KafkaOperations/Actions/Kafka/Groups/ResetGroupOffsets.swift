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
            needs `clamp`. Going back needs `rewind`. What the end is, is looked up when the step runs.
            """,
        parameters: [
            .init("group", .string, "Its id"),
            .optional("topics", .list(.string), "Names and globs; without them what it has committed"),
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
        let time = arguments["time"].flatMap { $0.isNull ? nil : $0 }
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
        default:
            guard let moment = Self.moment(time), moment.milliseconds >= 0 else {
                throw arguments.failure("`time` is a time as 2026-12-18T22:00:00Z")
            }
            goal = .timestamp(moment.milliseconds)
        }
    }

    private static func moment(_ value: Value?) -> Timestamp? {
        switch value {
        case .timestamp(let time): time
        case .string(let text): Timestamp(rfc3339Text: text)
        default: nil
        }
    }

    private func wanted(
        _ reader: any ClusterReader
    ) async throws(StepFailure) -> [(partition: TopicPartition, offset: Int64)] {
        let committed = try await GroupOffsets.committed(write.group, nil, reader)
        var partitions = committed.keys.sorted()
        if let topics { partitions = try await reader.partitions(of: topics) }
        switch goal {
        case .shift(let shift):
            return partitions.compactMap { partition in
                guard let offset = committed[partition]?.offset else { return nil }
                let (sum, isTooMuch) = offset.addingReportingOverflow(shift)
                return (partition, isTooMuch ? offset : sum)
            }
        case .timestamp(let timestamp):
            let found = try await reader.offsets(partitions, at: timestamp)
            let ends = timestamp >= 0 ? try await reader.offsets(partitions, at: OffsetTime.latest) : [:]
            return partitions.compactMap { partition in
                guard let offset = found[partition]?.offset else { return nil }
                return (partition, offset >= 0 ? offset : ends[partition]?.offset ?? 0)
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
        target.withLock { known in for item in wanted { known[item.partition] = item.offset } }
        return try await write.run(wanted, reader, writer, in: context)
    }

    func verify(in context: StepContext) async throws -> Verification {
        let reader = try context.reading.requireCluster(for: Self.reference.name)
        let known = target.withLock { $0 }.sorted { $0.key < $1.key }.map { (partition: $0.key, offset: $0.value) }
        guard !known.isEmpty else {
            guard case .timestamp = goal else {
                return .cannotTell("nobody remembers from where \(write.group) was to be moved")
            }
            return try await write.verify(try await wanted(reader), reader)
        }
        return try await write.verify(known, reader)
    }
}
