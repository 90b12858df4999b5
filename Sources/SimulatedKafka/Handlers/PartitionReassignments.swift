import KafkaWire

// AlterPartitionReassignments (45) and ListPartitionReassignments (46).
//
// Behaviour: the new replicas come first in the list, those that will go stay behind them until every added one is in sync.
// Null calls a move off, unless nobody in sync would stay. An order of the same replicas is in force at once. Fenced brokers
// may be chosen. The answer comes when the move is recorded, not when it is done.
//
// Version notes: v1 of 45 can forbid a change of the replication factor.

extension ClusterModel {
    mutating func alterPartitionReassignments(
        _ request: AlterPartitionReassignmentsRequest, _ call: Call
    ) -> AlterPartitionReassignmentsResponse {
        var response = AlterPartitionReassignmentsResponse(
            allowReplicationFactorChange: request.allowReplicationFactorChange, errorMessage: nil)
        if call.listener == .controller, activeController != call.node {
            response.errorCode = .notController
            return response
        }
        guard allowsOnCluster(.alter) else {
            response.errorCode = .clusterAuthorizationFailed
            response.errorMessage = KafkaWords.notAuthorized
            response.responses = request.topics.map { topic in
                .init(
                    name: topic.name,
                    partitions: topic.partitions.map {
                        .init(
                            partitionIndex: $0.partitionIndex, errorCode: .clusterAuthorizationFailed,
                            errorMessage: KafkaWords.notAuthorized)
                    })
            }
            return response
        }
        for topic in request.topics {
            var result = AlterPartitionReassignmentsResponse.Topic(name: topic.name)
            for partition in topic.partitions {
                let problem = reassign(topic.name, partition, request.allowReplicationFactorChange, call)
                result.partitions.append(
                    AlterPartitionReassignmentsResponse.Partition(
                        partitionIndex: partition.partitionIndex, errorCode: problem?.code ?? .none,
                        errorMessage: problem?.message))
            }
            response.responses.append(result)
        }
        return response
    }

    private typealias Problem = (code: KafkaErrorCode, message: String?)

    private mutating func reassign(
        _ topic: String, _ asked: AlterPartitionReassignmentsRequest.Partition, _ allowsFactorChange: Bool, _ call: Call
    ) -> Problem? {
        guard image.topics[topic] != nil else {
            return (.unknownTopicOrPartition, "Unable to find a topic named \(topic).")
        }
        let key = PartitionKey(topic, Int(asked.partitionIndex))
        guard let old = image.partition(key) else {
            return (.unknownTopicOrPartition, "Unable to find partition \(topic):\(asked.partitionIndex).")
        }
        guard let target = asked.replicas else { return cancel(key, old, call) }
        if let problem = assignmentProblem(target) { return (.invalidReplicaAssignment, problem) }
        let before = old.replicas.filter { !old.adding.contains($0) }
        guard allowsFactorChange || target.count == before.count else {
            return (
                .invalidReplicationFactor,
                "The replication factor is changed from \(before.count) to \(target.count)"
            )
        }
        let adding = target.filter { !before.contains($0) }
        let removing = old.replicas.filter { !target.contains($0) }
        let rule = partitionRule(for: topic)
        let next = rule.next(
            old, isr: old.isr.filter { (target + removing).contains($0) }, replicas: target + removing, adding: adding,
            removing: removing)
        guard next != old else { return nil }
        record(.reassignmentStarted(key, replicas: target), on: call.node)
        set(key, to: next, actor: activeController ?? call.node)
        for replica in next.replicas where !next.isr.contains(replica) && !old.replicas.contains(replica) {
            addRecovery(of: key, on: replica)
        }
        return nil
    }

    private mutating func cancel(_ key: PartitionKey, _ old: PartitionImage, _ call: Call) -> Problem? {
        guard old.isReassigning else {
            return (.noReassignmentInProgress, nil)
        }
        let replicas = old.replicas.filter { !old.adding.contains($0) }
        let isr = old.isr.filter { replicas.contains($0) }
        guard !isr.isEmpty, !replicas.isEmpty else {
            return (
                .invalidReplicaAssignment,
                "Unable to revert partition assignment for \(key.topic):\(key.partition) because it would require an "
                    + "unclean leader election."
            )
        }
        record(.reassignmentCancelled(key), on: call.node)
        let next = partitionRule(for: key.topic).next(old, isr: isr, replicas: replicas, adding: [], removing: [])
        set(key, to: next, actor: activeController ?? call.node)
        return nil
    }

    // MARK: Listing

    func listPartitionReassignments(
        _ request: ListPartitionReassignmentsRequest, _ call: Call
    ) -> ListPartitionReassignmentsResponse {
        var response = ListPartitionReassignmentsResponse(errorMessage: nil)
        if call.listener == .controller, activeController != call.node {
            response.errorCode = .notController
            return response
        }
        guard allowsOnCluster(.describe) else {
            response.errorCode = .clusterAuthorizationFailed
            response.errorMessage = KafkaWords.notAuthorized
            return response
        }
        let asked =
            request.topics?.map { (name: $0.name, partitions: $0.partitionIndexes.map { Int($0) }) }
            ?? image.topics.keys.sorted().map { name in
                (name: name, partitions: Array((image.topics[name]?.partitions ?? []).indices))
            }
        for (name, numbers) in asked {
            var topic = ListPartitionReassignmentsResponse.Topic(name: name)
            for number in numbers {
                guard let partition = image.partition(PartitionKey(name, number)), partition.isReassigning else {
                    continue
                }
                topic.partitions.append(
                    ListPartitionReassignmentsResponse.Partition(
                        partitionIndex: Int32(clamping: number), replicas: partition.replicas,
                        addingReplicas: partition.adding, removingReplicas: partition.removing))
            }
            if !topic.partitions.isEmpty { response.topics.append(topic) }
        }
        return response
    }
}
