/// Deletes topics.
///
/// Version notes: up to v5 by name in `topicNames`; from v6 on by name or id in `topics`.
package struct DeleteTopicsRequest: KafkaRequest {
    package typealias Response = DeleteTopicsResponse

    package static let apiKey = APIKey.deleteTopics
    package static let versions: ClosedRange<Int16> = 1...6
    package static let flexibleFrom: Int16? = 4

    package var topics: [Topic] = []
    package var topicNames: [String] = []
    package var timeoutMs: Int32 = 0
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(topics: [Topic] = [], topicNames: [String] = [], timeoutMs: Int32 = 0) {
        self.topics = topics
        self.topicNames = topicNames
        self.timeoutMs = timeoutMs
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.structs("topics", &topics, 6...)
        try wire.strings("topicNames", &topicNames, 0...5, ignorable: true)
        try wire.int32("timeoutMs", &timeoutMs, 0...)
    }

    /// A topic to delete, by name or by id.
    package struct Topic: WireStruct {
        package var name: String? = nil
        /// Zero when the topic has none.
        package var topicId: KafkaUUID = .zero
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(name: String? = nil, topicId: KafkaUUID = .zero) {
            self.name = name
            self.topicId = topicId
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.nullableString("name", &name, 6..., default: nil)
            try wire.uuid("topicId", &topicId, 6...)
        }
    }
}

/// What became of each topic to delete.
///
/// Version notes: v5 adds error messages, v6 topic ids.
package struct DeleteTopicsResponse: KafkaResponse {
    package static let apiKey = APIKey.deleteTopics
    package static let versions: ClosedRange<Int16> = 1...6
    package static let flexibleFrom: Int16? = 4

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var responses: [Result] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(throttleTimeMs: Int32 = 0, responses: [Result] = []) {
        self.throttleTimeMs = throttleTimeMs
        self.responses = responses
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 1..., ignorable: true)
        try wire.structs("responses", &responses, 0...)
    }

    /// What became of one topic.
    package struct Result: WireStruct {
        package var name: String? = ""
        /// Zero when the topic has none.
        package var topicId: KafkaUUID = .zero
        package var errorCode: KafkaErrorCode = .none
        package var errorMessage: String? = nil
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            name: String? = "", topicId: KafkaUUID = .zero, errorCode: KafkaErrorCode = .none,
            errorMessage: String? = nil
        ) {
            self.name = name
            self.topicId = topicId
            self.errorCode = errorCode
            self.errorMessage = errorMessage
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.nullableString("name", &name, 0..., nullable: 6...)
            try wire.uuid("topicId", &topicId, 6..., ignorable: true)
            try wire.errorCode("errorCode", &errorCode, 0...)
            try wire.nullableString("errorMessage", &errorMessage, 5..., default: nil, ignorable: true)
        }
    }
}
