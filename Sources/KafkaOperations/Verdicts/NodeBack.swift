package import KafkaAdmin
package import Values

/// What is known of one node, asked of itself on a new connection and of others.
package struct NodeFacts: Sendable {
    package var node: Int32
    /// ApiVersions of a connection made for this; nil: it did not answer, and `silence` says why.
    package var versions: NodeVersions?
    package var silence: String?
    /// Nobody listens at its port; silence for another reason is not this.
    package var isRefused = false
    /// The cluster does not know where it is.
    package var isUnlisted = false
    /// What each of up to two other reachable brokers says of it: nil: not listed.
    package var peers: [(peer: Int32, listing: BrokerInfo?)]
    /// Brokers that would be asked about it and did not answer.
    package var silentPeers: [Int32]
    package var quorum: QuorumDescription?
    /// Why the quorum is unknown; nil when it is known.
    package var quorumProblem: String?
    /// It votes and is no broker.
    package var isControllerOnly: Bool
    /// Its log directories; nil: not asked, or not answered.
    package var logDirectories: [LogDirectory]?

    package init(
        node: Int32, versions: NodeVersions?, silence: String? = nil, peers: [(peer: Int32, listing: BrokerInfo?)],
        silentPeers: [Int32] = [], quorum: QuorumDescription? = nil, quorumProblem: String? = nil,
        isControllerOnly: Bool = false, logDirectories: [LogDirectory]? = nil
    ) {
        self.node = node
        self.versions = versions
        self.silence = silence
        self.peers = peers
        self.silentPeers = silentPeers
        self.quorum = quorum
        self.quorumProblem = quorumProblem
        self.isControllerOnly = isControllerOnly
        self.logDirectories = logDirectories
    }
}

