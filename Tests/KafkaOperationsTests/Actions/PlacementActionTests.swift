import EventLoop
import KafkaAdmin
import KafkaOperations
import KafkaWire
import RunEngine
import SimulatedKafka
import TestSupport
import Testing
import Values

/// Moves of replicas, their throttles, and settings for a time, on the embedded cluster.
@Suite struct PlacementActionTests {
    private static let rates = ["leader.replication.throttled.rate", "follower.replication.throttled.rate"]
    private static let lists = ["leader.replication.throttled.replicas", "follower.replication.throttled.replicas"]

    /// Four brokers; each move copies `size` at `rate` a second.
    private func world(size: Int64 = 64 << 20, rate: Int64 = 64 << 20, partitions: Int32 = 4) -> EmbeddedWorld {
        EmbeddedWorld(
            nodes: SimulatedClusterConfiguration.combinedNodes([1, 2, 3, 4]),
            topics: [
                .init(
                    name: "orders", partitions: partitions, replicationFactor: 2,
                    bytesPerPartition: ByteCount(size), ingest: ByteCount(0))
            ]
        ) { $0.catchUp = ByteCount(rate) }
    }

    private func replicas(_ world: EmbeddedWorld) async throws -> [TopicPartition: [Int32]] {
        let view = try await world.reader.snapshot(topics: ["orders"], from: .any)
        return Dictionary(
            uniqueKeysWithValues: view.partitions.map {
                (TopicPartition("orders", $0.index), Array(view.replicas(of: $0)))
            })
    }

    /// Each partition keeps its first replica and gets another second one.
    private func moves(_ world: EmbeddedWorld) async throws -> Value {
        .list(
            try await replicas(world).sorted { $0.key < $1.key }.map { partition, now in
                let other = [1, 2, 3, 4].first { !now.contains($0) } ?? 1
                return [
                    "topic": "orders", "partition": .int(Int64(partition.partition)),
                    "replicas": [.int(Int64(now[0])), .int(Int64(other))],
                ]
            })
    }

    /// Own values of throttles by `resource key`.
    private func throttles(_ world: EmbeddedWorld) async throws -> [String: String] {
        let set = try await world.read("kafka.list_reassignments")["throttles"]?.listValue ?? []
        var found: [String: String] = [:]
        for item in set {
            found["\(item["resource"]?.stringValue ?? "") \(item["key"]?.stringValue ?? "")"] =
                item["value"]?.stringValue
        }
        return found
    }

    /// Puts back what a step has borrowed, the newest first, as the engine does.
    private func giveBack(_ world: EmbeddedWorld, _ bench: StepBench, again: Bool = false) async throws
        -> [ActionOutcome]
    {
        var outcomes: [ActionOutcome] = []
        for record in bench.records.filter({ $0.kind == "temporary" }).reversed() {
            var values = record.fields["arguments"]?.mapValue ?? [:]
            if again { values["again"] = true }
            // Through the journal and back.
            values = try JSON.parse(Array(JSON.text(.map(values)).utf8)).mapValue ?? [:]
            outcomes.append(try await world.run(record.fields["action"]?.stringValue ?? "", values))
        }
        return outcomes
    }

    /// Runs a step with what the engine gives it: the way back, and a signal when `stops` says so.
    private func execute(
        _ world: EmbeddedWorld, _ values: ValueMap, _ bench: StepBench, timeout: Duration? = nil,
        stops: @escaping @Sendable () -> Bool = { false }
    ) async throws -> ActionOutcome {
        let action = try StepBench.make(world.catalog, "kafka.execute_reassignment", values)
        var context = bench.step(cluster: world.reader, writer: world.writer, timeout: timeout)
        context = StepContext(
            reading: context.reading, clusterOperator: context.clusterOperator, key: "test", runID: "test",
            outputFolder: "", approvals: [], report: context.report, record: context.record, isStopping: stops)
        context.giveBack = {
            for outcome in try await giveBack(world, bench) { if let failure = outcome.failure { throw failure } }
            return []
        }
        return try await action.run(in: context)
    }

