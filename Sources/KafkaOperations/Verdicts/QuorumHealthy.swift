package import KafkaAdmin

/// Whether the quorum has a leader and every voter is within 2 s of it.
package struct QuorumHealthy: Sendable {
    package var reasons: [String]
    package var majorityCaughtUp: Bool

    package var passes: Bool { reasons.isEmpty }

    package static func evaluate(_ quorum: QuorumDescription) -> QuorumHealthy {
        let behind = quorum.voters.filter { !quorum.isCaughtUp($0) }
        let caughtUp = quorum.voters.count - behind.count
        var reasons: [String] = []
        if quorum.leaderID < 0 { reasons.append("the quorum has no leader: an election is going on") }
        if quorum.voters.isEmpty { reasons.append("the quorum names no voters") }
        if quorum.leaderID >= 0 {
            for voter in behind {
                reasons.append("voter \(voter.id) is not caught up: \(quorum.lag(of: voter)) records behind")
            }
        }
        return QuorumHealthy(
            reasons: BoundedList.lines(reasons),
            majorityCaughtUp: quorum.leaderID >= 0 && caughtUp > quorum.voters.count / 2)
    }
}