/// Whether a node is back: not that something is listening, but that it answers and the others take it for a member.
///
/// 1. It answers on a connection made for this question: from 3.5 on a broker opens its listeners only once it was
///    unfenced.
/// 2. Two other brokers (one, where there is only one) list it unfenced; after a kill a node stays listed for its whole
///    session timeout, so presence alone proves nothing.
/// 3. Its copy of the metadata log is caught up (DescribeQuorum), else it still shows its old picture of the cluster. A
///    quorum that cannot be asked, or has no leader, does not say so.
/// 4. None of its log directories is offline, and its release is the wanted one where one is wanted. A dedicated
///    controller: its own listener answers and the quorum counts it as a caught-up voter.
package struct NodeBack: Sendable {
    package var reasons: [String] = []
    package var asExpected = true
    package var release: Version?
    /// Grows as long as its process reads the metadata log: while it recovers its partitions and answers nobody, and while
    /// it catches up. Nil once that is over: the metadata log grows all the time, and what is still wrong then (the
    /// release, a directory) does not get better by it.
    package var progress: Int64?

    package var passes: Bool { reasons.isEmpty }
    package var isRegistered = false
    package var isFenced: Bool?

    /// Records of the metadata log that a broker may be behind.
    static let metadataLag: Int64 = 500
    /// How long ago an observer may have been caught up, in milliseconds.
    static let observerCaughtUpWithin: Int64 = 10_000

    package static func evaluate(_ facts: NodeFacts, expect: Version? = nil) -> NodeBack {
        var verdict = NodeBack()
        let node = facts.node
        let replica = facts.quorum.flatMap { quorum in (quorum.voters + quorum.observers).first { $0.id == node } }
        let isComing = facts.versions == nil || replica.map { facts.quorum?.isNearHead($0) == false } == true
        verdict.progress = isComing ? replica.map(\.logEndOffset) : nil
        if facts.versions == nil {
            var reason = "node \(node) does not answer: \(facts.silence ?? "no connection")"
            if replica?.lastFetch != nil { reason += " (its process reads the metadata log: it may be recovering)" }
            verdict.reasons.append(reason)
        }
        if facts.isControllerOnly { verdict.judgeVoter(facts, replica) } else { verdict.judgeBroker(facts, replica) }
        for directory in facts.logDirectories ?? [] where directory.error != nil {
            verdict.reasons.append("node \(node) has taken its log directory \(directory.path) offline")
        }
        verdict.release = facts.versions.flatMap { KafkaRelease.line(ofLevel: $0.metadataLevel) }
        if let expect {
            verdict.asExpected =
                facts.versions.map { KafkaRelease.agrees(expect, withLevel: $0.metadataLevel) } ?? false
            if !verdict.asExpected, let versions = facts.versions {
                let runs = KafkaRelease.describe(level: versions.metadataLevel)
                verdict.reasons.append("node \(node) runs \(runs), wanted is \(expect)")
            }
        }
        return verdict
    }

    private mutating func judgeBroker(_ facts: NodeFacts, _ replica: QuorumDescription.Replica?) {
        let node = facts.node
        isRegistered = !facts.peers.isEmpty && facts.peers.allSatisfy { $0.listing != nil }
        isFenced = facts.peers.compactMap { $0.listing?.isFenced }.reduce(nil) { $0 == true || $1 }
        let wanted = min(NodeFactReader.peers, facts.peers.count + facts.silentPeers.count)
        if facts.peers.count < wanted {
            let names = facts.silentPeers.map(String.init).joined(separator: ", ")
            let who = facts.peers.isEmpty ? "no other broker says" : "only broker \(facts.peers[0].peer) says"
            reasons.append("\(who) whether node \(node) is back (no answer: \(names))")
        }
        for (peer, listing) in facts.peers {
            guard let listing else {
                reasons.append("broker \(peer) does not list node \(node)")
                continue
            }
            if listing.isFenced == true { reasons.append("broker \(peer) lists node \(node) as fenced") }
        }
        guard let versions = facts.versions, versions.apis[UpgradePath.describeQuorumKey] != nil else { return }
        guard let quorum = facts.quorum else {
            reasons.append("the quorum cannot be read" + (facts.quorumProblem.map { ": \($0)" } ?? ""))
            return
        }
        guard quorum.hasLeader else {
            reasons.append(Self.leaderless)
            return
        }
        guard let replica else {
            reasons.append("the quorum does not see node \(node) reading the metadata log")
            return
        }
        if !quorum.isNearHead(replica) {
            reasons.append("node \(node) is \(quorum.lag(of: replica)) records behind in the metadata log")
        }
    }

    private static let leaderless = "the quorum has no leader: an election is going on"

    private mutating func judgeVoter(_ facts: NodeFacts, _ replica: QuorumDescription.Replica?) {
        let node = facts.node
        guard let quorum = facts.quorum else {
            reasons.append("the quorum cannot be read" + (facts.quorumProblem.map { ": \($0)" } ?? ""))
            return
        }
        isRegistered = quorum.voters.contains { $0.id == node }
        if quorum.leaderID < 0 { reasons.append(Self.leaderless) }
        guard let replica, isRegistered else {
            reasons.append("node \(node) is not a voter of the quorum")
            return
        }
        if quorum.leaderID >= 0 && !quorum.isCaughtUp(replica) {
            reasons.append("voter \(node) is \(quorum.lag(of: replica)) records behind the leader")
        }
    }
}

extension NodeFacts {
    /// The quorum has a leader, which is not this node and has not heard of it for longer than a follower may be silent.
    var isLostToQuorum: Bool {
        guard let quorum, quorum.hasLeader, quorum.leaderID != node else { return false }
        guard let replica = (quorum.voters + quorum.observers).first(where: { $0.id == node }) else { return true }
        return !quorum.isCaughtUp(replica)
    }
}

extension QuorumDescription {
    var hasLeader: Bool { leaderID >= 0 }

    /// A broker's own copy of the metadata log is near its end.
    func isNearHead(_ replica: Replica) -> Bool {
        if replica.id == leaderID || isCaughtUp(replica) { return true }
        guard lag(of: replica) <= NodeBack.metadataLag else { return false }
        guard let leader = voters.first(where: { $0.id == leaderID })?.lastCaughtUp, let own = replica.lastCaughtUp
        else { return true }
        return leader &- own < NodeBack.observerCaughtUpWithin
    }
}
