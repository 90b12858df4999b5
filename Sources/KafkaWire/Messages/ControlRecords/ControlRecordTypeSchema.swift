/// The key of a control record: what kind it is.
///
/// Version notes: v0 is the only version; the key begins with it as a number of two bytes.
package struct ControlRecordTypeSchema: KafkaMessage {
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16? = nil

    /// 0 abort, 1 commit, 2 leader change, 3 snapshot header, 4 snapshot footer, 5 kraft version, 6 voters.
    package var type: Int16 = 0
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(type: Int16 = 0) {
        self.type = type
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int16("type", &type, 0...)
    }
}
