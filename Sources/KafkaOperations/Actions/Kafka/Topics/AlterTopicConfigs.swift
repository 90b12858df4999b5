import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Changes settings of several topics.
///
/// Topic by topic as kafka.alter_configs does it: compared, checked by Kafka, changed, read back. A topic that fails does
/// not stop the others; its failure is the step's.
struct AlterTopicConfigs: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.alter_topic_configs",
        summary: "Change settings of topics",
        details: """
            Incremental: settings that are not named stay. `previous` has the shape of `changes`, so that `undo` can put it back. One \
            failed topic fails the task and names the others' outcome.
            """,
        parameters: [
            .init(
                "changes",
                .listOf(
                    .init("topic", .string), .init("set", .map(.json), mayBeAbsent: true),
                    .init("remove", .list(.string), mayBeAbsent: true)),
                "Per topic, values by key, and keys that go back to what they inherit"),
            .init("validate_only", .bool, default: false, "Only let Kafka check them"),
            AlterConfigs.temporary,
        ],
        result: .write(
            .init(
                "previous",
                .listOf(.init("topic", .string), .init("set", .map(.string)), .init("remove", .list(.string))),
                "Changes that put it back"),
            .items),
        effect: .checked, target: .cluster,
        example: """
            - kafka.alter_topic_configs:
                changes:
                  - {topic: orders, set: {retention.ms: 604800000}, remove: [segment.bytes]}
              register: changed
            """,
        shorthand: "changes")

    private let topics: [(name: String, change: AlterConfigs)]

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        let validateOnly = try arguments.flag("validate_only")
        let isTemporary = try arguments.flag("temporary")
        var topics: [(name: String, change: AlterConfigs)] = []
        for item in arguments["changes"]?.listValue ?? [] {
            guard let name = item["topic"]?.plainText, !name.isEmpty else {
                throw arguments.failure("every change needs a `topic`")
            }
            guard !topics.contains(where: { $0.name == name }) else {
                throw arguments.failure("\(name) stands there twice")
            }
            var values: ValueMap = [
                "resource": "topic", "name": .string(name), "validate_only": .bool(validateOnly),
                "temporary": .bool(isTemporary),
            ]
            values["set"] = item["set"] ?? [:]
            values["remove"] = item["remove"] ?? []
            topics.append(
                (name, try AlterConfigs(Arguments(values: values, conditions: [:], span: arguments.span), services)))
        }
        self.topics = topics
    }

    func plan(in context: ReadContext) async throws -> ActionPlan {
        var plan = ActionPlan()
        for topic in topics {
            let one = try await topic.change.plan(in: context)
            plan.changes += one.changes.map { "\(topic.name): \($0)" }
            plan.notes += one.notes.map { "\(topic.name): \($0)" }
            plan.refusals += one.refusals
        }
        plan.changesNothing = plan.changes.isEmpty && plan.refusals.isEmpty
        return plan
    }

    /// Topic by topic. What is no verdict about one topic (no right, no broker, no time) ends it: the rest is not sent. What
    /// was changed before stands in the result all the same, with its prior values, so that it can be taken back.
    func run(in context: StepContext) async throws -> ActionOutcome {
        var items = WriteItems(topics.map(\.name))
        var previous: [Value] = []
        var end: StepFailure?
        for topic in topics {
            guard end == nil else {
                items.fail(topic.name, "not sent, because of the failure before it")
                continue
            }
            do {
                let outcome = try await topic.change.run(in: context)
                if case .changed = outcome.status { items.change(topic.name) }
                var record: ValueMap = ["topic": .string(topic.name)]
                for (key, value) in outcome.result["previous"]?.mapValue ?? [:] { record[key] = value }
                previous.append(.map(record))
            } catch {
                let failure = StepFailure.from(error, doing: topic.name)
                items.fail(failure, of: topic.name)
                if failure.code != .failed, failure.code != .unknownOutcome { end = failure }
            }
        }
        if let end, !items.mayHaveChanged { throw end }
        return items.outcome("topics", "could not be changed", result: ["previous": .list(previous)])
    }

    func verify(in context: StepContext) async throws -> Verification {
        var open: [String] = []
        var unclear: [String] = []
        for topic in topics {
            switch try await topic.change.verify(in: context) {
            case .done: break
            case .notDone(let evidence): open.append(evidence)
            case .cannotTell(let reason): unclear.append(reason)
            }
        }
        if let first = unclear.first { return .cannotTell(first) }
        return open.isEmpty
            ? .done(evidence: "every topic shows every value as wanted") : .notDone(evidence: BoundedList.text(open))
    }
}
