package import KafkaAdmin
package import KafkaWire

/// A cluster's reader that lies where a test says so, and is the real one elsewhere.
package struct LyingReader: ClusterReader {
    package var base: any ClusterReader
    /// Topics that nobody shows, as Metadata does without the right to describe them.
    package var hiddenTopics: Set<String> = []
    /// In the place of an answer to DescribeLogDirs, per broker.
    package var logDirs: @Sendable (Int32) -> KafkaError? = { _ in nil }
    /// In the place of an answer to ApiVersions on a new connection.
    package var newConnection: @Sendable () -> KafkaError? = { nil }
    /// In the place of a view of the cluster.
    package var view: @Sendable (ClusterSnapshot, ViewSource) -> ClusterSnapshot = { view, _ in view }
    /// In the place of what is told of a resource's configuration; nil: the answer.
    package var configs: @Sendable (ConfigResource) -> Result<[ConfigEntry], KafkaError>? = { _ in nil }
    /// In the place of a listing of the brokers.
    package var listing: @Sendable (ClusterDescription) -> ClusterDescription = { $0 }

    /// In the place of a group's description.
    package var group: @Sendable (GroupDescription) -> GroupDescription = { $0 }
    /// In the place of a partition's answer to ListOffsets at a timestamp; nil: the answer.
    package var offset: @Sendable (TopicPartition, Int64) -> (offset: Int64, timestamp: Int64)? = { _, _ in nil }
    /// In the place of how far a group is behind, by what it has committed; nil: the answer.
    package var lags: @Sendable (TopicPartition, Int64?) -> PartitionLag? = { _, _ in nil }
    /// In the place of what a group has committed.
    package var commits: @Sendable (String) -> KafkaError? = { _ in nil }

    package init(_ base: any ClusterReader) { self.base = base }

    package func listGroups(
        states: [String], types: [GroupType]
    ) async throws(KafkaError) -> [ItemResult<Int32, [GroupListing]>] {
        try await base.listGroups(states: states, types: types)
    }

    package func describeGroups(
        _ ids: [String], type: GroupType?
    ) async throws(KafkaError) -> [ItemResult<String, GroupDescription>] {
        try await base.describeGroups(ids, type: type).map { ItemResult(item: $0.item, result: $0.result.map(group)) }
    }

    package func groupLag(
        _ group: String, partitions: [TopicPartition], readCommitted: Bool
    ) async throws(KafkaError) -> [ItemResult<TopicPartition, PartitionLag>] {
        try await base.groupLag(group, partitions: partitions, readCommitted: readCommitted).map { answer in
            guard case .success(let lag) = answer.result, let told = lags(answer.item, lag.committed) else {
                return answer
            }
            return ItemResult(item: answer.item, result: .success(told))
        }
    }

    package func committedOffsets(
        _ queries: [GroupOffsetQuery], stable: Bool
    ) async throws(KafkaError) -> [ItemResult<String, [ItemResult<TopicPartition, CommittedOffset?>]>] {
        try await base.committedOffsets(queries, stable: stable).map { answer in
            commits(answer.item).map { ItemResult(item: answer.item, result: .failure($0)) } ?? answer
        }
    }

    package func describeAccessRules(
        _ filter: AccessFilter, from source: ViewSource
    ) async throws(KafkaError) -> [AccessRule] {
        try await base.describeAccessRules(filter, from: source)
    }

    package func clusterID() async throws(KafkaError) -> String { try await base.clusterID() }

    package func describeCluster(
        includeFenced: Bool, from source: ViewSource
    ) async throws(KafkaError) -> ClusterDescription {
        listing(try await base.describeCluster(includeFenced: includeFenced, from: source))
    }

    package func snapshot(topics: [String]?, from source: ViewSource) async throws(KafkaError) -> ClusterSnapshot {
        var snapshot = try await base.snapshot(topics: topics, from: source)
        snapshot.topics.removeAll { hiddenTopics.contains($0.name) }
        return view(snapshot, source)
    }

    package func eligibleLeaderReplicas(
        topics: [String]
    ) async throws(KafkaError) -> [ItemResult<String, [Int32: [Int32]]>]? {
        try await base.eligibleLeaderReplicas(topics: topics)
    }

    package func describeQuorum() async throws(KafkaError) -> QuorumDescription { try await base.describeQuorum() }

    package func describeQuorumFromControllers() async throws(KafkaError) -> QuorumDescription {
        try await base.describeQuorumFromControllers()
    }

    package func versionsOnNewConnection(of node: Int32) async throws(KafkaError) -> NodeVersions {
        if let error = newConnection() { throw error }
        return try await base.versionsOnNewConnection(of: node)
    }

    package func versionsOnNewConnection(host: String, port: Int32) async throws(KafkaError) -> NodeVersions {
        if let error = newConnection() { throw error }
        return try await base.versionsOnNewConnection(host: host, port: port)
    }

    package func versions(of node: Int32) async throws(KafkaError) -> NodeVersions {
        try await base.versions(of: node)
    }

    package func describeControllers() async throws(KafkaError) -> [BrokerInfo] { try await base.describeControllers() }
    package func listReassignments() async throws(KafkaError) -> [Reassignment] { try await base.listReassignments() }

    package func describeLogDirs(
        brokers: [Int32]
    ) async throws(KafkaError) -> [ItemResult<Int32, [LogDirectory]>] {
        try await base.describeLogDirs(brokers: brokers).map { answer in
            logDirs(answer.item).map { ItemResult(item: answer.item, result: .failure($0)) } ?? answer
        }
    }

    package func describeConfigs(
        _ resources: [ConfigResource], keys: [String]?
    ) async throws(KafkaError) -> [ItemResult<ConfigResource, [ConfigEntry]>] {
        try await base.describeConfigs(resources, keys: keys).map { answer in
            configs(answer.item).map { ItemResult(item: answer.item, result: $0) } ?? answer
        }
    }

    package func listOffsets(
        _ partitions: [TopicPartition], timestamp: Int64, readCommitted: Bool
    ) async throws(KafkaError) -> [ItemResult<TopicPartition, (offset: Int64, timestamp: Int64, leaderEpoch: Int32)>] {
        try await base.listOffsets(partitions, timestamp: timestamp, readCommitted: readCommitted).map { answer in
            offset(answer.item, timestamp).map { told in
                ItemResult(item: answer.item, result: .success((told.offset, told.timestamp, 0)))
            } ?? answer
        }
    }

    package func listGroups() async throws(KafkaError) -> [ItemResult<
        Int32, [(id: String, type: String, state: String)]
    >] { try await base.listGroups() }

    package func listTransactions() async throws(KafkaError) -> [ItemResult<Int32, [(id: String, state: String)]>] {
        try await base.listTransactions()
    }

    package func witness(of node: Int32) async throws(KafkaError) -> ConnectionWitness {
        try await base.witness(of: node)
    }

    package func state(of witness: ConnectionWitness) async -> WitnessState { await base.state(of: witness) }

    package func waitUntilClosed(_ witness: ConnectionWitness, within limit: Duration) async -> WitnessState {
        await base.waitUntilClosed(witness, within: limit)
    }
}

