import KafkaAdmin
import RunEngine

/// Whether a node may be stopped now: `CanStop` for what this run holds down plus itself, at the moment it acts.
///
/// Two exceptions, neither of which takes anything away: a broker that no broker counts as in sync anywhere, and one
/// that this run stopped and that does not answer (a rollback starts it again). The quorum's part has no exception but
/// for a voter that is not caught up. What cannot be read is never a permit.
package struct StopPermit: Sendable {
    package var isGranted: Bool
    /// Why, for the record.
    package var grounds: String
    package var reasons: [String] = []
    /// Refused only because brokers do not agree yet, as they do while another one of the batch goes: worth another look.
    package var isSettling = false
    /// Nothing stands against it but topics that have too few replicas for any stop.
    package var needsAcceptance = false

    /// `accepting`: topics (globs too) that may become unavailable because they have too few replicas.
    package static func evaluate(
        _ facts: ClusterFacts, node: Int32, heldDown: Set<Int32>, accepting: [String] = []
    ) -> StopPermit {
        let verdict = CanStop.evaluate(facts, nodes: [node], heldDown: heldDown, accepting: accepting)
        if verdict.passes {
            let margin = verdict.margin.map { ", \($0) above min.insync.replicas at the least" } ?? ""
            let accepted =
                verdict.accepted.isEmpty
                ? "" : "; unavailable meanwhile, as accepted: \(ClusterHealth.names(verdict.accepted))"
            return StopPermit(
                isGranted: true, grounds: "every partition stays at min.insync.replicas\(margin)\(accepted)")
        }
        let quorumHolds = verdict.quorum.survives || isIdleVoter(facts, node)
        if quorumHolds && isOutOfEveryISR(facts, node, heldDown) {
            return StopPermit(isGranted: true, grounds: "it is out of every ISR already")
        }
        let mayBeAccepted = verdict.blocking.allSatisfy { $0.class == .onlyReplica || $0.class == .atMostMinISR }
        return StopPermit(
            isGranted: false, grounds: "refused", reasons: verdict.reasons, isSettling: verdict.isSettling,
            needsAcceptance: verdict.doubts.isEmpty && verdict.quorum.survives && mayBeAccepted)
    }

    /// No broker that answers counts it as in sync, every topic can be read, and at least one other broker answers.
    static func isOutOfEveryISR(_ facts: ClusterFacts, _ node: Int32, _ heldDown: Set<Int32>) -> Bool {
        let others = facts.views.filter { $0.node != node && $0.snapshot != nil }
        guard !others.isEmpty, facts.unreadable.isEmpty,
            facts.withholding(besides: heldDown, stopping: [node]).isEmpty
        else { return false }
        for snapshot in facts.views.compactMap(\.snapshot) {
            guard snapshot.topics.allSatisfy({ $0.error == nil }) else { return false }
            for partition in snapshot.partitions where snapshot.inSync(of: partition).contains(node) { return false }
        }
        return true
    }

    private static func isIdleVoter(_ facts: ClusterFacts, _ node: Int32) -> Bool {
        guard let quorum = facts.quorum, quorum.leaderID >= 0,
            let voter = quorum.voters.first(where: { $0.id == node })
        else { return false }
        return !quorum.isCaughtUp(voter)
    }
}
