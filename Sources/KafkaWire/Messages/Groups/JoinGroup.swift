/// Joins a classic group, or comes back into it at a rebalance.
///
/// Version notes: v1 adds the rebalance timeout, from v4 on a new member is first given an id and joins again with it,
/// v5 adds the instance id (KIP-345), v6 is flexible, v8 adds a reason.
package struct JoinGroupRequest: KafkaRequest {
    package typealias Response = JoinGroupResponse

    package static let apiKey = APIKey.joinGroup
    package static let versions: ClosedRange<Int16> = 0...9
    package static let flexibleFrom: Int16? = 6

    package var groupId: String = ""
    /// How long without a heartbeat a member is kept, in milliseconds.
    package var sessionTimeoutMs: Int32 = 0
    /// How long a rebalance waits for the member, in milliseconds; -1 is the session timeout.
    package var rebalanceTimeoutMs: Int32 = -1
    /// Empty at first.
    package var memberId: String = ""
    /// Set for a static member.
    package var groupInstanceId: String? = nil
    /// `consumer` for consumers, `connect` for Kafka Connect.
    package var protocolType: String = ""
    package var protocols: [ProtocolOffer] = []
    package var reason: String? = nil
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        groupId: String = "", sessionTimeoutMs: Int32 = 0, rebalanceTimeoutMs: Int32 = -1, memberId: String = "",
        groupInstanceId: String? = nil, protocolType: String = "", protocols: [ProtocolOffer] = [],
        reason: String? = nil
    ) {
        self.groupId = groupId
        self.sessionTimeoutMs = sessionTimeoutMs
        self.rebalanceTimeoutMs = rebalanceTimeoutMs
        self.memberId = memberId
        self.groupInstanceId = groupInstanceId
        self.protocolType = protocolType
        self.protocols = protocols
        self.reason = reason
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.string("groupId", &groupId, 0...)
        try wire.int32("sessionTimeoutMs", &sessionTimeoutMs, 0...)
        try wire.int32("rebalanceTimeoutMs", &rebalanceTimeoutMs, 1..., default: -1, ignorable: true)
        try wire.string("memberId", &memberId, 0...)
        try wire.nullableString("groupInstanceId", &groupInstanceId, 5..., default: nil)
        try wire.string("protocolType", &protocolType, 0...)
        try wire.structs("protocols", &protocols, 0...)
        try wire.nullableString("reason", &reason, 8..., default: nil, ignorable: true)
    }

    /// A way of assigning that the member can do, the preferred one first.
    package struct ProtocolOffer: WireStruct {
        package var name: String = ""
        /// In the form of the protocol; for consumers see `ConsumerProtocolSubscription`.
        package var metadata: [UInt8] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(name: String = "", metadata: [UInt8] = []) {
            self.name = name
            self.metadata = metadata
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("name", &name, 0...)
            try wire.bytes("metadata", &metadata, 0...)
        }
    }
}

/// The generation that the member is in; the leader also learns of all members.
///
/// Version notes: v2 adds the throttle time, v5 instance ids, v7 the protocol type and a null protocol name, v9 whether
/// the leader may skip the assignment.
package struct JoinGroupResponse: KafkaResponse {
    package static let apiKey = APIKey.joinGroup
    package static let versions: ClosedRange<Int16> = 0...9
    package static let flexibleFrom: Int16? = 6

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var errorCode: KafkaErrorCode = .none
    package var generationId: Int32 = -1
    package var protocolType: String? = nil
    /// The way of assigning that all members can do.
    package var protocolName: String? = ""
    /// The id of the member that assigns.
    package var leader: String = ""
    /// Whether the leader is to keep the assignment as it is.
    package var skipAssignment: Bool = false
    /// The id to use; also set with MEMBER_ID_REQUIRED.
    package var memberId: String = ""
    /// Empty for all but the leader.
    package var members: [Member] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        throttleTimeMs: Int32 = 0, errorCode: KafkaErrorCode = .none, generationId: Int32 = -1,
        protocolType: String? = nil, protocolName: String? = "", leader: String = "", skipAssignment: Bool = false,
        memberId: String = "", members: [Member] = []
    ) {
        self.throttleTimeMs = throttleTimeMs
        self.errorCode = errorCode
        self.generationId = generationId
        self.protocolType = protocolType
        self.protocolName = protocolName
        self.leader = leader
        self.skipAssignment = skipAssignment
        self.memberId = memberId
        self.members = members
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 2..., ignorable: true)
        try wire.errorCode("errorCode", &errorCode, 0...)
        try wire.int32("generationId", &generationId, 0..., default: -1)
        try wire.nullableString("protocolType", &protocolType, 7..., default: nil, ignorable: true)
        try wire.nullableString("protocolName", &protocolName, 0..., nullable: 7...)
        try wire.string("leader", &leader, 0...)
        try wire.bool("skipAssignment", &skipAssignment, 9...)
        try wire.string("memberId", &memberId, 0...)
        try wire.structs("members", &members, 0...)
    }

    /// A member of the group.
    package struct Member: WireStruct {
        package var memberId: String = ""
        /// Set for a static member.
        package var groupInstanceId: String? = nil
        /// In the form of the protocol.
        package var metadata: [UInt8] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(memberId: String = "", groupInstanceId: String? = nil, metadata: [UInt8] = []) {
            self.memberId = memberId
            self.groupInstanceId = groupInstanceId
            self.metadata = metadata
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("memberId", &memberId, 0...)
            try wire.nullableString("groupInstanceId", &groupInstanceId, 5..., default: nil, ignorable: true)
            try wire.bytes("metadata", &metadata, 0...)
        }
    }
}
