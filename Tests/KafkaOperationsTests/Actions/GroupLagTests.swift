import EventLoop
import KafkaAdmin
import KafkaOperations
import RunEngine
import TestSupport
import Testing
import Values

/// How far groups are behind, in records and in time, on the embedded cluster.
@Suite struct GroupLagTests {
    private static let group = "payments"

    /// Committed offsets of `orders`, by partition.
    private func world(commits: [Int64]) async throws -> EmbeddedWorld {
        let world = EmbeddedWorld()
        let offsets = commits.enumerated().map {
            (TopicPartition("orders", Int32($0.offset)), CommittedOffset(offset: $0.element))
        }
        for answer in try await world.writer.commitOffsets(offsets, of: Self.group) { try answer.result.get() }
        return world
    }

    private func read(
        _ world: EmbeddedWorld, _ values: ValueMap, _ change: (inout LyingReader) -> Void = { _ in }
    ) async throws -> ValueMap {
        var reader = LyingReader(world.reader)
        change(&reader)
        let action = try StepBench.make(world.catalog, "kafka.describe_groups", values)
        return try await action.read(in: world.bench(1).reading(cluster: reader)).result
    }

    @Test func `a partition without a commit has no lag, and is counted`() async throws {
        let world = try await world(commits: [0])
        let found = try await read(world, ["groups": ["payments"], "partitions": true]) { reader in
            reader.group = { group in
                var group = group
                group.type = .streams
                group.subtopologies = [.init(id: "0", sourceTopics: ["orders"])]
                group.members = [
                    GroupMember(
                        id: "m", clientID: "words", clientHost: "/10.0.0.7", assignment: nil,
                        tasks: [
                            .init(kind: .active, subtopology: "0", partition: 0),
                            .init(kind: .active, subtopology: "0", partition: 3),
                            .init(kind: .standby, subtopology: "0", partition: 4),
                        ])
                ]
                return group
            }
        }
        let group = try #require(found["groups"]?.listValue?.first)
        let partitions = group["partitions"]?.listValue ?? []
        #expect(partitions.map { $0["partition"] } == [0, 3])
        #expect(partitions.map { $0["offset"] } == [0, .null] && partitions.last?["lag"] == .null)
        #expect(group["without_commit"] == 1 && group["lag_total"] == partitions.first?["lag"])
        #expect(found["topics"] == ["orders"])
    }

