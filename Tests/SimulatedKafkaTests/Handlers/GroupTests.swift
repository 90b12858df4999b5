import KafkaWire
import Testing
import Values

@testable import SimulatedKafka

/// Groups of the model: rebalances of several members, sessions, the consumer protocol.
struct GroupTests {
    /// A member on a connection of its own.
    private struct Member {
        var session = ClientSession()
        var id = ""
        var generation: Int32 = -1

        mutating func ask<Request: KafkaRequest>(
            _ request: Request, version: Int16, _ model: inout ClusterModel
        ) throws -> Request.Response? {
            let node = try #require(model.coordinator(of: "g", in: ClusterModel.offsetsTopic, model.image))
            let frame = try RequestFrame.encode(request, version: version, correlationId: 1, clientId: "c")
            let outcome = model.handle(Array(frame.dropFirst(4)), on: node, listener: .broker, session: &session)
            guard case .answer(let bytes) = outcome else { return nil }
            return try ResponseFrame.decode(Request.Response.self, version: version, from: Array(bytes.dropFirst(4)))
                .body
        }

        /// Nil while the others are waited for.
        mutating func join(_ model: inout ClusterModel, instance: String? = nil) throws -> JoinGroupResponse? {
            let request = JoinGroupRequest(
                groupId: "g", sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 60_000, memberId: id,
                groupInstanceId: instance, protocolType: "consumer", protocols: [.init(name: "range", metadata: [1])])
            guard let answer = try ask(request, version: 9, &model) else { return nil }
            if !answer.memberId.isEmpty { id = answer.memberId }
            if answer.errorCode == .none { generation = answer.generationId }
            return answer
        }

        mutating func sync(_ model: inout ClusterModel, _ parts: [String: UInt8] = [:]) throws -> SyncGroupResponse? {
            try ask(
                SyncGroupRequest(
                    groupId: "g", generationId: generation, memberId: id, protocolType: "consumer",
                    protocolName: "range",
                    assignments: parts.map { .init(memberId: $0.key, assignment: [$0.value]) }), version: 5, &model)
        }

        mutating func beat(_ model: inout ClusterModel) throws -> KafkaErrorCode? {
            try ask(HeartbeatRequest(groupId: "g", generationId: generation, memberId: id), version: 4, &model)?
                .errorCode
        }
    }

    private func model(_ delay: Duration = .zero) throws -> ClusterModel {
        Asker(try .three("4.3.1") { $0.initialRebalanceDelay = delay }).model
    }

    @Test("Two members join, the leader assigns, both are told")
    func twoMembers() throws {
        var model = try model()
        var first = Member()
        var second = Member()
        #expect(try first.join(&model)?.errorCode == .memberIdRequired)
        #expect(try first.join(&model)?.leader == first.id)
        #expect(try first.sync(&model, [first.id: 1])?.assignment == [1])
        #expect(try second.join(&model)?.errorCode == .memberIdRequired)
        // The second one's joining makes the first one join again.
        #expect(try second.join(&model) == nil)
        #expect(try first.beat(&model) == .rebalanceInProgress)
        let again = try #require(try first.join(&model))
        #expect(again.generationId == 2)
        #expect(Set(again.members.map(\.memberId)) == [first.id, second.id])
        let joined = try #require(try second.join(&model))
        #expect(joined.leader == first.id)
        #expect(joined.members.isEmpty)
        #expect(try second.sync(&model) == nil)
        #expect(try first.sync(&model, [first.id: 5, second.id: 6])?.assignment == [5])
        #expect(try second.sync(&model)?.assignment == [6])
        #expect(model.groups["g"]?.phase == .stable)
        #expect(model.ledger.entries.contains { $0.effect == .groupRebalanced("g", generation: 2, members: 2) })
    }

