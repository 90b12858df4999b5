import EventLoop
import KafkaWire
import Testing

@testable import KafkaAdmin

@Suite struct GroupLagTests {
    private static let group = "g"
    private static let a0 = TopicPartition("a", 0)
    private static let a1 = TopicPartition("a", 1)
    private static let b0 = TopicPartition("b", 0)
    private static let leaders = [a0: Int32(1), a1: 2, b0: 1]

    /// What the group has committed: an offset, or a code.
    private static func commits(
        _ offsets: [(TopicPartition, Int64)], codes: [TopicPartition: KafkaErrorCode] = [:],
        group code: KafkaErrorCode = .none
    ) -> FakeSender.Reply {
        let topics = offsets.map { partition, offset in
            OffsetFetchResponse.GroupTopic(
                name: partition.topic,
                partitions: [
                    .init(
                        partitionIndex: partition.partition, committedOffset: offset,
                        errorCode: codes[partition] ?? .none)
                ])
        }
        return .init(OffsetFetchResponse(groups: [.init(groupId: group, topics: topics, errorCode: code)]))
    }

    /// The end of each partition that is asked for: a hundred times its number, and the leader's id.
    private static func ends(
        _ sent: FakeSender.Sent, without missing: Set<TopicPartition> = [], reversed: Bool = false,
        _ code: (TopicPartition) -> KafkaErrorCode = { _ in .none }
    ) -> FakeSender.Reply {
        guard case .once(let leader) = sent.target else { return .init(ListOffsetsResponse()) }
        let topics = ((sent.request as? ListOffsetsRequest)?.topics ?? []).map { topic in
            ListOffsetsResponse.Topic(
                name: topic.name,
                partitions: topic.partitions.compactMap {
                    let partition = TopicPartition(topic.name, $0.partitionIndex)
                    guard !missing.contains(partition) else { return nil }
                    return .init(
                        partitionIndex: $0.partitionIndex, errorCode: code(partition),
                        offset: Int64($0.partitionIndex) * 100 + Int64(leader))
                })
        }
        return .init(ListOffsetsResponse(topics: reversed ? topics.reversed() : topics))
    }

    /// Answers as a healthy cluster; a test says what is different.
    private static func sender(
        commits: FakeSender.Reply = commits([(b0, 1), (a1, 50), (a0, 0)]),
        leaders: [TopicPartition: Int32] = leaders, unknown: [String] = [],
        _ different: @escaping @Sendable (FakeSender.Sent, Int) throws(KafkaError) -> FakeSender.Reply? = { _, _ in nil
        }
    ) -> FakeSender {
        FakeSender { sent, number throws(KafkaError) in
            if let reply = try different(sent, number) { return reply }
            return switch sent.api {
            case .findCoordinator: FakeSender.coordinator(7, of: sent)
            case .offsetFetch: commits
            case .metadata: FakeSender.metadata(leaders, unknown: unknown)
            default: ends(sent)
            }
        }
    }

    private func lag(
        _ sender: FakeSender, _ partitions: [TopicPartition] = [], time: any TimeSource = SkippingTimeSource()
    ) async throws -> [ItemResult<TopicPartition, PartitionLag>] {
        try await sender.reader(time).groupLag(Self.group, partitions: partitions, readCommitted: false)
    }

    @Test(arguments: [false, true])
    func `lags come in order, each from the leader of its partition, in whatever order it answers`(reversed: Bool)
        async throws
    {
        let sender = Self.sender { sent, _ in sent.api == .listOffsets ? Self.ends(sent, reversed: reversed) : nil }
        let found = try await lag(sender)
        #expect(found.map(\.item) == [Self.a0, Self.a1, Self.b0])
        #expect(try found.map { try $0.result.get().end } == [1, 102, 1])
        #expect(try found.map { try $0.result.get().committed } == [0, 50, 1])
        #expect(try found.map { try $0.result.get().lag } == [1, 52, 0])
        #expect(sender.sent(.listOffsets).count == 2 && sender.sent(.offsetFetch).map(\.target) == [.once(7)])
        let topics = sender.requests(ListOffsetsRequest.self).flatMap(\.topics)
        #expect(topics.flatMap(\.partitions).allSatisfy { $0.timestamp == -1 })
    }

    @Test func `partitions without a commit have an end and no lag`() async throws {
        let sender = Self.sender(commits: Self.commits([(Self.a0, 0), (Self.a1, -1)]))
        let found = try await lag(sender, [Self.b0, Self.a0, Self.b0])
        #expect(found.map(\.item) == [Self.a0, Self.a1, Self.b0])
        #expect(try found.map { try $0.result.get().committed } == [0, nil, nil])
        #expect(try found.map { try $0.result.get().end } == [1, 102, 1])
    }

    @Test func `of a group that stands nowhere nobody is asked for ends`() async throws {
        let sender = Self.sender(commits: Self.commits([]))
        #expect(try await lag(sender).isEmpty)
        #expect(sender.sent(.metadata).isEmpty && sender.sent(.listOffsets).isEmpty)
    }

    @Test func `of a partition that is answered twice the first word counts`() async throws {
        let sender = Self.sender(commits: Self.commits([(Self.a0, 1), (Self.b0, 1), (Self.a0, 0)])) { sent, _ in
            guard sent.api == .listOffsets else { return nil }
            let partitions = [9, 8].map {
                ListOffsetsResponse.Partition(partitionIndex: 0, offset: $0)
            }
            return .init(
                ListOffsetsResponse(topics: ["a", "b", "c"].map { .init(name: $0, partitions: partitions) }))
        }
        let found = try await lag(sender)
        #expect(found.map(\.item) == [Self.a0, Self.b0])
        #expect(try found.map { try $0.result.get().lag } == [8, 8])
    }

