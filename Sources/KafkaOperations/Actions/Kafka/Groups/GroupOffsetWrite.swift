import EventLoop
import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Sets offsets of a group: what kafka.alter_group_offsets and kafka.reset_group_offsets do once they know where to.
///
/// 1. The group must be empty, which Kafka wants as well, and must exist unless it is to be made. 2. Every offset lies
/// within its partition, or is moved there with `clamp`; none goes back unless `rewind` says so. 3. One OffsetCommit. 4. The
/// offsets are read back and must be equal.
struct GroupOffsetWrite: Sendable {
    static let parameters: [ActionReference.Parameter] = [
        .init("rewind", .bool, default: false, "Offsets may go back: records are read again"),
        .init("clamp", .bool, default: false, "Offsets beyond a partition's records are moved to its nearest end"),
        .init(
            "on_unknown", .string, default: "fail", oneOf: ["fail", "create"],
            "What to do when there is no such group: a misspelt one would be made"),
        .init(
            "only_empty_groups", .bool, default: true,
            "A group with members is refused. It cannot be false: Kafka takes offsets from outside for empty groups only"
        ),
    ]

    static let result = RecordType.write(
        .init(
            "previous",
            .list(.record(RecordType(PartitionOffsets.commitFields))),
            "Offsets that kafka.alter_group_offsets puts back, with `rewind`"), .items)

    let group: String
    let rewind: Bool
    let clamp: Bool
    let mayCreate: Bool
    /// What is to be committed with an offset, by partition.
    private let details: [TopicPartition: CommittedOffset]
    /// Offsets that Kafka has taken.
    private let accepted = Locked([TopicPartition: Int64]())

    init(_ arguments: Arguments, details: [TopicPartition: CommittedOffset] = [:]) throws(StepFailure) {
        self.details = details
        group = try arguments.text("group")
        rewind = try arguments.flag("rewind")
        clamp = try arguments.flag("clamp")
        mayCreate = try arguments.text("on_unknown") == "create"
        guard try arguments.flag("only_empty_groups", default: true) else {
            throw arguments.failure(
                "`only_empty_groups` cannot be false: Kafka takes offsets from outside for groups without members only",
                at: "only_empty_groups")
        }
    }

    /// Where a partition is to stand.
    struct Goal: Sendable {
        var partition: TopicPartition
        var offset: Int64 = -1
        /// Why there is no such place.
        var problem: String?
    }

    /// What is to be done, partition by partition.
    private struct Plan: Sendable {
        struct Step: Sendable {
            var partition: TopicPartition
            var old: CommittedOffset?
            var new: Int64
            /// What goes with it; nil: nothing is said of that.
            var details: CommittedOffset?
            var problem: String?

            var isOpen: Bool {
                guard problem == nil else { return false }
                return old?.offset != new || details.map { $0.metadata != old?.metadata } ?? false
            }

            var commit: CommittedOffset {
                CommittedOffset(offset: new, leaderEpoch: details?.leaderEpoch ?? -1, metadata: details?.metadata ?? "")
            }
        }

        var refusal: StepFailure?
        /// It stands where the share coordinator says, and has no commits.
        var isShareGroup = false
        var steps: [Step]
    }

    private func look(
        _ reader: any ClusterReader, _ wanted: [Goal]
    ) async throws(StepFailure) -> Plan {
        var refusal: StepFailure?
        var isShareGroup = false
        if let found = try await GroupNames.describe(group, reader) {
            isShareGroup = found.type == .share
            if !found.members.isEmpty {
                refusal = StepFailure(
                    .refused, "the group \(group) has \(found.members.count) members, which go by their own offsets",
                    nextAction: "stop its members first")
            }
        } else if !mayCreate {
            refusal = StepFailure(
                .refused, "there is no group \(group)", nextAction: "check the name, or set `on_unknown: create`")
        }
        let partitions = wanted.map(\.partition)
        let old = try await GroupOffsets.of(group, isShareGroup: isShareGroup, partitions, reader)
        let starts = try await reader.offsets(partitions, at: OffsetTime.earliest)
        let ends = try await reader.offsets(partitions, at: OffsetTime.latest)
        let steps = wanted.map { item in
            let (start, end) = (starts[item.partition]?.offset ?? 0, ends[item.partition]?.offset ?? 0)
            var step = Plan.Step(partition: item.partition, old: old[item.partition], new: item.offset)
            step.problem = item.problem
            guard step.problem == nil else { return step }
            if !isShareGroup, let known = details[item.partition], known.offset == item.offset { step.details = known }
            if item.offset < start || item.offset > end {
                if clamp {
                    step.new = min(max(item.offset, start), max(start, end))
                    if step.new != item.offset { step.details = nil }
                } else {
                    step.problem = "\(item.offset) lies outside of its records, \(start) to \(end)"
                }
            }
            if step.problem == nil, !rewind, let old = step.old, step.new < old.offset {
                step.problem = "it would go back from \(old.offset) to \(step.new): say `rewind: true`"
            }
            return step
        }
        return Plan(refusal: refusal, isShareGroup: isShareGroup, steps: steps)
    }

    func plan(
        _ reader: any ClusterReader, _ wanted: [Goal]
    ) async throws(StepFailure) -> ActionPlan {
        let found = try await look(reader, wanted)
        // A step before this one may stop the members, or make the group.
        var plan = ActionPlan(notes: found.refusal.map { ["as it is now: \($0.message)"] } ?? [])
        for step in found.steps {
            if let problem = step.problem {
                plan.refusals.append(StepFailure(.refused, "\(step.partition): \(problem)"))
            } else if step.isOpen {
                plan.changes.append(
                    "\(group) \(step.partition): \(step.old.map { "\($0.offset)" } ?? "(none)") → \(step.new)")
            }
        }
        plan.changesNothing = plan.changes.isEmpty && plan.refusals.isEmpty && plan.notes.isEmpty
        return plan
    }

