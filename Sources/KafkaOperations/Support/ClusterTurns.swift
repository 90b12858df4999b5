import RunEngine

/// Lets steps of one run look at something and change it one after the other, cluster by cluster: of two hosts that set one
/// throttle at the same time, the second one sees what the first one has set, and not what was there before both.
package actor ClusterTurns {
    private var busy: Set<String> = []
    private var waiting: [String: [CheckedContinuation<Void, Never>]] = [:]

    package init() {}

    package func take<Success: Sendable>(
        _ cluster: String, _ work: @Sendable () async throws -> Success
    ) async throws -> Success {
        await enter(cluster)
        defer { leave(cluster) }
        return try await work()
    }

    private func enter(_ cluster: String) async {
        if busy.insert(cluster).inserted { return }
        await withCheckedContinuation { turn in
            // A task may be suspended on the way into this closure, and who was inside has left.
            if busy.insert(cluster).inserted { return turn.resume() }
            waiting[cluster, default: []].append(turn)
        }
    }

    /// Hands the turn to the next in line, if there is one.
    private func leave(_ cluster: String) {
        guard waiting[cluster]?.isEmpty == false, let next = waiting[cluster]?.removeFirst() else {
            busy.remove(cluster)
            return
        }
        next.resume()
    }
}
