/// Creates topics.
///
/// Version notes: v4 takes -1 for the cluster's default of partitions and replication factor; v5 is flexible; v6 can
/// be throttled by quota; v7 answers with topic ids.
package struct CreateTopicsRequest: KafkaRequest {
    package typealias Response = CreateTopicsResponse

    package static let apiKey = APIKey.createTopics
    package static let versions: ClosedRange<Int16> = 2...7
    package static let flexibleFrom: Int16? = 5

    package var topics: [Topic] = []
    package var timeoutMs: Int32 = 60000
    package var validateOnly: Bool = false
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(topics: [Topic] = [], timeoutMs: Int32 = 60000, validateOnly: Bool = false) {
        self.topics = topics
        self.timeoutMs = timeoutMs
        self.validateOnly = validateOnly
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.structs("topics", &topics, 0...)
        try wire.int32("timeoutMs", &timeoutMs, 0..., default: 60000)
        try wire.bool("validateOnly", &validateOnly, 1...)
    }

    /// A topic to create.
    package struct Topic: WireStruct {
        package var name: String = ""
        /// -1 for the cluster's default, or when `assignments` are given.
        package var numPartitions: Int32 = 0
        /// -1 for the cluster's default, or when `assignments` are given.
        package var replicationFactor: Int16 = 0
        package var assignments: [Assignment] = []
        package var configs: [Config] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            name: String = "", numPartitions: Int32 = 0, replicationFactor: Int16 = 0, assignments: [Assignment] = [],
            configs: [Config] = []
        ) {
            self.name = name
            self.numPartitions = numPartitions
            self.replicationFactor = replicationFactor
            self.assignments = assignments
            self.configs = configs
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("name", &name, 0...)
            try wire.int32("numPartitions", &numPartitions, 0...)
            try wire.int16("replicationFactor", &replicationFactor, 0...)
            try wire.structs("assignments", &assignments, 0...)
            try wire.structs("configs", &configs, 0...)
        }
    }

    /// The replicas of one partition.
    package struct Assignment: WireStruct {
        package var partitionIndex: Int32 = 0
        package var brokerIds: [Int32] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(partitionIndex: Int32 = 0, brokerIds: [Int32] = []) {
            self.partitionIndex = partitionIndex
            self.brokerIds = brokerIds
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("partitionIndex", &partitionIndex, 0...)
            try wire.int32s("brokerIds", &brokerIds, 0...)
        }
    }

    /// A setting of the topic.
    package typealias Config = NamedConfig
}

/// What became of each topic to create.
///
/// Version notes: v5 adds partitions, replication factor and configuration, v7 the topic id.
package struct CreateTopicsResponse: KafkaResponse {
    package static let apiKey = APIKey.createTopics
    package static let versions: ClosedRange<Int16> = 2...7
    package static let flexibleFrom: Int16? = 5

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var topics: [Topic] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(throttleTimeMs: Int32 = 0, topics: [Topic] = []) {
        self.throttleTimeMs = throttleTimeMs
        self.topics = topics
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 2..., ignorable: true)
        try wire.structs("topics", &topics, 0...)
    }

    /// What became of one topic.
    package struct Topic: WireStruct {
        package var name: String = ""
        /// Zero when the topic has none.
        package var topicId: KafkaUUID = .zero
        package var errorCode: KafkaErrorCode = .none
        package var errorMessage: String? = ""
        /// Why the configuration is not shown, when it is not.
        package var topicConfigErrorCode: KafkaErrorCode = .none
        package var numPartitions: Int32 = -1
        package var replicationFactor: Int16 = -1
        package var configs: [Config]? = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            name: String = "", topicId: KafkaUUID = .zero, errorCode: KafkaErrorCode = .none,
            errorMessage: String? = "", topicConfigErrorCode: KafkaErrorCode = .none, numPartitions: Int32 = -1,
            replicationFactor: Int16 = -1, configs: [Config]? = []
        ) {
            self.name = name
            self.topicId = topicId
            self.errorCode = errorCode
            self.errorMessage = errorMessage
            self.topicConfigErrorCode = topicConfigErrorCode
            self.numPartitions = numPartitions
            self.replicationFactor = replicationFactor
            self.configs = configs
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("name", &name, 0...)
            try wire.uuid("topicId", &topicId, 7..., ignorable: true)
            try wire.errorCode("errorCode", &errorCode, 0...)
            try wire.nullableString("errorMessage", &errorMessage, 1..., ignorable: true)
            try wire.int32("numPartitions", &numPartitions, 5..., default: -1, ignorable: true)
            try wire.int16("replicationFactor", &replicationFactor, 5..., default: -1, ignorable: true)
            try wire.nullableStructs("configs", &configs, 5..., ignorable: true)
            try wire.errorCode("topicConfigErrorCode", &topicConfigErrorCode, 5..., tag: 0, ignorable: true)
        }
    }

    /// A setting of the topic as created.
    package struct Config: WireStruct {
        package var name: String = ""
        package var value: String? = ""
        package var readOnly: Bool = false
        /// 1 topic, 2 broker, 3 default of all brokers, 4 file, 5 Kafka's default, 6 logger, 7 client metrics, 8
        /// group; -1 unknown.
        package var configSource: Int8 = -1
        package var isSensitive: Bool = false
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            name: String = "", value: String? = "", readOnly: Bool = false, configSource: Int8 = -1,
            isSensitive: Bool = false
        ) {
            self.name = name
            self.value = value
            self.readOnly = readOnly
            self.configSource = configSource
            self.isSensitive = isSensitive
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("name", &name, 5...)
            try wire.nullableString("value", &value, 5...)
            try wire.bool("readOnly", &readOnly, 5...)
            try wire.int8("configSource", &configSource, 5..., default: -1, ignorable: true)
            try wire.bool("isSensitive", &isSensitive, 5...)
        }
    }
}
