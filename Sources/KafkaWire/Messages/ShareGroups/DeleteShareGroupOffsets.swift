/// Forgets where a share group without members stands in topics; sent to its coordinator.
///
/// Version notes: v0 is the only version. Brokers from 4.1 on know it.
package struct DeleteShareGroupOffsetsRequest: KafkaRequest {
    package typealias Response = DeleteShareGroupOffsetsResponse

    package static let apiKey = APIKey.deleteShareGroupOffsets
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16? = 0

    package var groupId: String = ""
    package var topics: [Topic] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(groupId: String = "", topics: [Topic] = []) {
        self.groupId = groupId
        self.topics = topics
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.string("groupId", &groupId, 0...)
        try wire.structs("topics", &topics, 0...)
    }

    /// A topic to forget.
    package struct Topic: WireStruct {
        package var topicName: String = ""
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(topicName: String = "") {
            self.topicName = topicName
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("topicName", &topicName, 0...)
        }
    }
}

/// What became of each topic.
///
/// Version notes: v0 is the only version.
package struct DeleteShareGroupOffsetsResponse: KafkaResponse {
    package static let apiKey = APIKey.deleteShareGroupOffsets
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16? = 0

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var errorCode: KafkaErrorCode = .none
    package var errorMessage: String? = nil
    package var responses: [Topic] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        throttleTimeMs: Int32 = 0, errorCode: KafkaErrorCode = .none, errorMessage: String? = nil,
        responses: [Topic] = []
    ) {
        self.throttleTimeMs = throttleTimeMs
        self.errorCode = errorCode
        self.errorMessage = errorMessage
        self.responses = responses
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0...)
        try wire.errorCode("errorCode", &errorCode, 0...)
        try wire.nullableString("errorMessage", &errorMessage, 0..., default: nil)
        try wire.structs("responses", &responses, 0...)
    }

    /// What became of one topic.
    package struct Topic: WireStruct {
        package var topicName: String = ""
        package var topicId: KafkaUUID = .zero
        package var errorCode: KafkaErrorCode = .none
        package var errorMessage: String? = nil
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            topicName: String = "", topicId: KafkaUUID = .zero, errorCode: KafkaErrorCode = .none,
            errorMessage: String? = nil
        ) {
            self.topicName = topicName
            self.topicId = topicId
            self.errorCode = errorCode
            self.errorMessage = errorMessage
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("topicName", &topicName, 0...)
            try wire.uuid("topicId", &topicId, 0...)
            try wire.errorCode("errorCode", &errorCode, 0...)
            try wire.nullableString("errorMessage", &errorMessage, 0..., default: nil)
        }
    }
}