    func run(
        _ wanted: [Goal], _ reader: any ClusterReader,
        _ writer: any ClusterOperator, in context: StepContext
    ) async throws -> ActionOutcome {
        let found = try await look(reader, wanted)
        if let refusal = found.refusal { throw refusal }
        var items = WriteItems(found.steps.map { "\($0.partition)" })
        for step in found.steps { if let problem = step.problem { items.fail("\(step.partition)", problem) } }
        let open = found.steps.filter(\.isOpen)
        let previous = Value.list(
            open.compactMap { step in
                step.old.map { PartitionOffsets.record(step.partition, $0) }
            })
        let more: ValueMap = ["previous": previous]
        guard !open.isEmpty else { return items.outcome("offsets", "could not be set", result: more) }
        try await context.record(StepRecord(kind: "prior_value", fields: ["previous": previous]))
        let answers = try await kafka("the offsets of \(group) cannot be set") { () throws(KafkaError) in
            found.isShareGroup
                ? try await writer.alterShareGroupOffsets(open.map { ($0.partition, $0.new) }, of: group)
                : try await writer.commitOffsets(open.map { ($0.partition, $0.commit) }, of: group)
        }
        for answer in answers { items.note("\(answer.item)", answer.result) }
        let changed = Set(items.changed)
        let taken = open.filter { changed.contains("\($0.partition)") }
        accepted.withLock { known in for step in taken { known[step.partition] = step.new } }
        do {
            let wrong = try await unlike(
                taken.map { ($0.partition, $0.new) }, isShareGroup: found.isShareGroup, reader)
            if let first = wrong.first { throw StepFailure(.failed, first) }
        } catch {
            return items.unknown(ReadBack.failure("the offsets of \(group)", error))
        }
        return items.outcome("offsets", "could not be set", result: more)
    }

    /// Where the group does not stand as wanted.
    private func unlike(
        _ wanted: [(partition: TopicPartition, offset: Int64)], isShareGroup: Bool, _ reader: any ClusterReader
    ) async throws(StepFailure) -> [String] {
        let now = try await GroupOffsets.of(
            group, isShareGroup: isShareGroup, wanted.map(\.partition), reader)
        return wanted.compactMap { item in
            let found = now[item.partition]?.offset
            return found == item.offset
                ? nil : "\(group) stands at \(found.map(String.init) ?? "nothing") in \(item.partition)"
        }
    }

    func verify(_ wanted: [Goal], _ reader: any ClusterReader) async throws -> Verification {
        // A coordinator takes offsets at once or never: there is nothing to wait for.
        let found = try await look(reader, wanted)
        let targets = found.steps.filter { $0.problem == nil }.map { ($0.partition, $0.new) }
        let wrong = try await unlike(targets, isShareGroup: found.isShareGroup, reader)
        if wrong.isEmpty { return .done(evidence: "\(group) stands where it should") }
        if !accepted.withLock({ $0.isEmpty }) { return .cannotTell("Kafka accepted the offsets, and \(wrong[0])") }
        return wrong.count == targets.count
            ? .notDone(evidence: BoundedList.text(wrong)) : .cannotTell(BoundedList.text(wrong))
    }
}

/// Reading what a group has committed.
enum GroupOffsets {
    /// Where a group stands, by its kind.
    static func of(
        _ group: String, isShareGroup: Bool, _ partitions: [TopicPartition]?, _ reader: any ClusterReader
    ) async throws(StepFailure) -> [TopicPartition: CommittedOffset] {
        isShareGroup
            ? try await shared(group, partitions, reader) : try await committed(group, partitions, reader)
    }

    private static func shared(
        _ group: String, _ partitions: [TopicPartition]?, _ reader: any ClusterReader
    ) async throws(StepFailure) -> [TopicPartition: CommittedOffset] {
        let answers = try await kafka("the offsets of \(group) cannot be read") { () throws(KafkaError) in
            try await reader.shareGroupOffsets([GroupOffsetQuery(group: group, partitions: partitions)])
        }
        guard let answer = answers.first else {
            throw StepFailure(.failed, "the offsets of \(group) were not in the answer")
        }
        var found: [TopicPartition: CommittedOffset] = [:]
        do throws(KafkaError) {
            for item in try answer.result.get() {
                guard let place = try item.result.get() else { continue }
                found[item.item] = CommittedOffset(offset: place.start, leaderEpoch: place.leaderEpoch)
            }
        } catch {
            throw StepFailure(error, doing: "the offsets of \(group) cannot be read")
        }
        return found
    }

    /// Those of the partitions that it has; `partitions` nil: all.
    static func committed(
        _ group: String, _ partitions: [TopicPartition]?, _ reader: any ClusterReader
    ) async throws(StepFailure) -> [TopicPartition: CommittedOffset] {
        let answers = try await kafka("the offsets of \(group) cannot be read") { () throws(KafkaError) in
            try await reader.committedOffsets([GroupOffsetQuery(group: group, partitions: partitions)], stable: true)
        }
        guard let answer = answers.first else {
            throw StepFailure(.failed, "the offsets of \(group) were not in the answer")
        }
        var found: [TopicPartition: CommittedOffset] = [:]
        do throws(KafkaError) {
            for item in try answer.result.get() { found[item.item] = try item.result.get() }
        } catch {
            throw StepFailure(error, doing: "the offsets of \(group) cannot be read")
        }
        return found
    }
}
