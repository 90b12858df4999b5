internal import KafkaAdmin
package import KafkaOperations
internal import RunEngine
package import Values

/// `opsrun health`: every partition in the worst view of all brokers, and the quorum. The verdicts are those of the gates
/// `kafka.cluster_health` and `kafka.quorum_healthy`.
package struct HealthLook: LookModel {
    private let health: ClusterHealth
    private let reasons: [String]

    static let partitions = ValueType.records(of: .init("topic", .string), .init("partition", .int))

    package static let schema = RecordType([
        .init("passes", .bool, "the verdict"), .init("reasons", .list(.string), "why it does not pass"),
        .init("views_agree", .bool, "all brokers see the same"),
        .init("without_leader", partitions), .init("under_min_isr", partitions, "refuse acks=all"),
        .init("at_min_isr", partitions, "one more loss makes them refuse acks=all"),
        .init(
            "under_replicated",
            .records(
                of: .init("topic", .string), .init("partition", .int),
                .init("missing", .list(.int), "brokers whose replica is behind"))),
        .init(
            "silent_brokers", .records(of: .init("broker", .int), .init("problem", .string)),
            "listed, and without an answer"),
        .init("unreadable_topics", .list(.string)),
    ])

    static func read(_ reader: any ClusterReader) async throws(LookFailure) -> HealthLook {
        do throws(StepFailure) {
            return HealthLook(try await ClusterFactReader(reader).gather(quorum: true, disclosed: []))
        } catch {
            throw LookFailure(error)
        }
    }

    package init(_ facts: ClusterFacts) {
        health = ClusterHealth.evaluate(facts)
        var reasons = health.reasons
        if let quorum = facts.quorum { reasons += QuorumHealthy.evaluate(quorum).reasons }
        if let problem = facts.quorumProblem { reasons.append("the quorum cannot be described: \(problem)") }
        self.reasons = reasons
    }

    var passes: Bool { reasons.isEmpty }

    package var document: ValueMap {
        func list(_ partitions: [TopicPartition]) -> Value {
            .list(
                partitions.sorted().map { ["topic": .string($0.topic), "partition": .int(Int64($0.partition))] })
        }
        return [
            "passes": .bool(passes), "reasons": .strings(reasons), "views_agree": .bool(health.viewsAgree),
            "without_leader": list(health.offline), "under_min_isr": list(health.underMinISR),
            "at_min_isr": list(health.atMinISR),
            "under_replicated": .list(
                health.underReplicated.sorted { $0.partition < $1.partition }.map { lagging in
                    [
                        "topic": .string(lagging.partition.topic),
                        "partition": .int(Int64(lagging.partition.partition)),
                        "missing": .nodes(lagging.missing.sorted()),
                    ]
                }),
            "silent_brokers": .list(
                health.silent.sorted { $0.node < $1.node }.map {
                    ["broker": .int(Int64($0.node)), "problem": .string($0.problem)]
                }),
            "unreadable_topics": .strings(health.unreadable.keys.sorted()),
        ]
    }

    package var tables: [LookTable] {
        var rows = [
            ("verdict", passes ? "healthy" : "not healthy"), ("without leader", "\(health.offline.count)"),
            ("under min ISR", "\(health.underMinISR.count)"), ("at min ISR", "\(health.atMinISR.count)"),
            ("under-replicated", "\(health.underReplicated.count)"),
            ("views agree", LookCells.yes(health.viewsAgree)),
        ]
        if !health.silent.isEmpty { rows.append(("silent brokers", LookCells.ids(health.silent.map(\.node).sorted()))) }
        let facts = LookTable.facts(rows.map { (name: $0.0, value: $0.1) })
        guard !reasons.isEmpty else { return [facts] }
        return [facts, LookTable("Reasons", columns: [.init("")], rows: reasons.map { [$0] })]
    }

    /// One line, for the overview of a cluster.
    var summary: String {
        passes ? "healthy" : "not healthy: \(reasons.count == 1 ? reasons[0] : "\(reasons.count) reasons")"
    }

    package var names: [String] { reasons }

    /// A broker that does not answer is what this looks for, not a failure to look.
    package var problems: [String] { [] }
}
