import EventLoop
import KafkaAdmin
import KafkaOperations
import RunEngine
import SimulatedKafka
import TestSupport
import Testing
import Values

/// Settings of one, of every broker, and of one like another; topics that are not to be deleted.
@Suite struct ConfigActionTests {
    @Test func `every broker gets a value of its own, and each gets back what it had`() async throws {
        let world = EmbeddedWorld()
        let key = "log.cleaner.threads"
        let one: ValueMap = ["resource": "broker", "name": "2", "set": [key: 3]]
        #expect(try await world.run("kafka.alter_configs", one).isChanged)
        let every: ValueMap = ["resource": "broker", "scope": "every", "set": [key: 2]]
        let plan = try await world.plan("kafka.alter_configs", every)
        #expect(plan.changes.count == 3 && plan.changes.first == "broker 1: log.cleaner.threads 1 → 2")
        let outcome = try await world.run("kafka.alter_configs", every)
        #expect(outcome.isChanged && outcome.result["items"]?.listValue?.count == 3)
        #expect(outcome.result["previous"] == ["set": [:], "remove": []])
        let previous = try #require(outcome.result["previous_of_brokers"]?.listValue)
        #expect(previous.map { $0["name"] } == ["1", "2", "3"])
        #expect(previous[1]["set"] == [.init(key): "3"] && previous[0]["remove"] == [.string(key)])
        #expect(try await world.plan("kafka.alter_configs", every).changesNothing)
        // The default of all brokers means nothing to those that have one of their own.
        let all: ValueMap = ["resource": "broker_default", "set": [key: 4]]
        let notes = try await world.plan("kafka.alter_configs", all).notes
        #expect(
            notes.count == 3 && notes.first == "broker 1 has log.cleaner.threads of its own, which hides the default")
        for broker in previous {
            let undo: ValueMap = [
                "resource": "broker", "name": broker["name"] ?? .null, "set": broker["set"] ?? [:],
                "remove": broker["remove"] ?? [],
            ]
            #expect(try await world.run("kafka.alter_configs", undo).isChanged)
        }
        #expect(try await world.plan("kafka.alter_configs", all).notes.count == 1)
    }

    @Test func `a broker that is fenced keeps every broker from being changed`() async throws {
        let world = EmbeddedWorld()
        var reader = LyingReader(world.reader)
        reader.listing = { listing in
            var listing = listing
            for index in listing.brokers.indices where listing.brokers[index].id == 3 {
                listing.brokers[index].isFenced = true
            }
            return listing
        }
        let action = try StepBench.make(
            world.catalog, "kafka.alter_configs", ["resource": "broker", "scope": "every", "set": ["a": 1]])
        let context = world.bench(1).step(cluster: reader, writer: world.writer)
        let error = await #expect(throws: StepFailure.self) { _ = try await action.run(in: context) }
        #expect(error?.message == "broker 3 is fenced, and its settings cannot be changed")
    }

    @Test func `what cannot be a value is told apart from what can`() async throws {
        let world = EmbeddedWorld()
        let values: ValueMap = [
            "resource": "topic", "name": "orders",
            "set": [
                "segment.bytes": 2_147_483_648, "retention.ms": 1, "preallocate": "maybe",
                "min.cleanable.dirty.ratio": "half",
            ],
        ]
        let found = try await world.read("kafka.diff_configs", values)
        #expect(found["dynamic"] == ["retention.ms"])
        let invalid = found["invalid"]?.listValue ?? []
        #expect(invalid.map { $0["name"] } == ["segment.bytes", "preallocate", "min.cleanable.dirty.ratio"])
        #expect(
            invalid.first?["reason"] == "2147483648 is no whole number from -2147483648 to 2147483647", "\(invalid)")
    }

    @Test func `a topic is compared with another, and a broker with another`() async throws {
        let world = EmbeddedWorld(topics: [
            .init(name: "orders", partitions: 1, replicationFactor: 1), .init(name: "model", partitions: 1),
        ])
        let own: [(String, ValueMap)] = [
            ("orders", ["retention.ms": 5, "segment.ms": 7]), ("model", ["retention.ms": 6]),
        ]
        for (topic, set) in own {
            let values: ValueMap = [
                "resource": "topic", "name": .string(topic), "set": .map(set),
            ]
            #expect(try await world.run("kafka.alter_configs", values).isChanged)
        }
        let topic = try await world.read(
            "kafka.diff_configs", ["resource": "topic", "name": "orders", "like": "model"])
        #expect(topic["dynamic"] == ["retention.ms", "segment.ms"], "\(topic)")
        #expect(topic["previous_dynamic"]?["retention.ms"] == "5" && topic["added"] == [])
        let same: ValueMap = ["resource": "broker", "name": "1", "like": "2"]
        #expect(try await world.read("kafka.diff_configs", same)["summary"] == [])
        let one: ValueMap = ["resource": "broker", "name": "2", "set": ["log.cleaner.threads": 3]]
        #expect(try await world.run("kafka.alter_configs", one).isChanged)
        let broker = try await world.read("kafka.diff_configs", same)
        #expect(broker["dynamic"] == ["log.cleaner.threads"] && broker["added"] == ["log.cleaner.threads"])
        #expect(broker["summary"] == ["log.cleaner.threads 1 → 3"])
    }

    @Test func `only what a step made is deleted, and only as long as it is the same`() async throws {
        let world = EmbeddedWorld()
        func create(_ name: String) async throws -> ActionOutcome {
            try await world.run(
                "kafka.create_topics", ["topics": [["name": .string(name), "partitions": 1, "replication_factor": 1]]])
        }
        let made = try await create("scratch")
        #expect(made.result["created"]?.listValue?.first?["name"] == "scratch")
        // It was there, so that this step did not make it.
        let again = try await create("scratch")
        #expect(again.result["created"] == [])
        func deletion(_ names: Value, _ maker: ActionOutcome) -> ValueMap {
            ["topics": names, "only_created_by": .map(maker.result)]
        }
        for values in [deletion(["scratch"], again), deletion(["orders"], made)] {
            let refusals = try await world.plan("kafka.delete_topics", values).refusals
            #expect(refusals.first?.message.hasSuffix("it was not made by it") == true)
        }
        #expect(try await world.run("kafka.delete_topics", ["topics": ["scratch"]]).isChanged)
        _ = try await create("scratch")
        let refusals = try await world.plan("kafka.delete_topics", deletion(["scratch"], made)).refusals
        #expect(refusals.first?.message.contains("it has been made anew since") == true)
        let mine = try await create("mine")
        #expect(try await world.run("kafka.delete_topics", deletion(["mine"], mine)).isChanged)
    }

    @Test func `what MirrorMaker made is not deleted, unless that is meant`() async throws {
        let names = [
            "primary.orders", "primary.checkpoints.internal", "primary.heartbeats", "mm2-offsets.primary.internal",
            "heartbeats", "other.orders",
        ]
        let world = EmbeddedWorld(topics: names.map { .init(name: $0, partitions: 1) })
        let plan = try await world.plan("kafka.delete_topics", ["topics": .list(names.map(Value.string))])
        #expect(plan.changes == ["delete other.orders"])
        #expect(plan.refusals.first?.message == "primary.orders is mirrored from primary and would be made anew")
        #expect(
            plan.refusals.dropFirst().allSatisfy { $0.message.hasSuffix("is MirrorMaker's own and is not deleted") })
        #expect(plan.refusals.count == 5)
        let meant: ValueMap = ["topics": ["primary.orders"], "mirrored": true]
        #expect(try await world.run("kafka.delete_topics", meant).isChanged)
    }

    @Test func `traffic since a time is told without waiting`() async throws {
        let world = EmbeddedWorld()
        let now = Timestamp(milliseconds: world.time.sinceEpoch.milliseconds)
        func read(_ since: Timestamp) async throws -> ValueMap {
            try await world.read("kafka.describe_traffic", ["topics": ["orders"], "since": .timestamp(since)])
        }
        let offsets = (0..<6).map { (TopicPartition("orders", Int32($0)), CommittedOffset(offset: 0)) }
        _ = try await world.writer.commitOffsets(offsets, of: "idle")
        let found = try await read(Timestamp(milliseconds: 0))
        #expect(found["groups_consuming"] == [])
        let ends = try await world.read("kafka.list_offsets", ["topics": ["orders"]])["records_upper_bound"]
        let isEmpty = ends == 0
        #expect(found["topics_written"] == (isEmpty ? [] : ["orders"]))
        await #expect(throws: StepFailure.self) {
            _ = try await read(Timestamp(milliseconds: now.milliseconds + 86_400_000_000))
        }
    }
}
