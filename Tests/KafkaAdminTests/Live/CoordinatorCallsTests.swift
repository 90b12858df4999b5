import EventLoop
import KafkaWire
import Testing

@testable import KafkaAdmin

@Suite struct CoordinatorCallsTests {
    /// DeleteGroups by a coordinator: a code for each group.
    private static func deleted(_ sent: FakeSender.Sent, _ code: KafkaErrorCode) -> FakeSender.Reply {
        let ids = (sent.request as? DeleteGroupsRequest)?.groupsNames ?? []
        return .init(DeleteGroupsResponse(results: ids.map { .init(groupId: $0, errorCode: code) }))
    }

    @Test func `a group whose coordinator has moved is looked up again and asked there`() async throws {
        let sender = FakeSender { sent, number throws(KafkaError) in
            if sent.api == .findCoordinator { return FakeSender.coordinator(Int32(number), of: sent) }
            return Self.deleted(sent, number == 1 ? .notCoordinator : .none)
        }
        let found = try await sender.writer().deleteGroups(["g"])
        #expect(found.map { $0.result.failure } == [nil])
        #expect(sender.sent(.deleteGroups).map(\.target) == [.once(1), .once(2)])
    }

    @Test(arguments: [KafkaError.Code.unreachable, .timedOut, .unknownNode])
    func `a coordinator that cannot be reached is looked up again, in a write as well`(code: KafkaError.Code)
        async throws
    {
        let sender = FakeSender { sent, number throws(KafkaError) in
            if sent.api == .findCoordinator { return FakeSender.coordinator(Int32(number), of: sent) }
            if number <= 2 { throw KafkaError(code, "gone") }
            return Self.deleted(sent, .none)
        }
        let found = try await sender.writer().deleteGroups(["g"])
        #expect(found.map { $0.result.failure } == [nil])
        #expect(sender.sent(.deleteGroups).map(\.target) == [.once(1), .once(2), .once(3)])
    }

    @Test(arguments: [
        (KafkaErrorCode.notCoordinator, KafkaError.Code.unknownOutcome),
        (.coordinatorNotAvailable, .unknownOutcome), (.coordinatorLoadInProgress, .server(.groupIdNotFound)),
    ])
    func `a repeat that finds it done says so only if the first attempt did nothing for certain`(
        first: KafkaErrorCode, expected: KafkaError.Code
    ) async throws {
        let sender = FakeSender { sent, number throws(KafkaError) in
            if sent.api == .findCoordinator { return FakeSender.coordinator(1, of: sent) }
            return Self.deleted(sent, number == 1 ? first : .groupIdNotFound)
        }
        let found = try await sender.writer().deleteGroups(["g"])
        #expect(found.map { $0.result.failure?.code } == [expected])
    }

    @Test func `a write whose coordinators all deny it is an unknown outcome in the end`() async throws {
        let time = SkippingTimeSource()
        let sender = FakeSender { sent, _ throws(KafkaError) in
            if sent.api == .findCoordinator { return FakeSender.coordinator(1, of: sent) }
            return Self.deleted(sent, .notCoordinator)
        }
        let found = try await sender.writer(time).deleteGroups(["g"])
        #expect(found.map { $0.result.failure?.code } == [.unknownOutcome])
        #expect(time.monotonic <= .seconds(60))
    }

    @Test func `a coordinator that is never found leaves no doubt that nothing was sent`() async throws {
        let sender = FakeSender { sent, _ throws(KafkaError) in
            let keys = (sent.request as? FindCoordinatorRequest)?.coordinatorKeys ?? []
            return .init(
                FindCoordinatorResponse(
                    coordinators: keys.map { .init(key: $0, nodeId: -1, errorCode: .coordinatorNotAvailable) }))
        }
        let found = try await sender.writer().deleteGroups(["g"])
        #expect(found.map { $0.result.failure?.code } == [.server(.coordinatorNotAvailable)])
        #expect(sender.sent(.deleteGroups).isEmpty)
    }

