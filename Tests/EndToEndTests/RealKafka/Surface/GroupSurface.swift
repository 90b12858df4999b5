import KafkaAdmin
import KafkaWire
import TestSupport
import Testing

/// Kafka's own consumers that read while the rest is looked at: one of the classic protocol, one of the new one where the
/// release has it.
struct SurfaceConsumers {
    static let topic = "orders"
    static let partitions = (0..<3).map { TopicPartition(topic, Int32($0)) }

    var processes: [(group: String, type: GroupType, process: TestProcess)]

    static func start(in world: SurfaceWorld) async throws -> SurfaceConsumers {
        try await world.makeTopic(topic, leaders: [1, 2, 1])
        for partition in partitions {
            try await world.produce((0..<100).map { "order \($0)" }, to: partition)
        }
        let path = try #require(world.release.tool("kafka-verifiable-consumer.sh"))
        var groups: [(String, GroupType, [String])] = [("classic", .classic, [])]
        if world.isAtLeast(4, 0) { groups.append(("modern", .consumer, ["--group-protocol", "consumer"])) }
        return SurfaceConsumers(
            processes: try groups.map { group, type, arguments in
                let command = [
                    path, "--bootstrap-server", world.broker.plaintext, "--topic", topic, "--group-id", group,
                    "--reset-policy", "earliest",
                ]
                return (group, type, try TestProcess.start(command + arguments, in: world.scratch))
            })
    }

    func stop() async {
        for consumer in processes {
            consumer.process.signal(9)
            _ = await consumer.process.wait(within: 30)
        }
    }
}

/// Groups with members, their offsets and lag, and what may be done to them.
struct GroupSurface {
    let world: SurfaceWorld
    let consumers: SurfaceConsumers

    private let orders = SurfaceConsumers.partitions
    private let nowhere = TopicPartition("nowhere", 0)

    func run() async throws {
        for consumer in consumers.processes {
            try await isSeen(consumer.group, consumer.type)
            try await isProtected(consumer.group)
        }
        let groups = consumers.processes.map(\.group).sorted()
        try await world.eventually("both brokers are asked, and every group is listed", is: groups) {
            let listed = try await world.reader.listGroups(states: [], types: [])
            #expect(listed.map(\.item) == [1, 2])
            return try listed.flatMap { try $0.result.get() }.map(\.id).sorted()
        }
        for consumer in consumers.processes { try await leaves(consumer) }
        try await offsets()
        try await otherKinds()
    }

    private func isSeen(_ group: String, _ type: GroupType) async throws {
        let reader = world.reader
        let described = try await Eventually.found("\(group) is stable with one member") {
            let found = try await reader.describeGroups([group], type: nil).first?.result.get()
            guard found?.type == type, found?.state == "Stable" else { return GroupDescription?.none }
            let asked = try await reader.describeGroups([group], type: type).first?.result.get()
            return asked?.state == "Stable" && asked?.members.first?.assignment?.count == 3 ? asked : nil
        }
        #expect(described.members.first?.subscribedTopics == ["orders"])
        #expect(described.members.first?.assignment?.sorted() == orders)
        #expect(described.members.first?.clientHost.contains("127.0.0.1") == true)
        #expect((described.groupEpoch != nil) == (type == .consumer))
        for (state, ids) in [("Stable", [group]), ("Empty", [])] {
            try await world.eventually("the groups that are \(state) are listed", is: ids) {
                try await reader.listGroups(states: [state], types: [type]).flatMap { try $0.result.get() }.map(\.id)
            }
        }
        try await world.eventually("\(group) has committed everything") {
            let lag = try await reader.groupLag(group, partitions: [], readCommitted: false)
            let known = try lag.map { try $0.result.get() }
            return known.count == 3 && known.allSatisfy { $0.lag == 0 && $0.end == 100 }
        }
    }

    /// What a group with members does not allow.
    private func isProtected(_ group: String) async throws {
        let writer = world.writer
        #expect(code(try await writer.deleteGroups([group]).first?.result) == 68)
        #expect(code(try await writer.deleteOffsets([orders[0]], of: group).first?.result) == 86)
        let commit = try await writer.commitOffsets([(orders[0], CommittedOffset(offset: 1))], of: group)
        #expect([22, 25, 113].contains(code(commit.first?.result)), "\(String(describing: commit.first?.result))")
        let unknown = try await writer.removeMembers([.member(id: "nobody")], of: group, reason: nil)
        #expect(code(unknown.first?.result) == 25)
    }

