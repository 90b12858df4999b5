/// Deletes the records of partitions below an offset; sent to each partition's leader.
///
/// Version notes: v2 is v1 in the flexible form.
package struct DeleteRecordsRequest: KafkaRequest {
    package typealias Response = DeleteRecordsResponse

    package static let apiKey = APIKey.deleteRecords
    package static let versions: ClosedRange<Int16> = 0...2
    package static let flexibleFrom: Int16? = 2

    package var topics: [Topic] = []
    /// How long the leader waits for the other replicas, in milliseconds.
    package var timeoutMs: Int32 = 0
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(topics: [Topic] = [], timeoutMs: Int32 = 0) {
        self.topics = topics
        self.timeoutMs = timeoutMs
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.structs("topics", &topics, 0...)
        try wire.int32("timeoutMs", &timeoutMs, 0...)
    }

    /// Partitions of one topic.
    package typealias Topic = NamedTopic<Partition>

    /// What to delete in one partition.
    package struct Partition: WireStruct {
        package var partitionIndex: Int32 = 0
        /// The first offset to keep; -1 is the high watermark.
        package var offset: Int64 = 0
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(partitionIndex: Int32 = 0, offset: Int64 = 0) {
            self.partitionIndex = partitionIndex
            self.offset = offset
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("partitionIndex", &partitionIndex, 0...)
            try wire.int64("offset", &offset, 0...)
        }
    }
}

/// Where each partition begins now.
///
/// Version notes: v2 is v1 in the flexible form.
package struct DeleteRecordsResponse: KafkaResponse {
    package static let apiKey = APIKey.deleteRecords
    package static let versions: ClosedRange<Int16> = 0...2
    package static let flexibleFrom: Int16? = 2

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var topics: [Topic] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(throttleTimeMs: Int32 = 0, topics: [Topic] = []) {
        self.throttleTimeMs = throttleTimeMs
        self.topics = topics
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0...)
        try wire.structs("topics", &topics, 0...)
    }

    /// What became of one topic.
    package typealias Topic = NamedTopic<Partition>

    /// What became of one partition.
    package struct Partition: WireStruct {
        package var partitionIndex: Int32 = 0
        /// The least offset that a replica in sync begins with; -1 on errors.
        package var lowWatermark: Int64 = 0
        package var errorCode: KafkaErrorCode = .none
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(partitionIndex: Int32 = 0, lowWatermark: Int64 = 0, errorCode: KafkaErrorCode = .none) {
            self.partitionIndex = partitionIndex
            self.lowWatermark = lowWatermark
            self.errorCode = errorCode
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("partitionIndex", &partitionIndex, 0...)
            try wire.int64("lowWatermark", &lowWatermark, 0...)
            try wire.errorCode("errorCode", &errorCode, 0...)
        }
    }
}
