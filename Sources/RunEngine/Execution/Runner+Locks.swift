import EventLoop
import Playbooks
import Values

/// One writer per cluster: what a run does with the locks of its clusters.
extension Runner {
    mutating func takeLocks(_ runID: String, _ claim: LeaseClaim) async throws {
        leases = try await prepared.takeLocks(runID, claim, of: plan, store: store, at: now, stopper: stopper)
    }

    var lockEvents: [RunEvent.Body] {
        leases.all.flatMap { held -> [RunEvent.Body] in
            guard let instead = held.instead else { return [.lockTaken(held.taken)] }
            var finding = Finding()
            finding.message = instead
            return [.lockTaken(held.taken), .finding(finding)]
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

extension HeldLease {
    var taken: LockTaken {
        let lease = lease
        var event = LockTaken()
        event.cluster = cluster
        event.clusterID = clusterID
        event.store = store.place
        event.epoch = Int(clamping: lease.epoch)
        event.length = lease.length
        event.expires = lease.expires
        event.former = former.map(\.holder.description)
        event.instead = instead
        return event
    }
}

extension PreparedRun {
    /// The locks of the clusters that the plan may change; none where the playbook wants none. All of them, or an error.
    func takeLocks(
        _ runID: String, _ claim: LeaseClaim, of plan: Plan, store: RunStore, at now: Timestamp, stopper: Stopper
    ) async throws -> HeldLeases {
        guard plan.hasEffects, inputs.playbook.lock.scope == .cluster else { return HeldLeases() }
        let identity = ProcessIdentity.current(pid: inputs.caller.pid)
        let holder = LockHolder(
            runID: runID, playbook: plan.playbook, user: inputs.caller.user, host: inputs.caller.host,
            pid: inputs.caller.pid, startTime: identity.startTime, bootID: identity.bootID, since: now,
            state: store.root)
        var taking = LockTaking(
            prepared: self, store: store, holder: holder,
            claim: inputs.options.breakGlass == nil ? claim : .breakGlass, stopper: stopper)
        do {
            // In one order everywhere: two runs over the same clusters do not wait for each other.
            for cluster in plan.clusters.sorted(by: { $0.lockID.precedes($1.lockID) }) {
                try await taking.take(cluster)
            }
        } catch {
            await HeldLeases(taking.taken).release()
            throw error
        }
        return HeldLeases(taking.taken, hasWaited: taking.hasWaited)
    }
}
