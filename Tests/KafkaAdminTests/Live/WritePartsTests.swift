import EventLoop
import KafkaWire
import Testing
import Values

@testable import KafkaAdmin

@Suite struct WritePartsTests {
    private static func names(_ sent: FakeSender.Sent) -> [String] {
        (sent.request as? DeleteTopicsRequest)?.topics.compactMap(\.name) ?? []
    }

    private static func deleted(
        _ names: [String], wait: Int32 = 0, _ code: (String) -> KafkaErrorCode = { _ in .none }
    ) -> FakeSender.Reply {
        .init(
            DeleteTopicsResponse(
                throttleTimeMs: wait, responses: names.map { .init(name: $0, errorCode: code($0)) }))
    }

    @Test(arguments: [1, 2, 3])
    func `a part that fails keeps what was done, and the rest says that it was not sent`(failing: Int) async throws {
        let size = LiveClusterOperator.itemsPerRequest
        let sender = FakeSender { sent, number throws(KafkaError) in
            if number == failing { throw KafkaError(.unknownOutcome, "lost") }
            return Self.deleted(Self.names(sent))
        }
        let topics = (0..<size * 2 + 1).map { "t\($0)" }
        let found = try await sender.writer().deleteTopics(topics)
        #expect(found.map(\.item) == topics && sender.sent(.deleteTopics).count == failing)
        for (index, item) in found.enumerated() {
            let part = index / size + 1
            let expected: KafkaError.Code? = part < failing ? nil : part == failing ? .unknownOutcome : .noResult
            #expect(item.result.failure?.code == expected)
        }
    }

    @Test func `a topic with an id is named by it alone, and answered under its name`() async throws {
        let first = KafkaUUID.zero, second = try #require(KafkaUUID("AAAAAAAAAAAAAAAAAAAAAQ"))
        let sender = FakeSender { sent, _ throws(KafkaError) in
            let topics = (sent.request as? DeleteTopicsRequest)?.topics ?? []
            return .init(
                DeleteTopicsResponse(
                    responses: topics.map {
                        .init(name: $0.name, topicId: $0.topicId, errorCode: $0.name == nil ? .unknownTopicId : .none)
                    }))
        }
        let found = try await sender.writer().deleteTopics(["a", "b", "c"], ids: ["a": first, "b": second])
        #expect(found.map(\.item) == ["a", "b", "c"])
        #expect(found.map { $0.result.failure?.code } == [nil, .server(.unknownTopicId), nil])
        let topics = try #require(sender.requests(DeleteTopicsRequest.self).first?.topics)
        #expect(topics.map(\.name) == ["a", nil, "c"] && topics.map(\.topicId) == [.zero, second, .zero])
    }

    @Test func `the only part's failure is that of the call`() async throws {
        let sender = FakeSender { _, _ throws(KafkaError) in throw KafkaError(.unreachable, "gone") }
        await #expect(throws: KafkaError(.unreachable, "")) { try await sender.writer().deleteTopics(["a"]) }
    }

