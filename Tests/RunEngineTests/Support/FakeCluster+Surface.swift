import KafkaAdmin

/// What tests of runs never ask a cluster.
extension FakeCluster {
    func listGroups(states: [String], types: [GroupType])
        async throws(KafkaError) -> [ItemResult<Int32, [GroupListing]>]
    { try refuse() }
    func describeGroups(_ ids: [String], type: GroupType?)
        async throws(KafkaError) -> [ItemResult<String, GroupDescription>]
    { try refuse() }
    func committedOffsets(_ queries: [GroupOffsetQuery], stable: Bool)
        async throws(KafkaError) -> [ItemResult<String, [ItemResult<TopicPartition, CommittedOffset?>]>]
    { try refuse() }
    func groupLag(_ group: String, partitions: [TopicPartition], readCommitted: Bool)
        async throws(KafkaError) -> [ItemResult<TopicPartition, PartitionLag>]
    { try refuse() }
    func deleteGroups(_ ids: [String]) async throws(KafkaError) -> [ItemResult<String, Void>] { try refuse() }
    func deleteOffsets(_ partitions: [TopicPartition], of group: String)
        async throws(KafkaError) -> [ItemResult<TopicPartition, Void>]
    { try refuse() }
    func commitOffsets(_ offsets: [(partition: TopicPartition, offset: CommittedOffset)], of group: String)
        async throws(KafkaError) -> [ItemResult<TopicPartition, Void>]
    { try refuse() }
    func removeMembers(_ members: [GroupMemberName], of group: String, reason: String?)
        async throws(KafkaError) -> [ItemResult<GroupMemberName, Void>]
    { try refuse() }
    func shareGroupOffsets(_ queries: [GroupOffsetQuery])
        async throws(KafkaError) -> [ItemResult<String, [ItemResult<TopicPartition, ShareOffset?>]>]
    { try refuse() }
    func alterShareGroupOffsets(_ offsets: [(partition: TopicPartition, start: Int64)], of group: String)
        async throws(KafkaError) -> [ItemResult<TopicPartition, Void>]
    { try refuse() }
    func deleteShareGroupOffsets(topics: [String], of group: String)
        async throws(KafkaError) -> [ItemResult<String, Void>]
    { try refuse() }
    func describeAccessRules(_ filter: AccessFilter, from source: ViewSource) async throws(KafkaError) -> [AccessRule] {
        try refuse()
    }
    func describeQuotas(_ filter: QuotaFilter) async throws(KafkaError) -> [QuotaSetting] { try refuse() }
    func describeScramUsers(_ users: [String]?) async throws(KafkaError) -> [ItemResult<String, [ScramCredential]>] {
        try refuse()
    }
    func describeDelegationTokens(owners: [KafkaPrincipal]?) async throws(KafkaError) -> [DelegationToken] {
        try refuse()
    }
    func listConfigResources(types: [Int8]) async throws(KafkaError) -> [ConfigResource] { try refuse() }
    func createAccessRules(_ rules: [AccessRule]) async throws(KafkaError) -> [ItemResult<AccessRule, Void>] {
        try refuse()
    }
    func deleteAccessRules(_ filters: [AccessFilter])
        async throws(KafkaError) -> [ItemResult<AccessFilter, [ItemResult<AccessRule, Void>]>]
    { try refuse() }
    func alterQuotas(_ changes: [QuotaChange], validateOnly: Bool)
        async throws(KafkaError) -> [ItemResult<QuotaEntity, Void>]
    { try refuse() }
    func alterScramUsers(_ changes: [ScramChange]) async throws(KafkaError) -> [ItemResult<ScramChange, Void>] {
        try refuse()
    }
    func createDelegationToken(owner: KafkaPrincipal?, renewers: [KafkaPrincipal], maximumLifetime: Int64)
        async throws(KafkaError) -> DelegationToken
    { try refuse() }
    func renewDelegationToken(_ key: TokenKey, period: Int64) async throws(KafkaError) -> Int64 { try refuse() }
    func expireDelegationToken(_ key: TokenKey, period: Int64) async throws(KafkaError) -> Int64 { try refuse() }
    func listTransactions(_ filter: TransactionQuery)
        async throws(KafkaError) -> [ItemResult<Int32, [TransactionListing]>]
    { try refuse() }
    func describeTransactions(_ ids: [String])
        async throws(KafkaError) -> [ItemResult<String, TransactionDescription>]
    { try refuse() }
    func describeProducers(_ partitions: [TopicPartition])
        async throws(KafkaError) -> [ItemResult<TopicPartition, [ProducerState]>]
    { try refuse() }
    func findHangingTransactions(in partitions: [TopicPartition], olderThan: Int64, now: Int64)
        async throws(KafkaError) -> [ItemResult<TopicPartition, [HangingTransaction]>]
    { try refuse() }
    func createPartitions(_ topics: [NewPartitions], validateOnly: Bool)
        async throws(KafkaError) -> [ItemResult<String, Void>]
    { try refuse() }
    func append(_ value: [UInt8], key: [UInt8]?, to topic: String) async throws(KafkaError) {
        let _: Int = try refuse()
    }
    func deleteRecords(_ bounds: [(partition: TopicPartition, before: Int64)])
        async throws(KafkaError) -> [ItemResult<TopicPartition, Int64>]
    { try refuse() }
    func alterReplicaDirectories(_ placements: [ReplicaPlacement])
        async throws(KafkaError) -> [ItemResult<ReplicaPlacement, Void>]
    { try refuse() }
    func abortTransaction(_ transaction: HangingTransaction) async throws(KafkaError) { let _: Int = try refuse() }
    func unregisterBroker(_ id: Int32) async throws(KafkaError) { let _: Int = try refuse() }
    func addVoter(_ voter: RaftVoter) async throws(KafkaError) { let _: Int = try refuse() }
    func removeVoter(_ voter: RaftVoter) async throws(KafkaError) { let _: Int = try refuse() }
}
