/// Asks for the quotas of entities that match a filter.
///
/// Version notes: v1 is v0 in the flexible form.
package struct DescribeClientQuotasRequest: KafkaRequest {
    package typealias Response = DescribeClientQuotasResponse

    package static let apiKey = APIKey.describeClientQuotas
    package static let versions: ClosedRange<Int16> = 0...1
    package static let flexibleFrom: Int16? = 1

    package var components: [Component] = []
    /// Whether entities with parts that the filter does not name are left out.
    package var strict: Bool = false
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(components: [Component] = [], strict: Bool = false) {
        self.components = components
        self.strict = strict
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.structs("components", &components, 0...)
        try wire.bool("strict", &strict, 0...)
    }

    /// What one part of an entity has to be.
    package struct Component: WireStruct {
        /// `user`, `client-id` or `ip`.
        package var entityType: String = ""
        /// 0 exactly `match`, 1 the default entity, 2 any with a name.
        package var matchType: Int8 = 0
        package var match: String? = ""
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(entityType: String = "", matchType: Int8 = 0, match: String? = "") {
            self.entityType = entityType
            self.matchType = matchType
            self.match = match
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("entityType", &entityType, 0...)
            try wire.int8("matchType", &matchType, 0...)
            try wire.nullableString("match", &match, 0...)
        }
    }
}

/// Quotas by entity.
///
/// Version notes: v1 is v0 in the flexible form.
package struct DescribeClientQuotasResponse: KafkaResponse {
    package static let apiKey = APIKey.describeClientQuotas
    package static let versions: ClosedRange<Int16> = 0...1
    package static let flexibleFrom: Int16? = 1

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var errorCode: KafkaErrorCode = .none
    package var errorMessage: String? = ""
    /// Null on errors.
    package var entries: [Entry]? = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        throttleTimeMs: Int32 = 0, errorCode: KafkaErrorCode = .none, errorMessage: String? = "", entries: [Entry]? = []
    ) {
        self.throttleTimeMs = throttleTimeMs
        self.errorCode = errorCode
        self.errorMessage = errorMessage
        self.entries = entries
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0...)
        try wire.errorCode("errorCode", &errorCode, 0...)
        try wire.nullableString("errorMessage", &errorMessage, 0...)
        try wire.nullableStructs("entries", &entries, 0...)
    }

    /// The quotas of one entity.
    package struct Entry: WireStruct {
        package var entity: [Entity] = []
        package var values: [Quota] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(entity: [Entity] = [], values: [Quota] = []) {
            self.entity = entity
            self.values = values
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.structs("entity", &entity, 0...)
            try wire.structs("values", &values, 0...)
        }
    }

    /// One part of an entity.
    package typealias Entity = QuotaEntityPart

    /// A quota.
    package struct Quota: WireStruct {
        package var key: String = ""
        package var value: Double = 0
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(key: String = "", value: Double = 0) {
            self.key = key
            self.value = value
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("key", &key, 0...)
            try wire.float64("value", &value, 0...)
        }
    }
}
