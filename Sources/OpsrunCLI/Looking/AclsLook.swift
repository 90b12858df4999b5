package import KafkaAdmin
package import Values

/// `opsrun acls`: who is allowed, and who is denied, to do what.
package struct AclsLook: LookModel {
    /// False: the cluster has no authorizer, and everybody may do everything.
    private let hasAuthorizer: Bool
    private let rules: [AccessRule]

    package static let schema = RecordType([
        .init("authorizer", .bool, "false: the cluster has none, and everybody may do everything"),
        .init(
            "acls",
            .records(
                of:
                    .init(
                        "resource_type", .string, "topic, group, cluster, transactional_id, delegation_token or user"),
                .init("resource_name", .string, "* with the pattern literal: all of them"),
                .init("pattern", .string, "literal or prefixed"), .init("principal", .string, "such as User:anna"),
                .init("host", .string, "an address, or *"), .init("operation", .string, "such as describe_configs"),
                .init("permission", .string, "allow or deny; a deny wins")),
            "by resource, principal, permission, operation and host"),
    ])

    /// SECURITY_DISABLED.
    private static let securityDisabled: Int16 = 54

    static func read(_ reader: any ClusterReader) async throws(LookFailure) -> AclsLook {
        do throws(KafkaError) {
            return AclsLook(try await reader.describeAccessRules(.everything))
        } catch {
            if error.serverCodeNumber == securityDisabled { return AclsLook(nil) }
            throw LookFailure(error, "the access rules cannot be listed")
        }
    }

    /// Nil: there is no authorizer.
    package init(_ rules: [AccessRule]?) {
        hasAuthorizer = rules != nil
        self.rules = (rules ?? []).sorted { Self.order(of: $0).lexicographicallyPrecedes(Self.order(of: $1)) }
    }

    private static func order(of rule: AccessRule) -> [String] {
        [
            rule.resourceType.name, rule.resourceName, rule.pattern.name, rule.principal,
            // Denials come first, as they count first.
            rule.permission == .deny ? "" : rule.permission.name, rule.operation.name, rule.host,
        ]
    }

    package var document: ValueMap {
        [
            "authorizer": .bool(hasAuthorizer),
            "acls": .list(
                rules.map { rule in
                    [
                        "resource_type": .string(rule.resourceType.name),
                        "resource_name": .string(rule.resourceName), "pattern": .string(rule.pattern.name),
                        "principal": .string(rule.principal), "host": .string(rule.host),
                        "operation": .string(rule.operation.name), "permission": .string(rule.permission.name),
                    ]
                }),
        ]
    }

    package var tables: [LookTable] {
        [
            LookTable(
                columns: [
                    .init("RESOURCE"), .init("NAME"), .init("PATTERN"), .init("PRINCIPAL"), .init("PERMISSION"),
                    .init("OPERATION"), .init("HOST"),
                ],
                rows: rules.map { rule in
                    [
                        rule.resourceType.name, rule.resourceName, rule.pattern.name, rule.principal,
                        rule.permission.name, rule.operation.name, rule.host,
                    ]
                },
                whenEmpty: hasAuthorizer
                    ? "no access rules" : "the cluster has no authorizer: everybody may do everything")
        ]
    }

    /// Those that a rule is about.
    package var names: [String] { Set(rules.map(\.principal)).sorted() }
}
