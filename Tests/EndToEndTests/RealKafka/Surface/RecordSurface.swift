import KafkaAdmin
import KafkaWire
import TestSupport
import Testing

/// Partitions added, records deleted.
struct RecordSurface {
    let world: SurfaceWorld

    func run() async throws {
        try await partitions()
        try await records()
        try await appended()
    }

    /// As checkpoints of audit logs are kept in a topic: the last record of a log counts, in all replicas.
    private func appended() async throws {
        let heads = NewTopic(
            name: "heads", partitions: 1, replicationFactor: Int16(world.nodes.count),
            configs: [("cleanup.policy", "compact"), ("min.insync.replicas", "\(world.nodes.count)")])
        for made in try await world.writer.createTopics([heads], validateOnly: false) { try made.result.get() }
        for node in world.nodes {
            try await world.eventually("broker \(node) knows heads", is: world.nodes.count) {
                let view = try await world.reader.snapshot(topics: ["heads"], from: .node(node))
                return view.partitions.first?.inSync.count
            }
        }
        let kept = LiveFencedTopic("heads", sender: world.client, limit: .seconds(60))
        for (log, line) in [("a", "first"), ("b", "other"), ("a", "second")] {
            try await world.writer.append(Array(line.utf8), key: Array(log.utf8), to: "heads")
            #expect(try await kept.value(of: log) == Array(line.utf8))
        }
        #expect(try await kept.value(of: "b") == Array("other".utf8))
        await #expect(throws: KafkaError.self) { try await world.writer.append([1], key: nil, to: "nowhere") }
    }

    private func partitions() async throws {
        let (reader, writer) = (world.reader, world.writer)
        let four = NewPartitions(topic: "orders", count: 4, assignments: [[2]])
        let missing = NewPartitions(topic: "nowhere", count: 4)
        let looked = try await writer.createPartitions([four], validateOnly: true)
        try looked[0].result.get()
        let made = try await writer.createPartitions([four, missing], validateOnly: false)
        #expect(made.map(\.item) == ["orders", "nowhere"])
        try made[0].result.get()
        #expect(code(made[1].result) == 3)
        for node in world.nodes {
            try await world.eventually("there are four partitions for broker \(node)", is: Int32(2)) {
                let view = try await reader.snapshot(topics: ["orders"], from: .node(node))
                return view.partitions.first { $0.index == 3 }?.leader
            }
        }
        try await world.eventually("the new partition has its leader's log", is: Int64(0)) {
            let added = TopicPartition("orders", 3)
            return try await reader.listOffsets([added], timestamp: -1, readCommitted: false)[0].result.get().offset
        }
        #expect(code(try await writer.createPartitions([four], validateOnly: false).first?.result) == 37)
    }

    private func records() async throws {
        let (reader, writer) = (world.reader, world.writer)
        let orders = (0..<4).map { TopicPartition("orders", Int32($0)) }
        let bounds: [(partition: TopicPartition, before: Int64)] = [
            (orders[0], 5), (orders[1], -1), (orders[2], 1_000_000), (TopicPartition("nowhere", 0), 1),
        ]
        let deleted = try await writer.deleteRecords(bounds)
        #expect(deleted.map(\.item) == bounds.map(\.partition))
        #expect(try deleted[0].result.get() == 5)
        #expect(try deleted[1].result.get() == 100)
        #expect(deleted[2...].map { code($0.result) } == [1, 3])
        let starts = try await reader.listOffsets(orders, timestamp: -2, readCommitted: false)
        #expect(try starts.map { try $0.result.get().offset } == [5, 100, 0, 0])
        let last = try await reader.listOffsets([orders[2]], timestamp: -3, readCommitted: false)
        #expect(try last[0].result.get().timestamp > 0)
        let none = try await reader.listOffsets([orders[2]], timestamp: .max, readCommitted: false)
        #expect(try none[0].result.get().offset == -1)
        await #expect(throws: KafkaError(.configuration, "")) {
            try await writer.deleteRecords([(orders[0], 5), (orders[0], 6)])
        }
    }
}
