import KafkaWire

// Access control entries, quotas, SCRAM users, tokens.

extension DifferentialTests {
    private static func rule(
        _ name: String, _ kind: DifferentialRow.Kind, type: Int8 = 2, resource: String = "secret", pattern: Int8 = 3,
        principal: String = "User:alice", host: String = "*", operation: Int8 = 3, permission: Int8 = 3,
        as login: DifferentialSide.Login = .administrator
    ) -> DifferentialRow {
        DifferentialRow(
            name, kind,
            CreateAclsRequest(
                creations: [
                    .init(
                        resourceType: type, resourceName: resource, resourcePatternType: pattern, principal: principal,
                        host: host, operation: operation, permissionType: permission)
                ]), as: login)
    }

    private static func rules(
        _ name: String, _ kind: DifferentialRow.Kind = .look, type: Int8 = 1, resource: String? = nil,
        pattern: Int8 = 1,
        principal: String? = nil, as login: DifferentialSide.Login = .administrator
    ) -> DifferentialRow {
        DifferentialRow(
            name, kind,
            DescribeAclsRequest(
                resourceTypeFilter: type, resourceNameFilter: resource, patternTypeFilter: pattern,
                principalFilter: principal, hostFilter: nil, operation: 1, permissionType: 1), as: login)
    }

    private static func quota(
        _ name: String, _ kind: DifferentialRow.Kind, _ entity: [(String, String?)], _ key: String, _ value: Double,
        remove: Bool = false, as login: DifferentialSide.Login = .administrator
    ) -> DifferentialRow {
        DifferentialRow(
            name, kind,
            AlterClientQuotasRequest(
                entries: [
                    .init(
                        entity: entity.map { .init(entityType: $0.0, entityName: $0.1) },
                        ops: [.init(key: key, value: value, remove: remove)])
                ]), as: login)
    }

    private static func quotas(
        _ name: String, _ kind: DifferentialRow.Kind = .look, _ parts: [(String, Int8, String?)], strict: Bool = false,
        as login: DifferentialSide.Login = .administrator
    ) -> DifferentialRow {
        DifferentialRow(
            name, kind,
            DescribeClientQuotasRequest(
                components: parts.map { .init(entityType: $0.0, matchType: $0.1, match: $0.2) }, strict: strict),
            as: login)
    }

    private static func user(
        _ name: String, _ kind: DifferentialRow.Kind, deleted: [(String, Int8)] = [],
        changed: [(String, Int8, Int32)] = [], as login: DifferentialSide.Login = .administrator
    ) -> DifferentialRow {
        DifferentialRow(
            name, kind,
            AlterUserScramCredentialsRequest(
                deletions: deleted.map { .init(name: $0.0, mechanism: $0.1) },
                upsertions: changed.map {
                    .init(
                        name: $0.0, mechanism: $0.1, iterations: $0.2, salt: Array("salt".utf8),
                        saltedPassword: [UInt8](repeating: 7, count: 32))
                }), as: login)
    }

    private static func users(
        _ name: String, _ kind: DifferentialRow.Kind = .look, _ names: [String]?,
        as login: DifferentialSide.Login = .administrator
    ) -> DifferentialRow {
        DifferentialRow(
            name, kind, DescribeUserScramCredentialsRequest(users: names?.map { .init(name: $0) }), as: login)
    }

    private static func forget(
        _ name: String, _ kind: DifferentialRow.Kind, resource: String?, pattern: Int8,
        as login: DifferentialSide.Login = .administrator
    ) -> DifferentialRow {
        DifferentialRow(
            name, kind,
            DeleteAclsRequest(
                filters: [
                    .init(
                        resourceTypeFilter: 2, resourceNameFilter: resource, patternTypeFilter: pattern,
                        principalFilter: nil, hostFilter: nil, operation: 1, permissionType: 1)
                ]), as: login)
    }

