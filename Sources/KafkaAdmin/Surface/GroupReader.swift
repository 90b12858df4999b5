/// Looks at groups of every kind. Answers come from their coordinators, which are looked up and followed when they move.
package protocol GroupReader: Sendable {
    /// Every broker lists the groups that it coordinates; a broker that fails is an error of that item.
    ///
    /// `states` and `types` empty: all. States need ListGroups v4 (2.6), types v5 (3.8): `unsupportedVersion` before.
    func listGroups(states: [String], types: [GroupType])
        async throws(KafkaError) -> [ItemResult<Int32, [GroupListing]>]

    /// `type` nil: as what the cluster knows the group. A group that does not exist is GROUP_ID_NOT_FOUND (69) in all
    /// versions.
    func describeGroups(_ ids: [String], type: GroupType?)
        async throws(KafkaError) -> [ItemResult<String, GroupDescription>]

    /// Nil for a partition without a commit. A group that does not exist has none. `stable`: offsets that a transaction is
    /// about to commit are waited for, and are an error (88) when that takes too long.
    func committedOffsets(_ queries: [GroupOffsetQuery], stable: Bool)
        async throws(KafkaError) -> [ItemResult<String, [ItemResult<TopicPartition, CommittedOffset?>]>]

    /// The partitions that a group has committed, and with `partitions` those too.
    func groupLag(_ group: String, partitions: [TopicPartition], readCommitted: Bool)
        async throws(KafkaError) -> [ItemResult<TopicPartition, PartitionLag>]

    /// Where share groups stand (4.1); nil for a partition in which a group has not begun. A group that does not exist
    /// stands nowhere.
    func shareGroupOffsets(_ queries: [GroupOffsetQuery])
        async throws(KafkaError) -> [ItemResult<String, [ItemResult<TopicPartition, ShareOffset?>]>]
}

/// Changes groups and their offsets.
package protocol GroupOperator: Sendable {
    /// Groups with members are refused (NON_EMPTY_GROUP, 68).
    func deleteGroups(_ ids: [String]) async throws(KafkaError) -> [ItemResult<String, Void>]

    /// Offsets of topics that a member subscribes to are refused (GROUP_SUBSCRIBED_TO_TOPIC, 86).
    func deleteOffsets(_ partitions: [TopicPartition], of group: String)
        async throws(KafkaError) -> [ItemResult<TopicPartition, Void>]

    /// Only for groups without members (UNKNOWN_MEMBER_ID, 25). A group that does not exist is made.
    func commitOffsets(_ offsets: [(partition: TopicPartition, offset: CommittedOffset)], of group: String)
        async throws(KafkaError) -> [ItemResult<TopicPartition, Void>]

    func removeMembers(_ members: [GroupMemberName], of group: String, reason: String?)
        async throws(KafkaError) -> [ItemResult<GroupMemberName, Void>]

    /// Only for share groups without members (NON_EMPTY_GROUP, 68).
    func alterShareGroupOffsets(_ offsets: [(partition: TopicPartition, start: Int64)], of group: String)
        async throws(KafkaError) -> [ItemResult<TopicPartition, Void>]

    /// Forgets where a share group without members stands, by whole topics: it begins anew there.
    func deleteShareGroupOffsets(topics: [String], of group: String)
        async throws(KafkaError) -> [ItemResult<String, Void>]
}
