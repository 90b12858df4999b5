/// The value of the control record that a new leader of the metadata quorum begins its epoch with.
///
/// Version notes: v1 adds the voters' directories (KIP-853).
package struct LeaderChangeMessage: KafkaMessage {
    package static let versions: ClosedRange<Int16> = 0...1
    package static let flexibleFrom: Int16? = 0

    package var version: Int16 = 0
    package var leaderId: Int32 = 0
    package var voters: [Voter] = []
    /// Those who voted for the leader.
    package var grantingVoters: [Voter] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(version: Int16 = 0, leaderId: Int32 = 0, voters: [Voter] = [], grantingVoters: [Voter] = []) {
        self.version = version
        self.leaderId = leaderId
        self.voters = voters
        self.grantingVoters = grantingVoters
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int16("version", &version, 0...)
        try wire.int32("leaderId", &leaderId, 0...)
        try wire.structs("voters", &voters, 0...)
        try wire.structs("grantingVoters", &grantingVoters, 0...)
    }

    /// A voter of the quorum.
    package struct Voter: WireStruct {
        package var voterId: Int32 = 0
        package var voterDirectoryId: KafkaUUID = .zero
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(voterId: Int32 = 0, voterDirectoryId: KafkaUUID = .zero) {
            self.voterId = voterId
            self.voterDirectoryId = voterDirectoryId
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("voterId", &voterId, 0...)
            try wire.uuid("voterDirectoryId", &voterDirectoryId, 1...)
        }
    }
}
