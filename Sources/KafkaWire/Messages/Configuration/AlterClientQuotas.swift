/// Sets and removes quotas.
///
/// Version notes: v1 is v0 in the flexible form.
package struct AlterClientQuotasRequest: KafkaRequest {
    package typealias Response = AlterClientQuotasResponse

    package static let apiKey = APIKey.alterClientQuotas
    package static let versions: ClosedRange<Int16> = 0...1
    package static let flexibleFrom: Int16? = 1

    package var entries: [Entry] = []
    /// Whether only to check.
    package var validateOnly: Bool = false
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(entries: [Entry] = [], validateOnly: Bool = false) {
        self.entries = entries
        self.validateOnly = validateOnly
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.structs("entries", &entries, 0...)
        try wire.bool("validateOnly", &validateOnly, 0...)
    }

    /// What to change for one entity.
    package struct Entry: WireStruct {
        package var entity: [Entity] = []
        package var ops: [Change] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(entity: [Entity] = [], ops: [Change] = []) {
            self.entity = entity
            self.ops = ops
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.structs("entity", &entity, 0...)
            try wire.structs("ops", &ops, 0...)
        }
    }

    /// One part of an entity.
    package typealias Entity = QuotaEntityPart

    /// A quota to set or remove.
    package struct Change: WireStruct {
        package var key: String = ""
        package var value: Double = 0
        /// Whether to remove the quota; then `value` does not count.
        package var remove: Bool = false
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(key: String = "", value: Double = 0, remove: Bool = false) {
            self.key = key
            self.value = value
            self.remove = remove
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("key", &key, 0...)
            try wire.float64("value", &value, 0...)
            try wire.bool("remove", &remove, 0...)
        }
    }
}

/// What became of each entity.
///
/// Version notes: v1 is v0 in the flexible form.
package struct AlterClientQuotasResponse: KafkaResponse {
    package static let apiKey = APIKey.alterClientQuotas
    package static let versions: ClosedRange<Int16> = 0...1
    package static let flexibleFrom: Int16? = 1

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var entries: [Entry] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(throttleTimeMs: Int32 = 0, entries: [Entry] = []) {
        self.throttleTimeMs = throttleTimeMs
        self.entries = entries
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0...)
        try wire.structs("entries", &entries, 0...)
    }

    /// What became of one entity.
    package struct Entry: WireStruct {
        package var errorCode: KafkaErrorCode = .none
        package var errorMessage: String? = ""
        package var entity: [Entity] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(errorCode: KafkaErrorCode = .none, errorMessage: String? = "", entity: [Entity] = []) {
            self.errorCode = errorCode
            self.errorMessage = errorMessage
            self.entity = entity
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.errorCode("errorCode", &errorCode, 0...)
            try wire.nullableString("errorMessage", &errorMessage, 0...)
            try wire.structs("entity", &entity, 0...)
        }
    }

    /// One part of an entity.
    package typealias Entity = QuotaEntityPart
}
