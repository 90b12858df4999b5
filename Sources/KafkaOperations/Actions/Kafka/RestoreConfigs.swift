import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Puts settings back to what they were, where they are still as a run has set them.
///
/// 1. What each has of its own now. 2. As it was before: nothing to do. As it was set: it gets its prior value. Neither:
/// somebody else has changed it, and it is left alone and named. 3. Read back. A topic or a group that is gone needs
/// nothing. One that fails does not keep the others.
struct RestoreConfigs: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.restore_configs",
        summary: "Put settings back, where they are still as a run has set them",
        details: """
            Runs do this by themselves at their end for whatever they changed with `temporary`; in a playbook it puts back by hand. A \
            value that is neither the one that was set nor the one before is somebody else's: it stays, and stands in `taken`.
            """,
        parameters: [
            .init(
                "changes",
                .listOf(
                    .init("resource", .string), .init("name", .string, mayBeAbsent: true), .init("key", .string),
                    .init("set", .optional(.string), mayBeAbsent: true),
                    .init("prior", .optional(.string), mayBeAbsent: true)),
                "What was set, and what was there before; null: no value of its own"),
            .init("again", .bool, default: false, "The other way round: from the prior value to the one that was set"),
        ],
        result: .write(
            .init("taken", .list(.string), "What somebody else has changed since: it is left as it is"), .items),
        effect: .idempotent, target: .cluster,
        example: """
            - kafka.restore_configs:
                changes:
                  - {resource: topic, name: orders, key: retention.ms, set: "3600000", prior: "604800000"}
            """)

    private struct Change: Sendable {
        var wish: ConfigWish
        /// What it is expected to be.
        var from: String?
    }

    private let changes: [Change]

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        let again = try arguments.flag("again")
        var changes: [Change] = []
        for item in arguments["changes"]?.listValue ?? [] {
            guard let kind = item["resource"]?.plainText.flatMap(ConfigTarget.Kind.init(rawValue:)),
                let key = item["key"]?.plainText
            else { throw arguments.failure("every change needs a `resource` and a `key`") }
            let target = try ConfigTarget(kind: kind, name: item["name"]?.plainText, arguments)
            let (set, prior) = (item["set"]?.plainText, item["prior"]?.plainText)
            changes.append(
                Change(
                    wish: ConfigWish(target: target, key: key, value: again ? set : prior), from: again ? prior : set))
        }
        self.changes = changes
    }

    /// What puts back what is about to be set.
    static func arguments(_ open: [ConfigFound]) -> ValueMap {
        let changes = open.map { found -> Value in
            var map: ValueMap = ["resource": .string(found.wish.target.kind.rawValue)]
            if let name = found.wish.target.name { map["name"] = .string(name) }
            map["key"] = .string(found.wish.key)
            if let value = found.wish.value { map["set"] = .string(value) }
            if let prior = found.prior { map["prior"] = .string(prior) }
            return .map(map)
        }
        return ["changes": .list(changes)]
    }

    private struct Look {
        var open: [ConfigWish] = []
        var taken: [String] = []
        var failed: [(target: ConfigTarget, error: KafkaError)] = []
    }

    private func look(_ reader: any ClusterReader) async throws(StepFailure) -> Look {
        var look = Look()
        let found = try await ConfigWrite.look(changes.map(\.wish), reader)
        for (target, result) in found.sorted(by: { "\($0.key.resource)" < "\($1.key.resource)" }) {
            let values: [ConfigFound]
            do throws(KafkaError) { values = try result.get() } catch {
                if Self.isGone(error) { continue }
                look.failed.append((target, error))
                continue
            }
            for change in changes where change.wish.target == target {
                guard let now = values.first(where: { $0.wish == change.wish }), now.isOpen else { continue }
                if now.prior == change.from, !now.isHidden {
                    look.open.append(change.wish)
                } else {
                    look.taken.append(
                        "\(target.resource) has \(change.wish.key)=\(now.prior ?? "(none of its own)"): neither what the "
                            + "run set (\(change.from ?? "none")) nor what it was (\(change.wish.value ?? "none")); "
                            + "it is left as it is")
                }
            }
        }
        return look
    }

    private static func isGone(_ error: KafkaError) -> Bool {
        error.isUnknownTopic || error.serverCodeNumber == unknownGroup
    }

    /// GROUP_ID_NOT_FOUND.
    private static let unknownGroup: Int16 = 69

    func plan(in context: ReadContext) async throws -> ActionPlan {
        let look = try await look(try context.requireCluster(for: Self.reference.name))
        return ActionPlan(
            changes: look.open.map { "back to \($0.text)" }, changesNothing: look.open.isEmpty && look.failed.isEmpty,
            notes: look.taken)
    }

    func run(in context: StepContext) async throws -> ActionOutcome {
        let reader = try context.reading.requireCluster(for: Self.reference.name)
        let writer = try context.requireOperator(for: Self.reference.name)
        let look = try await look(reader)
        var items = WriteItems(changes.map { "\($0.wish.target.resource): \($0.wish.key)" })
        let more: ValueMap = ["taken": .texts(look.taken)]
        for (target, error) in look.failed {
            for change in changes where change.wish.target == target {
                items.note(Self.name(change.wish), .failure(error) as Result<Void, KafkaError>)
            }
        }
        if !look.open.isEmpty {
            let answers = try await kafka("the configuration cannot be put back") { () throws(KafkaError) in
                try await writer.alterConfigs(ConfigWrite.changes(look.open), validateOnly: false)
            }
            var sent: [ConfigWish] = []
            for answer in answers {
                for wish in look.open where wish.target.resource == answer.item {
                    items.note(Self.name(wish), answer.result)
                    if case .success = answer.result { sent.append(wish) }
                }
            }
            let wanted = sent
            try await ReadBack.of("what was put back") {
                try await EventualRead.wait(context.reading) {
                    try await ConfigWrite.open(wanted, reader).first.map {
                        "\($0.wish.target.resource) does not show \($0.wish.key) as before"
                    }
                }
            }
        }
        return items.outcome("settings", "could not be put back", result: more)
    }

    private static func name(_ wish: ConfigWish) -> String { "\(wish.target.resource): \(wish.key)" }

    func verify(in context: StepContext) async throws -> Verification {
        let look = try await look(try context.reading.requireCluster(for: Self.reference.name))
        if let failed = look.failed.first { return .cannotTell(failed.error.message) }
        return look.open.isEmpty
            ? .done(evidence: "every setting is as it is to be")
            : .notDone(evidence: BoundedList.text(look.open.map { "\($0.target.resource) does not show \($0.key)" }))
    }
}
