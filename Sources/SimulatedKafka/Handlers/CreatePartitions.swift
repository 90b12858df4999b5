import KafkaWire

// CreatePartitions (37). Each topic succeeds or fails by itself.

extension ClusterModel {
    private struct PartitionsProblem: Error {
        let code: KafkaErrorCode
        let message: String?

        init(_ code: KafkaErrorCode, _ message: String?) {
            self.code = code
            self.message = message
        }
    }

    mutating func createPartitions(_ request: CreatePartitionsRequest, _ call: Call) -> CreatePartitionsResponse {
        var counts: [String: Int] = [:]
        for topic in request.topics { counts[topic.name, default: 0] += 1 }
        var answered: Set<String> = []
        var response = CreatePartitionsResponse()
        for topic in request.topics where answered.insert(topic.name).inserted {
            var result = CreatePartitionsResponse.Result(name: topic.name)
            do throws(PartitionsProblem) {
                if counts[topic.name] ?? 0 > 1 { throw PartitionsProblem(.invalidRequest, "Duplicate topic name.") }
                guard allows(.alter, .topic, topic.name) else {
                    throw PartitionsProblem(
                        .topicAuthorizationFailed, KafkaWords.text(.topicAuthorizationFailed) ?? "")
                }
                let added = try planPartitions(topic)
                guard mayChange(partitions: added.count, isStrict: call.version >= 3, call) else {
                    throw PartitionsProblem(
                        .throttlingQuotaExceeded, KafkaWords.text(.throttlingQuotaExceeded))
                }
                if !request.validateOnly {
                    addPartitions(topic.name, added, rate: 0)
                    record(.partitionsCreated(topic.name, count: topic.count), on: call.node)
                    rebuildRecoveriesIfBehind(topic.name)
                }
            } catch {
                result.errorCode = error.code
                result.errorMessage = error.message
            }
            response.results.append(result)
        }
        response.throttleTimeMs = mutationDelay(call)
        return response
    }

    private func planPartitions(_ asked: CreatePartitionsRequest.Topic) throws(PartitionsProblem) -> [[Int32]] {
        guard let topic = image.topics[asked.name] else {
            throw PartitionsProblem(.unknownTopicOrPartition, nil)
        }
        let current = topic.partitions.count
        let wanted = Int(asked.count)
        if wanted == current {
            throw PartitionsProblem(.invalidPartitions, "Topic already has \(current) partition(s).")
        }
        if wanted < current {
            throw PartitionsProblem(
                .invalidPartitions,
                "The topic \(asked.name) currently has \(current) partition(s); \(wanted) would not be an increase.")
        }
        let added = wanted - current
        if added > Self.mostPartitionsAtOnce {
            throw PartitionsProblem(.policyViolation, "Excessively large number of partitions per request.")
        }
        let factor = topic.partitions.first?.replicas.count ?? 1
        if let assignments = asked.assignments {
            guard assignments.count == added else {
                throw PartitionsProblem(
                    .invalidReplicaAssignment,
                    "Attempted to add \(added) additional partition(s), but only \(assignments.count) assignment(s) "
                        + "were specified.")
            }
            for assignment in assignments {
                try check(assignment.brokerIds, factor)
            }
            return assignments.map(\.brokerIds)
        }
        let placed = placeReplicas(partitions: added, factor: factor, start: image.topics.count + current)
        guard !placed.isEmpty else {
            throw PartitionsProblem(
                .invalidReplicationFactor,
                "Unable to replicate the partition \(factor) time(s): All brokers are currently fenced.")
        }
        return placed
    }

    private func check(_ replicas: [Int32], _ factor: Int) throws(PartitionsProblem) {
        if let problem = assignmentProblem(replicas) { throw PartitionsProblem(.invalidReplicaAssignment, problem) }
        guard replicas.count == factor else {
            throw PartitionsProblem(
                .invalidReplicaAssignment,
                "The manual partition assignment includes a partition with \(replicas.count) replica(s), but this is "
                    + "not consistent with previous partitions, which have \(factor) replica(s).")
        }
        guard replicas.contains(where: { image.isActive($0) }) else {
            throw PartitionsProblem(
                .invalidReplicaAssignment,
                "All brokers specified in the manual partition assignment for partition are fenced or in controlled "
                    + "shutdown.")
        }
    }
}
