package import KafkaWire

extension LiveClusterReader {
    /// Metadata of one broker, never creating topics. The answer is read flat, in the caller's task.
    package func snapshot(topics: [String]?, from source: ViewSource) async throws(KafkaError) -> ClusterSnapshot {
        let request = MetadataRequest(
            topics: topics.map { names in names.map { MetadataRequest.Topic(name: $0) } },
            allowAutoTopicCreation: false)
        do throws(KafkaError) { return try await snapshot(request, from: source) } catch {
            guard error.serverCode == .rebootstrapRequired else { throw error }
        }
        await sender.startAnew()
        return try await snapshot(request, from: source)
    }

    private func snapshot(
        _ request: MetadataRequest, from source: ViewSource
    ) async throws(KafkaError) -> ClusterSnapshot {
        let answer = try await sender.body(
            request, to: source.target, kind: .read, within: try timeLeft(to: "ask by Metadata"))
        let metadata: FlatMetadata
        do throws(WireError) {
            metadata = try FlatMetadata.decode(answer.response, version: answer.version).message
        } catch {
            throw KafkaError(
                .malformed, "the answer to Metadata v\(answer.version) cannot be read", api: .metadata,
                causes: ["\(error)"])
        }
        try check(metadata.errorCode, nil, .metadata)
        return ClusterSnapshot(metadata, version: answer.version, node: answer.node)
    }

    /// Pages of DescribeTopicPartitions; a cursor that does not advance, or leads elsewhere, is an error and no loop.
    package func eligibleLeaderReplicas(
        topics: [String]
    ) async throws(KafkaError) -> [ItemResult<String, [Int32: [Int32]]>]? {
        guard deadline != nil else { return try await timed.eligibleLeaderReplicas(topics: topics) }
        let wanted = Set(topics)
        let names = wanted.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        var found: [String: Result<[Int32: [Int32]], KafkaError>] = [:]
        var cursor: DescribeTopicPartitionsRequest.Cursor?
        repeat {
            let request = DescribeTopicPartitionsRequest(
                topics: names.map { .init(name: $0) }, responsePartitionLimit: Self.pageSize, cursor: cursor)
            let page: DescribeTopicPartitionsResponse
            do {
                page = try await call(request, to: .any).response
            } catch let error where error.code == .unsupportedVersion {
                return nil
            }
            for topic in page.topics { Self.note(topic, in: &found) }
            guard let next = page.nextCursor else { break }
            let isAhead = cursor.map { ($0.topicName, $0.partitionIndex) < (next.topicName, next.partitionIndex) }
            guard wanted.contains(next.topicName), isAhead ?? true else {
                throw KafkaError(
                    .malformed, "the cursor of DescribeTopicPartitions does not advance", api: .describeTopicPartitions)
            }
            cursor = .init(topicName: next.topicName, partitionIndex: next.partitionIndex)
        } while true
        return topics.map {
            ItemResult(item: $0, result: found[$0] ?? .failure(.noResult(.describeTopicPartitions, $0)))
        }
    }

    /// A topic may go on from page to page, and one that may not be seen stands in each of them.
    private static func note(
        _ topic: DescribeTopicPartitionsResponse.Topic, in found: inout [String: Result<[Int32: [Int32]], KafkaError>]
    ) {
        guard let name = topic.name else { return }
        if topic.errorCode.isError {
            found[name] = .failure(.answered(topic.errorCode, api: .describeTopicPartitions, about: name))
            return
        }
        var partitions = (try? found[name]?.get()) ?? [:]
        for partition in topic.partitions {
            partitions[partition.partitionIndex] = partition.eligibleLeaderReplicas ?? []
        }
        found[name] = .success(partitions)
    }

    /// What brokers cap a page at by default (`max.request.partition.size.limit`).
    private static var pageSize: Int32 { 2000 }

    package func describeConfigs(
        _ resources: [ConfigResource], keys: [String]?
    ) async throws(KafkaError) -> [ItemResult<ConfigResource, [ConfigEntry]>] {
        guard deadline != nil else { return try await timed.describeConfigs(resources, keys: keys) }
        let parts = resources.groupedByTarget.flatMap { target, group in
            group.parts(of: Self.resourcesPerRequest).map { ConfigPart(target: target, resources: $0) }
        }
        var found: [ConfigResource: Result<[ConfigEntry], KafkaError>] = [:]
        for answer in await each(parts, { part throws(KafkaError) in try await configs(part, keys: keys) }) {
            switch answer.result {
            case .success(let results): found.merge(results) { first, _ in first }
            case .failure(let error): for resource in answer.item.resources { found[resource] = .failure(error) }
            }
        }
        return resources.map { resource in
            ItemResult(item: resource, result: found[resource] ?? .failure(.noResult(.describeConfigs, "\(resource)")))
        }
    }

    private struct ConfigPart: Sendable {
        var target: RequestTarget
        var resources: [ConfigResource]
    }

    private func configs(
        _ part: ConfigPart, keys: [String]?
    ) async throws(KafkaError) -> [ConfigResource: Result<[ConfigEntry], KafkaError>] {
        let request = DescribeConfigsRequest(
            resources: part.resources.map {
                .init(resourceType: $0.wire.type, resourceName: $0.wire.name, configurationKeys: keys)
            }, includeSynonyms: true)
        let wanted = Set(part.resources)
        var found: [ConfigResource: Result<[ConfigEntry], KafkaError>] = [:]
        for result in try await answer(request, of: part.target).results {
            guard let resource = ConfigResource(type: result.resourceType, name: result.resourceName),
                wanted.contains(resource), found[resource] == nil
            else { continue }
            found[resource] =
                result.errorCode.isError
                ? .failure(
                    .answered(
                        result.errorCode, message: result.errorMessage, api: .describeConfigs, about: "\(resource)"))
                : .success(result.configs.map(ConfigEntry.init))
        }
        return found
    }

