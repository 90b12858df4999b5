import EventLoop
import KafkaWire
import Testing

@testable import KafkaAdmin

@Suite struct TopicLookTests {
    private typealias Page = DescribeTopicPartitionsResponse

    private static func page(_ name: String, _ partition: Int32, next: Page.Cursor?) -> FakeSender.Reply {
        .init(
            Page(
                topics: [
                    .init(
                        name: name,
                        partitions: [.init(partitionIndex: partition, eligibleLeaderReplicas: [partition])])
                ], nextCursor: next))
    }

    @Test func `pages are followed, and a topic that may not be seen is an error of its own`() async throws {
        let sender = FakeSender { sent, number throws(KafkaError) in
            if number == 1 { return Self.page("a", 0, next: .init(topicName: "a", partitionIndex: 1)) }
            return .init(
                Page(topics: [
                    .init(name: "a", partitions: [.init(partitionIndex: 1)]),
                    .init(errorCode: .topicAuthorizationFailed, name: "b"),
                ]))
        }
        let found = try #require(try await sender.reader().eligibleLeaderReplicas(topics: ["c", "b", "a"]))
        #expect(found.map(\.item) == ["c", "b", "a"])
        #expect(
            found.map { $0.result.failure?.code } == [.noResult, .notAuthorized(.topicAuthorizationFailed), nil])
        #expect(try found[2].result.get() == [0: [0], 1: []])
    }

    @Test(arguments: [("a", Int32(3)), ("a", 2), ("z", 0), ("A", 9)])
    func `a cursor that stands still, goes back or leads elsewhere ends with an error`(
        topic: String, partition: Int32
    ) async throws {
        let sender = FakeSender { _, number throws(KafkaError) in
            Self.page(
                "a", 0,
                next: .init(topicName: number == 1 ? "a" : topic, partitionIndex: number == 1 ? 3 : partition))
        }
        await #expect(throws: KafkaError(.malformed, "")) {
            try await sender.reader().eligibleLeaderReplicas(topics: ["a", "b"])
        }
        #expect(sender.sent(.describeTopicPartitions).count == 2)
    }

    @Test func `a cursor that creeps ends with the time of the call`() async throws {
        let time = SkippingTimeSource()
        let sender = FakeSender { _, number throws(KafkaError) in
            time.pass(.seconds(1))
            return Self.page("a", Int32(number), next: .init(topicName: "a", partitionIndex: Int32(number + 1)))
        }
        await #expect(throws: KafkaError(.timedOut, "")) {
            try await sender.reader(time).eligibleLeaderReplicas(topics: ["a"])
        }
        #expect(sender.sent(.describeTopicPartitions).count <= 60)
    }

    @Test func `a broker without the API has none to show`() async throws {
        let sender = FakeSender { _, _ throws(KafkaError) in throw KafkaError(.unsupportedVersion, "old") }
        #expect(try await sender.reader().eligibleLeaderReplicas(topics: ["a"]) == nil)
    }

    @Test func `configs are asked of the brokers that know them, and one that is silent fails alone`() async throws {
        let sender = FakeSender { sent, _ throws(KafkaError) in
            guard let request = sent.request as? DescribeConfigsRequest, sent.target != .node(2) else {
                throw KafkaError(.unreachable, "gone")
            }
            return .init(
                DescribeConfigsResponse(
                    results: request.resources.filter { $0.resourceName != "lost" }.map {
                        .init(
                            errorCode: $0.resourceName == "gone" ? .unknownTopicOrPartition : .none,
                            resourceType: $0.resourceType, resourceName: $0.resourceName)
                    }))
        }
        let resources: [ConfigResource] = [
            .broker(2), .topic("t"), .topic("gone"), .topic("lost"), .broker(1), .topic("t"),
        ]
        let found = try await sender.reader().describeConfigs(resources, keys: nil)
        #expect(found.map(\.item) == resources)
        #expect(
            found.map { $0.result.failure?.code } == [
                .unreachable, nil, .server(.unknownTopicOrPartition), .noResult, nil, nil,
            ])
        #expect(Set(sender.sent(.describeConfigs).map(\.target)) == [.any, .node(1), .node(2)])
    }

    @Test func `every broker is asked for its groups, and one that loads them is waited for`() async throws {
        let time = SkippingTimeSource()
        let sender = FakeSender { sent, number throws(KafkaError) in
            if sent.api == .describeCluster { return FakeSender.cluster([1, 2, 3]) }
            if sent.target == .node(2) { return .init(ListGroupsResponse(errorCode: .coordinatorLoadInProgress)) }
            if sent.target == .node(3) { throw KafkaError(.unreachable, "gone") }
            return .init(ListGroupsResponse(groups: [.init(groupId: "g")]))
        }
        let found = try await sender.reader(time).listGroups(states: [], types: [])
        #expect(found.map(\.item) == [1, 2, 3])
        #expect(
            found.map { $0.result.failure?.code } == [nil, .server(.coordinatorLoadInProgress), .unreachable])
        #expect(sender.sent(.listGroups).count > 10 && time.monotonic < .seconds(15))
    }
}
