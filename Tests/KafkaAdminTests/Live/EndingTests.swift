import EventLoop
import KafkaWire
import Testing

@testable import KafkaAdmin

/// Readers and operators whose calls all together have to end in time.
@Suite struct EndingTests {
    @Test func `every request gets what is left of the time, and none when nothing is`() async throws {
        let time = SkippingTimeSource()
        let sender = FakeSender { sent, _ throws(KafkaError) in
            time.pass(.seconds(4))
            return switch sent.api {
            case .describeCluster: FakeSender.cluster([1])
            case .listGroups: FakeSender.Reply(ListGroupsResponse())
            default: FakeSender.Reply(CreateTopicsResponse(topics: [.init(name: "t")]))
            }
        }
        let reader = sender.reader(time).ending(within: .seconds(10))
        // One request, and one call of two; together they have ten seconds.
        _ = try await reader.describeCluster(includeFenced: false, from: .any)
        let groups = try await reader.listGroups(states: [], types: [])
        #expect(sender.sent(.describeCluster).map(\.limit) == [.seconds(10), .seconds(6)])
        #expect(sender.sent(.listGroups).map(\.limit) == [.seconds(2)])
        #expect(groups.count == 1)
        await #expect(throws: KafkaError(.timedOut, "")) { try await reader.describeQuorum() }
        #expect(sender.sent(.describeQuorum).isEmpty)
    }

    @Test func `a write gets the rest of the time, and is not sent when there is none`() async throws {
        let time = SkippingTimeSource()
        let sender = FakeSender { _, _ throws(KafkaError) in
            time.pass(.seconds(7))
            return FakeSender.Reply(UnregisterBrokerResponse())
        }
        let writer = sender.writer(time).ending(within: .seconds(10))
        try await writer.unregisterBroker(1)
        try await writer.unregisterBroker(2)
        #expect(sender.sent(.unregisterBroker).map(\.limit) == [.seconds(10), .seconds(3)])
        await #expect(throws: KafkaError(.timedOut, "")) { try await writer.unregisterBroker(3) }
        #expect(sender.requests(UnregisterBrokerRequest.self).map(\.brokerId) == [1, 2])
    }

    @Test func `a call never has more than the time of a call, and an end is never put off`() async throws {
        let time = SkippingTimeSource()
        let sender = FakeSender { _, _ throws(KafkaError) in FakeSender.cluster([1]) }
        let reader = sender.reader(time).ending(within: .seconds(3600))
        _ = try await reader.clusterID()
        _ = try await reader.ending(within: .seconds(5)).ending(within: .seconds(50)).clusterID()
        #expect(sender.sent(.describeCluster).map(\.limit) == [.seconds(60), .seconds(5)])
    }

    @Test func `who follows a coordinator that moves ends in time`() async throws {
        let time = SkippingTimeSource()
        let sender = FakeSender { sent, _ throws(KafkaError) in
            time.pass(.milliseconds(500))
            guard sent.api == .findCoordinator else {
                return FakeSender.Reply(
                    DeleteGroupsResponse(results: [.init(groupId: "g", errorCode: .coordinatorLoadInProgress)]))
            }
            return FakeSender.coordinator(1, of: sent)
        }
        let results = try await sender.writer(time).ending(within: .seconds(5)).deleteGroups(["g"])
        #expect(results.first?.result.failure != nil && time.monotonic <= .seconds(6))
    }
}
