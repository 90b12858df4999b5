/// The value of the control record that ends a transaction.
///
/// Version notes: v0 is the only version; the value begins with it as a number of two bytes.
package struct EndTxnMarker: KafkaMessage {
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16? = nil

    /// Of the coordinator that ended it.
    package var coordinatorEpoch: Int32 = 0
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(coordinatorEpoch: Int32 = 0) {
        self.coordinatorEpoch = coordinatorEpoch
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("coordinatorEpoch", &coordinatorEpoch, 0...)
    }
}
