/// The member's epoch, its tasks when they have changed, and what is wrong with the topology.
///
/// Version notes: v0 is the only version.
package struct StreamsGroupHeartbeatResponse: KafkaResponse {
    package static let apiKey = APIKey.streamsGroupHeartbeat
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16? = 0

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var errorCode: KafkaErrorCode = .none
    package var errorMessage: String? = nil
    package var memberId: String = ""
    package var memberEpoch: Int32 = 0
    /// When to send the next one, in milliseconds.
    package var heartbeatIntervalMs: Int32 = 0
    /// Up to this lag a warm-up task counts as caught up.
    package var acceptableRecoveryLag: Int32 = 0
    /// How often to send task offsets, in milliseconds.
    package var taskOffsetIntervalMs: Int32 = 0
    package var status: [Status]? = []
    /// What the member is to have; null for no change.
    package var activeTasks: [TaskIds]? = nil
    /// Null for no change.
    package var standbyTasks: [TaskIds]? = nil
    /// Null for no change.
    package var warmupTasks: [TaskIds]? = nil
    package var endpointInformationEpoch: Int32 = 0
    /// Where the state of each partition is found; null for no change.
    package var partitionsByUserEndpoint: [EndpointPartitions]? = nil
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        throttleTimeMs: Int32 = 0, errorCode: KafkaErrorCode = .none, errorMessage: String? = nil,
        memberId: String = "", memberEpoch: Int32 = 0, heartbeatIntervalMs: Int32 = 0, acceptableRecoveryLag: Int32 = 0,
        taskOffsetIntervalMs: Int32 = 0, status: [Status]? = [], activeTasks: [TaskIds]? = nil,
        standbyTasks: [TaskIds]? = nil, warmupTasks: [TaskIds]? = nil, endpointInformationEpoch: Int32 = 0,
        partitionsByUserEndpoint: [EndpointPartitions]? = nil
    ) {
        self.throttleTimeMs = throttleTimeMs
        self.errorCode = errorCode
        self.errorMessage = errorMessage
        self.memberId = memberId
        self.memberEpoch = memberEpoch
        self.heartbeatIntervalMs = heartbeatIntervalMs
        self.acceptableRecoveryLag = acceptableRecoveryLag
        self.taskOffsetIntervalMs = taskOffsetIntervalMs
        self.status = status
        self.activeTasks = activeTasks
        self.standbyTasks = standbyTasks
        self.warmupTasks = warmupTasks
        self.endpointInformationEpoch = endpointInformationEpoch
        self.partitionsByUserEndpoint = partitionsByUserEndpoint
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0...)
        try wire.errorCode("errorCode", &errorCode, 0...)
        try wire.nullableString("errorMessage", &errorMessage, 0..., default: nil)
        try wire.string("memberId", &memberId, 0...)
        try wire.int32("memberEpoch", &memberEpoch, 0...)
        try wire.int32("heartbeatIntervalMs", &heartbeatIntervalMs, 0...)
        try wire.int32("acceptableRecoveryLag", &acceptableRecoveryLag, 0...)
        try wire.int32("taskOffsetIntervalMs", &taskOffsetIntervalMs, 0...)
        try wire.nullableStructs("status", &status, 0...)
        try wire.nullableStructs("activeTasks", &activeTasks, 0..., default: nil)
        try wire.nullableStructs("standbyTasks", &standbyTasks, 0..., default: nil)
        try wire.nullableStructs("warmupTasks", &warmupTasks, 0..., default: nil)
        try wire.int32("endpointInformationEpoch", &endpointInformationEpoch, 0...)
        try wire.nullableStructs("partitionsByUserEndpoint", &partitionsByUserEndpoint, 0..., default: nil)
    }

    /// Something that the members have to know.
    package struct Status: WireStruct {
        /// 0 stale topology, 1 missing source topics, 2 topics with wrong partition counts, 3 missing internal topics,
        /// 4 shutdown asked for, 5 assignment delayed.
        package var statusCode: Int8 = 0
        package var statusDetail: String = ""
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(statusCode: Int8 = 0, statusDetail: String = "") {
            self.statusCode = statusCode
            self.statusDetail = statusDetail
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int8("statusCode", &statusCode, 0...)
            try wire.string("statusDetail", &statusDetail, 0...)
        }
    }

    /// Tasks of one subtopology.
    package typealias TaskIds = StreamsTasks

    /// What is found at one member.
    package struct EndpointPartitions: WireStruct {
        package var userEndpoint: Endpoint = Endpoint()
        package var activePartitions: [TopicPartitions] = []
        package var standbyPartitions: [TopicPartitions] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            userEndpoint: Endpoint = Endpoint(), activePartitions: [TopicPartitions] = [],
            standbyPartitions: [TopicPartitions] = []
        ) {
            self.userEndpoint = userEndpoint
            self.activePartitions = activePartitions
            self.standbyPartitions = standbyPartitions
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.struct("userEndpoint", &userEndpoint, 0...)
            try wire.structs("activePartitions", &activePartitions, 0...)
            try wire.structs("standbyPartitions", &standbyPartitions, 0...)
        }
    }

    /// Where a member answers interactive queries.
    package typealias Endpoint = StreamsEndpoint

    /// Partitions of one topic.
    package typealias TopicPartitions = TopicPartitionNumbers
}
