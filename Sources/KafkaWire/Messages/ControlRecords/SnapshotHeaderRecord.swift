/// The value of the control record that begins a snapshot of the metadata log.
///
/// Version notes: v0 is the only version.
package struct SnapshotHeaderRecord: KafkaMessage {
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16? = 0

    package var version: Int16 = 0
    /// In milliseconds since 1970.
    package var lastContainedLogTimestamp: Int64 = 0
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(version: Int16 = 0, lastContainedLogTimestamp: Int64 = 0) {
        self.version = version
        self.lastContainedLogTimestamp = lastContainedLogTimestamp
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int16("version", &version, 0...)
        try wire.int64("lastContainedLogTimestamp", &lastContainedLogTimestamp, 0...)
    }
}
