import KafkaWire

/// A member of a group that shares partitions (KIP-932).
struct ShareMember: Sendable {
    let id: String
    var rackID: String?
    var clientID = ""
    var topics: [String] = []
    var epoch: Int32 = 0
    var previousEpoch: Int32 = 0
    var assigned: Set<PartitionKey> = []
    /// When it counts as gone unless it is heard.
    var deadline: Duration = .zero
}

/// The members of a share group and the partitions that each reads. A partition may have several readers, and nobody has to
/// give anything up before another one gets it.
struct ShareMembership: Sendable {
    static let assignor = "simple"

    /// Rises when members, their topics or the topics' partitions change.
    var epoch: Int32 = 0
    var members: [String: ShareMember] = [:]
    /// Where the group stands in each partition that has ever been assigned or set.
    var positions: [PartitionKey: SharePosition] = [:]
    /// What each member should have.
    private(set) var target: [String: Set<PartitionKey>] = [:]
    /// The partitions of the topics when the target was made.
    private var counts: [String: Int] = [:]

    var stateName: String { members.isEmpty ? "Empty" : "Stable" }

    var subscribedTopics: Set<String> { Set(members.values.flatMap(\.topics)) }

    /// Makes a new target when something has changed, and lets the group know where it stands in what is new.
    mutating func retarget(membersChanged: Bool, partitions: (String) -> Int) {
        var now: [String: Int] = [:]
        for topic in subscribedTopics {
            let count = partitions(topic)
            if count > 0 { now[topic] = count }
        }
        guard membersChanged || now != counts else { return }
        counts = now
        epoch += 1
        target = [:]
        for topic in now.keys.sorted() {
            let readers = members.values.filter { $0.topics.contains(topic) }.map(\.id).sorted()
            let count = now[topic] ?? 0
            guard !readers.isEmpty else { continue }
            // Each partition is read, and each member reads something.
            for index in 0..<max(count, readers.count) {
                let key = PartitionKey(topic, index % count)
                target[readers[index % readers.count], default: []].insert(key)
                if positions[key] == nil { positions[key] = SharePosition() }
            }
        }
    }

    /// Brings a member to the group's epoch. True when what it reads has changed.
    mutating func reconcile(_ id: String) -> Bool {
        guard var member = members[id] else { return false }
        let wanted = target[id] ?? []
        let hasChanged = wanted != member.assigned
        if member.epoch != epoch {
            member.previousEpoch = member.epoch
            member.epoch = epoch
        }
        member.assigned = wanted
        members[id] = member
        return hasChanged
    }
}

/// Where a share group stands in a partition.
struct SharePosition: Sendable {
    /// The first record that the group is not done with, as it is kept; -1 until somebody has read or set it.
    var start: Int64 = -1
    var leaderEpoch: Int32 = 0
    /// The same as the partition's leader has it, with the records that are being worked on or done out of order.
    var flight = ShareFlight()
}
