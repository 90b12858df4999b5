import KafkaAdmin
import KafkaWire
import TestSupport
import Testing
import Values

extension ClientSurfaceTests {
    func controlsAccess(_ world: World) async throws {
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

        try await world.eventually("both rules are known") {
            Set(try await reader.describeAccessRules(.everything)) == [read, write]
        }
        let matching = AccessFilter(
            resourceType: .topic, resourceName: "secret", pattern: .match, principal: nil, host: nil, operation: .any,
            permission: .any)
        try await world.eventually("both match the name, and one is meant exactly") {
            let both = try await reader.describeAccessRules(matching)
            let one = try await reader.describeAccessRules(AccessFilter(exactly: read))
            return both.count == 2 && one == [read]
        }
        let deleted = try await writer.deleteAccessRules([AccessFilter(exactly: read), AccessFilter(exactly: read)])
        #expect(try deleted[0].result.get().map(\.item) == [read])
        #expect(deleted.count == 2)
        for item in try await writer.deleteAccessRules([matching]) {
            for rule in try item.result.get() { try rule.result.get() }
        }
        try await world.eventually("no rule is left") {
            try await reader.describeAccessRules(.everything).isEmpty
        }
    }

    func limits(_ world: World) async throws {
        let (reader, writer) = (world.reader, world.writer)
        let alice = QuotaEntity.user("alice")
        let pair = QuotaEntity([.init(type: "client-id", name: nil), .init(type: "user", name: "alice")])
        let changes = [
            QuotaChange(entity: alice, values: ["producer_byte_rate": 1000, "consumer_byte_rate": 2000]),
            QuotaChange(entity: pair, values: ["request_percentage": 50]),
            QuotaChange(entity: .clientID("x"), values: ["no_such_quota": 1]),
        ]
        let altered = try await writer.alterQuotas(changes, validateOnly: false)
        try altered[0].result.get()
        try altered[1].result.get()
        #expect(code(altered[2].result) == 42)
        try await world.eventually("the quotas are known") {
            let filter = QuotaFilter([.init(type: "user", match: .exactly("alice"))])
            let all = try await reader.describeQuotas(filter)
            let strict = try await reader.describeQuotas(QuotaFilter(filter.components, isStrict: true))
            return Set(all.map(\.entity)) == [alice, pair]
                && strict.first?.values == ["producer_byte_rate": 1000, "consumer_byte_rate": 2000]
                && strict.count == 1
        }
        await #expect(throws: KafkaError.self) {
            try await reader.describeQuotas(QuotaFilter([.init(type: "planet", match: .any)]))
        }
        let removals = [
            QuotaChange(entity: alice, values: ["producer_byte_rate": nil, "consumer_byte_rate": nil]),
            QuotaChange(entity: pair, values: ["request_percentage": nil]),
        ]
        for item in try await writer.alterQuotas(removals, validateOnly: false) { try item.result.get() }
        try await world.eventually("no quota is left") { try await reader.describeQuotas(QuotaFilter()).isEmpty }
    }

    func keepsCredentials(_ world: World) async throws {
        let (reader, writer) = (world.reader, world.writer)
        let password = Secret("carol's password", origin: "test")
        func set(_ user: String, _ mechanism: ScramMechanism, _ iterations: Int32) -> ScramChange {
            ScramChange(user: user, mechanism: mechanism, action: .set(password: password, iterations: iterations))
        }
        let changes = [
            set("carol", .sha256, 4096), set("carol", .sha512, 8192), set("dave", .sha256, 100),
            ScramChange(user: "erin", mechanism: .sha256, action: .delete), set("dave", .sha256, 4096),
        ]
        let altered = try await writer.alterScramUsers(changes)
        #expect(altered.map(\.item) == changes)
        try altered[0].result.get()
        try altered[1].result.get()
        #expect(code(altered[2].result) == 93)
        #expect(code(altered[3].result) == 91)
        #expect(throws: KafkaError.self) { try altered[4].result.get() }
        try await world.eventually("both credentials are known") {
            let found = try await reader.describeScramUsers(nil)
            let carol = try found.first { $0.item == "carol" }?.result.get()
            return found.count == 1
                && carol.map(Set.init) == [
                    ScramCredential(mechanism: .sha256, iterations: 4096),
                    ScramCredential(mechanism: .sha512, iterations: 8192),
                ]
        }
        let named = try await reader.describeScramUsers(["carol", "dave"])
        #expect(code(named[1].result) == 91)
        try await ownsTokens(world, password)
        let removal = [ScramChange(user: "carol", mechanism: .sha512, action: .delete)]
        for item in try await writer.alterScramUsers(removal) { try item.result.get() }
    }

    /// Whoever has just got a password logs in with it, and takes a token.
    private func ownsTokens(_ world: World, _ password: Secret) async throws {
        await #expect(throws: KafkaError(.server(.delegationTokenRequestNotAllowed), "")) {
            try await world.writer.createDelegationToken(owner: nil, renewers: [], maximumLifetime: -1)
        }
        await #expect(throws: KafkaError(.server(.delegationTokenRequestNotAllowed), "")) {
            try await world.reader.describeDelegationTokens(owners: nil)
        }
        let listeners = world.cluster.brokers.map { "127.0.0.1:\($0.sparePort)" }
        try await world.eventually("every broker lets carol in") {
            for listener in listeners {
                let client = try Self.client(listener, password)
                let seen = try? await client.brokers(within: .seconds(10))
                await client.close()
                if seen == nil { return false }
            }
            return true
        }
        let client = try Self.client(listeners[0], password)
        do {
            try await takesAToken(
                world, LiveClusterReader(sender: client), LiveClusterOperator(sender: client))
        } catch {
            await client.close()
            throw error
        }
        await client.close()
    }

    private static func client(_ listener: String, _ password: Secret) throws -> AdminClient {
        AdminClient(
            settings: AdminClientSettings(
                bootstrap: try AdminClientSettings.addresses([listener]),
                sasl: SASLSettings(mechanism: .scramSHA256, credentials: .password(user: "carol", password))))
    }

    private func takesAToken(
        _ world: World, _ reader: LiveClusterReader, _ writer: LiveClusterOperator
    ) async throws {
        let carol = KafkaPrincipal(name: "carol")
        let token = try await writer.createDelegationToken(
            owner: nil, renewers: [KafkaPrincipal(name: "dave")], maximumLifetime: 3_600_000)
        #expect(token.owner == carol && token.requester == carol)
        #expect(token.lastsAtMost - token.issuedAt == 3_600_000)
        #expect(!"\(token)".contains("\(token.hmac.reveal())"))
        try await world.eventually("the token is known") {
            let all = try await reader.describeDelegationTokens(owners: nil)
            let hers = try await reader.describeDelegationTokens(owners: [carol])
            return all == [token] && hers == [token]
        }
        #expect(try await writer.renewDelegationToken(token.hmac, period: 60_000) < token.expiresAt)
        await #expect(throws: KafkaError(.server(.delegationTokenNotFound), "")) {
            try await writer.renewDelegationToken(TokenKey([1, 2, 3]), period: -1)
        }
        await #expect(throws: KafkaError(.server(.delegationTokenNotFound), "")) {
            try await writer.expireDelegationToken(TokenKey([1, 2, 3]), period: -1)
        }
        _ = try await writer.expireDelegationToken(token.hmac, period: -1)
        try await world.eventually("the token is gone") {
            try await reader.describeDelegationTokens(owners: nil).isEmpty
        }
    }

    func listsResources(_ world: World) async throws {
        let reader = world.reader
        if world.release.version >= Version(major: 4, minor: 1) {
            #expect(try await reader.listConfigResources(types: [2]).contains(.topic("orders")))
            #expect(try await reader.listConfigResources(types: []).contains(.broker(1)))
        } else {
            #expect(try await reader.listConfigResources(types: []).isEmpty)
            await #expect(throws: KafkaError(.unsupportedVersion, "")) {
                try await reader.listConfigResources(types: [2])
            }
        }
    }
}
