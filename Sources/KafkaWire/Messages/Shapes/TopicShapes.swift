/// The partitions of one topic, given by its name; what is said of a partition is up to the message.
package struct NamedTopic<Partition: WireStruct>: WireStruct {
    package var name: String = ""
    package var partitions: [Partition] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(name: String = "", partitions: [Partition] = []) {
        self.name = name
        self.partitions = partitions
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.string("name", &name, 0...)
        try wire.structs("partitions", &partitions, 0...)
    }
}

/// The same in messages that call the name `topicName`.
package struct TopicByTopicName<Partition: WireStruct>: WireStruct {
    package var topicName: String = ""
    package var partitions: [Partition] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(topicName: String = "", partitions: [Partition] = []) {
        self.topicName = topicName
        self.partitions = partitions
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.string("topicName", &topicName, 0...)
        try wire.structs("partitions", &partitions, 0...)
    }
}

/// The partitions of one topic, given by its id.
package struct TopicById<Partition: WireStruct>: WireStruct {
    package var topicId: KafkaUUID = .zero
    package var partitions: [Partition] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(topicId: KafkaUUID = .zero, partitions: [Partition] = []) {
        self.topicId = topicId
        self.partitions = partitions
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.uuid("topicId", &topicId, 0...)
        try wire.structs("partitions", &partitions, 0...)
    }
}

/// Numbers of partitions of one topic, in messages that call its name `topic`.
package struct TopicPartitionNumbers: WireStruct {
    package var topic: String = ""
    package var partitions: [Int32] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(topic: String = "", partitions: [Int32] = []) {
        self.topic = topic
        self.partitions = partitions
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.string("topic", &topic, 0...)
        try wire.int32s("partitions", &partitions, 0...)
    }
}

/// Numbers of partitions of one topic, in messages that call its name `name`.
package struct NamedPartitionIndexes: WireStruct {
    package var name: String = ""
    package var partitionIndexes: [Int32] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(name: String = "", partitionIndexes: [Int32] = []) {
        self.name = name
        self.partitionIndexes = partitionIndexes
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.string("name", &name, 0...)
        try wire.int32s("partitionIndexes", &partitionIndexes, 0...)
    }
}

/// Numbers of partitions of one topic, given by its id.
package struct TopicIdPartitions: WireStruct {
    package var topicId: KafkaUUID = .zero
    package var partitions: [Int32] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(topicId: KafkaUUID = .zero, partitions: [Int32] = []) {
        self.topicId = topicId
        self.partitions = partitions
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.uuid("topicId", &topicId, 0...)
        try wire.int32s("partitions", &partitions, 0...)
    }
}

/// Numbers of partitions of one topic, with its name and id.
package struct AssignedTopic: WireStruct {
    package var topicId: KafkaUUID = .zero
    package var topicName: String = ""
    package var partitions: [Int32] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(topicId: KafkaUUID = .zero, topicName: String = "", partitions: [Int32] = []) {
        self.topicId = topicId
        self.topicName = topicName
        self.partitions = partitions
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.uuid("topicId", &topicId, 0...)
        try wire.string("topicName", &topicName, 0...)
        try wire.int32s("partitions", &partitions, 0...)
    }
}

/// How a request went for one partition.
package struct PartitionError: WireStruct {
    package var partitionIndex: Int32 = 0
    package var errorCode: KafkaErrorCode = .none
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(partitionIndex: Int32 = 0, errorCode: KafkaErrorCode = .none) {
        self.partitionIndex = partitionIndex
        self.errorCode = errorCode
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("partitionIndex", &partitionIndex, 0...)
        try wire.errorCode("errorCode", &errorCode, 0...)
    }
}

/// The first partition of the next page.
package struct TopicPartitionCursor: WireStruct {
    package var topicName: String = ""
    package var partitionIndex: Int32 = 0
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(topicName: String = "", partitionIndex: Int32 = 0) {
        self.topicName = topicName
        self.partitionIndex = partitionIndex
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.string("topicName", &topicName, 0...)
        try wire.int32("partitionIndex", &partitionIndex, 0...)
    }
}

/// One setting of a topic or broker.
package struct NamedConfig: WireStruct {
    package var name: String = ""
    /// Null for the default.
    package var value: String? = ""
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(name: String = "", value: String? = "") {
        self.name = name
        self.value = value
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.string("name", &name, 0...)
        try wire.nullableString("value", &value, 0...)
    }
}
