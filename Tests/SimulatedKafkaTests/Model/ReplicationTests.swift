import KafkaWire
import Testing
import Values

@testable import SimulatedKafka

/// How replicas that were away come back, and how moved ones are filled.
struct ReplicationTests {
    /// Ten partitions with 1 MiB/s into each, on every broker; 20 MiB/s to catch up.
    private func busy(_ change: (inout SimulatedClusterConfiguration) -> Void = { _ in }) throws -> Asker {
        let topic = SimulatedClusterConfiguration.Topic(
            name: "orders", partitions: 10, replicationFactor: 3, minInsyncReplicas: 2,
            bytesPerPartition: ByteCount(1 << 30), ingest: ByteCount(10 << 20))
        return Asker(
            try .three(topics: [topic]) { configuration in
                configuration.catchUp = ByteCount(20 << 20)
                configuration.hasInternalTopics = false
                configuration.leaderRebalanceInterval = nil
                change(&configuration)
            })
    }

    private func inSync(_ asker: inout Asker, _ broker: Int32) throws -> Int {
        try asker.partitions(of: "orders").count { $0.isrNodes.contains(broker) }
    }

    /// What a broker's replicas lack of the leaders' logs, in bytes.
    private func gaps(_ asker: inout Asker, of broker: Int32) throws -> [Int64] {
        func sizes(on node: Int32) throws -> [Int64] {
            try asker.ask(DescribeLogDirsRequest(topics: nil), version: 4, on: node).results[0].topics
                .flatMap(\.partitions).map(\.partitionSize)
        }
        return try zip(sizes(on: 1), sizes(on: broker)).map { $0 - $1 }
    }

    @Test("A restarted replica joins the ISR partition by partition, at the cluster's rate")
    func catchesUp() throws {
        var asker = try busy()
        try asker.model.stop(3, controlled: true)
        asker.advance(by: .seconds(30))
        try asker.model.start(3)
        asker.advance(by: .seconds(3))
        #expect(try inSync(&asker, 3) == 0)
        // 33 s of 1 MiB/s are missing in each; the first takes 33.5 MiB / (20 - 1) MiB/s and the gaps of the others grow.
        #expect(try gaps(&asker, of: 3).allSatisfy { $0 >= 33 << 20 })
        var seen: [Int] = []
        for _ in 0..<60 {
            asker.advance(by: .seconds(1))
            seen.append(try inSync(&asker, 3))
        }
        #expect(seen == seen.sorted())
        #expect(Set(seen).count >= 10, "it grew one by one: \(seen)")
        #expect(seen.last == 10)
        let done = try #require(seen.firstIndex(of: 10)) + 1
        #expect((20...40).contains(done), "it took \(done) s")
        #expect(try gaps(&asker, of: 3).allSatisfy { $0 == 0 })
    }

    @Test("A slow broker takes so many times longer")
    func slowRecovery() throws {
        var asker = try busy { $0.faults = [ScriptedFault(.slowRecovery(3, factor: 10))] }
        try asker.model.stop(3, controlled: true)
        asker.advance(by: .seconds(30))
        try asker.model.start(3)
        asker.advance(by: .seconds(60))
        #expect(try inSync(&asker, 3) < 5)
    }

    @Test("While the ISR is too small nothing is written, so nothing is missing")
    func minInsyncStopsWrites() throws {
        var asker = try busy()
        try asker.model.stop(3, controlled: true)
        try asker.model.stop(2, controlled: true)
        asker.advance(by: .seconds(3))
        let request = ListOffsetsRequest(
            replicaId: -1, topics: [.init(name: "orders", partitions: [.init(partitionIndex: 0, timestamp: -1)])])
        let first = try asker.ask(request, version: 6).topics[0].partitions[0]
        asker.advance(by: .seconds(60))
        let second = try asker.ask(request, version: 6).topics[0].partitions[0]
        #expect(first.errorCode == .none)
        #expect(first.offset == second.offset)
    }

