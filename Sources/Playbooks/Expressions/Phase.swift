/// When a value becomes known.
package enum Phase: String, Sendable, Hashable, Comparable, CaseIterable {
    /// From the files and parameters alone.
    case load
    /// When a plan has read the cluster and the hosts.
    case plan
    /// Only while the run goes on ("known at run").
    case run

    private var order: Int {
        switch self {
        case .load: 0
        case .plan: 1
        case .run: 2
        }
    }

    package static func < (left: Phase, right: Phase) -> Bool { left.order < right.order }
}
