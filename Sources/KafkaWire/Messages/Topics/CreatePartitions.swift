/// Gives topics more partitions.
///
/// Version notes: v2 is flexible, v3 allows the error THROTTLING_QUOTA_EXCEEDED (KIP-599).
package struct CreatePartitionsRequest: KafkaRequest {
    package typealias Response = CreatePartitionsResponse

    package static let apiKey = APIKey.createPartitions
    package static let versions: ClosedRange<Int16> = 0...3
    package static let flexibleFrom: Int16? = 2

    package var topics: [Topic] = []
    /// How long the controller waits, in milliseconds.
    package var timeoutMs: Int32 = 0
    /// Whether only to check.
    package var validateOnly: Bool = false
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(topics: [Topic] = [], timeoutMs: Int32 = 0, validateOnly: Bool = false) {
        self.topics = topics
        self.timeoutMs = timeoutMs
        self.validateOnly = validateOnly
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.structs("topics", &topics, 0...)
        try wire.int32("timeoutMs", &timeoutMs, 0...)
        try wire.bool("validateOnly", &validateOnly, 0...)
    }

    /// A topic and its new size.
    package struct Topic: WireStruct {
        package var name: String = ""
        /// All partitions, the present ones included.
        package var count: Int32 = 0
        /// Null leaves placing to the controller; else one for each new partition.
        package var assignments: [Assignment]? = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(name: String = "", count: Int32 = 0, assignments: [Assignment]? = []) {
            self.name = name
            self.count = count
            self.assignments = assignments
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("name", &name, 0...)
            try wire.int32("count", &count, 0...)
            try wire.nullableStructs("assignments", &assignments, 0...)
        }
    }

    /// Where one new partition goes.
    package struct Assignment: WireStruct {
        /// The replicas, the preferred leader first.
        package var brokerIds: [Int32] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(brokerIds: [Int32] = []) {
            self.brokerIds = brokerIds
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32s("brokerIds", &brokerIds, 0...)
        }
    }
}

/// What became of each topic.
///
/// Version notes: v2 is flexible, v3 allows one more error.
package struct CreatePartitionsResponse: KafkaResponse {
    package static let apiKey = APIKey.createPartitions
    package static let versions: ClosedRange<Int16> = 0...3
    package static let flexibleFrom: Int16? = 2

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var results: [Result] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(throttleTimeMs: Int32 = 0, results: [Result] = []) {
        self.throttleTimeMs = throttleTimeMs
        self.results = results
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0...)
        try wire.structs("results", &results, 0...)
    }

    /// What became of one topic.
    package struct Result: WireStruct {
        package var name: String = ""
        package var errorCode: KafkaErrorCode = .none
        package var errorMessage: String? = nil
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(name: String = "", errorCode: KafkaErrorCode = .none, errorMessage: String? = nil) {
            self.name = name
            self.errorCode = errorCode
            self.errorMessage = errorMessage
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("name", &name, 0...)
            try wire.errorCode("errorCode", &errorCode, 0...)
            try wire.nullableString("errorMessage", &errorMessage, 0..., default: nil)
        }
    }
}
