import KafkaWire

// AlterReplicaLogDirs (34). The answering broker's own replicas; a move is done at once.

extension ClusterModel {
    mutating func alterReplicaLogDirs(
        _ request: AlterReplicaLogDirsRequest, _ call: Call
    ) -> AlterReplicaLogDirsResponse {
        let view = view(of: call.node)
        let isPermitted = allowsOnCluster(.alter)
        var results: [String: [AlterReplicaLogDirsResponse.Partition]] = [:]
        for directory in request.dirs {
            for topic in directory.topics {
                for partition in topic.partitions {
                    let key = PartitionKey(topic.name, Int(partition))
                    let code: KafkaErrorCode =
                        isPermitted
                        ? moveProblem(key, directory.path, view, call) ?? .none : .clusterAuthorizationFailed
                    if code == .none {
                        replicaDirectories[call.node, default: [:]][key] = directory.path
                        record(.replicaMoved(key, directory: directory.path), on: call.node)
                    }
                    results[topic.name, default: []].append(.init(partitionIndex: partition, errorCode: code))
                }
            }
        }
        return AlterReplicaLogDirsResponse(
            results: results.sorted { $0.key < $1.key }.map { .init(topicName: $0.key, partitions: $0.value) })
    }

    private func moveProblem(
        _ key: PartitionKey, _ path: String, _ view: MetadataImage, _ call: Call
    ) -> KafkaErrorCode? {
        guard configuration.logDirectories.contains(path) else { return .logDirNotFound }
        guard let partition = view.partition(key) else { return .unknownTopicOrPartition }
        return partition.replicas.contains(call.node) ? nil : .replicaNotAvailable
    }

    /// Where a broker keeps a replica.
    func directory(of key: PartitionKey, on node: Int32) -> String {
        if let moved = replicaDirectories[node]?[key] { return moved }
        let directories = configuration.logDirectories
        guard directories.count > 1, let id = image.topics[key.topic]?.id else {
            return directories.first ?? Self.logDirectory
        }
        // Kafka fills the emptiest: partitions take turns, and topics begin at different ones.
        let start = Int(id.low % UInt64(directories.count))
        return directories[(start + key.partition) % directories.count]
    }
}
