/// What leads every request.
///
/// Version notes: v1 before the API's flexible versions, v2 from then on. The client id keeps its old length in v2: a
/// broker has to find its end before it knows whether it understands the rest.
package struct RequestHeader: KafkaMessage {
    package static let versions: ClosedRange<Int16> = 1...2
    package static let flexibleFrom: Int16? = 2

    package var requestApiKey: APIKey = .produce
    package var requestApiVersion: Int16 = 0
    package var correlationId: Int32 = 0
    package var clientId: String? = ""
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        requestApiKey: APIKey = .produce, requestApiVersion: Int16 = 0, correlationId: Int32 = 0,
        clientId: String? = ""
    ) {
        self.requestApiKey = requestApiKey
        self.requestApiVersion = requestApiVersion
        self.correlationId = correlationId
        self.clientId = clientId
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.apiKey("requestApiKey", &requestApiKey, 0...)
        try wire.int16("requestApiVersion", &requestApiVersion, 0...)
        try wire.int32("correlationId", &correlationId, 0...)
        try wire.nullableString("clientId", &clientId, 1..., neverCompact: true)
    }
}

/// What leads every response.
///
/// Version notes: v0 before the API's flexible versions, v1 from then on, except ApiVersions, which stays with v0.
package struct ResponseHeader: KafkaMessage {
    package static let versions: ClosedRange<Int16> = 0...1
    package static let flexibleFrom: Int16? = 1

    package var correlationId: Int32 = 0
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(correlationId: Int32 = 0) {
        self.correlationId = correlationId
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("correlationId", &correlationId, 0...)
    }
}
