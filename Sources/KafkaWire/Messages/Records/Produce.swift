/// Appends record batches to partitions; sent to each partition's leader.
///
/// Version notes: v3 is the first with record batches (magic 2) and the transactional id, v7 allows zstd, v9 is
/// flexible; from v12 on a transactional producer's first write to a partition adds it to the transaction (KIP-890),
/// v13 names topics by id alone. With `acks` 0 there is no answer.
package struct ProduceRequest: KafkaRequest {
    package typealias Response = ProduceResponse

    package static let apiKey = APIKey.produce
    package static let versions: ClosedRange<Int16> = 3...13
    package static let flexibleFrom: Int16? = 9

    /// Null outside transactions.
    package var transactionalId: String? = nil
    /// 0 asks for no answer, 1 for the leader's, -1 for that of all replicas in sync.
    package var acks: Int16 = 0
    /// How long the leader waits for the other replicas, in milliseconds.
    package var timeoutMs: Int32 = 0
    package var topicData: [Topic] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(transactionalId: String? = nil, acks: Int16 = 0, timeoutMs: Int32 = 0, topicData: [Topic] = []) {
        self.transactionalId = transactionalId
        self.acks = acks
        self.timeoutMs = timeoutMs
        self.topicData = topicData
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.nullableString("transactionalId", &transactionalId, 3..., default: nil)
        try wire.int16("acks", &acks, 0...)
        try wire.int32("timeoutMs", &timeoutMs, 0...)
        try wire.structs("topicData", &topicData, 0...)
    }

    /// Batches for one topic.
    package struct Topic: WireStruct {
        /// Up to v12.
        package var name: String = ""
        /// From v13 on.
        package var topicId: KafkaUUID = .zero
        package var partitionData: [Partition] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(name: String = "", topicId: KafkaUUID = .zero, partitionData: [Partition] = []) {
            self.name = name
            self.topicId = topicId
            self.partitionData = partitionData
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("name", &name, 0...12, ignorable: true)
            try wire.uuid("topicId", &topicId, 13..., ignorable: true)
            try wire.structs("partitionData", &partitionData, 0...)
        }
    }

    /// Batches for one partition.
    package struct Partition: WireStruct {
        package var index: Int32 = 0
        /// Whole record batches, one after the other; brokers take exactly one.
        package var records: [UInt8]? = nil
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(index: Int32 = 0, records: [UInt8]? = nil) {
            self.index = index
            self.records = records
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("index", &index, 0...)
            try wire.records("records", &records, 0...)
        }
    }
}

/// Where each partition's batches were put, or why they were not.
///
/// Version notes: v5 adds the log's start, v8 which records of a batch were refused (KIP-467), v10 the leader to turn
/// to instead (KIP-951), v13 topic ids in place of names.
package struct ProduceResponse: KafkaResponse {
    package static let apiKey = APIKey.produce
    package static let versions: ClosedRange<Int16> = 3...13
    package static let flexibleFrom: Int16? = 9

    package var responses: [Topic] = []
    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    /// Where the leaders named above are reached.
    package var nodeEndpoints: [Node] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(responses: [Topic] = [], throttleTimeMs: Int32 = 0, nodeEndpoints: [Node] = []) {
        self.responses = responses
        self.throttleTimeMs = throttleTimeMs
        self.nodeEndpoints = nodeEndpoints
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.structs("responses", &responses, 0...)
        try wire.int32("throttleTimeMs", &throttleTimeMs, 1..., ignorable: true)
        try wire.structs("nodeEndpoints", &nodeEndpoints, 10..., tag: 0)
    }

    /// What became of one topic.
    package struct Topic: WireStruct {
        package var name: String = ""
        package var topicId: KafkaUUID = .zero
        package var partitionResponses: [Partition] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(name: String = "", topicId: KafkaUUID = .zero, partitionResponses: [Partition] = []) {
            self.name = name
            self.topicId = topicId
            self.partitionResponses = partitionResponses
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("name", &name, 0...12, ignorable: true)
            try wire.uuid("topicId", &topicId, 13..., ignorable: true)
            try wire.structs("partitionResponses", &partitionResponses, 0...)
        }
    }

    /// What became of one partition's batches.
    package struct Partition: WireStruct {
        package var index: Int32 = 0
        package var errorCode: KafkaErrorCode = .none
        /// The offset that the first record got.
        package var baseOffset: Int64 = 0
        /// When it was appended, in milliseconds since 1970; -1 where records keep their own timestamps.
        package var logAppendTimeMs: Int64 = -1
        /// The partition's first offset; -1 when unknown.
        package var logStartOffset: Int64 = -1
        package var recordErrors: [RecordError] = []
        /// What is wrong with the batch as a whole.
        package var errorMessage: String? = nil
        /// Set when the asked node does not lead the partition.
        package var currentLeader: Leader = Leader()
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            index: Int32 = 0, errorCode: KafkaErrorCode = .none, baseOffset: Int64 = 0, logAppendTimeMs: Int64 = -1,
            logStartOffset: Int64 = -1, recordErrors: [RecordError] = [], errorMessage: String? = nil,
            currentLeader: Leader = Leader()
        ) {
            self.index = index
            self.errorCode = errorCode
            self.baseOffset = baseOffset
            self.logAppendTimeMs = logAppendTimeMs
            self.logStartOffset = logStartOffset
            self.recordErrors = recordErrors
            self.errorMessage = errorMessage
            self.currentLeader = currentLeader
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("index", &index, 0...)
            try wire.errorCode("errorCode", &errorCode, 0...)
            try wire.int64("baseOffset", &baseOffset, 0...)
            try wire.int64("logAppendTimeMs", &logAppendTimeMs, 2..., default: -1, ignorable: true)
            try wire.int64("logStartOffset", &logStartOffset, 5..., default: -1, ignorable: true)
            try wire.structs("recordErrors", &recordErrors, 8..., ignorable: true)
            try wire.nullableString("errorMessage", &errorMessage, 8..., default: nil, ignorable: true)
            try wire.struct("currentLeader", &currentLeader, 10..., tag: 0)
        }
    }

    /// Why one record made its batch be refused.
    package struct RecordError: WireStruct {
        /// The record's place in its batch, from 0.
        package var batchIndex: Int32 = 0
        package var batchIndexErrorMessage: String? = nil
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(batchIndex: Int32 = 0, batchIndexErrorMessage: String? = nil) {
            self.batchIndex = batchIndex
            self.batchIndexErrorMessage = batchIndexErrorMessage
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("batchIndex", &batchIndex, 8...)
            try wire.nullableString("batchIndexErrorMessage", &batchIndexErrorMessage, 8..., default: nil)
        }
    }

    /// Who leads the partition now.
    package struct Leader: WireStruct {
        package var leaderId: Int32 = -1
        package var leaderEpoch: Int32 = -1
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(leaderId: Int32 = -1, leaderEpoch: Int32 = -1) {
            self.leaderId = leaderId
            self.leaderEpoch = leaderEpoch
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("leaderId", &leaderId, 10..., default: -1)
            try wire.int32("leaderEpoch", &leaderEpoch, 10..., default: -1)
        }
    }

    /// Where a node is reached.
    package typealias Node = NodeEndpoint
}
