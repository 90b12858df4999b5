import KafkaWire

// CreateTopics (19). Each topic succeeds or fails by itself.
//
// Behaviour: -1 partitions or replicas is the cluster's default (1, and 3 or the number of brokers). Replicas are spread
// over racks; fenced brokers get replicas too, outside the ISR, but never the first. Errors and their words are Kafka's.
//
// Version notes: v5 answers with partitions, replication factor and configuration, v7 with the id.

extension ClusterModel {
    private struct CreateProblem: Error {
        let code: KafkaErrorCode
        let message: String?

        init(_ code: KafkaErrorCode, _ message: String?) {
            self.code = code
            self.message = message
        }
    }

    mutating func createTopics(_ request: CreateTopicsRequest, _ call: Call) -> CreateTopicsResponse {
        var counts: [String: Int] = [:]
        for topic in request.topics { counts[topic.name, default: 0] += 1 }
        var response = CreateTopicsResponse()
        var answered: Set<String> = []
        for topic in request.topics where answered.insert(topic.name).inserted {
            var result = CreateTopicsResponse.Topic(name: topic.name, errorMessage: nil)
            do throws(CreateProblem) {
                if call.listener == .controller, activeController != call.node {
                    throw CreateProblem(.notController, "This is not the active controller.")
                }
                if counts[topic.name] ?? 0 > 1 { throw CreateProblem(.invalidRequest, "Duplicate topic name.") }
                guard allowsOnCluster(.create) || allows(.create, .topic, topic.name) else {
                    throw CreateProblem(
                        .topicAuthorizationFailed, KafkaWords.text(.topicAuthorizationFailed) ?? "")
                }
                let assignment = try planTopic(topic)
                guard mayChange(partitions: assignment.count, isStrict: call.version >= 6, call) else {
                    throw CreateProblem(.throttlingQuotaExceeded, nil)
                }
                var configs: [String: String] = [:]
                for config in topic.configs { configs[config.name] = config.value }
                if !request.validateOnly {
                    createTopic(topic.name, assignment: assignment, configs: configs, rate: 0)
                    record(.topicCreated(topic.name), on: call.node)
                    rebuildRecoveriesIfBehind(topic.name)
                }
                fill(&result, topic.name, assignment, configs, call)
            } catch {
                result.errorCode = error.code
                result.errorMessage = error.message
            }
            response.topics.append(result)
        }
        response.throttleTimeMs = mutationDelay(call)
        return response
    }

    mutating func rebuildRecoveriesIfBehind(_ topic: String) {
        guard let partitions = image.topics[topic]?.partitions else { return }
        for (index, partition) in partitions.enumerated() {
            for replica in partition.replicas where !partition.isr.contains(replica) && image.isActive(replica) {
                addRecovery(of: PartitionKey(topic, index), on: replica)
            }
        }
    }

    private func planTopic(_ topic: CreateTopicsRequest.Topic) throws(CreateProblem) -> [[Int32]] {
        if let problem = topicNameProblem(topic.name) { throw CreateProblem(.invalidTopicException, problem) }
        if image.topics[topic.name] != nil {
            throw CreateProblem(.topicAlreadyExists, "Topic '\(topic.name)' already exists.")
        }
        for config in topic.configs {
            guard let definition = ConfigTable.topicByName[config.name] else {
                throw CreateProblem(.invalidConfig, "Unknown topic config name: \(config.name)")
            }
            guard let value = config.value else {
                throw CreateProblem(.invalidConfig, "Null value not supported for topic configs: \(config.name)")
            }
            if let problem = definition.problem(with: value) { throw CreateProblem(.invalidConfig, problem) }
        }
        return topic.assignments.isEmpty ? try placedTopic(topic) : try assignedTopic(topic)
    }

    private func placedTopic(_ topic: CreateTopicsRequest.Topic) throws(CreateProblem) -> [[Int32]] {
        guard topic.replicationFactor == -1 || topic.replicationFactor > 0 else {
            throw CreateProblem(
                .invalidReplicationFactor, "Replication factor must be larger than 0, or -1 to use the default value.")
        }
        guard topic.numPartitions == -1 || topic.numPartitions > 0 else {
            throw CreateProblem(
                .invalidPartitions, "Number of partitions was set to an invalid non-positive value.")
        }
        let partitions = topic.numPartitions == -1 ? 1 : Int(topic.numPartitions)
        let factor = topic.replicationFactor == -1 ? defaultReplicationFactor : Int(topic.replicationFactor)
        guard partitions <= Self.mostPartitionsAtOnce else {
            throw CreateProblem(
                .policyViolation,
                "Excessively large number of partitions per request.")
        }
        return try placed(partitions: partitions, factor: factor)
    }

