/// Asks a coordinator for groups of Kafka Streams' own protocol (KIP-1071).
///
/// Version notes: v0 is the only version.
package struct StreamsGroupDescribeRequest: KafkaRequest {
    package typealias Response = StreamsGroupDescribeResponse

    package static let apiKey = APIKey.streamsGroupDescribe
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16? = 0

    package var groupIds: [String] = []
    package var includeAuthorizedOperations: Bool = false
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(groupIds: [String] = [], includeAuthorizedOperations: Bool = false) {
        self.groupIds = groupIds
        self.includeAuthorizedOperations = includeAuthorizedOperations
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.strings("groupIds", &groupIds, 0...)
        try wire.bool("includeAuthorizedOperations", &includeAuthorizedOperations, 0...)
    }
}

/// Streams groups, their topology and their members.
///
/// Version notes: v0 is the only version.
package struct StreamsGroupDescribeResponse: KafkaResponse {
    package static let apiKey = APIKey.streamsGroupDescribe
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16? = 0

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var groups: [Group] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(throttleTimeMs: Int32 = 0, groups: [Group] = []) {
        self.throttleTimeMs = throttleTimeMs
        self.groups = groups
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0...)
        try wire.structs("groups", &groups, 0...)
    }

    /// A group.
    package struct Group: WireStruct {
        package var errorCode: KafkaErrorCode = .none
        package var errorMessage: String? = nil
        package var groupId: String = ""
        /// As the coordinator names it: `Empty`, `NotReady`, `Assigning`, `Reconciling`, `Stable`, `Dead`.
        package var groupState: String = ""
        /// Grows with every change of members or topology.
        package var groupEpoch: Int32 = 0
        /// The group epoch that the target assignment was made for.
        package var assignmentEpoch: Int32 = 0
        /// Null when there is none yet, or on errors.
        package var topology: Topology? = nil
        package var members: [Member] = []
        /// A bit for each operation that the client may perform; the lowest number when not asked for.
        package var authorizedOperations: Int32 = -2147483648
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            errorCode: KafkaErrorCode = .none, errorMessage: String? = nil, groupId: String = "",
            groupState: String = "", groupEpoch: Int32 = 0, assignmentEpoch: Int32 = 0, topology: Topology? = nil,
            members: [Member] = [], authorizedOperations: Int32 = -2147483648
        ) {
            self.errorCode = errorCode
            self.errorMessage = errorMessage
            self.groupId = groupId
            self.groupState = groupState
            self.groupEpoch = groupEpoch
            self.assignmentEpoch = assignmentEpoch
            self.topology = topology
            self.members = members
            self.authorizedOperations = authorizedOperations
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.errorCode("errorCode", &errorCode, 0...)
            try wire.nullableString("errorMessage", &errorMessage, 0..., default: nil)
            try wire.string("groupId", &groupId, 0...)
            try wire.string("groupState", &groupState, 0...)
            try wire.int32("groupEpoch", &groupEpoch, 0...)
            try wire.int32("assignmentEpoch", &assignmentEpoch, 0...)
            try wire.nullableStruct("topology", &topology, 0...)
            try wire.structs("members", &members, 0...)
            try wire.int32("authorizedOperations", &authorizedOperations, 0..., default: -2147483648)
        }
    }

    /// What the application computes.
    package struct Topology: WireStruct {
        package var epoch: Int32 = 0
        /// Null while source topics are missing or ill-partitioned.
        package var subtopologies: [Subtopology]? = nil
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(epoch: Int32 = 0, subtopologies: [Subtopology]? = nil) {
            self.epoch = epoch
            self.subtopologies = subtopologies
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("epoch", &epoch, 0...)
            try wire.nullableStructs("subtopologies", &subtopologies, 0..., default: nil)
        }
    }

    /// A part of the topology whose tasks share partitions.
    package struct Subtopology: WireStruct {
        package var subtopologyId: String = ""
        package var sourceTopics: [String] = []
        package var repartitionSinkTopics: [String] = []
        package var stateChangelogTopics: [TopicInfo] = []
        package var repartitionSourceTopics: [TopicInfo] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            subtopologyId: String = "", sourceTopics: [String] = [], repartitionSinkTopics: [String] = [],
            stateChangelogTopics: [TopicInfo] = [], repartitionSourceTopics: [TopicInfo] = []
        ) {
            self.subtopologyId = subtopologyId
            self.sourceTopics = sourceTopics
            self.repartitionSinkTopics = repartitionSinkTopics
            self.stateChangelogTopics = stateChangelogTopics
            self.repartitionSourceTopics = repartitionSourceTopics
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("subtopologyId", &subtopologyId, 0...)
            try wire.strings("sourceTopics", &sourceTopics, 0...)
            try wire.strings("repartitionSinkTopics", &repartitionSinkTopics, 0...)
            try wire.structs("stateChangelogTopics", &stateChangelogTopics, 0...)
            try wire.structs("repartitionSourceTopics", &repartitionSourceTopics, 0...)
        }
    }

    /// A topic that the broker makes for the application.
    package typealias TopicInfo = StreamsTopicInfo

    /// A setting or a tag.
    package typealias KeyValue = StreamsProperty

    /// A member of a group.
    package struct Member: WireStruct {
        package var memberId: String = ""
        package var memberEpoch: Int32 = 0
        package var instanceId: String? = nil
        package var rackId: String? = nil
        package var clientId: String = ""
        package var clientHost: String = ""
        package var topologyEpoch: Int32 = 0
        /// The process, which may run several members.
        package var processId: String = ""
        /// Null when the member answers no queries.
        package var userEndpoint: Endpoint? = nil
        /// For placing standby tasks apart.
        package var clientTags: [KeyValue] = []
        /// Sums over the changelogs of each task.
        package var taskOffsets: [TaskOffset] = []
        /// Sums of the changelogs' ends.
        package var taskEndOffsets: [TaskOffset] = []
        /// What it has now.
        package var assignment: Assignment = Assignment()
        /// What it is to have.
        package var targetAssignment: Assignment = Assignment()
        /// Whether it still speaks the classic protocol.
        package var isClassic: Bool = false
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            memberId: String = "", memberEpoch: Int32 = 0, instanceId: String? = nil, rackId: String? = nil,
            clientId: String = "", clientHost: String = "", topologyEpoch: Int32 = 0, processId: String = "",
            userEndpoint: Endpoint? = nil, clientTags: [KeyValue] = [], taskOffsets: [TaskOffset] = [],
            taskEndOffsets: [TaskOffset] = [], assignment: Assignment = Assignment(),
            targetAssignment: Assignment = Assignment(), isClassic: Bool = false
        ) {
            self.memberId = memberId
            self.memberEpoch = memberEpoch
            self.instanceId = instanceId
            self.rackId = rackId
            self.clientId = clientId
            self.clientHost = clientHost
            self.topologyEpoch = topologyEpoch
            self.processId = processId
            self.userEndpoint = userEndpoint
            self.clientTags = clientTags
            self.taskOffsets = taskOffsets
            self.taskEndOffsets = taskEndOffsets
            self.assignment = assignment
            self.targetAssignment = targetAssignment
            self.isClassic = isClassic
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("memberId", &memberId, 0...)
            try wire.int32("memberEpoch", &memberEpoch, 0...)
            try wire.nullableString("instanceId", &instanceId, 0..., default: nil)
            try wire.nullableString("rackId", &rackId, 0..., default: nil)
            try wire.string("clientId", &clientId, 0...)
            try wire.string("clientHost", &clientHost, 0...)
            try wire.int32("topologyEpoch", &topologyEpoch, 0...)
            try wire.string("processId", &processId, 0...)
            try wire.nullableStruct("userEndpoint", &userEndpoint, 0...)
            try wire.structs("clientTags", &clientTags, 0...)
            try wire.structs("taskOffsets", &taskOffsets, 0...)
            try wire.structs("taskEndOffsets", &taskEndOffsets, 0...)
            try wire.struct("assignment", &assignment, 0...)
            try wire.struct("targetAssignment", &targetAssignment, 0...)
            try wire.bool("isClassic", &isClassic, 0...)
        }
    }

    /// Where a member answers interactive queries.
    package typealias Endpoint = StreamsEndpoint

    /// How far a task has come.
    package typealias TaskOffset = StreamsTaskOffset

    /// The tasks that a member has, or is to have.
    package struct Assignment: WireStruct {
        package var activeTasks: [TaskIds] = []
        package var standbyTasks: [TaskIds] = []
        package var warmupTasks: [TaskIds] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(activeTasks: [TaskIds] = [], standbyTasks: [TaskIds] = [], warmupTasks: [TaskIds] = []) {
            self.activeTasks = activeTasks
            self.standbyTasks = standbyTasks
            self.warmupTasks = warmupTasks
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.structs("activeTasks", &activeTasks, 0...)
            try wire.structs("standbyTasks", &standbyTasks, 0...)
            try wire.structs("warmupTasks", &warmupTasks, 0...)
        }
    }

    /// Tasks of one subtopology.
    package typealias TaskIds = StreamsTasks
}
