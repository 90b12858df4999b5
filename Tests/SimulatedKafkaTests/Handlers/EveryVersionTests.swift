import KafkaWire
import Testing
import Values

@testable import SimulatedKafka

/// Every advertised API is answered in every version that its release has, on a cluster that has something to tell.
struct EveryVersionTests {
    private struct Probe {
        let key: APIKey
        let ask: (inout Asker, Int16) throws -> Void
    }

    private static func probe<Request: KafkaRequest>(_ request: Request) -> Probe {
        Probe(key: Request.apiKey) { asker, version in
            guard Request.versions.contains(version) else { return }
            // What a version cannot say, its requests cannot ask.
            guard (try? RequestFrame.encode(request, version: version, correlationId: 1, clientId: "t")) != nil else {
                return
            }
            for round in 0..<2 where round == 0 || Request.apiKey != .produce {
                let outcome = try asker.outcome(request, version: version)
                #expect(
                    outcome != .close && outcome != .silence,
                    "\(Request.apiKey) v\(version) on \(asker.model.nodes[1]?.release.version as Any)")
            }
        }
    }

    private static func probes(_ asker: Asker) throws -> [Probe] {
        let id = asker.model.image.topics["orders"]?.id ?? .zero
        let bytes = try RecordTests.batch(["x"])
        var probes: [Probe] = [
            probe(MetadataRequest(topics: [.init(name: "orders")], allowAutoTopicCreation: true)),
            probe(
                ProduceRequest(
                    acks: 1, timeoutMs: 100,
                    topicData: [.init(name: "orders", topicId: id, partitionData: [.init(index: 0, records: bytes)])])),
            probe(
                FetchRequest(
                    topics: [
                        .init(topic: "orders", topicId: id, partitions: [.init(partitionMaxBytes: 1000)])
                    ])),
            probe(
                ListOffsetsRequest(replicaId: -1, topics: [.init(name: "orders", partitions: [.init(timestamp: -1)])])),
            probe(DeleteRecordsRequest(topics: [.init(name: "orders", partitions: [.init()])], timeoutMs: 100)),
            probe(InitProducerIdRequest(transactionalId: nil, transactionTimeoutMs: 100)),
            probe(OffsetForLeaderEpochRequest(replicaId: -1, topics: [.init(topic: "orders", partitions: [.init()])])),
            probe(FindCoordinatorRequest(key: "g")), probe(FindCoordinatorRequest(coordinatorKeys: ["g"])),
            probe(
                OffsetCommitRequest(
                    groupId: "g",
                    topics: [.init(name: "orders", topicId: id, partitions: [.init(committedOffset: 1)])])),
            probe(OffsetFetchRequest(groupId: "g", topics: [.init(name: "orders", partitionIndexes: [0])])),
            probe(OffsetFetchRequest(groups: [.init(groupId: "g", topics: nil)])),
            probe(OffsetDeleteRequest(groupId: "g", topics: [.init(name: "orders", partitions: [.init()])])),
            probe(
                JoinGroupRequest(
                    groupId: "g", sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000, protocolType: "consumer",
                    protocols: [.init(name: "range", metadata: [])])),
            probe(SyncGroupRequest(groupId: "g", generationId: 1, memberId: "x")),
            probe(HeartbeatRequest(groupId: "g", generationId: 1, memberId: "x")),
            probe(LeaveGroupRequest(groupId: "g", memberId: "x")),
            probe(LeaveGroupRequest(groupId: "g", members: [.init(memberId: "x")])),
            probe(ListGroupsRequest()), probe(DescribeGroupsRequest(groups: ["g", "none"])),
            probe(DeleteGroupsRequest(groupsNames: ["none"])),
        ]
        probes += [
            probe(ConsumerGroupHeartbeatRequest(groupId: "c", memberId: "m", memberEpoch: 3)),
            probe(ConsumerGroupDescribeRequest(groupIds: ["c"])),
            probe(
                ShareGroupHeartbeatRequest(
                    groupId: "s", memberId: "m", memberEpoch: 0, subscribedTopicNames: ["orders"])),
            probe(ShareGroupDescribeRequest(groupIds: ["s", "none"])),
            probe(
                ShareFetchRequest(
                    groupId: "s", memberId: "m", maxBytes: 1000, maxRecords: 10,
                    topics: [.init(topicId: id, partitions: [.init()])])),
            probe(
                ShareAcknowledgeRequest(
                    groupId: "s", memberId: "m", shareSessionEpoch: 1,
                    topics: [.init(topicId: id, partitions: [.init()])])),
            probe(DescribeShareGroupOffsetsRequest(groups: [.init(groupId: "s", topics: nil)])),
            probe(
                AlterShareGroupOffsetsRequest(groupId: "s", topics: [.init(topicName: "orders", partitions: [.init()])])
            ),
            probe(DeleteShareGroupOffsetsRequest(groupId: "s", topics: [.init(topicName: "orders")])),
            probe(
                StreamsGroupHeartbeatRequest(
                    groupId: "f", memberId: "m", rebalanceTimeoutMs: 1000,
                    topology: .init(subtopologies: [.init(subtopologyId: "p", sourceTopics: ["orders"])]))),
            probe(StreamsGroupDescribeRequest(groupIds: ["f", "none"])),
            probe(
                AddPartitionsToTxnRequest(
                    v3AndBelowTransactionalId: "t", v3AndBelowTopics: [.init(name: "orders", partitions: [0])])),
            probe(AddPartitionsToTxnRequest(transactions: [.init(transactionalId: "t")])),
            probe(AddOffsetsToTxnRequest(transactionalId: "t", groupId: "g")),
            probe(EndTxnRequest(transactionalId: "t", committed: true)),
            probe(WriteTxnMarkersRequest(markers: [.init(topics: [.init(name: "orders", partitionIndexes: [0])])])),
            probe(
                TxnOffsetCommitRequest(
                    transactionalId: "t", groupId: "g", topics: [.init(name: "orders", partitions: [.init()])])),
            probe(DescribeProducersRequest(topics: [.init(name: "orders", partitionIndexes: [0])])),
            probe(DescribeTransactionsRequest(transactionalIds: ["t"])), probe(ListTransactionsRequest()),
            probe(DescribeAclsRequest(resourceTypeFilter: 1, patternTypeFilter: 3, operation: 1, permissionType: 1)),
            probe(
                CreateAclsRequest(
                    creations: [
                        .init(
                            resourceType: 2, resourceName: "a", principal: "User:a", host: "*", operation: 3,
                            permissionType: 3)
                    ])),
            probe(DeleteAclsRequest(filters: [.init(resourceTypeFilter: 1, operation: 1, permissionType: 1)])),
            probe(DescribeClientQuotasRequest()), probe(AlterClientQuotasRequest()),
            probe(DescribeUserScramCredentialsRequest(users: nil)), probe(AlterUserScramCredentialsRequest()),
            probe(CreateDelegationTokenRequest()), probe(RenewDelegationTokenRequest()),
            probe(ExpireDelegationTokenRequest()), probe(DescribeDelegationTokenRequest()),
            probe(SaslHandshakeRequest(mechanism: "PLAIN")), probe(SaslAuthenticateRequest()),
            probe(ApiVersionsRequest(clientSoftwareName: "x", clientSoftwareVersion: "1")),
            probe(CreatePartitionsRequest(topics: [.init(name: "orders", count: 9)], timeoutMs: 100)),
            probe(
                CreateTopicsRequest(topics: [.init(name: "n", numPartitions: 1, replicationFactor: 1)], timeoutMs: 100)),
            probe(DeleteTopicsRequest(topicNames: ["n"], timeoutMs: 100)),
            probe(DeleteTopicsRequest(topics: [.init(name: "n")], timeoutMs: 100)),
            probe(AlterConfigsRequest(resources: [.init(resourceType: 2, resourceName: "orders")])),
            probe(IncrementalAlterConfigsRequest(resources: [.init(resourceType: 2, resourceName: "orders")])),
            probe(DescribeConfigsRequest(resources: [.init(resourceType: 2, resourceName: "orders")])),
            probe(
                AlterReplicaLogDirsRequest(dirs: [.init(path: "/x", topics: [.init(name: "orders", partitions: [0])])])),
            probe(DescribeLogDirsRequest(topics: nil)), probe(ListConfigResourcesRequest()),
            probe(UnregisterBrokerRequest(brokerId: 99)), probe(AddRaftVoterRequest(timeoutMs: 1)),
            probe(RemoveRaftVoterRequest()), probe(DescribeClusterRequest()), probe(DescribeTopicPartitionsRequest()),
            probe(DescribeQuorumRequest()), probe(UpdateFeaturesRequest(timeoutMs: 100)),
            probe(ElectLeadersRequest(topicPartitions: [], timeoutMs: 100)),
            probe(AlterPartitionReassignmentsRequest(timeoutMs: 100)),
            probe(ListPartitionReassignmentsRequest(timeoutMs: 100, topics: nil)),
        ]
        return probes
    }

    @Test(
        "Every advertised API is answered in every version", arguments: ["3.3.2", "3.9.2", "4.0.0", "4.1.2", "4.3.1"])
    func everyVersion(release: String) throws {
        var configuration = SimulatedClusterConfiguration(
            version: try #require(Version(release)), nodes: [.init(id: 1)], topics: [.init(name: "orders")])
        configuration.hasAuthorizer = true
        configuration.superUsers = ["User:ANONYMOUS"]
        configuration.initialRebalanceDelay = .zero
        var asker = Asker(configuration)
        _ = try asker.ask(FindCoordinatorRequest(key: "t", keyType: 1), version: 3)
        let probes = try Self.probes(asker)
        let advertised = try asker.ask(ApiVersionsRequest(), version: 0).apiKeys
        for entry in advertised {
            let known = probes.filter { $0.key == entry.apiKey }
            #expect(!known.isEmpty, "\(entry.apiKey) is advertised")
            for version in max(0, entry.minVersion)...entry.maxVersion {
                // 4.x says Produce from 0 on and does not mean it.
                if entry.apiKey == .produce, version < 3 { continue }
                for probe in known { try probe.ask(&asker, version) }
            }
        }
        #expect(!asker.model.ledger.entries.contains { if case .notSimulated = $0.effect { true } else { false } })
    }
}
