/// Asks a coordinator for classic groups.
///
/// Version notes: v3 adds the authorized operations.
package struct DescribeGroupsRequest: KafkaRequest {
    package typealias Response = DescribeGroupsResponse

    package static let apiKey = APIKey.describeGroups
    package static let versions: ClosedRange<Int16> = 0...6
    package static let flexibleFrom: Int16? = 5

    package var groups: [String] = []
    package var includeAuthorizedOperations: Bool = false
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(groups: [String] = [], includeAuthorizedOperations: Bool = false) {
        self.groups = groups
        self.includeAuthorizedOperations = includeAuthorizedOperations
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.strings("groups", &groups, 0...)
        try wire.bool("includeAuthorizedOperations", &includeAuthorizedOperations, 3...)
    }
}

/// Classic groups and their members.
///
/// Version notes: v3 adds authorized operations, v4 instance ids, v6 an error for a group that does not exist, where
/// earlier versions answer with the state `Dead`.
package struct DescribeGroupsResponse: KafkaResponse {
    package static let apiKey = APIKey.describeGroups
    package static let versions: ClosedRange<Int16> = 0...6
    package static let flexibleFrom: Int16? = 5

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
        try wire.int32("throttleTimeMs", &throttleTimeMs, 1..., ignorable: true)
        try wire.structs("groups", &groups, 0...)
    }

    /// A group.
    package struct Group: WireStruct {
        package var errorCode: KafkaErrorCode = .none
        package var errorMessage: String? = nil
        package var groupId: String = ""
        package var groupState: String = ""
        package var protocolType: String = ""
        package var protocolData: String = ""
        package var members: [Member] = []
        /// A bit for each operation that the client may perform; the lowest number when not asked for.
        package var authorizedOperations: Int32 = -2147483648
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            errorCode: KafkaErrorCode = .none, errorMessage: String? = nil, groupId: String = "",
            groupState: String = "", protocolType: String = "", protocolData: String = "", members: [Member] = [],
            authorizedOperations: Int32 = -2147483648
        ) {
            self.errorCode = errorCode
            self.errorMessage = errorMessage
            self.groupId = groupId
            self.groupState = groupState
            self.protocolType = protocolType
            self.protocolData = protocolData
            self.members = members
            self.authorizedOperations = authorizedOperations
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.errorCode("errorCode", &errorCode, 0...)
            try wire.nullableString("errorMessage", &errorMessage, 6..., default: nil)
            try wire.string("groupId", &groupId, 0...)
            try wire.string("groupState", &groupState, 0...)
            try wire.string("protocolType", &protocolType, 0...)
            try wire.string("protocolData", &protocolData, 0...)
            try wire.structs("members", &members, 0...)
            try wire.int32("authorizedOperations", &authorizedOperations, 3..., default: -2147483648)
        }
    }

    /// A member of a group.
    package struct Member: WireStruct {
        package var memberId: String = ""
        package var groupInstanceId: String? = nil
        package var clientId: String = ""
        package var clientHost: String = ""
        /// In the form of the group's protocol.
        package var memberMetadata: [UInt8] = []
        /// In the form of the group's protocol.
        package var memberAssignment: [UInt8] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            memberId: String = "", groupInstanceId: String? = nil, clientId: String = "", clientHost: String = "",
            memberMetadata: [UInt8] = [], memberAssignment: [UInt8] = []
        ) {
            self.memberId = memberId
            self.groupInstanceId = groupInstanceId
            self.clientId = clientId
            self.clientHost = clientHost
            self.memberMetadata = memberMetadata
            self.memberAssignment = memberAssignment
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("memberId", &memberId, 0...)
            try wire.nullableString("groupInstanceId", &groupInstanceId, 4..., default: nil, ignorable: true)
            try wire.string("clientId", &clientId, 0...)
            try wire.string("clientHost", &clientHost, 0...)
            try wire.bytes("memberMetadata", &memberMetadata, 0...)
            try wire.bytes("memberAssignment", &memberAssignment, 0...)
        }
    }
}
