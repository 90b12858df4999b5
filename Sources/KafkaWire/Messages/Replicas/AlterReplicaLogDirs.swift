/// Moves one broker's replicas to other log directories of it; sent to that broker.
///
/// Version notes: v2 is v1 in the flexible form.
package struct AlterReplicaLogDirsRequest: KafkaRequest {
    package typealias Response = AlterReplicaLogDirsResponse

    package static let apiKey = APIKey.alterReplicaLogDirs
    package static let versions: ClosedRange<Int16> = 1...2
    package static let flexibleFrom: Int16? = 2

    package var dirs: [Dir] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(dirs: [Dir] = []) {
        self.dirs = dirs
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.structs("dirs", &dirs, 0...)
    }

    /// A directory and what is to move there.
    package struct Dir: WireStruct {
        /// Absolute, as DescribeLogDirs names it.
        package var path: String = ""
        package var topics: [Topic] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(path: String = "", topics: [Topic] = []) {
            self.path = path
            self.topics = topics
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("path", &path, 0...)
            try wire.structs("topics", &topics, 0...)
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

/// Whether each move was begun.
///
/// Version notes: v2 is v1 in the flexible form.
package struct AlterReplicaLogDirsResponse: KafkaResponse {
    package static let apiKey = APIKey.alterReplicaLogDirs
    package static let versions: ClosedRange<Int16> = 1...2
    package static let flexibleFrom: Int16? = 2

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var results: [Topic] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(throttleTimeMs: Int32 = 0, results: [Topic] = []) {
        self.throttleTimeMs = throttleTimeMs
        self.results = results
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0...)
        try wire.structs("results", &results, 0...)
    }

    /// What became of one topic.
    package typealias Topic = TopicByTopicName<Partition>

    /// What became of one partition.
    package typealias Partition = PartitionError
}
