import KafkaWire

// Metadata (3). Brokers only; from the answering broker's own view.
//
// Behaviour: brokers are the unfenced ones; the controller is any of them. A leader without a live listener is shown as
// -1 with LEADER_NOT_AVAILABLE. A topic that does not exist is created when the request allows it (and before v4 always),
// as `auto.create.topics.enable` does by default: the ledger then shows it.
//
// Version notes: v0 takes no topics for all; v1 null; v10 ids, v12 heeds them.

extension ClusterModel {
    mutating func metadata(_ request: MetadataRequest, _ call: Call) -> MetadataResponse {
        let view = answeringView(call)
        var response = MetadataResponse(clusterId: answeredClusterID(call))
        response.brokers = view.unfencedBrokers.map { broker in
            let endpoint = endpoint(of: broker.id, call.listener)
            return MetadataResponse.Broker(
                nodeId: broker.id, host: endpoint.host, port: Int32(clamping: endpoint.port), rack: broker.rack)
        }
        response.controllerId = anyLiveBroker(view)
        if request.includeClusterAuthorizedOperations, (8...10).contains(call.version) {
            response.clusterAuthorizedOperations = authorizedOperations(
                AuthorizedOperations.cluster, .cluster, AccessResource.clusterName)
        }
        let wantsAll = request.topics == nil || (call.version == 0 && request.topics?.isEmpty ?? true)
        if wantsAll {
            response.topics = view.topics.keys.sorted().filter { allows(.describe, .topic, $0) }.compactMap {
                metadataTopic($0, view, request, call)
            }
        } else {
            for topic in request.topics ?? [] {
                response.topics.append(metadataTopic(asked: topic, view, request, call))
            }
        }
        return response
    }

    private mutating func metadataTopic(
        asked topic: MetadataRequest.Topic, _ view: MetadataImage, _ request: MetadataRequest, _ call: Call
    ) -> MetadataResponse.Topic {
        if topic.topicId != .zero {
            guard let name = view.topicNames[topic.topicId], allows(.describe, .topic, name),
                let found = metadataTopic(name, view, request, call)
            else {
                return MetadataResponse.Topic(errorCode: .unknownTopicId, name: nil, topicId: topic.topicId)
            }
            return found
        }
        let name = topic.name ?? ""
        guard allows(.describe, .topic, name) else {
            return MetadataResponse.Topic(
                errorCode: .topicAuthorizationFailed, name: name, isInternal: Self.internalTopics.contains(name))
        }
        if let found = metadataTopic(name, view, request, call) { return found }
        if topicNameProblem(name) != nil {
            return MetadataResponse.Topic(errorCode: .invalidTopicException, name: name)
        }
        if request.allowAutoTopicCreation || call.version < 4 { autoCreate(name, call) }
        return MetadataResponse.Topic(
            errorCode: .unknownTopicOrPartition, name: name, isInternal: Self.internalTopics.contains(name))
    }

    private mutating func autoCreate(_ name: String, _ call: Call) {
        guard activeController != nil, image.topics[name] == nil else { return }
        let assignment = placeReplicas(partitions: 1, factor: defaultReplicationFactor, start: image.topics.count)
        guard !assignment.isEmpty else { return }
        createTopic(name, assignment: assignment, configs: [:], rate: 0)
        record(.topicCreated(name), on: call.node)
    }

    private func metadataTopic(
        _ name: String, _ view: MetadataImage, _ request: MetadataRequest, _ call: Call
    ) -> MetadataResponse.Topic? {
        guard let topic = view.topics[name] else { return nil }
        var result = MetadataResponse.Topic(name: name, topicId: topic.id, isInternal: topic.isInternal)
        if request.includeTopicAuthorizedOperations {
            result.topicAuthorizedOperations = authorizedOperations(AuthorizedOperations.topic, .topic, name)
        }
        let fenced = fencedBrokers(view)
        result.partitions.reserveCapacity(topic.partitions.count)
        for (index, partition) in topic.partitions.enumerated() {
            let leader = fenced.contains(partition.leader) ? -1 : partition.leader
            result.partitions.append(
                MetadataResponse.Partition(
                    errorCode: leader == -1 ? .leaderNotAvailable : .none, partitionIndex: Int32(clamping: index),
                    leaderId: leader, leaderEpoch: partition.leaderEpoch, replicaNodes: partition.replicas,
                    isrNodes: partition.isr, offlineReplicas: partition.replicas.filter { fenced.contains($0) }))
        }
        return result
    }

    /// Brokers whose replicas count as offline; with -1, which is nobody.
    func fencedBrokers(_ view: MetadataImage) -> Set<Int32> {
        var fenced = Set(nodeIDs.filter { view.isFenced($0) })
        fenced.insert(-1)
        return fenced
    }

    func endpoint(of node: Int32, _ listener: SimulatedListener) -> SimulatedEndpoint {
        (listener.isOfBrokers ? nodes[node]?.advertised : nil) ?? nodes[node]?.endpoints[listener]
            ?? SimulatedEndpoint(host: "", port: 0)
    }

    /// What a KRaft broker calls the controller: one of the live brokers, another one each time.
    func anyLiveBroker(_ view: MetadataImage) -> Int32 {
        let live = view.unfencedBrokers
        guard !live.isEmpty else { return -1 }
        return live[Int(now.milliseconds / 100) % live.count].id
    }

    /// What is wrong with a topic's name, in Kafka's words.
    func topicNameProblem(_ name: String) -> String? {
        if name.isEmpty { return "Topic name is invalid: the empty string is not allowed" }
        if name == "." || name == ".." { return "Topic name is invalid: '\(name)' is not allowed" }
        if name.utf8.count > 249 {
            return "Topic name is invalid: the length of '\(name)' is longer than the max allowed length 249"
        }
        let isPlain = name.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || byte == 0x2E || byte == 0x5F || byte == 0x2D
        }
        return isPlain
            ? nil
            : "Topic name is invalid: '\(name)' contains one or more characters other than ASCII alphanumerics, "
                + "'.', '_' and '-'"
    }
}
