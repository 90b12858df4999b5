/// The value of the control record that ends a snapshot of the metadata log.
///
/// Version notes: v0 is the only version.
package struct SnapshotFooterRecord: KafkaMessage {
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16? = 0

    package var version: Int16 = 0
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(version: Int16 = 0) {
        self.version = version
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int16("version", &version, 0...)
    }
}
