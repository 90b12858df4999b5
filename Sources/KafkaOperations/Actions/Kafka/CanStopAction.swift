import EventLoop
import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Answers whether some nodes may be stopped together.
///
/// 1. Facts: `ClusterFactReader`, with the quorum, and once for every broker that no topic is hidden from us.
/// 2. What this run holds down already is added to the question: two brokers may each be safe to stop and together not.
/// 3. Verdict: `CanStop`.
struct CanStopAction: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.can_stop",
        summary: "Tell whether some nodes may be stopped together",
        details: """
            Asked about a whole batch, and about what this run already holds down. Partitions with no more replicas than \
            min.insync.replicas become unavailable at any stop: they block unless their topic is named in accept_unavailability. \
            Silent brokers, unreadable topics, brokers that disagree, and moves to or from one of the nodes block too.
            """,
        parameters: [
            .init("nodes", .list(.int), "Node ids, all of them at once"),
            .init(
                "accept_unavailability", .list(.string), default: .list([]),
                "Topics (globs too) that may become unavailable because they have too few replicas"),
        ],
        result: .gate(
            .init(
                "blocking_partitions",
                .listOf(
                    .init("topic", .string), .init("partition", .int),
                    .init("class", .string, "leaderless, under_min_isr, rf_le_min_isr or only_replica"),
                    .init("reason", .string)), "Those that forbid it, and why"),
            .init("accepted", .parts, "Become unavailable, as accepted"),
            .init("quorum_survives", .bool, "Whether a majority of the voters is left"),
            .init(
                "margin", .optional(.int),
                "The smallest number of in-sync replicas above min.insync.replicas that is left; null: no partition is touched"
            ),
            .init("notes", .list(.string), "What is worth knowing and forbids nothing")),
        effect: .read, target: .cluster,
        example: """
            - name: Broker 1 can be stopped
              gate:
                kafka.can_stop: {nodes: [1]}
                interval: 5s
                timeout: 20m
            """,
        isGate: true, shorthand: "nodes")

    private let nodes: Set<Int32>
    private let accepting: [String]
    private let permits: RestartPermits
    /// Brokers that have said what they hold on disk, when nothing of it was hidden from us.
    private let disclosed = Locked(Set<Int32>())

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        nodes = Set(try arguments.nodes("nodes") ?? [])
        guard !nodes.isEmpty else { throw arguments.failure("kafka.can_stop needs at least one node") }
        accepting = try arguments.texts("accept_unavailability") ?? []
        permits = services.permits
    }

    func read(in context: ReadContext) async throws -> ActionOutcome {
        let reader = try context.requireCluster(for: Self.reference.name)
        let known = disclosed.withLock { $0 }
        let facts = try await ClusterFactReader(reader).gather(quorum: true, disclosed: known)
        if facts.hidesNothing { disclosed.withLock { $0.formUnion(facts.listed) } }
        let held = await permits.heldDown(in: context.clusterSettings?.name ?? "")
        let verdict = CanStop.evaluate(facts, nodes: nodes, heldDown: held, accepting: accepting)
        return ActionOutcome(.ok, result: Self.result(verdict))
    }

    static func result(_ verdict: CanStop) -> ValueMap {
        gateResult(
            passes: verdict.passes, reasons: verdict.reasons, progress: -Int64(verdict.blocking.count),
            [
                "blocking_partitions": .list(
                    verdict.blocking.prefix(ClusterHealthAction.listLimit).map { blocking in
                        [
                            "topic": .string(blocking.partition.topic),
                            "partition": .int(Int64(blocking.partition.partition)),
                            "class": .string(blocking.class.rawValue), "reason": .string(blocking.reason),
                        ]
                    }),
                "accepted": .list(verdict.accepted.prefix(ClusterHealthAction.listLimit).map(\.value)),
                "quorum_survives": .bool(verdict.quorum.survives),
                "margin": .optional(verdict.margin.map(Int64.init)), "notes": .texts(verdict.notes),
            ])
    }
}
