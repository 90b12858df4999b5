import KafkaAdmin
import RunEngine
import Values

/// Tells a node that has died after its start from one that is slow, look by look.
///
/// A start that ended well proves nothing: a supervisor or a script that puts the broker into the background says 0 and
/// the process dies a second later. A process that recovers its log runs, and reads the metadata log all the while.
/// 1. Signs of life, which make all the rest void: the node answers, leads the quorum, or has read the metadata log
/// since the last look.
/// 2. Dead: its lifecycle says for `lifeless` that no process runs and none is about to be started.
/// 3. Dead: its supervisor has started it anew `restartLimit` times meanwhile.
/// 4. Dead, where the lifecycle cannot tell: for `silence`, nobody has listened at its port and the quorum, which has a
/// leader, has not heard of it. A quorum that cannot be asked proves nothing.
struct DeathWatch: Sendable {
    /// A pid file may be written after the script that starts the process has ended.
    static let lifeless: Duration = .seconds(5)
    static let restartLimit = 3
    /// A Java process on a busy machine needs seconds until its first fetch.
    static let silence: Duration = .seconds(90)

    /// What the quorum knows of the node's last fetch.
    private struct Fetch: Equatable {
        var epoch: Int32
        var time: Int64?
        var end: Int64?
    }

    private var fetch: Fetch?
    private var deadSince: Duration?
    private var silentSince: Duration?
    private var starts: Set<String> = []

    /// Why the node is known to be dead; nil when it is not known. `process` nil: the lifecycle cannot tell.
    mutating func note(_ facts: NodeFacts, _ process: BrokerProcess?, at now: Duration) -> String? {
        if let start = process?.invocation { starts.insert(start) }
        if starts.count > Self.restartLimit {
            return "its process has ended and been started anew \(starts.count - 1) times"
        }
        if isAlive(facts) {
            deadSince = nil
            silentSince = nil
            return nil
        }
        if let process {
            silentSince = nil
            guard !process.isRunning, !process.isComing else {
                deadSince = nil
                return nil
            }
            let since = deadSince ?? now
            deadSince = since
            guard now - since >= Self.lifeless else { return nil }
            return "its process does not run" + (process.state.map { $0.isEmpty ? "" : " (\($0))" } ?? "")
        }
        deadSince = nil
        guard facts.isRefused || facts.isUnlisted, facts.quorum?.hasLeader == true else {
            silentSince = nil
            return nil
        }
        let since = silentSince ?? now
        silentSince = since
        guard now - since >= Self.silence else { return nil }
        return "nobody listens at its port, and the quorum has not heard of it for \(Self.silence.text)"
    }

    private mutating func isAlive(_ facts: NodeFacts) -> Bool {
        if facts.versions != nil { return true }
        guard let quorum = facts.quorum, quorum.hasLeader else { return false }
        if quorum.leaderID == facts.node { return true }
        let replica = (quorum.voters + quorum.observers).first { $0.id == facts.node }
        let seen = Fetch(epoch: quorum.leaderEpoch, time: replica?.lastFetch, end: replica?.logEndOffset)
        guard let before = fetch else {
            fetch = seen
            return false
        }
        fetch = seen
        // Another leader knows other times: what it says can only be compared with what it says next.
        if before.epoch != seen.epoch { return true }
        if let time = seen.time, time > before.time ?? .min { return true }
        if let end = seen.end, end > before.end ?? .min { return true }
        return false
    }
}
