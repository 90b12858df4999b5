/// Asks for delegation tokens.
///
/// Version notes: v2 is flexible; v3 changes only the answer.
package struct DescribeDelegationTokenRequest: KafkaRequest {
    package typealias Response = DescribeDelegationTokenResponse

    package static let apiKey = APIKey.describeDelegationToken
    package static let versions: ClosedRange<Int16> = 1...3
    package static let flexibleFrom: Int16? = 2

    /// Null means all that the asker may see.
    package var owners: [Owner]? = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(owners: [Owner]? = []) {
        self.owners = owners
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.nullableStructs("owners", &owners, 0...)
    }

    /// An owner whose tokens to describe.
    package typealias Owner = TokenPrincipal
}

/// Delegation tokens with their secrets.
///
/// Version notes: v2 is flexible, v3 adds who asked for a token.
package struct DescribeDelegationTokenResponse: KafkaResponse {
    package static let apiKey = APIKey.describeDelegationToken
    package static let versions: ClosedRange<Int16> = 1...3
    package static let flexibleFrom: Int16? = 2

    package var errorCode: KafkaErrorCode = .none
    package var tokens: [Token] = []
    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(errorCode: KafkaErrorCode = .none, tokens: [Token] = [], throttleTimeMs: Int32 = 0) {
        self.errorCode = errorCode
        self.tokens = tokens
        self.throttleTimeMs = throttleTimeMs
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.errorCode("errorCode", &errorCode, 0...)
        try wire.structs("tokens", &tokens, 0...)
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0...)
    }

    /// A token.
    package struct Token: WireStruct {
        package var principalType: String = ""
        package var principalName: String = ""
        package var tokenRequesterPrincipalType: String = ""
        package var tokenRequesterPrincipalName: String = ""
        /// In milliseconds since 1970.
        package var issueTimestamp: Int64 = 0
        /// When it ends unless renewed, in milliseconds since 1970.
        package var expiryTimestamp: Int64 = 0
        /// When it ends for good, in milliseconds since 1970.
        package var maxTimestamp: Int64 = 0
        package var tokenId: String = ""
        /// The secret.
        package var hmac: [UInt8] = []
        package var renewers: [Renewer] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            principalType: String = "", principalName: String = "", tokenRequesterPrincipalType: String = "",
            tokenRequesterPrincipalName: String = "", issueTimestamp: Int64 = 0, expiryTimestamp: Int64 = 0,
            maxTimestamp: Int64 = 0, tokenId: String = "", hmac: [UInt8] = [], renewers: [Renewer] = []
        ) {
            self.principalType = principalType
            self.principalName = principalName
            self.tokenRequesterPrincipalType = tokenRequesterPrincipalType
            self.tokenRequesterPrincipalName = tokenRequesterPrincipalName
            self.issueTimestamp = issueTimestamp
            self.expiryTimestamp = expiryTimestamp
            self.maxTimestamp = maxTimestamp
            self.tokenId = tokenId
            self.hmac = hmac
            self.renewers = renewers
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("principalType", &principalType, 0...)
            try wire.string("principalName", &principalName, 0...)
            try wire.string("tokenRequesterPrincipalType", &tokenRequesterPrincipalType, 3...)
            try wire.string("tokenRequesterPrincipalName", &tokenRequesterPrincipalName, 3...)
            try wire.int64("issueTimestamp", &issueTimestamp, 0...)
            try wire.int64("expiryTimestamp", &expiryTimestamp, 0...)
            try wire.int64("maxTimestamp", &maxTimestamp, 0...)
            try wire.string("tokenId", &tokenId, 0...)
            try wire.bytes("hmac", &hmac, 0...)
            try wire.structs("renewers", &renewers, 0...)
        }
    }

    /// Who else may renew it.
    package typealias Renewer = TokenPrincipal
}
