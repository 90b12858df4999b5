/// Writes the markers that end transactions into partitions; brokers send it, and an admin to abort a hanging
/// transaction (KIP-664).
///
/// Version notes: v2 adds the transaction version (KIP-1228).
package struct WriteTxnMarkersRequest: KafkaRequest {
    package typealias Response = WriteTxnMarkersResponse

    package static let apiKey = APIKey.writeTxnMarkers
    package static let versions: ClosedRange<Int16> = 1...2
    package static let flexibleFrom: Int16? = 1

    package var markers: [Marker] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(markers: [Marker] = []) {
        self.markers = markers
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.structs("markers", &markers, 0...)
    }

    /// The end of one producer's transaction.
    package struct Marker: WireStruct {
        package var producerId: Int64 = 0
        package var producerEpoch: Int16 = 0
        /// True commits, false aborts.
        package var transactionResult: Bool = false
        package var topics: [Topic] = []
        /// Of the transaction's coordinator; an admin repeats the one from DescribeProducers.
        package var coordinatorEpoch: Int32 = 0
        /// 0 and 1 as before KIP-890, 2 after it.
        package var transactionVersion: Int8 = 0
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            producerId: Int64 = 0, producerEpoch: Int16 = 0, transactionResult: Bool = false, topics: [Topic] = [],
            coordinatorEpoch: Int32 = 0, transactionVersion: Int8 = 0
        ) {
            self.producerId = producerId
            self.producerEpoch = producerEpoch
            self.transactionResult = transactionResult
            self.topics = topics
            self.coordinatorEpoch = coordinatorEpoch
            self.transactionVersion = transactionVersion
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int64("producerId", &producerId, 0...)
            try wire.int16("producerEpoch", &producerEpoch, 0...)
            try wire.bool("transactionResult", &transactionResult, 0...)
            try wire.structs("topics", &topics, 0...)
            try wire.int32("coordinatorEpoch", &coordinatorEpoch, 0...)
            try wire.int8("transactionVersion", &transactionVersion, 2..., ignorable: true)
        }
    }

    /// Partitions of one topic.
    package typealias Topic = NamedPartitionIndexes
}

/// Whether each marker was written.
///
/// Version notes: v2 answers the same.
package struct WriteTxnMarkersResponse: KafkaResponse {
    package static let apiKey = APIKey.writeTxnMarkers
    package static let versions: ClosedRange<Int16> = 1...2
    package static let flexibleFrom: Int16? = 1

    package var markers: [Marker] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(markers: [Marker] = []) {
        self.markers = markers
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.structs("markers", &markers, 0...)
    }

    /// What became of one producer's markers.
    package struct Marker: WireStruct {
        package var producerId: Int64 = 0
        package var topics: [Topic] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(producerId: Int64 = 0, topics: [Topic] = []) {
            self.producerId = producerId
            self.topics = topics
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int64("producerId", &producerId, 0...)
            try wire.structs("topics", &topics, 0...)
        }
    }

    /// What became of one topic.
    package typealias Topic = NamedTopic<Partition>

    /// What became of one partition.
    package typealias Partition = PartitionError
}
