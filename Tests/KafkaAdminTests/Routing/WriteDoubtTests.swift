import EventLoop
import KafkaWire
import TestSupport
import Testing

@testable import KafkaAdmin

/// What a refusal proves of a write, through the client's own routing.
@Suite(.timeLimit(.minutes(1))) struct WriteDoubtTests {
    private static func numbered(
        _ api: APIKey, _ reply: @escaping @Sendable (Int) -> any KafkaResponse
    ) -> FakeBrokers {
        let count = Locked(0)
        return FakeBrokers { request in
            guard request.header.apiKey == api else { return nil }
            return .answer(
                reply(
                    count.withLock { count in
                        count += 1
                        return count
                    }))
        }
    }

    private static let topic = NewTopic(name: "t", partitions: 1, replicationFactor: 1, assignments: [:], configs: [])

    @Test(arguments: [
        (KafkaErrorCode.none, KafkaError.Code?.none), (.topicAlreadyExists, .unknownOutcome),
        (.policyViolation, .unknownOutcome),
    ])
    func `what comes after NOT_CONTROLLER is success or not known`(
        second: KafkaErrorCode, expected: KafkaError.Code?
    ) async throws {
        let brokers = Self.numbered(.createTopics) { number in
            CreateTopicsResponse(topics: [.init(name: "t", errorCode: number == 1 ? .notController : second)])
        }
        let found = try await LiveClusterOperator(sender: brokers.client()).createTopics(
            [Self.topic], validateOnly: false)
        #expect(found.map { $0.result.failure?.code } == [expected])
        #expect(brokers.requests(.createTopics).count == 2)
    }

    @Test func `a refusal by who was asked first is known`() async throws {
        let brokers = Self.numbered(.createTopics) { _ in
            CreateTopicsResponse(topics: [.init(name: "t", errorCode: .topicAlreadyExists)])
        }
        let found = try await LiveClusterOperator(sender: brokers.client()).createTopics(
            [Self.topic], validateOnly: false)
        #expect(found.map { $0.result.failure?.code } == [.server(.topicAlreadyExists)])
    }

    @Test func `controllers that deny it to the end leave the outcome open`() async throws {
        let brokers = Self.numbered(.createTopics) { _ in
            CreateTopicsResponse(topics: [.init(name: "t", errorCode: .notController)])
        }
        let writer = LiveClusterOperator(sender: try brokers.client(limit: .seconds(2)))
        await #expect(throws: KafkaError(.unknownOutcome, "")) {
            try await writer.createTopics([Self.topic], validateOnly: false)
        }
    }

    @Test func `an item that is denied beside others is not known`() async throws {
        let brokers = Self.numbered(.deleteTopics) { _ in
            DeleteTopicsResponse(responses: [.init(name: "a"), .init(name: "b", errorCode: .notController)])
        }
        let found = try await LiveClusterOperator(sender: brokers.client()).deleteTopics(["a", "b"])
        #expect(found.map { $0.result.failure?.code } == [nil, .unknownOutcome])
        #expect(brokers.requests(.deleteTopics).count == 1)
    }

    @Test func `a token is not made twice`() async throws {
        let brokers = Self.numbered(.createDelegationToken) { number in
            CreateDelegationTokenResponse(errorCode: number == 1 ? .notController : .none)
        }
        let writer = LiveClusterOperator(sender: try brokers.client())
        await #expect(throws: KafkaError(.unknownOutcome, "")) {
            try await writer.createDelegationToken(owner: nil, renewers: [], maximumLifetime: -1)
        }
        #expect(brokers.requests(.createDelegationToken).count == 1)
    }

    @Test(arguments: [(1, false), (2, true)])
    func `an election that is not needed any more was held by the attempt before`(tries: Int, changed: Bool)
        async throws
    {
        let brokers = Self.numbered(.electLeaders) { number in
            guard number == tries else { return ElectLeadersResponse(errorCode: .notController) }
            return ElectLeadersResponse(replicaElectionResults: [
                .init(topic: "t", partitionResult: [.init(partitionId: 0, errorCode: .electionNotNeeded)])
            ])
        }
        let found = try await LiveClusterOperator(sender: brokers.client()).electLeaders(
            .preferred, [TopicPartition("t", 0)])
        #expect(try found.map { try $0.result.get() } == [changed])
    }

    @Test func `rules that a lost answer deleted are not said to be none`() async throws {
        let brokers = Self.numbered(.deleteAcls) { number in
            DeleteAclsResponse(filterResults: [.init(errorCode: number == 1 ? .notController : .none)])
        }
        let found = try await LiveClusterOperator(sender: brokers.client()).deleteAccessRules([.everything])
        #expect(found.map { $0.result.failure?.code } == [.unknownOutcome])
    }

    @Test(arguments: [
        KafkaErrorCode.requestTimedOut, .notController, .notCoordinator, .coordinatorNotAvailable,
        .notEnoughReplicasAfterAppend, .notLeaderOrFollower, .networkException, .kafkaStorageError,
    ])
    func `codes that are also said of what was appended leave doubt`(code: KafkaErrorCode) {
        #expect(KafkaError.answered(code, api: .createTopics, kind: .write).code == .unknownOutcome)
        #expect(KafkaError.answered(code, api: .createTopics).serverCode == code)
    }

    @Test(arguments: [
        KafkaErrorCode.coordinatorLoadInProgress, .notEnoughReplicas, .leaderNotAvailable, .throttlingQuotaExceeded,
        .topicAlreadyExists, .policyViolation, .invalidRequest,
    ])
    func `codes that are said before anything is written leave none`(code: KafkaErrorCode) {
        #expect(KafkaError.answered(code, api: .createTopics, kind: .write).serverCode == code)
    }

    // MARK: Reads

    @Test func `a quorum that is electing is asked again`() async throws {
        let brokers = Self.numbered(.describeQuorum) { number in
            DescribeQuorumResponse(topics: [
                .init(
                    topicName: "__cluster_metadata",
                    partitions: [
                        .init(
                            partitionIndex: 0, errorCode: number <= 2 ? .notLeaderOrFollower : .none, leaderId: 7)
                    ])
            ])
        }
        let quorum = try await LiveClusterReader(sender: brokers.client()).describeQuorum()
        #expect(quorum.leaderID == 7 && brokers.requests(.describeQuorum).count == 3)
    }

    @Test func `what a read is refused for good is not asked again`() async throws {
        let brokers = Self.numbered(.listPartitionReassignments) { _ in
            ListPartitionReassignmentsResponse(errorCode: .clusterAuthorizationFailed)
        }
        let reader = LiveClusterReader(sender: try brokers.client())
        await #expect(throws: KafkaError(.notAuthorized(.clusterAuthorizationFailed), "")) {
            try await reader.listReassignments()
        }
        #expect(brokers.requests(.listPartitionReassignments).count == 1)
    }

    @Test func `finalized levels are asked for each time`() async throws {
        let level = Locked(Int16(20))
        let brokers = FakeBrokers { request in
            guard request.header.apiKey == .apiVersions else { return nil }
            let keys = APIKey.allKnown.map {
                ApiVersionsResponse.ApiVersion(apiKey: $0, minVersion: 0, maxVersion: 99)
            }
            let level = level.withLock { $0 }
            return .answer(
                ApiVersionsResponse(
                    apiKeys: keys,
                    finalizedFeatures: [
                        .init(name: "metadata.version", maxVersionLevel: level, minVersionLevel: level)
                    ]))
        }
        let reader = LiveClusterReader(sender: try brokers.client())
        #expect(try await reader.versions(of: 2).finalizedFeatures.map(\.maximum) == [20])
        level.withLock { $0 = 25 }
        #expect(try await reader.versions(of: 2).finalizedFeatures.map(\.maximum) == [25])
        #expect(brokers.dials.filter { $0.port == 1002 }.count == 1)
    }
}
