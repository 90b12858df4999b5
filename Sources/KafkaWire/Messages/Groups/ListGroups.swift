/// Asks one broker for the groups that it coordinates.
///
/// Version notes: v4 adds the filter by state, v5 by type.
package struct ListGroupsRequest: KafkaRequest {
    package typealias Response = ListGroupsResponse

    package static let apiKey = APIKey.listGroups
    package static let versions: ClosedRange<Int16> = 0...5
    package static let flexibleFrom: Int16? = 3

    /// Empty means all.
    package var statesFilter: [String] = []
    /// Empty means all.
    package var typesFilter: [String] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(statesFilter: [String] = [], typesFilter: [String] = []) {
        self.statesFilter = statesFilter
        self.typesFilter = typesFilter
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.strings("statesFilter", &statesFilter, 4...)
        try wire.strings("typesFilter", &typesFilter, 5...)
    }
}

/// The groups that one broker coordinates.
///
/// Version notes: v1 adds the throttle time, v4 the state, v5 the type.
package struct ListGroupsResponse: KafkaResponse {
    package static let apiKey = APIKey.listGroups
    package static let versions: ClosedRange<Int16> = 0...5
    package static let flexibleFrom: Int16? = 3

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var errorCode: KafkaErrorCode = .none
    package var groups: [Group] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(throttleTimeMs: Int32 = 0, errorCode: KafkaErrorCode = .none, groups: [Group] = []) {
        self.throttleTimeMs = throttleTimeMs
        self.errorCode = errorCode
        self.groups = groups
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 1..., ignorable: true)
        try wire.errorCode("errorCode", &errorCode, 0...)
        try wire.structs("groups", &groups, 0...)
    }

    /// A group.
    package struct Group: WireStruct {
        package var groupId: String = ""
        package var protocolType: String = ""
        package var groupState: String = ""
        package var groupType: String = ""
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            groupId: String = "", protocolType: String = "", groupState: String = "", groupType: String = ""
        ) {
            self.groupId = groupId
            self.protocolType = protocolType
            self.groupState = groupState
            self.groupType = groupType
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("groupId", &groupId, 0...)
            try wire.string("protocolType", &protocolType, 0...)
            try wire.string("groupState", &groupState, 4..., ignorable: true)
            try wire.string("groupType", &groupType, 5..., ignorable: true)
        }
    }
}