    @Test func `a group that is not there is named with its nearest, or the step fails`() async throws {
        let world = try await world(commits: [0])
        let missing: ValueMap = ["groups": ["paymnets", "pay*"], "must_exist": false]
        let found = try await world.read("kafka.describe_groups", missing)
        #expect(found["missing"] == ["paymnets"] && found["nearest"] == ["payments"])
        #expect(found["groups"]?.listValue?.count == 1)
        let error = await #expect(throws: StepFailure.self) {
            _ = try await world.read("kafka.describe_groups", ["groups": ["paymnets", "pay*"]])
        }
        #expect(error?.message == "there is no group paymnets" && error?.nextAction == "did you mean 'payments'?")
    }

    @Test(arguments: [("kafka.describe_topics", "topics"), ("kafka.list_offsets", "offsets")])
    func `a name beside a pattern must exist as well`(action: String, field: String) async throws {
        let world = EmbeddedWorld()
        #expect(try await world.read(action, ["topics": ["orders", "or*"]])[field]?.listValue?.isEmpty == false)
        let error = await #expect(throws: StepFailure.self) {
            _ = try await world.read(action, ["topics": ["ordres", "or*"]])
        }
        #expect(error?.message == "there is no topic ordres")
    }

    @Test func `the lag's growth is told over a time`() async throws {
        let world = try await world(commits: [0, 0, 0, 0, 0, 0])
        let plain = try await world.read("kafka.describe_groups")
        #expect(plain["lag_rate"] == .null && plain["max_age"] == .null)
        let found = try await world.read("kafka.describe_groups", ["over": .duration(.seconds(2))])
        guard case .float(let rate)? = found["lag_rate"] else {
            Issue.record("no rate")
            return
        }
        // Nobody reads, so that it cannot shrink.
        #expect(rate >= 0)
    }

    @Test func `shifting says where nothing is committed`() async throws {
        let world = try await world(commits: [0, 0])
        let values: ValueMap = ["group": "payments", "topics": ["orders"], "to": "shift", "shift": 0]
        #expect(try await world.plan("kafka.reset_group_offsets", values).refusals.count == 4)
        let outcome = try await world.run("kafka.reset_group_offsets", values)
        #expect(outcome.failure?.details.count == 4)
        #expect(
            outcome.failure?.details.first == "orders-2: nothing is committed there, from which to shift")
        let far: ValueMap = ["group": "payments", "to": "shift", "shift": .int(.min), "rewind": true]
        #expect(try await world.run("kafka.reset_group_offsets", far).failure?.details.count == 2)
    }

    /// A log of records by their timestamps, the first of them at an offset.
    private struct Log: Sendable {
        var start: Int64
        var timestamps: [Int64]

        /// As a broker answers: the first record of that time or later.
        func offset(at time: Int64) -> (offset: Int64, timestamp: Int64) {
            if time == -1 { return (start + Int64(timestamps.count), -1) }
            if time == -2 { return (start, -1) }
            guard let index = timestamps.firstIndex(where: { $0 >= time }) else { return (-1, -1) }
            return (start + Int64(index), timestamps[index])
        }
    }

    @Test(arguments: 0..<40)
    func `the oldest unread record is found by asking for times`(seed: Int) async throws {
        var random = SplitMix(state: UInt64(seed) &* 7919 &+ 1)
        let now: Int64 = 1_750_000_000_000
        let spreads: [Int64] = [2_000, 600_000, 86_400_000, 2_592_000_000]
        let spread = UInt64(spreads[seed % spreads.count])
        var logs: [TopicPartition: Log] = [:]
        var commits: [(TopicPartition, Int64)] = []
        var oldest: Int64?
        for number in 0..<6 {
            let partition = TopicPartition("orders", Int32(number))
            let count = Int(random.next() % 50) + 1
            var ages: [Int64] = []
            for _ in 0..<count { ages.append(Int64(random.next() % spread)) }
            let log = Log(start: Int64(random.next() % 1000), timestamps: ages.map { now - $0 }.sorted())
            logs[partition] = log
            // Before its beginning, where retention has taken the rest, up to its end.
            let place = max(0, log.start - 5) + Int64(random.next() % UInt64(count + 6))
            commits.append((partition, min(place, log.start + Int64(count))))
            let index = max(0, commits[number].1 - log.start)
            if Int(index) < count { oldest = min(oldest ?? .max, log.timestamps[Int(index)]) }
        }
        let world = EmbeddedWorld()
        for answer in try await world.writer.commitOffsets(
            commits.map { ($0.0, CommittedOffset(offset: $0.1)) }, of: Self.group)
        { try answer.result.get() }
        let asked = Locked(0)
        let told = logs
        var reader = LyingReader(world.reader)
        reader.offset = { partition, time in
            asked.withLock { $0 += 1 }
            return told[partition]?.offset(at: time)
        }
        reader.lags = { partition, committed in
            told[partition].map {
                PartitionLag(partition: partition, committed: committed, end: $0.offset(at: -1).offset)
            }
        }
        let action = try StepBench.make(world.catalog, "kafka.describe_groups", ["age": true])
        let time = ManualTimeSource(sinceEpoch: .milliseconds(now))
        let bench = StepBench(host: StepBench.localhost, inventory: world.inventory, time: time)
        let found = try await action.read(in: bench.reading(cluster: reader)).result
        guard case .duration(let age)? = found["max_age"] else {
            Issue.record("no age")
            return
        }
        let truth = oldest.map { now - $0 } ?? 0
        let tolerance = max(1000, truth / 50)
        #expect(age.milliseconds >= truth && age.milliseconds - truth <= tolerance, "\(age.milliseconds) of \(truth)")
        #expect(found["slowest"] == (oldest == nil ? .null : "payments"))
        // The first look, and never more than the bound of it, of six partitions each.
        #expect(asked.withLock { $0 } <= 6 * 40)
    }
}

private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
