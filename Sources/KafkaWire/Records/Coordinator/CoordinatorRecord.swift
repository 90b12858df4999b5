/// A record of `__consumer_offsets` or `__transaction_state`: keys are led by the kind of record as int16, values by
/// their version as int16. A missing value deletes what the key names.
package enum CoordinatorRecord {
    /// What lies in `__consumer_offsets`, as far as recovery reads it.
    package enum Group: Sendable, Equatable {
        case offsetCommit(OffsetCommitKey, OffsetCommitValue?)
        case groupMetadata(GroupMetadataKey, GroupMetadataValue?)
        /// Of the protocols of consumer, share and streams groups, or of a later release.
        case other(kind: Int16)
    }

    /// What lies in `__transaction_state`.
    package enum Transaction: Sendable, Equatable {
        case state(TransactionLogKey, TransactionLogValue?)
        case other(kind: Int16)
    }

    /// Numbers of kinds of record (the definitions' `apiKey`).
    package enum Kind {
        /// Written before Kafka 0.9, in the same form as today's.
        package static let legacyOffsetCommit: Int16 = 0
        package static let offsetCommit: Int16 = 1
        package static let groupMetadata: Int16 = 2
        package static let transactionLog: Int16 = 0
    }

    /// - Throws: for a key or value that ends early; `.unsupportedVersion` for a value of a version that is not known.
    package static func group(
        key: some Collection<UInt8>, value: (some Collection<UInt8>)?
    ) throws(WireError) -> Group {
        let (kind, body) = try split(key)
        switch kind {
        case Kind.legacyOffsetCommit, Kind.offsetCommit:
            let key = try OffsetCommitKey.decode(body, version: 0).message
            return .offsetCommit(key, try decode(value))
        case Kind.groupMetadata:
            let key = try GroupMetadataKey.decode(body, version: 0).message
            return .groupMetadata(key, try decode(value))
        default: return .other(kind: kind)
        }
    }

    /// - Throws: as `group`.
    package static func transaction(
        key: some Collection<UInt8>, value: (some Collection<UInt8>)?
    ) throws(WireError) -> Transaction {
        let (kind, body) = try split(key)
        guard kind == Kind.transactionLog else { return .other(kind: kind) }
        let key = try TransactionLogKey.decode(body, version: 0).message
        return .state(key, try decode(value))
    }

    /// A key as it lies in a record.
    package static func stored(_ key: some KafkaMessage, kind: Int16) throws(WireError) -> [UInt8] {
        try key.encoded(version: 0, after: leading(kind))
    }

    /// A value as it lies in a record.
    package static func stored(_ value: some KafkaMessage, version: Int16) throws(WireError) -> [UInt8] {
        try value.encoded(version: version, after: leading(version))
    }

    private static func decode<M: KafkaMessage>(_ value: (some Collection<UInt8>)?) throws(WireError) -> M? {
        guard let value else { return nil }
        let (version, body) = try split(value)
        return try M.decode(body, version: version).message
    }

    private static func split(_ bytes: some Collection<UInt8>) throws(WireError) -> (number: Int16, body: [UInt8]) {
        var cursor = RecordCursor(Array(bytes)[...])
        let number = try cursor.integer(Int16.self)
        return (number, Array(try cursor.slice(cursor.remaining)))
    }

    private static func leading(_ number: Int16) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }
}
