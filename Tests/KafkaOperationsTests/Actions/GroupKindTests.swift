import KafkaAdmin
import KafkaOperations
import RunEngine
import SimulatedKafka
import TestSupport
import Testing
import Values

/// The actions on groups, on share and streams groups of the embedded cluster.
@Suite(.timeLimit(.minutes(5))) struct GroupKindTests {
    private static let group = "eaters"

    /// At real time, so that a member is one for as long as a test needs it.
    private func world() -> EmbeddedWorld {
        EmbeddedWorld(version: "4.3.1", speed: 1) { $0.initialRebalanceDelay = .zero }
    }

    private func values(_ more: ValueMap) -> ValueMap {
        var values: ValueMap = ["group": .string(Self.group)]
        for (name, value) in more { values[name] = value }
        return values
    }

    private func offsets(_ offset: Int64) -> Value {
        .list([0, 1].map { ["topic": "orders", "partition": $0, "offset": .int(offset)] })
    }

    /// Where it stands; a share group has not begun in every partition that it was given.
    private func places(_ world: EmbeddedWorld) async throws -> [Int64] {
        let found = try await world.read(
            "kafka.describe_groups", ["groups": [.string(Self.group)], "partitions": true])
        return found["groups"]?.listValue?.first?["partitions"]?.listValue?.compactMap { $0["offset"]?.intValue } ?? []
    }

    @Test(arguments: BareGroupMember.Kind.allCases)
    func `offsets of every kind of group are set while it is empty, and refused while it has members`(
        kind: BareGroupMember.Kind
    ) async throws {
        let world = world()
        var member = BareGroupMember(kind, of: Self.group, reading: ["orders"], world.client)
        try await Eventually.holds("it has joined") {
            try await member.beat()
            return true
        }
        let described = try await world.read("kafka.describe_groups", ["groups": [.string(Self.group)]])
        let found = try #require(described["groups"]?.listValue?.first)
        #expect(found["type"] == .string(kind.rawValue.lowercased()) && found["members"]?.listValue?.count == 1)
        let zero = values(["offsets": offsets(0)])
        let back = values(["to": "earliest", "topics": ["orders"], "rewind": true])
        for (action, arguments) in [
            ("kafka.alter_group_offsets", zero), ("kafka.reset_group_offsets", back),
            ("kafka.delete_groups", ["groups": [.string(Self.group)]]),
        ] {
            let error = await #expect(throws: StepFailure.self, "\(action)") {
                _ = try await world.run(action, arguments)
            }
            #expect(error?.code == .refused && error?.nextAction == "stop its members first", "\(action)")
        }

        try await member.leave()
        #expect(try await world.run("kafka.alter_group_offsets", zero).isChanged)
        #expect(try await world.plan("kafka.alter_group_offsets", zero).changesNothing)
        #expect(try await places(world) == [0, 0])
        try await Eventually.holds("there are records") {
            let ends = try await world.reader.listOffsets(
                [TopicPartition("orders", 0), TopicPartition("orders", 1)], timestamp: -1, readCommitted: false)
            return try ends.allSatisfy { try $0.result.get().offset > 2 }
        }
        // Where it stands already, without a topic's name.
        let on = try await world.run("kafka.reset_group_offsets", values(["to": "shift", "shift": 2]))
        #expect(on.isChanged && on.result["previous"]?.listValue?.count == 2, "\(on)")
        #expect(try await places(world) == [2, 2])
        #expect(try await world.run("kafka.reset_group_offsets", values(["to": "earliest", "rewind": true])).isChanged)
        #expect(try await places(world) == [0, 0])
        let gone = try await world.run("kafka.delete_groups", ["groups": [.string(Self.group)]])
        #expect(gone.isChanged && gone.result["previous"]?[Self.group]?.listValue?.count == 2)
    }
}
