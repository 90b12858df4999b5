/// Where the leases of clusters are kept.
///
/// A store only compares and replaces; who may do what is decided by the caller, on what the store holds at that instant.
package protocol LeaseStore: Sendable {
    /// For people: `/run/lock/opsrun`, `topic opsrun-lock`.
    var place: String { get }

    /// How often a holder looks whether the lease was taken from it; nil: only when it renews it.
    var lookInterval: Duration? { get }

    /// The newest lease, whatever its state; nil: there never was one. Throws `RecordFailure` or `StepFailure`.
    func lease(of clusterID: String) async throws -> Lease?

    /// Replaces the lease by what `decide` makes of the present one, so that nobody comes in between; nothing is written where
    /// that is nil. `decide` may be called more than once. Throws as `lease` does: what was to be written may stand there then.
    func replace(
        _ clusterID: String, _ decide: @escaping @Sendable (Lease?) -> Lease?
    ) async throws -> LeaseChange
}

/// What a replacement found and left.
package struct LeaseChange: Sendable, Hashable {
    package var before: Lease?
    /// Nil: nothing was written.
    package var after: Lease?

    package init(before: Lease?, after: Lease?) {
        self.before = before
        self.after = after
    }
}