    @Test("A killed leader takes nothing, although it is listed until its session ends")
    func deadLeaderTakesNothing() throws {
        var asker = try busy()
        let partition = try #require(try asker.partitions(of: "orders").first { $0.leaderId == 3 })
        func end() throws -> Int64 {
            try #require(asker.model.log(PartitionKey("orders", Int(partition.partitionIndex)))).end(
                at: asker.model.now)
        }
        asker.advance(by: .seconds(1))
        asker.model.kill(3)
        let before = try end()
        asker.advance(by: .seconds(8))
        #expect(try asker.partitions(of: "orders")[Int(partition.partitionIndex)].leaderId == 3)
        #expect(try end() == before)
        asker.advance(by: .seconds(3))
        #expect(try end() > before)
    }

    @Test("A reassignment copies the partition, then lets the old replica go")
    func reassignment() throws {
        let topic = SimulatedClusterConfiguration.Topic(
            name: "orders", partitions: 1, replicationFactor: 2, bytesPerPartition: ByteCount(100 << 20),
            ingest: ByteCount(0))
        var asker = Asker(
            try .three(topics: [topic]) {
                $0.catchUp = ByteCount(10 << 20)
                $0.hasInternalTopics = false
            })
        let old = try asker.partitions(of: "orders")[0].replicaNodes
        let spare = try #require([1, 2, 3].first { !old.contains($0) })
        let target = [spare, old[0]]
        let answer = try asker.ask(
            AlterPartitionReassignmentsRequest(
                topics: [.init(name: "orders", partitions: [.init(partitionIndex: 0, replicas: target)])]), version: 0)
        #expect(answer.responses[0].partitions[0].errorCode == .none)
        let running = try asker.ask(ListPartitionReassignmentsRequest(topics: nil), version: 0).topics[0].partitions[0]
        #expect(running.replicas == target + [old[1]])
        #expect(running.addingReplicas == [spare])
        #expect(running.removingReplicas == [old[1]])
        asker.advance(by: .seconds(5))
        #expect(!(try asker.ask(ListPartitionReassignmentsRequest(topics: nil), version: 0).topics.isEmpty))
        let copied = try asker.ask(DescribeLogDirsRequest(topics: nil), version: 4, on: spare).results[0].topics[0]
            .partitions[0]
        #expect(copied.partitionSize > 40 << 20 && copied.partitionSize < 50 << 20)
        asker.advance(by: .seconds(6))
        #expect(try asker.ask(ListPartitionReassignmentsRequest(topics: nil), version: 0).topics.isEmpty)
        let after = try asker.partitions(of: "orders")[0]
        #expect(after.replicaNodes == target)
        #expect(Set(after.isrNodes) == Set(target))
        #expect(
            asker.model.ledger.entries.contains {
                $0.effect == .reassignmentFinished(PartitionKey("orders", 0), replicas: target)
            })
    }

    @Test("Null calls a reassignment off")
    func cancel() throws {
        var asker = try busy()
        let before = try asker.partitions(of: "orders")[0]
        func alter(_ replicas: [Int32]?) throws -> KafkaErrorCode {
            try asker.ask(
                AlterPartitionReassignmentsRequest(
                    topics: [.init(name: "orders", partitions: [.init(partitionIndex: 0, replicas: replicas)])]),
                version: 0
            ).responses[0].partitions[0].errorCode
        }
        #expect(try alter(nil) == .noReassignmentInProgress)
        // Dropping a replica needs no copy and is done at once.
        #expect(try alter(Array(before.replicaNodes.dropLast())) == .none)
        #expect(try asker.partitions(of: "orders")[0].replicaNodes == Array(before.replicaNodes.dropLast()))
        #expect(try alter(before.replicaNodes) == .none)
        #expect(try asker.ask(ListPartitionReassignmentsRequest(topics: nil), version: 0).topics.count == 1)
        #expect(try alter(nil) == .none)
        #expect(try asker.partitions(of: "orders")[0].replicaNodes == Array(before.replicaNodes.dropLast()))
    }

    @Test("A replication throttle slows the followers that it names")
    func throttle() throws {
        var asker = try busy()
        func set(_ type: Int8, _ name: String, _ key: String, _ value: String, on node: Int32) throws {
            let answer = try asker.ask(
                IncrementalAlterConfigsRequest(
                    resources: [
                        .init(resourceType: type, resourceName: name, configs: [.init(name: key, value: value)])
                    ]), version: 1, on: node)
            #expect(answer.responses[0].errorCode == .none)
        }
        try set(2, "orders", "follower.replication.throttled.replicas", "*", on: 1)
        try set(4, "3", "follower.replication.throttled.rate", "2000000", on: 3)
        try asker.model.stop(3, controlled: true)
        asker.advance(by: .seconds(30))
        try asker.model.start(3)
        asker.advance(by: .seconds(30))
        #expect(try inSync(&asker, 3) == 0)
    }

    @Test("A preferred leader comes back on request, or at the next balance")
    func preferredLeaders() throws {
        var asker = Asker(try .three())
        try asker.model.stop(3, controlled: true)
        asker.advance(by: .seconds(3))
        try asker.model.start(3)
        asker.advance(by: .seconds(6))
        #expect(try asker.partitions(of: "orders").allSatisfy { $0.leaderId != 3 })
        let request = ElectLeadersRequest(
            electionType: 0, topicPartitions: [.init(topic: "orders", partitions: [0, 1, 2])])
        let answer = try asker.ask(request, version: 2).replicaElectionResults[0].partitionResult
        #expect(Set(answer.map(\.errorCode)) == [.none, .electionNotNeeded])
        asker.advance(by: .seconds(300))
        #expect(try asker.partitions(of: "orders").allSatisfy { $0.leaderId == $0.replicaNodes[0] })
    }
}
