import KafkaAdmin
import KafkaWire
import TestSupport
import Testing
import Values

extension ClientSurfaceTests {
    func changesPartitions(_ world: World) async throws {
        let (reader, writer) = (world.reader, world.writer)
        let four = NewPartitions(topic: "orders", count: 4)
        let missing = NewPartitions(topic: "nowhere", count: 4)
        let looked = try await writer.createPartitions([four], validateOnly: true)
        try looked[0].result.get()
        let made = try await writer.createPartitions([four, missing], validateOnly: false)
        try made[0].result.get()
        #expect(code(made[1].result) == 3)
        try await world.eventually("there are four partitions") {
            try await reader.snapshot(topics: ["orders"], from: .any).topics.first?.partitionCount == 4
        }
        #expect(code(try await writer.createPartitions([four], validateOnly: false).first?.result) == 37)

        let ends = try await reader.listOffsets(world.orders, timestamp: -1, readCommitted: false)
        let full = try #require(try ends.first { try $0.result.get().offset >= 5 }).item
        let other = try #require(world.orders.first { $0 != full })
        let bounds = [(full, Int64(5)), (other, 1_000_000), (TopicPartition("nowhere", 0), 1)]
        let deleted = try await writer.deleteRecords(bounds.map { (partition: $0.0, before: $0.1) })
        #expect(try deleted[0].result.get() == 5)
        #expect(code(deleted[1].result) == 1)
        #expect(code(deleted[2].result) == 3)
        let start = try await reader.listOffsets([full], timestamp: -2, readCommitted: false)
        #expect(try start[0].result.get().offset == 5)
    }

    func movesReplicas(_ world: World) async throws {
        let (reader, writer) = (world.reader, world.writer)
        let first = world.orders[0]
        func directory() async throws -> String? {
            let answer = try await reader.describeLogDirs(brokers: [2]).first?.result.get() ?? []
            return answer.first { $0.replicas.contains { $0.partition == first && !$0.isFuture } }?.path
        }
        let paths = try await reader.describeLogDirs(brokers: [2])[0].result.get().map(\.path)
        let now = try #require(try await directory())
        let other = try #require(paths.first { $0 != now })
        let moved = try await writer.alterReplicaDirectories([
            ReplicaPlacement(broker: 2, partition: first, path: other),
            ReplicaPlacement(broker: 2, partition: world.orders[1], path: "/no/such/directory"),
            ReplicaPlacement(broker: 77, partition: first, path: other),
        ])
        try moved[0].result.get()
        #expect(code(moved[1].result) == 57)
        #expect(throws: KafkaError(.unknownNode, "")) { try moved[2].result.get() }
        try await world.eventually("the replica is in the other directory") { try await directory() == other }
    }

    func transacts(_ world: World) async throws {
        let (reader, writer) = (world.reader, world.writer)
        #expect(code(try await reader.describeTransactions(["unheard"]).first?.result) == 105)
        let unknown = try await reader.describeProducers([TopicPartition("nowhere", 0)])
        #expect(code(unknown.first?.result) == 3)

        let config = try world.cluster.scratch.write(
            "bootstrap.servers=\(world.bootstrap)\ntransaction.timeout.ms=600000\n", to: "transactions.properties")
        var open: [HangingTransaction] = []
        try await world.with(
            "kafka-producer-perf-test.sh",
            [
                "--topic", "orders", "--num-records", "100000", "--record-size", "10", "--throughput", "20",
                "--producer.config", config, "--transactional-id", "shop", "--transaction-duration-ms", "300000",
            ]
        ) { _ in
            try await world.eventually("a transaction is open") {
                let found = try await reader.describeProducers(world.orders)
                open = try found.flatMap { answer in
                    try answer.result.get().filter { $0.transactionStart != nil }
                        .map { HangingTransaction(partition: answer.item, producer: $0) }
                }
                return !open.isEmpty
            }
        }
        // The producer is gone and its transaction is open.
        let listed = try await reader.listTransactions(TransactionQuery(states: ["Ongoing"]))
        #expect(try listed.flatMap { try $0.result.get() }.map(\.id) == ["shop"])
        let none = try await reader.listTransactions(TransactionQuery(producerIDs: [987_654]))
        #expect(try none.allSatisfy { try $0.result.get().isEmpty })
        let shop = try #require(try await reader.describeTransactions(["shop"]).first).result.get()
        #expect(shop.state == "Ongoing" && shop.timeoutMilliseconds == 600_000)
        let first = try #require(open.first)
        #expect(shop.partitions.contains(first.partition) && shop.producerID == first.producer.producerID)

        // Its coordinator knows it: it does not hang.
        let hanging = try await reader.findHangingTransactions(in: world.orders, olderThan: 0, now: .max)
        #expect(try hanging.allSatisfy { try $0.result.get().isEmpty })

        var stale = first
        stale.producer.producerEpoch -= 1
        if stale.producer.producerEpoch >= 0 {
            await #expect(throws: KafkaError(.server(.invalidProducerEpoch), "")) {
                try await writer.abortTransaction(stale)
            }
        }
        stale.producer.producerEpoch = 40_000
        await #expect(throws: KafkaError(.configuration, "")) { try await writer.abortTransaction(stale) }
        for partition in shop.partitions {
            try await writer.abortTransaction(HangingTransaction(partition: partition, producer: first.producer))
        }
        let after = try await reader.describeProducers(world.orders)
        #expect(try after.allSatisfy { try $0.result.get().allSatisfy { $0.transactionStart == nil } })
    }

    /// Last: it costs the cluster a broker.
    func losesABroker(_ world: World) async throws {
        let (reader, writer) = (world.reader, world.writer)
        await #expect(throws: KafkaError(.server(.brokerIdNotRegistered), "")) { try await writer.unregisterBroker(77) }
        await #expect(throws: KafkaError.self) {
            try await writer.addVoter(
                RaftVoter(
                    id: 77, directoryID: KafkaUUID(high: 7, low: 7),
                    listeners: [.init(name: "CONTROLLER", host: "127.0.0.1", port: 1)]))
        }
        await #expect(throws: KafkaError.self) {
            try await writer.removeVoter(RaftVoter(id: 77, directoryID: KafkaUUID(high: 7, low: 7)))
        }
        try await world.cluster.stop(3)
        try await world.eventually("broker 3 is fenced") {
            let brokers = try await reader.describeCluster(includeFenced: true, from: .node(1)).brokers
            guard let third = brokers.first(where: { $0.id == 3 }) else { return true }
            return third.isFenced == true
        }
        try await writer.unregisterBroker(3)
        try await world.eventually("broker 3 is no member any more") {
            let brokers = try await reader.describeCluster(includeFenced: true, from: .node(1)).brokers
            return brokers.map(\.id) == [1, 2]
        }
    }
}
