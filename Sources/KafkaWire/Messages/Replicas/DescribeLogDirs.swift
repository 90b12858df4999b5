/// Asks one broker for its log directories and the replicas in them.
///
/// Version notes: v2 is v1 in the flexible form; later versions change only the answer.
package struct DescribeLogDirsRequest: KafkaRequest {
    package typealias Response = DescribeLogDirsResponse

    package static let apiKey = APIKey.describeLogDirs
    package static let versions: ClosedRange<Int16> = 1...5
    package static let flexibleFrom: Int16? = 2

    /// Null means all topics.
    package var topics: [Topic]? = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(topics: [Topic]? = []) {
        self.topics = topics
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.nullableStructs("topics", &topics, 0...)
    }

    /// Partitions of one topic.
    package typealias Topic = TopicPartitionNumbers
}

/// The log directories of one broker.
///
/// Version notes: v3 adds an error of the whole, v4 the size of the volume, v5 whether the directory is cordoned.
package struct DescribeLogDirsResponse: KafkaResponse {
    package static let apiKey = APIKey.describeLogDirs
    package static let versions: ClosedRange<Int16> = 1...5
    package static let flexibleFrom: Int16? = 2

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var errorCode: KafkaErrorCode = .none
    package var results: [Result] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(throttleTimeMs: Int32 = 0, errorCode: KafkaErrorCode = .none, results: [Result] = []) {
        self.throttleTimeMs = throttleTimeMs
        self.errorCode = errorCode
        self.results = results
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0...)
        try wire.errorCode("errorCode", &errorCode, 3..., ignorable: true)
        try wire.structs("results", &results, 0...)
    }

    /// One log directory.
    package struct Result: WireStruct {
        package var errorCode: KafkaErrorCode = .none
        package var logDir: String = ""
        package var topics: [Topic] = []
        /// The size of the volume; -1 when unknown.
        package var totalBytes: Int64 = -1
        /// What is free on the volume; -1 when unknown.
        package var usableBytes: Int64 = -1
        package var isCordoned: Bool = false
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            errorCode: KafkaErrorCode = .none, logDir: String = "", topics: [Topic] = [], totalBytes: Int64 = -1,
            usableBytes: Int64 = -1, isCordoned: Bool = false
        ) {
            self.errorCode = errorCode
            self.logDir = logDir
            self.topics = topics
            self.totalBytes = totalBytes
            self.usableBytes = usableBytes
            self.isCordoned = isCordoned
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.errorCode("errorCode", &errorCode, 0...)
            try wire.string("logDir", &logDir, 0...)
            try wire.structs("topics", &topics, 0...)
            try wire.int64("totalBytes", &totalBytes, 4..., default: -1, ignorable: true)
            try wire.int64("usableBytes", &usableBytes, 4..., default: -1, ignorable: true)
            try wire.bool("isCordoned", &isCordoned, 5..., ignorable: true)
        }
    }

    /// The replicas of one topic in the directory.
    package typealias Topic = NamedTopic<Partition>

    /// One replica.
    package struct Partition: WireStruct {
        package var partitionIndex: Int32 = 0
        /// In bytes.
        package var partitionSize: Int64 = 0
        /// How far the replica is behind: a future replica behind the current one, any other behind the high
        /// watermark.
        package var offsetLag: Int64 = 0
        /// Whether it is being built to replace the one in another directory.
        package var isFutureKey: Bool = false
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            partitionIndex: Int32 = 0, partitionSize: Int64 = 0, offsetLag: Int64 = 0, isFutureKey: Bool = false
        ) {
            self.partitionIndex = partitionIndex
            self.partitionSize = partitionSize
            self.offsetLag = offsetLag
            self.isFutureKey = isFutureKey
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("partitionIndex", &partitionIndex, 0...)
            try wire.int64("partitionSize", &partitionSize, 0...)
            try wire.int64("offsetLag", &offsetLag, 0...)
            try wire.bool("isFutureKey", &isFutureKey, 0...)
        }
    }
}