/// A cluster's writes whose answers get lost where a test says so.
package struct ForgetfulOperator: ClusterOperator {
    package var base: any ClusterOperator
    /// Takes the call to the cluster and what the caller is told instead of its answer; nil: the answer.
    package var lost: @Sendable (APIKey) -> KafkaError? = { _ in nil }
    /// The call never reaches the cluster.
    package var dropsCalls = false
    /// What somebody else does to the cluster just before.
    package var before: @Sendable (APIKey) async -> Void = { _ in }

    /// Told how long calls may take that have to end.
    package var onEnding: @Sendable (Duration) -> Void = { _ in }

    package init(_ base: any ClusterOperator) { self.base = base }

    package func ending(within limit: Duration) -> any ClusterOperator {
        onEnding(limit)
        var copy = self
        copy.base = base.ending(within: limit)
        return copy
    }

    package func asking(_ permission: @escaping WritePermission) -> any ClusterOperator {
        var copy = self
        copy.base = base.asking(permission)
        return copy
    }

    private func forget<Success>(
        _ api: APIKey, _ work: () async throws(KafkaError) -> Success
    ) async throws(KafkaError) -> Success {
        await before(api)
        if dropsCalls, let error = lost(api) { throw error }
        let answer = try await work()
        if let error = lost(api) { throw error }
        return answer
    }

    package func createTopics(
        _ topics: [NewTopic], validateOnly: Bool
    ) async throws(KafkaError) -> [ItemResult<String, Void>] {
        try await forget(.createTopics) { () throws(KafkaError) in
            try await base.createTopics(topics, validateOnly: validateOnly)
        }
    }

    package func deleteTopics(
        _ names: [String], ids: [String: TopicID]
    ) async throws(KafkaError) -> [ItemResult<String, Void>] {
        try await forget(.deleteTopics) { () throws(KafkaError) in try await base.deleteTopics(names, ids: ids) }
    }

    package func alterConfigs(
        _ changes: [(resource: ConfigResource, changes: [ConfigChange])], validateOnly: Bool
    ) async throws(KafkaError) -> [ItemResult<ConfigResource, Void>] {
        if validateOnly { return try await base.alterConfigs(changes, validateOnly: true) }
        return try await forget(.incrementalAlterConfigs) { () throws(KafkaError) in
            try await base.alterConfigs(changes, validateOnly: false)
        }
    }

    package func electLeaders(
        _ type: ElectionType, _ partitions: [TopicPartition]
    ) async throws(KafkaError) -> [ItemResult<TopicPartition, Bool>] {
        try await forget(.electLeaders) { () throws(KafkaError) in try await base.electLeaders(type, partitions) }
    }

    package func alterReassignments(
        _ assignments: [(partition: TopicPartition, replicas: [Int32]?)]
    ) async throws(KafkaError) -> [ItemResult<TopicPartition, Void>] {
        try await forget(.alterPartitionReassignments) { () throws(KafkaError) in
            try await base.alterReassignments(assignments)
        }
    }

    package func updateFeatures(_ updates: [FeatureUpdate], validateOnly: Bool) async throws(KafkaError) {
        if validateOnly { return try await base.updateFeatures(updates, validateOnly: true) }
        try await forget(.updateFeatures) { () throws(KafkaError) in
            try await base.updateFeatures(updates, validateOnly: false)
        }
    }
}

extension KafkaError {
    /// What a broker answers about a topic that is not there.
    package static let noSuchTopic = KafkaError.answered(.unknownTopicOrPartition, api: .describeConfigs)
}
