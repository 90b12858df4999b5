package import EventLoop
import KafkaWire

/// Looks at a cluster over the wire. A value around a sender: holding one costs nothing.
package struct LiveClusterReader: ClusterReader {
    let sender: any RequestSender
    let time: any TimeSource
    /// When the call of the surface that is under way must have ended, by `time`; nil outside of one.
    var deadline: Duration?
    /// When all of its calls must have ended; nil: each has the time of a call.
    var end: Duration?

    package init(sender: any RequestSender, time: any TimeSource = SystemTimeSource()) {
        self.sender = sender
        self.time = time
    }

    package func ending(within limit: Duration) -> any ClusterReader {
        var reader = self
        let new = time.monotonic + limit
        reader.end = min(end ?? new, new)
        return reader
    }

    // MARK: Cluster

    /// Asked of the cluster each time.
    package func clusterID() async throws(KafkaError) -> String {
        try await describeCluster(includeFenced: false, from: .any).clusterID
    }

    /// DescribeCluster; where the broker lacks the API or fenced brokers cannot be asked for, what it can say.
    package func describeCluster(
        includeFenced: Bool, from source: ViewSource
    ) async throws(KafkaError) -> ClusterDescription {
        guard deadline != nil else {
            return try await timed.describeCluster(includeFenced: includeFenced, from: source)
        }
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
            authorizedOperations: operations == .min ? nil : operations,
            isOfControllers: answer.version >= 1 && answer.response.endpointType == 2)
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
        try await versions(from: .node(node))
    }

    package func versionsOfAny() async -> NodeVersions? { try? await versions(from: .any) }

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
        guard deadline != nil else { return try await timed.describeLogDirs(brokers: brokers) }
        return await each(brokers) { broker throws(KafkaError) in
            let answer = try await call(DescribeLogDirsRequest(topics: nil), to: .node(broker))
            try check(answer.response.errorCode, nil, .describeLogDirs, "broker \(broker)")
            // Up to v2 a client without DESCRIBE on the cluster gets an empty answer and no error.
            if answer.version <= 2, answer.response.results.isEmpty {
                throw KafkaError(
                    .notAuthorized(.clusterAuthorizationFailed),
                    "broker \(broker) lists no log directory, which means that DESCRIBE on the cluster is missing",
                    nextAction: "grant DESCRIBE on the cluster to opsrun's principal", api: .describeLogDirs)
            }
            return answer.response.results.map { LogDirectory($0, version: answer.version) }
        }
    }

    package func listGroups() async throws(KafkaError) -> [ItemResult<
        Int32, [(id: String, type: String, state: String)]
    >] {
        guard deadline != nil else { return try await timed.listGroups() }
        let brokers = try await describeCluster(includeFenced: false, from: .any).brokers.map(\.id)
        return await each(brokers) { broker throws(KafkaError) in
            let answer = try await call(ListGroupsRequest(), to: .node(broker)).response
            try check(answer.errorCode, nil, .listGroups, "broker \(broker)")
            return answer.groups.map { ($0.groupId, $0.groupType, $0.groupState) }
        }
    }

    package func listTransactions() async throws(KafkaError) -> [ItemResult<Int32, [(id: String, state: String)]>] {
        guard deadline != nil else { return try await timed.listTransactions() }
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

    package func state(of witness: ConnectionWitness) async -> WitnessState { await sender.state(of: witness) }

    package func waitUntilClosed(_ witness: ConnectionWitness, within limit: Duration) async -> WitnessState {
        await sender.waitUntilClosed(witness, within: limit)
    }
}
