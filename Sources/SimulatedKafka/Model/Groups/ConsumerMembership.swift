import KafkaWire

/// A member of a group whose coordinator assigns (KIP-848).
struct ConsumerMember: Sendable {
    let id: String
    var instanceID: String?
    var rackID: String?
    var clientID = ""
    var topics: [String] = []
    var rebalanceTimeout: Duration = .seconds(300)
    /// The epoch of the assignment that it has.
    var epoch: Int32 = 0
    var previousEpoch: Int32 = 0
    var assigned: Set<PartitionKey> = []
    /// What it has been told to give up, until it says that it has.
    var revoking: Set<PartitionKey> = []
    /// When it counts as gone unless it is heard.
    var deadline: Duration = .zero
}

/// The members of such a group, what each should have and what each has.
///
/// A member first gives up what others should have, then moves to the group's epoch and gets what nobody holds any more.
struct ConsumerMembership: Sendable {
    static let assignors: Set<String> = ["uniform", "range"]

    /// Rises when members, their topics or the topics' partitions change.
    var epoch: Int32 = 0
    var assignor = "uniform"
    var members: [String: ConsumerMember] = [:]
    /// What each member should have.
    private(set) var target: [String: Set<PartitionKey>] = [:]
    /// The partitions of the topics when the target was made.
    private var counts: [String: Int] = [:]

    var stateName: String {
        if members.isEmpty { return "Empty" }
        let isStable = members.values.allSatisfy {
            $0.epoch == epoch && $0.revoking.isEmpty && $0.assigned == target[$0.id] ?? []
        }
        return isStable ? "Stable" : "Reconciling"
    }

    func member(instance: String) -> String? { members.values.first { $0.instanceID == instance }?.id }

    /// What is wrong with a commit; an administrator is nobody's member and needs an empty group.
    func commitProblem(member: String, epoch: Int32, isAdministrator: Bool) -> KafkaErrorCode? {
        if epoch < 0, member.isEmpty, isAdministrator { return nil }
        guard let known = members[member] else { return .unknownMemberId }
        return known.epoch == epoch ? nil : .staleMemberEpoch
    }

    /// Makes a new target when something has changed.
    mutating func retarget(membersChanged: Bool, partitions: (String) -> Int) {
        var now: [String: Int] = [:]
        for topic in Set(members.values.flatMap(\.topics)) {
            let count = partitions(topic)
            if count > 0 { now[topic] = count }
        }
        guard membersChanged || now != counts else { return }
        counts = now
        epoch += 1
        assign()
    }

    /// Keeps who has a partition where that is even, and gives the rest to who has least.
    private mutating func assign() {
        let ids = members.keys.sorted()
        let keys = counts.keys.sorted().flatMap { topic in
            (0..<(counts[topic] ?? 0)).map { PartitionKey(topic, $0) }
        }
        let share = ids.isEmpty ? 0 : (keys.count + ids.count - 1) / ids.count
        var next: [String: Set<PartitionKey>] = [:]
        var open: [PartitionKey] = []
        for key in keys {
            let owner = ids.first { target[$0]?.contains(key) ?? false }
            if let owner, members[owner]?.topics.contains(key.topic) ?? false, next[owner]?.count ?? 0 < share {
                next[owner, default: []].insert(key)
            } else {
                open.append(key)
            }
        }
        for key in open {
            let candidates = ids.filter { members[$0]?.topics.contains(key.topic) ?? false }
            if let owner = candidates.min(by: { next[$0]?.count ?? 0 < next[$1]?.count ?? 0 }) {
                next[owner, default: []].insert(key)
            }
        }
        // Evens out what stayed with few members.
        while let most = ids.max(by: { next[$0]?.count ?? 0 < next[$1]?.count ?? 0 }),
            let least = ids.min(by: { next[$0]?.count ?? 0 < next[$1]?.count ?? 0 }),
            next[most]?.count ?? 0 > (next[least]?.count ?? 0) + 1,
            let moved = next[most]?.sorted().last(where: { members[least]?.topics.contains($0.topic) ?? false })
        {
            next[most]?.remove(moved)
            next[least, default: []].insert(moved)
        }
        target = next
    }

    /// Brings a member one step nearer to its target. True when what it may have has changed.
    mutating func reconcile(_ id: String, owned: Set<PartitionKey>?) -> Bool {
        guard var member = members[id] else { return false }
        defer { members[id] = member }
        if !member.revoking.isEmpty {
            guard let owned, owned.isDisjoint(with: member.revoking) else { return false }
            member.revoking = []
        }
        let wanted = target[id] ?? []
        let excess = member.assigned.subtracting(wanted)
        if !excess.isEmpty {
            member.assigned.formIntersection(wanted)
            member.revoking = excess
            return true
        }
        let held = members.values.filter { $0.id != id }.reduce(into: Set<PartitionKey>()) {
            $0.formUnion($1.assigned)
            $0.formUnion($1.revoking)
        }
        let next = wanted.subtracting(held)
        let hasChanged = next != member.assigned
        if member.epoch != epoch {
            member.previousEpoch = member.epoch
            member.epoch = epoch
        }
        member.assigned = next
        return hasChanged
    }
}
