/// `lock` of a cluster in the inventory: where its lock is kept, and for how long it holds without being renewed.
package struct ClusterLockSettings: Sendable, Hashable {
    package enum Store: String, Sendable, CaseIterable {
        /// A file of the machine, or of a folder that several machines share.
        case file
        /// A topic of the cluster itself.
        case kafka
    }

    package var store = Store.file
    /// The shared folder; nil: the machine's own.
    package var path: String?
    package var lease = ClusterLockSettings.defaultLease

    package init() {}

    package static let defaultLease = Duration.seconds(60)
    /// Shorter ones would be lost to a busy machine, longer ones keep a cluster locked behind a holder that died.
    package static let leases = Duration.seconds(2)...Duration.seconds(3600)
}
