/// Takes a controller out of the voters of the metadata quorum (KIP-853).
///
/// Version notes: v0 is the only version.
package struct RemoveRaftVoterRequest: KafkaRequest {
    package typealias Response = RemoveRaftVoterResponse

    package static let apiKey = APIKey.removeRaftVoter
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16? = 0

    /// Null does not check.
    package var clusterId: String? = ""
    package var voterId: Int32 = 0
    package var voterDirectoryId: KafkaUUID = .zero
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(clusterId: String? = "", voterId: Int32 = 0, voterDirectoryId: KafkaUUID = .zero) {
        self.clusterId = clusterId
        self.voterId = voterId
        self.voterDirectoryId = voterDirectoryId
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.nullableString("clusterId", &clusterId, 0...)
        try wire.int32("voterId", &voterId, 0...)
        try wire.uuid("voterDirectoryId", &voterDirectoryId, 0...)
    }
}

/// Whether the voter was taken out.
///
/// Version notes: v0 is the only version.
package struct RemoveRaftVoterResponse: KafkaResponse {
    package static let apiKey = APIKey.removeRaftVoter
    package static let versions: ClosedRange<Int16> = 0...0
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
