/// Asks a coordinator for share groups (KIP-932).
///
/// Version notes: v1 is the first stable version.
package struct ShareGroupDescribeRequest: KafkaRequest {
    package typealias Response = ShareGroupDescribeResponse

    package static let apiKey = APIKey.shareGroupDescribe
    package static let versions: ClosedRange<Int16> = 1...1
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

/// Share groups and their members.
///
/// Version notes: v1 is the first stable version.
package struct ShareGroupDescribeResponse: KafkaResponse {
    package static let apiKey = APIKey.shareGroupDescribe
    package static let versions: ClosedRange<Int16> = 1...1
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
        /// As the coordinator names it: `Empty`, `Stable`, `Dead`.
        package var groupState: String = ""
        /// Grows with every change of members or topics.
        package var groupEpoch: Int32 = 0
        /// The group epoch that the assignment was made for.
        package var assignmentEpoch: Int32 = 0
        package var assignorName: String = ""
        package var members: [Member] = []
        /// A bit for each operation that the client may perform; the lowest number when not asked for.
        package var authorizedOperations: Int32 = -2147483648
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            errorCode: KafkaErrorCode = .none, errorMessage: String? = nil, groupId: String = "",
            groupState: String = "", groupEpoch: Int32 = 0, assignmentEpoch: Int32 = 0, assignorName: String = "",
            members: [Member] = [], authorizedOperations: Int32 = -2147483648
        ) {
            self.errorCode = errorCode
            self.errorMessage = errorMessage
            self.groupId = groupId
            self.groupState = groupState
            self.groupEpoch = groupEpoch
            self.assignmentEpoch = assignmentEpoch
            self.assignorName = assignorName
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
            try wire.string("assignorName", &assignorName, 0...)
            try wire.structs("members", &members, 0...)
            try wire.int32("authorizedOperations", &authorizedOperations, 0..., default: -2147483648)
        }
    }

    /// A member of a group.
    package struct Member: WireStruct {
        package var memberId: String = ""
        package var rackId: String? = nil
        package var memberEpoch: Int32 = 0
        package var clientId: String = ""
        package var clientHost: String = ""
        package var subscribedTopicNames: [String] = []
        package var assignment: Assignment = Assignment()
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            memberId: String = "", rackId: String? = nil, memberEpoch: Int32 = 0, clientId: String = "",
            clientHost: String = "", subscribedTopicNames: [String] = [], assignment: Assignment = Assignment()
        ) {
            self.memberId = memberId
            self.rackId = rackId
            self.memberEpoch = memberEpoch
            self.clientId = clientId
            self.clientHost = clientHost
            self.subscribedTopicNames = subscribedTopicNames
            self.assignment = assignment
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("memberId", &memberId, 0...)
            try wire.nullableString("rackId", &rackId, 0..., default: nil)
            try wire.int32("memberEpoch", &memberEpoch, 0...)
            try wire.string("clientId", &clientId, 0...)
            try wire.string("clientHost", &clientHost, 0...)
            try wire.strings("subscribedTopicNames", &subscribedTopicNames, 0...)
            try wire.struct("assignment", &assignment, 0...)
        }
    }

    /// What a member reads.
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
    package typealias TopicPartitions = AssignedTopic
}
