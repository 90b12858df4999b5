/// Creates ACLs.
///
/// Version notes: v2 is flexible, v3 allows the resource type user.
package struct CreateAclsRequest: KafkaRequest {
    package typealias Response = CreateAclsResponse

    package static let apiKey = APIKey.createAcls
    package static let versions: ClosedRange<Int16> = 1...3
    package static let flexibleFrom: Int16? = 2

    package var creations: [Creation] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(creations: [Creation] = []) {
        self.creations = creations
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.structs("creations", &creations, 0...)
    }

    /// An ACL to create.
    package struct Creation: WireStruct {
        /// 2 topic, 3 group, 4 cluster, 5 transactional id, 6 delegation token, 7 user.
        package var resourceType: Int8 = 0
        package var resourceName: String = ""
        /// 3 literal, 4 prefixed.
        package var resourcePatternType: Int8 = 3
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
            resourceType: Int8 = 0, resourceName: String = "", resourcePatternType: Int8 = 3, principal: String = "",
            host: String = "", operation: Int8 = 0, permissionType: Int8 = 0
        ) {
            self.resourceType = resourceType
            self.resourceName = resourceName
            self.resourcePatternType = resourcePatternType
            self.principal = principal
            self.host = host
            self.operation = operation
            self.permissionType = permissionType
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int8("resourceType", &resourceType, 0...)
            try wire.string("resourceName", &resourceName, 0...)
            try wire.int8("resourcePatternType", &resourcePatternType, 1..., default: 3)
            try wire.string("principal", &principal, 0...)
            try wire.string("host", &host, 0...)
            try wire.int8("operation", &operation, 0...)
            try wire.int8("permissionType", &permissionType, 0...)
        }
    }
}

/// What became of each ACL, in the request's order.
///
/// Version notes: v2 is flexible.
package struct CreateAclsResponse: KafkaResponse {
    package static let apiKey = APIKey.createAcls
    package static let versions: ClosedRange<Int16> = 1...3
    package static let flexibleFrom: Int16? = 2

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var results: [Result] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(throttleTimeMs: Int32 = 0, results: [Result] = []) {
        self.throttleTimeMs = throttleTimeMs
        self.results = results
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0...)
        try wire.structs("results", &results, 0...)
    }

    /// What became of one ACL.
    package struct Result: WireStruct {
        package var errorCode: KafkaErrorCode = .none
        package var errorMessage: String? = ""
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(errorCode: KafkaErrorCode = .none, errorMessage: String? = "") {
            self.errorCode = errorCode
            self.errorMessage = errorMessage
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.errorCode("errorCode", &errorCode, 0...)
            try wire.nullableString("errorMessage", &errorMessage, 0...)
        }
    }
}
