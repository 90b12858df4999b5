import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Lists offsets.
///
/// 1. The partitions of the topics. 2. ListOffsets of their leaders at the wanted place, and at the beginning for the upper
/// bound: compaction and transactions leave fewer records between two offsets than their difference.
struct ListOffsets: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.list_offsets",
        summary: "List the offsets of topics: their ends, their beginnings, or by time",
        details: """
            `at` is latest, earliest, max_timestamp (the record with the largest timestamp) or a time: the first record of that time \
            or later. Null where there is no such record. `records_upper_bound` counts offsets from the beginning up to there, which \
            is at least the number of records.
            """,
        parameters: [
            .init("topics", .list(.string), "Names and globs"),
            .init("at", .string, default: "latest", "latest, earliest, max_timestamp, or a time"),
            .init("read_committed", .bool, default: false, "Ends as readers of committed records see them"),
        ],
        result: RecordType([
            .init(
                "offsets",
                .listOf(
                    .init("topic", .string), .init("partition", .int), .init("offset", .optional(.int)),
                    .init("timestamp", .optional(.timestamp))), "By topic and number"),
            .init("records_upper_bound", .int, "At most so many records lie from the beginning up to there"),
        ]),
        effect: .read, target: .cluster,
        example: """
            - kafka.list_offsets: {topics: [orders], at: earliest}
              register: beginning
            """,
        shorthand: "topics")

    private let filter: TopicFilter
    private let timestamp: Int64
    private let readCommitted: Bool

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        filter = TopicFilter(try arguments.texts("topics") ?? [])
        readCommitted = try arguments.flag("read_committed")
        switch try arguments.textIfAny("at") ?? "latest" {
        case "latest": timestamp = OffsetTime.latest
        case "earliest": timestamp = OffsetTime.earliest
        case "max_timestamp": timestamp = OffsetTime.largestTimestamp
        case let text:
            guard let time = Timestamp(rfc3339Text: text), time.milliseconds >= 0 else {
                throw arguments.failure("`at` is latest, earliest, max_timestamp or a time as 2026-12-18T22:00:00Z")
            }
            timestamp = time.milliseconds
        }
    }

    func read(in context: ReadContext) async throws -> ActionOutcome {
        let reader = try context.requireCluster(for: Self.reference.name)
        let partitions = try await reader.partitions(of: filter)
        let starts = try await reader.offsets(partitions, at: OffsetTime.earliest)
        let found = try await reader.offsets(partitions, at: timestamp, readCommitted: readCommitted)
        var bound: Int64 = 0
        let records = partitions.map { partition -> Value in
            let place = found[partition] ?? (-1, -1)
            let count = place.offset.subtractingReportingOverflow(starts[partition]?.offset ?? 0)
            if place.offset >= 0, !count.overflow, count.partialValue > 0 {
                bound = bound.addingReportingOverflow(count.partialValue).overflow ? .max : bound + count.partialValue
            }
            return [
                "topic": .string(partition.topic), "partition": .int(Int64(partition.partition)),
                "offset": .optional(place.offset >= 0 ? place.offset : nil),
                "timestamp": place.timestamp >= 0 ? .timestamp(Timestamp(milliseconds: place.timestamp)) : .null,
            ]
        }
        return ActionOutcome(.ok, result: ["offsets": .list(records), "records_upper_bound": .int(bound)])
    }
}
