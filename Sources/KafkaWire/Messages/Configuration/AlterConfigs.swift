/// Replaces the configuration of resources: what is not named goes back to its default.
/// `IncrementalAlterConfigsRequest` is what to use.
///
/// Version notes: v2 is flexible.
package struct AlterConfigsRequest: KafkaRequest {
    package typealias Response = AlterConfigsResponse

    package static let apiKey = APIKey.alterConfigs
    package static let versions: ClosedRange<Int16> = 0...2
    package static let flexibleFrom: Int16? = 2

    package var resources: [Resource] = []
    /// Whether only to check.
    package var validateOnly: Bool = false
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(resources: [Resource] = [], validateOnly: Bool = false) {
        self.resources = resources
        self.validateOnly = validateOnly
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.structs("resources", &resources, 0...)
        try wire.bool("validateOnly", &validateOnly, 0...)
    }

    /// A resource and its whole configuration.
    package struct Resource: WireStruct {
        /// 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group.
        package var resourceType: Int8 = 0
        package var resourceName: String = ""
        package var configs: [Config] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(resourceType: Int8 = 0, resourceName: String = "", configs: [Config] = []) {
            self.resourceType = resourceType
            self.resourceName = resourceName
            self.configs = configs
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int8("resourceType", &resourceType, 0...)
            try wire.string("resourceName", &resourceName, 0...)
            try wire.structs("configs", &configs, 0...)
        }
    }

    /// A key with its value.
    package typealias Config = NamedConfig
}

/// Whether each resource has been changed.
///
/// Version notes: v2 is flexible.
package struct AlterConfigsResponse: KafkaResponse {
    package static let apiKey = APIKey.alterConfigs
    package static let versions: ClosedRange<Int16> = 0...2
    package static let flexibleFrom: Int16? = 2

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var responses: [Response] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(throttleTimeMs: Int32 = 0, responses: [Response] = []) {
        self.throttleTimeMs = throttleTimeMs
        self.responses = responses
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0...)
        try wire.structs("responses", &responses, 0...)
    }

    /// What became of one resource.
    package struct Response: WireStruct {
        package var errorCode: KafkaErrorCode = .none
        package var errorMessage: String? = ""
        /// 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group.
        package var resourceType: Int8 = 0
        package var resourceName: String = ""
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            errorCode: KafkaErrorCode = .none, errorMessage: String? = "", resourceType: Int8 = 0,
            resourceName: String = ""
        ) {
            self.errorCode = errorCode
            self.errorMessage = errorMessage
            self.resourceType = resourceType
            self.resourceName = resourceName
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.errorCode("errorCode", &errorCode, 0...)
            try wire.nullableString("errorMessage", &errorMessage, 0...)
            try wire.int8("resourceType", &resourceType, 0...)
            try wire.string("resourceName", &resourceName, 0...)
        }
    }
}
