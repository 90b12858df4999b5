/// Adds partitions to a transaction; sent to its coordinator.
///
/// Version notes: up to v3 clients ask, with the fields named so; from v4 on brokers ask for several transactions, or
/// only whether the partitions are in (KIP-890); v5 allows one more error.
package struct AddPartitionsToTxnRequest: KafkaRequest {
    package typealias Response = AddPartitionsToTxnResponse

    package static let apiKey = APIKey.addPartitionsToTxn
    package static let versions: ClosedRange<Int16> = 0...5
    package static let offeredVersions: ClosedRange<Int16> = 0...3
    package static let flexibleFrom: Int16? = 3

    package var transactions: [Transaction] = []
    package var v3AndBelowTransactionalId: String = ""
    package var v3AndBelowProducerId: Int64 = 0
    package var v3AndBelowProducerEpoch: Int16 = 0
    package var v3AndBelowTopics: [Topic] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        transactions: [Transaction] = [], v3AndBelowTransactionalId: String = "", v3AndBelowProducerId: Int64 = 0,
        v3AndBelowProducerEpoch: Int16 = 0, v3AndBelowTopics: [Topic] = []
    ) {
        self.transactions = transactions
        self.v3AndBelowTransactionalId = v3AndBelowTransactionalId
        self.v3AndBelowProducerId = v3AndBelowProducerId
        self.v3AndBelowProducerEpoch = v3AndBelowProducerEpoch
        self.v3AndBelowTopics = v3AndBelowTopics
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.structs("transactions", &transactions, 4...)
        try wire.string("v3AndBelowTransactionalId", &v3AndBelowTransactionalId, 0...3)
        try wire.int64("v3AndBelowProducerId", &v3AndBelowProducerId, 0...3)
        try wire.int16("v3AndBelowProducerEpoch", &v3AndBelowProducerEpoch, 0...3)
        try wire.structs("v3AndBelowTopics", &v3AndBelowTopics, 0...3)
    }

    /// A transaction, from v4 on.
    package struct Transaction: WireStruct {
        package var transactionalId: String = ""
        package var producerId: Int64 = 0
        package var producerEpoch: Int16 = 0
        /// Whether only to ask if the partitions are in.
        package var verifyOnly: Bool = false
        package var topics: [Topic] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            transactionalId: String = "", producerId: Int64 = 0, producerEpoch: Int16 = 0, verifyOnly: Bool = false,
            topics: [Topic] = []
        ) {
            self.transactionalId = transactionalId
            self.producerId = producerId
            self.producerEpoch = producerEpoch
            self.verifyOnly = verifyOnly
            self.topics = topics
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("transactionalId", &transactionalId, 4...)
            try wire.int64("producerId", &producerId, 4...)
            try wire.int16("producerEpoch", &producerEpoch, 4...)
            try wire.bool("verifyOnly", &verifyOnly, 4...)
            try wire.structs("topics", &topics, 4...)
        }
    }

    /// Partitions of one topic.
    package struct Topic: WireStruct {
        package var name: String = ""
        package var partitions: [Int32] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(name: String = "", partitions: [Int32] = []) {
            self.name = name
            self.partitions = partitions
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("name", &name, 0...)
            try wire.int32s("partitions", &partitions, 0...)
        }
    }
}

/// Whether each partition was added.
///
/// Version notes: v4 adds an error of the whole and several transactions.
package struct AddPartitionsToTxnResponse: KafkaResponse {
    package static let apiKey = APIKey.addPartitionsToTxn
    package static let versions: ClosedRange<Int16> = 0...5
    package static let flexibleFrom: Int16? = 3

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var errorCode: KafkaErrorCode = .none
    package var resultsByTransaction: [TransactionResult] = []
    package var resultsByTopicV3AndBelow: [TopicResult] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        throttleTimeMs: Int32 = 0, errorCode: KafkaErrorCode = .none, resultsByTransaction: [TransactionResult] = [],
        resultsByTopicV3AndBelow: [TopicResult] = []
    ) {
        self.throttleTimeMs = throttleTimeMs
        self.errorCode = errorCode
        self.resultsByTransaction = resultsByTransaction
        self.resultsByTopicV3AndBelow = resultsByTopicV3AndBelow
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0...)
        try wire.errorCode("errorCode", &errorCode, 4..., ignorable: true)
        try wire.structs("resultsByTransaction", &resultsByTransaction, 4...)
        try wire.structs("resultsByTopicV3AndBelow", &resultsByTopicV3AndBelow, 0...3)
    }

    /// What became of one transaction, from v4 on.
    package struct TransactionResult: WireStruct {
        package var transactionalId: String = ""
        package var topicResults: [TopicResult] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(transactionalId: String = "", topicResults: [TopicResult] = []) {
            self.transactionalId = transactionalId
            self.topicResults = topicResults
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("transactionalId", &transactionalId, 4...)
            try wire.structs("topicResults", &topicResults, 4...)
        }
    }

    /// What became of one topic.
    package struct TopicResult: WireStruct {
        package var name: String = ""
        package var resultsByPartition: [PartitionResult] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(name: String = "", resultsByPartition: [PartitionResult] = []) {
            self.name = name
            self.resultsByPartition = resultsByPartition
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("name", &name, 0...)
            try wire.structs("resultsByPartition", &resultsByPartition, 0...)
        }
    }

    /// What became of one partition.
    package struct PartitionResult: WireStruct {
        package var partitionIndex: Int32 = 0
        package var partitionErrorCode: KafkaErrorCode = .none
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(partitionIndex: Int32 = 0, partitionErrorCode: KafkaErrorCode = .none) {
            self.partitionIndex = partitionIndex
            self.partitionErrorCode = partitionErrorCode
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("partitionIndex", &partitionIndex, 0...)
            try wire.errorCode("partitionErrorCode", &partitionErrorCode, 0...)
        }
    }
}
