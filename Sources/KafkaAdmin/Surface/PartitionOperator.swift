/// Changes partitions, replicas, transactions and the membership of the cluster.
package protocol PartitionOperator: Sendable {
    func createPartitions(_ topics: [NewPartitions], validateOnly: Bool)
        async throws(KafkaError) -> [ItemResult<String, Void>]

    /// One record in the first partition of a topic, in all replicas that are in sync when it returns.
    func append(_ value: [UInt8], key: [UInt8]?, to topic: String) async throws(KafkaError)

    /// Everything before `before`; -1: up to the high watermark. Gives the new first offset.
    func deleteRecords(_ bounds: [(partition: TopicPartition, before: Int64)])
        async throws(KafkaError) -> [ItemResult<TopicPartition, Int64>]

    /// Starts moving replicas between the directories of their brokers. REPLICA_NOT_AVAILABLE (9) is what a broker says that
    /// does not have the replica yet: the place is kept for when it comes.
    func alterReplicaDirectories(_ placements: [ReplicaPlacement])
        async throws(KafkaError) -> [ItemResult<ReplicaPlacement, Void>]

    /// Ends a transaction that hangs in a partition, by writing the marker that its coordinator never will. The leader is asked
    /// right before: what is not the transaction that was found any more is refused (`outdated`).
    func abortTransaction(_ transaction: HangingTransaction) async throws(KafkaError)

    /// Kafka checks nothing here: unregister only brokers that are down for good and hold no replica.
    func unregisterBroker(_ id: Int32) async throws(KafkaError)

    /// Needs `kraft.version` 1 or later and a candidate that has caught up as an observer.
    func addVoter(_ voter: RaftVoter) async throws(KafkaError)

    /// By id and directory; its listeners do not matter. Remove a voter before it is stopped.
    func removeVoter(_ voter: RaftVoter) async throws(KafkaError)
}
