/// Asks for a member's assignment in a classic group; the leader brings those of all.
///
/// Version notes: v3 adds the instance id, v4 is flexible, v5 adds the protocol, which the coordinator checks.
package struct SyncGroupRequest: KafkaRequest {
    package typealias Response = SyncGroupResponse

    package static let apiKey = APIKey.syncGroup
    package static let versions: ClosedRange<Int16> = 0...5
    package static let flexibleFrom: Int16? = 4

    package var groupId: String = ""
    package var generationId: Int32 = 0
    package var memberId: String = ""
    /// Set for a static member.
    package var groupInstanceId: String? = nil
    package var protocolType: String? = nil
    package var protocolName: String? = nil
    /// Empty for all but the leader.
    package var assignments: [Assignment] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        groupId: String = "", generationId: Int32 = 0, memberId: String = "", groupInstanceId: String? = nil,
        protocolType: String? = nil, protocolName: String? = nil, assignments: [Assignment] = []
    ) {
        self.groupId = groupId
        self.generationId = generationId
        self.memberId = memberId
        self.groupInstanceId = groupInstanceId
        self.protocolType = protocolType
        self.protocolName = protocolName
        self.assignments = assignments
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.string("groupId", &groupId, 0...)
        try wire.int32("generationId", &generationId, 0...)
        try wire.string("memberId", &memberId, 0...)
        try wire.nullableString("groupInstanceId", &groupInstanceId, 3..., default: nil)
        try wire.nullableString("protocolType", &protocolType, 5..., default: nil, ignorable: true)
        try wire.nullableString("protocolName", &protocolName, 5..., default: nil, ignorable: true)
        try wire.structs("assignments", &assignments, 0...)
    }

    /// What one member is given.
    package struct Assignment: WireStruct {
        package var memberId: String = ""
        /// In the form of the protocol; for consumers see `ConsumerProtocolAssignment`.
        package var assignment: [UInt8] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(memberId: String = "", assignment: [UInt8] = []) {
            self.memberId = memberId
            self.assignment = assignment
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("memberId", &memberId, 0...)
            try wire.bytes("assignment", &assignment, 0...)
        }
    }
}

/// The member's assignment.
///
/// Version notes: v1 adds the throttle time, v5 the protocol.
package struct SyncGroupResponse: KafkaResponse {
    package static let apiKey = APIKey.syncGroup
    package static let versions: ClosedRange<Int16> = 0...5
    package static let flexibleFrom: Int16? = 4

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var errorCode: KafkaErrorCode = .none
    package var protocolType: String? = nil
    package var protocolName: String? = nil
    /// In the form of the protocol; for consumers see `ConsumerProtocolAssignment`.
    package var assignment: [UInt8] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        throttleTimeMs: Int32 = 0, errorCode: KafkaErrorCode = .none, protocolType: String? = nil,
        protocolName: String? = nil, assignment: [UInt8] = []
    ) {
        self.throttleTimeMs = throttleTimeMs
        self.errorCode = errorCode
        self.protocolType = protocolType
        self.protocolName = protocolName
        self.assignment = assignment
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 1..., ignorable: true)
        try wire.errorCode("errorCode", &errorCode, 0...)
        try wire.nullableString("protocolType", &protocolType, 5..., default: nil, ignorable: true)
        try wire.nullableString("protocolName", &protocolName, 5..., default: nil, ignorable: true)
        try wire.bytes("assignment", &assignment, 0...)
    }
}
