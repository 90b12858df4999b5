import KafkaWire

// ElectLeaders (43). Preferred (0) or unclean (1), for the named partitions or, with null, for all of which then only those
// are answered where something was to be done.

extension ClusterModel {
    mutating func electLeaders(_ request: ElectLeadersRequest, _ call: Call) -> ElectLeadersResponse {
        if call.listener == .controller, activeController != call.node {
            return ElectLeadersResponse(errorCode: .notController)
        }
        guard allowsOnCluster(.alter) else { return ElectLeadersResponse(errorCode: .clusterAuthorizationFailed) }
        guard request.electionType == 0 || request.electionType == 1 else {
            return ElectLeadersResponse(errorCode: .invalidRequest)
        }
        let isUnclean = request.electionType == 1
        var response = ElectLeadersResponse()
        if let topics = request.topicPartitions {
            for topic in topics {
                var result = ElectLeadersResponse.Topic(topic: topic.topic)
                for partition in topic.partitions {
                    let code = elect(topic.topic, partition, isUnclean, call)
                    result.partitionResult.append(electionResult(partition, code, topic.topic))
                }
                response.replicaElectionResults.append(result)
            }
            return response
        }
        for name in image.topics.keys.sorted() {
            var result = ElectLeadersResponse.Topic(topic: name)
            for index in (image.topics[name]?.partitions ?? []).indices {
                let partition = Int32(clamping: index)
                let code = elect(name, partition, isUnclean, call)
                if code == .electionNotNeeded { continue }
                result.partitionResult.append(electionResult(partition, code, name))
            }
            if !result.partitionResult.isEmpty { response.replicaElectionResults.append(result) }
        }
        return response
    }

    private func electionResult(
        _ partition: Int32, _ code: KafkaErrorCode, _ topic: String
    ) -> ElectLeadersResponse.Partition {
        var message: String?
        switch code {
        case .none: break
        case .unknownTopicOrPartition:
            message =
                image.topics[topic] == nil ? "No such topic as \(topic)" : "No such partition as \(topic)-\(partition)"
        default: message = code.meaning
        }
        return ElectLeadersResponse.Partition(partitionId: partition, errorCode: code, errorMessage: message)
    }

    private mutating func elect(_ topic: String, _ number: Int32, _ isUnclean: Bool, _ call: Call) -> KafkaErrorCode {
        let key = PartitionKey(topic, Int(number))
        guard let partition = image.partition(key) else { return .unknownTopicOrPartition }
        if isUnclean ? partition.leader != -1 : partition.leader == partition.replicas.first {
            return .electionNotNeeded
        }
        let next = partitionRule(for: topic).next(partition, election: isUnclean ? .unclean : .preferred)
        let isDone = isUnclean ? next.leader != -1 : next.leader == next.replicas.first
        guard isDone else { return isUnclean ? .eligibleLeadersNotAvailable : .preferredLeaderNotAvailable }
        record(.electionRequested(key, unclean: isUnclean), on: call.node)
        set(key, to: next, actor: activeController ?? call.node)
        if partition.leader == -1 { rebuildRecoveries() }
        return .none
    }
}
