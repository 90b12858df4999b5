import KafkaAdmin
import OpsrunCLI
import TestSupport
import Testing
import Values

/// `acls`, `quotas`, `users`.
@Suite struct AccessLookTests {
    private func acls() -> AclsLook {
        AclsLook([
            AccessRule(.topic, "orders", principal: "User:loader", operation: .write),
            AccessRule(.group, "bill", pattern: .prefixed, principal: "User:loader", operation: .read),
            AccessRule(.topic, "orders", principal: "User:anna", host: "10.0.0.7", operation: .read),
            AccessRule(.topic, "orders", principal: "User:anna", operation: .all, permission: .deny),
            AccessRule(AccessResourceType(rawValue: 42), "x", principal: "User:anna", operation: .all),
        ])
    }

    @Test func `access rules stand by resource, denials before what they deny`() throws {
        try expectSnapshot(LookRenderer(.table).text(acls()), named: "look-acls")
        #expect(acls().names == ["User:anna", "User:loader"])
        #expect(acls().document["authorizer"] == .bool(true))
        #expect(DocumentShape.mismatches(.map(acls().document), .record(AclsLook.schema)) == [])
    }

    @Test func `a cluster without an authorizer is no cluster without rules`() {
        let open = AclsLook(nil)
        #expect(open.document["authorizer"] == .bool(false) && open.document["acls"] == [])
        #expect(LookRenderer(.table).text(open).contains("everybody may do everything"))
        #expect(LookRenderer(.table).text(AclsLook([])) == "no access rules\n")
    }

    private func quotas() -> QuotasLook {
        QuotasLook([
            QuotaSetting(
                entity: .user("anna"), values: ["producer_byte_rate": 1_048_576, "request_percentage": 12.5]),
            QuotaSetting(entity: .clientID(nil), values: ["consumer_byte_rate": 512]),
            QuotaSetting(
                entity: QuotaEntity([.init(type: "user", name: nil), .init(type: "client-id", name: "loader")]),
                values: ["controller_mutation_rate": 10]),
            QuotaSetting(entity: .address("10.0.0.7"), values: ["connection_creation_rate": 3, "new\u{9B}key": 7.25]),
        ])
    }

    @Test(arguments: [(Options.Output.table, "look-quotas"), (.yaml, "look-quotas-yaml")])
    func `quotas have units for people and plain numbers for programs`(
        mode: Options.Output, snapshot: String
    ) throws {
        try expectSnapshot(LookRenderer(mode).text(quotas()), named: snapshot)
        #expect(DocumentShape.mismatches(.map(quotas().document), .record(QuotasLook.schema)) == [])
        #expect(quotas().names.first == "client-id <default>")
    }

    @Test(
        arguments: [
            ("producer_byte_rate", 1536, "1.5 KiB/s"), ("producer_byte_rate", 1e300, "1e+300"),
            ("request_percentage", 200, "200%"), ("controller_mutation_rate", 0.5, "0.5/s"), ("other", 3, "3"),
            ("other", -Double.infinity, "-inf"),
        ] as [(String, Double, String)])
    func `quotas for people`(key: String, value: Double, expected: String) {
        #expect(LookCells.quota(key, value).hasPrefix(expected), "\(LookCells.quota(key, value))")
    }

    private func users() -> UsersLook {
        UsersLook([
            ItemResult(
                item: "loader",
                result: .success([
                    ScramCredential(mechanism: .sha512, iterations: 8192),
                    ScramCredential(mechanism: .sha256, iterations: 4096),
                ])),
            ItemResult(item: "anna", result: .success([ScramCredential(mechanism: nil, iterations: 4096)])),
            ItemResult(item: "gone", result: .failure(KafkaError(.timedOut, "no answer in time"))),
        ])
    }

    @Test func `users are shown with their mechanisms, and never with a key`() throws {
        try expectSnapshot(LookRenderer(.table).text(users()), named: "look-users")
        #expect(users().names == ["anna", "loader"])
        #expect(users().problems == ["user gone cannot be described: no answer in time"])
        #expect(DocumentShape.mismatches(.map(users().document), .record(UsersLook.schema)) == [])
    }
}