    /// A node that is no broker may be a controller, which knows its own settings.
    private func answer(
        _ request: DescribeConfigsRequest, of target: RequestTarget
    ) async throws(KafkaError) -> DescribeConfigsResponse {
        do throws(KafkaError) { return try await call(request, to: target).response } catch {
            guard error.code == .unknownNode, case .node(let id) = target,
                let controller = try? await describeControllers().first(where: { $0.id == id }),
                let answer = try? await call(request, to: .address(host: controller.host, port: controller.port))
            else { throw error }
            return answer.response
        }
    }

    /// Keeps one answer well under the frame cap: 1,000 topics of 40 entries with synonyms are about 5 MB.
    private static var resourcesPerRequest: Int { 1000 }
}

extension ConfigEntry {
    init(_ config: DescribeConfigsResponse.Config) {
        self.init(
            name: config.name, value: config.isSensitive ? nil : config.value,
            source: Source(rawValue: config.configSource), isReadOnly: config.readOnly,
            isSensitive: config.isSensitive, type: config.configType, documentation: config.documentation,
            synonyms: config.synonyms.map {
                Synonym(name: $0.name, value: $0.value, source: Source(rawValue: $0.source))
            })
    }
}

extension ConfigResource: CustomStringConvertible {
    package var description: String {
        switch self {
        case .topic(let name): "topic \(name)"
        case .broker(let id): "broker \(id)"
        case .brokerDefault: "the default of all brokers"
        case .brokerLogger(let id): "the loggers of broker \(id)"
        case .group(let id): "group \(id)"
        case .clientMetrics(let name): "client metrics \(name)"
        }
    }

    /// Type and name on the wire.
    var wire: (type: Int8, name: String) {
        switch self {
        case .topic(let name): (2, name)
        case .broker(let id): (4, "\(id)")
        case .brokerDefault: (4, "")
        case .brokerLogger(let id): (8, "\(id)")
        case .group(let id): (32, id)
        case .clientMetrics(let name): (16, name)
        }
    }

    /// Nil for a type, or a broker's id, that is not known here.
    init?(type: Int8, name: String) {
        switch type {
        case 2: self = .topic(name)
        case 4 where name.isEmpty: self = .brokerDefault
        case 4:
            guard let id = Int32(name) else { return nil }
            self = .broker(id)
        case 8:
            guard let id = Int32(name) else { return nil }
            self = .brokerLogger(id)
        case 16: self = .clientMetrics(name)
        case 32: self = .group(name)
        default: return nil
        }
    }

    /// A broker's own configuration is known to that broker alone ("unexpected broker id" elsewhere).
    var target: RequestTarget {
        switch self {
        case .broker(let id), .brokerLogger(let id): .node(id)
        case .topic, .brokerDefault, .group, .clientMetrics: .any
        }
    }
}

extension [ConfigResource] {
    /// In order of first appearance, each resource once (Kafka refuses a repeated one).
    var groupedByTarget: [(target: RequestTarget, resources: [ConfigResource])] {
        var seen: Set<ConfigResource> = []
        var order: [RequestTarget] = []
        var groups: [RequestTarget: [ConfigResource]] = [:]
        for resource in self where seen.insert(resource).inserted {
            if groups[resource.target] == nil { order.append(resource.target) }
            groups[resource.target, default: []].append(resource)
        }
        return order.map { ($0, groups[$0, default: []]) }
    }
}

extension ClusterSnapshot {
    /// Leaders by partition; -1 where there is none.
    var leaders: [TopicPartition: Int32] {
        var leaders: [TopicPartition: Int32] = [:]
        for topic in topics {
            for partition in partitions(of: topic) {
                leaders[TopicPartition(topic.name, partition.index)] = partition.leader
            }
        }
        return leaders
    }

    /// Leader epochs are unreliable before v9 (KAFKA-9212) and left out there.
    package init(_ metadata: FlatMetadata, version: Int16, node: Int32) {
        self.init(
            clusterID: metadata.clusterId, answeredBy: node,
            brokers: metadata.brokers.map {
                BrokerInfo(id: $0.nodeId, host: $0.host, port: $0.port, rack: $0.rack, isFenced: nil)
            }.sorted { $0.id < $1.id },
            topics: metadata.topics.map { topic in
                Topic(
                    name: topic.name ?? "", id: topic.topicId, isInternal: topic.isInternal,
                    firstPartition: topic.partitions.lowerBound, partitionCount: topic.partitions.count,
                    error: topic.errorCode.isError ? topic.errorCode : nil)
            },
            partitions: metadata.partitions.map { partition in
                Partition(
                    index: partition.partitionIndex, leader: partition.leaderId,
                    leaderEpoch: version >= 9 ? partition.leaderEpoch : -1, replicas: partition.replicas,
                    inSync: partition.isr, offline: partition.offline,
                    error: partition.errorCode.isError ? partition.errorCode : nil)
            }, nodeIDs: metadata.nodes)
    }
}
