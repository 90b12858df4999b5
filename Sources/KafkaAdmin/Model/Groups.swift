/// Which protocol the members of a group speak; a kind that is not known here keeps its name.
package struct GroupType: Sendable, Hashable, RawRepresentable {
    package var rawValue: String

    /// Kafka's names count in any case.
    package init(rawValue: String) {
        let known = ["Classic", "Consumer", "Share", "Streams"].first { $0.lowercased() == rawValue.lowercased() }
        self.rawValue = known ?? rawValue
    }

    package static let classic = GroupType(rawValue: "Classic")
    package static let consumer = GroupType(rawValue: "Consumer")
    package static let share = GroupType(rawValue: "Share")
    package static let streams = GroupType(rawValue: "Streams")
}

/// A group as a broker lists it.
package struct GroupListing: Sendable, Hashable {
    package var id: String
    /// From ListGroups v5 (3.8) on; nil before.
    package var type: GroupType?
    /// Kafka's name (`Stable`, `Empty` …), from v4 (2.6) on; nil before.
    package var state: String?
    /// `consumer`, `connect`, `share` …; empty for a group that only has offsets.
    package var protocolType: String
    /// The broker that listed it.
    package var coordinator: Int32

    package init(id: String, type: GroupType?, state: String?, protocolType: String, coordinator: Int32) {
        self.id = id
        self.type = type
        self.state = state
        self.protocolType = protocolType
        self.coordinator = coordinator
    }
}

/// A group with its members.
package struct GroupDescription: Sendable, Hashable {
    package var id: String
    package var type: GroupType
    package var state: String
    /// Of classic groups; `consumer` when plain consumers are in it.
    package var protocolType: String
    /// Chosen assignor; empty when there is none.
    package var assignor: String
    /// Nil in classic groups.
    package var groupEpoch: Int32?
    package var assignmentEpoch: Int32?
    package var members: [GroupMember]
    /// Of streams groups: by subtopology, the topics that it reads. Empty in others.
    package var subtopologies: [Subtopology]
    /// Of streams groups that have a topology: grows with each one that their members bring.
    package var topologyEpoch: Int32?
    /// The broker that answered for it.
    package var coordinator: Int32
    /// Bits as in Kafka's AclOperation codes; nil when not told.
    package var authorizedOperations: Int32?

    package struct Subtopology: Sendable, Hashable {
        package var id: String
        package var sourceTopics: [String]

        package init(id: String, sourceTopics: [String]) {
            self.id = id
            self.sourceTopics = sourceTopics
        }
    }

    package init(
        id: String, type: GroupType, state: String, protocolType: String = "", assignor: String = "",
        groupEpoch: Int32? = nil, assignmentEpoch: Int32? = nil, members: [GroupMember] = [],
        subtopologies: [Subtopology] = [], topologyEpoch: Int32? = nil, coordinator: Int32 = -1,
        authorizedOperations: Int32? = nil
    ) {
        self.topologyEpoch = topologyEpoch
        self.id = id
        self.type = type
        self.state = state
        self.protocolType = protocolType
        self.assignor = assignor
        self.groupEpoch = groupEpoch
        self.assignmentEpoch = assignmentEpoch
        self.members = members
        self.subtopologies = subtopologies
        self.coordinator = coordinator
        self.authorizedOperations = authorizedOperations
    }
}

/// A member of a group.
package struct GroupMember: Sendable, Hashable {
    /// A task of a streams member: one partition of one subtopology.
    package struct Task: Sendable, Hashable {
        package enum Kind: String, Sendable { case active, standby, warmup }
        package var kind: Kind
        package var subtopology: String
        package var partition: Int32

        package init(kind: Kind, subtopology: String, partition: Int32) {
            self.kind = kind
            self.subtopology = subtopology
            self.partition = partition
        }
    }

    package var id: String
    /// Of a static member.
    package var instanceID: String?
    package var rack: String?
    package var clientID: String
    package var clientHost: String
    /// Nil in classic groups.
    package var epoch: Int32?
    package var subscribedTopics: [String]
    package var subscribedPattern: String?
    /// Nil when it cannot be read: members that are no consumers say there what they like.
    package var assignment: [TopicPartition]?
    /// What it is to have once the group has settled; nil in classic and share groups.
    package var target: [TopicPartition]?
    /// Of streams members.
    package var tasks: [Task]
    /// Of streams members: what they are to do once the group has settled.
    package var targetTasks: [Task]
    /// Of streams members: the topology that they run; a group whose members differ is in the middle of an upgrade.
    package var topologyEpoch: Int32?
    /// Whether it speaks the classic protocol in a group of the newer kind: known of consumer groups from v1 (4.0) on, and
    /// of streams groups.
    package var isClassic: Bool?

    package init(
        id: String, instanceID: String? = nil, rack: String? = nil, clientID: String, clientHost: String,
        epoch: Int32? = nil, subscribedTopics: [String] = [], subscribedPattern: String? = nil,
        assignment: [TopicPartition]?, target: [TopicPartition]? = nil, tasks: [Task] = [],
        targetTasks: [Task] = [], topologyEpoch: Int32? = nil, isClassic: Bool? = nil
    ) {
        self.targetTasks = targetTasks
        self.topologyEpoch = topologyEpoch
        self.isClassic = isClassic
        self.id = id
        self.instanceID = instanceID
        self.rack = rack
        self.clientID = clientID
        self.clientHost = clientHost
        self.epoch = epoch
        self.subscribedTopics = subscribedTopics
        self.subscribedPattern = subscribedPattern
        self.assignment = assignment
        self.target = target
        self.tasks = tasks
    }
}

/// Names a member that is to be removed.
package enum GroupMemberName: Sendable, Hashable {
    case member(id: String)
    /// Whoever is the static member of that name.
    case instance(id: String)
}
