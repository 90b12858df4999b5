/// What became of a run of records of a share group (KIP-932).
package struct AcknowledgedRecords: WireStruct {
    package var firstOffset: Int64 = 0
    /// Included.
    package var lastOffset: Int64 = 0
    /// One for each record, or one for all: 0 gap, 1 accept, 2 release, 3 reject, 4 renew.
    package var acknowledgeTypes: [Int8] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(firstOffset: Int64 = 0, lastOffset: Int64 = 0, acknowledgeTypes: [Int8] = []) {
        self.firstOffset = firstOffset
        self.lastOffset = lastOffset
        self.acknowledgeTypes = acknowledgeTypes
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int64("firstOffset", &firstOffset, 0...)
        try wire.int64("lastOffset", &lastOffset, 0...)
        try wire.int8s("acknowledgeTypes", &acknowledgeTypes, 0...)
    }
}

/// Tasks of one subtopology of a streams group (KIP-1071).
package struct StreamsTasks: WireStruct {
    package var subtopologyId: String = ""
    package var partitions: [Int32] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(subtopologyId: String = "", partitions: [Int32] = []) {
        self.subtopologyId = subtopologyId
        self.partitions = partitions
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.string("subtopologyId", &subtopologyId, 0...)
        try wire.int32s("partitions", &partitions, 0...)
    }
}

/// How far one task of a streams group has come.
package struct StreamsTaskOffset: WireStruct {
    package var subtopologyId: String = ""
    package var partition: Int32 = 0
    package var offset: Int64 = 0
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(subtopologyId: String = "", partition: Int32 = 0, offset: Int64 = 0) {
        self.subtopologyId = subtopologyId
        self.partition = partition
        self.offset = offset
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.string("subtopologyId", &subtopologyId, 0...)
        try wire.int32("partition", &partition, 0...)
        try wire.int64("offset", &offset, 0...)
    }
}

/// Where a member of a streams group answers interactive queries.
package struct StreamsEndpoint: WireStruct {
    package var host: String = ""
    package var port: UInt16 = 0
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(host: String = "", port: UInt16 = 0) {
        self.host = host
        self.port = port
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.string("host", &host, 0...)
        try wire.uint16("port", &port, 0...)
    }
}

/// A tag of a client, or a setting of a topic, of a streams group.
package struct StreamsProperty: WireStruct {
    package var key: String = ""
    package var value: String = ""
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(key: String = "", value: String = "") {
        self.key = key
        self.value = value
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.string("key", &key, 0...)
        try wire.string("value", &value, 0...)
    }
}

/// An internal topic that a streams group needs.
package struct StreamsTopicInfo: WireStruct {
    package var name: String = ""
    /// 0 where no number is asked for.
    package var partitions: Int32 = 0
    /// 0 for the broker's setting.
    package var replicationFactor: Int16 = 0
    package var topicConfigs: [StreamsProperty] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        name: String = "", partitions: Int32 = 0, replicationFactor: Int16 = 0, topicConfigs: [StreamsProperty] = []
    ) {
        self.name = name
        self.partitions = partitions
        self.replicationFactor = replicationFactor
        self.topicConfigs = topicConfigs
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.string("name", &name, 0...)
        try wire.int32("partitions", &partitions, 0...)
        try wire.int16("replicationFactor", &replicationFactor, 0...)
        try wire.structs("topicConfigs", &topicConfigs, 0...)
    }
}
