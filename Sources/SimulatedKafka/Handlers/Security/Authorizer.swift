import KafkaWire

/// An access control entry, with the protocol's numbers.
package struct AccessRule: Sendable, Hashable {
    package var resourceType: Int8
    package var resourceName: String
    /// 3 literal, 4 prefixed.
    package var patternType: Int8
    package var principal: String
    package var host: String
    package var operation: Int8
    /// 2 deny, 3 allow.
    package var permission: Int8

    package init(
        resourceType: Int8, resourceName: String, patternType: Int8, principal: String, host: String,
        operation: Int8, permission: Int8
    ) {
        self.resourceType = resourceType
        self.resourceName = resourceName
        self.patternType = patternType
        self.principal = principal
        self.host = host
        self.operation = operation
        self.permission = permission
    }
}

/// What a request wants to do, with the protocol's numbers.
enum AccessOperation: Int8, CaseIterable {
    case all = 2, read, write, create, delete, alter, describe, clusterAction, describeConfigs, alterConfigs
    case idempotentWrite, createTokens, describeTokens

    /// Any of these allows it, too.
    var implying: [AccessOperation] {
        switch self {
        case .describe: [.read, .write, .delete, .alter]
        case .describeConfigs: [.alterConfigs]
        default: []
        }
    }
}

enum AccessResource: Int8 {
    case topic = 2, group, cluster, transactionalID, delegationToken, user

    static let clusterName = "kafka-cluster"
}

extension ClusterModel {
    /// Whether who asks may do this: always without an authorizer, and as a super user; else as the rules say, where no rule
    /// means no (Kafka's `StandardAuthorizer`).
    func allows(_ operation: AccessOperation, _ resource: AccessResource, _ name: String) -> Bool {
        guard configuration.hasAuthorizer else { return true }
        return isAllowed(operation, resource, name)
    }

    func allowsOnCluster(_ operation: AccessOperation) -> Bool {
        allows(operation, .cluster, AccessResource.clusterName)
    }

    private func isAllowed(_ operation: AccessOperation, _ resource: AccessResource, _ name: String) -> Bool {
        if session.principal == SimulatedClusterConfiguration.runner { return true }
        if configuration.superUsers.contains(session.principal) { return true }
        var isAllowed = configuration.allowsWithoutRules && !hasRules(resource, name)
        for rule in image.acls where matches(rule, resource, name) {
            guard let ruled = AccessOperation(rawValue: rule.operation) else { continue }
            if rule.permission == 2 {
                if ruled == .all || ruled == operation { return false }
            } else if ruled == .all || ruled == operation || operation.implying.contains(ruled) {
                isAllowed = true
            }
        }
        return isAllowed
    }

    /// Whether any entry names a resource, whoever it is for.
    private func hasRules(_ resource: AccessResource, _ name: String) -> Bool {
        image.acls.contains { $0.resourceType == resource.rawValue && Self.names($0, name) }
    }

    private static func names(_ rule: AccessRule, _ name: String) -> Bool {
        rule.patternType == 4
            ? name.hasPrefix(rule.resourceName) : rule.resourceName == "*" || rule.resourceName == name
    }

    private func matches(_ rule: AccessRule, _ resource: AccessResource, _ name: String) -> Bool {
        guard rule.resourceType == resource.rawValue, rule.principal == session.principal || rule.principal == "User:*",
            rule.host == "*" || "/\(rule.host)" == ClientSession.host
        else { return false }
        return Self.names(rule, name)
    }

    /// The operations that who asks may do, as bits; all of the kind's without an authorizer.
    func authorizedOperations(_ all: Int32, _ resource: AccessResource, _ name: String) -> Int32 {
        guard configuration.hasAuthorizer else { return all }
        return AccessOperation.allCases.reduce(0) { bits, operation in
            let bit: Int32 = 1 << Int32(operation.rawValue)
            return all & bit != 0 && isAllowed(operation, resource, name) ? bits | bit : bits
        }
    }
}
