import EventLoop
import RunEngine

/// Leases in files, until a test says that nothing reaches them any more.
final class FailingLeaseStore: LeaseStore {
    let fails = Locked(false)
    private let files: FileLeaseStore

    init(_ files: FileLeaseStore, fails: Bool = false) {
        self.files = files
        self.fails.withLock { $0 = fails }
    }

    var place: String { files.place }
    var lookInterval: Duration? { nil }

    func lease(of clusterID: String) async throws -> Lease? { try files.lease(of: clusterID) }

    func replace(
        _ clusterID: String, _ decide: @escaping @Sendable (Lease?) -> Lease?
    ) async throws -> LeaseChange {
        if fails.withLock({ $0 }) { throw StepFailure(.unreachable, "no route to it") }
        return try files.replace(clusterID, decide)
    }
}
