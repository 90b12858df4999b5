import EventLoop
import KafkaWire
import TestSupport
import Testing

@testable import KafkaAdmin

@Suite(.timeLimit(.minutes(10))) struct AdminClientTests {
    private let topic = CreateTopicsRequest(topics: [.init(name: "t", numPartitions: 1, replicationFactor: 1)])

    @Test func afterTheFirstMetadataNodesAreDialedAtTheirOwnAddress() async throws {
        let brokers = FakeBrokers()
        let client = try brokers.client(bootstrap: ["balancer:9092"])
        let answer = try await client.call(ListGroupsRequest(), to: .node(2), kind: .read)
        #expect(answer.node == 2)
        #expect(brokers.dials.map(\.description) == ["balancer:9092", "broker:1002"])
        #expect(brokers.openChannels(9092) == 0)
    }

    @Test func theConnectionToABootstrapAddressThatANodeAdvertisesIsKept() async throws {
        let brokers = FakeBrokers()
        let client = try brokers.client()
        _ = try await client.call(ListGroupsRequest(), to: .node(1), kind: .read)
        #expect(brokers.dials.map(\.port) == [1001])
    }

    @Test func manyCallsToOneNodeShareOneConnection() async throws {
        let brokers = FakeBrokers()
        let client = try brokers.client()
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<200 {
                group.addTask { (try? await client.call(ListGroupsRequest(), to: .node(3), kind: .read)) != nil }
            }
            for await isAnswered in group { #expect(isAnswered) }
        }
        #expect(brokers.dials.filter { $0.port == 1003 }.count == 1)
        #expect(brokers.requests(.metadata).count == 1)
        #expect(brokers.requests(.describeCluster).count == 1)
    }

    @Test func aReadIsRepeatedAfterALostConnection() async throws {
        let count = Locked(0)
        let brokers = FakeBrokers { request in
            guard request.header.apiKey == .listGroups else { return nil }
            let number = count.withLock { count in
                count += 1
                return count
            }
            return number <= 2 ? .close : nil
        }
        let answer = try await brokers.client().call(ListGroupsRequest(), to: .node(2), kind: .read)
        #expect(answer.node == 2 && brokers.requests(.listGroups).count == 3)
    }

    @Test(arguments: [0, 1, 3]) func `a call is tried again as often as retries says`(retries: Int) async throws {
        let brokers = FakeBrokers { request in
            request.header.apiKey == .listPartitionReassignments
                ? .answer(ListPartitionReassignmentsResponse(errorCode: .requestTimedOut)) : nil
        }
        var settings = AdminClientSettings(
            bootstrap: try AdminClientSettings.addresses(["broker:1001"]),
            retryBackoff: Backoff(base: .milliseconds(1), limit: .milliseconds(4)))
        settings.retries = retries
        let client = AdminClient(settings: settings, dialer: brokers)
        let error = await #expect(throws: KafkaError.self) {
            try await client.call(ListPartitionReassignmentsRequest(), to: .node(1), kind: .read)
        }
        #expect(brokers.requests(.listPartitionReassignments).count == retries + 1)
        #expect(
            retries == 0 || error?.message.contains("in \(retries + 1) attempts") == true, "\(error?.message ?? "")")
    }

    @Test func `no call is tried without end, whatever its deadline`() async throws {
        let brokers = FakeBrokers { request in
            request.header.apiKey == .createTopics
                ? .answer(CreateTopicsResponse(topics: [.init(name: "t", errorCode: .notController)])) : nil
        }
        var settings = AdminClientSettings(
            bootstrap: try AdminClientSettings.addresses(["broker:1001"]), totalTimeout: .seconds(86_400),
            retryBackoff: Backoff(base: .zero, limit: .zero))
        settings.viewAge = .seconds(1_000_000)
        let client = AdminClient(settings: settings, dialer: brokers)
        await #expect(throws: KafkaError.self) { try await client.call(topic, to: .controller, kind: .write) }
        #expect(brokers.requests(.createTopics).count == AdminClient.attemptLimit)
    }

    @Test func aWriteWhoseAnswerIsLostIsNeverRepeated() async throws {
        let brokers = FakeBrokers { $0.header.apiKey == .createTopics ? .close : nil }
        let client = try brokers.client()
        await #expect(throws: KafkaError(.unknownOutcome, "")) {
            try await client.call(topic, to: .controller, kind: .write)
        }
        #expect(brokers.requests(.createTopics).count == 1)
    }

    @Test func aWriteThatCouldNotBeSentGoesElsewhere() async throws {
        let brokers = FakeBrokers()
        let client = try brokers.client(bootstrap: ["broker:1003"])
        _ = try await client.brokers()
        // The broker named as controller goes away before the write.
        brokers.setDown(1001)
        let answer = try await client.call(topic, to: .controller, kind: .write)
        #expect(answer.node != 1 && brokers.requests(.createTopics).count == 1)
    }

    @Test func notControllerIsFollowed() async throws {
        let brokers = FakeBrokers { request in
            guard request.header.apiKey == .createTopics, request.address.port == 1001 else { return nil }
            return .answer(
                CreateTopicsResponse(topics: [
                    .init(name: "t", errorCode: .notController), .init(name: "u", errorCode: .notController),
                ]))
        }
        let answer = try await brokers.client().call(topic, to: .controller, kind: .write)
        #expect(answer.node != 1 && brokers.requests(.createTopics).count == 2)
    }

    @Test func aMixedAnswerBelongsToTheCaller() async throws {
        let brokers = FakeBrokers { request in
            guard request.header.apiKey == .createTopics else { return nil }
            return .answer(
                CreateTopicsResponse(topics: [.init(name: "t"), .init(name: "u", errorCode: .notController)]))
        }
        let answer = try await brokers.client().call(topic, to: .controller, kind: .write)
        #expect(answer.response.topics.map(\.errorCode) == [.none, .notController])
    }

    @Test func aNodeThatTwoFreshAnswersLackIsUnknown() async throws {
        let brokers = FakeBrokers()
        let client = try brokers.client()
        _ = try await client.brokers()
        let error = await #expect(throws: KafkaError.self) {
            try await client.call(ListGroupsRequest(), to: .node(9), kind: .read)
        }
        #expect(error?.code == .unknownNode && error?.message.contains("1, 2, 3") == true)
        #expect(brokers.requests(.metadata).count == 3)
    }

    @Test func aNodeThatComesBackElsewhereIsFound() async throws {
        let brokers = FakeBrokers()
        let client = try brokers.client()
        _ = try await client.call(ListGroupsRequest(), to: .node(2), kind: .read)
        brokers.setDown(1002)
        brokers.nodes.withLock { $0[2] = BrokerAddress(host: "broker", port: 2002) }
        let answer = try await client.call(ListGroupsRequest(), to: .node(2), kind: .read)
        #expect(answer.node == 2 && brokers.openChannels(2002) == 1)
    }

    @Test func anotherClusterIsNotTalkedTo() async throws {
        let brokers = FakeBrokers()
        let client = try brokers.client()
        #expect(try await client.clusterID() == "cluster-a")
        brokers.clusterID.withLock { $0 = "cluster-b" }
        await #expect(throws: KafkaError(.wrongCluster, "")) {
            try await client.call(ListGroupsRequest(), to: .node(9), kind: .read)
        }
    }

    @Test func anEmptyListOfBrokersIsAskedForAgain() async throws {
        let count = Locked(0)
        let brokers = FakeBrokers { request in
            guard request.header.apiKey == .metadata else { return nil }
            let isFirst = count.withLock { count in
                count += 1
                return count == 1
            }
            return isFirst ? .answer(MetadataResponse(clusterId: "cluster-a")) : nil
        }
        #expect(try await brokers.client().brokers() == [1, 2, 3])
    }

    @Test func hostileAddressesAndDoubledNodesAreSkipped() async throws {
        let brokers = FakeBrokers { request in
            guard request.header.apiKey == .metadata else { return nil }
            return .answer(
                MetadataResponse(brokers: [
                    .init(nodeId: 1, host: "broker", port: 1001), .init(nodeId: 1, host: "evil", port: 1),
                    .init(nodeId: 2, host: "", port: 1002), .init(nodeId: 3, host: "broker", port: 70_000),
                    .init(nodeId: 4, host: "a\nb", port: 1), .init(nodeId: 5, host: "broker", port: -1),
                ]))
        }
        #expect(try await brokers.client().brokers() == [1])
    }

    @Test func oneBootstrapAddressThatAnswersIsEnough() async throws {
        let brokers = FakeBrokers()
        brokers.setDown(1)
        brokers.setDown(2)
        let client = try brokers.client(bootstrap: ["broker:1", "broker:2", "broker:1001"])
        #expect(try await client.brokers() == [1, 2, 3])
    }

    @Test func whenNobodyAnswersEveryAddressIsNamed() async throws {
        let brokers = FakeBrokers()
        brokers.setDown(1)
        brokers.setDown(2)
        let client = try brokers.client(bootstrap: ["broker:1", "broker:2"], limit: .seconds(1))
        let error = await #expect(throws: KafkaError.self) { try await client.brokers() }
        #expect(error?.code == .unreachable)
        #expect(error?.description.contains("broker:1 refuses") == true)
        #expect(error?.description.contains("broker:2 refuses") == true)
    }

    @Test func withoutAnAddressTheSettingsAreToBlame() async throws {
        let client = try FakeBrokers().client(bootstrap: [])
        await #expect(throws: KafkaError(.configuration, "")) { try await client.brokers() }
        await #expect(throws: KafkaError(.configuration, "")) {
            try await client.call(DescribeClusterRequest(), to: .controllerListener, kind: .read)
        }
    }

    @Test func aDeadlineErrorCarriesItsCause() async throws {
        let brokers = FakeBrokers { $0.header.apiKey == .listGroups ? .silence : nil }
        let time = SystemTimeSource()
        let before = time.monotonic
        let client = try brokers.client()
        let error = await #expect(throws: KafkaError.self) {
            try await client.call(ListGroupsRequest(), to: .any, kind: .read, within: .seconds(2))
        }
        #expect(error?.code == .timedOut && error?.api == .listGroups)
        #expect(error?.causes.contains { $0.contains("was not answered") } == true)
        #expect(time.monotonic - before < .seconds(60))
    }

    @Test func versionsAreThoseOfTheConnectionAndNotOfTheNode() async throws {
        let maximum = Locked(Int16(3))
        let brokers = FakeBrokers { request in
            guard request.header.apiKey == .apiVersions else { return nil }
            let keys = APIKey.allKnown.map {
                ApiVersionsResponse.ApiVersion(
                    apiKey: $0, minVersion: 0, maxVersion: $0 == .listGroups ? maximum.withLock { $0 } : 99)
            }
            return .answer(ApiVersionsResponse(apiKeys: keys))
        }
        let client = try brokers.client()
        #expect(try await client.call(ListGroupsRequest(), to: .node(2), kind: .read).version == 3)
        maximum.withLock { $0 = 4 }
        #expect(try await client.call(ListGroupsRequest(), to: .node(2), kind: .read).version == 3)
        #expect(try await client.call(ListGroupsRequest(), to: .newConnection(2), kind: .read).version == 4)
        brokers.setDown(1002)
        brokers.setDown(1002, false)
        #expect(try await client.call(ListGroupsRequest(), to: .node(2), kind: .read).version == 4)
    }

    @Test func aNewConnectionIsMadeAndClosedForTheCall() async throws {
        let brokers = FakeBrokers()
        let client = try brokers.client()
        for _ in 0..<3 { _ = try await client.call(ApiVersionsRequest(), to: .newConnection(2), kind: .read) }
        #expect(brokers.dials.filter { $0.port == 1002 }.count == 3)
        #expect(brokers.openChannels(1002) == 0)
        brokers.setDown(1002)
        await #expect(throws: KafkaError(.unreachable, "")) {
            try await client.call(ApiVersionsRequest(), to: .newConnection(2), kind: .read)
        }
    }

    @Test func theEndOfAConnectionIsWitnessed() async throws {
        let brokers = FakeBrokers()
        let client = try brokers.client()
        let first = try await client.witness(of: 2)
        #expect(try await client.witness(of: 2) == first)
        #expect(await client.state(of: first) == .open)
        #expect(await client.waitUntilClosed(first, within: .milliseconds(20)) == .open)
        async let end = client.waitUntilClosed(first, within: .seconds(30))
        brokers.setDown(1002)
        #expect(await end == .closedByPeer)
        #expect(await client.state(of: first) == .closedByPeer)
        brokers.setDown(1002, false)
        let second = try await client.witness(of: 2)
        #expect(second.incarnation != first.incarnation)
        #expect(await client.state(of: first) == .closedByPeer)
        #expect(await client.state(of: second) == .open)
    }

    @Test func aConnectionThatThisSideEndsIsNoProofOfAStop() async throws {
        let brokers = FakeBrokers { $0.header.apiKey == .listGroups ? .silence : nil }
        let client = try brokers.client()
        // Closed at the deadline of a call.
        let late = try await client.witness(of: 2)
        await #expect(throws: KafkaError(.timedOut, "")) {
            try await client.call(ListGroupsRequest(), to: .node(2), kind: .read, within: .seconds(2))
        }
        #expect(await client.waitUntilClosed(late, within: .seconds(30)) == .unknown)
        // Closed because the node is somewhere else by now.
        let moved = try await client.witness(of: 3)
        brokers.nodes.withLock { $0[3] = BrokerAddress(host: "broker", port: 3003) }
        await #expect(throws: KafkaError.self) { try await client.call(ListGroupsRequest(), to: .node(9), kind: .read) }
        #expect(await client.state(of: moved) == .unknown)
        // Closed by the end of the client; and one that nobody remembers.
        let own = try await client.witness(of: 1)
        await client.close()
        #expect(await client.state(of: own) == .unknown)
        let stranger = ConnectionWitness(node: 1, incarnation: .max)
        #expect(await client.state(of: stranger) == .unknown)
        #expect(await client.waitUntilClosed(stranger, within: .seconds(30)) == .unknown)
    }

    @Test func aCancelledCallEndsAtOnce() async throws {
        let brokers = FakeBrokers { $0.header.apiKey == .listGroups ? .silence : nil }
        let client = try brokers.client()
        let task = Task { try await client.call(ListGroupsRequest(), to: .any, kind: .read) }
        while brokers.requests(.listGroups).isEmpty { await Task.yield() }
        task.cancel()
        await #expect(throws: KafkaError(.cancelled, "")) { try await task.value }
    }

    @Test func theActiveControllerIsFoundThroughAnyController() async throws {
        let active = Locked(Int32(103))
        let brokers = FakeBrokers { request in
            switch request.header.apiKey {
            case .describeCluster:
                return .answer(
                    DescribeClusterResponse(
                        endpointType: 2, clusterId: "cluster-a", controllerId: active.withLock { $0 },
                        brokers: (101...103).map { .init(brokerId: $0, host: "broker", port: $0) }))
            case .describeQuorum:
                let isActive = request.address.port == active.withLock { $0 }
                return .answer(DescribeQuorumResponse(errorCode: isActive ? .none : .notLeaderOrFollower))
            default: return nil
            }
        }
        let client = try brokers.client(controllers: ["broker:101", "broker:102"])
        let first = try await client.call(DescribeQuorumRequest(), to: .controllerListener, kind: .read)
        #expect(first.node == 103)
        active.withLock { $0 = 102 }
        let second = try await client.call(DescribeQuorumRequest(), to: .controllerListener, kind: .read)
        #expect(second.node == 102)
    }

    @Test func controllersThatCannotNameTheActiveOneAreTriedInTurn() async throws {
        let brokers = FakeBrokers { request in
            switch request.header.apiKey {
            case .apiVersions:
                return .answer(
                    ApiVersionsResponse(apiKeys: [.init(apiKey: .describeQuorum, minVersion: 0, maxVersion: 1)]))
            case .describeQuorum:
                return .answer(
                    DescribeQuorumResponse(errorCode: request.address.port == 103 ? .none : .notLeaderOrFollower))
            default: return nil
            }
        }
        let client = try brokers.client(controllers: ["broker:101", "broker:102", "broker:103"])
        let answer = try await client.call(DescribeQuorumRequest(), to: .controllerListener, kind: .read)
        #expect(answer.response.errorCode == .none)
        #expect(brokers.requests(.describeQuorum).map(\.address.port) == [101, 102, 103])
    }
}
