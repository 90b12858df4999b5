import KafkaWire

// OffsetForLeaderEpoch (23). To the leader of each partition: where an epoch ended.
//
// Behaviour: the end of the current epoch is the end of the log; of an older one the start of the next; of one that is not
// known yet, or is from before the log, -1.

extension ClusterModel {
    func offsetForLeaderEpoch(_ request: OffsetForLeaderEpochRequest, _ call: Call) -> OffsetForLeaderEpochResponse {
        let view = view(of: call.node)
        return OffsetForLeaderEpochResponse(
            topics: request.topics.map { topic in
                OffsetForLeaderEpochResponse.Topic(
                    topic: topic.topic,
                    partitions: topic.partitions.map { asked in
                        epochEnd(asked, PartitionKey(topic.topic, Int(asked.partition)), view, call)
                    })
            })
    }

    private func epochEnd(
        _ asked: OffsetForLeaderEpochRequest.Partition, _ key: PartitionKey, _ view: MetadataImage, _ call: Call
    ) -> OffsetForLeaderEpochResponse.EpochEnd {
        var result = OffsetForLeaderEpochResponse.EpochEnd(partition: asked.partition)
        guard allows(.describe, .topic, key.topic) else {
            result.errorCode = .topicAuthorizationFailed
            return result
        }
        if let code = leaderProblem(key, view, call) {
            result.errorCode = code
            return result
        }
        guard let partition = view.partition(key), let log = log(key) else { return result }
        if let code = epochProblem(asked.currentLeaderEpoch, partition) {
            result.errorCode = code
            return result
        }
        let end = log.endOffset(at: now)
        if asked.leaderEpoch == partition.leaderEpoch {
            result.leaderEpoch = asked.leaderEpoch
            result.endOffset = end
        } else if let found = log.records.end(of: asked.leaderEpoch, logEnd: end) {
            result.leaderEpoch = found.epoch
            result.endOffset = found.offset
        }
        return result
    }
}
