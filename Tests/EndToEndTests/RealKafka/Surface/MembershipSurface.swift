import KafkaAdmin
import KafkaWire
import TestSupport
import Testing

/// Replicas moved, leaders elected, a voter that comes and goes, a broker that goes for good. Last: node 2 does not come back.
struct MembershipSurface {
    let world: SurfaceWorld

    private let moving = TopicPartition("moving", 0)
    private let nowhere = TopicPartition("nowhere", 0)

    func run() async throws {
        try await world.makeTopic("moving", leaders: [1])
        try await world.produce(["1", "2"], to: moving)
        try await moves()
        try await elects()
        try await votes()
        try await leaves()
    }

    private func moves() async throws {
        let (reader, writer) = (world.reader, world.writer)
        let answers = try await writer.alterReassignments([
            (moving, [2, 1]), (nowhere, [1]), (TopicPartition("orders", 0), [77]), (TopicPartition("orders", 1), nil),
            (TopicPartition("orders", 2), []),
        ])
        #expect(answers.map { code($0.result) } == [nil, 3, 39, 85, 39])
        try answers[0].result.get()
        try await world.eventually("the replicas are where they belong") {
            let found = try await reader.snapshot(topics: ["moving"], from: .any)
            guard let partition = found.partitions.first else { return false }
            let pending = try await reader.listReassignments()
            return pending.isEmpty && Array(found.replicas(of: partition)) == [2, 1]
                && found.inSync(of: partition).count == 2
        }
    }

    private func elects() async throws {
        let (reader, writer) = (world.reader, world.writer)
        let elected = try await writer.electLeaders(.preferred, [moving, nowhere, TopicPartition("orders", 0)])
        #expect(elected.map(\.item.topic) == ["moving", "nowhere", "orders"])
        _ = try elected[0].result.get()
        #expect(code(elected[1].result) == 3)
        #expect(try elected[2].result.get() == false)
        try await world.eventually("the preferred replica leads") {
            try await reader.snapshot(topics: ["moving"], from: .node(1)).partitions.first?.leader == 2
        }
        // Of leaders the controller decides, which has told the brokers.
        #expect(try await writer.electLeaders(.preferred, [moving]).first?.result.get() == false)
        // Nobody is needed where there is a leader.
        #expect(try await writer.electLeaders(.unclean, [moving]).first?.result.get() == false)
    }

    private func votes() async throws {
        let (reader, writer) = (world.reader, world.writer)
        let (candidate, leader) = try await Eventually.found("node 2 is seen to watch") {
            let quorum = try await reader.describeQuorum()
            guard let candidate = quorum.observers.first(where: { $0.id == 2 })?.directoryID,
                let leader = quorum.voters.first?.directoryID
            else { return (KafkaUUID, KafkaUUID)?.none }
            return (candidate, leader)
        }
        func voter(_ id: Int32, _ directory: KafkaUUID, _ port: String) -> RaftVoter {
            RaftVoter(
                id: id, directoryID: directory,
                listeners: [
                    .init(name: "CONTROLLER", host: "127.0.0.1", port: UInt16(world.broker.ports[port] ?? 1))
                ])
        }
        let again = await #expect(throws: KafkaError.self) {
            try await writer.addVoter(voter(1, leader, "CONTROLLER"))
        }
        #expect(again?.serverCodeNumber == 126, "\(String(describing: again))")
        let unknown = await #expect(throws: KafkaError.self) {
            try await writer.removeVoter(voter(77, KafkaUUID(high: 7, low: 7), "CONTROLLER"))
        }
        #expect(unknown?.serverCodeNumber == 127, "\(String(describing: unknown))")
        try await writer.addVoter(voter(2, candidate, "CONTROLLER-2"))
        try await world.eventually("node 2 is a voter") {
            try await reader.describeQuorum().voters.map(\.id).sorted() == [1, 2]
        }
        try await world.eventually("both controllers are registered", is: [1, 2]) {
            try await reader.describeControllers().map(\.id)
        }
        try await writer.removeVoter(voter(2, candidate, "CONTROLLER-2"))
        try await world.eventually("node 2 is no voter any more") {
            try await reader.describeQuorum().voters.map(\.id) == [1]
        }
    }

    private func leaves() async throws {
        let (reader, writer) = (world.reader, world.writer)
        await #expect(throws: KafkaError(.server(.brokerIdNotRegistered), "")) { try await writer.unregisterBroker(77) }
        await world.broker.stopCompanion()
        try await world.eventually("broker 2 is fenced") {
            let brokers = try await reader.describeCluster(includeFenced: true, from: .node(1)).brokers
            // Before 4.0 a fenced broker is not listed.
            return brokers.map(\.id) == (world.isAtLeast(4, 0) ? [1, 2] : [1]) && brokers.last?.isFenced != false
        }
        // A move to a broker that is down stays in flight until it is cancelled.
        let stuck = TopicPartition("orders", 0)
        for item in try await writer.alterReassignments([(stuck, [1, 2])]) { try item.result.get() }
        try await world.eventually("the move is in flight") {
            try await reader.listReassignments()
                == [Reassignment(partition: stuck, replicas: [1, 2], adding: [2], removing: [])]
        }
        for item in try await writer.alterReassignments([(stuck, nil)]) { try item.result.get() }
        try await world.eventually("nothing moves") { try await reader.listReassignments().isEmpty }
        // Led by the broker that is gone: no answer is better than a guess.
        try await world.eventually("orders-1 has no leader", is: Int16(5)) {
            let unled = TopicPartition("orders", 1)
            return code(try await reader.listOffsets([unled], timestamp: -1, readCommitted: false).first?.result)
        }
        let refused = try await writer.electLeaders(.preferred, [moving])
        #expect(code(refused.first?.result) == 80)
        try await writer.unregisterBroker(2)
        try await world.eventually("broker 2 is no member any more") {
            let brokers = try await reader.describeCluster(includeFenced: true, from: .node(1)).brokers
            return brokers.map(\.id) == [1]
        }
    }
}
