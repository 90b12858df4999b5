package import KafkaAdmin

/// Whether the controllers keep their majority when some nodes stop.
///
/// A voter counts when it is not one of those nodes and caught up: within 2 s of the leader
/// (`controller.quorum.fetch.timeout.ms`), by the leader's own clock. With three or more voters a majority must be left
/// ((N + 2) / 2, Strimzi's rule); with two, the other one must be caught up; a single voter may stop, since nothing
/// better is possible, and that is said. Nodes that do not vote take nothing away.
package struct QuorumSurvival: Sendable, Hashable {
    package var survives: Bool
    package var reason: String?
    package var note: String?

    package init(survives: Bool, reason: String?, note: String?) {
        self.survives = survives
        self.reason = reason
        self.note = note
    }

    /// A voter may be this far behind its leader, in milliseconds.
    package static let caughtUpWithin: Int64 = 2000

    package static func evaluate(_ facts: ClusterFacts, stopping nodes: Set<Int32>) -> QuorumSurvival {
        if let problem = facts.quorumProblem {
            return QuorumSurvival(survives: false, reason: "the quorum cannot be read: \(problem)", note: nil)
        }
        guard let quorum = facts.quorum else {
            return QuorumSurvival(survives: true, reason: nil, note: "the cluster has no KRaft quorum")
        }
        guard quorum.leaderID >= 0 else {
            return QuorumSurvival(
                survives: false, reason: "the quorum has no leader: an election is going on", note: nil)
        }
        let voters = quorum.voters.map(\.id)
        guard voters.contains(where: nodes.contains) else {
            return QuorumSurvival(survives: true, reason: nil, note: nil)
        }
        let left = quorum.voters.filter { !nodes.contains($0.id) && quorum.isCaughtUp($0) }.count
        let count = voters.count
        switch count {
        case 1:
            return QuorumSurvival(
                survives: true, reason: nil, note: "the quorum has one voter: there is no controller while it is down")
        case 2:
            if left >= 1 {
                return QuorumSurvival(
                    survives: true, reason: nil,
                    note: "the quorum has two voters: there is no controller while one of them is down")
            }
            return QuorumSurvival(
                survives: false, reason: "the other voter of the quorum is not caught up or would stop too", note: nil)
        default:
            let needed = (count + 2) / 2
            guard left < needed else { return QuorumSurvival(survives: true, reason: nil, note: nil) }
            return QuorumSurvival(
                survives: false,
                reason: "\(left) of \(count) voters would be left caught up, the quorum needs \(needed)", note: nil)
        }
    }
}

extension QuorumDescription {
    /// By the leader's clock; the leader itself always is. False when it is not known.
    package func isCaughtUp(_ replica: Replica) -> Bool {
        if replica.id == leaderID { return true }
        guard let leader = voters.first(where: { $0.id == leaderID })?.lastCaughtUp, let own = replica.lastCaughtUp,
            own >= 0
        else { return false }
        return leader &- own < QuorumSurvival.caughtUpWithin
    }

    /// How far behind the leader's log end it is.
    package func lag(of replica: Replica) -> Int64 {
        let end = voters.first { $0.id == leaderID }?.logEndOffset ?? highWatermark
        return max(0, end &- replica.logEndOffset)
    }
}
