/// Tells the quorum's leader a voter's listeners and versions; controllers send it about themselves (KIP-853).
///
/// Version notes: v0 is the only version.
package struct UpdateRaftVoterRequest: KafkaRequest {
    package typealias Response = UpdateRaftVoterResponse

    package static let apiKey = APIKey.updateRaftVoter
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16? = 0

    /// Null does not check.
    package var clusterId: String? = ""
    package var currentLeaderEpoch: Int32 = 0
    package var voterId: Int32 = 0
    package var voterDirectoryId: KafkaUUID = .zero
    package var listeners: [Listener] = []
    package var kRaftVersionFeature: KRaftVersionFeature = KRaftVersionFeature()
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        clusterId: String? = "", currentLeaderEpoch: Int32 = 0, voterId: Int32 = 0, voterDirectoryId: KafkaUUID = .zero,
        listeners: [Listener] = [], kRaftVersionFeature: KRaftVersionFeature = KRaftVersionFeature()
    ) {
        self.clusterId = clusterId
        self.currentLeaderEpoch = currentLeaderEpoch
        self.voterId = voterId
        self.voterDirectoryId = voterDirectoryId
        self.listeners = listeners
        self.kRaftVersionFeature = kRaftVersionFeature
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.nullableString("clusterId", &clusterId, 0...)
        try wire.int32("currentLeaderEpoch", &currentLeaderEpoch, 0...)
        try wire.int32("voterId", &voterId, 0...)
        try wire.uuid("voterDirectoryId", &voterDirectoryId, 0...)
        try wire.structs("listeners", &listeners, 0...)
        try wire.struct("kRaftVersionFeature", &kRaftVersionFeature, 0...)
    }

    /// One listener of the voter.
    package typealias Listener = VoterListener

    /// The versions of `kraft.version` that the voter can do.
    package typealias KRaftVersionFeature = KRaftVersionRange
}

/// Whether the voter was updated, and who leads the quorum.
///
/// Version notes: v0 is the only version.
package struct UpdateRaftVoterResponse: KafkaResponse {
    package static let apiKey = APIKey.updateRaftVoter
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16? = 0

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var errorCode: KafkaErrorCode = .none
    package var currentLeader: Leader = Leader()
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(throttleTimeMs: Int32 = 0, errorCode: KafkaErrorCode = .none, currentLeader: Leader = Leader()) {
        self.throttleTimeMs = throttleTimeMs
        self.errorCode = errorCode
        self.currentLeader = currentLeader
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0...)
        try wire.errorCode("errorCode", &errorCode, 0...)
        try wire.struct("currentLeader", &currentLeader, 0..., tag: 0)
    }

    /// Who leads the quorum.
    package struct Leader: WireStruct {
        /// -1 when unknown.
        package var leaderId: Int32 = -1
        package var leaderEpoch: Int32 = -1
        package var host: String = ""
        package var port: Int32 = 0
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(leaderId: Int32 = -1, leaderEpoch: Int32 = -1, host: String = "", port: Int32 = 0) {
            self.leaderId = leaderId
            self.leaderEpoch = leaderEpoch
            self.host = host
            self.port = port
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("leaderId", &leaderId, 0..., default: -1)
            try wire.int32("leaderEpoch", &leaderEpoch, 0..., default: -1)
            try wire.string("host", &host, 0...)
            try wire.int32("port", &port, 0...)
        }
    }
}