    @Test func `a write without an answer is not sent again`() async throws {
        let sender = FakeSender { sent, _ throws(KafkaError) in
            if sent.api == .findCoordinator { return FakeSender.coordinator(1, of: sent) }
            throw KafkaError(.unknownOutcome, "lost")
        }
        let found = try await sender.writer().deleteGroups(["g"])
        #expect(found.map { $0.result.failure?.code } == [.unknownOutcome])
        #expect(sender.sent(.deleteGroups).count == 1)
    }

    @Test func `each group has its own result, the answers of several coordinators and a missing one included`()
        async throws
    {
        let sender = FakeSender { sent, _ throws(KafkaError) in
            if sent.api == .findCoordinator {
                let keys = (sent.request as? FindCoordinatorRequest)?.coordinatorKeys ?? []
                return .init(
                    FindCoordinatorResponse(coordinators: keys.map { .init(key: $0, nodeId: $0 == "a" ? 1 : 2) }))
            }
            let ids = (sent.request as? DeleteGroupsRequest)?.groupsNames ?? []
            return .init(
                DeleteGroupsResponse(
                    results: ids.filter { $0 != "c" }.flatMap { id -> [DeleteGroupsResponse.Result] in
                        // The first of two answers counts.
                        [.init(groupId: id, errorCode: id == "b" ? .nonEmptyGroup : .none), .init(groupId: id)]
                    }))
        }
        let found = try await sender.writer().deleteGroups(["c", "a", "b", "a"])
        #expect(found.map(\.item) == ["c", "a", "b", "a"])
        #expect(
            found.map { $0.result.failure?.code } == [.unknownOutcome, nil, .server(.nonEmptyGroup), nil])
        #expect(Set(sender.requests(DeleteGroupsRequest.self).map(\.groupsNames)) == [["a"], ["b", "c"]])
    }

    @Test func `all that one call sends shares one deadline`() async throws {
        let time = SkippingTimeSource()
        let sender = FakeSender { sent, _ throws(KafkaError) in
            if sent.api == .findCoordinator { return FakeSender.coordinator(1, of: sent) }
            time.pass(.seconds(25))
            throw KafkaError(.timedOut, "silent")
        }
        let found = try await sender.reader(time).committedOffsets([GroupOffsetQuery(group: "g")], stable: false)
        #expect(found.map { $0.result.failure?.code } == [.timedOut])
        #expect(time.monotonic < .seconds(80) && sender.sent(.offsetFetch).count == 3)
        let limits = sender.sent(.offsetFetch).compactMap(\.limit)
        #expect(limits.count == 3 && limits.allSatisfy { $0 <= .seconds(60) } && (limits.last ?? .zero) < .seconds(11))
    }

    @Test func `a commit that says two things of one partition is refused before anything is sent`() async throws {
        let sender = FakeSender { sent, _ throws(KafkaError) in FakeSender.coordinator(1, of: sent) }
        let partition = TopicPartition("t", 0)
        await #expect(throws: KafkaError(.configuration, "")) {
            try await sender.writer().commitOffsets(
                [(partition, CommittedOffset(offset: 1)), (partition, CommittedOffset(offset: 2))], of: "g")
        }
        await #expect(throws: KafkaError(.configuration, "")) {
            try await sender.writer().alterShareGroupOffsets([(partition, 1), (partition, 2)], of: "g")
        }
        #expect(sender.sent(.findCoordinator).isEmpty)
    }

    @Test func `members that are gone when a removal is repeated may have been removed by it`() async throws {
        let sender = FakeSender { sent, number throws(KafkaError) in
            if sent.api == .findCoordinator { return FakeSender.coordinator(1, of: sent) }
            if number == 1 { return .init(LeaveGroupResponse(errorCode: .notCoordinator)) }
            return .init(LeaveGroupResponse(members: [.init(memberId: "m", errorCode: .unknownMemberId)]))
        }
        let found = try await sender.writer().removeMembers([.member(id: "m")], of: "g", reason: nil)
        #expect(found.map { $0.result.failure?.code } == [.unknownOutcome])
    }
}
