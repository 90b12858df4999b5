/// Creates a delegation token.
///
/// Version notes: v2 is flexible, v3 adds an owner other than the asker.
package struct CreateDelegationTokenRequest: KafkaRequest {
    package typealias Response = CreateDelegationTokenResponse

    package static let apiKey = APIKey.createDelegationToken
    package static let versions: ClosedRange<Int16> = 1...3
    package static let flexibleFrom: Int16? = 2

    /// Null means the asker.
    package var ownerPrincipalType: String? = ""
    /// Null means the asker.
    package var ownerPrincipalName: String? = ""
    package var renewers: [Renewer] = []
    /// In milliseconds; -1 is the broker's setting.
    package var maxLifetimeMs: Int64 = 0
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        ownerPrincipalType: String? = "", ownerPrincipalName: String? = "", renewers: [Renewer] = [],
        maxLifetimeMs: Int64 = 0
    ) {
        self.ownerPrincipalType = ownerPrincipalType
        self.ownerPrincipalName = ownerPrincipalName
        self.renewers = renewers
        self.maxLifetimeMs = maxLifetimeMs
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.nullableString("ownerPrincipalType", &ownerPrincipalType, 3...)
        try wire.nullableString("ownerPrincipalName", &ownerPrincipalName, 3...)
        try wire.structs("renewers", &renewers, 0...)
        try wire.int64("maxLifetimeMs", &maxLifetimeMs, 0...)
    }

    /// Who else may renew the token.
    package typealias Renewer = TokenPrincipal
}

/// The new token with its secret.
///
/// Version notes: v2 is flexible, v3 adds who asked for it.
package struct CreateDelegationTokenResponse: KafkaResponse {
    package static let apiKey = APIKey.createDelegationToken
    package static let versions: ClosedRange<Int16> = 1...3
    package static let flexibleFrom: Int16? = 2

    package var errorCode: KafkaErrorCode = .none
    package var principalType: String = ""
    package var principalName: String = ""
    package var tokenRequesterPrincipalType: String = ""
    package var tokenRequesterPrincipalName: String = ""
    /// In milliseconds since 1970.
    package var issueTimestampMs: Int64 = 0
    /// When it ends unless renewed, in milliseconds since 1970.
    package var expiryTimestampMs: Int64 = 0
    /// When it ends for good, in milliseconds since 1970.
    package var maxTimestampMs: Int64 = 0
    package var tokenId: String = ""
    /// The secret: a client's SCRAM password is its base64.
    package var hmac: [UInt8] = []
    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        errorCode: KafkaErrorCode = .none, principalType: String = "", principalName: String = "",
        tokenRequesterPrincipalType: String = "", tokenRequesterPrincipalName: String = "", issueTimestampMs: Int64 = 0,
        expiryTimestampMs: Int64 = 0, maxTimestampMs: Int64 = 0, tokenId: String = "", hmac: [UInt8] = [],
        throttleTimeMs: Int32 = 0
    ) {
        self.errorCode = errorCode
        self.principalType = principalType
        self.principalName = principalName
        self.tokenRequesterPrincipalType = tokenRequesterPrincipalType
        self.tokenRequesterPrincipalName = tokenRequesterPrincipalName
        self.issueTimestampMs = issueTimestampMs
        self.expiryTimestampMs = expiryTimestampMs
        self.maxTimestampMs = maxTimestampMs
        self.tokenId = tokenId
        self.hmac = hmac
        self.throttleTimeMs = throttleTimeMs
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.errorCode("errorCode", &errorCode, 0...)
        try wire.string("principalType", &principalType, 0...)
        try wire.string("principalName", &principalName, 0...)
        try wire.string("tokenRequesterPrincipalType", &tokenRequesterPrincipalType, 3...)
        try wire.string("tokenRequesterPrincipalName", &tokenRequesterPrincipalName, 3...)
        try wire.int64("issueTimestampMs", &issueTimestampMs, 0...)
        try wire.int64("expiryTimestampMs", &expiryTimestampMs, 0...)
        try wire.int64("maxTimestampMs", &maxTimestampMs, 0...)
        try wire.string("tokenId", &tokenId, 0...)
        try wire.bytes("hmac", &hmac, 0...)
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0...)
    }
}
