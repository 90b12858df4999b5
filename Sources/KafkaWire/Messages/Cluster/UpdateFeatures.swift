/// Brings features of the cluster to other levels.
///
/// Version notes: v0 says by a flag that a level may go down; v1 says how, and can validate only; v2 changes only the
/// answer.
package struct UpdateFeaturesRequest: KafkaRequest {
    package typealias Response = UpdateFeaturesResponse

    package static let apiKey = APIKey.updateFeatures
    package static let versions: ClosedRange<Int16> = 0...2
    package static let flexibleFrom: Int16? = 0

    package var timeoutMs: Int32 = 60000
    package var featureUpdates: [Update] = []
    package var validateOnly: Bool = false
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(timeoutMs: Int32 = 60000, featureUpdates: [Update] = [], validateOnly: Bool = false) {
        self.timeoutMs = timeoutMs
        self.featureUpdates = featureUpdates
        self.validateOnly = validateOnly
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("timeoutMs", &timeoutMs, 0..., default: 60000)
        try wire.structs("featureUpdates", &featureUpdates, 0...)
        try wire.bool("validateOnly", &validateOnly, 1...)
    }

    /// The wanted level of one feature.
    package struct Update: WireStruct {
        package var feature: String = ""
        /// The wanted level; below 1 the feature is deleted.
        package var maxVersionLevel: Int16 = 0
        package var allowDowngrade: Bool = false
        /// 1 upgrade, 2 downgrade that loses nothing, 3 downgrade that may lose metadata.
        package var upgradeType: Int8 = 1
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            feature: String = "", maxVersionLevel: Int16 = 0, allowDowngrade: Bool = false, upgradeType: Int8 = 1
        ) {
            self.feature = feature
            self.maxVersionLevel = maxVersionLevel
            self.allowDowngrade = allowDowngrade
            self.upgradeType = upgradeType
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("feature", &feature, 0...)
            try wire.int16("maxVersionLevel", &maxVersionLevel, 0...)
            try wire.bool("allowDowngrade", &allowDowngrade, 0...0)
            try wire.int8("upgradeType", &upgradeType, 1..., default: 1)
        }
    }
}

/// Whether the features have been updated.
///
/// Version notes: up to v1 with a result for each feature; from v2 on all succeed or none.
package struct UpdateFeaturesResponse: KafkaResponse {
    package static let apiKey = APIKey.updateFeatures
    package static let versions: ClosedRange<Int16> = 0...2
    package static let flexibleFrom: Int16? = 0

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var errorCode: KafkaErrorCode = .none
    package var errorMessage: String? = ""
    package var results: [Result] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        throttleTimeMs: Int32 = 0, errorCode: KafkaErrorCode = .none, errorMessage: String? = "",
        results: [Result] = []
    ) {
        self.throttleTimeMs = throttleTimeMs
        self.errorCode = errorCode
        self.errorMessage = errorMessage
        self.results = results
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0...)
        try wire.errorCode("errorCode", &errorCode, 0...)
        try wire.nullableString("errorMessage", &errorMessage, 0...)
        try wire.structs("results", &results, 0...1, ignorable: true)
    }

    /// What became of one feature.
    package struct Result: WireStruct {
        package var feature: String = ""
        package var errorCode: KafkaErrorCode = .none
        package var errorMessage: String? = ""
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(feature: String = "", errorCode: KafkaErrorCode = .none, errorMessage: String? = "") {
            self.feature = feature
            self.errorCode = errorCode
            self.errorMessage = errorMessage
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("feature", &feature, 0...)
            try wire.errorCode("errorCode", &errorCode, 0...)
            try wire.nullableString("errorMessage", &errorMessage, 0...)
        }
    }
}
