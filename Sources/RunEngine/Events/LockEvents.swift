package import Values

/// The run has the lock of a cluster.
package struct LockTaken: EventPart {
    package var cluster = ""
    package var clusterID = ""
    package var store = ""
    package var epoch = 0
    package var length: Duration = .zero
    package var expires: Timestamp?
    /// Whose it was, where nobody had given it back: `run … of …`.
    package var former: String?
    /// Why it is not kept where the inventory says.
    package var instead: String?

    package init() {}

    package mutating func fields(_ coder: inout some EventCoder) {
        coder.field("cluster", &cluster)
        coder.field("cluster_id", &clusterID)
        coder.field("store", &store)
        coder.field("epoch", &epoch)
        coder.field("length_ms", &length)
        coder.field("expires", &expires)
        coder.field("former", &former)
        coder.field("instead", &instead)
    }
}

/// The run does not have the lock of a cluster any more: nothing new is begun.
package struct LockLost: EventPart {
    package var cluster = ""
    package var reason = ""
    /// Steps that were under way: what they had sent may still land.
    package var underWay: [String] = []

    package init() {}

    package mutating func fields(_ coder: inout some EventCoder) {
        coder.field("cluster", &cluster)
        coder.field("reason", &reason)
        coder.field("under_way", &underWay)
    }
}
