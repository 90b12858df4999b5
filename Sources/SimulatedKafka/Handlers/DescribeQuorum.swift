import KafkaWire

// DescribeQuorum (55). Answered by the leader of the quorum; brokers hand it on, other controllers say that they are not
// the leader.
//
// Behaviour: only partition 0 of `__cluster_metadata` exists. Voters that are down keep the offset and times of their last
// fetch. Observers are the brokers without a controller of their own; they are forgotten five minutes after their last
// fetch. Directory ids of voters are shown once `kraft.version` is 1.

extension ClusterModel {
    private static let metadataTopic = "__cluster_metadata"
    private static let observerLifetime: Duration = .seconds(300)
    /// How long ago a healthy follower has fetched.
    private static let fetchInterval: Int64 = 100

    func describeQuorum(_ request: DescribeQuorumRequest, _ call: Call) -> DescribeQuorumResponse {
        var response = DescribeQuorumResponse(errorMessage: nil)
        guard allowsOnCluster(.describe) else {
            response.errorCode = .clusterAuthorizationFailed
            response.errorMessage = KafkaWords.text(.clusterAuthorizationFailed)
            return response
        }
        if call.listener == .controller, call.node != quorum.leader {
            response.errorCode = .notLeaderOrFollower
            return response
        }
        guard request.topics.count == 1, let topic = request.topics.first, topic.topicName == Self.metadataTopic,
            topic.partitions.count == 1, topic.partitions.first?.partitionIndex == 0
        else {
            response.topics = request.topics.map { topic in
                DescribeQuorumResponse.Topic(
                    topicName: topic.topicName,
                    partitions: topic.partitions.map {
                        DescribeQuorumResponse.Partition(
                            partitionIndex: $0.partitionIndex, errorCode: .unknownTopicOrPartition, errorMessage: nil)
                    })
            }
            return response
        }
        let partition = DescribeQuorumResponse.Partition(
            errorMessage: nil, leaderId: quorum.leader ?? -1, leaderEpoch: quorum.epoch, highWatermark: logEndOffset,
            currentVoters: quorum.voters.map(quorumReplica), observers: observers.map(quorumReplica))
        response.topics = [DescribeQuorumResponse.Topic(topicName: Self.metadataTopic, partitions: [partition])]
        if call.version >= 2 {
            response.nodes = quorum.voters.map { voter in
                let endpoint = endpoint(of: voter, .controller)
                return DescribeQuorumResponse.Node(
                    nodeId: voter,
                    listeners: [
                        DescribeQuorumResponse.Listener(
                            name: SimulatedListener.controllerName, host: endpoint.host,
                            port: UInt16(clamping: endpoint.port))
                    ])
            }
        }
        return response
    }

    private var observers: [Int32] {
        nodeIDs.filter { id in
            guard let node = nodes[id], !node.isController else { return false }
            guard let last = node.lastFetch else { return true }
            return now - last.at < Self.observerLifetime
        }
    }

    private func quorumReplica(_ id: Int32) -> DescribeQuorumResponse.Replica {
        guard let node = nodes[id] else { return DescribeQuorumResponse.Replica(replicaId: id) }
        let showsDirectory = !node.isController || (image.features[Feature.kraftVersion] ?? 0) >= 1
        var replica = DescribeQuorumResponse.Replica(
            replicaId: id, replicaDirectoryId: showsDirectory ? node.directoryID : .zero)
        if let last = node.lastFetch {
            replica.logEndOffset = last.offset
            replica.lastFetchTimestamp = (epoch + last.at).milliseconds
            replica.lastCaughtUpTimestamp = replica.lastFetchTimestamp
        } else {
            let age = id == quorum.leader ? 0 : Self.fetchInterval
            replica.logEndOffset = logEndOffset
            replica.lastFetchTimestamp = wallClock - age
            replica.lastCaughtUpTimestamp = wallClock - age
        }
        return replica
    }
}
