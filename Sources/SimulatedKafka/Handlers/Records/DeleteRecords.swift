import KafkaWire

// DeleteRecords (21). To the leader of each partition. Everything before an offset goes; -1 is the high watermark.

extension ClusterModel {
    mutating func deleteRecords(_ request: DeleteRecordsRequest, _ call: Call) -> DeleteRecordsResponse {
        let view = view(of: call.node)
        var response = DeleteRecordsResponse()
        for topic in request.topics {
            var answer = DeleteRecordsResponse.Topic(name: topic.name)
            for asked in topic.partitions {
                let key = PartitionKey(topic.name, Int(asked.partitionIndex))
                var result = DeleteRecordsResponse.Partition(partitionIndex: asked.partitionIndex, lowWatermark: -1)
                if let code = deleteProblem(key, asked.offset, view, call) {
                    result.errorCode = code
                } else {
                    let time = now
                    withLog(key) { log in
                        log.records.deleteRecords(before: asked.offset == -1 ? log.endOffset(at: time) : asked.offset)
                    }
                    result.lowWatermark = log(key)?.records.startOffset ?? -1
                    record(.recordsDeleted(key, before: result.lowWatermark), on: call.node)
                }
                answer.partitions.append(result)
            }
            response.topics.append(answer)
        }
        return response
    }

    private func deleteProblem(
        _ key: PartitionKey, _ offset: Int64, _ view: MetadataImage, _ call: Call
    ) -> KafkaErrorCode? {
        guard allows(.delete, .topic, key.topic) else { return .topicAuthorizationFailed }
        guard view.partition(key) != nil else { return .unknownTopicOrPartition }
        if Self.internalTopics.contains(key.topic) { return .invalidTopicException }
        if let code = leaderProblem(key, view, call) { return code }
        let policy = topicConfig("cleanup.policy", of: key.topic) ?? "delete"
        guard policy.contains("delete") || policy.isEmpty else { return .policyViolation }
        guard let log = log(key), offset == -1 || (0...log.endOffset(at: now)).contains(offset) else {
            return .offsetOutOfRange
        }
        return nil
    }
}
