import KafkaAdmin
import KafkaOperations
import KafkaWire
import RunEngine
import SimulatedKafka
import TestSupport
import Testing
import Values

/// Users, access rules and quotas on the embedded cluster.
@Suite struct AccessActionTests {
    /// With an authorizer that lets us do everything.
    private static func guarded() -> EmbeddedWorld {
        EmbeddedWorld(configure: {
            $0.hasAuthorizer = true
            $0.superUsers = ["User:ANONYMOUS"]
        })
    }

    @Test func `a user gets a credential, and loses it`() async throws {
        let world = EmbeddedWorld()
        let password = Value.secret(Secret("geheim", origin: "test"))
        let values: ValueMap = ["name": "payments", "password": password]
        #expect(
            try await world.plan("kafka.set_user", values).changes == [
                "create SCRAM-SHA-512 of payments (8192 iterations)"
            ])
        let set = try await world.run("kafka.set_user", values)
        #expect(set.isChanged && set.result["created"] == true)
        let again = try await world.run("kafka.set_user", values)
        #expect(again.isChanged && again.result["created"] == false)
        let users = try await world.read("kafka.describe_users")["users"]?.listValue
        #expect(users == [["name": "payments", "mechanism": "SCRAM-SHA-512", "iterations": 8192]])
        let plan = try await world.plan("kafka.delete_user", ["name": "payments"])
        #expect(plan.changes == ["delete SCRAM-SHA-512 of payments"])
        #expect(try await world.run("kafka.delete_user", ["name": "payments"]).isChanged)
        #expect(try await world.run("kafka.delete_user", ["name": "payments"]).isChanged == false)
        #expect(try await world.read("kafka.describe_users", ["names": ["payments"]])["users"] == [])
    }

    @Test func `a password is only taken as a secret`() throws {
        let world = EmbeddedWorld()
        for values: ValueMap in [
            ["name": "a", "password": "plain"], ["name": "a", "password": ["secret": "env:A", "more": 1]],
            ["name": "a", "password": .secret(Secret("x", origin: "test")), "iterations": 100],
            ["name": "a", "password": .secret(Secret("x", origin: "test")), "mechanism": "PLAIN"],
        ] {
            #expect(throws: StepFailure.self, "\(values)") {
                _ = try StepBench.make(world.catalog, "kafka.set_user", values)
            }
        }
    }

    @Test func `rules are made by role, known to every broker, and taken away`() async throws {
        let world = Self.guarded()
        let values: ValueMap = [
            "rules": [["principal": "User:payments", "role": "consumer", "topics": ["orders"], "groups": ["payments"]]]
        ]
        let plan = try await world.plan("kafka.create_acls", values)
        #expect(plan.refusals.isEmpty)
        #expect(
            plan.changes == [
                "create: allow User:payments read on topic orders",
                "create: allow User:payments describe on topic orders",
                "create: allow User:payments read on group payments",
            ])
        let made = try await world.run("kafka.create_acls", values)
        #expect(made.isChanged && made.result["bindings"]?.listValue?.count == 3)
        #expect(try await world.plan("kafka.create_acls", values).changesNothing)
        let rights = try await world.read("kafka.describe_acls", ["principal": "User:payments"])
        #expect(rights["authorizer_enabled"] == true)
        #expect(rights["current"]?.listValue?.count == 3)
        let bindings = made.result["bindings"] ?? []
        #expect(try await world.run("kafka.delete_acls", ["bindings": bindings]).isChanged)
        #expect(try await world.run("kafka.delete_acls", ["bindings": bindings]).isChanged == false)
        #expect(try await world.read("kafka.describe_acls")["current"] == [])
    }

    @Test func `producers are fenced off by denials, which are taken away again and nothing else`() async throws {
        let world = Self.guarded()
        func allow(_ principal: String, _ role: String) -> Value {
            ["principal": .string(principal), "role": .string(role), "topics": ["orders"], "groups": ["g"]]
        }
        let rules: Value = [
            allow("User:payments", "producer"), allow("User:mirror", "producer"), allow("User:reader", "consumer"),
        ]
        _ = try await world.run("kafka.create_acls", ["rules": rules])
        let values: ValueMap = ["except": ["User:mirror"], "topics": ["*", "orders-*"]]
        #expect(
            try await world.plan("kafka.fence_producers", values).changes == [
                "create: deny User:payments write on topic *", "create: deny User:payments write on topic orders-*",
            ])
        let fence = try await world.run("kafka.fence_producers", values)
        #expect(fence.isChanged && fence.result["writers"] == ["User:payments"] && fence.result["note"] == .null)
        #expect(fence.result["denied"]?.listValue?.count == 2)
        let again = try await world.run("kafka.fence_producers", values)
        #expect(!again.isChanged && again.result["denied"] == [])
        let denied: ValueMap = ["denied": fence.result["denied"] ?? []]
        #expect(try await world.run("kafka.unfence_producers", denied).isChanged)
        let left = try await world.read("kafka.describe_acls")["current"]?.listValue ?? []
        #expect(!left.isEmpty && left.allSatisfy { $0["permission"] == "allow" })
        _ = try await world.run("kafka.create_acls", ["rules": [allow("User:*", "producer")]])
        #expect(try await world.plan("kafka.fence_producers", values).refusals.count == 1)
    }

    @Test func `the mirror is whom a rule lets write what is MirrorMaker's own, or nobody knows`() async throws {
        let world = Self.guarded()
        let rules: Value = [
            ["principal": "User:payments", "role": "producer", "topics": ["orders"]],
            ["principal": "User:everything", "role": "producer", "topics": ["*"]],
        ]
        _ = try await world.run("kafka.create_acls", ["rules": rules])
        let values: ValueMap = ["except": ["mirror", "super_users"]]
        let plan = try await world.plan("kafka.fence_producers", values)
        #expect(plan.notes.first?.hasSuffix("nobody can tell who the mirror is") == true && !plan.changesNothing)
        let refusal = await #expect(throws: StepFailure.self) {
            _ = try await world.run("kafka.fence_producers", values)
        }
        #expect(refusal?.code == .refused)
        let mirror: Value = [
            ["principal": "User:mm2", "role": "producer", "topics": ["mm2-offset-syncs.dr.internal", "orders"]]
        ]
        _ = try await world.run("kafka.create_acls", ["rules": mirror])
        let fence = try await world.run("kafka.fence_producers", values)
        #expect(fence.result["writers"] == ["User:everything", "User:payments"])
    }

    @Test func `of two credentials the one that was refused is named, and the other is gone`() async throws {
        let world = EmbeddedWorld(speed: 20)
        let password = Value.secret(Secret("geheim", origin: "test"))
        for mechanism: Value in ["SCRAM-SHA-256", "SCRAM-SHA-512"] {
            let values: ValueMap = ["name": "payments", "password": password, "mechanism": mechanism]
            #expect(try await world.run("kafka.set_user", values).isChanged)
        }
        let writer = RefusingOperator(world.writer, .sha512)
        let action = try StepBench.make(world.catalog, "kafka.delete_user", ["name": "payments"])
        let context = world.bench(1).step(cluster: world.reader, writer: writer)
        let outcome = try await action.run(in: context)
        #expect(outcome.failure?.code == .failed && outcome.failure?.details.count == 1)
        #expect(outcome.result["mechanisms"] == ["SCRAM-SHA-256"])
        #expect(outcome.result["items"]?.listValue?.map { $0["changed"] } == [true, false])
        guard case .cannotTell(let reason) = try await action.verify(in: context) else {
            Issue.record("a part of it is gone")
            return
        }
        #expect(reason == "payments has SCRAM-SHA-512, and has lost SCRAM-SHA-256")
        // Nothing was changed, and that is the failure.
        let again = try StepBench.make(world.catalog, "kafka.delete_user", ["name": "payments"])
        let error = await #expect(throws: StepFailure.self) { _ = try await again.run(in: context) }
        #expect(error?.code == .unreachable)
        guard case .notDone = try await again.verify(in: context) else {
            Issue.record("it was refused")
            return
        }
    }

    @Test func `a fence needs an authorizer`() async throws {
        #expect(try await EmbeddedWorld().plan("kafka.fence_producers").refusals.count == 1)
    }

    @Test func `whether everyone is let in is told, or why it cannot be`() async throws {
        let world = Self.guarded()
        let plain = try await world.read("kafka.describe_acls")
        #expect(plain["allow_everyone"] == false && plain["note"] == .null)
        #expect(try await EmbeddedWorld().read("kafka.describe_acls")["allow_everyone"] == true)
        var reader = LyingReader(world.reader)
        reader.configs = { _ in
            .success([
                ConfigEntry(
                    name: "allow.everyone.if.no.acl.found", value: nil, source: .staticBroker, isReadOnly: true,
                    isSensitive: true)
            ])
        }
        let action = try StepBench.make(world.catalog, "kafka.describe_acls")
        let hidden = try await action.read(in: world.bench(1).reading(cluster: reader)).result
        #expect(hidden["allow_everyone"] == .null)
        #expect(hidden["note"]?.stringValue?.contains("Kafka hides its value") == true)
    }

    @Test func `quotas are set, read back, and put back by what was before`() async throws {
        let world = EmbeddedWorld()
        let values: ValueMap = ["user": "payments", "values": ["producer_byte_rate": 1000, "request_percentage": 50]]
        #expect(
            try await world.plan("kafka.alter_quotas", values).changes == [
                "producer_byte_rate (none) → 1000.0", "request_percentage (none) → 50.0",
            ])
        let set = try await world.run("kafka.alter_quotas", values)
        #expect(set.isChanged)
        #expect(try await world.plan("kafka.alter_quotas", values).changesNothing)
        let found = try await world.read("kafka.describe_quotas", ["user": "*"])["quotas"]?.listValue
        #expect(found?.first?["entity"] == ["user": "payments"])
        #expect(found?.first?["values"]?["producer_byte_rate"] == .float(1000))
        let undo: ValueMap = ["user": "payments", "values": set.result["previous"] ?? [:]]
        #expect(try await world.run("kafka.alter_quotas", undo).isChanged)
        #expect(try await world.read("kafka.describe_quotas")["quotas"] == [])
        let wrong: ValueMap = ["user": "payments", "values": ["no_such_quota": 1]]
        await #expect(throws: StepFailure.self) { _ = try await world.run("kafka.alter_quotas", wrong) }
    }

    @Test func `arguments that make no sense are refused in a sentence`() {
        let world = EmbeddedWorld()
        let bad: [(String, ValueMap)] = [
            ("kafka.create_acls", ["bindings": [["principal": "payments", "resource": "topic", "name": "x"]]]),
            ("kafka.create_acls", ["rules": [["principal": "User:a", "role": "consumer", "topics": ["t"]]]]),
            ("kafka.create_acls", ["rules": [["principal": "User:a", "role": "king", "topics": ["t"]]]]),
            (
                "kafka.delete_acls",
                [
                    "bindings": [
                        ["principal": "User:a", "resource": "topic", "name": "x", "operation": "any"]
                    ]
                ]
            ),
            ("kafka.alter_quotas", ["values": ["producer_byte_rate": 1]]),
            ("kafka.alter_quotas", ["user": "*", "values": ["producer_byte_rate": 1]]),
            ("kafka.alter_quotas", ["user": "a", "ip": "::1", "values": ["producer_byte_rate": 1]]),
            ("kafka.alter_quotas", ["user": "a", "values": ["producer_byte_rate": "fast"]]),
            ("kafka.reset_group_offsets", ["group": "a", "to": "time"]),
            ("kafka.reset_group_offsets", ["group": "a", "to": "latest", "shift": 1]),
            ("kafka.reset_group_offsets", ["group": "a", "to": "time", "time": "yesterday"]),
            ("kafka.reset_group_offsets", ["group": "a", "to": "latest", "only_empty_groups": false]),
            ("kafka.alter_group_offsets", ["group": "a", "offsets": [], "only_empty_groups": false]),
            ("kafka.describe_groups", ["over": .duration(.zero)]), ("kafka.describe_traffic", ["since": "noon"]),
            ("kafka.alter_configs", ["resource": "topic", "scope": "every", "set": ["b": 1]]),
            ("kafka.alter_configs", ["resource": "broker", "name": "1", "scope": "every", "set": ["b": 1]]),
            ("kafka.diff_configs", ["resource": "broker", "name": "1", "like": "1"]),
            ("kafka.diff_configs", ["resource": "broker", "name": "1", "like": "2", "set": ["b": 1]]),
            ("kafka.delete_topics", ["topics": ["a"], "only_created_by": ["changed": true]]),
            ("kafka.alter_group_offsets", ["group": "a", "offsets": [["topic": "t", "partition": 0, "offset": -1]]]),
            ("kafka.delete_groups", ["groups": ["a*"]]),
            ("kafka.delete_records", ["offsets": [["topic": "t", "partition": 0, "offset": -2]]]),
            ("kafka.create_partitions", ["topics": [["name": "t", "partitions": 0]]]),
            ("kafka.list_offsets", ["topics": ["t"], "at": "yesterday"]),
            ("kafka.alter_topic_configs", ["changes": [["topic": "t"], ["topic": "t"]]]),
            ("kafka.describe_traffic", ["over": .duration(.zero)]), ("kafka.describe_hot_partitions", [:]),
            ("kafka.describe_hot_partitions", ["topics": ["a"], "group": "b"]),
            ("kafka.fence_producers", ["topics": []]), ("kafka.fence_producers", ["except": ["mirrors"]]),
            ("kafka.fence_producers", ["topics": ["a*b"]]),
            (
                "kafka.unfence_producers",
                ["denied": [["principal": "User:a", "resource": "topic", "name": "x", "operation": "write"]]]
            ),
        ]
        for (name, values) in bad {
            #expect(throws: StepFailure.self, "\(name) \(values)") {
                _ = try StepBench.make(world.catalog, name, values)
            }
        }
    }
}

