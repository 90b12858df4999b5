/// Has leaders elected: the preferred ones, or unclean ones where there is no other way.
///
/// Version notes: v0 elects preferred leaders only; v1 adds the type; v2 is v1 in the flexible form.
package struct ElectLeadersRequest: KafkaRequest {
    package typealias Response = ElectLeadersResponse

    package static let apiKey = APIKey.electLeaders
    package static let versions: ClosedRange<Int16> = 0...2
    package static let flexibleFrom: Int16? = 2

    /// 0 preferred, 1 unclean.
    package var electionType: Int8 = 0
    /// Null means all partitions.
    package var topicPartitions: [Topic]? = []
    package var timeoutMs: Int32 = 60000
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(electionType: Int8 = 0, topicPartitions: [Topic]? = [], timeoutMs: Int32 = 60000) {
        self.electionType = electionType
        self.topicPartitions = topicPartitions
        self.timeoutMs = timeoutMs
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int8("electionType", &electionType, 1...)
        try wire.nullableStructs("topicPartitions", &topicPartitions, 0...)
        try wire.int32("timeoutMs", &timeoutMs, 0..., default: 60000)
    }

    /// Partitions of one topic.
    package typealias Topic = TopicPartitionNumbers
}

/// The outcome of each election.
///
/// Version notes: v1 adds an error of the whole; v2 is v1 in the flexible form.
package struct ElectLeadersResponse: KafkaResponse {
    package static let apiKey = APIKey.electLeaders
    package static let versions: ClosedRange<Int16> = 0...2
    package static let flexibleFrom: Int16? = 2

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var errorCode: KafkaErrorCode = .none
    package var replicaElectionResults: [Topic] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(throttleTimeMs: Int32 = 0, errorCode: KafkaErrorCode = .none, replicaElectionResults: [Topic] = []) {
        self.throttleTimeMs = throttleTimeMs
        self.errorCode = errorCode
        self.replicaElectionResults = replicaElectionResults
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0...)
        try wire.errorCode("errorCode", &errorCode, 1...)
        try wire.structs("replicaElectionResults", &replicaElectionResults, 0...)
    }

    /// The outcomes of one topic.
    package struct Topic: WireStruct {
        package var topic: String = ""
        package var partitionResult: [Partition] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(topic: String = "", partitionResult: [Partition] = []) {
            self.topic = topic
            self.partitionResult = partitionResult
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("topic", &topic, 0...)
            try wire.structs("partitionResult", &partitionResult, 0...)
        }
    }

    /// The outcome of one partition; ELECTION_NOT_NEEDED means that the wanted leader leads already.
    package struct Partition: WireStruct {
        package var partitionId: Int32 = 0
        package var errorCode: KafkaErrorCode = .none
        package var errorMessage: String? = ""
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(partitionId: Int32 = 0, errorCode: KafkaErrorCode = .none, errorMessage: String? = "") {
            self.partitionId = partitionId
            self.errorCode = errorCode
            self.errorMessage = errorMessage
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("partitionId", &partitionId, 0...)
            try wire.errorCode("errorCode", &errorCode, 0...)
            try wire.nullableString("errorMessage", &errorMessage, 0...)
        }
    }
}
