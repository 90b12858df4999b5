/// Keeps a member in its classic group.
///
/// Version notes: v3 adds the instance id, v4 is v3 in the flexible form.
package struct HeartbeatRequest: KafkaRequest {
    package typealias Response = HeartbeatResponse

    package static let apiKey = APIKey.heartbeat
    package static let versions: ClosedRange<Int16> = 0...4
    package static let flexibleFrom: Int16? = 4

    package var groupId: String = ""
    package var generationId: Int32 = 0
    package var memberId: String = ""
    /// Set for a static member.
    package var groupInstanceId: String? = nil
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(groupId: String = "", generationId: Int32 = 0, memberId: String = "", groupInstanceId: String? = nil) {
        self.groupId = groupId
        self.generationId = generationId
        self.memberId = memberId
        self.groupInstanceId = groupInstanceId
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.string("groupId", &groupId, 0...)
        try wire.int32("generationId", &generationId, 0...)
        try wire.string("memberId", &memberId, 0...)
        try wire.nullableString("groupInstanceId", &groupInstanceId, 3..., default: nil)
    }
}

/// Whether the member is still in, or has to join again.
///
/// Version notes: v1 adds the throttle time, v4 is v3 in the flexible form.
package struct HeartbeatResponse: KafkaResponse {
    package static let apiKey = APIKey.heartbeat
    package static let versions: ClosedRange<Int16> = 0...4
    package static let flexibleFrom: Int16? = 4

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var errorCode: KafkaErrorCode = .none
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(throttleTimeMs: Int32 = 0, errorCode: KafkaErrorCode = .none) {
        self.throttleTimeMs = throttleTimeMs
        self.errorCode = errorCode
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 1..., ignorable: true)
        try wire.errorCode("errorCode", &errorCode, 0...)
    }
}
