import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Calls moves of replicas off: partitions go back to where they were.
///
/// 1. What is being moved now, of what was named; with `replicas`, only what moves to exactly these. 2. Called off in one
/// request. 3. Read back: nothing of it moves, and the replicas are those of before. Kafka refuses where nobody in sync
/// would stay: that move goes on and is named.
struct CancelReassignments: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.cancel_reassignments",
        summary: "Call moves of replicas off, so that partitions go back to where they were",
        details: """
            What has been copied is lost, what had been there is untouched. Without `partitions`, `all: true` says that every move is \
            meant, whoever began it. A partition whose move has ended stays where it is. No throttle is taken away: that is \
            kafka.clear_throttles.
            """,
        parameters: [
            .optional(
                "partitions", .json,
                "Only these: [{topic, partition}]; with `replicas`, only a move to exactly these. A reassignment fits, too"
            ),
            .init("all", .bool, default: false, "Every move of the cluster"),
        ],
        result: .write(
            .init(
                "cancelled",
                .listOf(.init("topic", .string), .init("partition", .int), .init("replicas", .list(.int))),
                "Those that were called off, and where they are again"),
            .items),
        effect: .idempotent, target: .cluster,
        example: """
            - kafka.cancel_reassignments: {all: true}
              register: cancelled
            """)

    /// NO_REASSIGNMENT_IN_PROGRESS.
    private static let nothingMoves: Int16 = 85

    /// Nil goal: whatever it moves to.
    private struct Chosen: Sendable {
        var partition: TopicPartition
        var goal: [Int32]?
    }

    /// Nil: all.
    private let chosen: [Chosen]?

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        let all = try arguments.flag("all")
        guard let value = arguments["partitions"] else {
            guard all else { throw arguments.failure("one of `partitions` and `all: true` is needed") }
            chosen = nil
            return
        }
        guard !all else { throw arguments.failure("`partitions` and `all` are one too many", at: "all") }
        var chosen: [Chosen] = []
        for item in value.listValue ?? value["partitions"]?.listValue ?? [] {
            guard let partition = TopicPartition(item) else {
                throw arguments.failure("`partitions` is a list of {topic, partition}", at: "partitions")
            }
            let goal = item["replicas"]?.listValue?.compactMap { $0.intValue.flatMap(Int32.init(exactly:)) }
            chosen.append(Chosen(partition: partition, goal: goal))
        }
        guard !chosen.isEmpty else { throw arguments.failure("`partitions` is empty", at: "partitions") }
        self.chosen = chosen
    }

    private func moving(_ reader: any ClusterReader) async throws(StepFailure) -> [Reassignment] {
        let moves = try await kafka("the reassignments cannot be listed") { () throws(KafkaError) in
            try await reader.listReassignments()
        }
        guard let chosen else { return moves }
        let goals = Dictionary(chosen.map { ($0.partition, $0.goal) }) { first, _ in first }
        return moves.filter { move in
            guard let goal = goals[move.partition] else { return false }
            return goal == nil || goal == move.goal
        }
    }

    func plan(in context: ReadContext) async throws -> ActionPlan {
        let moves = try await moving(try context.requireCluster(for: Self.reference.name))
        return ActionPlan(
            changes: BoundedList.lines(
                moves.map {
                    "\($0.partition): back to \(BrokerList.text($0.origin)), not on to \(BrokerList.text($0.goal))"
                },
                limit: ExecuteReassignment.shownMoves), changesNothing: moves.isEmpty)
    }

    func run(in context: StepContext) async throws -> ActionOutcome {
        let reader = try context.reading.requireCluster(for: Self.reference.name)
        let writer = try context.requireOperator(for: Self.reference.name)
        let moves = try await moving(reader)
        var items = WriteItems(moves.map { "\($0.partition)" })
        var called: [Reassignment] = []
        if !moves.isEmpty {
            let answers = try await kafka("the moves cannot be called off") { () throws(KafkaError) in
                try await writer.alterReassignments(moves.map { ($0.partition, nil) })
            }
            for answer in answers {
                // It has ended by itself.
                if case .failure(let error) = answer.result, error.serverCodeNumber == Self.nothingMoves {
                    continue
                }
                items.note("\(answer.item)", answer.result)
                if case .success = answer.result { called += moves.filter { $0.partition == answer.item } }
            }
        }
        let wanted = called
        if !wanted.isEmpty {
            try await ReadBack.of("that moves are called off") {
                try await EventualRead.wait(context.reading) {
                    let now = try await Placement(Set(wanted.map(\.partition.topic)), reader)
                    return wanted.first { now.moving[$0.partition] != nil || now.settled($0.partition) != $0.origin }
                        .map { "\($0.partition) does not show that it is back on \(BrokerList.text($0.origin))" }
                }
            }
        }
        let cancelled = wanted.map {
            ReassignmentPlan.Move(partition: $0.partition, replicas: $0.origin).value
        }
        return items.outcome("moves", "go on", result: ["cancelled": .list(cancelled)])
    }

    func verify(in context: StepContext) async throws -> Verification {
        let left = try await moving(try context.reading.requireCluster(for: Self.reference.name))
        return left.isEmpty
            ? .done(evidence: "nothing of it is being moved")
            : .notDone(evidence: "being moved: \(BoundedList.text(left.map { "\($0.partition)" }))")
    }
}

enum BrokerList {
    static func text(_ brokers: [Int32]) -> String { brokers.map(String.init).joined(separator: ",") }
}
