/// One part of what a quota is set for (KIP-546).
package struct QuotaEntityPart: WireStruct {
    /// `user`, `client-id` or `ip`.
    package var entityType: String = ""
    /// Null for the default entity.
    package var entityName: String? = ""
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(entityType: String = "", entityName: String? = "") {
        self.entityType = entityType
        self.entityName = entityName
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.string("entityType", &entityType, 0...)
        try wire.nullableString("entityName", &entityName, 0...)
    }
}

/// A principal in the messages of delegation tokens (KIP-48).
package struct TokenPrincipal: WireStruct {
    package var principalType: String = ""
    package var principalName: String = ""
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(principalType: String = "", principalName: String = "") {
        self.principalType = principalType
        self.principalName = principalName
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.string("principalType", &principalType, 0...)
        try wire.string("principalName", &principalName, 0...)
    }
}
