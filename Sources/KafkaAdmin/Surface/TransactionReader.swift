/// Looks at transactions, from both sides: their coordinators and the partitions that they write to.
package protocol TransactionReader: Sendable {
    /// A broker that fails is an error of that item; so is a state that it does not know.
    func listTransactions(_ filter: TransactionQuery)
        async throws(KafkaError) -> [ItemResult<Int32, [TransactionListing]>]

    func describeTransactions(_ ids: [String])
        async throws(KafkaError) -> [ItemResult<String, TransactionDescription>]

    /// Asked of the leaders.
    func describeProducers(_ partitions: [TopicPartition])
        async throws(KafkaError) -> [ItemResult<TopicPartition, [ProducerState]>]

    /// Transactions that are open in these partitions, whose last record is older than `olderThan` milliseconds before `now`
    /// (milliseconds since 1970), and of which no coordinator knows that they are open there.
    ///
    /// Never younger than the longest timeout that a broker grants (`transaction.max.timeout.ms`) and five minutes, whatever
    /// `olderThan` says; one whose last record has no timestamp is not old. Needs DESCRIBE_CONFIGS on the cluster. See
    /// `HangingTransaction.isProven` for what authorization hides.
    func findHangingTransactions(in partitions: [TopicPartition], olderThan: Int64, now: Int64)
        async throws(KafkaError) -> [ItemResult<TopicPartition, [HangingTransaction]>]
}
