package import EventLoop
import KafkaWire

/// Changes a cluster over the wire. Batches as Kafka allows, one result per item.
package struct LiveClusterOperator: ClusterOperator {
    private(set) var sender: any RequestSender

    let time: any TimeSource
    /// When the call of the surface, or the part of it that is under way, must have ended; nil outside of one.
    var deadline: Duration?
    /// When all of its calls must have ended; nil: each has the time of a call.
    var end: Duration?

    package init(sender: any RequestSender, time: any TimeSource = SystemTimeSource()) {
        self.sender = sender
        self.time = time
    }

    /// This operator within one call, or one part of a call: all that is sent shares one deadline.
    var timed: LiveClusterOperator {
        guard deadline == nil else { return self }
        var copy = self
        let limit = time.monotonic + sender.callLimit
        copy.deadline = min(limit, end ?? limit)
        return copy
    }

    package func ending(within limit: Duration) -> any ClusterOperator {
        var copy = self
        let new = time.monotonic + limit
        copy.end = min(end ?? new, new)
        return copy
    }

    package func asking(_ permission: @escaping WritePermission) -> any ClusterOperator {
        var copy = self
        copy.sender = sender.asking(permission)
        return copy
    }

    func call<Request: KafkaRequest>(
        _ request: Request, to target: RequestTarget, readOnly: Bool = false
    ) async throws(KafkaError) -> Answer<Request.Response> {
        try await sender.call(
            request, to: target, kind: readOnly ? .read : .write,
            within: try reader.timeLeft(to: "send \(Request.apiKey)"))
    }

    package func createTopics(
        _ topics: [NewTopic], validateOnly: Bool
    ) async throws(KafkaError) -> [ItemResult<String, Void>] {
        let parts = topics.parts(upTo: Self.partitionsPerRequest) { topic in
            topic.assignments.isEmpty ? Int(max(topic.partitions, Self.defaultPartitions)) : topic.assignments.count
        }
        try refuseRepeats(of: topics.map(\.name), .createTopics)
        return try await inParts(parts, .createTopics, key: \.name) { part throws(KafkaError) in
            try await timed.withinQuota(part, .createTopics, key: \.name) { sender, part throws(KafkaError) in
                let request = CreateTopicsRequest(topics: part.map(\.wire), validateOnly: validateOnly)
                let answer = try await sender.call(request, to: .controller, readOnly: validateOnly)
                let results = results(
                    for: part.map(\.name), .createTopics, validateOnly ? .read : .write, doubt: answer.doubt,
                    answer.response.topics.map { ($0.name, $0.errorCode, $0.errorMessage) })
                return QuotaAnswer(results: results, wait: answer.response.throttleTimeMs)
            }
        }
    }

    /// A topic costs a record, and each of its partitions another one.
    static let partitionsPerRequest = 5000
    /// Taken to be the brokers' default where a topic leaves it to them.
    private static let defaultPartitions: Int32 = 10

    package func deleteTopics(
        _ names: [String], ids: [String: TopicID]
    ) async throws(KafkaError) -> [ItemResult<String, Void>] {
        try await inParts(names.parts(of: Self.itemsPerRequest), .deleteTopics, key: \.self) {
            part throws(KafkaError) in
            try await timed.withinQuota(part, .deleteTopics, key: \.self) { sender, part throws(KafkaError) in
                var namesOfIDs: [KafkaUUID: String] = [:]
                // From v6 on (2.8). One or the other: Kafka refuses a topic that has both.
                let topics = Set(part).sorted().map { name -> DeleteTopicsRequest.Topic in
                    guard let id = ids[name], id != .zero else { return .init(name: name) }
                    namesOfIDs[id] = name
                    return .init(topicId: id)
                }
                let found = namesOfIDs
                let answer = try await sender.call(DeleteTopicsRequest(topics: topics), to: .controller)
                let results = results(
                    for: part, .deleteTopics, .write, doubt: answer.doubt,
                    answer.response.responses.map {
                        (found[$0.topicId] ?? $0.name ?? "", $0.errorCode, $0.errorMessage)
                    })
                return QuotaAnswer(results: results, wait: answer.response.throttleTimeMs)
            }
        }
    }

    package func alterConfigs(
        _ changes: [(resource: ConfigResource, changes: [ConfigChange])], validateOnly: Bool
    ) async throws(KafkaError) -> [ItemResult<ConfigResource, Void>] {
        // A resource stands in a request once.
        var merged: [ConfigResource: [ConfigChange]] = [:]
        for change in changes { merged[change.resource, default: []] += change.changes }
        let wanted = merged
        let groups = changes.map(\.resource).groupedByTarget.map {
            ConfigGroup(target: $0.target, resources: $0.resources)
        }
        var found: [ConfigResource: Result<Void, KafkaError>] = [:]
        // Brokers do not wait for each other.
        let answers = await reader.each(groups) { group throws(KafkaError) in
            let parts = group.resources.parts(upTo: Self.itemsPerRequest) { wanted[$0]?.count ?? 0 }
            return try await inParts(parts, .incrementalAlterConfigs, key: \.self) { part throws(KafkaError) in
                try await timed.alter(
                    part.map { ($0, wanted[$0] ?? []) }, at: group.target, validateOnly: validateOnly)
            }
        }
        for answer in answers {
            switch answer.result {
            case .success(let results): for result in results { found[result.item] = result.result }
            case .failure(let error): for resource in answer.item.resources { found[resource] = .failure(error) }
            }
        }
        return groups.flatMap(\.resources).map { resource in
            ItemResult(
                item: resource,
                result: found[resource] ?? .failure(.noResult(.incrementalAlterConfigs, "\(resource)", kind: .write)))
        }
    }

    private struct ConfigGroup: Sendable {
        var target: RequestTarget
        var resources: [ConfigResource]
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
        let answer = try await send(request, to: target, readOnly: validateOnly)
        return results(
            for: changes.map(\.resource), .incrementalAlterConfigs, validateOnly ? .read : .write, doubt: answer.doubt,
            answer.response.responses.compactMap { result in
                ConfigResource(type: result.resourceType, name: result.resourceName)
                    .map { ($0, result.errorCode, result.errorMessage) }
            })
    }

    /// A broker that the cluster does not list is down, and cannot be asked: where listeners of controllers are given, the
    /// active one takes its settings (KIP-919), which it reads at its next start.
    private func send(
        _ request: IncrementalAlterConfigsRequest, to target: RequestTarget, readOnly: Bool
    ) async throws(KafkaError) -> Answer<IncrementalAlterConfigsResponse> {
        let absent: KafkaError
        do throws(KafkaError) { return try await call(request, to: target, readOnly: readOnly) } catch {
            absent = error
        }
        guard absent.code == .unknownNode, ControllerListener.takesSettings(request) else { throw absent }
        do throws(KafkaError) {
            let answer = try await call(request, to: .controllerListener, readOnly: readOnly)
            // No member of the cluster: the routes have said so already.
            guard !answer.response.responses.contains(where: { $0.errorCode == .brokerIdNotRegistered }) else {
                throw absent
            }
            return answer
        } catch {
            // No listener of a controller is given.
            throw error.code == .configuration ? absent : error
        }
    }

    package func electLeaders(
        _ type: ElectionType, _ partitions: [TopicPartition]
    ) async throws(KafkaError) -> [ItemResult<TopicPartition, Bool>] {
        try await inParts(partitions.parts(of: Self.itemsPerRequest), .electLeaders, key: \.self) {
            part throws(KafkaError) in try await timed.electOnce(type, part)
        }
    }

    private func electOnce(
        _ type: ElectionType, _ partitions: [TopicPartition]
    ) async throws(KafkaError) -> [ItemResult<TopicPartition, Bool>] {
        let request = ElectLeadersRequest(
            electionType: type.rawValue,
            topicPartitions: partitions.groupedByTopic.map { .init(topic: $0.topic, partitions: $0.partitions) })
        let answer = try await call(request, to: .controller)
        try check(answer.response.errorCode, nil, .electLeaders, kind: .write, doubt: answer.doubt)
        var codes: [TopicPartition: (code: KafkaErrorCode, message: String?)] = [:]
        for topic in answer.response.replicaElectionResults {
            for item in topic.partitionResult {
                let partition = TopicPartition(topic.topic, item.partitionId)
                if codes[partition] == nil { codes[partition] = (item.errorCode, item.errorMessage) }
            }
        }
        return partitions.map { partition in
            let result: Result<Bool, KafkaError>
            switch codes[partition] {
            case nil: result = .failure(.noResult(.electLeaders, "\(partition)", kind: .write))
            // What was wished for; after an attempt that may have been done, done by it.
            case let found? where found.code == .electionNotNeeded: result = .success(answer.doubt != nil)
            case let found? where found.code.isError:
                result = .failure(
                    .answered(
                        found.code, message: found.message, api: .electLeaders, about: "\(partition)", kind: .write))
            default: result = .success(true)
            }
            return ItemResult(item: partition, result: result.doubted(because: answer.doubt, .electLeaders))
        }
    }

    package func alterReassignments(
        _ assignments: [(partition: TopicPartition, replicas: [Int32]?)]
    ) async throws(KafkaError) -> [ItemResult<TopicPartition, Void>] {
        try refuseRepeats(of: assignments.map(\.partition), .alterPartitionReassignments)
        return try await inParts(
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
            try check(
                answer.response.errorCode, answer.response.errorMessage, .alterPartitionReassignments, kind: .write,
                doubt: answer.doubt)
            return results(
                for: part.map(\.partition), .alterPartitionReassignments, .write, doubt: answer.doubt,
                answer.response.responses.flatMap { topic in
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
        try check(
            answer.response.errorCode, answer.response.errorMessage, .updateFeatures, kind: kind, doubt: answer.doubt)
        // Up to v1 each feature has a result of its own.
        guard answer.version <= 1 else { return }
        let results = results(
            for: updates.map(\.name), .updateFeatures, kind, doubt: answer.doubt,
            answer.response.results.map { ($0.feature, $0.errorCode, $0.errorMessage) })
        for result in results { try result.result.get() }
    }

    /// One result per item that was asked for, in that order: the first that was answered, or an error that says none was.
    /// `doubt`: of an attempt before, which makes every failure an unknown outcome.
    func results<Item: Hashable & Sendable>(
        for items: [Item], _ api: APIKey, _ kind: RequestKind, doubt: KafkaErrorCode? = nil,
        _ answers: [(item: Item, code: KafkaErrorCode, message: String?)]
    ) -> [ItemResult<Item, Void>] {
        var codes: [Item: (code: KafkaErrorCode, message: String?)] = [:]
        for answer in answers where codes[answer.item] == nil { codes[answer.item] = (answer.code, answer.message) }
        return items.map { item in
            let result: Result<Void, KafkaError> =
                switch codes[item] {
                case nil: .failure(.noResult(api, "\(item)", kind: kind))
                case let found? where found.code.isError:
                    .failure(.answered(found.code, message: found.message, api: api, about: "\(item)", kind: kind))
                default: .success(())
                }
            return ItemResult(item: item, result: result.doubted(because: doubt, api))
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
