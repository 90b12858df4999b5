package import EventLoop
import KafkaWire

/// Looks at a cluster over the wire. A value around a sender: holding one costs nothing.
package struct LiveClusterReader: ClusterReader {
    let sender: any RequestSender
    let time: any TimeSource

    package init(sender: any RequestSender, time: any TimeSource = SystemTimeSource()) {
        self.sender = sender
        self.time = time
    }

    // MARK: Cluster

    package func clusterID() async throws(KafkaError) -> String {
        try await describeCluster(includeFenced: false, from: .any).clusterID
    }

    /// DescribeCluster; where the broker lacks the API or fenced brokers cannot be asked for, what it can say.
    package func describeCluster(
        includeFenced: Bool, from source: ViewSource
    ) async throws(KafkaError) -> ClusterDescription {
        let fenced = DescribeClusterRequest(
            includeClusterAuthorizedOperations: true, endpointType: 1, includeFencedBrokers: includeFenced)
        do {
            return try await description(fenced, from: source)
        } catch let error where includeFenced && error.code == .unsupportedVersion {
            let plain = DescribeClusterRequest(includeClusterAuthorizedOperations: true, endpointType: 1)
            return try await description(plain, from: source)
        }
    }

    private func description(
        _ request: DescribeClusterRequest, from source: ViewSource
    ) async throws(KafkaError) -> ClusterDescription {
        let answer = try await call(request, to: source.target)
        try check(answer.response.errorCode, answer.response.errorMessage, .describeCluster)
        let operations = answer.response.clusterAuthorizedOperations
        return ClusterDescription(
            clusterID: answer.response.clusterId,
            brokers: answer.response.brokers.map { broker in
                BrokerInfo(
                    id: broker.brokerId, host: broker.host, port: broker.port, rack: broker.rack,
                    isFenced: answer.version >= 2 ? broker.isFenced : nil)
            }.sorted { $0.id < $1.id },
            authorizedOperations: operations == .min ? nil : operations)
    }

    package func describeControllers() async throws(KafkaError) -> [BrokerInfo] {
        let request = DescribeClusterRequest(endpointType: 2)
        let answer = try await call(request, to: .controllerListener).response
        try check(answer.errorCode, answer.errorMessage, .describeCluster)
        return answer.brokers.map {
            BrokerInfo(id: $0.brokerId, host: $0.host, port: $0.port, rack: $0.rack, isFenced: nil)
        }.sorted { $0.id < $1.id }
    }

    // MARK: Versions

    package func versionsOnNewConnection(of node: Int32) async throws(KafkaError) -> NodeVersions {
        try await versions(from: .newConnection(node))
    }

    package func versionsOnNewConnection(host: String, port: Int32) async throws(KafkaError) -> NodeVersions {
        try await versions(from: .address(host: host, port: port))
    }

    package func versions(of node: Int32) async throws(KafkaError) -> NodeVersions {
        NodeVersions(try await sender.negotiated(with: node))
    }

    private func versions(from target: RequestTarget) async throws(KafkaError) -> NodeVersions {
        let request = ApiVersionsRequest(clientSoftwareName: "opsrun", clientSoftwareVersion: "1")
        let answer = try await call(request, to: target).response
        try check(answer.errorCode, nil, .apiVersions)
        return NodeVersions(answer)
    }

    // MARK: Log directories, offsets, groups

    package func describeLogDirs(
        brokers: [Int32]
    ) async throws(KafkaError) -> [ItemResult<Int32, [LogDirectory]>] {
        await each(brokers) { broker throws(KafkaError) in
            let answer = try await call(DescribeLogDirsRequest(topics: nil), to: .node(broker))
            try check(answer.response.errorCode, nil, .describeLogDirs, "broker \(broker)")
            // Up to v2 a client without DESCRIBE on the cluster gets an empty answer and no error.
            if answer.version <= 2, answer.response.results.isEmpty {
                throw KafkaError(
                    .notAuthorized(KafkaErrorCode(rawValue: 31)),
                    "broker \(broker) lists no log directory, which means that DESCRIBE on the cluster is missing",
                    nextAction: "grant DESCRIBE on the cluster to opsrun's principal", api: .describeLogDirs)
            }
            return answer.response.results.map { LogDirectory($0, version: answer.version) }
        }
    }

    /// Asks the leaders; a partition whose leader has moved, or is not there yet, is asked for again a bounded number of times.
    package func listOffsets(
        _ partitions: [TopicPartition], timestamp: Int64, readCommitted: Bool
    ) async throws(KafkaError) -> [ItemResult<TopicPartition, (offset: Int64, timestamp: Int64, leaderEpoch: Int32)>] {
        var found: [TopicPartition: Result<(offset: Int64, timestamp: Int64, leaderEpoch: Int32), KafkaError>] = [:]
        var open = partitions
        for attempt in 1...Self.leaderAttempts {
            for partition in open { found[partition] = nil }
            try await askLeaders(of: open, timestamp: timestamp, readCommitted: readCommitted, into: &found)
            open = open.filter { partition in
                if case .failure(let error) = found[partition] { error.serverCode?.isRetriable == true } else { false }
            }
            guard !open.isEmpty, attempt < Self.leaderAttempts else { break }
            do {
                try await time.sleep(for: Self.leaderBackoff * attempt)
            } catch {
                throw KafkaError(.cancelled, "ListOffsets was cancelled", api: .listOffsets)
            }
        }
        return partitions.map { partition in
            ItemResult(item: partition, result: found[partition] ?? .failure(.noResult(.listOffsets, "\(partition)")))
        }
    }

    /// Ten attempts with growing pauses: about five seconds, which an election takes.
    private static let leaderAttempts = 10
    private static let leaderBackoff = Duration.milliseconds(100)

    private func askLeaders(
        of partitions: [TopicPartition], timestamp: Int64, readCommitted: Bool,
        into found: inout [TopicPartition: Result<(offset: Int64, timestamp: Int64, leaderEpoch: Int32), KafkaError>]
    ) async throws(KafkaError) {
        let snapshot = try await snapshot(topics: Array(Set(partitions.map(\.topic))).sorted(), from: .any)
        let leaders = snapshot.leaders
        var byLeader: [Int32: [TopicPartition]] = [:]
        for partition in partitions { byLeader[leaders[partition] ?? -1, default: []].append(partition) }
        for (leader, group) in byLeader.sorted(by: { $0.key < $1.key }) {
            guard leader >= 0 else {
                for partition in group {
                    found[partition] = .failure(
                        .answered(Self.leaderNotAvailable, api: .listOffsets, about: "\(partition)"))
                }
                continue
            }
            do {
                try await offsets(group, of: leader, timestamp: timestamp, readCommitted: readCommitted, into: &found)
            } catch {
                for partition in group { found[partition] = .failure(error) }
            }
        }
    }

    /// LEADER_NOT_AVAILABLE.
    private static let leaderNotAvailable = KafkaErrorCode(rawValue: 5)

    private func offsets(
        _ group: [TopicPartition], of leader: Int32, timestamp: Int64, readCommitted: Bool,
        into found: inout [TopicPartition: Result<(offset: Int64, timestamp: Int64, leaderEpoch: Int32), KafkaError>]
    ) async throws(KafkaError) {
        let topics = group.groupedByTopic.map { topic, indexes in
            ListOffsetsRequest.Topic(
                name: topic,
                partitions: indexes.map {
                    ListOffsetsRequest.Partition(partitionIndex: $0, currentLeaderEpoch: -1, timestamp: timestamp)
                })
        }
        let request = ListOffsetsRequest(replicaId: -1, isolationLevel: readCommitted ? 1 : 0, topics: topics)
        let answer = try await call(request, to: .node(leader)).response
        for topic in answer.topics {
            for item in topic.partitions {
                let partition = TopicPartition(topic.name, item.partitionIndex)
                guard found[partition] == nil else { continue }
                found[partition] =
                    item.errorCode.isError
                    ? .failure(.answered(item.errorCode, api: .listOffsets, about: "\(partition)"))
                    : .success((item.offset, item.timestamp, item.leaderEpoch))
            }
        }
    }

    package func listGroups() async throws(KafkaError) -> [ItemResult<
        Int32, [(id: String, type: String, state: String)]
    >] {
        let brokers = try await describeCluster(includeFenced: false, from: .any).brokers.map(\.id)
        return await each(brokers) { broker throws(KafkaError) in
            let answer = try await call(ListGroupsRequest(), to: .node(broker)).response
            try check(answer.errorCode, nil, .listGroups, "broker \(broker)")
            return answer.groups.map { ($0.groupId, $0.groupType, $0.groupState) }
        }
    }

    package func listTransactions() async throws(KafkaError) -> [ItemResult<Int32, [(id: String, state: String)]>] {
        let brokers = try await describeCluster(includeFenced: false, from: .any).brokers.map(\.id)
        return await each(brokers) { broker throws(KafkaError) in
            let answer = try await call(ListTransactionsRequest(), to: .node(broker)).response
            try check(answer.errorCode, nil, .listTransactions, "broker \(broker)")
            return answer.transactionStates.map { ($0.transactionalId, $0.transactionState) }
        }
    }

    // MARK: Witnesses

    package func witness(of node: Int32) async throws(KafkaError) -> ConnectionWitness {
        try await sender.witness(of: node)
    }

    package func isClosed(_ witness: ConnectionWitness) async -> Bool { await sender.isClosed(witness) }

    package func waitUntilClosed(_ witness: ConnectionWitness, within limit: Duration) async -> Bool {
        await sender.waitUntilClosed(witness, within: limit)
    }
}
