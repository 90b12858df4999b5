/// Asks for the names of resources that have a configuration.
///
/// Version notes: v0 lists only client metrics, v1 adds the choice (KIP-1142).
package struct ListConfigResourcesRequest: KafkaRequest {
    package typealias Response = ListConfigResourcesResponse

    package static let apiKey = APIKey.listConfigResources
    package static let versions: ClosedRange<Int16> = 0...1
    package static let flexibleFrom: Int16? = 0

    /// 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group; empty means all.
    package var resourceTypes: [Int8] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(resourceTypes: [Int8] = []) {
        self.resourceTypes = resourceTypes
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int8s("resourceTypes", &resourceTypes, 1...)
    }
}

/// Names of resources.
///
/// Version notes: v1 adds their type.
package struct ListConfigResourcesResponse: KafkaResponse {
    package static let apiKey = APIKey.listConfigResources
    package static let versions: ClosedRange<Int16> = 0...1
    package static let flexibleFrom: Int16? = 0

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var errorCode: KafkaErrorCode = .none
    package var configResources: [Resource] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(throttleTimeMs: Int32 = 0, errorCode: KafkaErrorCode = .none, configResources: [Resource] = []) {
        self.throttleTimeMs = throttleTimeMs
        self.errorCode = errorCode
        self.configResources = configResources
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0...)
        try wire.errorCode("errorCode", &errorCode, 0...)
        try wire.structs("configResources", &configResources, 0...)
    }

    /// A resource.
    package struct Resource: WireStruct {
        package var resourceName: String = ""
        /// 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group.
        package var resourceType: Int8 = 16
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(resourceName: String = "", resourceType: Int8 = 16) {
            self.resourceName = resourceName
            self.resourceType = resourceType
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("resourceName", &resourceName, 0...)
            try wire.int8("resourceType", &resourceType, 1..., default: 16, ignorable: true)
        }
    }
}
