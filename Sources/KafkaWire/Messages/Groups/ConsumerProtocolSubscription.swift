/// What a consumer of a classic group says when joining; in group messages it stands behind its version
/// (`ConsumerProtocol`).
///
/// Version notes: v1 adds the partitions it has, v2 since which generation, v3 its rack. A newer version begins with
/// the fields of v3.
package struct ConsumerProtocolSubscription: KafkaMessage {
    package static let versions: ClosedRange<Int16> = 0...3
    package static let flexibleFrom: Int16? = nil

    package var topics: [String] = []
    /// In the form of the assignor.
    package var userData: [UInt8]? = nil
    /// What it had before the rebalance.
    package var ownedPartitions: [TopicPartitions] = []
    /// In which it had them; -1 when unknown.
    package var generationId: Int32 = -1
    package var rackId: String? = nil
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        topics: [String] = [], userData: [UInt8]? = nil, ownedPartitions: [TopicPartitions] = [],
        generationId: Int32 = -1, rackId: String? = nil
    ) {
        self.topics = topics
        self.userData = userData
        self.ownedPartitions = ownedPartitions
        self.generationId = generationId
        self.rackId = rackId
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.strings("topics", &topics, 0...)
        try wire.nullableBytes("userData", &userData, 0..., default: nil)
        try wire.structs("ownedPartitions", &ownedPartitions, 1..., ignorable: true)
        try wire.int32("generationId", &generationId, 2..., default: -1, ignorable: true)
        try wire.nullableString("rackId", &rackId, 3..., default: nil, ignorable: true)
    }

    /// Partitions of one topic.
    package struct TopicPartitions: WireStruct {
        package var topic: String = ""
        package var partitions: [Int32] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(topic: String = "", partitions: [Int32] = []) {
            self.topic = topic
            self.partitions = partitions
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("topic", &topic, 1...)
            try wire.int32s("partitions", &partitions, 1...)
        }
    }
}
