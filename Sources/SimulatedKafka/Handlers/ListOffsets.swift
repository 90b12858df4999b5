import KafkaWire

// ListOffsets (2). To the leader of each partition; others answer NOT_LEADER_OR_FOLLOWER.
//
// Behaviour: -1 is the end, -2 the start (0), -3 the last record, the tiered ones find nothing; a time in the past finds
// the start, one in the future nothing.

extension ClusterModel {
    func listOffsets(_ request: ListOffsetsRequest, _ call: Call) -> ListOffsetsResponse {
        let view = view(of: call.node)
        return ListOffsetsResponse(
            topics: request.topics.map { topic in
                ListOffsetsResponse.Topic(
                    name: topic.name,
                    partitions: topic.partitions.map {
                        find($0, PartitionKey(topic.name, Int($0.partitionIndex)), view, call)
                    })
            })
    }

    private func find(
        _ asked: ListOffsetsRequest.Partition, _ key: PartitionKey, _ view: MetadataImage, _ call: Call
    ) -> ListOffsetsResponse.Partition {
        var result = ListOffsetsResponse.Partition(partitionIndex: asked.partitionIndex)
        guard let partition = view.partition(key), let log = log(key) else {
            result.errorCode = .unknownTopicOrPartition
            return result
        }
        guard partition.leader == call.node else {
            result.errorCode = .notLeaderOrFollower
            return result
        }
        if asked.currentLeaderEpoch != -1, asked.currentLeaderEpoch != partition.leaderEpoch {
            result.errorCode =
                asked.currentLeaderEpoch < partition.leaderEpoch ? .fencedLeaderEpoch : .unknownLeaderEpoch
            return result
        }
        let end = log.end(at: now) / PartitionLog.recordBytes
        switch asked.timestamp {
        case -1: result.offset = end
        case -2, -4: result.offset = 0
        case -3:
            result.offset = end - 1
            result.timestamp = end > 0 ? wallClock : -1
        case 0...wallClock where end > 0:
            result.offset = 0
            result.timestamp = asked.timestamp
        default: break
        }
        if result.offset != -1 { result.leaderEpoch = partition.leaderEpoch }
        return result
    }
}
