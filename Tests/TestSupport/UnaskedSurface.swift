package import KafkaAdmin

// What doubles of clusters are not asked for unless they say otherwise.

private func unasked<Success>() throws(KafkaError) -> Success {
    throw KafkaError(.noResult, "this double of a cluster does not answer that")
}

extension GroupReader {
    package func listGroups(states: [String], types: [GroupType])
        async throws(KafkaError) -> [ItemResult<Int32, [GroupListing]>]
    { try unasked() }
    package func describeGroups(_ ids: [String], type: GroupType?)
        async throws(KafkaError) -> [ItemResult<String, GroupDescription>]
    { try unasked() }
    package func committedOffsets(_ queries: [GroupOffsetQuery], stable: Bool)
        async throws(KafkaError) -> [ItemResult<String, [ItemResult<TopicPartition, CommittedOffset?>]>]
    { try unasked() }
    package func groupLag(_ group: String, partitions: [TopicPartition], readCommitted: Bool)
        async throws(KafkaError) -> [ItemResult<TopicPartition, PartitionLag>]
    { try unasked() }
    package func shareGroupOffsets(_ queries: [GroupOffsetQuery])
        async throws(KafkaError) -> [ItemResult<String, [ItemResult<TopicPartition, ShareOffset?>]>]
    { try unasked() }
}

extension GroupOperator {
    package func deleteGroups(_ ids: [String]) async throws(KafkaError) -> [ItemResult<String, Void>] { try unasked() }
    package func deleteOffsets(_ partitions: [TopicPartition], of group: String)
        async throws(KafkaError) -> [ItemResult<TopicPartition, Void>]
    { try unasked() }
    package func commitOffsets(_ offsets: [(partition: TopicPartition, offset: CommittedOffset)], of group: String)
        async throws(KafkaError) -> [ItemResult<TopicPartition, Void>]
    { try unasked() }
    package func removeMembers(_ members: [GroupMemberName], of group: String, reason: String?)
        async throws(KafkaError) -> [ItemResult<GroupMemberName, Void>]
    { try unasked() }
    package func alterShareGroupOffsets(_ offsets: [(partition: TopicPartition, start: Int64)], of group: String)
        async throws(KafkaError) -> [ItemResult<TopicPartition, Void>]
    { try unasked() }
    package func deleteShareGroupOffsets(topics: [String], of group: String)
        async throws(KafkaError) -> [ItemResult<String, Void>]
    { try unasked() }
}

extension AccessReader {
    package func describeAccessRules(_ filter: AccessFilter, from source: ViewSource)
        async throws(KafkaError) -> [AccessRule]
    { try unasked() }
    package func describeQuotas(_ filter: QuotaFilter) async throws(KafkaError) -> [QuotaSetting] { try unasked() }
    package func describeScramUsers(_ users: [String]?) async throws(KafkaError) -> [ItemResult<
        String, [ScramCredential]
    >] {
        try unasked()
    }
    package func describeDelegationTokens(owners: [KafkaPrincipal]?) async throws(KafkaError) -> [DelegationToken] {
        try unasked()
    }
    package func listConfigResources(types: [Int8]) async throws(KafkaError) -> [ConfigResource] { try unasked() }
}

extension AccessOperator {
    package func createAccessRules(_ rules: [AccessRule]) async throws(KafkaError) -> [ItemResult<AccessRule, Void>] {
        try unasked()
    }
    package func deleteAccessRules(_ filters: [AccessFilter])
        async throws(KafkaError) -> [ItemResult<AccessFilter, [ItemResult<AccessRule, Void>]>]
    { try unasked() }
    package func alterQuotas(_ changes: [QuotaChange], validateOnly: Bool)
        async throws(KafkaError) -> [ItemResult<QuotaEntity, Void>]
    { try unasked() }
    package func alterScramUsers(_ changes: [ScramChange]) async throws(KafkaError) -> [ItemResult<ScramChange, Void>] {
        try unasked()
    }
    package func createDelegationToken(owner: KafkaPrincipal?, renewers: [KafkaPrincipal], maximumLifetime: Int64)
        async throws(KafkaError) -> DelegationToken
    { try unasked() }
    package func renewDelegationToken(_ key: TokenKey, period: Int64) async throws(KafkaError) -> Int64 {
        try unasked()
    }
    package func expireDelegationToken(_ key: TokenKey, period: Int64) async throws(KafkaError) -> Int64 {
        try unasked()
    }
}

extension TransactionReader {
    package func listTransactions(_ filter: TransactionQuery)
        async throws(KafkaError) -> [ItemResult<Int32, [TransactionListing]>]
    { try unasked() }
    package func describeTransactions(_ ids: [String])
        async throws(KafkaError) -> [ItemResult<String, TransactionDescription>]
    { try unasked() }
    package func describeProducers(_ partitions: [TopicPartition])
        async throws(KafkaError) -> [ItemResult<TopicPartition, [ProducerState]>]
    { try unasked() }
    package func findHangingTransactions(in partitions: [TopicPartition], olderThan: Int64, now: Int64)
        async throws(KafkaError) -> [ItemResult<TopicPartition, [HangingTransaction]>]
    { try unasked() }
}

extension PartitionOperator {
    package func createPartitions(_ topics: [NewPartitions], validateOnly: Bool)
        async throws(KafkaError) -> [ItemResult<String, Void>]
    { try unasked() }
    package func append(_ value: [UInt8], key: [UInt8]?, to topic: String) async throws(KafkaError) {
        let _: Int = try unasked()
    }
    package func deleteRecords(_ bounds: [(partition: TopicPartition, before: Int64)])
        async throws(KafkaError) -> [ItemResult<TopicPartition, Int64>]
    { try unasked() }
    package func alterReplicaDirectories(_ placements: [ReplicaPlacement])
        async throws(KafkaError) -> [ItemResult<ReplicaPlacement, Void>]
    { try unasked() }
    package func abortTransaction(_ transaction: HangingTransaction) async throws(KafkaError) {
        let _: Int = try unasked()
    }
    package func unregisterBroker(_ id: Int32) async throws(KafkaError) { let _: Int = try unasked() }
    package func addVoter(_ voter: RaftVoter) async throws(KafkaError) { let _: Int = try unasked() }
    package func removeVoter(_ voter: RaftVoter) async throws(KafkaError) { let _: Int = try unasked() }
}
