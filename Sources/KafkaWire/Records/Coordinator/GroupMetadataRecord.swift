/// The key of a classic group's state in `__consumer_offsets`.
package struct GroupMetadataKey: KafkaMessage, Hashable {
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16? = nil

    package var group: String = ""
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(group: String = "") { self.group = group }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.string("group", &group, 0...)
    }
}

/// A classic group's state in `__consumer_offsets`.
///
/// Version notes: v1 adds the rebalance timeout, v2 when the state began, v3 static members; v4 is flexible.
package struct GroupMetadataValue: KafkaMessage {
    package static let versions: ClosedRange<Int16> = 0...4
    package static let flexibleFrom: Int16? = 4

    /// `consumer`, `connect`; empty for a group that only commits offsets.
    package var protocolType: String = ""
    package var generation: Int32 = 0
    /// The assignor that the members agreed on.
    package var `protocol`: String? = ""
    package var leader: String? = ""
    /// In milliseconds since 1970; -1 when unknown.
    package var currentStateTimestamp: Int64 = -1
    package var members: [Member] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        protocolType: String = "", generation: Int32 = 0, protocol: String? = "", leader: String? = "",
        currentStateTimestamp: Int64 = -1, members: [Member] = []
    ) {
        self.protocolType = protocolType
        self.generation = generation
        self.protocol = `protocol`
        self.leader = leader
        self.currentStateTimestamp = currentStateTimestamp
        self.members = members
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.string("protocolType", &protocolType, 0...)
        try wire.int32("generation", &generation, 0...)
        try wire.nullableString("protocol", &`protocol`, 0...)
        try wire.nullableString("leader", &leader, 0...)
        try wire.int64("currentStateTimestamp", &currentStateTimestamp, 2..., default: -1, ignorable: true)
        try wire.structs("members", &members, 0...)
    }

    /// A member of the group.
    package struct Member: WireStruct {
        package var memberId: String = ""
        package var groupInstanceId: String? = nil
        package var clientId: String = ""
        package var clientHost: String = ""
        /// In milliseconds, as the session's; -1 when unknown.
        package var rebalanceTimeout: Int32 = -1
        package var sessionTimeout: Int32 = 0
        /// For consumers, what `ConsumerProtocol.subscription` reads.
        package var subscription: [UInt8] = []
        /// For consumers, what `ConsumerProtocol.assignment` reads.
        package var assignment: [UInt8] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            memberId: String = "", groupInstanceId: String? = nil, clientId: String = "", clientHost: String = "",
            rebalanceTimeout: Int32 = -1, sessionTimeout: Int32 = 0, subscription: [UInt8] = [],
            assignment: [UInt8] = []
        ) {
            self.memberId = memberId
            self.groupInstanceId = groupInstanceId
            self.clientId = clientId
            self.clientHost = clientHost
            self.rebalanceTimeout = rebalanceTimeout
            self.sessionTimeout = sessionTimeout
            self.subscription = subscription
            self.assignment = assignment
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("memberId", &memberId, 0...)
            try wire.nullableString("groupInstanceId", &groupInstanceId, 3..., default: nil, ignorable: true)
            try wire.string("clientId", &clientId, 0...)
            try wire.string("clientHost", &clientHost, 0...)
            try wire.int32("rebalanceTimeout", &rebalanceTimeout, 1..., default: -1, ignorable: true)
            try wire.int32("sessionTimeout", &sessionTimeout, 0...)
            try wire.bytes("subscription", &subscription, 0...)
            try wire.bytes("assignment", &assignment, 0...)
        }
    }
}
