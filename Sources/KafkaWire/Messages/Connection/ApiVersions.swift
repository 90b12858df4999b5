/// Asks which APIs a broker or controller speaks, in which versions; the first request on a connection.
///
/// Version notes: v3 adds the client's name and version; v4 changes only the answer.
package struct ApiVersionsRequest: KafkaRequest {
    package typealias Response = ApiVersionsResponse

    package static let apiKey = APIKey.apiVersions
    package static let versions: ClosedRange<Int16> = 0...4
    package static let flexibleFrom: Int16? = 3

    /// Letters, digits, `-` and `.`, neither of the latter two first or last; anything else is refused.
    package var clientSoftwareName: String = ""
    package var clientSoftwareVersion: String = ""
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(clientSoftwareName: String = "", clientSoftwareVersion: String = "") {
        self.clientSoftwareName = clientSoftwareName
        self.clientSoftwareVersion = clientSoftwareVersion
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.string("clientSoftwareName", &clientSoftwareName, 3..., ignorable: true)
        try wire.string("clientSoftwareVersion", &clientSoftwareVersion, 3..., ignorable: true)
    }
}

/// The APIs that a broker or controller speaks, and the features of the cluster.
///
/// Version notes: v1 adds the throttle time, v3 the features. Up to v3 a feature whose lowest level is 0 is left out,
/// so absence says nothing; v4 gives it. Read it with `ResponseFrame.decodeApiVersions`, which knows the answer to a
/// version that the broker does not.
package struct ApiVersionsResponse: KafkaResponse {
    package static let apiKey = APIKey.apiVersions
    package static let versions: ClosedRange<Int16> = 0...4
    package static let flexibleFrom: Int16? = 3

    package var errorCode: KafkaErrorCode = .none
    package var apiKeys: [ApiVersion] = []
    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var supportedFeatures: [SupportedFeature] = []
    /// The age of `finalizedFeatures`; -1 when unknown.
    package var finalizedFeaturesEpoch: Int64 = -1
    package var finalizedFeatures: [FinalizedFeature] = []
    package var zkMigrationReady: Bool = false
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        errorCode: KafkaErrorCode = .none, apiKeys: [ApiVersion] = [], throttleTimeMs: Int32 = 0,
        supportedFeatures: [SupportedFeature] = [], finalizedFeaturesEpoch: Int64 = -1,
        finalizedFeatures: [FinalizedFeature] = [], zkMigrationReady: Bool = false
    ) {
        self.errorCode = errorCode
        self.apiKeys = apiKeys
        self.throttleTimeMs = throttleTimeMs
        self.supportedFeatures = supportedFeatures
        self.finalizedFeaturesEpoch = finalizedFeaturesEpoch
        self.finalizedFeatures = finalizedFeatures
        self.zkMigrationReady = zkMigrationReady
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.errorCode("errorCode", &errorCode, 0...)
        try wire.structs("apiKeys", &apiKeys, 0...)
        try wire.int32("throttleTimeMs", &throttleTimeMs, 1..., ignorable: true)
        try wire.structs("supportedFeatures", &supportedFeatures, 3..., tag: 0, ignorable: true)
        try wire.int64("finalizedFeaturesEpoch", &finalizedFeaturesEpoch, 3..., default: -1, tag: 1, ignorable: true)
        try wire.structs("finalizedFeatures", &finalizedFeatures, 3..., tag: 2, ignorable: true)
        try wire.bool("zkMigrationReady", &zkMigrationReady, 3..., tag: 3, ignorable: true)
    }

    /// The versions of one API, both ends included.
    package struct ApiVersion: WireStruct {
        package var apiKey: APIKey = .produce
        package var minVersion: Int16 = 0
        package var maxVersion: Int16 = 0
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(apiKey: APIKey = .produce, minVersion: Int16 = 0, maxVersion: Int16 = 0) {
            self.apiKey = apiKey
            self.minVersion = minVersion
            self.maxVersion = maxVersion
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.apiKey("apiKey", &apiKey, 0...)
            try wire.int16("minVersion", &minVersion, 0...)
            try wire.int16("maxVersion", &maxVersion, 0...)
        }
    }

    /// The levels of a feature that this node supports.
    package struct SupportedFeature: WireStruct {
        package var name: String = ""
        package var minVersion: Int16 = 0
        package var maxVersion: Int16 = 0
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(name: String = "", minVersion: Int16 = 0, maxVersion: Int16 = 0) {
            self.name = name
            self.minVersion = minVersion
            self.maxVersion = maxVersion
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("name", &name, 3...)
            try wire.int16("minVersion", &minVersion, 3...)
            try wire.int16("maxVersion", &maxVersion, 3...)
        }
    }

    /// The level of a feature that the cluster has agreed on.
    package struct FinalizedFeature: WireStruct {
        package var name: String = ""
        package var maxVersionLevel: Int16 = 0
        package var minVersionLevel: Int16 = 0
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(name: String = "", maxVersionLevel: Int16 = 0, minVersionLevel: Int16 = 0) {
            self.name = name
            self.maxVersionLevel = maxVersionLevel
            self.minVersionLevel = minVersionLevel
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("name", &name, 3...)
            try wire.int16("maxVersionLevel", &maxVersionLevel, 3...)
            try wire.int16("minVersionLevel", &minVersionLevel, 3...)
        }
    }
}
