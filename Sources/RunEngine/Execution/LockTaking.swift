import EventLoop
import Playbooks
import Values

/// Takes the locks of a run's clusters, one after the other.
///
/// A cluster has one lock, named by Kafka's own id: the pinned `cluster_id`, or what the cluster answered. Where it was down when
/// the plan was made and nothing pins it, the lock is named by what the inventory calls it. So that two runs of one cluster
/// never have two locks of it:
/// 1. Who has it by the name alone sees whether somebody has a cluster of that name by an id.
/// 2. Who has it by an id sees whether somebody has it by its name.
/// 3. Who learns the id when the run is gone on with takes both.
struct LockTaking {
    let prepared: PreparedRun
    let store: RunStore
    let holder: LockHolder
    let claim: LeaseClaim
    let stopper: Stopper
    private(set) var taken: [HeldLease] = []
    private(set) var hasWaited = false

    init(prepared: PreparedRun, store: RunStore, holder: LockHolder, claim: LeaseClaim, stopper: Stopper) {
        self.prepared = prepared
        self.store = store
        self.holder = holder
        self.claim = claim
        self.stopper = stopper
    }

    private var inputs: RunInputs { prepared.inputs }

    private var isGlassBroken: Bool { inputs.options.breakGlass != nil }

    mutating func take(_ cluster: ClusterIdentity) async throws {
        let id = cluster.id.isEmpty ? prepared.access[cluster.name]?.clusterID ?? "" : cluster.id
        var names = [cluster.id.isEmpty ? cluster.name : id]
        if cluster.id.isEmpty, !id.isEmpty { names.append(id) }
        let settings = inputs.inventory.cluster(cluster.name)?.lock
        let files = ClusterLock.files(settings, store)
        let rivals = rivals(of: cluster.name, besides: names, isKnown: !id.isEmpty, in: files)
        for name in names {
            try await take(name, of: cluster.name, settings, rivals: isGlassBroken ? nil : rivals)
        }
        guard isGlassBroken else { return }
        // Whoever has it by its other name finds out.
        for rival in try await rivals() { try await take(rival.clusterID, of: cluster.name, files, settings, nil, nil) }
    }

    /// Leases of other runs on what may be the same cluster, by another name than these.
    private func rivals(
        of cluster: String, besides names: [String], isKnown: Bool, in files: FileLeaseStore
    ) -> @Sendable () async throws -> [Lease] {
        let (clock, own, neverBegan) = (inputs.leaseClock, holder, neverBegan)
        return {
            let moment = LeaseMoment.now(clock, bootID: own.bootID)
            // By an id only who has no id is a rival: names are not the same in every inventory.
            let found = isKnown ? try files.lease(of: cluster).map { [$0] } ?? [] : try files.leases()
            return found.filter { lease in
                (lease.cluster == cluster || lease.clusterID == cluster) && !names.contains(lease.clusterID)
                    && !lease.isOver(at: moment) && lease.holder.runID != own.runID
                    && !(lease.holder.isGone(from: own.host, bootID: own.bootID) && neverBegan(lease.holder))
            }
        }
    }

    private var neverBegan: @Sendable (LockHolder) -> Bool {
        let store = store
        return { holder in holder.state == store.root && store.neverBegan(holder.runID) }
    }

    /// Where the lock is kept in Kafka and Kafka cannot be had, broken glass keeps it in the files of this machine instead.
    private mutating func take(
        _ name: String, of cluster: String, _ settings: ClusterLockSettings?,
        rivals: (@Sendable () async throws -> [Lease])?
    ) async throws {
        let files = ClusterLock.files(settings, store)
        guard settings?.store == .kafka else {
            return try await take(name, of: cluster, files, settings, rivals, nil)
        }
        let obstacle: String
        if let kept = prepared.access[cluster]?.leases {
            do {
                return try await take(name, of: cluster, kept, settings, rivals, nil)
            } catch let failure as StepFailure
                where isGlassBroken || [.unreachable, .timedOut, .unknownOutcome].contains(failure.code)
            {
                obstacle = failure.message
            }
        } else {
            obstacle = "\(cluster) cannot be reached"
        }
        guard isGlassBroken else {
            throw StepFailure(
                .refused, "the lock of \(cluster) is kept in Kafka, and cannot be taken: \(obstacle)",
                nextAction: "when nobody else works on it, `--break-glass REASON` goes on without")
        }
        let instead =
            "BREAK GLASS: the lock of \(cluster) is kept in Kafka and could not be taken there (\(obstacle)): it holds in "
            + "\(files.place) alone, and runners elsewhere do not see it"
        try await take(name, of: cluster, files, settings, rivals, instead)
    }

    private mutating func take(
        _ name: String, of cluster: String, _ store: any LeaseStore, _ settings: ClusterLockSettings?,
        _ rivals: (@Sendable () async throws -> [Lease])?, _ instead: String?
    ) async throws {
        var request = ClusterLock.Request(
            clusterID: name, cluster: cluster, holder: holder, claim: claim,
            length: settings?.lease ?? ClusterLockSettings.defaultLease, wait: inputs.playbook.lock.wait)
        request.neverBegan = neverBegan
        request.rivals = rivals
        request.instead = instead
        let lock = try await ClusterLock.take(
            request, in: store, clock: inputs.leaseClock, time: inputs.time, stopper: stopper)
        taken.append(lock.lease)
        // Whose lease ran out may have changed what was planned for.
        let isAfterOther = lock.lease.former.map { $0.holder.runID != holder.runID } ?? false
        hasWaited = hasWaited || lock.hasWaited || isAfterOther
    }
}