    @Test func `what a quota holds up is sent again after the wait, and nothing else`() async throws {
        let time = SkippingTimeSource()
        let sender = FakeSender { sent, number throws(KafkaError) in
            Self.deleted(Self.names(sent), wait: 1500) {
                number < 3 && $0 != "a" ? .throttlingQuotaExceeded : $0 == "c" ? .policyViolation : .none
            }
        }
        let found = try await sender.writer(time).deleteTopics(["a", "b", "c"])
        #expect(found.map { $0.result.failure?.code } == [nil, nil, .server(.policyViolation)])
        #expect(
            sender.requests(DeleteTopicsRequest.self).map { $0.topics.map(\.name) } == [
                ["a", "b", "c"], ["b", "c"], ["b", "c"],
            ])
        #expect(time.slept == [.milliseconds(1500), .milliseconds(1500)])
    }

    @Test(arguments: [Int32.max, 20_000, 0, -5])
    func `a quota that never gives way ends the call in time, and was not done`(wait: Int32) async throws {
        let time = SkippingTimeSource()
        let sender = FakeSender { sent, _ throws(KafkaError) in
            Self.deleted(Self.names(sent), wait: wait) { _ in .throttlingQuotaExceeded }
        }
        let found = try await sender.writer(time).deleteTopics(["a"])
        #expect(found.map { $0.result.failure?.code } == [.server(.throttlingQuotaExceeded)])
        #expect(time.monotonic <= .seconds(60))
    }

    @Test func `a repeat that is lost is the failure of what was repeated`() async throws {
        let sender = FakeSender { sent, number throws(KafkaError) in
            if number == 2 { throw KafkaError(.unknownOutcome, "lost") }
            return Self.deleted(Self.names(sent)) { $0 == "b" ? .throttlingQuotaExceeded : .none }
        }
        let found = try await sender.writer().deleteTopics(["a", "b"])
        #expect(found.map { $0.result.failure?.code } == [nil, .unknownOutcome])
    }

    @Test func `two wishes for one thing are refused before anything is sent`() async throws {
        let sender = FakeSender { sent, _ throws(KafkaError) in Self.deleted(Self.names(sent)) }
        let writer = sender.writer()
        let partition = TopicPartition("t", 0)
        let topic = NewTopic(name: "t", partitions: 1, replicationFactor: 1, assignments: [:], configs: [])
        await #expect(throws: KafkaError(.configuration, "")) {
            try await writer.createTopics([topic, topic], validateOnly: false)
        }
        await #expect(throws: KafkaError(.configuration, "")) {
            try await writer.createPartitions(
                [NewPartitions(topic: "t", count: 2), NewPartitions(topic: "t", count: 3)], validateOnly: false)
        }
        await #expect(throws: KafkaError(.configuration, "")) {
            try await writer.alterReassignments([(partition, [1]), (partition, [2])])
        }
        await #expect(throws: KafkaError(.configuration, "")) {
            try await writer.alterReplicaDirectories([
                ReplicaPlacement(broker: 1, partition: partition, path: "/a"),
                ReplicaPlacement(broker: 1, partition: partition, path: "/b"),
            ])
        }
        await #expect(throws: KafkaError(.configuration, "")) {
            try await writer.deleteRecords([(partition, 1), (partition, 2)])
        }
        #expect(APIKey.allKnown.allSatisfy { sender.sent($0).isEmpty })
    }

    @Test func `one replica twice in one directory is one wish, on each of its brokers`() async throws {
        let partition = TopicPartition("t", 0)
        let sender = FakeSender { sent, _ throws(KafkaError) in
            if sent.target == .node(2) { throw KafkaError(.unreachable, "gone") }
            return .init(
                AlterReplicaLogDirsResponse(results: [
                    .init(topicName: "t", partitions: [.init(partitionIndex: 0)])
                ]))
        }
        let found = try await sender.writer().alterReplicaDirectories([
            ReplicaPlacement(broker: 1, partition: partition, path: "/a"),
            ReplicaPlacement(broker: 1, partition: partition, path: "/a"),
            ReplicaPlacement(broker: 2, partition: partition, path: "/a"),
        ])
        #expect(found.map { $0.result.failure?.code } == [nil, nil, .unreachable])
    }

    private static func change(_ user: String, _ iterations: Int32) -> ScramChange {
        ScramChange(
            user: user, mechanism: .sha256,
            action: .set(password: Secret("x", origin: "test"), iterations: iterations))
    }

    @Test func `a password that cannot be salted is the failure of its own user`() async throws {
        let sender = FakeSender { sent, _ throws(KafkaError) in
            let request = sent.request as? AlterUserScramCredentialsRequest
            return .init(
                AlterUserScramCredentialsResponse(
                    results: (request?.upsertions ?? []).map { .init(user: $0.name) }
                        + (request?.deletions ?? []).map { .init(user: $0.name, errorCode: .resourceNotFound) }))
        }
        let found = try await sender.writer().alterScramUsers([
            Self.change("bad", 0),
            Self.change("good", 4096),
            ScramChange(user: "gone", mechanism: .sha256, action: .delete),
        ])
        #expect(found.map { $0.result.failure?.code } == [.configuration, nil, .server(.resourceNotFound)])
        #expect(sender.requests(AlterUserScramCredentialsRequest.self).map { $0.upsertions.map(\.name) } == [["good"]])
        let none = try await sender.writer().alterScramUsers([
            Self.change("bad", 0)
        ])
        #expect(none.map { $0.result.failure?.code } == [.configuration])
        #expect(sender.sent(.alterUserScramCredentials).count == 1)
    }

    @Test(arguments: [(Int16(1), KafkaError.Code?.some(.unknownOutcome)), (2, nil)])
    func `a feature without a result is not known to be set where each has one`(
        version: Int16, expected: KafkaError.Code?
    ) async throws {
        let sender = FakeSender { _, _ throws(KafkaError) in
            .init(UpdateFeaturesResponse(results: [.init(feature: "a")]), version: version)
        }
        let updates = ["a", "b"].map { FeatureUpdate(name: $0, level: 1, kind: .upgrade) }
        do throws(KafkaError) {
            try await sender.writer().updateFeatures(updates, validateOnly: false)
            #expect(expected == nil)
        } catch {
            #expect(error.code == expected)
        }
    }

    @Test func `brokers that do not answer do not keep the configs of others`() async throws {
        let sender = FakeSender { sent, _ throws(KafkaError) in
            guard let request = sent.request as? IncrementalAlterConfigsRequest, sent.target != .node(2) else {
                throw KafkaError(.unreachable, "gone")
            }
            return .init(
                IncrementalAlterConfigsResponse(
                    responses: request.resources.map {
                        .init(resourceType: $0.resourceType, resourceName: $0.resourceName)
                    }))
        }
        let change = [ConfigChange(name: "a", operation: .set, value: "b")]
        let found = try await sender.writer().alterConfigs(
            [(.broker(1), change), (.broker(2), change), (.topic("t"), change)], validateOnly: false)
        #expect(found.map(\.item) == [.broker(1), .broker(2), .topic("t")])
        #expect(found.map { $0.result.failure?.code } == [nil, .unreachable, nil])
    }
}
