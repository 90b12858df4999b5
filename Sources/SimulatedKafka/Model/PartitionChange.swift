/// The controller's rule for what becomes of a partition when its ISR or replicas change.
///
/// 1. The leader: kept while it is valid, else the first valid replica in order. Valid is an active member of the ISR, or,
///    when the ISR is empty, an active eligible leader replica. Where unclean elections are allowed, any active replica.
/// 2. An elected replica that was not in the ISR becomes the ISR.
/// 3. Without eligible leader replicas (KIP-966) the last member never leaves the ISR.
/// 4. Members that leave an ISR below `min.insync.replicas` become eligible leader replicas.
/// 5. The leader epoch rises when the leader changes or a replica is removed, not when the ISR does (KAFKA-15021).
struct PartitionChange {
    enum Election {
        /// Keep the leader if it is valid.
        case online
        /// Take the first replica if it is valid.
        case preferred
        /// As `online`, and any active replica rather than none.
        case unclean
    }

    let isActive: (Int32) -> Bool
    let usesELR: Bool
    let minInsyncReplicas: Int

    /// The partition with another ISR (and other replicas, already set in `old` by the caller through `replicas`).
    func next(
        _ old: PartitionImage, isr targetISR: [Int32]? = nil, replicas targetReplicas: [Int32]? = nil,
        adding: [Int32]? = nil, removing: [Int32]? = nil, election: Election = .online, lost: Set<Int32> = []
    ) -> PartitionImage {
        var new = old
        new.replicas = targetReplicas ?? old.replicas
        new.adding = adding ?? old.adding
        new.removing = removing ?? old.removing
        var isr = (targetISR ?? old.isr).filter { new.replicas.contains($0) }
        finishReassignment(&new, &isr)
        let elr = usesELR ? old.elr.filter { new.replicas.contains($0) && !lost.contains($0) } : []
        new.leader = elect(old, new.replicas, &isr, elr, election)
        new.isr = isr.isEmpty && !usesELR ? old.isr : isr
        setEligible(&new, old, lost)
        let hasLostReplica = old.replicas.contains { !new.replicas.contains($0) }
        if new.leader != old.leader || hasLostReplica { new.leaderEpoch = old.leaderEpoch &+ 1 }
        if new != old { new.partitionEpoch = old.partitionEpoch &+ 1 }
        return new
    }

    /// A reassignment is done when every added replica is in sync and somebody in sync stays.
    private func finishReassignment(_ new: inout PartitionImage, _ isr: inout [Int32]) {
        guard new.isReassigning, new.adding.allSatisfy({ isr.contains($0) }) else { return }
        let staying = isr.filter { !new.removing.contains($0) }
        guard !staying.isEmpty else { return }
        let removing = new.removing
        new.replicas = new.replicas.filter { !removing.contains($0) }
        new.adding = []
        new.removing = []
        isr = staying
    }

    private func elect(
        _ old: PartitionImage, _ replicas: [Int32], _ isr: inout [Int32], _ elr: [Int32], _ election: Election
    ) -> Int32 {
        let members = isr
        func isValid(_ replica: Int32) -> Bool {
            isActive(replica) && replicas.contains(replica)
                && (members.contains(replica) || (members.isEmpty && elr.contains(replica)))
        }
        var chosen: Int32?
        if case .preferred = election, let first = replicas.first, isValid(first) { chosen = first }
        if chosen == nil, isValid(old.leader) { chosen = old.leader }
        if chosen == nil { chosen = replicas.first(where: isValid) }
        if chosen == nil, case .unclean = election { chosen = replicas.first(where: isActive) }
        if chosen == nil, usesELR, isr.isEmpty, elr.isEmpty, old.lastKnownELR.count == 1 {
            chosen = old.lastKnownELR.first { isActive($0) && replicas.contains($0) }
        }
        guard let chosen else { return -1 }
        if !isr.contains(chosen) { isr = [chosen] }
        return chosen
    }

    private func setEligible(_ new: inout PartitionImage, _ old: PartitionImage, _ lost: Set<Int32>) {
        let isr = new.isr
        guard usesELR, isr.count < min(minInsyncReplicas, new.replicas.count) else {
            new.elr = []
            new.lastKnownELR = []
            return
        }
        var elr: [Int32] = []
        for replica in old.elr + old.isr
        where !isr.contains(replica) && !lost.contains(replica) && !elr.contains(replica)
            && new.replicas.contains(replica)
        {
            elr.append(replica)
        }
        new.elr = elr.sorted()
        if new.leader != -1 {
            new.lastKnownELR = []
        } else if isr.isEmpty, old.leader != -1 {
            new.lastKnownELR = [old.leader]
        }
    }
}
