import KafkaAdmin
import KafkaWire
import TestSupport
import Testing

/// Access rules, quotas and SCRAM credentials.
struct AccessSurface {
    let world: SurfaceWorld

    func run() async throws {
        try await rules()
        try await quotas()
        try await credentials()
    }

    private func rules() async throws {
        let (reader, writer) = (world.reader, world.writer)
        let read = AccessRule(.topic, "secret", principal: "User:bob", operation: .read)
        let write = AccessRule(
            .topic, "sec", pattern: .prefixed, principal: "User:bob", operation: .write, permission: .deny)
        // The only cluster resource is called kafka-cluster.
        let wrong = AccessRule(.cluster, "no-such-cluster", principal: "User:bob", operation: .describe)
        let created = try await writer.createAccessRules([read, wrong, write])
        try created[0].result.get()
        #expect(code(created[1].result) == 42)
        try created[2].result.get()
        try await world.eventually("both rules are known to both brokers") {
            for node: Int32 in [1, 2] {
                guard Set(try await reader.describeAccessRules(.everything, from: .node(node))) == [read, write]
                else { return false }
            }
            return true
        }
        // The rules are on both brokers: it is all the same who is asked.
        let matching = AccessFilter(
            resourceType: .topic, resourceName: "secret", pattern: .match, principal: nil, host: nil, operation: .any,
            permission: .any)
        #expect(try await reader.describeAccessRules(matching).count == 2)
        #expect(try await reader.describeAccessRules(AccessFilter(exactly: read)) == [read])
        var nonsense = matching
        nonsense.pattern = AccessPattern(rawValue: 0)
        // A broker would close the connection without a word.
        await #expect(throws: KafkaError(.configuration, "")) { try await reader.describeAccessRules(nonsense) }
        await #expect(throws: KafkaError(.configuration, "")) { try await writer.deleteAccessRules([nonsense]) }
        // A rule that exists is a success.
        for item in try await writer.createAccessRules([read]) { try item.result.get() }

        // The controller tells what it deletes, and it has both.
        let deleted = try await writer.deleteAccessRules([AccessFilter(exactly: read), AccessFilter(exactly: write)])
        #expect(try deleted.map { try $0.result.get().map(\.item) } == [[read], [write]])
        for node: Int32 in [1, 2] {
            try await world.eventually("no rule is left at broker \(node)", is: []) {
                try await reader.describeAccessRules(.everything, from: .node(node))
            }
        }
        #expect(try await writer.deleteAccessRules([matching]).first?.result.get().isEmpty == true)
    }

    private func quotas() async throws {
        let (reader, writer) = (world.reader, world.writer)
        let alice = QuotaEntity.user("alice")
        let pair = QuotaEntity([.init(type: "client-id", name: nil), .init(type: "user", name: "alice")])
        let address = QuotaEntity.address("127.0.0.9")
        let changes = [
            QuotaChange(entity: alice, values: ["producer_byte_rate": 1e9, "consumer_byte_rate": 2e9]),
            QuotaChange(entity: pair, values: ["request_percentage": 5000]),
            QuotaChange(entity: .clientID("x"), values: ["no_such_quota": 1]),
            QuotaChange(entity: address, values: ["connection_creation_rate": 100]),
        ]
        #expect(code(try await writer.alterQuotas([changes[2]], validateOnly: true).first?.result) == 42)
        let altered = try await writer.alterQuotas(changes, validateOnly: false)
        #expect(altered.map(\.item) == changes.map(\.entity))
        #expect(altered.map { code($0.result) } == [nil, nil, 42, nil])
        for index in [0, 1, 3] { try altered[index].result.get() }
        try await world.eventually("the quotas are known") {
            let filter = QuotaFilter([.init(type: "user", match: .exactly("alice"))])
            let all = try await reader.describeQuotas(filter)
            let strict = try await reader.describeQuotas(QuotaFilter(filter.components, isStrict: true))
            let addresses = try await reader.describeQuotas(QuotaFilter([.init(type: "ip", match: .any)]))
            return Set(all.map(\.entity)) == [alice, pair]
                && strict == [QuotaSetting(entity: alice, values: changes[0].values.compactMapValues(\.self))]
                && addresses == [QuotaSetting(entity: address, values: ["connection_creation_rate": 100])]
        }
        await #expect(throws: KafkaError.self) {
            try await reader.describeQuotas(QuotaFilter([.init(type: "planet", match: .any)]))
        }
        let removals = [0, 1, 3].map { index in
            QuotaChange(
                entity: changes[index].entity, values: changes[index].values.mapValues { _ in Double?.none })
        }
        for item in try await writer.alterQuotas(removals, validateOnly: false) { try item.result.get() }
        try await world.eventually("no quota is left") { try await reader.describeQuotas(QuotaFilter()).isEmpty }
    }

    /// Leaves alice a credential of each mechanism.
    private func credentials() async throws {
        let (reader, writer) = (world.reader, world.writer)
        func set(_ user: String, _ mechanism: ScramMechanism, _ iterations: Int32) -> ScramChange {
            ScramChange(
                user: user, mechanism: mechanism,
                action: .set(password: SurfaceWorld.password, iterations: iterations))
        }
        let changes = [
            set("alice", .sha256, 4096), set("alice", .sha512, 8192), set("carol", .sha256, 4096),
            set("dave", .sha256, 100), ScramChange(user: "erin", mechanism: .sha256, action: .delete),
            set("dave", .sha256, 4096),
        ]
        let altered = try await writer.alterScramUsers(changes)
        #expect(altered.map(\.item) == changes)
        for index in 0..<3 { try altered[index].result.get() }
        #expect(code(altered[3].result) == 93)
        #expect(code(altered[4].result) == 91)
        // What follows a failure of the same user is not sent.
        #expect(throws: KafkaError(.noResult, "")) { try altered[5].result.get() }
        try await world.eventually("the credentials are known") {
            let named = try await reader.describeScramUsers(["alice", "carol", "dave"])
            guard named.map({ code($0.result) }) == [nil, nil, 91] else { return false }
            let found = try await reader.describeScramUsers(nil)
            return try found.map(\.item) == ["alice", "carol"]
                && Set(found[0].result.get()) == [
                    ScramCredential(mechanism: .sha256, iterations: 4096),
                    ScramCredential(mechanism: .sha512, iterations: 8192),
                ]
        }
        // Another part of the broker lets people in, and it is told later than the one that describes.
        for bits in [256, 512] { try await world.canLogIn("alice", with: "SCRAM-SHA-\(bits)") }
        for item in try await writer.alterScramUsers([ScramChange(user: "carol", mechanism: .sha256, action: .delete)])
        {
            try item.result.get()
        }
    }
}

extension SurfaceWorld {
    /// Waits until node 1 lets the user in: a credential that it does not know yet is refused for good.
    func canLogIn(_ user: String, with mechanism: String) async throws {
        try await eventually("\(user) may log in with \(mechanism)") {
            let client = try ListenerSurface.client(
                [
                    "security.protocol=SASL_PLAINTEXT", "sasl.mechanism=\(mechanism)",
                    "sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required "
                        + "username=\"\(user)\" password=\"\(Self.passwordText)\";",
                ], at: broker.bootstrap("SASL"))
            do {
                let id = try await LiveClusterReader(sender: client).clusterID()
                await client.close()
                return id == broker.clusterID
            } catch {
                await client.close()
                throw error
            }
        }
    }
}
