package import EventLoop
package import Playbooks
import Values

/// One writer per cluster: who writes has the cluster's lease (`Lease`), and renews it as long as it writes.
///
/// What is sent to a cluster carries no token that the cluster could tell an older writer by: calls that were under way when
/// a lease ran out or was taken away may still land. Nothing new is begun then.
package enum ClusterLock {
    /// How often a held lock is tried again.
    package static let pollInterval = Duration.milliseconds(500)

    /// Whom a lock is taken for, and how.
    package struct Request: Sendable {
        package var clusterID: String
        /// As the inventory names it.
        package var cluster: String
        package var holder: LockHolder
        package var claim: LeaseClaim
        package var length: Duration
        package var wait: Duration
        /// Of a holder whose process is gone: it had not begun its run, so that nobody can go on with it.
        package var neverBegan: @Sendable (LockHolder) -> Bool = { _ in false }
        /// Leases of other runs that are under another name of the same cluster: with one of them nothing is taken.
        package var rivals: (@Sendable () async throws -> [Lease])?
        /// Why the lock is kept somewhere else than it should be.
        package var instead: String?

        package init(
            clusterID: String, cluster: String = "", holder: LockHolder, claim: LeaseClaim = .free,
            length: Duration = ClusterLockSettings.defaultLease, wait: Duration = .zero
        ) {
            self.clusterID = clusterID
            self.cluster = cluster.isEmpty ? clusterID : cluster
            self.holder = holder
            self.claim = claim
            self.length = length
            self.wait = wait
        }

        func mayTake(_ present: Lease, at moment: LeaseMoment) -> Bool {
            if claim.mayTake(present, for: holder, at: moment) { return true }
            return present.holder.isGone(from: holder.host, bootID: moment.bootID) && neverBegan(present.holder)
        }
    }

    /// What was taken, and whether it was waited for.
    package struct Taken: Sendable {
        package var lease: HeldLease
        package var hasWaited: Bool
    }

    /// Where the lock of a cluster is kept that has no store of its own.
    package static func files(_ settings: ClusterLockSettings?, _ store: RunStore) -> FileLeaseStore {
        if let path = settings?.path { return FileLeaseStore(folder: path, isShared: true, storage: store.storage) }
        if let folder = store.sharedLockFolder {
            return FileLeaseStore(folder: folder, isShared: true, storage: store.storage)
        }
        return FileLeaseStore(folder: store.lockFolder, isShared: false, storage: store.storage)
    }

    /// Takes the lock, waiting up to `wait` for its holder, and renews it from then on. Throws `refused` that names the
    /// holder. `clock` is what the lease counts by, `time` what the wait does.
    package static func take(
        _ request: Request, in store: any LeaseStore, clock: any TimeSource = BootTimeSource(), time: any TimeSource,
        stopper: Stopper
    ) async throws -> Taken {
        let deadline = time.deadline(after: request.wait)
        let bootID = request.holder.bootID
        var hasWaited = false
        while true {
            let begin = clock.monotonic
            let change = try await store.replace(request.clusterID) { present in
                let moment = LeaseMoment.now(clock, bootID: bootID)
                if let present, !request.mayTake(present, at: moment) { return nil }
                return Lease(
                    clusterID: request.clusterID, cluster: request.cluster, epoch: 0, holder: request.holder,
                    length: request.length, at: moment
                ).following(present)
            }
            var present = change.before
            if let lease = change.after {
                let held = HeldLease(
                    lease, former: change.before.flatMap { $0.state == .held ? $0 : nil }, request, in: store,
                    clock: clock, bootID: bootID, since: begin)
                // Each of two writes its own lease before it looks for the other's: at least one of them sees the other.
                let rival: Lease?
                do { rival = try await request.rivals?().first } catch {
                    await held.release()
                    throw error
                }
                guard let rival else {
                    held.keep()
                    return Taken(lease: held, hasWaited: hasWaited)
                }
                await held.release()
                present = rival
            }
            hasWaited = true
            guard time.monotonic < deadline, !stopper.isStopping else { throw refusal(request, present) }
            _ = await stopper.wait(min(pollInterval, deadline - time.monotonic), on: time)
        }
    }

    private static func refusal(_ request: Request, _ present: Lease?) -> StepFailure {
        guard let present else { return StepFailure(.refused, "the cluster is locked by another run") }
        let holder = present.holder
        var failure = StepFailure(.refused, "the cluster is locked by \(holder.description)")
        if holder.isGone(from: request.holder.host, bootID: request.holder.bootID) {
            failure.causes = ["that process is gone; unless somebody takes it, the lock is free at \(present.expires)"]
            failure.nextAction = "`opsrun resume \(holder.runID)` goes on with that run at once; or wait until then"
        } else {
            failure.nextAction =
                "wait for it to end, or run with a longer `lock: {wait: …}`; `opsrun lock show` says who has it"
        }
        return failure
    }

    // MARK: Breaking

    /// Takes a lock away from whoever has it, after the audit log of the cluster has been told who does it and why. Nil: it
    /// was taken away. Else the lease that stands in its place by now: another one than the one that was to be broken.
    package static func breakLock(
        _ lease: Lease, in store: any LeaseStore, by breaking: Lease.Breaking, audit: RunStore
    ) async throws -> Lease? {
        try record(lease, store.place, breaking, in: audit)
        let change = try await store.replace(lease.clusterID) { present in
            guard var next = present, next.epoch == lease.epoch, next.holder.runID == lease.holder.runID,
                next.state == .held
            else { return nil }
            next.epoch += 1
            next.state = .broken
            next.breaking = breaking
            return next
        }
        return change.after == nil ? change.before : nil
    }

    private static func record(
        _ lease: Lease, _ place: String, _ breaking: Lease.Breaking, in store: RunStore
    ) throws(RecordFailure) {
        do throws(SystemError) {
            try store.storage.makeFolders(store.auditFolder)
        } catch {
            throw RecordFailure(what: "audit log", error)
        }
        var log = AuditLog(path: store.auditPath(clusterID: lease.clusterID), storage: store.storage)
        var writer = EventWriter()
        var stamp: Timestamp? = breaking.at
        var type = "lock_broken"
        var (cluster, place, by, host, reason) = (
            lease.cluster, place, breaking.user, breaking.host, breaking.reason
        )
        var epoch = Int(clamping: lease.epoch)
        var holder = lease.holder.json()
        holder["expires"] = .timestamp(lease.expires)
        writer.field("time", &stamp)
        writer.field("type", &type)
        writer.field("cluster", &cluster)
        writer.field("by", &by)
        writer.field("host", &host)
        writer.field("reason", &reason)
        writer.field("store", &place)
        writer.field("epoch", &epoch)
        writer.field("holder", &holder)
        try log.append(writer.bytes, at: breaking.at)
    }
}
