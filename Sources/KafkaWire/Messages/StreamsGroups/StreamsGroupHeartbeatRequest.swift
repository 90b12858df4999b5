/// Joins, keeps or leaves a streams group (KIP-1071); what has not changed since the last one is left out.
///
/// Version notes: v0 is the only version.
package struct StreamsGroupHeartbeatRequest: KafkaRequest {
    package typealias Response = StreamsGroupHeartbeatResponse

    package static let apiKey = APIKey.streamsGroupHeartbeat
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16? = 0

    package var groupId: String = ""
    /// Chosen by the member.
    package var memberId: String = ""
    /// 0 joins, -1 leaves, -2 leaves for a while as a static member; else the last one received.
    package var memberEpoch: Int32 = 0
    /// The last one received.
    package var endpointInformationEpoch: Int32 = 0
    /// Set for a static member; null for no change.
    package var instanceId: String? = nil
    /// Null for no change.
    package var rackId: String? = nil
    /// How long the coordinator waits for the member to give up tasks, in milliseconds; -1 for no change.
    package var rebalanceTimeoutMs: Int32 = -1
    /// Only when joining.
    package var topology: Topology? = nil
    /// What the member has now; null for no change, as for all below.
    package var activeTasks: [TaskIds]? = nil
    package var standbyTasks: [TaskIds]? = nil
    package var warmupTasks: [TaskIds]? = nil
    /// The process, which may run several members.
    package var processId: String? = nil
    /// Null also when the member answers no queries.
    package var userEndpoint: Endpoint? = nil
    /// For placing standby tasks apart.
    package var clientTags: [KeyValue]? = nil
    /// Sums over the changelogs of each task.
    package var taskOffsets: [TaskOffset]? = nil
    /// Sums of the changelogs' ends.
    package var taskEndOffsets: [TaskOffset]? = nil
    /// Whether all members are to shut down.
    package var shutdownApplication: Bool = false
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        groupId: String = "", memberId: String = "", memberEpoch: Int32 = 0, endpointInformationEpoch: Int32 = 0,
        instanceId: String? = nil, rackId: String? = nil, rebalanceTimeoutMs: Int32 = -1, topology: Topology? = nil,
        activeTasks: [TaskIds]? = nil, standbyTasks: [TaskIds]? = nil, warmupTasks: [TaskIds]? = nil,
        processId: String? = nil, userEndpoint: Endpoint? = nil, clientTags: [KeyValue]? = nil,
        taskOffsets: [TaskOffset]? = nil, taskEndOffsets: [TaskOffset]? = nil, shutdownApplication: Bool = false
    ) {
        self.groupId = groupId
        self.memberId = memberId
        self.memberEpoch = memberEpoch
        self.endpointInformationEpoch = endpointInformationEpoch
        self.instanceId = instanceId
        self.rackId = rackId
        self.rebalanceTimeoutMs = rebalanceTimeoutMs
        self.topology = topology
        self.activeTasks = activeTasks
        self.standbyTasks = standbyTasks
        self.warmupTasks = warmupTasks
        self.processId = processId
        self.userEndpoint = userEndpoint
        self.clientTags = clientTags
        self.taskOffsets = taskOffsets
        self.taskEndOffsets = taskEndOffsets
        self.shutdownApplication = shutdownApplication
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.string("groupId", &groupId, 0...)
        try wire.string("memberId", &memberId, 0...)
        try wire.int32("memberEpoch", &memberEpoch, 0...)
        try wire.int32("endpointInformationEpoch", &endpointInformationEpoch, 0...)
        try wire.nullableString("instanceId", &instanceId, 0..., default: nil)
        try wire.nullableString("rackId", &rackId, 0..., default: nil)
        try wire.int32("rebalanceTimeoutMs", &rebalanceTimeoutMs, 0..., default: -1)
        try wire.nullableStruct("topology", &topology, 0...)
        try wire.nullableStructs("activeTasks", &activeTasks, 0..., default: nil)
        try wire.nullableStructs("standbyTasks", &standbyTasks, 0..., default: nil)
        try wire.nullableStructs("warmupTasks", &warmupTasks, 0..., default: nil)
        try wire.nullableString("processId", &processId, 0..., default: nil)
        try wire.nullableStruct("userEndpoint", &userEndpoint, 0...)
        try wire.nullableStructs("clientTags", &clientTags, 0..., default: nil)
        try wire.nullableStructs("taskOffsets", &taskOffsets, 0..., default: nil)
        try wire.nullableStructs("taskEndOffsets", &taskEndOffsets, 0..., default: nil)
        try wire.bool("shutdownApplication", &shutdownApplication, 0...)
    }

    /// What the application computes.
    package struct Topology: WireStruct {
        package var epoch: Int32 = 0
        package var subtopologies: [Subtopology] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(epoch: Int32 = 0, subtopologies: [Subtopology] = []) {
            self.epoch = epoch
            self.subtopologies = subtopologies
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("epoch", &epoch, 0...)
            try wire.structs("subtopologies", &subtopologies, 0...)
        }
    }

    /// A part of the topology whose tasks share partitions.
    package struct Subtopology: WireStruct {
        package var subtopologyId: String = ""
        package var sourceTopics: [String] = []
        package var sourceTopicRegex: [String] = []
        package var stateChangelogTopics: [TopicInfo] = []
        package var repartitionSinkTopics: [String] = []
        package var repartitionSourceTopics: [TopicInfo] = []
        package var copartitionGroups: [CopartitionGroup] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            subtopologyId: String = "", sourceTopics: [String] = [], sourceTopicRegex: [String] = [],
            stateChangelogTopics: [TopicInfo] = [], repartitionSinkTopics: [String] = [],
            repartitionSourceTopics: [TopicInfo] = [], copartitionGroups: [CopartitionGroup] = []
        ) {
            self.subtopologyId = subtopologyId
            self.sourceTopics = sourceTopics
            self.sourceTopicRegex = sourceTopicRegex
            self.stateChangelogTopics = stateChangelogTopics
            self.repartitionSinkTopics = repartitionSinkTopics
            self.repartitionSourceTopics = repartitionSourceTopics
            self.copartitionGroups = copartitionGroups
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("subtopologyId", &subtopologyId, 0...)
            try wire.strings("sourceTopics", &sourceTopics, 0...)
            try wire.strings("sourceTopicRegex", &sourceTopicRegex, 0...)
            try wire.structs("stateChangelogTopics", &stateChangelogTopics, 0...)
            try wire.strings("repartitionSinkTopics", &repartitionSinkTopics, 0...)
            try wire.structs("repartitionSourceTopics", &repartitionSourceTopics, 0...)
            try wire.structs("copartitionGroups", &copartitionGroups, 0...)
        }
    }

    /// A topic that the broker is to make for the application.
    package typealias TopicInfo = StreamsTopicInfo

    /// A setting or a tag.
    package typealias KeyValue = StreamsProperty

    /// Topics that need equally many partitions, as indices into the subtopology's lists.
    package struct CopartitionGroup: WireStruct {
        package var sourceTopics: [Int16] = []
        package var sourceTopicRegex: [Int16] = []
        package var repartitionSourceTopics: [Int16] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            sourceTopics: [Int16] = [], sourceTopicRegex: [Int16] = [], repartitionSourceTopics: [Int16] = []
        ) {
            self.sourceTopics = sourceTopics
            self.sourceTopicRegex = sourceTopicRegex
            self.repartitionSourceTopics = repartitionSourceTopics
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int16s("sourceTopics", &sourceTopics, 0...)
            try wire.int16s("sourceTopicRegex", &sourceTopicRegex, 0...)
            try wire.int16s("repartitionSourceTopics", &repartitionSourceTopics, 0...)
        }
    }

    /// Tasks of one subtopology.
    package typealias TaskIds = StreamsTasks

    /// Where a member answers interactive queries.
    package typealias Endpoint = StreamsEndpoint

    /// How far a task has come.
    package typealias TaskOffset = StreamsTaskOffset
}
