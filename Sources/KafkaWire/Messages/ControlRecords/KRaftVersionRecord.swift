/// The value of the control record that sets the level of `kraft.version`.
///
/// Version notes: v0 is the only version.
package struct KRaftVersionRecord: KafkaMessage {
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16? = 0

    package var version: Int16 = 0
    /// 0 for static voters, 1 for voters that can change (KIP-853).
    package var kRaftVersion: Int16 = 0
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(version: Int16 = 0, kRaftVersion: Int16 = 0) {
        self.version = version
        self.kRaftVersion = kRaftVersion
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int16("version", &version, 0...)
        try wire.int16("kRaftVersion", &kRaftVersion, 0...)
    }
}
