import EventLoop
import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Gives leadership back to preferred replicas.
///
/// 1. Partitions whose leader is not their first replica, by one broker's view; those whose first replica is not in
/// sync cannot be helped and are named. 2. Explicit lists, at most `max_moves_per_broker` towards each broker in a
/// round, so that no broker is flooded. 3. Read back by up to three brokers before the next round.
struct ElectLeaders: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.elect_leaders",
        summary: "Give leadership back to the preferred replicas",
        details: """
            Only preferred elections: they lose nothing. Lists are explicit, in rounds of at most `max_moves_per_broker` towards each \
            broker. Partitions whose preferred replica is not in sync are named in `failed` and fail nothing unless they were asked for \
            by name.
            """,
        parameters: [
            .init("election", .string, default: "preferred", oneOf: ["preferred"], "The kind"),
            .init("topics", .list(.string), default: ["*"], "Names and globs; internal topics too"),
            .optional("partitions", .list(.json), "Exactly these: [{topic, partition}]"),
            .optional("broker", .int, "Only partitions that prefer this broker"),
            .init("max_moves_per_broker", .int, default: 250, "In one round"),
        ],
        result: .write(
            .init("elected", .parts, "Those that got another leader"),
            .init("not_needed", .parts, "Those that had theirs"),
            .init(
                "failed", .listOf(.init("topic", .string), .init("partition", .int), .init("reason", .string)),
                "Those that did not get theirs, and why")),
        effect: .checked, target: .cluster,
        example: """
            - kafka.elect_leaders: {election: preferred}
            """)

    /// Partitions that more than one broker is asked about afterwards.
    static let readers = 3
    static let readBackLimit: Duration = .seconds(30)
    static let readBackInterval: Duration = .milliseconds(250)

    private let topics: TopicFilter
    private let named: [TopicPartition]?
    private let broker: Int32?
    private let roundSize: Int

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        let texts = try arguments.texts("topics") ?? ["*"]
        guard !texts.isEmpty else { throw arguments.failure("`topics` is empty: nothing would be elected") }
        topics = TopicFilter(texts)
        broker = try arguments["broker"].map { _ throws(StepFailure) in try arguments.node("broker") }
        roundSize = Int(clamping: max(1, try arguments.intIfAny("max_moves_per_broker") ?? 250))
        named = try arguments["partitions"]?.listValue.map { items throws(StepFailure) in
            let parts = items.compactMap { TopicPartition($0) }
            guard parts.count == items.count else {
                throw arguments.failure("`partitions` is a list of {topic, partition}")
            }
            return parts
        }
    }

    private struct Candidates {
        var electable: [(partition: TopicPartition, preferred: Int32)] = []
        var fine: [TopicPartition] = []
        var stuck: [(partition: TopicPartition, reason: String)] = []
    }

    private func candidates(_ reader: any ClusterReader) async throws(StepFailure) -> Candidates {
        let view = try await kafka("the partitions cannot be read") { () throws(KafkaError) in
            try await reader.snapshot(topics: nil, from: .any)
        }
        let missing = named == nil ? topics.missing(from: Set(view.topics.map(\.name))) : []
        guard missing.isEmpty else {
            throw StepFailure(
                .failed, "there is no topic \(BoundedList.text(missing))",
                nextAction: "name topics that are there, or a pattern")
        }
        let wanted = named.map(Set.init)
        var found = Candidates()
        var seen: Set<TopicPartition> = []
        for topic in view.topics where topic.error == nil {
            for partition in view.partitions(of: topic) {
                let name = TopicPartition(topic.name, partition.index)
                guard wanted?.contains(name) ?? topics.matches(topic.name),
                    let preferred = view.replicas(of: partition).first, broker == nil || broker == preferred
                else { continue }
                seen.insert(name)
                if partition.leader == preferred {
                    found.fine.append(name)
                } else if view.inSync(of: partition).contains(preferred) {
                    found.electable.append((name, preferred))
                } else {
                    found.stuck.append((name, "its preferred replica \(preferred) is not in sync"))
                }
            }
        }
        for name in named ?? [] where !seen.contains(name) { found.stuck.append((name, "there is no such partition")) }
        return found
    }

    func plan(in context: ReadContext) async throws -> ActionPlan {
        let found = try await candidates(try context.requireCluster(for: Self.reference.name))
        var byBroker: [Int32: Int] = [:]
        for (_, preferred) in found.electable { byBroker[preferred, default: 0] += 1 }
        return ActionPlan(
            changes: byBroker.sorted { $0.key < $1.key }.map { "\($0.value) leaders to broker \($0.key)" },
            changesNothing: found.electable.isEmpty,
            notes: found.stuck.isEmpty
                ? [] : ["\(found.stuck.count) partitions cannot: their preferred replica is not in sync"])
    }

    func run(in context: StepContext) async throws -> ActionOutcome {
        let reader = try context.reading.requireCluster(for: Self.reference.name)
        let writer = try context.requireOperator(for: Self.reference.name)
        let found = try await candidates(reader)
        var elected: [TopicPartition] = []
        var fine = found.fine
        var failed = found.stuck
        var unknown: [(partition: TopicPartition, reason: String)] = []
        var open = found.electable
        while !open.isEmpty {
            let (round, rest) = Self.split(open, limit: roundSize)
            open = rest
            let answers: [ItemResult<TopicPartition, Bool>]
            do throws(KafkaError) {
                answers = try await writer.electLeaders(.preferred, round.map(\.partition))
            } catch {
                guard !elected.isEmpty else { throw StepFailure(error, doing: "the leaders cannot be elected") }
                // What the rounds before elected stands.
                answers = round.map { ItemResult(item: $0.partition, result: .failure(error)) }
                failed += open.map { ($0.partition, "not asked for, because the round before failed") }
                open = []
            }
            for answer in answers {
                switch answer.result {
                case .success(true): elected.append(answer.item)
                case .success(false): fine.append(answer.item)
                case .failure(let error) where error.code == .unknownOutcome:
                    unknown.append((answer.item, error.message))
                case .failure(let error): failed.append((answer.item, error.message))
                }
            }
            let done = Set(elected)
            try await ReadBack.of("the elections") {
                try await settle(round.filter { done.contains($0.partition) }, reader, context.reading)
            }
            if let first = unknown.first {
                let failure = StepFailure(
                    .unknownOutcome, "what became of the election of \(first.partition) is not known",
                    details: BoundedList.lines(unknown.map { "\($0.partition): \($0.reason)" }))
                let result = outcome(elected.sorted(), fine.sorted(), failed, stuck: failed.count).result
                return ActionOutcome(.unknown(failure), result: result)
            }
        }
        return outcome(elected.sorted(), fine.sorted(), failed, stuck: named == nil ? found.stuck.count : 0)
    }

    /// A round: at most `limit` towards each broker.
    private static func split(
        _ open: [(partition: TopicPartition, preferred: Int32)], limit: Int
    ) -> (round: [(partition: TopicPartition, preferred: Int32)], rest: [(partition: TopicPartition, preferred: Int32)])
    {
        var counts: [Int32: Int] = [:]
        var round: [(partition: TopicPartition, preferred: Int32)] = []
        var rest: [(partition: TopicPartition, preferred: Int32)] = []
        for item in open {
            if counts[item.preferred, default: 0] < limit {
                counts[item.preferred, default: 0] += 1
                round.append(item)
            } else {
                rest.append(item)
            }
        }
        return (round, rest)
    }

    /// Several brokers show the new leaders.
    private func settle(
        _ moved: [(partition: TopicPartition, preferred: Int32)], _ reader: any ClusterReader, _ context: ReadContext
    ) async throws {
        guard !moved.isEmpty else { return }
        let wanted = Dictionary(moved.map { ($0.partition, $0.preferred) }) { first, _ in first }
        let deadline = context.time.deadline(after: Self.readBackLimit)
        while true {
            guard let late = await late(wanted, reader) else { return }
            guard context.time.monotonic < deadline else {
                throw StepFailure(.failed, "\(late) after \(Self.readBackLimit.text)")
            }
            try await context.time.sleep(for: Self.readBackInterval)
        }
    }

    private func late(_ wanted: [TopicPartition: Int32], _ reader: any ClusterReader) async -> String? {
        let topics = Set(wanted.keys.map(\.topic)).sorted()
        do throws(KafkaError) {
            let brokers = try await reader.describeCluster(includeFenced: false, from: .any).brokers
            for broker in brokers.prefix(Self.readers) {
                let view = try await reader.snapshot(topics: topics, from: .node(broker.id))
                for topic in view.topics {
                    for partition in view.partitions(of: topic) {
                        let name = TopicPartition(topic.name, partition.index)
                        if let preferred = wanted[name], partition.leader != preferred {
                            return "broker \(broker.id) does not show \(name) with its preferred leader"
                        }
                    }
                }
            }
            return nil
        } catch {
            return error.message
        }
    }

    private func outcome(
        _ elected: [TopicPartition], _ fine: [TopicPartition],
        _ failed: [(partition: TopicPartition, reason: String)], stuck: Int
    ) -> ActionOutcome {
        let limit = ClusterHealthAction.listLimit
        let result: ValueMap = [
            "changed": .bool(!elected.isEmpty), "elected": .list(elected.prefix(limit).map(\.value)),
            "not_needed": .list(fine.prefix(limit).map(\.value)),
            "failed": .list(
                failed.prefix(limit).map { partition, reason in
                    [
                        "topic": .string(partition.topic), "partition": .int(Int64(partition.partition)),
                        "reason": .string(reason),
                    ]
                }),
        ]
        guard failed.count > stuck else {
            return ActionOutcome(elected.isEmpty ? .ok : .changed, result: result)
        }
        let lines = failed.map { "\($0.partition): \($0.reason)" }
        return ActionOutcome(
            .failed(
                StepFailure(
                    .failed, "\(failed.count) partitions did not get their preferred leader",
                    details: BoundedList.lines(lines))),
            result: result)
    }

    func verify(in context: StepContext) async throws -> Verification {
        let found = try await candidates(try context.reading.requireCluster(for: Self.reference.name))
        return found.electable.isEmpty
            ? .done(evidence: "no partition waits for its preferred leader")
            : .notDone(evidence: "\(found.electable.count) partitions are not led by their preferred replica")
    }
}