    /// A request may write this many records (`MAX_RECORDS_PER_USER_OP`).
    static let mostPartitionsAtOnce = 10_000

    private func placed(partitions: Int, factor: Int) throws(CreateProblem) -> [[Int32]] {
        guard factor <= image.brokers.count else {
            let isNew = activeController.flatMap { nodes[$0]?.release.hasNewWording } ?? true
            let cordoned = isNew ? " or some brokers have all their log directories cordoned" : ""
            throw CreateProblem(
                .invalidReplicationFactor,
                "Unable to replicate the partition \(factor) time(s): The target replication factor of \(factor) cannot "
                    + "be reached because only \(image.brokers.count) broker(s) are registered\(cordoned).")
        }
        let assignment = placeReplicas(partitions: partitions, factor: factor, start: image.topics.count)
        guard !assignment.isEmpty else {
            throw CreateProblem(
                .invalidReplicationFactor,
                "Unable to replicate the partition \(factor) time(s): All brokers are currently fenced.")
        }
        return assignment
    }

    private func assignedTopic(_ topic: CreateTopicsRequest.Topic) throws(CreateProblem) -> [[Int32]] {
        guard topic.replicationFactor == -1 else {
            throw CreateProblem(
                .invalidRequest,
                "A manual partition assignment was specified, but replication factor was not set to -1.")
        }
        guard topic.numPartitions == -1 else {
            throw CreateProblem(
                .invalidRequest, "A manual partition assignment was specified, but numPartitions was not set to -1.")
        }
        let sorted = topic.assignments.sorted { $0.partitionIndex < $1.partitionIndex }
        for (index, assignment) in sorted.enumerated() {
            guard assignment.partitionIndex == Int32(clamping: index) else {
                throw CreateProblem(
                    .invalidReplicaAssignment, "partitions should be a consecutive 0-based integer sequence")
            }
            if let problem = assignmentProblem(assignment.brokerIds) {
                throw CreateProblem(.invalidReplicaAssignment, problem)
            }
            let first = sorted[0].brokerIds.count
            guard assignment.brokerIds.count == first else {
                throw CreateProblem(
                    .invalidReplicaAssignment,
                    "The manual partition assignment includes a partition with \(assignment.brokerIds.count) replica(s), "
                        + "but this is not consistent with previous partitions, which have \(first) replica(s).")
            }
            guard assignment.brokerIds.contains(where: { image.isActive($0) }) else {
                throw CreateProblem(
                    .invalidReplicaAssignment,
                    "All brokers specified in the manual partition assignment for partition \(index) are fenced or in "
                        + "controlled shutdown.")
            }
        }
        return sorted.map(\.brokerIds)
    }

    /// What is wrong with a list of replicas that somebody chose, in Kafka's words.
    func assignmentProblem(_ replicas: [Int32]) -> String? {
        if replicas.isEmpty { return "The manual partition assignment includes an empty replica list." }
        var seen: Set<Int32> = []
        for replica in replicas.sorted() {
            if image.brokers[replica] == nil {
                return "The manual partition assignment includes broker \(replica), but no such broker is registered."
            }
            if !seen.insert(replica).inserted {
                return "The manual partition assignment includes the broker \(replica) more than once."
            }
        }
        return nil
    }

    private func fill(
        _ result: inout CreateTopicsResponse.Topic, _ name: String, _ assignment: [[Int32]],
        _ configs: [String: String],
        _ call: Call
    ) {
        guard call.version >= 5 else { return }
        let topic =
            image.topics[name] ?? TopicImage(id: .zero, isInternal: false, configs: configs, partitions: [])
        if call.version >= 7 { result.topicId = topic.id }
        result.numPartitions = Int32(clamping: assignment.count)
        result.replicationFactor = Int16(clamping: assignment.first?.count ?? 0)
        result.configs = topicConfigEntries(topic, image, asked: call.node).map { entry in
            CreateTopicsResponse.Config(
                name: entry.name, value: entry.value, readOnly: entry.isReadOnly, configSource: entry.source.rawValue,
                isSensitive: entry.isSensitive)
        }
    }
}
