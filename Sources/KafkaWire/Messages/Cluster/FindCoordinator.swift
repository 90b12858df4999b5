/// Asks any broker for the coordinator of groups or transactional ids.
///
/// Version notes: v1 adds the type of key; from v4 on several keys at once, in `coordinatorKeys`; v6 knows share
/// groups.
package struct FindCoordinatorRequest: KafkaRequest {
    package typealias Response = FindCoordinatorResponse

    package static let apiKey = APIKey.findCoordinator
    package static let versions: ClosedRange<Int16> = 0...6
    package static let flexibleFrom: Int16? = 3

    package var key: String = ""
    /// 0 group, 1 transactional id, 2 share group.
    package var keyType: Int8 = 0
    package var coordinatorKeys: [String] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(key: String = "", keyType: Int8 = 0, coordinatorKeys: [String] = []) {
        self.key = key
        self.keyType = keyType
        self.coordinatorKeys = coordinatorKeys
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.string("key", &key, 0...3)
        try wire.int8("keyType", &keyType, 1...)
        try wire.strings("coordinatorKeys", &coordinatorKeys, 4...)
    }
}

/// The coordinators.
///
/// Version notes: up to v3 one in the message itself, from v4 on one for each key in `coordinators`.
package struct FindCoordinatorResponse: KafkaResponse {
    package static let apiKey = APIKey.findCoordinator
    package static let versions: ClosedRange<Int16> = 0...6
    package static let flexibleFrom: Int16? = 3

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var errorCode: KafkaErrorCode = .none
    package var errorMessage: String? = ""
    package var nodeId: Int32 = 0
    package var host: String = ""
    package var port: Int32 = 0
    package var coordinators: [Coordinator] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        throttleTimeMs: Int32 = 0, errorCode: KafkaErrorCode = .none, errorMessage: String? = "", nodeId: Int32 = 0,
        host: String = "", port: Int32 = 0, coordinators: [Coordinator] = []
    ) {
        self.throttleTimeMs = throttleTimeMs
        self.errorCode = errorCode
        self.errorMessage = errorMessage
        self.nodeId = nodeId
        self.host = host
        self.port = port
        self.coordinators = coordinators
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 1..., ignorable: true)
        try wire.errorCode("errorCode", &errorCode, 0...3)
        try wire.nullableString("errorMessage", &errorMessage, 1...3, ignorable: true)
        try wire.int32("nodeId", &nodeId, 0...3)
        try wire.string("host", &host, 0...3)
        try wire.int32("port", &port, 0...3)
        try wire.structs("coordinators", &coordinators, 4...)
    }

    /// The coordinator of one key.
    package struct Coordinator: WireStruct {
        package var key: String = ""
        package var nodeId: Int32 = 0
        package var host: String = ""
        package var port: Int32 = 0
        package var errorCode: KafkaErrorCode = .none
        package var errorMessage: String? = ""
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            key: String = "", nodeId: Int32 = 0, host: String = "", port: Int32 = 0,
            errorCode: KafkaErrorCode = .none, errorMessage: String? = ""
        ) {
            self.key = key
            self.nodeId = nodeId
            self.host = host
            self.port = port
            self.errorCode = errorCode
            self.errorMessage = errorMessage
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("key", &key, 4...)
            try wire.int32("nodeId", &nodeId, 4...)
            try wire.string("host", &host, 4...)
            try wire.int32("port", &port, 4...)
            try wire.errorCode("errorCode", &errorCode, 4...)
            try wire.nullableString("errorMessage", &errorMessage, 4..., ignorable: true)
        }
    }
}
