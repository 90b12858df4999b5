/// Asks for the configuration of topics, brokers, loggers or groups.
///
/// Version notes: v1 adds synonyms, v3 documentation.
package struct DescribeConfigsRequest: KafkaRequest {
    package typealias Response = DescribeConfigsResponse

    package static let apiKey = APIKey.describeConfigs
    package static let versions: ClosedRange<Int16> = 1...4
    package static let flexibleFrom: Int16? = 4

    package var resources: [Resource] = []
    package var includeSynonyms: Bool = false
    package var includeDocumentation: Bool = false
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(resources: [Resource] = [], includeSynonyms: Bool = false, includeDocumentation: Bool = false) {
        self.resources = resources
        self.includeSynonyms = includeSynonyms
        self.includeDocumentation = includeDocumentation
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.structs("resources", &resources, 0...)
        try wire.bool("includeSynonyms", &includeSynonyms, 1...)
        try wire.bool("includeDocumentation", &includeDocumentation, 3...)
    }

    /// A resource, and which of its keys.
    package struct Resource: WireStruct {
        /// 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group.
        package var resourceType: Int8 = 0
        package var resourceName: String = ""
        /// Null means all.
        package var configurationKeys: [String]? = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(resourceType: Int8 = 0, resourceName: String = "", configurationKeys: [String]? = []) {
            self.resourceType = resourceType
            self.resourceName = resourceName
            self.configurationKeys = configurationKeys
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int8("resourceType", &resourceType, 0...)
            try wire.string("resourceName", &resourceName, 0...)
            try wire.nullableStrings("configurationKeys", &configurationKeys, 0...)
        }
    }
}

/// The configuration of the resources, one result for each.
///
/// Version notes: v1 says where a value comes from and adds synonyms, v3 adds type and documentation.
package struct DescribeConfigsResponse: KafkaResponse {
    package static let apiKey = APIKey.describeConfigs
    package static let versions: ClosedRange<Int16> = 1...4
    package static let flexibleFrom: Int16? = 4

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var results: [Result] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(throttleTimeMs: Int32 = 0, results: [Result] = []) {
        self.throttleTimeMs = throttleTimeMs
        self.results = results
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0...)
        try wire.structs("results", &results, 0...)
    }

    /// The configuration of one resource.
    package struct Result: WireStruct {
        package var errorCode: KafkaErrorCode = .none
        package var errorMessage: String? = ""
        /// 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group.
        package var resourceType: Int8 = 0
        package var resourceName: String = ""
        package var configs: [Config] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            errorCode: KafkaErrorCode = .none, errorMessage: String? = "", resourceType: Int8 = 0,
            resourceName: String = "", configs: [Config] = []
        ) {
            self.errorCode = errorCode
            self.errorMessage = errorMessage
            self.resourceType = resourceType
            self.resourceName = resourceName
            self.configs = configs
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.errorCode("errorCode", &errorCode, 0...)
            try wire.nullableString("errorMessage", &errorMessage, 0...)
            try wire.int8("resourceType", &resourceType, 0...)
            try wire.string("resourceName", &resourceName, 0...)
            try wire.structs("configs", &configs, 0...)
        }
    }

    /// A key with its value in force.
    package struct Config: WireStruct {
        package var name: String = ""
        /// Null when the value is secret.
        package var value: String? = ""
        package var readOnly: Bool = false
        /// 1 topic, 2 broker, 3 default of all brokers, 4 file, 5 Kafka's default, 6 logger, 7 client metrics, 8
        /// group; -1 unknown.
        package var configSource: Int8 = -1
        package var isSensitive: Bool = false
        package var synonyms: [Synonym] = []
        /// 1 boolean, 2 string, 3 int, 4 short, 5 long, 6 double, 7 list, 8 class, 9 password; 0 unknown.
        package var configType: Int8 = 0
        package var documentation: String? = ""
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            name: String = "", value: String? = "", readOnly: Bool = false, configSource: Int8 = -1,
            isSensitive: Bool = false, synonyms: [Synonym] = [], configType: Int8 = 0, documentation: String? = ""
        ) {
            self.name = name
            self.value = value
            self.readOnly = readOnly
            self.configSource = configSource
            self.isSensitive = isSensitive
            self.synonyms = synonyms
            self.configType = configType
            self.documentation = documentation
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("name", &name, 0...)
            try wire.nullableString("value", &value, 0...)
            try wire.bool("readOnly", &readOnly, 0...)
            try wire.int8("configSource", &configSource, 1..., default: -1, ignorable: true)
            try wire.bool("isSensitive", &isSensitive, 0...)
            try wire.structs("synonyms", &synonyms, 1..., ignorable: true)
            try wire.int8("configType", &configType, 3..., ignorable: true)
            try wire.nullableString("documentation", &documentation, 3..., ignorable: true)
        }
    }

    /// A key that this one would fall back to, the one in force first.
    package struct Synonym: WireStruct {
        package var name: String = ""
        package var value: String? = ""
        /// As `Config.configSource`.
        package var source: Int8 = 0
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(name: String = "", value: String? = "", source: Int8 = 0) {
            self.name = name
            self.value = value
            self.source = source
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("name", &name, 1...)
            try wire.nullableString("value", &value, 1...)
            try wire.int8("source", &source, 1...)
        }
    }
}
