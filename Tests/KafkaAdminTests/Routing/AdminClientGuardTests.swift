import EventLoop
import KafkaWire
import TestSupport
import Testing

@testable import KafkaAdmin

/// What the client does not do: talk to another cluster, give up on the controller, forget answers.
@Suite(.timeLimit(.minutes(10))) struct AdminClientGuardTests {
    private let topic = CreateTopicsRequest(topics: [.init(name: "t", numPartitions: 1, replicationFactor: 1)])

    // MARK: Another cluster

    @Test(arguments: [RequestTarget.node(2), .newConnection(2), .controller])
    func anAdvertisedAddressOfAnotherClusterIsRefused(target: RequestTarget) async throws {
        // Broker 2 is the controller, and its address is another cluster's by now.
        let brokers = FakeBrokers { request in
            switch request.header.apiKey {
            case .metadata where request.address.port != 1002:
                .answer(
                    MetadataResponse(
                        brokers: [
                            .init(nodeId: 1, host: "broker", port: 1001), .init(nodeId: 2, host: "broker", port: 1002),
                        ], clusterId: "cluster-a", controllerId: 2))
            case .describeCluster:
                .answer(
                    DescribeClusterResponse(clusterId: request.address.port == 1002 ? "cluster-b" : "cluster-a"))
            default: nil
            }
        }
        let client = try brokers.client()
        await #expect(throws: KafkaError(.wrongCluster, "")) { try await client.call(topic, to: target, kind: .write) }
        #expect(brokers.requests(.createTopics).isEmpty && brokers.openChannels(1002) == 0)
    }

    @Test(arguments: [true, false])
    func aPinnedClusterMustNameItself(isPinned: Bool) async throws {
        let brokers = FakeBrokers { request in
            guard request.header.apiKey == .metadata else { return nil }
            return .answer(
                MetadataResponse(brokers: [.init(nodeId: 1, host: "broker", port: 1001)], clusterId: nil))
        }
        let client = AdminClient(
            settings: AdminClientSettings(
                bootstrap: try AdminClientSettings.addresses(["broker:1001"]), clusterID: isPinned ? "cluster-a" : nil),
            dialer: brokers)
        if isPinned {
            await #expect(throws: KafkaError(.wrongCluster, "")) { try await client.brokers() }
        } else {
            #expect(try await client.brokers() == [1])
        }
    }

    @Test func aControllerOfAnotherClusterIsRefused() async throws {
        // The listener that answers names an active controller whose address is another cluster's.
        let brokers = FakeBrokers { request in
            guard request.header.apiKey == .describeCluster else { return nil }
            return .answer(
                DescribeClusterResponse(
                    endpointType: 2, clusterId: request.address.port == 102 ? "cluster-b" : "cluster-a",
                    controllerId: 102, brokers: (101...102).map { .init(brokerId: $0, host: "broker", port: $0) }))
        }
        let client = try brokers.client(controllers: ["broker:101"])
        await #expect(throws: KafkaError(.wrongCluster, "")) {
            try await client.call(DescribeQuorumRequest(), to: .controllerListener, kind: .read)
        }
        #expect(brokers.requests(.describeQuorum).isEmpty)
    }

    // MARK: The controller of ZooKeeper mode

    @Test func aControllerThatWasUnreachableOnceIsAskedAgain() async throws {
        // Broker 1 is the controller and hangs up once; the others only say that they are not.
        let isFirst = Locked(true)
        let brokers = FakeBrokers { request in
            guard request.header.apiKey == .createTopics else { return nil }
            if request.address.port != 1001 {
                return .answer(CreateTopicsResponse(topics: [.init(name: "t", errorCode: .notController)]))
            }
            let hangsUp = isFirst.withLock { isFirst in
                defer { isFirst = false }
                return isFirst
            }
            return hangsUp ? .close : .answer(CreateTopicsResponse(topics: [.init(name: "t")]))
        }
        let answer = try await brokers.client().call(topic, to: .controller, kind: .read)
        #expect(answer.node == 1)
    }

    // MARK: Times and parts of writes

    @Test(arguments: [
        (Duration.seconds(6), 4_000...5_000), (.seconds(600), 24_000...25_000), (.milliseconds(110), 100...100),
    ])
    func theBrokerGetsThePartOfTheTimeThatIsLeft(limit: Duration, expected: ClosedRange<Int>) async throws {
        let brokers = FakeBrokers { request in
            guard request.header.apiKey == .createTopics else { return nil }
            let body = try? RequestFrame.body(CreateTopicsRequest.self, of: request.payload, header: request.header)
            return .answer(CreateTopicsResponse(topics: [.init(name: "\(body?.timeoutMs ?? -1)")]))
        }
        let client = AdminClient(
            settings: AdminClientSettings(bootstrap: try AdminClientSettings.addresses(["broker:1001"])),
            dialer: brokers, time: ManualTimeSource())
        let answer = try await client.call(topic, to: .controller, kind: .write, within: limit)
        #expect(expected.contains(try #require(Int(answer.response.topics[0].name))))
    }

    @Test func aReassignmentThatFailsHalfwayKeepsTheAnswersThatCame() async throws {
        let count = Locked(0)
        let brokers = FakeBrokers { request in
            guard request.header.apiKey == .alterPartitionReassignments else { return nil }
            let number = count.withLock { count in
                count += 1
                return count
            }
            guard number == 1,
                let body = try? RequestFrame.body(
                    AlterPartitionReassignmentsRequest.self, of: request.payload, header: request.header)
            else { return .close }
            return .answer(
                AlterPartitionReassignmentsResponse(
                    responses: body.topics.map { topic in
                        .init(
                            name: topic.name,
                            partitions: topic.partitions.map { .init(partitionIndex: $0.partitionIndex) })
                    }))
        }
        let size = Int32(LiveClusterOperator.itemsPerRequest)
        let found = try await LiveClusterOperator(sender: brokers.client()).alterReassignments(
            (0..<size * 2 + 5).map { (partition: TopicPartition("t", $0), replicas: [1]) })
        let codes = found.map { item -> KafkaError.Code? in
            if case .failure(let error) = item.result { error.code } else { nil }
        }
        #expect(found.map(\.item.partition) == Array(0..<size * 2 + 5))
        #expect(codes.prefix(Int(size)).allSatisfy { $0 == nil })
        #expect(codes.dropFirst(Int(size)).prefix(Int(size)).allSatisfy { $0 == .unknownOutcome })
        #expect(codes.suffix(5).allSatisfy { $0 == .noResult })
        #expect(brokers.requests(.alterPartitionReassignments).count == 2)
    }
}
