import EventLoop
import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Gives topics more partitions.
///
/// 1. What has as many already is left alone; fewer than there are is refused, because Kafka takes no partition away. 2. The
/// rest is checked by Kafka, then made in one go. 3. Read back until every broker shows all partitions with a leader.
struct CreatePartitions: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.create_partitions",
        summary: "Give topics more partitions",
        details: """
            There is no way back: a topic never gets fewer partitions, and records with a key go to other partitions than before. One \
            failed item fails the task and names the others' outcome.
            """,
        parameters: [
            .init(
                "topics", .listOf(.init("name", .string), .init("partitions", .int)),
                "How many partitions each is to have in all")
        ],
        result: .write(.items), effect: .checked, irreversible: true, target: .cluster,
        example: """
            - kafka.create_partitions:
                topics:
                  - {name: orders, partitions: 12}
            """,
        shorthand: "topics")

    private let wanted: [NewPartitions]
    private let accepted = Locked([String]())

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        var wanted: [NewPartitions] = []
        for item in arguments["topics"]?.listValue ?? [] {
            guard let name = item["name"]?.plainText, !name.isEmpty,
                let count = item["partitions"]?.intValue.flatMap({ Int32(exactly: $0) }), count >= 1
            else { throw arguments.failure("`topics` is a list of {name, partitions}") }
            guard !wanted.contains(where: { $0.topic == name }) else {
                throw arguments.failure("\(name) stands there twice")
            }
            wanted.append(NewPartitions(topic: name, count: count))
        }
        self.wanted = wanted
    }

    /// How many partitions each has; nil for a topic that cannot be read.
    private func counts(_ reader: any ClusterReader) async throws(StepFailure) -> [String: Int] {
        let names = wanted.map(\.topic)
        let view = try await kafka("the topics cannot be read") { () throws(KafkaError) in
            try await reader.snapshot(topics: names, from: .any)
        }
        var found: [String: Int] = [:]
        for topic in view.topics where topic.error == nil { found[topic.name] = topic.partitionCount }
        return found
    }

    private func problem(_ topic: NewPartitions, _ there: Int?) -> String? {
        guard let there else { return "there is no such topic" }
        return there > Int(topic.count) ? "it has \(there) partitions, and none can be taken away" : nil
    }

    func plan(in context: ReadContext) async throws -> ActionPlan {
        let there = try await counts(try context.requireCluster(for: Self.reference.name))
        var plan = ActionPlan()
        for topic in wanted {
            if there[topic.topic] == nil {
                plan.notes.append("there is no topic \(topic.topic) yet")
            } else if let problem = problem(topic, there[topic.topic]) {
                plan.refusals.append(StepFailure(.refused, "\(topic.topic): \(problem)"))
            } else if let count = there[topic.topic], count < Int(topic.count) {
                plan.changes.append("\(topic.topic): partitions \(count) → \(topic.count)")
            }
        }
        plan.changesNothing = plan.changes.isEmpty && plan.refusals.isEmpty && plan.notes.isEmpty
        return plan
    }

    func run(in context: StepContext) async throws -> ActionOutcome {
        let reader = try context.reading.requireCluster(for: Self.reference.name)
        let writer = try context.requireOperator(for: Self.reference.name)
        let there = try await counts(reader)
        var items = WriteItems(wanted.map(\.topic))
        for topic in wanted {
            if let problem = problem(topic, there[topic.topic]) { items.fail(topic.topic, problem) }
        }
        let open = wanted.filter { topic in there[topic.topic].map { $0 < Int(topic.count) } ?? false }
        guard !open.isEmpty else { return items.outcome("topics", "could not be given partitions") }
        let answers = try await kafka("the partitions cannot be created") { () throws(KafkaError) in
            try await writer.createPartitions(open, validateOnly: false)
        }
        for answer in answers {
            items.note(answer)
            // It had fewer a moment ago: brokers repeat what they forward, so it may be this very request that made them.
            if case .failure(let error) = answer.result, error.serverCodeNumber == Self.hasThemAlready {
                items.lose(answer.item, error.message)
            }
        }
        let made = items.changed
        accepted.withLock { $0 = made }
        do {
            try await TopicsOnEveryBroker.wait(
                made, reader, context.reading, limit: CreateTopics.readBackLimit,
                interval: CreateTopics.readBackInterval
            ) { view, node in Self.missing(open.filter { made.contains($0.topic) }, view, node) }
        } catch {
            return items.unknown(ReadBack.failure("the partitions of \(BoundedList.text(made))", error))
        }
        return items.outcome("topics", "could not be given partitions")
    }

    /// INVALID_PARTITIONS.
    private static let hasThemAlready: Int16 = 37

    private static func missing(_ wanted: [NewPartitions], _ view: ClusterSnapshot, _ node: Int32) -> String? {
        for topic in wanted {
            guard let found = view.topics.first(where: { $0.name == topic.topic && $0.error == nil }),
                found.partitionCount >= Int(topic.count),
                view.partitions(of: found).allSatisfy({ $0.leader >= 0 })
            else { return "broker \(node) does not show the partitions of \(topic.topic) yet" }
        }
        return nil
    }

    func verify(in context: StepContext) async throws -> Verification {
        let reader = try context.reading.requireCluster(for: Self.reference.name)
        var left: [String] = []
        _ = try await ReadBack.settle(context.reading) {
            let there = try await counts(reader)
            left = wanted.filter { (there[$0.topic] ?? 0) < Int($0.count) }.map(\.topic)
            return left.isEmpty
        }
        let taken = accepted.withLock { $0 }.filter { left.contains($0) }
        guard taken.isEmpty else {
            return .cannotTell("Kafka accepted the partitions of \(BoundedList.text(taken)), which cannot be seen")
        }
        return left.isEmpty
            ? .done(evidence: "every topic has its partitions")
            : .notDone(evidence: "fewer than wanted: \(BoundedList.text(left))")
    }
}
