import KafkaAdmin
import KafkaWire
import TestSupport
import Testing
import Values

/// Groups, access, partitions and transactions through the admin client, against real brokers of every release found: what
/// each call says when all is well, and what it says when not.
@Suite(.serialized, .enabled(if: RealKafka.isAvailable, "OPSRUN_KAFKA is not set"))
struct ClientSurfaceTests {
    /// A cluster with its client.
    struct World {
        let cluster: RealKafkaCluster
        let release: RealKafka.Release
        let reader: LiveClusterReader
        let writer: LiveClusterOperator

        var isFour: Bool { release.version >= Version(major: 4, minor: 0) }
        var bootstrap: String { cluster.bootstrap.joined(separator: ",") }
        let orders = (0..<3).map { TopicPartition("orders", Int32($0)) }

        /// Waits for what brokers learn a moment later.
        func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
            for _ in 0..<120 {
                if (try? await condition()) == true { return }
                try await TestProcess.pause(milliseconds: 500, in: cluster.scratch)
            }
            Issue.record("within a minute it did not come true that \(what)")
        }

        /// Runs one of Kafka's tools while the body runs.
        func with(
            _ name: String, _ arguments: [String], _ body: (TestProcess) async throws -> Void
        ) async throws {
            let path = try #require(release.tool(name))
            let process = try TestProcess.start([path] + arguments, in: cluster.scratch)
            let result: Result<Void, any Error>
            do { result = .success(try await body(process)) } catch { result = .failure(error) }
            process.signal(9)
            _ = await process.wait(within: 30)
            try result.get()
        }
    }

    @Test(arguments: RealKafka.releases)
    func `groups, access, partitions and transactions are read and changed as Kafka has them`(
        release: RealKafka.Release
    ) async throws {
        try await RealKafkaCluster.with(release, settings: Self.settings) { cluster in
            let client = AdminClient(
                settings: AdminClientSettings(bootstrap: try AdminClientSettings.addresses(cluster.bootstrap)))
            let world = World(
                cluster: cluster, release: release, reader: LiveClusterReader(sender: client),
                writer: LiveClusterOperator(sender: client))
            do {
                try await produces(world)
                try await hasMembers(world)
                try await hasOffsets(world)
                try await describesOtherKinds(world)
                try await controlsAccess(world)
                try await limits(world)
                try await keepsCredentials(world)
                try await listsResources(world)
                try await transacts(world)
                try await changesPartitions(world)
                try await movesReplicas(world)
                try await losesABroker(world)
            } catch {
                await client.close()
                throw error
            }
            await client.close()
        }
    }

    /// An authorizer, a listener with SCRAM, delegation tokens, and two log directories.
    static func settings(_ node: RealKafkaCluster.Node) -> [String] {
        [
            "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users=User:ANONYMOUS;User:carol", "allow.everyone.if.no.acl.found=true",
            "listeners=PLAINTEXT://127.0.0.1:\(node.port),SASL://127.0.0.1:\(node.sparePort),"
                + "CONTROLLER://127.0.0.1:\(node.controllerPort)",
            "advertised.listeners=PLAINTEXT://127.0.0.1:\(node.port),SASL://127.0.0.1:\(node.sparePort)",
            "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
            "sasl.enabled.mechanisms=SCRAM-SHA-256",
            "listener.name.sasl.scram-sha-256.sasl.jaas.config="
                + "org.apache.kafka.common.security.scram.ScramLoginModule required;",
            "delegation.token.secret.key=not-much-of-a-secret",
            "log.dirs=\(node.folder)/data,\(node.folder)/more",
        ]
    }

    /// The broker's error code; nil for a success and for the client's own errors.
    func code<Success>(_ result: Result<Success, KafkaError>?) -> Int16? {
        if case .failure(let error) = result { error.serverCodeNumber } else { nil }
    }

    private func produces(_ world: World) async throws {
        let topic = NewTopic(name: "orders", partitions: 3, replicationFactor: 3)
        for item in try await world.writer.createTopics([topic], validateOnly: false) { try item.result.get() }
        let path = try #require(world.release.tool("kafka-verifiable-producer.sh"))
        let outcome = try await TestProcess.run(
            [
                path, "--bootstrap-server", world.bootstrap, "--topic", "orders", "--max-messages", "300", "--acks",
                "-1",
            ], in: world.cluster.scratch)
        #expect(outcome.status == 0, "\(outcome.stderr)")
    }

    // MARK: Groups

    /// A consumer of the classic protocol joins, and one of the new protocol where there is one.
    private func hasMembers(_ world: World) async throws {
        try await member(of: "classic", type: .classic, arguments: [], world)
        if world.isFour {
            try await member(of: "modern", type: .consumer, arguments: ["--group-protocol", "consumer"], world)
        }
        let listed = try await world.reader.listGroups(states: [], types: [])
        #expect(listed.map(\.item) == [1, 2, 3])
        let ids = try listed.flatMap { try $0.result.get() }.map(\.id).sorted()
        #expect(ids == (world.isFour ? ["classic", "modern"] : ["classic"]))
    }

    private func member(of group: String, type: GroupType, arguments: [String], _ world: World) async throws {
        try await world.with(
            "kafka-verifiable-consumer.sh",
            [
                "--bootstrap-server", world.bootstrap, "--topic", "orders", "--group-id", group, "--reset-policy",
                "earliest",
            ] + arguments
        ) { consumer in
            try await isSeen(group, type, world)
            try await isProtected(group, world)
            let id = try #require(
                try await world.reader.describeGroups([group], type: type).first?.result.get().members.first?.id)
            let removed = try await world.writer.removeMembers([.member(id: id)], of: group, reason: "test")
            // Members that speak the new protocol can only leave by themselves.
            #expect(type == .classic ? code(removed.first?.result) == nil : removed.count == 1)
            consumer.signal(15)
            try await world.eventually("\(group) has no members any more") {
                try await world.reader.describeGroups([group], type: type).first?.result.get().members.isEmpty == true
            }
        }
    }

    private func isSeen(_ group: String, _ type: GroupType, _ world: World) async throws {
        let reader = world.reader
        try await world.eventually("\(group) is stable with one member") {
            let found = try await reader.describeGroups([group], type: nil).first?.result.get()
            return found?.type == type && found?.state == "Stable" && found?.members.first?.assignment?.count == 3
        }
        let described = try #require(try await reader.describeGroups([group], type: type).first).result.get()
        #expect(described.members.first?.subscribedTopics == ["orders"])
        #expect(described.members.first?.assignment?.sorted() == world.orders)
        #expect((described.groupEpoch != nil) == (type == .consumer))
        let stable = try await reader.listGroups(states: ["Stable"], types: [type])
        #expect(try stable.flatMap { try $0.result.get() }.map(\.id) == [group])
        let empty = try await reader.listGroups(states: ["Empty"], types: [type])
        #expect(try empty.allSatisfy { try $0.result.get().isEmpty })

        try await world.eventually("\(group) has committed everything") {
            let lag = try await reader.groupLag(group, partitions: [], readCommitted: false)
            let known = try lag.map { try $0.result.get() }
            return known.count == 3 && known.allSatisfy { $0.lag == 0 } && known.reduce(0) { $0 + $1.end } == 300
        }
    }

    /// What a group with members does not allow.
    private func isProtected(_ group: String, _ world: World) async throws {
        let writer = world.writer
        #expect(code(try await writer.deleteGroups([group]).first?.result) == 68)
        #expect(code(try await writer.deleteOffsets([world.orders[0]], of: group).first?.result) == 86)
        let commit = try await writer.commitOffsets([(world.orders[0], CommittedOffset(offset: 1))], of: group)
        #expect(code(commit.first?.result) == 25)
        let unknown = try await writer.removeMembers([.member(id: "nobody")], of: group, reason: nil)
        #expect(code(unknown.first?.result) == 25)
    }

    private func hasOffsets(_ world: World) async throws {
        let (reader, writer) = (world.reader, world.writer)
        let first = world.orders[0]
        let nowhere = TopicPartition("nowhere", 0)
        let commit = try await writer.commitOffsets(
            [
                (first, CommittedOffset(offset: 7, leaderEpoch: 0, metadata: "by hand")),
                (nowhere, CommittedOffset(offset: 1)),
            ], of: "classic")
        try commit[0].result.get()
        #expect(code(commit[1].result) == 3)

        let queries = [
            GroupOffsetQuery(group: "classic"), GroupOffsetQuery(group: "unheard", partitions: [first]),
            GroupOffsetQuery(group: "unheard-too"),
        ]
        let found = try await reader.committedOffsets(queries, stable: true)
        #expect(found.map(\.item) == ["classic", "unheard", "unheard-too"])
        let classic = try found[0].result.get()
        #expect(classic.map(\.item) == world.orders)
        #expect(try classic[0].result.get() == CommittedOffset(offset: 7, leaderEpoch: 0, metadata: "by hand"))
        let unheard = try found[1].result.get()
        #expect(try unheard.map { try $0.result.get() } == [nil])
        #expect(try found[2].result.get().isEmpty)
        let lag = try await reader.groupLag("classic", partitions: [nowhere], readCommitted: true)
        #expect(lag.count == 4)
        #expect(try lag.first { $0.item == first }?.result.get().committed == 7)
        #expect(lag.first { $0.item == nowhere }.map { code($0.result) != nil } == true)

        for item in try await writer.deleteOffsets([first], of: "classic") { try item.result.get() }
        let after = try await reader.committedOffsets(
            [GroupOffsetQuery(group: "classic", partitions: [first])], stable: true)
        #expect(try after[0].result.get().first?.result.get() == .some(nil))
        await #expect(throws: KafkaError(.server(.groupIdNotFound), "")) {
            try await writer.deleteOffsets([first], of: "unheard")
        }

        let deleted = try await writer.deleteGroups(["classic", "unheard"])
        try deleted[0].result.get()
        #expect(code(deleted[1].result) == 69)
        #expect(code(try await reader.describeGroups(["classic"], type: nil).first?.result) == 69)
        #expect(code(try await reader.describeGroups(["classic"], type: .classic).first?.result) == 69)
    }

    /// Share and streams groups: not there, or not known to this release.
    private func describesOtherKinds(_ world: World) async throws {
        for type in [GroupType.consumer, .share, .streams] {
            let answer = try #require(try await world.reader.describeGroups(["unheard"], type: type).first)
            guard case .failure(let error) = answer.result else {
                Issue.record("a \(type.rawValue) group that does not exist was described")
                continue
            }
            if world.isFour, type == .consumer {
                #expect(error.serverCodeNumber == 69)
            } else {
                #expect(
                    error.code == .unsupportedVersion || [35, 69].contains(error.serverCodeNumber),
                    "\(type.rawValue): \(error)")
            }
            #expect(world.isFour || type == .consumer || error.code == .unsupportedVersion)
        }
        await #expect(throws: KafkaError(.configuration, "")) {
            try await world.reader.describeGroups(["unheard"], type: GroupType(rawValue: "Party"))
        }
    }
}
