/// A whole message: a request's or response's body, or a header.
package protocol KafkaMessage: WireStruct {
    /// The versions that can be read and written.
    static var versions: ClosedRange<Int16> { get }
    /// The first version with compact lengths and tag sections, or nil when there is none.
    static var flexibleFrom: Int16? { get }
}

/// A request's body.
package protocol KafkaRequest: KafkaMessage {
    associatedtype Response: KafkaResponse
    static var apiKey: APIKey { get }
    /// The versions that a client offers brokers: all that can be read and written, except those that Kafka holds to be
    /// unstable or keeps for requests between brokers.
    static var offeredVersions: ClosedRange<Int16> { get }
}

extension KafkaRequest {
    package static var offeredVersions: ClosedRange<Int16> { versions }
}

/// Anything that the body of a response can be read into: the message itself, or columns for the large ones.
package protocol ReadableResponse: Sendable {
    static var apiKey: APIKey { get }

    /// Reads the body from the bytes, and says how many follow it.
    static func decode(
        _ bytes: [UInt8], from start: Int, version: Int16
    ) throws(WireError) -> (message: Self, rest: Int)
}

/// A response's body.
package protocol KafkaResponse: KafkaMessage, ReadableResponse {}

extension KafkaMessage {
    /// Whether a version has compact lengths and tag sections.
    package static func isFlexible(_ version: Int16) -> Bool {
        guard let flexibleFrom else { return false }
        return version >= flexibleFrom
    }

    /// Reads a message from the bytes; what follows it is left alone.
    ///
    /// - Returns: the message and the number of bytes that follow it.
    package static func decode(
        _ bytes: [UInt8], from start: Int = 0, version: Int16
    ) throws(WireError) -> (message: Self, rest: Int) {
        try checkVersion(version)
        var reader = WireReader(bytes, from: start, version: version, flexible: isFlexible(version))
        var message = Self()
        try message.read(from: &reader)
        return (message, reader.remaining)
    }

    /// The message as bytes, behind what is given.
    package func encoded(version: Int16, after prefix: [UInt8] = []) throws(WireError) -> [UInt8] {
        try Self.checkVersion(version)
        var writer = WireWriter(after: prefix, version: version, flexible: Self.isFlexible(version))
        try write(to: &writer)
        return writer.finish()
    }

    private static func checkVersion(_ version: Int16) throws(WireError) {
        guard versions.contains(version) else {
            throw WireError(
                .unsupportedVersion,
                "\(self) has versions \(versions.lowerBound) to \(versions.upperBound), not \(version)", offset: 0)
        }
    }
}
