/// What a consumer of a classic group is given; in group messages it stands behind its version (`ConsumerProtocol`).
///
/// Version notes: all versions are the same. A newer version begins with the same fields.
package struct ConsumerProtocolAssignment: KafkaMessage {
    package static let versions: ClosedRange<Int16> = 0...3
    package static let flexibleFrom: Int16? = nil

    package var assignedPartitions: [TopicPartitions] = []
    /// In the form of the assignor.
    package var userData: [UInt8]? = nil
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(assignedPartitions: [TopicPartitions] = [], userData: [UInt8]? = nil) {
        self.assignedPartitions = assignedPartitions
        self.userData = userData
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.structs("assignedPartitions", &assignedPartitions, 0...)
        try wire.nullableBytes("userData", &userData, 0..., default: nil)
    }

    /// Partitions of one topic.
    package typealias TopicPartitions = TopicPartitionNumbers
}
