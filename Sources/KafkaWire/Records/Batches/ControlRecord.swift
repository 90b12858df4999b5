/// What a control batch says instead of data (`ControlRecordType`).
package struct ControlRecord: Sendable, Equatable {
    /// An open enumeration: later releases add kinds.
    package struct Kind: Sendable, Hashable, CustomStringConvertible {
        package let rawValue: Int16

        package init(rawValue: Int16) { self.rawValue = rawValue }

        package static let abort = Kind(rawValue: 0)
        package static let commit = Kind(rawValue: 1)
        package static let leaderChange = Kind(rawValue: 2)
        package static let snapshotHeader = Kind(rawValue: 3)
        package static let snapshotFooter = Kind(rawValue: 4)
        package static let kraftVersion = Kind(rawValue: 5)
        package static let kraftVoters = Kind(rawValue: 6)

        private static let names = [
            "ABORT", "COMMIT", "LEADER_CHANGE", "SNAPSHOT_HEADER", "SNAPSHOT_FOOTER", "KRAFT_VERSION", "KRAFT_VOTERS",
        ]

        /// Kafka's name for it.
        package var description: String {
            let index = Int(rawValue)
            return Self.names.indices.contains(index) ? Self.names[index] : "UNKNOWN (\(rawValue))"
        }

        /// Whether it ends a transaction.
        package var isTransactionMarker: Bool { self == .abort || self == .commit }
    }

    package var kind: Kind
    /// Of a transaction marker: the epoch of the coordinator that wrote it.
    package var coordinatorEpoch: Int32?
    /// The record's value.
    package var value: ArraySlice<UInt8>

    /// - Throws: for a key or a marker's value that is too short or has a negative version. Longer ones are from later
    ///   versions, which Kafka reads as far as it knows them.
    package init(_ record: Record) throws(WireError) {
        var key = RecordCursor(record.key ?? [])
        try Self.checkVersion(&key)
        kind = Kind(rawValue: try key.integer(Int16.self))
        value = record.value ?? []
        coordinatorEpoch = nil
        guard kind.isTransactionMarker else { return }
        var cursor = RecordCursor(value)
        try Self.checkVersion(&cursor)
        coordinatorEpoch = try cursor.integer(Int32.self)
    }

    private static func checkVersion(_ cursor: inout RecordCursor) throws(WireError) {
        let version = try cursor.integer(Int16.self)
        guard version >= 0 else {
            throw WireError(.unsupportedVersion, "a control record of version \(version)", offset: cursor.position)
        }
    }

    /// What the value says.
    package enum Content: Sendable, Equatable {
        case transactionEnd(coordinatorEpoch: Int32)
        case leaderChange(LeaderChangeMessage)
        case snapshotHeader(SnapshotHeaderRecord)
        case snapshotFooter(SnapshotFooterRecord)
        case kraftVersion(KRaftVersionRecord)
        case kraftVoters(VotersRecord)
        /// Of a kind from a later release.
        case unknown
    }

    /// Reads the value. One of a later version is read as far as it is known here.
    package func content() throws(WireError) -> Content {
        if let coordinatorEpoch { return .transactionEnd(coordinatorEpoch: coordinatorEpoch) }
        return switch kind {
        case .leaderChange: .leaderChange(try decoded())
        case .snapshotHeader: .snapshotHeader(try decoded())
        case .snapshotFooter: .snapshotFooter(try decoded())
        case .kraftVersion: .kraftVersion(try decoded())
        case .kraftVoters: .kraftVoters(try decoded())
        default: .unknown
        }
    }

    /// The message that is the value; it begins with its version.
    private func decoded<M: KafkaMessage>() throws(WireError) -> M {
        var cursor = RecordCursor(value)
        let version = try cursor.integer(Int16.self)
        return try M.decode(Array(value), version: min(version, M.versions.upperBound)).message
    }

    /// The key that a control record of this kind has.
    package static func key(_ kind: Kind) -> [UInt8] { [0, 0] + bytes(kind.rawValue) }

    /// The value that a transaction marker has.
    package static func markerValue(coordinatorEpoch: Int32) -> [UInt8] { [0, 0] + bytes(coordinatorEpoch) }

    private static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }
}
