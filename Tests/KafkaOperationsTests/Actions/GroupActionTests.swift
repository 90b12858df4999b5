import KafkaAdmin
import KafkaOperations
import RunEngine
import TestSupport
import Testing
import Values

/// Groups, offsets, records and topics' settings on the embedded cluster.
@Suite struct GroupActionTests {
    private func offsets(_ numbers: [Int64]) -> Value {
        .list(
            numbers.enumerated().map {
                ["topic": "orders", "partition": .int(Int64($0.offset)), "offset": .int($0.element)]
            })
    }

    @Test func `offsets of a group are set where it may be, put back, and go with it`() async throws {
        let world = EmbeddedWorld()
        let zero = offsets([0, 0])
        let unknown = try await world.plan("kafka.alter_group_offsets", ["group": "payments", "offsets": zero])
        #expect(unknown.notes == ["as it is now: there is no group payments"])
        let create: ValueMap = ["group": "payments", "offsets": zero, "on_unknown": "create"]
        let made = try await world.run("kafka.alter_group_offsets", create)
        #expect(made.isChanged && made.result["previous"] == [])
        #expect(try await world.plan("kafka.alter_group_offsets", create).changesNothing)
        let groups = try await world.read("kafka.describe_groups", ["groups": ["pay*"], "partitions": true])
        let group = try #require(groups["groups"]?.listValue?.first)
        #expect(group["state"] == "Empty" && group["members"] == [])
        #expect(group["partitions"]?.listValue?.count == 2)

        let beyond: ValueMap = ["group": "payments", "offsets": offsets([1 << 40])]
        #expect(try await world.run("kafka.alter_group_offsets", beyond).failure?.code == .failed)
        let gone = try await world.run("kafka.delete_groups", ["groups": ["payments"]])
        #expect(gone.isChanged)
        #expect(gone.result["previous"]?["payments"]?.listValue?.count == 2)
        #expect(try await world.run("kafka.delete_groups", ["groups": ["payments"]]).isChanged == false)
        await #expect(throws: StepFailure.self) {
            _ = try await world.read("kafka.describe_groups", ["groups": ["payments"]])
        }
    }

    @Test func `what consumers put down with a commit is kept, and comes back with it`() async throws {
        let world = EmbeddedWorld()
        let place = TopicPartition("orders", 1)
        _ = try await world.writer.commitOffsets(
            [(place, CommittedOffset(offset: 0, leaderEpoch: 0, metadata: "state:7"))], of: "streams")
        let gone = try await world.run("kafka.delete_groups", ["groups": ["streams"]])
        let previous = try #require(gone.result["previous"]?["streams"])
        #expect(previous.listValue?.first?["metadata"] == "state:7")
        let back: ValueMap = ["group": "streams", "offsets": previous, "on_unknown": "create"]
        #expect(try await world.run("kafka.alter_group_offsets", back).isChanged)
        #expect(try await world.plan("kafka.alter_group_offsets", back).changesNothing)
        let found = try await world.reader.committedOffsets([GroupOffsetQuery(group: "streams")], stable: true)
        let commit = try #require(try found.first?.result.get().first { $0.item == place }?.result.get())
        #expect(commit.metadata == "state:7" && commit.leaderEpoch == 0)
    }

    private static func number(_ value: Value?) -> Double? {
        if case .float(let number)? = value { number } else { nil }
    }

    @Test func `what lies on a disk and is assigned to nobody there is stray`() async throws {
        let world = EmbeddedWorld()
        let found = try await world.read("kafka.describe_log_dirs", ["stray": true])
        #expect(found["stray"] == [])
        #expect(try await world.read("kafka.describe_log_dirs")["stray"] == .null)
        var reader = LyingReader(world.reader)
        reader.hiddenTopics = ["orders"]
        let action = try StepBench.make(world.catalog, "kafka.describe_log_dirs", ["stray": true])
        let lost = try await action.read(in: world.bench(1).reading(cluster: reader)).result
        #expect(lost["stray"]?.listValue?.count == 18)
    }

    @Test func `hot partitions have their share`() async throws {
        let world = EmbeddedWorld()
        let found = try await world.read(
            "kafka.describe_hot_partitions", ["topics": ["orders"], "over": .duration(.seconds(2))])
        let partitions = found["partitions"]?.listValue ?? []
        #expect(partitions.count == 6)
        let rates = partitions.compactMap { Self.number($0["rate"]) }
        #expect(rates == rates.sorted(by: >))
        if let total = Self.number(found["records_per_second"]), total > 0 {
            let share = partitions.compactMap { Self.number($0["share_percent"]) }.reduce(0, +)
            #expect(abs(share - 100) < 0.01)
            #expect((Self.number(found["skew"]) ?? 0) >= 1)
        }
    }

    @Test func `partitions are added and never taken away`() async throws {
        let world = EmbeddedWorld()
        let eight: ValueMap = ["topics": [["name": "orders", "partitions": 8]]]
        #expect(try await world.plan("kafka.create_partitions", eight).changes == ["orders: partitions 6 → 8"])
        #expect(try await world.run("kafka.create_partitions", eight).isChanged)
        #expect(try await world.plan("kafka.create_partitions", eight).changesNothing)
        let seven: ValueMap = ["topics": [["name": "orders", "partitions": 7], ["name": "nowhere", "partitions": 1]]]
        #expect(try await world.plan("kafka.create_partitions", seven).refusals.count == 1)
        #expect(try await world.run("kafka.create_partitions", seven).failure?.details.count == 2)
        let found = try await world.read("kafka.list_offsets", ["topics": ["orders"], "at": "earliest"])
        #expect(found["offsets"]?.listValue?.count == 8)
    }

    @Test func `settings of topics are changed, compared and taken away`() async throws {
        let world = EmbeddedWorld()
        let changes: ValueMap = [
            "changes": [
                ["topic": "orders", "set": ["retention.ms": 3_600_000]], ["topic": "nowhere", "remove": ["x"]],
            ]
        ]
        let outcome = try await world.run("kafka.alter_topic_configs", changes)
        #expect(outcome.failure?.details.count == 1)
        #expect(outcome.result["items"]?.listValue?.first?["changed"] == true)
        let previous = outcome.result["previous"]?.listValue?.first
        #expect(previous?["topic"] == "orders" && previous?["remove"] == ["retention.ms"])
        let target: ValueMap = ["resource": "topic", "name": "orders", "set": ["retention.ms": 1, "no.such": 1]]
        let difference = try await world.read("kafka.diff_configs", target)
        #expect(difference["dynamic"] == ["retention.ms"] && difference["unknown"] == ["no.such"])
        #expect(difference["summary"] == ["retention.ms 3600000 → 1"])
        let delete: ValueMap = ["resource": "topic", "name": "orders", "keys": ["retention.ms"]]
        #expect(try await world.run("kafka.delete_configs", delete).isChanged)
        #expect(try await world.run("kafka.delete_configs", delete).isChanged == false)
    }

    @Test func `nothing hangs where nothing is written`() async throws {
        let world = EmbeddedWorld()
        let found = try await world.read("kafka.list_transactions", ["hanging": true, "topics": ["orders"]])
        #expect(found["passes"] == true && found["partitions"] == [])
        let none: ValueMap = ["topic": "orders", "partition": 0, "producer_id": 4711]
        #expect(try await world.plan("kafka.abort_transaction", none).changesNothing)
        #expect(try await world.run("kafka.abort_transaction", none).isChanged == false)
    }
}
