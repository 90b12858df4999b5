/// Asks for the nodes of the cluster.
///
/// Version notes: v1 adds the choice between brokers and controllers, v2 fenced brokers.
package struct DescribeClusterRequest: KafkaRequest {
    package typealias Response = DescribeClusterResponse

    package static let apiKey = APIKey.describeCluster
    package static let versions: ClosedRange<Int16> = 0...2
    package static let flexibleFrom: Int16? = 0

    package var includeClusterAuthorizedOperations: Bool = false
    /// 1 for brokers, 2 for controllers.
    package var endpointType: Int8 = 1
    package var includeFencedBrokers: Bool = false
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        includeClusterAuthorizedOperations: Bool = false, endpointType: Int8 = 1, includeFencedBrokers: Bool = false
    ) {
        self.includeClusterAuthorizedOperations = includeClusterAuthorizedOperations
        self.endpointType = endpointType
        self.includeFencedBrokers = includeFencedBrokers
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.bool("includeClusterAuthorizedOperations", &includeClusterAuthorizedOperations, 0...)
        try wire.int8("endpointType", &endpointType, 1..., default: 1)
        try wire.bool("includeFencedBrokers", &includeFencedBrokers, 2...)
    }
}

/// The nodes of the cluster.
///
/// Version notes: v1 says whether they are brokers or controllers, v2 which of them are fenced.
package struct DescribeClusterResponse: KafkaResponse {
    package static let apiKey = APIKey.describeCluster
    package static let versions: ClosedRange<Int16> = 0...2
    package static let flexibleFrom: Int16? = 0

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var errorCode: KafkaErrorCode = .none
    package var errorMessage: String? = nil
    /// 1 for brokers, 2 for controllers.
    package var endpointType: Int8 = 1
    package var clusterId: String = ""
    /// The active controller when controllers were asked for; otherwise any live broker.
    package var controllerId: Int32 = -1
    package var brokers: [Broker] = []
    /// A bit for each operation that the client may perform on the cluster; the lowest number when not asked for.
    package var clusterAuthorizedOperations: Int32 = -2147483648
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        throttleTimeMs: Int32 = 0, errorCode: KafkaErrorCode = .none, errorMessage: String? = nil,
        endpointType: Int8 = 1, clusterId: String = "", controllerId: Int32 = -1, brokers: [Broker] = [],
        clusterAuthorizedOperations: Int32 = -2147483648
    ) {
        self.throttleTimeMs = throttleTimeMs
        self.errorCode = errorCode
        self.errorMessage = errorMessage
        self.endpointType = endpointType
        self.clusterId = clusterId
        self.controllerId = controllerId
        self.brokers = brokers
        self.clusterAuthorizedOperations = clusterAuthorizedOperations
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0...)
        try wire.errorCode("errorCode", &errorCode, 0...)
        try wire.nullableString("errorMessage", &errorMessage, 0..., default: nil)
        try wire.int8("endpointType", &endpointType, 1..., default: 1)
        try wire.string("clusterId", &clusterId, 0...)
        try wire.int32("controllerId", &controllerId, 0..., default: -1)
        try wire.structs("brokers", &brokers, 0...)
        try wire.int32("clusterAuthorizedOperations", &clusterAuthorizedOperations, 0..., default: -2147483648)
    }

    /// A broker, or a controller when controllers were asked for.
    package struct Broker: WireStruct {
        package var brokerId: Int32 = 0
        package var host: String = ""
        package var port: Int32 = 0
        package var rack: String? = nil
        package var isFenced: Bool = false
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            brokerId: Int32 = 0, host: String = "", port: Int32 = 0, rack: String? = nil, isFenced: Bool = false
        ) {
            self.brokerId = brokerId
            self.host = host
            self.port = port
            self.rack = rack
            self.isFenced = isFenced
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int32("brokerId", &brokerId, 0...)
            try wire.string("host", &host, 0...)
            try wire.int32("port", &port, 0...)
            try wire.nullableString("rack", &rack, 0..., default: nil)
            try wire.bool("isFenced", &isFenced, 2...)
        }
    }
}
