/// Asks partition leaders for the producers that write to partitions (KIP-664).
///
/// Version notes: v0 is the only version.
package struct DescribeProducersRequest: KafkaRequest {
    package typealias Response = DescribeProducersResponse

    package static let apiKey = APIKey.describeProducers
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16? = 0

    package var topics: [Topic] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(topics: [Topic] = []) {
        self.topics = topics
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.structs("topics", &topics, 0...)
    }

    /// Partitions of one topic.
    package typealias Topic = NamedPartitionIndexes
}

/// The producers that have written to partitions, and which of them have a transaction open there.
///
/// Version notes: v0 is the only version.
package struct DescribeProducersResponse: KafkaResponse {
    package static let apiKey = APIKey.describeProducers
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16? = 0

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

    /// The producers in one topic.
    package typealias Topic = NamedTopic<Partition>

    /// The producers in one partition.
    package struct Partition: WireStruct {
        package var partitionIndex: Int32 = 0
        package var errorCode: KafkaErrorCode = .none
        package var errorMessage: String? = nil
        package var activeProducers: [Producer] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            partitionIndex: Int32 = 0, errorCode: KafkaErrorCode = .none, errorMessage: String? = nil,
            activeProducers: [Producer] = []
        ) {
            self.partitionIndex = partitionIndex
            self.errorCode = errorCode
            self.errorMessage = errorMessage
            self.activeProducers = activeProducers
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("partitionIndex", &partitionIndex, 0...)
            try wire.errorCode("errorCode", &errorCode, 0...)
            try wire.nullableString("errorMessage", &errorMessage, 0..., default: nil)
            try wire.structs("activeProducers", &activeProducers, 0...)
        }
    }

    /// A producer.
    package struct Producer: WireStruct {
        package var producerId: Int64 = 0
        package var producerEpoch: Int32 = 0
        /// -1 when unknown.
        package var lastSequence: Int32 = -1
        /// In milliseconds since 1970; -1 when unknown.
        package var lastTimestamp: Int64 = -1
        /// Of the last marker's coordinator; -1 before the first marker.
        package var coordinatorEpoch: Int32 = 0
        /// Where its open transaction begins; -1 when there is none.
        package var currentTxnStartOffset: Int64 = -1
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            producerId: Int64 = 0, producerEpoch: Int32 = 0, lastSequence: Int32 = -1, lastTimestamp: Int64 = -1,
            coordinatorEpoch: Int32 = 0, currentTxnStartOffset: Int64 = -1
        ) {
            self.producerId = producerId
            self.producerEpoch = producerEpoch
            self.lastSequence = lastSequence
            self.lastTimestamp = lastTimestamp
            self.coordinatorEpoch = coordinatorEpoch
            self.currentTxnStartOffset = currentTxnStartOffset
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int64("producerId", &producerId, 0...)
            try wire.int32("producerEpoch", &producerEpoch, 0...)
            try wire.int32("lastSequence", &lastSequence, 0..., default: -1)
            try wire.int64("lastTimestamp", &lastTimestamp, 0..., default: -1)
            try wire.int32("coordinatorEpoch", &coordinatorEpoch, 0...)
            try wire.int64("currentTxnStartOffset", &currentTxnStartOffset, 0..., default: -1)
        }
    }
}