    static var securityRows: [DifferentialRow] {
        [
            rule("a rule for an empty name", .refusal, resource: ""),
            rule("a rule for another cluster", .refusal, type: 4, resource: "other"),
            rule("a rule for nobody", .refusal, principal: "alice"),
            rule("a rule of an unknown operation", .refusal, operation: 0),
            rule("a rule without right", .refusal, as: .alice), rule("a rule", .success),
            rule("the same rule", .success), rule("a rule for a prefix", .success, resource: "sec", pattern: 4),
            rule("a rule against", .success, operation: 4, permission: 2),
            rules("all rules"), rules("rules that match", type: 2, resource: "secret", pattern: 2),
            rules("rules of somebody else", principal: "User:bob"), rules("rules without right", .refusal, as: .alice),
            fetch("read what is allowed now", .look, "secret", at: 0, as: .alice),
            DifferentialRow(
                "what alice may do with a topic", .look,
                MetadataRequest(
                    topics: [.init(name: "secret")], allowAutoTopicCreation: false,
                    includeTopicAuthorizedOperations: true
                ), as: .alice, without: ["brokers"]),
            forget("forget rules without right", .refusal, resource: nil, pattern: 1, as: .alice),
            forget("forget rules", .success, resource: "secret", pattern: 3),
            forget("forget rules again", .success, resource: "secret", pattern: 3), rules("what is left of the rules"),
            fetch("read what a prefix allows", .look, "secret", at: 0, as: .alice),
            quota("a quota", .success, [("user", "alice")], "producer_byte_rate", 1000),
            quota(
                "a quota of two parts", .success, [("user", "alice"), ("client-id", nil)], "request_percentage", 12.5),
            quota("a quota of an ip", .success, [("ip", "127.0.0.1")], "connection_creation_rate", 10),
            quota("a quota of nobody", .refusal, [], "producer_byte_rate", 1),
            quota("a quota of an unknown kind", .refusal, [("robot", "x")], "producer_byte_rate", 1),
            quota("a quota with an unknown key", .refusal, [("user", "alice")], "odd_rate", 1),
            quota("a quota of nothing", .refusal, [("user", "alice")], "producer_byte_rate", 0),
            quota("a quota of half a byte", .refusal, [("user", "alice")], "producer_byte_rate", 1.5),
            quota(
                "a quota of an ip and a user", .refusal, [("user", "alice"), ("ip", "127.0.0.1")],
                "connection_creation_rate", 1),
            quota("a quota without right", .refusal, [("user", "alice")], "producer_byte_rate", 1, as: .alice),
            quotas("all quotas", .look, []), quotas("quotas of a user", .look, [("user", 0, "alice")]),
            quotas("quotas of a user alone", .look, [("user", 0, "alice")], strict: true),
            quotas("quotas of any client", .look, [("client-id", 2, nil)]),
            quotas("quotas of the default client", .look, [("client-id", 1, nil)]),
            quotas("quotas of an ip and a user", .refusal, [("ip", 2, nil), ("user", 2, nil)]),
            quotas("quotas of users twice", .refusal, [("user", 2, nil), ("user", 1, nil)]),
            quotas("quotas of an unknown kind", .refusal, [("robot", 2, nil)]),
            quotas("quotas without right", .refusal, [], as: .alice),
            quota("a quota no more", .success, [("user", "alice")], "producer_byte_rate", 0, remove: true),
            quotas("quotas after that", .look, []),
            user("a user", .success, changed: [("carol", 1, 4096)]),
            user("a user with another mechanism", .success, changed: [("carol", 2, 8192)]),
            user("a user with too few iterations", .refusal, changed: [("dave", 1, 100)]),
            user("a user with too many iterations", .refusal, changed: [("dave", 1, 100_000)]),
            user("a user with an unknown mechanism", .refusal, changed: [("dave", 9, 4096)]),
            user("a user twice", .refusal, changed: [("dave", 1, 4096), ("dave", 2, 4096)]),
            user("a user without a name", .refusal, changed: [("", 1, 4096)]),
            user("an unknown user's end", .refusal, deleted: [("nobody", 1)]),
            user("a user without right", .refusal, changed: [("dave", 1, 4096)], as: .alice),
            users("all users", .look, nil), users("a user and nobody", .look, ["carol", "nobody"]),
            users("a user asked twice", .refusal, ["carol", "carol"]),
            users("users without right", .refusal, ["carol"], as: .alice),
            user("a user's end", .success, deleted: [("carol", 1)]), users("users after that", .look, []),
            DifferentialRow(
                "a token over a plain connection", .refusal, CreateDelegationTokenRequest(maxLifetimeMs: -1)),
            DifferentialRow(
                "a token without a secret", .refusal, CreateDelegationTokenRequest(maxLifetimeMs: -1), as: .alice),
            DifferentialRow("tokens over a plain connection", .refusal, DescribeDelegationTokenRequest(owners: nil)),
            DifferentialRow(
                "tokens without a secret", .refusal, DescribeDelegationTokenRequest(owners: nil), as: .alice),
            DifferentialRow("a handshake without SASL", .refusal, SaslHandshakeRequest(mechanism: "PLAIN")),
            DifferentialRow(
                "a handshake after the login", .refusal, SaslHandshakeRequest(mechanism: "PLAIN"), as: .alice),
        ]
    }
}