/// Does not let one mechanism's credentials go.
private struct RefusingOperator: ClusterOperator {
    let base: any ClusterOperator
    let mechanism: ScramMechanism

    init(_ base: any ClusterOperator, _ mechanism: ScramMechanism) {
        self.base = base
        self.mechanism = mechanism
    }

    func alterScramUsers(_ changes: [ScramChange]) async throws(KafkaError) -> [ItemResult<ScramChange, Void>] {
        let allowed = changes.filter { $0.mechanism != mechanism }
        let answers = allowed.isEmpty ? [] : try await base.alterScramUsers(allowed)
        return answers
            + changes.filter { $0.mechanism == mechanism }.map {
                ItemResult(
                    item: $0,
                    result: .failure(.answered(.clusterAuthorizationFailed, api: .alterUserScramCredentials)))
            }
    }

    func createTopics(_ topics: [NewTopic], validateOnly: Bool) async throws(KafkaError) -> [ItemResult<String, Void>] {
        try await base.createTopics(topics, validateOnly: validateOnly)
    }
    func deleteTopics(
        _ names: [String], ids: [String: TopicID]
    ) async throws(KafkaError) -> [ItemResult<String, Void>] {
        try await base.deleteTopics(names, ids: ids)
    }
    func alterConfigs(
        _ changes: [(resource: ConfigResource, changes: [ConfigChange])], validateOnly: Bool
    ) async throws(KafkaError) -> [ItemResult<ConfigResource, Void>] {
        try await base.alterConfigs(changes, validateOnly: validateOnly)
    }
    func electLeaders(
        _ type: ElectionType, _ partitions: [TopicPartition]
    ) async throws(KafkaError) -> [ItemResult<TopicPartition, Bool>] { try await base.electLeaders(type, partitions) }
    func alterReassignments(
        _ assignments: [(partition: TopicPartition, replicas: [Int32]?)]
    ) async throws(KafkaError) -> [ItemResult<TopicPartition, Void>] { try await base.alterReassignments(assignments) }
    func updateFeatures(_ updates: [FeatureUpdate], validateOnly: Bool) async throws(KafkaError) {
        try await base.updateFeatures(updates, validateOnly: validateOnly)
    }
}
