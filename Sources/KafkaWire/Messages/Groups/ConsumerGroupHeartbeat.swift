/// Joins, keeps or leaves a group of the consumer protocol (KIP-848); what has not changed since the last one is left
/// out.
///
/// Version notes: v1 adds the topic pattern, and has members choose their own id (KIP-1082).
package struct ConsumerGroupHeartbeatRequest: KafkaRequest {
    package typealias Response = ConsumerGroupHeartbeatResponse

    package static let apiKey = APIKey.consumerGroupHeartbeat
    package static let versions: ClosedRange<Int16> = 0...1
    package static let flexibleFrom: Int16? = 0

    package var groupId: String = ""
    package var memberId: String = ""
    /// 0 joins, -1 leaves, -2 leaves for a while as a static member; else the last one received.
    package var memberEpoch: Int32 = 0
    /// Set for a static member; null for no change.
    package var instanceId: String? = nil
    /// Null for no change.
    package var rackId: String? = nil
    /// How long the coordinator waits for the member to give up partitions, in milliseconds; -1 for no change.
    package var rebalanceTimeoutMs: Int32 = -1
    /// Null for no change.
    package var subscribedTopicNames: [String]? = nil
    /// In RE2's syntax; null for no change.
    package var subscribedTopicRegex: String? = nil
    /// Null for the broker's choice or no change.
    package var serverAssignor: String? = nil
    /// What the member has now; null for no change.
    package var topicPartitions: [TopicPartitions]? = nil
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        groupId: String = "", memberId: String = "", memberEpoch: Int32 = 0, instanceId: String? = nil,
        rackId: String? = nil, rebalanceTimeoutMs: Int32 = -1, subscribedTopicNames: [String]? = nil,
        subscribedTopicRegex: String? = nil, serverAssignor: String? = nil, topicPartitions: [TopicPartitions]? = nil
    ) {
        self.groupId = groupId
        self.memberId = memberId
        self.memberEpoch = memberEpoch
        self.instanceId = instanceId
        self.rackId = rackId
        self.rebalanceTimeoutMs = rebalanceTimeoutMs
        self.subscribedTopicNames = subscribedTopicNames
        self.subscribedTopicRegex = subscribedTopicRegex
        self.serverAssignor = serverAssignor
        self.topicPartitions = topicPartitions
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.string("groupId", &groupId, 0...)
        try wire.string("memberId", &memberId, 0...)
        try wire.int32("memberEpoch", &memberEpoch, 0...)
        try wire.nullableString("instanceId", &instanceId, 0..., default: nil)
        try wire.nullableString("rackId", &rackId, 0..., default: nil)
        try wire.int32("rebalanceTimeoutMs", &rebalanceTimeoutMs, 0..., default: -1)
        try wire.nullableStrings("subscribedTopicNames", &subscribedTopicNames, 0..., default: nil)
        try wire.nullableString("subscribedTopicRegex", &subscribedTopicRegex, 1..., default: nil)
        try wire.nullableString("serverAssignor", &serverAssignor, 0..., default: nil)
        try wire.nullableStructs("topicPartitions", &topicPartitions, 0..., default: nil)
    }

    /// Partitions of one topic.
    package typealias TopicPartitions = TopicIdPartitions
}

/// The member's epoch, and its assignment when it has changed.
///
/// Version notes: v1 answers the same.
package struct ConsumerGroupHeartbeatResponse: KafkaResponse {
    package static let apiKey = APIKey.consumerGroupHeartbeat
    package static let versions: ClosedRange<Int16> = 0...1
    package static let flexibleFrom: Int16? = 0

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var errorCode: KafkaErrorCode = .none
    package var errorMessage: String? = nil
    /// Chosen by the broker in v0, by the member from v1 on.
    package var memberId: String? = nil
    package var memberEpoch: Int32 = 0
    /// When to send the next one, in milliseconds.
    package var heartbeatIntervalMs: Int32 = 0
    /// Null for no change.
    package var assignment: Assignment? = nil
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        throttleTimeMs: Int32 = 0, errorCode: KafkaErrorCode = .none, errorMessage: String? = nil,
        memberId: String? = nil, memberEpoch: Int32 = 0, heartbeatIntervalMs: Int32 = 0, assignment: Assignment? = nil
    ) {
        self.throttleTimeMs = throttleTimeMs
        self.errorCode = errorCode
        self.errorMessage = errorMessage
        self.memberId = memberId
        self.memberEpoch = memberEpoch
        self.heartbeatIntervalMs = heartbeatIntervalMs
        self.assignment = assignment
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0...)
        try wire.errorCode("errorCode", &errorCode, 0...)
        try wire.nullableString("errorMessage", &errorMessage, 0..., default: nil)
        try wire.nullableString("memberId", &memberId, 0..., default: nil)
        try wire.int32("memberEpoch", &memberEpoch, 0...)
        try wire.int32("heartbeatIntervalMs", &heartbeatIntervalMs, 0...)
        try wire.nullableStruct("assignment", &assignment, 0...)
    }

    /// What the member is to have.
    package struct Assignment: WireStruct {
        package var topicPartitions: [TopicPartitions] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(topicPartitions: [TopicPartitions] = []) {
            self.topicPartitions = topicPartitions
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.structs("topicPartitions", &topicPartitions, 0...)
        }
    }

    /// Partitions of one topic.
    package typealias TopicPartitions = TopicIdPartitions
}
