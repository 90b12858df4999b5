/// Asks the active controller for the state of the metadata quorum.
///
/// Version notes: all versions ask the same.
package struct DescribeQuorumRequest: KafkaRequest {
    package typealias Response = DescribeQuorumResponse

    package static let apiKey = APIKey.describeQuorum
    package static let versions: ClosedRange<Int16> = 0...2
    package static let flexibleFrom: Int16? = 0

    package var topics: [Topic] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(topics: [Topic] = []) {
        self.topics = topics
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.structs("topics", &topics, 0...)
    }

    /// A topic of the quorum: only `__cluster_metadata`.
    package typealias Topic = TopicByTopicName<Partition>

    /// A partition of it: only 0.
    package struct Partition: WireStruct {
        package var partitionIndex: Int32 = 0
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(partitionIndex: Int32 = 0) {
            self.partitionIndex = partitionIndex
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("partitionIndex", &partitionIndex, 0...)
        }
    }
}

/// The state of the metadata quorum: its leader, voters and observers.
///
/// Version notes: v1 adds when a replica last fetched and was last caught up, v2 directory ids, the nodes with their
/// listeners, and error messages.
package struct DescribeQuorumResponse: KafkaResponse {
    package static let apiKey = APIKey.describeQuorum
    package static let versions: ClosedRange<Int16> = 0...2
    package static let flexibleFrom: Int16? = 0

    package var errorCode: KafkaErrorCode = .none
    package var errorMessage: String? = ""
    package var topics: [Topic] = []
    package var nodes: [Node] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        errorCode: KafkaErrorCode = .none, errorMessage: String? = "", topics: [Topic] = [], nodes: [Node] = []
    ) {
        self.errorCode = errorCode
        self.errorMessage = errorMessage
        self.topics = topics
        self.nodes = nodes
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.errorCode("errorCode", &errorCode, 0...)
        try wire.nullableString("errorMessage", &errorMessage, 2..., ignorable: true)
        try wire.structs("topics", &topics, 0...)
        try wire.structs("nodes", &nodes, 2...)
    }

    /// A topic of the quorum.
    package typealias Topic = TopicByTopicName<Partition>

    /// The state of one replicated log.
    package struct Partition: WireStruct {
        package var partitionIndex: Int32 = 0
        package var errorCode: KafkaErrorCode = .none
        package var errorMessage: String? = ""
        package var leaderId: Int32 = 0
        /// The number of the leadership; -1 when unknown.
        package var leaderEpoch: Int32 = 0
        /// The offset up to which the voters agree; -1 when unknown.
        package var highWatermark: Int64 = 0
        package var currentVoters: [Replica] = []
        package var observers: [Replica] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            partitionIndex: Int32 = 0, errorCode: KafkaErrorCode = .none, errorMessage: String? = "",
            leaderId: Int32 = 0, leaderEpoch: Int32 = 0, highWatermark: Int64 = 0, currentVoters: [Replica] = [],
            observers: [Replica] = []
        ) {
            self.partitionIndex = partitionIndex
            self.errorCode = errorCode
            self.errorMessage = errorMessage
            self.leaderId = leaderId
            self.leaderEpoch = leaderEpoch
            self.highWatermark = highWatermark
            self.currentVoters = currentVoters
            self.observers = observers
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("partitionIndex", &partitionIndex, 0...)
            try wire.errorCode("errorCode", &errorCode, 0...)
            try wire.nullableString("errorMessage", &errorMessage, 2..., ignorable: true)
            try wire.int32("leaderId", &leaderId, 0...)
            try wire.int32("leaderEpoch", &leaderEpoch, 0...)
            try wire.int64("highWatermark", &highWatermark, 0...)
            try wire.structs("currentVoters", &currentVoters, 0...)
            try wire.structs("observers", &observers, 0...)
        }
    }

    /// A node of the quorum and how it is reached.
    package struct Node: WireStruct {
        package var nodeId: Int32 = 0
        package var listeners: [Listener] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(nodeId: Int32 = 0, listeners: [Listener] = []) {
            self.nodeId = nodeId
            self.listeners = listeners
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("nodeId", &nodeId, 2...)
            try wire.structs("listeners", &listeners, 2...)
        }
    }

    /// One listener of a node.
    package struct Listener: WireStruct {
        package var name: String = ""
        package var host: String = ""
        package var port: UInt16 = 0
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(name: String = "", host: String = "", port: UInt16 = 0) {
            self.name = name
            self.host = host
            self.port = port
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("name", &name, 2...)
            try wire.string("host", &host, 2...)
            try wire.uint16("port", &port, 2...)
        }
    }

    /// How far a voter or observer has come.
    package struct Replica: WireStruct {
        package var replicaId: Int32 = 0
        package var replicaDirectoryId: KafkaUUID = .zero
        /// -1 when unknown.
        package var logEndOffset: Int64 = 0
        /// When it last fetched, by the leader's clock, in milliseconds since 1970; -1 when unknown.
        package var lastFetchTimestamp: Int64 = -1
        /// When it last had all of the leader's log, in milliseconds since 1970; -1 when unknown.
        package var lastCaughtUpTimestamp: Int64 = -1
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            replicaId: Int32 = 0, replicaDirectoryId: KafkaUUID = .zero, logEndOffset: Int64 = 0,
            lastFetchTimestamp: Int64 = -1, lastCaughtUpTimestamp: Int64 = -1
        ) {
            self.replicaId = replicaId
            self.replicaDirectoryId = replicaDirectoryId
            self.logEndOffset = logEndOffset
            self.lastFetchTimestamp = lastFetchTimestamp
            self.lastCaughtUpTimestamp = lastCaughtUpTimestamp
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("replicaId", &replicaId, 0...)
            try wire.uuid("replicaDirectoryId", &replicaDirectoryId, 2...)
            try wire.int64("logEndOffset", &logEndOffset, 0...)
            try wire.int64("lastFetchTimestamp", &lastFetchTimestamp, 1..., default: -1, ignorable: true)
            try wire.int64("lastCaughtUpTimestamp", &lastCaughtUpTimestamp, 1..., default: -1, ignorable: true)
        }
    }
}
