/// One token of a SASL exchange.
///
/// Version notes: v1 changes only the answer; v2 is v1 in the flexible form.
package struct SaslAuthenticateRequest: KafkaRequest {
    package typealias Response = SaslAuthenticateResponse

    package static let apiKey = APIKey.saslAuthenticate
    package static let versions: ClosedRange<Int16> = 0...2
    package static let flexibleFrom: Int16? = 2

    package var authBytes: [UInt8] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(authBytes: [UInt8] = []) {
        self.authBytes = authBytes
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.bytes("authBytes", &authBytes, 0...)
    }
}

/// The broker's token in a SASL exchange, or its refusal.
///
/// Version notes: v1 adds the lifetime of the session; v2 is v1 in the flexible form.
package struct SaslAuthenticateResponse: KafkaResponse {
    package static let apiKey = APIKey.saslAuthenticate
    package static let versions: ClosedRange<Int16> = 0...2
    package static let flexibleFrom: Int16? = 2

    package var errorCode: KafkaErrorCode = .none
    package var errorMessage: String? = ""
    package var authBytes: [UInt8] = []
    /// When to authenticate anew, in milliseconds from now; 0 means never.
    package var sessionLifetimeMs: Int64 = 0
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        errorCode: KafkaErrorCode = .none, errorMessage: String? = "", authBytes: [UInt8] = [],
        sessionLifetimeMs: Int64 = 0
    ) {
        self.errorCode = errorCode
        self.errorMessage = errorMessage
        self.authBytes = authBytes
        self.sessionLifetimeMs = sessionLifetimeMs
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.errorCode("errorCode", &errorCode, 0...)
        try wire.nullableString("errorMessage", &errorMessage, 0...)
        try wire.bytes("authBytes", &authBytes, 0...)
        try wire.int64("sessionLifetimeMs", &sessionLifetimeMs, 1..., ignorable: true)
    }
}