    @Test("A member that is not heard is removed, and the others rebalance")
    func sessionEnds() throws {
        var model = try model()
        var first = Member()
        _ = try first.join(&model)
        _ = try first.join(&model)
        _ = try first.sync(&model, [first.id: 1])
        for _ in 0..<5 {
            model.advance(to: model.now + .seconds(8))
            #expect(try first.beat(&model) == KafkaErrorCode.none)
        }
        model.advance(to: model.now + .seconds(11))
        #expect(try first.beat(&model) == .unknownMemberId)
        #expect(model.groups["g"]?.phase == .empty)
    }

    @Test("An empty group waits for more members before the first rebalance")
    func gathers() throws {
        var model = try model(.seconds(3))
        var first = Member()
        var second = Member()
        _ = try first.join(&model)
        _ = try second.join(&model)
        #expect(try first.join(&model) == nil)
        #expect(try second.join(&model) == nil)
        model.advance(to: model.now + .seconds(3))
        #expect(try first.join(&model)?.members.count == 2)
        #expect(try second.join(&model)?.generationId == 1)
    }

    @Test("A static member that comes again keeps its assignment and fences the one before")
    func staticMember() throws {
        var model = try model()
        var first = Member()
        #expect(try first.join(&model, instance: "i")?.errorCode == KafkaErrorCode.none)
        _ = try first.sync(&model, [first.id: 9])
        var again = Member()
        let answer = try #require(try again.join(&model, instance: "i"))
        #expect(answer.generationId == 1)
        #expect(answer.skipAssignment)
        #expect(try again.sync(&model)?.assignment == [9])
        let fenced = try first.ask(
            HeartbeatRequest(groupId: "g", generationId: 1, memberId: first.id, groupInstanceId: "i"), version: 4,
            &model)
        #expect(fenced?.errorCode == .fencedInstanceId)
    }

    @Test("The coordinator of the new protocol takes partitions from one member before it gives them to another")
    func consumerProtocol() throws {
        var model = try model()
        var connection = Member()
        let id = try #require(model.image.topics["orders"]?.id)
        func beat(
            _ member: String, _ epoch: Int32, topics: [String]? = nil, owned: [Int32]? = nil
        ) throws -> ConsumerGroupHeartbeatResponse {
            let request = ConsumerGroupHeartbeatRequest(
                groupId: "g", memberId: member, memberEpoch: epoch, rebalanceTimeoutMs: 60_000,
                subscribedTopicNames: topics,
                topicPartitions: owned.map { $0.isEmpty ? [] : [.init(topicId: id, partitions: $0)] })
            return try #require(try connection.ask(request, version: 1, &model))
        }
        let first = try beat("a", 0, topics: ["orders"], owned: [])
        #expect(first.assignment?.topicPartitions.first?.partitions == [0, 1, 2, 3, 4, 5])
        let second = try beat("b", 0, topics: ["orders"], owned: [])
        #expect(second.assignment?.topicPartitions.isEmpty == true)
        let revoked = try beat("a", first.memberEpoch)
        let kept = try #require(revoked.assignment?.topicPartitions.first?.partitions)
        #expect(kept.count == 3)
        #expect(try beat("b", second.memberEpoch).assignment == nil)
        let moved = try beat("a", revoked.memberEpoch, owned: kept)
        #expect(moved.memberEpoch == second.memberEpoch)
        let given = try beat("b", second.memberEpoch)
        #expect(Set(given.assignment?.topicPartitions.first?.partitions ?? []).union(kept) == Set(0..<6))
        #expect(model.groups["g"]?.stateName == "Stable")
        model.advance(to: model.now + .seconds(46))
        #expect(model.groups["g"]?.stateName == "Empty")
    }

    @Test(
        "Java's hash of a group's id, whatever its sign, names the partition",
        arguments: [("workers", 3), ("g", 3), ("", 0)])
    func hash(key: String, expected: Int) {
        #expect(ClusterModel.partition(of: key, in: 50) < 50)
        #expect(ClusterModel.partition(of: key, in: 1) == 0)
        if key.isEmpty { #expect(ClusterModel.partition(of: key, in: 50) == expected) }
    }
}