    private func leaves(_ consumer: (group: String, type: GroupType, process: TestProcess)) async throws {
        let reader = world.reader
        if consumer.type == .classic {
            // It comes back under another name.
            try await world.eventually("\(consumer.group) loses its member") {
                let group = try await reader.describeGroups([consumer.group], type: .classic).first?.result.get()
                guard let member = group?.members.first else { return false }
                let removed = try await world.writer.removeMembers(
                    [.member(id: member.id)], of: consumer.group, reason: "test")
                for item in removed { try item.result.get() }
                return true
            }
        }
        consumer.process.signal(15)
        try await world.eventually("\(consumer.group) has no members any more") {
            let found = try await reader.describeGroups([consumer.group], type: consumer.type).first?.result.get()
            return found?.members.isEmpty == true && found?.state == "Empty"
        }
    }

    private func offsets() async throws {
        let (reader, writer) = (world.reader, world.writer)
        let first = orders[0]
        let commit = try await writer.commitOffsets(
            [
                (first, CommittedOffset(offset: 7, leaderEpoch: 0, metadata: "by hand")),
                (nowhere, CommittedOffset(offset: 1)),
            ], of: "classic")
        try commit[0].result.get()
        #expect(code(commit[1].result) == 3)
        let long = CommittedOffset(offset: 7, metadata: String(repeating: "x", count: 5000))
        #expect(code(try await writer.commitOffsets([(first, long)], of: "classic").first?.result) == 12)

        let queries = [
            GroupOffsetQuery(group: "classic"), GroupOffsetQuery(group: "unheard", partitions: [first]),
            GroupOffsetQuery(group: "unheard-too"),
        ]
        let found = try await reader.committedOffsets(queries, stable: true)
        #expect(found.map(\.item) == ["classic", "unheard", "unheard-too"])
        let classic = try found[0].result.get()
        #expect(classic.map(\.item) == orders)
        #expect(try classic[0].result.get() == CommittedOffset(offset: 7, leaderEpoch: 0, metadata: "by hand"))
        #expect(try found[1].result.get().map { try $0.result.get() } == [nil])
        #expect(try found[2].result.get().isEmpty)
        let lag = try await reader.groupLag("classic", partitions: [nowhere], readCommitted: true)
        #expect(lag.count == 4)
        let behind = try #require(try lag.first { $0.item == first }?.result.get())
        #expect(behind.committed == 7 && behind.lag == 93)
        #expect(lag.first { $0.item == nowhere }.map { code($0.result) } == .some(3))

        let deleted = try await writer.deleteOffsets([first, nowhere], of: "classic")
        try deleted[0].result.get()
        #expect(code(deleted[1].result) == 3)
        let after = try await reader.committedOffsets(
            [GroupOffsetQuery(group: "classic", partitions: [first])], stable: true)
        #expect(try after[0].result.get().first?.result.get() == .some(nil))
        await #expect(throws: KafkaError(.server(.groupIdNotFound), "")) {
            try await writer.deleteOffsets([first], of: "unheard")
        }
        let gone = try await writer.deleteGroups(["classic", "unheard"])
        try gone[0].result.get()
        #expect(code(gone[1].result) == 69)
        for type in [GroupType?.none, .classic] {
            #expect(code(try await reader.describeGroups(["classic"], type: type).first?.result) == 69)
        }
    }

    /// Groups that do not exist, or kinds that this release does not have.
    private func otherKinds() async throws {
        for type in [GroupType.consumer, .share, .streams] {
            let answer = try #require(try await world.reader.describeGroups(["unheard"], type: type).first)
            if world.isAtLeast(4, type == .consumer ? 0 : type == .share ? 1 : 2) {
                #expect(code(answer.result) == 69, "\(type.rawValue): \(answer.result)")
            } else if type == .consumer {
                // The call is known, and the feature behind it is off.
                #expect(code(answer.result) == 35, "\(answer.result)")
            } else {
                #expect(answer.result.failureCode == .unsupportedVersion, "\(type.rawValue): \(answer.result)")
            }
        }
        await #expect(throws: KafkaError(.configuration, "")) {
            try await world.reader.describeGroups(["unheard"], type: GroupType(rawValue: "Party"))
        }
        // The empty name is a name.
        #expect(code(try await world.reader.describeGroups([""], type: .classic).first?.result) == 69)
    }
}
