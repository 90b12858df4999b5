/// Joins, keeps or leaves a share group (KIP-932); what has not changed since the last one is left out.
///
/// Version notes: v1 is the first stable version.
package struct ShareGroupHeartbeatRequest: KafkaRequest {
    package typealias Response = ShareGroupHeartbeatResponse

    package static let apiKey = APIKey.shareGroupHeartbeat
    package static let versions: ClosedRange<Int16> = 1...1
    package static let flexibleFrom: Int16? = 0

    package var groupId: String = ""
    /// Chosen by the member.
    package var memberId: String = ""
    /// 0 joins, -1 leaves; else the last one received.
    package var memberEpoch: Int32 = 0
    /// Null for no change.
    package var rackId: String? = nil
    /// Null for no change.
    package var subscribedTopicNames: [String]? = nil
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        groupId: String = "", memberId: String = "", memberEpoch: Int32 = 0, rackId: String? = nil,
        subscribedTopicNames: [String]? = nil
    ) {
        self.groupId = groupId
        self.memberId = memberId
        self.memberEpoch = memberEpoch
        self.rackId = rackId
        self.subscribedTopicNames = subscribedTopicNames
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.string("groupId", &groupId, 0...)
        try wire.string("memberId", &memberId, 0...)
        try wire.int32("memberEpoch", &memberEpoch, 0...)
        try wire.nullableString("rackId", &rackId, 0..., default: nil)
        try wire.nullableStrings("subscribedTopicNames", &subscribedTopicNames, 0..., default: nil)
    }
}

/// The member's epoch, and its assignment when it has changed.
///
/// Version notes: v1 is the first stable version.
package struct ShareGroupHeartbeatResponse: KafkaResponse {
    package static let apiKey = APIKey.shareGroupHeartbeat
    package static let versions: ClosedRange<Int16> = 1...1
    package static let flexibleFrom: Int16? = 0

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var errorCode: KafkaErrorCode = .none
    package var errorMessage: String? = nil
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

    /// What the member is to read.
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
