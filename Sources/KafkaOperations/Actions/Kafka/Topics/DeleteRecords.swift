import EventLoop
import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Deletes the oldest records of partitions.
///
/// 1. Beginnings and ends are read; what lies before the beginning already is left alone, what lies beyond the end is
/// refused. 2. DeleteRecords at the leaders. 3. The beginnings are read back.
struct DeleteRecords: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.delete_records",
        summary: "Delete all records of partitions before an offset",
        details: """
            The record at the offset stays; -1 means the present end, and deletes everything. Kafka refuses topics that are only \
            compacted.
            """,
        parameters: [PartitionOffsets.parameter],
        result: .write(
            .init(
                "low_watermarks",
                .listOf(.init("topic", .string), .init("partition", .int), .init("offset", .int)),
                "The first offset of each partition afterwards"), .items),
        effect: .checked, irreversible: true, target: .cluster,
        example: """
            - kafka.delete_records:
                offsets:
                  - {topic: scratch, partition: 0, offset: 1000}
            """,
        shorthand: "offsets")

    private let bounds: [(partition: TopicPartition, offset: Int64)]
    /// What was asked for, with the end in the place of -1.
    private let asked = Locked([TopicPartition: Int64]())

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        bounds = try PartitionOffsets.read(arguments, lowest: -1)
    }

    private struct Place {
        var start: Int64
        var end: Int64
        var before: Int64
    }

    private func look(_ reader: any ClusterReader) async throws(StepFailure) -> [(TopicPartition, Place)] {
        let partitions = bounds.map(\.partition)
        let starts = try await reader.offsets(partitions, at: OffsetTime.earliest)
        let ends = try await reader.offsets(partitions, at: OffsetTime.latest)
        return bounds.map { bound in
            let end = ends[bound.partition]?.offset ?? 0
            let place = Place(
                start: starts[bound.partition]?.offset ?? 0, end: end, before: bound.offset < 0 ? end : bound.offset)
            return (bound.partition, place)
        }
    }

    private func problem(_ place: Place) -> String? {
        place.before > place.end ? "it ends at \(place.end)" : nil
    }

    func plan(in context: ReadContext) async throws -> ActionPlan {
        var plan = ActionPlan()
        for (partition, place) in try await look(try context.requireCluster(for: Self.reference.name)) {
            if let problem = problem(place) {
                plan.refusals.append(StepFailure(.refused, "\(partition): \(problem)"))
            } else if place.before > place.start {
                plan.changes.append(
                    "\(partition): delete offsets \(place.start) to \(place.before - 1)"
                        + (place.before == place.end ? ", which is everything" : ""))
            }
        }
        plan.changesNothing = plan.changes.isEmpty && plan.refusals.isEmpty
        return plan
    }

    func run(in context: StepContext) async throws -> ActionOutcome {
        let reader = try context.reading.requireCluster(for: Self.reference.name)
        let writer = try context.requireOperator(for: Self.reference.name)
        let places = try await look(reader)
        var items = WriteItems(places.map { "\($0.0)" })
        var open: [(partition: TopicPartition, before: Int64)] = []
        var marks: [TopicPartition: Int64] = [:]
        for (partition, place) in places {
            marks[partition] = place.start
            if let problem = problem(place) {
                items.fail("\(partition)", problem)
            } else if place.before > place.start {
                open.append((partition, place.before))
            }
        }
        if !open.isEmpty {
            asked.withLock { known in for item in open { known[item.partition] = item.before } }
            let requests = open
            let answers = try await kafka("the records cannot be deleted") { () throws(KafkaError) in
                try await writer.deleteRecords(requests)
            }
            for answer in answers { items.note("\(answer.item)", answer.result) }
            let changed = Set(items.changed)
            let done = open.filter { changed.contains("\($0.partition)") }
            do {
                let starts = try await reader.offsets(done.map(\.partition), at: OffsetTime.earliest)
                for item in done {
                    guard let start = starts[item.partition]?.offset, start >= item.before else {
                        throw StepFailure(.failed, "\(item.partition) still begins before \(item.before)")
                    }
                    marks[item.partition] = start
                }
            } catch {
                return items.unknown(ReadBack.failure("the deletion of records", error))
            }
        }
        let list = places.map { partition, _ -> Value in
            [
                "topic": .string(partition.topic), "partition": .int(Int64(partition.partition)),
                "offset": .int(marks[partition] ?? 0),
            ]
        }
        return items.outcome("partitions", "could not be cut", result: ["low_watermarks": .list(list)])
    }

    func verify(in context: StepContext) async throws -> Verification {
        let reader = try context.reading.requireCluster(for: Self.reference.name)
        let wanted = asked.withLock { $0 }
        guard !wanted.isEmpty else { return .notDone(evidence: "nothing was asked for") }
        var left: [String] = []
        _ = try await ReadBack.settle(context.reading) {
            let starts = try await reader.offsets(wanted.keys.sorted(), at: OffsetTime.earliest)
            left = wanted.filter { (starts[$0.key]?.offset ?? 0) < $0.value }.keys.sorted().map { "\($0)" }
            return left.isEmpty
        }
        if left.isEmpty { return .done(evidence: "every partition begins where it should") }
        return left.count == wanted.count
            ? .notDone(evidence: "no partition begins where it should")
            : .cannotTell("some begin where they should, and not \(BoundedList.text(left))")
    }
}
