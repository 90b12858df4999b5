import KafkaWire

// Brokers, log directories, voters, lists of resources.

extension DifferentialTests {
    static var clusterRows: [DifferentialRow] {
        [
            DifferentialRow("unregister an unknown broker", .refusal, UnregisterBrokerRequest(brokerId: 99)),
            DifferentialRow("unregister without right", .refusal, UnregisterBrokerRequest(brokerId: 1), as: .alice),
            DifferentialRow(
                "move a replica to an unknown directory", .refusal,
                AlterReplicaLogDirsRequest(
                    dirs: [.init(path: "/nowhere", topics: [.init(name: "orders", partitions: [0])])])),
            DifferentialRow(
                "move a replica without right", .refusal,
                AlterReplicaLogDirsRequest(
                    dirs: [.init(path: "/nowhere", topics: [.init(name: "orders", partitions: [0])])]), as: .alice),
            DifferentialRow("log directories without right", .look, DescribeLogDirsRequest(topics: nil), as: .alice),
            DifferentialRow(
                "add a voter", .refusal,
                AddRaftVoterRequest(
                    clusterId: nil, timeoutMs: 1000, voterId: 9, voterDirectoryId: KafkaUUID(high: 1, low: 2)),
                without: ["errorMessage"]),
            DifferentialRow(
                "remove a voter", .refusal,
                RemoveRaftVoterRequest(clusterId: nil, voterId: 9, voterDirectoryId: KafkaUUID(high: 1, low: 2)),
                without: ["errorMessage"]),
            DifferentialRow(
                "remove a voter of another cluster", .refusal,
                RemoveRaftVoterRequest(
                    clusterId: "other", voterId: 9, voterDirectoryId: KafkaUUID(high: 1, low: 2)),
                without: ["errorMessage"]),
            DifferentialRow("list topics as resources", .look) { side in
                guard side.highest(ListConfigResourcesRequest.self) >= 1 else { return "not in this release" }
                return AnswerText().text(
                    try await side.ask(ListConfigResourcesRequest(resourceTypes: [2, 4]), version: 1))
            },
            DifferentialRow("list client metrics", .look, ListConfigResourcesRequest(), at: 0),
            DifferentialRow("list unknown resources", .refusal) { side in
                guard side.highest(ListConfigResourcesRequest.self) >= 1 else { return "not in this release" }
                return AnswerText().text(try await side.ask(ListConfigResourcesRequest(resourceTypes: [3]), version: 1))
            },
            DifferentialRow("list resources without right", .refusal, ListConfigResourcesRequest(), at: 0, as: .alice),
            DifferentialRow(
                "what an administrator may do with the cluster", .look,
                DescribeClusterRequest(includeClusterAuthorizedOperations: true), at: 1),
            DifferentialRow(
                "what alice may do with the cluster", .look,
                DescribeClusterRequest(includeClusterAuthorizedOperations: true), at: 1, as: .alice),
            DifferentialRow(
                "reassign without right", .refusal,
                AlterPartitionReassignmentsRequest(
                    timeoutMs: 10_000,
                    topics: [.init(name: "orders", partitions: [.init(partitionIndex: 0, replicas: [1])])]), at: 0,
                as: .alice),
            DifferentialRow(
                "reassign to an unknown broker", .refusal,
                AlterPartitionReassignmentsRequest(
                    timeoutMs: 10_000,
                    topics: [.init(name: "orders", partitions: [.init(partitionIndex: 0, replicas: [9])])]), at: 0),
            DifferentialRow(
                "elect without right", .refusal,
                ElectLeadersRequest(electionType: 0, topicPartitions: nil, timeoutMs: 10_000), as: .alice),
            DifferentialRow(
                "the quorum without right", .refusal,
                DescribeQuorumRequest(
                    topics: [.init(topicName: "__cluster_metadata", partitions: [.init(partitionIndex: 0)])]),
                as: .alice),
            DifferentialRow(
                "features without right", .refusal,
                UpdateFeaturesRequest(
                    timeoutMs: 10_000,
                    featureUpdates: [.init(feature: "metadata.version", maxVersionLevel: 99, upgradeType: 1)]), at: 1,
                as: .alice),
        ]
    }
}
