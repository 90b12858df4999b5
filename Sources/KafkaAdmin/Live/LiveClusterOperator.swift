package import EventLoop
import KafkaWire

/// Changes a cluster over the wire. Batches as Kafka allows, one result per item.
package struct LiveClusterOperator: ClusterOperator {
    let sender: any RequestSender

    let time: any TimeSource

    package init(sender: any RequestSender, time: any TimeSource = SystemTimeSource()) {
        self.sender = sender
        self.time = time
    }

    func call<Request: KafkaRequest>(
        _ request: Request, to target: RequestTarget, readOnly: Bool = false
    ) async throws(KafkaError) -> Request.Response {
        try await sender.call(request, to: target, kind: readOnly ? .read : .write, within: nil).response
    }

    package func createTopics(
        _ topics: [NewTopic], validateOnly: Bool
    ) async throws(KafkaError) -> [ItemResult<String, Void>] {
        let parts = topics.parts(upTo: Self.partitionsPerRequest) { topic in
            topic.assignments.isEmpty ? Int(max(topic.partitions, Self.defaultPartitions)) : topic.assignments.count
        }
        return try await inParts(parts, .createTopics, key: \.name) { part throws(KafkaError) in
            let request = CreateTopicsRequest(
                topics: part.map(\.wire), validateOnly: validateOnly)
            let answer = try await call(request, to: .controller, readOnly: validateOnly)
            return results(
                for: part.map(\.name), .createTopics, validateOnly ? .read : .write,
                answer.topics.map { ($0.name, $0.errorCode, $0.errorMessage) })
        }
    }

    /// A topic costs a record, and each of its partitions another one.
    static let partitionsPerRequest = 5000
    /// Taken to be the brokers' default where a topic leaves it to them.
    private static let defaultPartitions: Int32 = 10

    package func deleteTopics(_ names: [String]) async throws(KafkaError) -> [ItemResult<String, Void>] {
        try await inParts(names.parts(of: Self.itemsPerRequest), .deleteTopics, key: \.self) {
            part throws(KafkaError) in
            // From v6 on (2.8).
            let request = DeleteTopicsRequest(topics: part.map { .init(name: $0) })
            let answer = try await call(request, to: .controller)
            return results(
                for: part, .deleteTopics, .write,
                answer.responses.map { ($0.name ?? "", $0.errorCode, $0.errorMessage) })
        }
    }

    package func alterConfigs(
        _ changes: [(resource: ConfigResource, changes: [ConfigChange])], validateOnly: Bool
    ) async throws(KafkaError) -> [ItemResult<ConfigResource, Void>] {
        // A resource stands in a request once.
        var merged: [ConfigResource: [ConfigChange]] = [:]
        for change in changes { merged[change.resource, default: []] += change.changes }
        var found: [ItemResult<ConfigResource, Void>] = []
        for (target, resources) in changes.map(\.resource).groupedByTarget {
            let parts = resources.parts(upTo: Self.itemsPerRequest) { merged[$0]?.count ?? 0 }
            do {
                found += try await inParts(parts, .incrementalAlterConfigs, key: \.self) { part throws(KafkaError) in
                    try await alter(part.map { ($0, merged[$0] ?? []) }, at: target, validateOnly: validateOnly)
                }
            } catch {
                found += resources.map { ItemResult(item: $0, result: .failure(error)) }
            }
        }
        return found
    }

    private func alter(
        _ changes: [(resource: ConfigResource, changes: [ConfigChange])], at target: RequestTarget, validateOnly: Bool
    ) async throws(KafkaError) -> [ItemResult<ConfigResource, Void>] {
        let request = IncrementalAlterConfigsRequest(
            resources: changes.map { resource, changes in
                .init(
                    resourceType: resource.wire.type, resourceName: resource.wire.name,
                    configs: changes.map {
                        .init(name: $0.name, configOperation: $0.operation.rawValue, value: $0.value)
                    })
            }, validateOnly: validateOnly)
        let answer = try await call(request, to: target, readOnly: validateOnly)
        return results(
            for: changes.map(\.resource), .incrementalAlterConfigs, validateOnly ? .read : .write,
            answer.responses.compactMap { result in
                ConfigResource(type: result.resourceType, name: result.resourceName)
                    .map { ($0, result.errorCode, result.errorMessage) }
            })
    }

    package func electLeaders(
        _ type: ElectionType, _ partitions: [TopicPartition]
    ) async throws(KafkaError) -> [ItemResult<TopicPartition, Bool>] {
        try await inParts(partitions.parts(of: Self.itemsPerRequest), .electLeaders, key: \.self) {
            part throws(KafkaError) in try await electOnce(type, part)
        }
    }

    private func electOnce(
        _ type: ElectionType, _ partitions: [TopicPartition]
    ) async throws(KafkaError) -> [ItemResult<TopicPartition, Bool>] {
        let request = ElectLeadersRequest(
            electionType: type.rawValue,
            topicPartitions: partitions.groupedByTopic.map { .init(topic: $0.topic, partitions: $0.partitions) })
        let answer = try await call(request, to: .controller)
        try check(answer.errorCode, nil, .electLeaders, kind: .write)
        var codes: [TopicPartition: (KafkaErrorCode, String?)] = [:]
        for topic in answer.replicaElectionResults {
            for item in topic.partitionResult {
                let partition = TopicPartition(topic.topic, item.partitionId)
                if codes[partition] == nil { codes[partition] = (item.errorCode, item.errorMessage) }
            }
        }
        return partitions.map { partition in
            guard let (code, message) = codes[partition] else {
                return ItemResult(
                    item: partition, result: .failure(.noResult(.electLeaders, "\(partition)", kind: .write)))
            }
            // 84: ELECTION_NOT_NEEDED, which is what was wished for.
            if code.rawValue == 84 { return ItemResult(item: partition, result: .success(false)) }
            return ItemResult(
                item: partition,
                result: code.isError
                    ? .failure(
                        .answered(code, message: message, api: .electLeaders, about: "\(partition)", kind: .write))
                    : .success(true))
        }
    }

    package func alterReassignments(
        _ assignments: [(partition: TopicPartition, replicas: [Int32]?)]
    ) async throws(KafkaError) -> [ItemResult<TopicPartition, Void>] {
        try await inParts(
            assignments.parts(of: Self.itemsPerRequest), .alterPartitionReassignments, key: \.partition
        ) { part throws(KafkaError) in
            var targets: [TopicPartition: [Int32]?] = [:]
            for (partition, replicas) in part { targets[partition] = .some(replicas) }
            let request = AlterPartitionReassignmentsRequest(
                topics: part.map(\.partition).groupedByTopic.map { topic, indexes in
                    .init(
                        name: topic,
                        partitions: indexes.map {
                            .init(partitionIndex: $0, replicas: targets[TopicPartition(topic, $0)] ?? nil)
                        })
                })
            let answer = try await call(request, to: .controller)
            try check(answer.errorCode, answer.errorMessage, .alterPartitionReassignments, kind: .write)
            return results(
                for: part.map(\.partition), .alterPartitionReassignments, .write,
                answer.responses.flatMap { topic in
                    topic.partitions.map {
                        (TopicPartition(topic.name, $0.partitionIndex), $0.errorCode, $0.errorMessage)
                    }
                })
        }
    }

    package func updateFeatures(_ updates: [FeatureUpdate], validateOnly: Bool) async throws(KafkaError) {
        let request = UpdateFeaturesRequest(
            featureUpdates: updates.map {
                .init(feature: $0.name, maxVersionLevel: $0.level, upgradeType: $0.kind.rawValue)
            }, validateOnly: validateOnly)
        let answer = try await call(request, to: .controller, readOnly: validateOnly)
        let kind: RequestKind = validateOnly ? .read : .write
        try check(answer.errorCode, answer.errorMessage, .updateFeatures, kind: kind)
        // Up to v1 each feature has a result of its own.
        for result in answer.results {
            try check(result.errorCode, result.errorMessage, .updateFeatures, result.feature, kind: kind)
        }
    }

    /// One result per item that was asked for, in that order: the first that was answered, or an error that says none was.
    func results<Item: Hashable & Sendable>(
        for items: [Item], _ api: APIKey, _ kind: RequestKind,
        _ answers: [(item: Item, code: KafkaErrorCode, message: String?)]
    ) -> [ItemResult<Item, Void>] {
        var codes: [Item: (code: KafkaErrorCode, message: String?)] = [:]
        for answer in answers where codes[answer.item] == nil { codes[answer.item] = (answer.code, answer.message) }
        return items.map { item in
            guard let (code, message) = codes[item] else {
                return ItemResult(item: item, result: .failure(.noResult(api, "\(item)", kind: kind)))
            }
            return ItemResult(
                item: item,
                result: code.isError
                    ? .failure(.answered(code, message: message, api: api, about: "\(item)", kind: kind))
                    : .success(()))
        }
    }

}

extension NewTopic {
    /// Partitions and replicas are chosen by the controller, or given by the assignments: not both.
    fileprivate var wire: CreateTopicsRequest.Topic {
        .init(
            name: name, numPartitions: assignments.isEmpty ? partitions : -1,
            replicationFactor: assignments.isEmpty ? replicationFactor : -1,
            assignments: assignments.sorted { $0.key < $1.key }.map {
                .init(partitionIndex: $0.key, brokerIds: $0.value)
            }, configs: configs.map { .init(name: $0.name, value: $0.value) })
    }
}
