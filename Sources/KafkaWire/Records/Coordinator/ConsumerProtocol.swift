/// What members of a classic consumer group tell each other through the broker, which does not look at it: a version as
/// int16, then a subscription or an assignment (Kafka's `ConsumerProtocol`).
package enum ConsumerProtocol {
    /// The protocol type under which consumers join; others, like `connect`, say other things in the same place.
    package static let protocolType = "consumer"

    /// What a member subscribes to. A newer version is read as far as it is known, and bytes behind it are left alone.
    ///
    /// - Throws: for a negative version, and for bytes that end early.
    package static func subscription(_ bytes: [UInt8]) throws(WireError) -> ConsumerProtocolSubscription {
        try decode(bytes)
    }

    /// What a member has been given; nil when it has nothing, which is told by no bytes at all.
    ///
    /// - Throws: as `subscription`.
    package static func assignment(_ bytes: [UInt8]) throws(WireError) -> ConsumerProtocolAssignment? {
        bytes.isEmpty ? nil : try decode(bytes)
    }

    /// The message behind its version.
    package static func encoded(_ message: some KafkaMessage, version: Int16) throws(WireError) -> [UInt8] {
        try message.encoded(version: version, after: withUnsafeBytes(of: version.bigEndian) { Array($0) })
    }

    private static func decode<M: KafkaMessage>(_ bytes: [UInt8]) throws(WireError) -> M {
        var reader = WireReader(bytes, version: 0, flexible: false)
        let version = try reader.integer(Int16.self)
        guard version >= 0 else {
            throw WireError(.unsupportedVersion, "a consumer's metadata of version \(version)", offset: 0)
        }
        return try M.decode(bytes, from: reader.position, version: min(version, M.versions.upperBound)).message
    }
}
