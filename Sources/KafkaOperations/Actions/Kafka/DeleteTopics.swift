import EventLoop
import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Deletes topics, with all that is in them.
///
/// 1. Names only, no patterns; internal topics, `_schemas` and MirrorMaker's are refused before anything is sent. 2. With `ids`, a
/// topic of that name that was made anew since is refused, with `only_created_by` what that step has not made. 3. What is not there
/// is left alone. 4. It is the topic that was seen which is deleted, by its id: one made anew in between stays. 5. Read back until no
/// broker shows any of them.
struct DeleteTopics: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.delete_topics",
        summary: "Delete topics and all that is in them",
        details: """
            Takes names, never patterns. Internal topics and `_schemas` are refused. So are what MirrorMaker keeps its state in, and \
            copies that it made, as far as their names tell: primary.orders where there is primary.checkpoints.internal. It would \
            make them anew.
            """,
        parameters: [
            .init("topics", .list(.string), "Names"),
            .optional("ids", .map(.string), "Topic ids by name, from kafka.describe_topics: only these very topics"),
            .optional(
                "only_created_by", .record(RecordType([createdField])),
                "The result of a kafka.create_topics step: what it did not make, or was made anew since, is refused"),
            .init("mirrored", .bool, default: false, "Also what MirrorMaker made: it is gone, or shall make it anew"),
        ],
        result: .write(.items), effect: .checked, irreversible: true, target: .cluster,
        example: """
            - kafka.delete_topics: [scratch]
            """,
        shorthand: "topics")

    private static let createdField = RecordType.Field(
        "created", .listOf(.init("name", .string), .init("id", .string)), "What it made")

    static let readBackLimit: Duration = .seconds(60)
    static let readBackInterval: Duration = .milliseconds(250)

    private let names: [String]
    private let ids: ValueMap
    /// Ids by name of what a step made; nil: it does not matter who made them.
    private let created: ValueMap?
    private let takesMirrored: Bool
    private let memory = Locked(Memory())

    /// What is known of the deletion, to judge it after an unknown outcome.
    private struct Memory: Sendable {
        /// Ids by name of those that were there when it was asked for.
        var asked: [String: String] = [:]
        var accepted: [String] = []
    }

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        names = try arguments.texts("topics") ?? []
        ids = arguments["ids"]?.mapValue ?? [:]
        takesMirrored = try arguments.flag("mirrored")
        if let maker = arguments["only_created_by"], !maker.isNull {
            guard let made = maker["created"]?.listValue else {
                throw arguments.failure(
                    "`only_created_by` is the result of a kafka.create_topics step", at: "only_created_by")
            }
            var created = ValueMap()
            for topic in made { if let name = topic["name"]?.stringValue { created[name] = topic["id"] } }
            self.created = created
        } else {
            created = nil
        }
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
        there: [ClusterSnapshot.Topic], refused: [StepFailure]
    ) {
        let view = try await kafka("the topics cannot be read") { () throws(KafkaError) in
            try await reader.snapshot(topics: nil, from: .any)
        }
        let sources = MirroredTopics.sources(view.topics.map(\.name))
        var there: [ClusterSnapshot.Topic] = []
        var refused: [StepFailure] = []
        for name in names {
            guard let topic = view.topics.first(where: { $0.name == name }) else { continue }
            if let problem = problem(topic, sources) {
                refused.append(problem)
            } else {
                there.append(topic)
            }
        }
        return (there, refused)
    }

    private func problem(_ topic: ClusterSnapshot.Topic, _ sources: Set<String>) -> StepFailure? {
        let name = topic.name
        if topic.isInternal { return StepFailure(.refused, "\(name) is internal and is not deleted") }
        if let id = ids[name]?.stringValue, id != topic.idText {
            return StepFailure(.refused, "\(name) is not the topic that was meant: its id is \(topic.idText)")
        }
        if let created, created[name]?.stringValue != topic.idText {
            let why =
                created[name] == nil ? "was not made by it" : "has been made anew since: its id is \(topic.idText)"
            return StepFailure(.refused, "\(name) is not of the step in `only_created_by`: it \(why)")
        }
        guard !takesMirrored else { return nil }
        let advice = "take it out of MirrorMaker, and set `mirrored: true`"
        if MirroredTopics.isOwn(name) {
            return StepFailure(.refused, "\(name) is MirrorMaker's own and is not deleted", nextAction: advice)
        }
        return MirroredTopics.source(of: name, among: sources).map {
            StepFailure(.refused, "\(name) is mirrored from \($0) and would be made anew", nextAction: advice)
        }
    }

    func plan(in context: ReadContext) async throws -> ActionPlan {
        let (there, refused) = try await look(try context.requireCluster(for: Self.reference.name))
        return ActionPlan(
            changes: there.map { "delete \($0.name)" }, changesNothing: there.isEmpty && refused.isEmpty,
            refusals: refused)
    }

    func run(in context: StepContext) async throws -> ActionOutcome {
        let reader = try context.reading.requireCluster(for: Self.reference.name)
        let writer = try context.requireOperator(for: Self.reference.name)
        let (there, refused) = try await look(reader)
        if let failure = refused.first { throw failure }
        var items = WriteItems(names)
        guard !there.isEmpty else { return items.outcome("topics", "could not be deleted") }
        let seen = Dictionary(there.map { ($0.name, $0.idText) }) { first, _ in first }
        memory.withLock { $0.asked = seen }
        let answers = try await kafka("the topics cannot be deleted") { () throws(KafkaError) in
            try await writer.deleteTopics(
                there.map(\.name), ids: Dictionary(there.map { ($0.name, $0.id) }) { first, _ in first })
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
            try await waitUntilGone(gone, seen, reader, context.reading)
        } catch {
            return items.unknown(ReadBack.failure("the deletion of \(BoundedList.text(gone))", error))
        }
        return items.outcome("topics", "could not be deleted")
    }

    /// `seen`: their ids. Another one of that name is not waited for.
    private func waitUntilGone(
        _ gone: [String], _ seen: [String: String], _ reader: any ClusterReader, _ context: ReadContext
    ) async throws {
        try await TopicsOnEveryBroker.wait(
            gone, reader, context, limit: Self.readBackLimit, interval: Self.readBackInterval
        ) { view, node in
            let left = gone.first { name in
                view.topics.contains { $0.name == name && $0.error == nil && $0.idText == seen[name] }
            }
            return left.map { "broker \(node) still shows \($0)" }
        }
    }

    /// Not done: all that were there still are, when what was sent can no longer happen. What is gone does not come
    /// back, so a part of them is neither done nor not done.
    func verify(in context: StepContext) async throws -> Verification {
        let reader = try context.reading.requireCluster(for: Self.reference.name)
        let known = memory.withLock { $0 }
        var there: [String] = []
        let isDone = try await ReadBack.settle(context.reading) {
            there = try await look(reader).there
                .filter { known.asked[$0.name] == nil || known.asked[$0.name] == $0.idText }.map(\.name)
            return there.isEmpty
        }
        if isDone { return .done(evidence: "none of the topics is there") }
        let gone = known.asked.keys.sorted().filter { !there.contains($0) }
        if !gone.isEmpty {
            return .cannotTell("deleted: \(BoundedList.text(gone)); still there: \(BoundedList.text(there))")
        }
        if !known.accepted.isEmpty {
            return .cannotTell("Kafka accepted the deletion, and there is still \(BoundedList.text(there))")
        }
        return .notDone(evidence: "there: \(BoundedList.text(there))")
    }
}
