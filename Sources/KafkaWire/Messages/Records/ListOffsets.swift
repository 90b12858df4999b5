/// Asks the leaders of partitions for offsets: the earliest, the latest, or by timestamp.
///
/// Version notes: v2 adds isolation, v4 the leader epoch; v7 to v11 each add one special timestamp (v7 the largest
/// timestamp, v8 the earliest local offset, v9 the latest tiered, v11 the earliest pending upload); v10 adds a
/// timeout.
package struct ListOffsetsRequest: KafkaRequest {
    package typealias Response = ListOffsetsResponse

    package static let apiKey = APIKey.listOffsets
    package static let versions: ClosedRange<Int16> = 1...11
    package static let flexibleFrom: Int16? = 6

    /// -1 for a client.
    package var replicaId: Int32 = 0
    /// 0 up to the high watermark, 1 up to the last stable offset.
    package var isolationLevel: Int8 = 0
    package var topics: [Topic] = []
    package var timeoutMs: Int32 = 0
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(replicaId: Int32 = 0, isolationLevel: Int8 = 0, topics: [Topic] = [], timeoutMs: Int32 = 0) {
        self.replicaId = replicaId
        self.isolationLevel = isolationLevel
        self.topics = topics
        self.timeoutMs = timeoutMs
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("replicaId", &replicaId, 0...)
        try wire.int8("isolationLevel", &isolationLevel, 2...)
        try wire.structs("topics", &topics, 0...)
        try wire.int32("timeoutMs", &timeoutMs, 10..., ignorable: true)
    }

    /// Partitions of one topic.
    package typealias Topic = NamedTopic<Partition>

    /// What to look up in one partition.
    package struct Partition: WireStruct {
        package var partitionIndex: Int32 = 0
        package var currentLeaderEpoch: Int32 = -1
        /// Milliseconds since 1970, or -1 latest, -2 earliest, -3 largest timestamp, -4 earliest local, -5 latest
        /// tiered, -6 earliest pending upload.
        package var timestamp: Int64 = 0
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(partitionIndex: Int32 = 0, currentLeaderEpoch: Int32 = -1, timestamp: Int64 = 0) {
            self.partitionIndex = partitionIndex
            self.currentLeaderEpoch = currentLeaderEpoch
            self.timestamp = timestamp
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("partitionIndex", &partitionIndex, 0...)
            try wire.int32("currentLeaderEpoch", &currentLeaderEpoch, 4..., default: -1, ignorable: true)
            try wire.int64("timestamp", &timestamp, 0...)
        }
    }
}

/// The offsets found.
///
/// Version notes: v2 adds the throttle time, v4 leader epochs.
package struct ListOffsetsResponse: KafkaResponse {
    package static let apiKey = APIKey.listOffsets
    package static let versions: ClosedRange<Int16> = 1...11
    package static let flexibleFrom: Int16? = 6

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
        try wire.int32("throttleTimeMs", &throttleTimeMs, 2..., ignorable: true)
        try wire.structs("topics", &topics, 0...)
    }

    /// The results of one topic.
    package typealias Topic = NamedTopic<Partition>

    /// What was found in one partition.
    package struct Partition: WireStruct {
        package var partitionIndex: Int32 = 0
        package var errorCode: KafkaErrorCode = .none
        package var timestamp: Int64 = -1
        /// -1 when nothing was found.
        package var offset: Int64 = -1
        /// The number of the leadership; -1 when unknown.
        package var leaderEpoch: Int32 = -1
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            partitionIndex: Int32 = 0, errorCode: KafkaErrorCode = .none, timestamp: Int64 = -1, offset: Int64 = -1,
            leaderEpoch: Int32 = -1
        ) {
            self.partitionIndex = partitionIndex
            self.errorCode = errorCode
            self.timestamp = timestamp
            self.offset = offset
            self.leaderEpoch = leaderEpoch
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("partitionIndex", &partitionIndex, 0...)
            try wire.errorCode("errorCode", &errorCode, 0...)
            try wire.int64("timestamp", &timestamp, 1..., default: -1)
            try wire.int64("offset", &offset, 1..., default: -1)
            try wire.int32("leaderEpoch", &leaderEpoch, 4..., default: -1)
        }
    }
}
