import KafkaAdmin
import RunEngine
import Values

/// An access rule as playbooks write it.
enum AccessBinding {
    static let fields = ValueType.fields(
        .init("principal", .string), .init("resource", .string, "topic, group, cluster, transactional_id, …"),
        .init("name", .string, "`*` for all; of the cluster kafka-cluster"),
        .init("pattern", .string, mayBeAbsent: true, "literal or prefixed"),
        .init("operation", .string, "read, write, describe, … all"),
        .init("permission", .string, mayBeAbsent: true, "allow or deny"),
        .init("host", .string, mayBeAbsent: true, "An address, or `*`"))

    private static let resources: [(name: String, type: AccessResourceType)] = [
        ("topic", .topic), ("group", .group), ("cluster", .cluster), ("transactional_id", .transactionalID),
        ("delegation_token", .delegationToken), ("user", .user),
    ]

    static let resourceNames = resources.map(\.name)

    static func resource(named name: String) -> AccessResourceType? { resources.first { $0.name == name }?.type }

    static func rule(_ value: Value, _ arguments: Arguments) throws(StepFailure) -> AccessRule {
        func text(_ key: String) -> String? { value[key].flatMap { $0.isNull ? nil : $0.plainText } }
        guard let principal = text("principal"), principal.contains(":") else {
            throw arguments.failure("a rule needs a `principal` such as User:payments")
        }
        guard let type = text("resource").flatMap(resource(named:)) else {
            throw arguments.failure("`resource` is one of \(resourceNames.joined(separator: ", "))")
        }
        guard let name = text("name") ?? (type == .cluster ? "kafka-cluster" : nil), !name.isEmpty else {
            throw arguments.failure("a rule needs the `name` of its resource")
        }
        guard let operation = text("operation").flatMap({ AccessOperation(name: $0) }), operation != .any else {
            throw arguments.failure("`operation` is one of all, read, write, create, delete, alter, describe, …")
        }
        let pattern = text("pattern") ?? "literal", permission = text("permission") ?? "allow"
        guard ["literal", "prefixed"].contains(pattern), ["allow", "deny"].contains(permission) else {
            throw arguments.failure("`pattern` is literal or prefixed, `permission` allow or deny")
        }
        return AccessRule(
            type, name, pattern: pattern == "prefixed" ? .prefixed : .literal, principal: principal,
            host: text("host") ?? "*", operation: operation, permission: permission == "deny" ? .deny : .allow)
    }

    /// Each rule once.
    static func rules(_ arguments: Arguments, _ key: String) throws(StepFailure) -> [AccessRule] {
        var found: [AccessRule] = []
        for value in arguments[key]?.listValue ?? [] {
            let rule = try rule(value, arguments)
            if !found.contains(rule) { found.append(rule) }
        }
        return found
    }

    static func value(_ rule: AccessRule) -> Value {
        [
            "principal": .string(rule.principal),
            "resource": .string(
                resources.first { $0.type == rule.resourceType }?.name ?? "resource_\(rule.resourceType.rawValue)"),
            "name": .string(rule.resourceName), "pattern": .string(rule.pattern == .prefixed ? "prefixed" : "literal"),
            "operation": .string(rule.operation.name),
            "permission": .string(rule.permission == .deny ? "deny" : "allow"), "host": .string(rule.host),
        ]
    }

    /// A line for people.
    static func text(_ rule: AccessRule) -> String {
        let name = rule.pattern == .prefixed ? "\(rule.resourceName)*" : rule.resourceName
        let resource = resources.first { $0.type == rule.resourceType }?.name ?? "\(rule.resourceType.rawValue)"
        let host = rule.host == "*" ? "" : " from \(rule.host)"
        return "\(rule.permission == .deny ? "deny" : "allow") \(rule.principal)\(host) \(rule.operation.name) on "
            + "\(resource) \(name)"
    }

    /// All rules of the cluster, as one broker has them; nil without an authorizer.
    static func all(
        _ reader: any ClusterReader, _ filter: AccessFilter = .everything, from source: ViewSource = .any
    ) async throws(StepFailure) -> [AccessRule]? {
        do throws(KafkaError) { return try await reader.describeAccessRules(filter, from: source) } catch {
            // SECURITY_DISABLED.
            if error.serverCodeNumber == 54 { return nil }
            throw StepFailure(error, doing: "the access rules cannot be read")
        }
    }

    static func require(_ rules: [AccessRule]?) throws(StepFailure) -> [AccessRule] {
        guard let rules else {
            throw StepFailure(
                .refused, "the cluster has no authorizer, so that rules would mean nothing",
                nextAction: "set authorizer.class.name on brokers and controllers")
        }
        return rules
    }

    /// Waits until every broker's rules are as `isRight` wants.
    static func everyBroker(
        _ reader: any ClusterReader, _ context: ReadContext, isRight: @escaping (Set<AccessRule>) -> Bool
    ) async throws {
        try await EventualRead.wait(context) {
            let brokers = try await kafka("the brokers cannot be listed") { () throws(KafkaError) in
                try await reader.describeCluster(includeFenced: false, from: .any).brokers
            }
            for broker in brokers {
                let rules = try await all(reader, from: .node(broker.id)) ?? []
                if !isRight(Set(rules)) { return "broker \(broker.id) does not go by it yet" }
            }
            return nil
        }
    }
}