    /// The same with an operator that may lose or refuse what it is given.
    private func execute(
        _ world: EmbeddedWorld, _ values: ValueMap, _ bench: StepBench, by writer: any ClusterOperator,
        timeout: Duration? = nil, givesBack: @escaping @Sendable () async throws -> [String] = { [] }
    ) async throws -> ActionOutcome {
        let action = try StepBench.make(world.catalog, "kafka.execute_reassignment", values)
        var context = bench.step(cluster: world.reader, writer: writer, timeout: timeout)
        context.giveBack = givesBack
        return try await action.run(in: context)
    }

    private func isAtHome(_ world: EmbeddedWorld, _ original: [TopicPartition: [Int32]]) async throws -> Int {
        let moving = Set(try await world.reader.listReassignments().map(\.partition))
        return try await replicas(world).filter { original[$0.key] == $0.value && !moving.contains($0.key) }.count
    }

    // MARK: Moves that are sent in part

    @Test func `the lock is asked for before every batch, and the next attempt looks at what was sent`() async throws {
        let world = world()
        let original = try await replicas(world)
        let values: ValueMap = ["reassignment": try await moves(world), "moves_per_broker": 1]
        let asked = Locked(0)
        let writer = world.writer.asking { () throws(KafkaError) in
            let count = asked.withLock { asked in
                asked += 1
                return asked
            }
            if count > 1 { throw KafkaError(.outdated, "the lock is lost: it was not sent") }
        }
        let bench = world.bench(1)
        let left = ["moves of orders-0 in flight (the lock of the cluster was lost)"]
        let outcome = try await execute(world, values, bench, by: writer, givesBack: { left })
        guard case .stopped(let reason) = outcome.status else {
            Issue.record("\(outcome)")
            return
        }
        #expect(reason.hasSuffix("of 4 partitions are moved, the others could not be called off"), "\(reason)")
        #expect(asked.withLock { $0 } == 2, "one batch was sent, the second was not")
        let untouched = try await isAtHome(world, original)
        #expect(untouched > 0 && untouched < 4)
        let end = try await execute(world, values, bench)
        #expect(end.isChanged, "\(end)")
        #expect(try await isAtHome(world, original) == 0)
    }

