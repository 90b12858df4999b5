package import KafkaAdmin

/// Everything that a verdict about partitions needs, gathered at one moment: what each broker sees, what is being
/// moved, what each topic demands, and what could not be read. Values only; `ClusterFactReader` gathers them.
package struct ClusterFacts: Sendable {
    /// One broker's answer, or why there is none.
    package struct View: Sendable {
        package var node: Int32
        /// Nil: it did not answer.
        package var snapshot: ClusterSnapshot?
        package var problem: String?

        package init(node: Int32, snapshot: ClusterSnapshot) {
            self.node = node
            self.snapshot = snapshot
            problem = nil
        }

        package init(node: Int32, problem: String) {
            self.node = node
            snapshot = nil
            self.problem = problem
        }
    }

    package var views: [View]
    package var reassignments: [Reassignment]
    /// `min.insync.replicas` in effect, by topic. A topic that is missing here is unreadable.
    package var minInSync: [String: Int]
    /// Topics of which something could not be read, with the reason.
    package var unreadable: [String: String]
    /// Brokers that do not say what they hold on disk, with the reason: a missing right could hide topics from us there.
    package var undisclosed: [Int32: String] = [:]
    /// Brokers that the cluster lists and that are not fenced.
    package var listed: Set<Int32>
    /// Racks of the brokers that say one.
    package var racks: [Int32: String]
    /// Nil: not asked for, or the cluster has no quorum (ZooKeeper).
    package var quorum: QuorumDescription?
    /// Why the quorum is unknown although it should be; nil when it is known or there is none.
    package var quorumProblem: String?

    /// Every broker that is listed has said what it holds, and none of it is hidden from us.
    package var hidesNothing: Bool { unreadable.isEmpty && undisclosed.isEmpty }

    /// Who keeps from us what it holds. Not asked of those that are held down, which count as gone, and of those that
    /// would stop and answer nothing at all: they are judged by what the others hold.
    func withholding(
        besides heldDown: Set<Int32>, stopping nodes: Set<Int32>
    ) -> [(node: Int32, problem: String)] {
        let silent = Set(views.filter { $0.snapshot == nil }.map(\.node)).intersection(nodes)
        return undisclosed.filter { !heldDown.contains($0.key) && !silent.contains($0.key) }
            .sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    package init(
        views: [View], reassignments: [Reassignment] = [], minInSync: [String: Int], unreadable: [String: String] = [:],
        listed: Set<Int32>, racks: [Int32: String] = [:], quorum: QuorumDescription? = nil, quorumProblem: String? = nil
    ) {
        self.views = views
        self.reassignments = reassignments
        self.minInSync = minInSync
        self.unreadable = unreadable
        self.listed = listed
        self.racks = racks
        self.quorum = quorum
        self.quorumProblem = quorumProblem
    }
}
