import KafkaWire

// DescribeTopicPartitions (75). Brokers only; pages of topics in the order of their names.
//
// Behaviour: no topics means all; the page holds at most the smaller of the asked limit and 2000 partitions; the cursor
// names the first partition of the next page. A cursor whose topic is gone goes on with the next one.

extension ClusterModel {
    /// A broker's `max.request.partition.size.limit`.
    private static let partitionLimit: Int32 = 2000

    mutating func describeTopicPartitions(
        _ request: DescribeTopicPartitionsRequest, _ call: Call
    ) -> DescribeTopicPartitionsResponse {
        let view = answeringView(call)
        let fenced = fencedBrokers(view)
        let isForAll = request.topics.isEmpty
        var names = request.topics.isEmpty ? Array(view.topics.keys) : Array(Set(request.topics.map(\.name)))
        if isForAll { names.removeAll { !allows(.describe, .topic, $0) } }
        names.sort { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
        var first = 0
        if let cursor = request.cursor {
            names.removeAll { Array($0.utf8).lexicographicallyPrecedes(Array(cursor.topicName.utf8)) }
            if names.first == cursor.topicName { first = max(0, Int(cursor.partitionIndex)) }
        }
        var room = Int(max(1, min(request.responsePartitionLimit, Self.partitionLimit)))
        var response = DescribeTopicPartitionsResponse()
        for name in names {
            guard isForAll || allows(.describe, .topic, name) else {
                response.topics.append(.init(errorCode: .topicAuthorizationFailed, name: name))
                continue
            }
            guard let topic = view.topics[name] else {
                let problem: KafkaErrorCode =
                    topicNameProblem(name) == nil ? .unknownTopicOrPartition : .invalidTopicException
                response.topics.append(DescribeTopicPartitionsResponse.Topic(errorCode: problem, name: name))
                continue
            }
            guard room > 0 else {
                response.nextCursor = DescribeTopicPartitionsResponse.Cursor(topicName: name, partitionIndex: 0)
                break
            }
            let start = min(first, topic.partitions.count)
            let end = min(topic.partitions.count, start + room)
            first = 0
            response.topics.append(
                DescribeTopicPartitionsResponse.Topic(
                    name: name, topicId: topic.id, isInternal: topic.isInternal,
                    partitions: (start..<end).map { describe(topic.partitions[$0], $0, view, fenced) },
                    topicAuthorizedOperations: authorizedOperations(AuthorizedOperations.topic, .topic, name)))
            room -= end - start
            if end < topic.partitions.count {
                response.nextCursor = DescribeTopicPartitionsResponse.Cursor(
                    topicName: name, partitionIndex: Int32(clamping: end))
                break
            }
        }
        return response
    }

    private func describe(
        _ partition: PartitionImage, _ index: Int, _ view: MetadataImage, _ fenced: Set<Int32>
    ) -> DescribeTopicPartitionsResponse.Partition {
        DescribeTopicPartitionsResponse.Partition(
            partitionIndex: Int32(clamping: index),
            leaderId: fenced.contains(partition.leader) ? -1 : partition.leader, leaderEpoch: partition.leaderEpoch,
            replicaNodes: partition.replicas, isrNodes: partition.isr, eligibleLeaderReplicas: partition.elr,
            lastKnownElr: partition.lastKnownELR, offlineReplicas: partition.replicas.filter { fenced.contains($0) })
    }
}
