/// Takes members out of a classic group.
///
/// Version notes: up to v2 one member by `memberId`; from v3 on several in `members`, also by instance id; v5 adds a
/// reason.
package struct LeaveGroupRequest: KafkaRequest {
    package typealias Response = LeaveGroupResponse

    package static let apiKey = APIKey.leaveGroup
    package static let versions: ClosedRange<Int16> = 0...5
    package static let flexibleFrom: Int16? = 4

    package var groupId: String = ""
    /// Up to v2.
    package var memberId: String = ""
    /// From v3 on.
    package var members: [Member] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(groupId: String = "", memberId: String = "", members: [Member] = []) {
        self.groupId = groupId
        self.memberId = memberId
        self.members = members
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.string("groupId", &groupId, 0...)
        try wire.string("memberId", &memberId, 0...2)
        try wire.structs("members", &members, 3...)
    }

    /// A member to take out.
    package struct Member: WireStruct {
        /// Empty when the instance id names the member.
        package var memberId: String = ""
        /// Set for a static member.
        package var groupInstanceId: String? = nil
        package var reason: String? = nil
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(memberId: String = "", groupInstanceId: String? = nil, reason: String? = nil) {
            self.memberId = memberId
            self.groupInstanceId = groupInstanceId
            self.reason = reason
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("memberId", &memberId, 3...)
            try wire.nullableString("groupInstanceId", &groupInstanceId, 3..., default: nil)
            try wire.nullableString("reason", &reason, 5..., default: nil, ignorable: true)
        }
    }
}

/// Whether each member is out.
///
/// Version notes: v1 adds the throttle time, v3 the members.
package struct LeaveGroupResponse: KafkaResponse {
    package static let apiKey = APIKey.leaveGroup
    package static let versions: ClosedRange<Int16> = 0...5
    package static let flexibleFrom: Int16? = 4

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var errorCode: KafkaErrorCode = .none
    package var members: [Member] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(throttleTimeMs: Int32 = 0, errorCode: KafkaErrorCode = .none, members: [Member] = []) {
        self.throttleTimeMs = throttleTimeMs
        self.errorCode = errorCode
        self.members = members
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 1..., ignorable: true)
        try wire.errorCode("errorCode", &errorCode, 0...)
        try wire.structs("members", &members, 3...)
    }

    /// What became of one member.
    package struct Member: WireStruct {
        package var memberId: String = ""
        /// Set for a static member.
        package var groupInstanceId: String? = ""
        package var errorCode: KafkaErrorCode = .none
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(memberId: String = "", groupInstanceId: String? = "", errorCode: KafkaErrorCode = .none) {
            self.memberId = memberId
            self.groupInstanceId = groupInstanceId
            self.errorCode = errorCode
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("memberId", &memberId, 3...)
            try wire.nullableString("groupInstanceId", &groupInstanceId, 3...)
            try wire.errorCode("errorCode", &errorCode, 3...)
        }
    }
}
