/// Adds a controller to the voters of the metadata quorum (KIP-853).
///
/// Version notes: v1 adds the choice to be answered early.
package struct AddRaftVoterRequest: KafkaRequest {
    package typealias Response = AddRaftVoterResponse

    package static let apiKey = APIKey.addRaftVoter
    package static let versions: ClosedRange<Int16> = 0...1
    package static let flexibleFrom: Int16? = 0

    /// Null does not check.
    package var clusterId: String? = ""
    /// How long the leader waits, in milliseconds.
    package var timeoutMs: Int32 = 0
    package var voterId: Int32 = 0
    package var voterDirectoryId: KafkaUUID = .zero
    package var listeners: [Listener] = []
    /// Whether to be answered once the new set of voters is committed; else once the leader has written it.
    package var ackWhenCommitted: Bool = true
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        clusterId: String? = "", timeoutMs: Int32 = 0, voterId: Int32 = 0, voterDirectoryId: KafkaUUID = .zero,
        listeners: [Listener] = [], ackWhenCommitted: Bool = true
    ) {
        self.clusterId = clusterId
        self.timeoutMs = timeoutMs
        self.voterId = voterId
        self.voterDirectoryId = voterDirectoryId
        self.listeners = listeners
        self.ackWhenCommitted = ackWhenCommitted
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.nullableString("clusterId", &clusterId, 0...)
        try wire.int32("timeoutMs", &timeoutMs, 0...)
        try wire.int32("voterId", &voterId, 0...)
        try wire.uuid("voterDirectoryId", &voterDirectoryId, 0...)
        try wire.structs("listeners", &listeners, 0...)
        try wire.bool("ackWhenCommitted", &ackWhenCommitted, 1..., default: true)
    }

    /// One listener of the new voter.
    package typealias Listener = VoterListener
}

/// Whether the voter was added.
///
/// Version notes: v1 answers the same.
package struct AddRaftVoterResponse: KafkaResponse {
    package static let apiKey = APIKey.addRaftVoter
    package static let versions: ClosedRange<Int16> = 0...1
    package static let flexibleFrom: Int16? = 0

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var errorCode: KafkaErrorCode = .none
    package var errorMessage: String? = ""
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(throttleTimeMs: Int32 = 0, errorCode: KafkaErrorCode = .none, errorMessage: String? = "") {
        self.throttleTimeMs = throttleTimeMs
        self.errorCode = errorCode
        self.errorMessage = errorMessage
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0...)
        try wire.errorCode("errorCode", &errorCode, 0...)
        try wire.nullableString("errorMessage", &errorMessage, 0..., ignorable: true)
    }
}
