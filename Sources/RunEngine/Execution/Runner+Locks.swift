import EventLoop
import Playbooks
import Values

/// One writer per cluster: what a run does with the locks of its clusters.
extension Runner {
    mutating func takeLocks(_ runID: String, _ claim: LeaseClaim) async throws {
        leases = try await prepared.takeLocks(runID, claim, of: plan, store: store, at: now, stopper: stopper)
    }

    var lockEvents: [RunEvent.Body] {
        leases.all.map { held in
            let lease = held.lease
            var event = LockTaken()
            event.cluster = held.cluster
            event.clusterID = held.clusterID
            event.store = held.store.place
            event.epoch = Int(clamping: lease.epoch)
            event.length = lease.length
            event.expires = lease.expires
            event.former = held.former.map(\.holder.description)
            return .lockTaken(event)
        }
    }

    /// A lock that is lost ends the run where it stands: nothing new starts, and it can be resumed.
    func watchLeases(_ recorder: RunRecorder) {
        for held in leases.all {
            held.onLoss { [ledger, cluster = held.cluster] loss in
                let sentence = loss.sentence(cluster: cluster)
                ledger.note(.suspended, sentence)
                ledger.halt()
                var event = LockLost()
                event.cluster = cluster
                event.reason = sentence
                recorder.post(event)
            }
        }
    }

    /// What was lost and could not be said yet.
    func noteLosses(_ recorder: RunRecorder) async {
        for held in leases.all {
            guard let loss = held.loss else { continue }
            var event = LockLost()
            event.cluster = held.cluster
            event.reason = loss.sentence(cluster: held.cluster)
            await recorder.note(event)
        }
    }
}

extension PreparedRun {
    /// The locks of the clusters that the plan may change; none where the playbook wants none. All of them, or an error.
    func takeLocks(
        _ runID: String, _ claim: LeaseClaim, of plan: Plan, store: RunStore, at now: Timestamp, stopper: Stopper
    ) async throws -> HeldLeases {
        var taken = HeldLeases()
        guard plan.hasEffects, inputs.playbook.lock.scope == .cluster else { return taken }
        let identity = ProcessIdentity.current(pid: inputs.caller.pid)
        let holder = LockHolder(
            runID: runID, playbook: plan.playbook, user: inputs.caller.user, host: inputs.caller.host,
            pid: inputs.caller.pid, startTime: identity.startTime, bootID: identity.bootID, since: now)
        do {
            // In one order everywhere: two runs over the same clusters do not wait for each other.
            for cluster in plan.clusters.sorted(by: { $0.lockID.precedes($1.lockID) }) {
                let settings = inputs.inventory.cluster(cluster.name)?.lock
                let request = ClusterLock.Request(
                    clusterID: cluster.lockID, cluster: cluster.name, holder: holder,
                    claim: inputs.options.breakGlass == nil ? claim : .breakGlass,
                    length: settings?.lease ?? ClusterLockSettings.defaultLease, wait: inputs.playbook.lock.wait)
                let lock = try await ClusterLock.take(
                    request, in: try leaseStore(of: cluster.name, settings, store), clock: inputs.leaseClock,
                    time: inputs.time, stopper: stopper)
                // Whose lease ran out may have changed what was planned for.
                let isAfterOther = lock.hasWaited || lock.lease.former.map { $0.holder.runID != runID } ?? false
                taken = HeldLeases(taken.all + [lock.lease], hasWaited: taken.hasWaited || isAfterOther)
            }
        } catch {
            await taken.release()
            throw error
        }
        return taken
    }

    private func leaseStore(
        of cluster: String, _ settings: ClusterLockSettings?, _ store: RunStore
    ) throws(StepFailure) -> any LeaseStore {
        guard settings?.store == .kafka else { return ClusterLock.files(settings, store) }
        guard let kept = access[cluster]?.leases else {
            throw StepFailure(.refused, "the lock of \(cluster) is kept in Kafka, and cannot be taken here")
        }
        return kept
    }
}
