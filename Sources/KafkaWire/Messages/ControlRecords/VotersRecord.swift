/// The value of the control record that names the voters of the metadata quorum (KIP-853).
///
/// Version notes: v0 is the only version.
package struct VotersRecord: KafkaMessage {
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16? = 0

    package var version: Int16 = 0
    package var voters: [Voter] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(version: Int16 = 0, voters: [Voter] = []) {
        self.version = version
        self.voters = voters
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int16("version", &version, 0...)
        try wire.structs("voters", &voters, 0...)
    }

    /// A voter of the quorum.
    package struct Voter: WireStruct {
        package var voterId: Int32 = 0
        package var voterDirectoryId: KafkaUUID = .zero
        package var endpoints: [Endpoint] = []
        package var kRaftVersionFeature: KRaftVersionFeature = KRaftVersionFeature()
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            voterId: Int32 = 0, voterDirectoryId: KafkaUUID = .zero, endpoints: [Endpoint] = [],
            kRaftVersionFeature: KRaftVersionFeature = KRaftVersionFeature()
        ) {
            self.voterId = voterId
            self.voterDirectoryId = voterDirectoryId
            self.endpoints = endpoints
            self.kRaftVersionFeature = kRaftVersionFeature
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("voterId", &voterId, 0...)
            try wire.uuid("voterDirectoryId", &voterDirectoryId, 0...)
            try wire.structs("endpoints", &endpoints, 0...)
            try wire.struct("kRaftVersionFeature", &kRaftVersionFeature, 0...)
        }
    }

    /// One listener of a voter.
    package typealias Endpoint = VoterListener

    /// The versions of `kraft.version` that a voter can do.
    package typealias KRaftVersionFeature = KRaftVersionRange
}
