import KafkaWire

extension LiveClusterReader {
    package func describeQuorum() async throws(KafkaError) -> QuorumDescription {
        try await quorum(from: .any)
    }

    package func describeQuorumFromControllers() async throws(KafkaError) -> QuorumDescription {
        try await quorum(from: .controllerListener)
    }

    /// Always partition 0 of `__cluster_metadata`.
    private func quorum(from target: RequestTarget) async throws(KafkaError) -> QuorumDescription {
        let request = DescribeQuorumRequest(topics: [
            .init(topicName: "__cluster_metadata", partitions: [.init(partitionIndex: 0)])
        ])
        let answer = try await call(request, to: target)
        try check(answer.response.errorCode, answer.response.errorMessage, .describeQuorum)
        let topic = answer.response.topics.first { $0.topicName == "__cluster_metadata" }
        guard let partition = topic?.partitions.first(where: { $0.partitionIndex == 0 }) else {
            throw .noResult(.describeQuorum, "__cluster_metadata-0")
        }
        try check(partition.errorCode, partition.errorMessage, .describeQuorum)
        let version = answer.version
        return QuorumDescription(
            leaderID: partition.leaderId, leaderEpoch: partition.leaderEpoch, highWatermark: partition.highWatermark,
            voters: partition.currentVoters.map { .init($0, version: version) },
            observers: partition.observers.map { .init($0, version: version) },
            nodes: answer.response.nodes.map { node in
                .init(id: node.nodeId, listeners: node.listeners.map { ($0.name, $0.host, Int32($0.port)) })
            })
    }

    package func listReassignments() async throws(KafkaError) -> [Reassignment] {
        let request = ListPartitionReassignmentsRequest(topics: nil)
        let answer = try await call(request, to: .controller).response
        try check(answer.errorCode, answer.errorMessage, .listPartitionReassignments)
        return answer.topics.flatMap { topic in
            topic.partitions.map {
                Reassignment(
                    partition: TopicPartition(topic.name, $0.partitionIndex), replicas: $0.replicas,
                    adding: $0.addingReplicas, removing: $0.removingReplicas)
            }
        }.sorted { $0.partition < $1.partition }
    }
}

extension QuorumDescription.Replica {
    /// Timestamps come from v1 on and are -1 when unknown, directory ids from v2 on.
    init(_ replica: DescribeQuorumResponse.Replica, version: Int16) {
        func known(_ timestamp: Int64) -> Int64? { version >= 1 && timestamp >= 0 ? timestamp : nil }
        self.init(
            id: replica.replicaId, logEndOffset: replica.logEndOffset, lastFetch: known(replica.lastFetchTimestamp),
            lastCaughtUp: known(replica.lastCaughtUpTimestamp),
            directoryID: version >= 2 && replica.replicaDirectoryId != .zero ? replica.replicaDirectoryId : nil)
    }
}