    @Test(arguments: [KafkaErrorCode.notLeaderOrFollower, .kafkaStorageError, .offsetNotAvailable])
    func `a partition whose leader has moved is asked there, and the others not again`(code: KafkaErrorCode)
        async throws
    {
        let sender = Self.sender { sent, number in
            switch sent.api {
            case .metadata where number > 1: FakeSender.metadata([Self.a1: 3])
            case .listOffsets: Self.ends(sent) { $0 == Self.a1 && sent.target == .once(2) ? code : .none }
            default: nil
            }
        }
        let found = try await lag(sender)
        #expect(try found.map { try $0.result.get().end } == [1, 103, 1])
        #expect(Set(sender.sent(.listOffsets).map(\.target)) == [.once(1), .once(2), .once(3)])
        #expect(sender.sent(.listOffsets).count == 3 && sender.sent(.metadata).count == 2)
    }

    @Test(arguments: [KafkaError.Code.unreachable, .timedOut, .unknownNode])
    func `a leader that does not answer is looked up again`(code: KafkaError.Code) async throws {
        let sender = Self.sender { sent, number throws(KafkaError) in
            if sent.api == .metadata, number > 1 { return FakeSender.metadata([Self.a1: 3]) }
            if sent.target == .once(2) { throw KafkaError(code, "gone") }
            return nil
        }
        #expect(try await lag(sender).map { try $0.result.get().end } == [1, 103, 1])
    }

    @Test func `what cannot be said of a partition is said of it alone`() async throws {
        let gone = TopicPartition("gone", 0)
        let beyond = TopicPartition("b", 5)
        let sender = Self.sender(
            commits: Self.commits(
                [(Self.a0, 0), (Self.a1, 1), (Self.b0, 0), (beyond, 3), (gone, 4)],
                codes: [Self.a1: .topicAuthorizationFailed]),
            unknown: ["gone"]
        ) { sent, _ in sent.api == .listOffsets ? Self.ends(sent, without: [Self.b0]) : nil }
        let found = try await lag(sender)
        #expect(found.map(\.item) == [Self.a0, Self.a1, Self.b0, beyond, gone])
        #expect(
            found.map { $0.result.failure?.code } == [
                nil, .notAuthorized(.topicAuthorizationFailed), .noResult, .server(.unknownTopicOrPartition),
                .server(.unknownTopicOrPartition),
            ])
        // What does not exist is not waited for.
        #expect(sender.sent(.metadata).count == 1)
    }

    @Test func `where there is no metadata every partition says so`() async throws {
        let sender = Self.sender { sent, _ throws(KafkaError) in
            if sent.api == .metadata { throw KafkaError(.malformed, "garbage") }
            return nil
        }
        #expect(try await lag(sender).map { $0.result.failure?.code } == [.malformed, .malformed, .malformed])
    }

    @Test func `a coordinator that has moved is looked up again, and what it refuses is the answer`() async throws {
        let moved = Self.sender { sent, number in
            switch sent.api {
            case .findCoordinator: FakeSender.coordinator(Int32(number), of: sent)
            case .offsetFetch where number == 1: Self.commits([], group: .notCoordinator)
            default: nil
            }
        }
        #expect(try await lag(moved).count == 3)
        #expect(moved.sent(.offsetFetch).map(\.target) == [.once(1), .once(2)])
        let refused = Self.sender(commits: Self.commits([], group: .groupAuthorizationFailed))
        await #expect(throws: KafkaError(.notAuthorized(.groupAuthorizationFailed), "")) { try await lag(refused) }
        let strange = Self.sender(commits: .init(OffsetFetchResponse(groups: [.init(groupId: "other")])))
        await #expect(throws: KafkaError(.noResult, "")) { try await lag(strange) }
    }

    @Test func `a broker before 3·0 is asked for the one group`() async throws {
        let sender = Self.sender { sent, _ throws(KafkaError) in
            guard let request = sent.request as? OffsetFetchRequest else { return nil }
            guard request.groups.isEmpty else { throw KafkaError(.unsupportedVersion, "old") }
            return .init(
                OffsetFetchResponse(topics: [
                    .init(name: "b", partitions: [.init(partitionIndex: 0, committedOffset: 1)]),
                    .init(name: "a", partitions: [.init(partitionIndex: 1, committedOffset: 2)]),
                ]))
        }
        let found = try await lag(sender)
        #expect(found.map(\.item) == [Self.a1, Self.b0])
        #expect(try found.map { try $0.result.get().lag } == [100, 0])
    }

    @Test func `a commit that a transaction is about to make is waited for`() async throws {
        let time = SkippingTimeSource()
        let sender = Self.sender { sent, number in
            sent.api == .offsetFetch
                ? Self.commits([(Self.a0, 0)], codes: number < 4 ? [Self.a0: .unstableOffsetCommit] : [:]) : nil
        }
        #expect(try await lag(sender, time: time).map { try $0.result.get().lag } == [1])
        #expect(!time.slept.isEmpty)
    }

    @Test func `as many partitions as there are come back, each with its own end`() async throws {
        var leaders: [TopicPartition: Int32] = [:]
        var committed: [(TopicPartition, Int64)] = []
        for topic in 0..<30 {
            for partition in 0..<Int32(20) {
                leaders[TopicPartition("t-\(topic)", partition)] = (Int32(topic) + partition) % 7 + 1
                committed.append((TopicPartition("t-\(topic)", partition), Int64(partition)))
            }
        }
        let found = try await lag(Self.sender(commits: Self.commits(committed), leaders: leaders))
        #expect(found.map(\.item) == leaders.keys.sorted())
        for answer in found {
            let end = Int64(answer.item.partition) * 100 + Int64(leaders[answer.item] ?? -1)
            #expect(try answer.result.get().end == end)
        }
    }
}
