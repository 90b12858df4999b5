/// A principal as brokers pass it on in forwarded requests.
///
/// Version notes: v0 is the only version.
package struct DefaultPrincipalData: KafkaMessage {
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16? = 0

    /// `User` for all that Kafka itself makes.
    package var type: String = ""
    package var name: String = ""
    /// Whether it came with a delegation token.
    package var tokenAuthenticated: Bool = false
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(type: String = "", name: String = "", tokenAuthenticated: Bool = false) {
        self.type = type
        self.name = name
        self.tokenAuthenticated = tokenAuthenticated
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.string("type", &type, 0...)
        try wire.string("name", &name, 0...)
        try wire.bool("tokenAuthenticated", &tokenAuthenticated, 0...)
    }
}
