/// Chooses the SASL mechanism of a connection.
///
/// Version notes: after v0 the tokens follow bare, after v1 within SaslAuthenticate. Never flexible.
package struct SaslHandshakeRequest: KafkaRequest {
    package typealias Response = SaslHandshakeResponse

    package static let apiKey = APIKey.saslHandshake
    package static let versions: ClosedRange<Int16> = 0...1
    package static let flexibleFrom: Int16? = nil

    package var mechanism: String = ""
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(mechanism: String = "") {
        self.mechanism = mechanism
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.string("mechanism", &mechanism, 0...)
    }
}

/// Whether the broker offers the mechanism.
///
/// Version notes: both versions answer the same.
package struct SaslHandshakeResponse: KafkaResponse {
    package static let apiKey = APIKey.saslHandshake
    package static let versions: ClosedRange<Int16> = 0...1
    package static let flexibleFrom: Int16? = nil

    package var errorCode: KafkaErrorCode = .none
    /// What the broker offers.
    package var mechanisms: [String] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(errorCode: KafkaErrorCode = .none, mechanisms: [String] = []) {
        self.errorCode = errorCode
        self.mechanisms = mechanisms
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.errorCode("errorCode", &errorCode, 0...)
        try wire.strings("mechanisms", &mechanisms, 0...)
    }
}
