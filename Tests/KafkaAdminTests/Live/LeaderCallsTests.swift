import EventLoop
import KafkaWire
import Testing

@testable import KafkaAdmin

@Suite struct LeaderCallsTests {
    private static let first = TopicPartition("t", 0)
    private static let second = TopicPartition("t", 1)

    /// ListOffsets: the offset is the leader's id.
    private static func offsets(
        _ sent: FakeSender.Sent, _ code: (TopicPartition) -> KafkaErrorCode = { _ in .none }
    ) -> FakeSender.Reply {
        guard case .once(let leader) = sent.target else { return .init(ListOffsetsResponse()) }
        let topics = (sent.request as? ListOffsetsRequest)?.topics ?? []
        return .init(
            ListOffsetsResponse(
                topics: topics.map { topic in
                    .init(
                        name: topic.name,
                        partitions: topic.partitions.map {
                            .init(
                                partitionIndex: $0.partitionIndex,
                                errorCode: code(TopicPartition(topic.name, $0.partitionIndex)), offset: Int64(leader))
                        })
                }))
    }

    @Test func `partitions are asked of their leaders, each once, and keep their order`() async throws {
        let sender = FakeSender { sent, _ throws(KafkaError) in
            sent.api == .metadata ? FakeSender.metadata([Self.first: 3, Self.second: 4]) : Self.offsets(sent)
        }
        let found = try await sender.reader().listOffsets(
            [Self.second, Self.first, Self.second], timestamp: -1, readCommitted: false)
        #expect(try found.map { try $0.result.get().offset } == [4, 3, 4])
        #expect(sender.sent(.listOffsets).count == 2)
    }

    @Test(arguments: [KafkaErrorCode.notLeaderOrFollower, .kafkaStorageError, .fencedLeaderEpoch])
    func `a partition whose leader has moved is asked there, and the others not again`(code: KafkaErrorCode)
        async throws
    {
        let sender = FakeSender { sent, number throws(KafkaError) in
            if sent.api == .metadata { return FakeSender.metadata([Self.first: number == 1 ? 1 : 2, Self.second: 1]) }
            return Self.offsets(sent) { $0 == Self.first && number == 1 ? code : .none }
        }
        let found = try await sender.reader().listOffsets(
            [Self.first, Self.second], timestamp: -1, readCommitted: false)
        #expect(try found.map { try $0.result.get().offset } == [2, 1])
        #expect(sender.sent(.listOffsets).map(\.target) == [.once(1), .once(2)])
    }

    @Test(arguments: [KafkaError.Code.unreachable, .timedOut, .unknownNode])
    func `a leader that does not answer is looked up again`(code: KafkaError.Code) async throws {
        let sender = FakeSender { sent, number throws(KafkaError) in
            if sent.api == .metadata { return FakeSender.metadata([Self.first: number <= 3 ? 1 : 2]) }
            if sent.target == .once(1) { throw KafkaError(code, "gone") }
            return Self.offsets(sent)
        }
        let found = try await sender.reader().listOffsets([Self.first], timestamp: -1, readCommitted: false)
        #expect(try found.map { try $0.result.get().offset } == [2])
    }

    @Test func `offsets of a topic that does not exist are not waited for`() async throws {
        let time = SkippingTimeSource()
        let sender = FakeSender { sent, _ throws(KafkaError) in
            sent.api == .metadata ? FakeSender.metadata([Self.first: 1], unknown: ["gone"]) : Self.offsets(sent)
        }
        let found = try await sender.reader(time).listOffsets(
            [Self.first, TopicPartition("gone", 0), TopicPartition("t", 9)], timestamp: -1, readCommitted: false)
        let unknown = KafkaError.Code.server(.unknownTopicOrPartition)
        #expect(found.map { $0.result.failure?.code } == [nil, unknown, unknown])
        #expect(sender.sent(.metadata).count == 1 && time.slept.isEmpty)
    }

    @Test func `a partition without a leader is waited for as long as an election takes`() async throws {
        let time = SkippingTimeSource()
        let sender = FakeSender { _, _ throws(KafkaError) in FakeSender.metadata([Self.first: -1]) }
        let found = try await sender.reader(time).listOffsets([Self.first], timestamp: -1, readCommitted: false)
        #expect(found.map { $0.result.failure?.code } == [.server(.leaderNotAvailable)])
        #expect(time.monotonic > .seconds(3) && time.monotonic < .seconds(8))
    }

    @Test func `a leader that never answers ends the call at its deadline`() async throws {
        let time = SkippingTimeSource()
        let sender = FakeSender { sent, _ throws(KafkaError) in
            if sent.api == .metadata { return FakeSender.metadata([Self.first: 1]) }
            time.pass(min(.seconds(30), sent.limit ?? .seconds(999)))
            throw KafkaError(.timedOut, "silent")
        }
        let found = try await sender.reader(time).listOffsets([Self.first], timestamp: -1, readCommitted: false)
        #expect(found.map { $0.result.failure?.code } == [.timedOut] && time.monotonic <= .seconds(61))
    }

    @Test func `an answer without the partition is an error of that partition`() async throws {
        let sender = FakeSender { sent, _ throws(KafkaError) in
            sent.api == .metadata
                ? FakeSender.metadata([Self.first: 1])
                : .init(
                    sent.api == .listOffsets
                        ? ListOffsetsResponse() as any KafkaResponse : DeleteRecordsResponse())
        }
        let read = try await sender.reader().listOffsets([Self.first], timestamp: -1, readCommitted: false)
        #expect(read.map { $0.result.failure?.code } == [.noResult])
        let written = try await sender.writer().deleteRecords([(Self.first, 5)])
        #expect(written.map { $0.result.failure?.code } == [.unknownOutcome])
        #expect(sender.sent(.deleteRecords).count == 1)
    }

    @Test func `a deletion that was denied may have been done, and a later refusal says nothing`() async throws {
        let sender = FakeSender { sent, number throws(KafkaError) in
            if sent.api == .metadata { return FakeSender.metadata([Self.first: Int32(number)]) }
            let code: KafkaErrorCode = number == 1 ? .notLeaderOrFollower : .offsetOutOfRange
            return .init(
                DeleteRecordsResponse(topics: [
                    .init(name: "t", partitions: [.init(partitionIndex: 0, errorCode: code)])
                ]))
        }
        let found = try await sender.writer().deleteRecords([(Self.first, 5)])
        #expect(found.map { $0.result.failure?.code } == [.unknownOutcome])
        #expect(sender.sent(.deleteRecords).map(\.target) == [.once(1), .once(2)])
    }
}
