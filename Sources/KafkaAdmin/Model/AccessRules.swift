/// What an access rule is about, by Kafka's numbers; unknown numbers are kept.
package struct AccessResourceType: Sendable, Hashable, RawRepresentable {
    package var rawValue: Int8
    package init(rawValue: Int8) { self.rawValue = rawValue }
    package static let any = AccessResourceType(rawValue: 1)
    package static let topic = AccessResourceType(rawValue: 2)
    package static let group = AccessResourceType(rawValue: 3)
    /// Its only resource is called `kafka-cluster`.
    package static let cluster = AccessResourceType(rawValue: 4)
    package static let transactionalID = AccessResourceType(rawValue: 5)
    package static let delegationToken = AccessResourceType(rawValue: 6)
    package static let user = AccessResourceType(rawValue: 7)

    /// In lower case, as in `transactional_id`.
    package var name: String {
        switch self {
        case .any: "any"
        case .topic: "topic"
        case .group: "group"
        case .cluster: "cluster"
        case .transactionalID: "transactional_id"
        case .delegationToken: "delegation_token"
        case .user: "user"
        default: "resource_\(rawValue)"
        }
    }
}

/// How a rule's resource name is meant. `any` and `match` occur in filters alone.
package struct AccessPattern: Sendable, Hashable, RawRepresentable {
    package var rawValue: Int8
    package init(rawValue: Int8) { self.rawValue = rawValue }
    package static let any = AccessPattern(rawValue: 1)
    /// Every rule that has to do with the named resource: literal, prefixed, `*`.
    package static let match = AccessPattern(rawValue: 2)
    package static let literal = AccessPattern(rawValue: 3)
    package static let prefixed = AccessPattern(rawValue: 4)

    package var name: String {
        switch self {
        case .any: "any"
        case .match: "match"
        case .literal: "literal"
        case .prefixed: "prefixed"
        default: "pattern_\(rawValue)"
        }
    }
}

/// What is allowed or denied, by Kafka's numbers (AclOperation); unknown numbers are kept.
package struct AccessOperation: Sendable, Hashable, RawRepresentable {
    package var rawValue: Int8
    package init(rawValue: Int8) { self.rawValue = rawValue }

    private static let names = [
        "unknown", "any", "all", "read", "write", "create", "delete", "alter", "describe", "cluster_action",
        "describe_configs", "alter_configs", "idempotent_write", "create_tokens", "describe_tokens",
        "two_phase_commit",
    ]

    package static let any = AccessOperation(rawValue: 1)
    package static let all = AccessOperation(rawValue: 2)
    package static let read = AccessOperation(rawValue: 3)
    package static let write = AccessOperation(rawValue: 4)
    package static let describe = AccessOperation(rawValue: 8)

    /// Whether the authorized operations that a broker tells (KIP-430: a bit for each) have this one.
    package func isIn(_ operations: Int32) -> Bool {
        rawValue >= 0 && rawValue < 32 && operations & (1 << Int32(rawValue)) != 0
    }

    /// By its name in lower case, as in `describe_configs`; nil for a name that Kafka does not have.
    package init?(name: String) {
        guard let index = Self.names.firstIndex(of: name), index > 0 else { return nil }
        rawValue = Int8(index)
    }

    package var name: String {
        Self.names.indices.contains(Int(rawValue)) ? Self.names[Int(rawValue)] : "operation_\(rawValue)"
    }
}

package struct AccessPermission: Sendable, Hashable, RawRepresentable {
    package var rawValue: Int8
    package init(rawValue: Int8) { self.rawValue = rawValue }
    package static let any = AccessPermission(rawValue: 1)
    package static let deny = AccessPermission(rawValue: 2)
    package static let allow = AccessPermission(rawValue: 3)

    package var name: String {
        switch self {
        case .any: "any"
        case .deny: "deny"
        case .allow: "allow"
        default: "permission_\(rawValue)"
        }
    }
}

/// One access rule: an ACL binding.
package struct AccessRule: Sendable, Hashable {
    package var resourceType: AccessResourceType
    package var resourceName: String
    package var pattern: AccessPattern
    /// `User:name`, or `User:*`.
    package var principal: String
    /// An address, or `*`.
    package var host: String
    package var operation: AccessOperation
    package var permission: AccessPermission

    package init(
        _ resourceType: AccessResourceType, _ resourceName: String, pattern: AccessPattern = .literal,
        principal: String, host: String = "*", operation: AccessOperation, permission: AccessPermission = .allow
    ) {
        self.resourceType = resourceType
        self.resourceName = resourceName
        self.pattern = pattern
        self.principal = principal
        self.host = host
        self.operation = operation
        self.permission = permission
    }
}

/// Which access rules are meant. Every part is said: what is left out matches everything, which is no default to delete by.
package struct AccessFilter: Sendable, Hashable {
    package var resourceType: AccessResourceType
    /// Nil: any, as with principal and host.
    package var resourceName: String?
    package var pattern: AccessPattern
    package var principal: String?
    package var host: String?
    package var operation: AccessOperation
    package var permission: AccessPermission

    package init(
        resourceType: AccessResourceType, resourceName: String?, pattern: AccessPattern, principal: String?,
        host: String?, operation: AccessOperation, permission: AccessPermission
    ) {
        self.resourceType = resourceType
        self.resourceName = resourceName
        self.pattern = pattern
        self.principal = principal
        self.host = host
        self.operation = operation
        self.permission = permission
    }

    /// That rule and no other.
    package init(exactly rule: AccessRule) {
        self.init(
            resourceType: rule.resourceType, resourceName: rule.resourceName, pattern: rule.pattern,
            principal: rule.principal, host: rule.host, operation: rule.operation, permission: rule.permission)
    }

    package static let everything = AccessFilter(
        resourceType: .any, resourceName: nil, pattern: .any, principal: nil, host: nil, operation: .any,
        permission: .any)
}
