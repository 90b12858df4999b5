import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Deletes groups with their offsets.
///
/// 1. Names only; a group with members is refused. 2. What is not there is left alone. 3. The coordinators are asked again
/// until they know none of them.
struct DeleteGroups: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.delete_groups",
        summary: "Delete groups without members, with their offsets",
        details: """
            Takes names, never patterns. `previous` holds the offsets that were deleted, with their metadata, for \
            kafka.alter_group_offsets. What a share group has delivered and not yet been told of is lost: only its beginning is \
            kept, and it can be set once the group is there again.
            """,
        parameters: [.init("groups", .list(.string), "Names")],
        result: .write(
            .init(
                "previous",
                .map(.list(.record(RecordType(PartitionOffsets.commitFields)))),
                "By group, the offsets that it had"), .items),
        effect: .checked, irreversible: true, target: .cluster,
        example: """
            - kafka.delete_groups: [scratch-readers]
            """,
        shorthand: "groups")

    private let names: [String]

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        names = try arguments.texts("groups") ?? []
        for name in names where Glob(name).isPattern {
            throw arguments.failure("\(name) is a pattern: groups are deleted by name")
        }
    }

    /// Those that are there, and why some of them are not to be deleted.
    private func look(_ reader: any ClusterReader) async throws(StepFailure) -> (
        there: [String], shared: Set<String>, refused: [StepFailure]
    ) {
        var there: [String] = []
        var refused: [StepFailure] = []
        var shared: Set<String> = []
        for name in names {
            guard let group = try await GroupNames.describe(name, reader) else { continue }
            if group.members.isEmpty {
                there.append(name)
                if group.type == .share { shared.insert(name) }
            } else {
                refused.append(
                    StepFailure(
                        .refused, "the group \(name) has \(group.members.count) members",
                        nextAction: "stop its members first"))
            }
        }
        return (there, shared, refused)
    }

    func plan(in context: ReadContext) async throws -> ActionPlan {
        let (there, _, refused) = try await look(try context.requireCluster(for: Self.reference.name))
        return ActionPlan(
            changes: there.map { "delete the group \($0)" }, changesNothing: there.isEmpty && refused.isEmpty,
            notes: refused.map { "as it is now: \($0.message)" })
    }

    func run(in context: StepContext) async throws -> ActionOutcome {
        let reader = try context.reading.requireCluster(for: Self.reference.name)
        let writer = try context.requireOperator(for: Self.reference.name)
        let (there, shared, refused) = try await look(reader)
        if let failure = refused.first { throw failure }
        var items = WriteItems(names)
        var previous = ValueMap()
        for name in there {
            let offsets = try await GroupOffsets.of(name, isShareGroup: shared.contains(name), nil, reader)
            previous[name] = .list(
                offsets.sorted { $0.key < $1.key }.map { PartitionOffsets.record($0.key, $0.value) })
        }
        let more: ValueMap = ["previous": .map(previous)]
        guard !there.isEmpty else { return items.outcome("groups", "could not be deleted", result: more) }
        try await context.record(StepRecord(kind: "prior_value", fields: more))
        let answers = try await kafka("the groups cannot be deleted") { () throws(KafkaError) in
            try await writer.deleteGroups(there)
        }
        for answer in answers { items.note(answer) }
        let gone = items.changed
        do {
            try await EventualRead.wait(context.reading) {
                for name in gone where try await GroupNames.describe(name, reader) != nil {
                    return "the group \(name) is still there"
                }
                return nil
            }
        } catch {
            return items.unknown(ReadBack.failure("the deletion of \(BoundedList.text(gone))", error))
        }
        return items.outcome("groups", "could not be deleted", result: more)
    }

    func verify(in context: StepContext) async throws -> Verification {
        let reader = try context.reading.requireCluster(for: Self.reference.name)
        let (there, _, refused) = try await look(reader)
        if there.isEmpty, refused.isEmpty { return .done(evidence: "none of the groups is there") }
        if there.count + refused.count == names.count {
            return .notDone(evidence: "there: \(BoundedList.text(names))")
        }
        return .cannotTell("still there: \(BoundedList.text(there))")
    }
}
