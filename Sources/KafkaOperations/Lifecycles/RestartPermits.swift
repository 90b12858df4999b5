package import RunEngine

/// Who this run holds down and whom it has touched, per cluster, and the one door through which a broker may be stopped.
///
/// An actor because steps of several hosts ask at the same time, and the answer for one must count the others:
/// questions about one cluster are answered one after the other, each knowing what was granted before.
package actor RestartPermits {
    private var held: [String: Set<Int32>] = [:]
    private var touched: [String: Set<Int32>] = [:]
    private var busy: Set<String> = []
    private var waiting: [String: [CheckedContinuation<Void, Never>]] = [:]

    package init() {}

    /// Nodes that were stopped, or are about to be, and are not proven back.
    package func heldDown(in cluster: String) -> Set<Int32> { held[cluster] ?? [] }

    /// Asks `verdict` with what is held down besides the node, and whether the node itself is; when it does not throw,
    /// the node is held down from then on.
    package func acquire(
        _ node: Int32, in cluster: String,
        _ verdict: @Sendable (_ others: Set<Int32>, _ isHeld: Bool) async throws(StepFailure) -> Void
    ) async throws(StepFailure) {
        await enter(cluster)
        defer { leave(cluster) }
        let now = held[cluster] ?? []
        try await verdict(now.subtracting([node]), now.contains(node))
        held[cluster, default: []].insert(node)
    }

    /// The node is proven back, or was never stopped.
    package func release(_ node: Int32, in cluster: String) { held[cluster]?.remove(node) }

    /// This run begins to stop or start the node; true when it had done so before.
    package func touch(_ node: Int32, in cluster: String) -> Bool {
        !touched[cluster, default: []].insert(node).inserted
    }

    /// The attempt left the process as it was.
    package func forgetTouch(of node: Int32, in cluster: String) { touched[cluster]?.remove(node) }

    /// Whether this run has stopped or started the node, or tried to.
    package func isTouched(_ node: Int32, in cluster: String) -> Bool { touched[cluster]?.contains(node) == true }

    /// What a run did before it was resumed by this process.
    package func restore(heldDown: Set<Int32>, touched: Set<Int32>, in cluster: String) {
        held[cluster, default: []].formUnion(heldDown)
        self.touched[cluster, default: []].formUnion(touched)
    }

    private func enter(_ cluster: String) async {
        if busy.insert(cluster).inserted { return }
        await withCheckedContinuation { turn in
            // A task may be suspended on the way into this closure, and who was inside has left.
            if busy.insert(cluster).inserted { return turn.resume() }
            waiting[cluster, default: []].append(turn)
        }
    }

    /// Hands the door to the next in line, if there is one.
    private func leave(_ cluster: String) {
        guard waiting[cluster]?.isEmpty == false, let next = waiting[cluster]?.removeFirst() else {
            busy.remove(cluster)
            return
        }
        next.resume()
    }
}
