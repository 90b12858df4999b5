import EventLoop
import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Creates topics.
///
/// 1. What is there already is compared: as wanted, it is left alone; else that item fails. 2. The rest is created in
/// one request.
/// 3. Read back until every broker shows each of them with a leader in every partition.
struct CreateTopics: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.create_topics",
        summary: "Create topics",
        details: """
            A topic that is there with the wanted number of partitions and replicas is left alone, whoever made it; its settings are \
            not changed (see kafka.alter_configs). One failed item fails the task and names the others' outcome.
            """,
        parameters: [
            .init(
                "topics",
                .listOf(
                    .init("name", .string),
                    .init("partitions", .int, mayBeAbsent: true, "The brokers' default without"),
                    .init("replication_factor", .int, mayBeAbsent: true, "The brokers' default without"),
                    .init("config", .map(.json), mayBeAbsent: true)),
                "What is to be there")
        ],
        result: .write(
            .init(
                "created", .listOf(.init("name", .string), .init("id", .string)),
                "Those that this step made, with their ids: for `only_created_by` of kafka.delete_topics"), .items),
        effect: .checked, target: .cluster,
        example: """
            - kafka.create_topics:
                topics:
                  - {name: orders, partitions: 6, replication_factor: 3, config: {min.insync.replicas: 2}}
            """,
        shorthand: "topics")

    static let readBackLimit: Duration = .seconds(60)
    static let readBackInterval: Duration = .milliseconds(250)

    private let topics: [NewTopic]
    /// Names that Kafka has taken, to judge an unknown outcome.
    private let accepted = Locked([String]())

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        var topics: [NewTopic] = []
        for item in arguments["topics"]?.listValue ?? [] {
            guard let name = item["name"]?.plainText, !name.isEmpty else {
                throw arguments.failure("every topic needs a `name`")
            }
            if let reason = TopicName.problem(name) { throw arguments.failure(reason) }
            guard !topics.contains(where: { $0.name == name }) else {
                throw arguments.failure("\(name) stands there twice")
            }
            func number<T: FixedWidthInteger>(_ key: String, _ type: T.Type) throws(StepFailure) -> T {
                guard let value = item[key], !value.isNull else { return -1 as T }
                guard let number = value.intValue.flatMap({ T(exactly: $0) }), number >= 1 else {
                    throw arguments.failure("\(name): `\(key)` must be at least 1")
                }
                return number
            }
            var configs: [(name: String, value: String?)] = []
            for (key, value) in item["config"]?.mapValue ?? [:] {
                guard let text = value.configText else {
                    throw arguments.failure("\(name): the value of \(key) must be text or a number")
                }
                configs.append((key, text))
            }
            topics.append(
                NewTopic(
                    name: name, partitions: try number("partitions", Int32.self),
                    replicationFactor: try number("replication_factor", Int16.self), configs: configs))
        }
        self.topics = topics
    }

    /// The number of partitions and replicas of those that exist.
    private func existing(_ reader: any ClusterReader) async throws(StepFailure) -> [String: (Int, Int)] {
        let view = try await kafka("the topics cannot be read") { () throws(KafkaError) in
            try await reader.snapshot(topics: nil, from: .any)
        }
        var found: [String: (Int, Int)] = [:]
        for topic in view.topics where topic.error == nil {
            found[topic.name] = (topic.partitionCount, view.partitions(of: topic).map(\.replicas.count).min() ?? 0)
        }
        return found
    }

    private func conflict(_ topic: NewTopic, _ there: (partitions: Int, replicas: Int)) -> String? {
        if topic.partitions > 0, Int(topic.partitions) != there.partitions {
            return "it exists with \(there.partitions) partitions"
        }
        if topic.replicationFactor > 0, Int(topic.replicationFactor) != there.replicas {
            return "it exists with \(there.replicas) replicas"
        }
        return nil
    }

    func plan(in context: ReadContext) async throws -> ActionPlan {
        let there = try await existing(try context.requireCluster(for: Self.reference.name))
        var plan = ActionPlan()
        for topic in topics {
            if let found = there[topic.name] {
                if let problem = conflict(topic, found) {
                    plan.refusals.append(StepFailure(.refused, "\(topic.name): \(problem)"))
                }
            } else {
                let partitions = topic.partitions > 0 ? "\(topic.partitions)" : "default"
                let factor = topic.replicationFactor > 0 ? "\(topic.replicationFactor)" : "default"
                plan.changes.append("create \(topic.name) (partitions \(partitions), replicas \(factor))")
            }
        }
        plan.changesNothing = plan.changes.isEmpty && plan.refusals.isEmpty
        return plan
    }

    // The optimizer of Swift 6.3.1 crashes in this one (splitting the coroutine, with errors of two types inlined into it).
    @_optimize(none)
    func run(in context: StepContext) async throws -> ActionOutcome {
        let reader = try context.reading.requireCluster(for: Self.reference.name)
        let writer = try context.requireOperator(for: Self.reference.name)
        let there = try await existing(reader)
        var items = WriteItems(topics.map(\.name))
        for topic in topics {
            if let found = there[topic.name], let problem = conflict(topic, found) { items.fail(topic.name, problem) }
        }
        let missing = topics.filter { there[$0.name] == nil }
        var created: [Value] = []
        if !missing.isEmpty {
            let answers = try await kafka("the topics cannot be created") { () throws(KafkaError) in
                try await writer.createTopics(missing, validateOnly: false)
            }
            for answer in answers {
                items.note(answer)
                // It was not there a moment ago: brokers repeat what they forward, so it may be this very request that made it.
                if case .failure(let error) = answer.result, error.serverCodeNumber == Self.existsAlready {
                    items.lose(answer.item, error.message)
                }
            }
            let made = items.changed
            accepted.withLock { $0 = made }
            do {
                try await readBack(made, reader, context.reading)
                created = try await ids(of: made, reader)
            } catch {
                return items.unknown(ReadBack.failure("the topics \(BoundedList.text(made))", error))
            }
        }
        return items.outcome("topics", "could not be created", result: ["created": .list(created)])
    }

    /// TOPIC_ALREADY_EXISTS.
    private static let existsAlready: Int16 = 36

    private func ids(of names: [String], _ reader: any ClusterReader) async throws(StepFailure) -> [Value] {
        guard !names.isEmpty else { return [] }
        let view = try await kafka("the topics cannot be read") { () throws(KafkaError) in
            try await reader.snapshot(topics: names, from: .any)
        }
        return names.compactMap { name in
            view.topics.first { $0.name == name && $0.error == nil }
                .map { ["name": .string(name), "id": .string($0.idText)] }
        }
    }

    /// Every broker shows each of them, with a leader everywhere.
    private func readBack(_ names: [String], _ reader: any ClusterReader, _ context: ReadContext) async throws {
        try await TopicsOnEveryBroker.wait(
            names, reader, context, limit: Self.readBackLimit, interval: Self.readBackInterval
        ) { view, node in
            let there = Dictionary(view.topics.map { ($0.name, $0) }) { first, _ in first }
            for name in names {
                guard let topic = there[name], topic.error == nil,
                    view.partitions(of: topic).allSatisfy({ $0.leader >= 0 })
                else { return "broker \(node) does not show \(name) yet" }
            }
            return nil
        }
    }

    func verify(in context: StepContext) async throws -> Verification {
        let reader = try context.reading.requireCluster(for: Self.reference.name)
        var there: [String: (Int, Int)] = [:]
        var missing: [String] = []
        _ = try await ReadBack.settle(context.reading) {
            there = try await existing(reader)
            missing = topics.filter { there[$0.name] == nil }.map(\.name)
            return missing.isEmpty
        }
        let taken = accepted.withLock { $0 }.filter { missing.contains($0) }
        guard taken.isEmpty else {
            return .cannotTell("Kafka accepted \(BoundedList.text(taken)), which cannot be seen")
        }
        guard missing.isEmpty else { return .notDone(evidence: "not there: \(BoundedList.text(missing))") }
        let wrong = topics.compactMap { topic in
            there[topic.name].flatMap { conflict(topic, $0) }.map { "\(topic.name): \($0)" }
        }
        return wrong.isEmpty
            ? .done(evidence: "all topics are there as wanted") : .notDone(evidence: BoundedList.text(wrong))
    }
}

/// Reading back by every broker's own view.
enum TopicsOnEveryBroker {
    /// Waits until `problem` has nothing to say about any broker's view of these topics; throws with the last problem when
    /// the time is up.
    static func wait(
        _ topics: [String], _ reader: any ClusterReader, _ context: ReadContext, limit: Duration, interval: Duration,
        problem: (ClusterSnapshot, Int32) -> String?
    ) async throws {
        let deadline = context.time.deadline(after: limit)
        while true {
            guard let found = await look(topics, reader, problem) else { return }
            guard context.time.monotonic < deadline else {
                throw StepFailure(.failed, "\(found) after \(limit.text)")
            }
            try await context.time.sleep(for: interval)
        }
    }

    private static func look(
        _ topics: [String], _ reader: any ClusterReader, _ problem: (ClusterSnapshot, Int32) -> String?
    ) async -> String? {
        guard !topics.isEmpty else { return nil }
        do throws(KafkaError) {
            for broker in try await reader.describeCluster(includeFenced: false, from: .any).brokers {
                let view = try await reader.snapshot(topics: topics, from: .node(broker.id))
                if let found = problem(view, broker.id) { return found }
            }
            return nil
        } catch {
            return error.message
        }
    }
}
