/// Deletes the ACLs that match filters.
///
/// Version notes: v2 is flexible, v3 allows the resource type user.
package struct DeleteAclsRequest: KafkaRequest {
    package typealias Response = DeleteAclsResponse

    package static let apiKey = APIKey.deleteAcls
    package static let versions: ClosedRange<Int16> = 1...3
    package static let flexibleFrom: Int16? = 2

    package var filters: [Filter] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(filters: [Filter] = []) {
        self.filters = filters
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.structs("filters", &filters, 0...)
    }

    /// Which ACLs to delete.
    package struct Filter: WireStruct {
        /// 1 any, 2 topic, 3 group, 4 cluster, 5 transactional id, 6 delegation token, 7 user.
        package var resourceTypeFilter: Int8 = 0
        /// Null means any.
        package var resourceNameFilter: String? = ""
        /// 1 any, 2 whatever applies to the name, 3 literal, 4 prefixed.
        package var patternTypeFilter: Int8 = 3
        /// Null means any.
        package var principalFilter: String? = ""
        /// Null means any.
        package var hostFilter: String? = ""
        /// 1 any, 2 all, 3 read, 4 write, 5 create, 6 delete, 7 alter, 8 describe, 9 cluster action, 10 describe
        /// configs, 11 alter configs, 12 idempotent write, 13 create tokens, 14 describe tokens, 15 two-phase commit.
        package var operation: Int8 = 0
        /// 1 any, 2 deny, 3 allow.
        package var permissionType: Int8 = 0
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            resourceTypeFilter: Int8 = 0, resourceNameFilter: String? = "", patternTypeFilter: Int8 = 3,
            principalFilter: String? = "", hostFilter: String? = "", operation: Int8 = 0, permissionType: Int8 = 0
        ) {
            self.resourceTypeFilter = resourceTypeFilter
            self.resourceNameFilter = resourceNameFilter
            self.patternTypeFilter = patternTypeFilter
            self.principalFilter = principalFilter
            self.hostFilter = hostFilter
            self.operation = operation
            self.permissionType = permissionType
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int8("resourceTypeFilter", &resourceTypeFilter, 0...)
            try wire.nullableString("resourceNameFilter", &resourceNameFilter, 0...)
            try wire.int8("patternTypeFilter", &patternTypeFilter, 1..., default: 3)
            try wire.nullableString("principalFilter", &principalFilter, 0...)
            try wire.nullableString("hostFilter", &hostFilter, 0...)
            try wire.int8("operation", &operation, 0...)
            try wire.int8("permissionType", &permissionType, 0...)
        }
    }
}

/// The ACLs that each filter has deleted, in the request's order.
///
/// Version notes: v2 is flexible, v3 allows the resource type user.
package struct DeleteAclsResponse: KafkaResponse {
    package static let apiKey = APIKey.deleteAcls
    package static let versions: ClosedRange<Int16> = 1...3
    package static let flexibleFrom: Int16? = 2

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var filterResults: [FilterResult] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(throttleTimeMs: Int32 = 0, filterResults: [FilterResult] = []) {
        self.throttleTimeMs = throttleTimeMs
        self.filterResults = filterResults
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0...)
        try wire.structs("filterResults", &filterResults, 0...)
    }

    /// What one filter has deleted.
    package struct FilterResult: WireStruct {
        package var errorCode: KafkaErrorCode = .none
        package var errorMessage: String? = ""
        package var matchingAcls: [MatchingAcl] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(errorCode: KafkaErrorCode = .none, errorMessage: String? = "", matchingAcls: [MatchingAcl] = []) {
            self.errorCode = errorCode
            self.errorMessage = errorMessage
            self.matchingAcls = matchingAcls
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.errorCode("errorCode", &errorCode, 0...)
            try wire.nullableString("errorMessage", &errorMessage, 0...)
            try wire.structs("matchingAcls", &matchingAcls, 0...)
        }
    }

    /// An ACL that the filter matches.
    package struct MatchingAcl: WireStruct {
        package var errorCode: KafkaErrorCode = .none
        package var errorMessage: String? = ""
        /// 2 topic, 3 group, 4 cluster, 5 transactional id, 6 delegation token, 7 user.
        package var resourceType: Int8 = 0
        package var resourceName: String = ""
        /// 3 literal, 4 prefixed.
        package var patternType: Int8 = 3
        /// Such as `User:alice`; `User:*` is everybody.
        package var principal: String = ""
        /// An address, or `*` for all.
        package var host: String = ""
        /// 2 all, 3 read, 4 write, 5 create, 6 delete, 7 alter, 8 describe, 9 cluster action, 10 describe configs, 11
        /// alter configs, 12 idempotent write, 13 create tokens, 14 describe tokens, 15 two-phase commit.
        package var operation: Int8 = 0
        /// 2 deny, 3 allow.
        package var permissionType: Int8 = 0
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            errorCode: KafkaErrorCode = .none, errorMessage: String? = "", resourceType: Int8 = 0,
            resourceName: String = "", patternType: Int8 = 3, principal: String = "", host: String = "",
            operation: Int8 = 0, permissionType: Int8 = 0
        ) {
            self.errorCode = errorCode
            self.errorMessage = errorMessage
            self.resourceType = resourceType
            self.resourceName = resourceName
            self.patternType = patternType
            self.principal = principal
            self.host = host
            self.operation = operation
            self.permissionType = permissionType
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.errorCode("errorCode", &errorCode, 0...)
            try wire.nullableString("errorMessage", &errorMessage, 0...)
            try wire.int8("resourceType", &resourceType, 0...)
            try wire.string("resourceName", &resourceName, 0...)
            try wire.int8("patternType", &patternType, 1..., default: 3)
            try wire.string("principal", &principal, 0...)
            try wire.string("host", &host, 0...)
            try wire.int8("operation", &operation, 0...)
            try wire.int8("permissionType", &permissionType, 0...)
        }
    }
}
