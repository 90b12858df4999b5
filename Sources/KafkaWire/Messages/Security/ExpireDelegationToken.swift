/// Changes when a delegation token ends, or ends it.
///
/// Version notes: v2 is v1 in the flexible form.
package struct ExpireDelegationTokenRequest: KafkaRequest {
    package typealias Response = ExpireDelegationTokenResponse

    package static let apiKey = APIKey.expireDelegationToken
    package static let versions: ClosedRange<Int16> = 1...2
    package static let flexibleFrom: Int16? = 2

    /// Which token.
    package var hmac: [UInt8] = []
    /// From now, in milliseconds; negative ends it at once.
    package var expiryTimePeriodMs: Int64 = 0
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(hmac: [UInt8] = [], expiryTimePeriodMs: Int64 = 0) {
        self.hmac = hmac
        self.expiryTimePeriodMs = expiryTimePeriodMs
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.bytes("hmac", &hmac, 0...)
        try wire.int64("expiryTimePeriodMs", &expiryTimePeriodMs, 0...)
    }
}

/// When the token ends now.
///
/// Version notes: v2 is v1 in the flexible form.
package struct ExpireDelegationTokenResponse: KafkaResponse {
    package static let apiKey = APIKey.expireDelegationToken
    package static let versions: ClosedRange<Int16> = 1...2
    package static let flexibleFrom: Int16? = 2

    package var errorCode: KafkaErrorCode = .none
    /// In milliseconds since 1970.
    package var expiryTimestampMs: Int64 = 0
    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(errorCode: KafkaErrorCode = .none, expiryTimestampMs: Int64 = 0, throttleTimeMs: Int32 = 0) {
        self.errorCode = errorCode
        self.expiryTimestampMs = expiryTimestampMs
        self.throttleTimeMs = throttleTimeMs
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.errorCode("errorCode", &errorCode, 0...)
        try wire.int64("expiryTimestampMs", &expiryTimestampMs, 0...)
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0...)
    }
}