    @Test func `a first batch for which the lock is lost leaves nothing sent`() async throws {
        let world = world()
        let original = try await replicas(world)
        let writer = world.writer.asking { () throws(KafkaError) in throw KafkaError(.outdated, "the lock is lost") }
        let values: ValueMap = ["reassignment": try await moves(world), "throttle": .bytes(ByteCount(1 << 20))]
        await #expect(throws: (any Error).self) {
            _ = try await execute(world, values, world.bench(1), by: writer)
        }
        #expect(try await isAtHome(world, original) == 4)
        #expect(try await throttles(world).isEmpty, "throttles are writes, too")
    }

    /// What the cluster makes of all requests to move but the first `before`, for `count` of them.
    private func failing(
        _ world: EmbeddedWorld, _ error: KafkaError, after before: Int, count: Int = .max
    ) -> ForgetfulOperator {
        var writer = ForgetfulOperator(world.writer)
        writer.dropsCalls = true
        let seen = Locked(0)
        writer.before = { api in
            if api == .alterPartitionReassignments { seen.withLock { $0 += 1 } }
        }
        writer.lost = { api in
            let number = seen.withLock { $0 }
            return api == .alterPartitionReassignments && number > before && number - before <= count ? error : nil
        }
        return writer
    }

    @Test func `a batch that could not be sent is sent again, with those before it under way`() async throws {
        let world = world()
        let original = try await replicas(world)
        let values: ValueMap = ["reassignment": try await moves(world), "moves_per_broker": 1]
        let writer = failing(world, KafkaError(.unreachable, "nobody is there"), after: 1, count: 2)
        let outcome = try await execute(world, values, world.bench(1), by: writer)
        #expect(outcome.isChanged, "\(outcome)")
        #expect(try await isAtHome(world, original) == 0)
    }

    @Test func `a batch that is refused ends the step with what was sent, and what was not, by name`() async throws {
        let world = world()
        let values: ValueMap = ["reassignment": try await moves(world), "moves_per_broker": 1]
        let writer = failing(world, KafkaError(.notAuthorized(.clusterAuthorizationFailed), "not allowed"), after: 1)
        let outcome = try await execute(world, values, world.bench(1), by: writer)
        #expect(outcome.failure?.code == .failed, "\(outcome)")
        let items = outcome.result["items"]?.listValue ?? []
        #expect(items.count == 4)
        #expect(items.contains { $0["changed"] == true }, "\(items)")
        #expect(items.contains { $0["error"] == "not allowed" }, "\(items)")
    }

    @Test func `a cluster that stays silent after the first batch leaves the step unknown, and names what was sent`()
        async throws
    {
        let world = world(size: 1 << 40)
        let values: ValueMap = ["reassignment": try await moves(world), "moves_per_broker": 1]
        let writer = failing(world, KafkaError(.unreachable, "nobody is there"), after: 1)
        // Room for another batch: the first move is called off by somebody.
        let failure = await #expect(throws: StepFailure.self) {
            async let end = execute(world, values, world.bench(1), by: writer)
            try await Eventually.holds("the first moves are in flight") {
                try await !world.reader.listReassignments().isEmpty
            }
            let first = try await world.reader.listReassignments().prefix(1).map { ($0.partition, [Int32]?.none) }
            _ = try await world.writer.alterReassignments(first.map { (partition: $0.0, replicas: $0.1) })
            _ = try await end
        }
        if let failure {
            #expect(failure.message.hasPrefix("no more moves can be begun"))
            #expect(failure.details.contains { $0.hasSuffix(": not sent") }, "\(failure.details)")
        }
    }

    @Test func `a call ends with the time for moving, not with that for calling off`() async throws {
        let world = world(size: 1 << 40)
        var writer = ForgetfulOperator(world.writer)
        let limits = Locked([Duration]())
        writer.onEnding = { limit in limits.withLock { $0.append(limit) } }
        let values: ValueMap = ["reassignment": try await moves(world)]
        let outcome = try await execute(
            world, values, world.bench(1), by: writer, timeout: .seconds(20),
            givesBack: { ["moves of orders-0 in flight (no)"] })
        guard case .unknown(let failure) = outcome.status else {
            Issue.record("\(outcome)")
            return
        }
        #expect(failure.message.hasSuffix("the others could not be called off"))
        let all = limits.withLock { $0 }
        #expect(!all.isEmpty && all.allSatisfy { $0 <= .seconds(10) }, "\(all)")
    }

    // MARK: Two hosts

    @Test func `two hosts that move at once count on one throttle, and each loan names all of it`() async throws {
        let world = world(size: 1 << 40)
        let plan = try await moves(world).listValue ?? []
        let bench = world.bench(1)
        // Held while the other one sets its own: what it finds is what the first one has set.
        var loans: [Value] = []
        for part in [plan[..<2], plan[2...]] {
            let values: ValueMap = ["reassignment": .list(Array(part)), "throttle": .bytes(ByteCount(1 << 20))]
            _ = try await execute(world, values, bench, by: world.writer, timeout: .seconds(4))
            loans = bench.records.filter { $0.fields["action"] == "kafka.restore_configs" }
                .map { $0.fields["places"] ?? .null }
        }
        #expect(loans.count == 2)
        let places = loans.map { Set($0.listValue?.compactMap(\.stringValue) ?? []) }
        #expect(places.allSatisfy { $0.contains("topic orders: \(Self.lists[0])") }, "\(places)")
        #expect(!places[0].isDisjoint(with: places[1]))
        // The newest first: all is as before both.
        for outcome in try await giveBack(world, bench) { #expect(outcome.failure == nil) }
        #expect(try await throttles(world).isEmpty)
        #expect(try await world.reader.listReassignments().isEmpty)
    }

    // MARK: Settings for a time

    @Test func `a setting for a time is put back, unless somebody else has changed it since`() async throws {
        let world = EmbeddedWorld()
        let own: ValueMap = ["resource": "topic", "name": "orders", "set": ["retention.ms": 7]]
        #expect(try await world.run("kafka.alter_configs", own).isChanged)
        let change: ValueMap = [
            "resource": "topic", "name": "orders", "set": ["retention.ms": 5, "segment.ms": 9], "temporary": true,
        ]
        let plan = try await world.plan("kafka.alter_configs", change)
        #expect(plan.changes.first == "retention.ms 7 → 5, until the run ends")
        let bench = world.bench(1)
        #expect(try await world.run("kafka.alter_configs", change, bench: bench).isChanged)
        #expect(bench.records.map(\.kind) == ["temporary"])
        #expect(bench.records.first?.fields["what"] == "retention.ms=5 on topic orders, segment.ms=9 on topic orders")
        func values() async throws -> [Value?] {
            let all = try await world.read("kafka.describe_configs", ["resource": "topic", "name": "orders"])["values"]
            return [all?["retention.ms"], all?["segment.ms"]]
        }
        #expect(try await values() == ["5", "9"])
        #expect(try await giveBack(world, bench).map(\.isChanged) == [true])
        #expect(try await values()[0] == "7")
        // Once more does nothing; after a suspension it is set again.
        #expect(try await giveBack(world, bench).map(\.isChanged) == [false])
        #expect(try await giveBack(world, bench, again: true).map(\.isChanged) == [true])
        #expect(try await values() == ["5", "9"])

        let foreign: ValueMap = ["resource": "topic", "name": "orders", "set": ["retention.ms": 6]]
        #expect(try await world.run("kafka.alter_configs", foreign).isChanged)
        let end = try #require(try await giveBack(world, bench).first)
        #expect(end.isChanged && end.failure == nil, "the other one is put back")
        #expect(
            end.result["taken"] == [
                "topic orders has retention.ms=6: neither what the run set (5) nor what it was (7); it is left as it is"
            ])
        #expect(try await values()[0] == "6")
        // What is gone needs nothing.
        #expect(try await world.run("kafka.delete_topics", ["topics": ["orders"]]).isChanged)
        #expect(try await giveBack(world, bench).map(\.isChanged) == [false])
    }

    @Test func `settings of several topics for a time are put back, each to its own`() async throws {
        let world = EmbeddedWorld(topics: [.init(name: "a", partitions: 1), .init(name: "b", partitions: 1)])
        _ = try await world.run("kafka.alter_configs", ["resource": "topic", "name": "b", "set": ["retention.ms": 7]])
        let changes: Value = [
            ["topic": "a", "set": ["retention.ms": 5]], ["topic": "b", "set": ["retention.ms": 5]],
        ]
        let bench = world.bench(1)
        let values: ValueMap = ["changes": changes, "temporary": true]
        #expect(try await world.run("kafka.alter_topic_configs", values, bench: bench).isChanged)
        #expect(try await giveBack(world, bench).map(\.isChanged) == [true, true])
        func own(_ topic: Value) async throws -> Value? {
            try await world.read("kafka.describe_configs", ["resource": "topic", "name": topic])["values"]?[
                "retention.ms"]
        }
        #expect(try await own("b") == "7")
        #expect(try await own("a") != "5")
    }

    @Test func `a secret is not set for a time`() async throws {
        let world = EmbeddedWorld()
        let values: ValueMap = [
            "resource": "broker_default", "set": ["ssl.key.password": .secret(Secret("x", origin: "env:X"))],
            "temporary": true,
        ]
        #expect(throws: StepFailure.self) { _ = try StepBench.make(world.catalog, "kafka.alter_configs", values) }
        let plain: ValueMap = ["resource": "broker_default", "set": ["ssl.key.password": "x"], "temporary": true]
        let bench = world.bench(1)
        await #expect(throws: StepFailure.self) { _ = try await world.run("kafka.alter_configs", plain, bench: bench) }
        #expect(bench.records.isEmpty)
    }

    // MARK: Throttles

    @Test func `a throttle is set on brokers and replicas, and what was there comes back`() async throws {
        let world = world()
        _ = try await world.run(
            "kafka.alter_configs", ["resource": "broker", "name": "2", "set": [.init(Self.rates[0]): 77]])
        _ = try await world.run(
            "kafka.alter_configs", ["resource": "topic", "name": "orders", "set": [.init(Self.lists[1]): "9:9"]])
        let before = try await throttles(world)
        let bench = world.bench(1)
        let values: ValueMap = ["rate": .bytes(ByteCount(1 << 20)), "topics": ["orders"]]
        #expect(try await world.plan("kafka.set_throttle", values).changes.count == 10)
        #expect(try await world.run("kafka.set_throttle", values, bench: bench).isChanged)
        let set = try await throttles(world)
        #expect(set.count == 10 && set["broker 2 \(Self.rates[0])"] == "1048576")
        let now = try await replicas(world)
        let first = (now[TopicPartition("orders", 0)] ?? []).sorted().map { "0:\($0)" }.joined(separator: ",")
        #expect(set["topic orders \(Self.lists[0])"]?.hasPrefix(first) == true, "\(set)")
        #expect(set["topic orders \(Self.lists[1])"]?.hasPrefix("9:9,\(first)") == true, "\(set)")
        #expect(try await world.plan("kafka.set_throttle", values).changesNothing)
        // Called again it changes the rate of what is under way.
        let faster: ValueMap = ["rate": .bytes(ByteCount(2 << 20)), "topics": ["orders"]]
        #expect(try await world.run("kafka.set_throttle", faster, bench: bench).result["set"]?.listValue?.count == 8)
        _ = try await giveBack(world, bench)
        #expect(try await throttles(world) == before)
    }

    @Test func `throttles are taken away on purpose only, and not below moves`() async throws {
        let world = world(size: 1 << 40)
        let values: ValueMap = [
            "rate": .bytes(ByteCount(1 << 20)), "partitions": [["topic": "orders", "partition": 1]], "temporary": false,
        ]
        let bench = world.bench(1)
        #expect(try await world.run("kafka.set_throttle", values, bench: bench).isChanged)
        #expect(bench.records.isEmpty)
        let now = try await replicas(world)[TopicPartition("orders", 0)] ?? []
        let other = [1, 2, 3, 4].first { !now.contains($0) } ?? 1
        _ = try await world.writer.alterReassignments([(TopicPartition("orders", 0), [now[0], other])])
        #expect(try await world.plan("kafka.clear_throttles").refusals.count == 1)
        await #expect(throws: StepFailure.self) { _ = try await world.run("kafka.clear_throttles") }
        #expect(try await world.run("kafka.cancel_reassignments", ["all": true]).isChanged)
        let cleared = try await world.run("kafka.clear_throttles")
        #expect(cleared.isChanged && cleared.result["removed"]?.listValue?.count == 10)
        #expect(try await throttles(world).isEmpty)
        let previous = try #require(cleared.result["previous"]?.mapValue)
        var again = previous
        again["again"] = true
        #expect(try await world.run("kafka.restore_configs", again).isChanged)
        #expect(try await throttles(world).count == 10)
    }

    // MARK: Moves

    @Test func `replicas are moved, a few at once and throttled, and the throttle goes`() async throws {
        let world = world()
        _ = try await world.run(
            "kafka.alter_configs", ["resource": "broker", "name": "3", "set": [.init(Self.rates[1]): 77]])
        let before = try await throttles(world)
        let plan = try await moves(world)
        let values: ValueMap = [
            "reassignment": ["version": 1, "partitions": plan], "throttle": .bytes(ByteCount(16 << 20)),
            "moves_per_broker": 1,
        ]
        let planned = try await world.plan("kafka.execute_reassignment", values)
        #expect(planned.changes.count == 4 && planned.changes[0].hasSuffix(", 64.0 MiB"), "\(planned.changes)")
        #expect(planned.notes.first == "it copies 256 MiB for 4 partitions", "\(planned.notes)")
        #expect(planned.notes.dropFirst().first?.hasPrefix("at 16.0 MiB a second it takes") == true)
        let verify: ValueMap = ["reassignment": .string(JSON.text(["partitions": plan]))]
        #expect(try await world.read("kafka.verify_reassignment", verify)["failed"]?.listValue?.count == 4)
        let bench = world.bench(1)
        let begin = world.time.monotonic
        let outcome = try await execute(world, values, bench)
        #expect(outcome.isChanged, "\(String(describing: outcome.failure))")
        #expect(world.time.monotonic - begin >= .seconds(4), "64 MiB at 16 MiB a second")
        #expect(outcome.result["throttles_restored"] == true && outcome.result["left"] == [])
        #expect(MovedBytes.of(outcome) >= 256 << 20)
        #expect(try await throttles(world) == before)
        let done = try await world.read("kafka.verify_reassignment", verify)
        #expect(done["passes"] == true && done["complete"]?.listValue?.count == 4, "\(done)")
        #expect(bench.records.filter { $0.kind == "temporary" }.count == 2)
        #expect(try await world.plan("kafka.execute_reassignment", values).changesNothing)
        #expect(try await world.run("kafka.execute_reassignment", values).isChanged == false)
    }

    @Test(arguments: [false, true])
    func `a signal and the end of its time call its own moves off, and give the throttle back`(isLate: Bool)
        async throws
    {
        let world = world(size: 1 << 40)
        let original = try await replicas(world)
        let values: ValueMap = ["reassignment": try await moves(world), "throttle": .bytes(ByteCount(1 << 20))]
        let bench = world.bench(1)
        let time = world.time
        let end = time.monotonic + .seconds(5)
        let outcome = try await execute(
            world, values, bench, timeout: isLate ? .seconds(20) : nil,
            stops: { !isLate && time.monotonic > end })
        if isLate {
            #expect(
                outcome.failure?.message.hasPrefix("it did not end within 20s: 0 of 4 partitions are moved") == true)
        } else if case .stopped(let reason) = outcome.status {
            #expect(reason == "0 of 4 partitions are moved, the others were called off")
        } else {
            Issue.record("\(outcome)")
        }
        #expect(try await replicas(world) == original)
        #expect(try await world.read("kafka.list_reassignments")["passes"] == true)
    }

    @Test func `what a killed runner left in flight is gone on with, and what it borrowed is given back`() async throws
    {
        let world = world(size: 1 << 40)
        let original = try await replicas(world)
        let values: ValueMap = ["reassignment": try await moves(world), "throttle": .bytes(ByteCount(4 << 20))]
        let bench = world.bench(1)
        let running = Task {
            let action = try StepBench.make(world.catalog, "kafka.execute_reassignment", values)
            return try await action.run(in: bench.step(cluster: world.reader, writer: world.writer))
        }
        try await Eventually.holds("moves are in flight") {
            try await world.reader.listReassignments().count == 4
        }
        running.cancel()
        _ = try? await running.value
        #expect(try await throttles(world).count == 10)
        let outcome = try await execute(world, values, bench, timeout: .seconds(10))
        #expect(outcome.failure?.message.hasPrefix("it did not end within 10s: 0 of 4") == true, "\(outcome)")
        #expect(bench.messages.contains { $0.hasPrefix("0 of 4 moved; moving orders-0") }, "\(bench.messages)")
        #expect(try await world.read("kafka.list_reassignments")["passes"] == true)
        #expect(try await replicas(world) == original)
        #expect(bench.records.filter { $0.kind == "temporary" }.count == 2, "nothing was borrowed twice")
    }

    @Test func `what somebody else moves is not touched, unless that is meant`() async throws {
        let world = world(size: 1 << 40)
        let now = try await replicas(world)
        let (partition, replicas) = try #require(now.min { $0.key < $1.key })
        let others = [1, 2, 3, 4].filter { !replicas.contains($0) }.map { Int32($0) }
        _ = try await world.writer.alterReassignments([(partition, [replicas[0], others[0]])])
        var values: ValueMap = [
            "reassignment": [
                [
                    "topic": "orders", "partition": .int(Int64(partition.partition)),
                    "replicas": [.int(Int64(replicas[0])), .int(Int64(others[1]))],
                ]
            ]
        ]
        let refusal = try await world.plan("kafka.execute_reassignment", values).refusals.first
        #expect(
            refusal?.message
                == "orders-0 is being moved to \(replicas[0]),\(others[0]) by somebody else",
            "\(refusal?.message ?? "")")
        await #expect(throws: StepFailure.self) { _ = try await world.run("kafka.execute_reassignment", values) }
        let state = try await world.read("kafka.verify_reassignment", ["reassignment": values["reassignment"] ?? .null])
        #expect(state["reasons"] == [.string("orders-0: it is being moved to \(replicas[0]),\(others[0])")])
        values["replace_moves"] = true
        #expect(try await world.plan("kafka.execute_reassignment", values).changes.count == 1)
        let bench = world.bench(1)
        #expect(try await execute(world, values, bench, timeout: .seconds(10)).failure != nil)
        #expect(bench.messages.contains("0 of 1 moved; moving orders-0"), "\(bench.messages)")
    }

    @Test func `moves are called off, those that were named alone`() async throws {
        let world = world(size: 1 << 40)
        let original = try await replicas(world)
        let plan = try await moves(world).listValue ?? []
        for item in plan {
            let target = item["replicas"]?.listValue?.compactMap { $0.intValue.map { Int32($0) } }
            _ = try await world.writer.alterReassignments([
                (TopicPartition("orders", Int32(item["partition"]?.intValue ?? 0)), target)
            ])
        }
        // To other replicas than these: not meant.
        var foreign = plan[1].mapValue ?? [:]
        foreign["replicas"] = [1]
        let some: ValueMap = ["partitions": [plan[0], .map(foreign)]]
        #expect(try await world.plan("kafka.cancel_reassignments", some).changes.count == 1)
        let outcome = try await world.run("kafka.cancel_reassignments", some)
        #expect(outcome.isChanged && outcome.result["cancelled"]?.listValue?.count == 1)
        #expect(
            outcome.result["cancelled"]?.listValue?.first?["replicas"]
                == .list((original[TopicPartition("orders", 0)] ?? []).map { .int(Int64($0)) }))
        #expect(try await world.reader.listReassignments().count == 3)
        #expect(try await world.run("kafka.cancel_reassignments", ["all": true]).isChanged)
        #expect(try await replicas(world) == original)
        #expect(try await world.run("kafka.cancel_reassignments", ["all": true]).isChanged == false)
    }

    @Test(arguments: [
        ("[]", "it names no partition"),
        ("{\"version\": 2, \"partitions\": []}", "its version is 2, and 1 is the only one that is known"),
        ("[{\"topic\": \"a\"}]", "an entry has no `topic` and `partition`: {\"topic\":\"a\"}"),
        (
            "[{\"topic\": \"a\", \"partition\": 0, \"replicas\": [1, 1]}]",
            "the replicas of a-0 are not a list of different broker ids"
        ),
        (
            "[{\"topic\": \"a\", \"partition\": 0, \"replicas\": [1]}, {\"topic\": \"a\", \"partition\": 0, \"replicas\": [2]}]",
            "a-0 stands there twice"
        ),
        ("nonsense", "it is neither a list, a map nor JSON"), ("{}", "it has no `partitions`"),
        (
            "[{\"topic\": \"a\", \"partition\": 0, \"replicas\": [1], \"log_dirs\": [\"/x\"]}]",
            "a-0 names log directories; only brokers are chosen here"
        ),
    ])
    func `a reassignment that cannot be used is refused when it is read`(text: String, reason: String) throws {
        let world = EmbeddedWorld()
        let failure = #expect(throws: StepFailure.self) {
            _ = try StepBench.make(world.catalog, "kafka.execute_reassignment", ["reassignment": .string(text)])
        }
        #expect(
            failure?.message.hasSuffix("the reassignment cannot be used: \(reason)") == true,
            "\(failure?.message ?? "")")
    }

    @Test func `brokers that are not there and partitions that are not there refuse`() async throws {
        let world = world()
        for (item, text) in [
            (["topic": "orders", "partition": 0, "replicas": [1, 9]] as Value, "broker 9 is not there, or is fenced"),
            (["topic": "nowhere", "partition": 0, "replicas": [1]], "there is no partition nowhere-0"),
        ] {
            let error = await #expect(throws: StepFailure.self) {
                _ = try await world.run("kafka.execute_reassignment", ["reassignment": [item]])
            }
            #expect(error?.message == text)
        }
    }
}

private enum MovedBytes {
    static func of(_ outcome: ActionOutcome) -> Int64 {
        if case .bytes(let bytes)? = outcome.result["moved_bytes"] { bytes.count } else { 0 }
    }
}
