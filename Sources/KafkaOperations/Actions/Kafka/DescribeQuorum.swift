import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Describes the quorum of the controllers. Verdict: `QuorumHealthy`.
struct DescribeQuorum: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.describe_quorum",
        summary: "Describe the quorum of the controllers",
        details: """
            Passes when there is a leader and every voter is within 2 s of it, by the leader's own clock. A cluster on ZooKeeper has \
            no quorum: the step fails and says so.
            """,
        result: .gate(
            .init("leader_id", .int, "-1 during an election"), .init("epoch", .int, "Of the leader"),
            .init(
                "kraft_version", .optional(.int),
                "0: fixed voters; 1: voters may come and go; null when no broker could be asked"),
            .init("dynamic", .optional(.bool), "Voters can be added and removed; null as kraft_version"),
            .init(
                "voters", .listOf(.init("id", .int), .init("lag", .int), .init("caught_up", .bool)),
                "With how far each is behind"),
            .init(
                "observers", .listOf(.init("id", .int), .init("lag", .int), .init("caught_up", .bool)),
                "With how far each is behind"),
            .init("majority_caught_up", .bool, "Whether a majority of the voters keeps up")),
        effect: .read, target: .cluster,
        example: """
            - gate: {kafka.describe_quorum: {}, interval: 2s, timeout: 1m}
            """,
        isGate: true)

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {}

    func read(in context: ReadContext) async throws -> ActionOutcome {
        let reader = try context.requireCluster(for: Self.reference.name)
        let quorum = try await Self.quorum(reader)
        let verdict = QuorumHealthy.evaluate(quorum)
        let kraft = await kraftVersion(reader)
        func records(_ replicas: [QuorumDescription.Replica]) -> Value {
            .list(
                replicas.sorted { $0.id < $1.id }.map { replica in
                    [
                        "id": .int(Int64(replica.id)), "lag": .int(quorum.lag(of: replica)),
                        "caught_up": .bool(quorum.isCaughtUp(replica)),
                    ]
                })
        }
        var progress: Int64 = 0
        for voter in quorum.voters { progress &+= voter.logEndOffset }
        return ActionOutcome(
            .ok,
            result: gateResult(
                passes: verdict.passes, reasons: verdict.reasons, progress: progress,
                [
                    "leader_id": .int(Int64(quorum.leaderID)), "epoch": .int(Int64(quorum.leaderEpoch)),
                    "kraft_version": .optional(kraft), "dynamic": kraft.map { .bool($0 >= 1) } ?? .null,
                    "voters": records(quorum.voters),
                    "observers": records(quorum.observers), "majority_caught_up": .bool(verdict.majorityCaughtUp),
                ]))
    }

    /// By way of a broker; where that fails, of a controller's own listener.
    static func quorum(_ reader: any ClusterReader) async throws(StepFailure) -> QuorumDescription {
        do throws(KafkaError) { return try await reader.describeQuorum() } catch {
            if let answer = try? await reader.describeQuorumFromControllers() { return answer }
            throw StepFailure(error, doing: "the quorum cannot be described")
        }
    }

    /// Nil when nobody could be asked.
    private func kraftVersion(_ reader: any ClusterReader) async -> Int64? {
        guard let brokers = try? await reader.describeCluster(includeFenced: false, from: .any).brokers else {
            return nil
        }
        for broker in brokers {
            guard let versions = try? await reader.versions(of: broker.id) else { continue }
            return Int64(versions.finalizedFeatures.first { $0.name == "kraft.version" }?.maximum ?? 0)
        }
        return nil
    }
}
