import EventLoop
import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Deletes topics, with all that is in them.
///
/// 1. Names only, no patterns; internal topics and `_schemas` are refused before anything is sent. 2. With `ids`, a
/// topic of that name that was made anew since is refused. 3. What is not there is left alone. 4. Read back until no
/// broker shows any of them.
struct DeleteTopics: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.delete_topics",
        summary: "Delete topics and all that is in them",
        details: "Takes names, never patterns. Internal topics and `_schemas` are refused.",
        parameters: [
            .init("topics", .list(.string), "Names"),
            .optional("ids", .map(.string), "Topic ids by name, from kafka.describe_topics: only these very topics"),
        ],
        result: .write(.items), effect: .checked, irreversible: true, target: .cluster,
        example: """
            - kafka.delete_topics: [scratch]
            """,
        shorthand: "topics")

    static let readBackLimit: Duration = .seconds(60)
    static let readBackInterval: Duration = .milliseconds(250)

    private let names: [String]
    private let ids: ValueMap
    private let memory = Locked(Memory())

    /// What is known of the deletion, to judge it after an unknown outcome.
    private struct Memory: Sendable {
        /// Were there when it was asked for.
        var asked: [String] = []
        var accepted: [String] = []
    }

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        names = try arguments.texts("topics") ?? []
        ids = arguments["ids"]?.mapValue ?? [:]
        for name in names {
            if Glob(name).isPattern {
                throw arguments.failure("\(name) is a pattern: topics are deleted by name", at: "topics")
            }
            if name == "_schemas" || name.hasPrefix("__") {
                throw arguments.failure("\(name) is internal and is not deleted", at: "topics")
            }
        }
    }

    /// Those that are there, and why some of them are not to be deleted.
    private func look(_ reader: any ClusterReader) async throws(StepFailure) -> (
        there: [String], refused: [StepFailure]
    ) {
        let view = try await kafka("the topics cannot be read") { () throws(KafkaError) in
            try await reader.snapshot(topics: nil, from: .any)
        }
        var there: [String] = []
        var refused: [StepFailure] = []
        for name in names {
            guard let topic = view.topics.first(where: { $0.name == name }) else { continue }
            if topic.isInternal {
                refused.append(StepFailure(.refused, "\(name) is internal and is not deleted"))
            } else if let id = ids[name]?.stringValue, id != topic.idText {
                refused.append(
                    StepFailure(.refused, "\(name) is not the topic that was meant: its id is \(topic.idText)"))
            } else {
                there.append(name)
            }
        }
        return (there, refused)
    }

    func plan(in context: ReadContext) async throws -> ActionPlan {
        let (there, refused) = try await look(try context.requireCluster(for: Self.reference.name))
        return ActionPlan(
            changes: there.map { "delete \($0)" }, changesNothing: there.isEmpty && refused.isEmpty, refusals: refused)
    }

    func run(in context: StepContext) async throws -> ActionOutcome {
        let reader = try context.reading.requireCluster(for: Self.reference.name)
        let writer = try context.requireOperator(for: Self.reference.name)
        let (there, refused) = try await look(reader)
        if let failure = refused.first { throw failure }
        var items = WriteItems(names)
        guard !there.isEmpty else { return items.outcome("topics", "could not be deleted") }
        memory.withLock { $0.asked = there }
        let answers = try await kafka("the topics cannot be deleted") { () throws(KafkaError) in
            try await writer.deleteTopics(there)
        }
        for answer in answers {
            items.note(answer)
            // It was there a moment ago: brokers repeat what they forward, so it may be this very request that deleted it.
            if case .failure(let error) = answer.result, error.isUnknownTopic {
                items.lose(answer.item, error.message)
            }
        }
        let gone = items.changed
        memory.withLock { $0.accepted = gone }
        do {
            try await waitUntilGone(gone, reader, context.reading)
        } catch {
            return items.unknown(ReadBack.failure("the deletion of \(BoundedList.text(gone))", error))
        }
        return items.outcome("topics", "could not be deleted")
    }

    private func waitUntilGone(_ gone: [String], _ reader: any ClusterReader, _ context: ReadContext) async throws {
        try await TopicsOnEveryBroker.wait(
            gone, reader, context, limit: Self.readBackLimit, interval: Self.readBackInterval
        ) { view, node in
            let left = gone.first { name in view.topics.contains { $0.name == name && $0.error == nil } }
            return left.map { "broker \(node) still shows \($0)" }
        }
    }

    /// Not done: all that were there still are, when what was sent can no longer happen. What is gone does not come
    /// back, so a part of them is neither done nor not done.
    func verify(in context: StepContext) async throws -> Verification {
        let reader = try context.reading.requireCluster(for: Self.reference.name)
        var there: [String] = []
        let isDone = try await ReadBack.settle(context.reading) {
            there = try await look(reader).there
            return there.isEmpty
        }
        if isDone { return .done(evidence: "none of the topics is there") }
        let known = memory.withLock { $0 }
        let gone = known.asked.filter { !there.contains($0) }
        if !gone.isEmpty {
            return .cannotTell("deleted: \(BoundedList.text(gone)); still there: \(BoundedList.text(there))")
        }
        if !known.accepted.isEmpty {
            return .cannotTell("Kafka accepted the deletion, and there is still \(BoundedList.text(there))")
        }
        return .notDone(evidence: "there: \(BoundedList.text(there))")
    }
}
