/// MirrorMaker's sign of life: written to the topic `heartbeats`, which is replicated like any other.
///
/// The age of the newest one in `<source>.heartbeats` on a target cluster is the lag of replication (Kafka's
/// `Heartbeat`, version 0).
package struct HeartbeatRecord: Sendable, Equatable {
    package struct Key: Sendable, Hashable {
        package var sourceClusterAlias: String
        package var targetClusterAlias: String

        package init(sourceClusterAlias: String, targetClusterAlias: String) {
            self.sourceClusterAlias = sourceClusterAlias
            self.targetClusterAlias = targetClusterAlias
        }
    }

    package var key: Key
    /// In milliseconds since 1970.
    package var timestamp: Int64

    package init(key: Key, timestamp: Int64) {
        self.key = key
        self.timestamp = timestamp
    }

    package static func decodeKey(_ bytes: some Collection<UInt8>) throws(WireError) -> Key {
        var reader = MirrorRecord.reader(bytes)
        let source = try MirrorRecord.string(&reader)
        return Key(sourceClusterAlias: source, targetClusterAlias: try MirrorRecord.string(&reader))
    }

    package static func decode(
        key: some Collection<UInt8>, value: some Collection<UInt8>
    ) throws(WireError) -> HeartbeatRecord {
        let key = try decodeKey(key)
        var reader = MirrorRecord.reader(value)
        try MirrorRecord.checkVersion(&reader, of: "heartbeat")
        return HeartbeatRecord(key: key, timestamp: try reader.integer(Int64.self))
    }

    package func encoded() throws(WireError) -> MirrorRecord {
        var keyWriter = WireWriter(version: 0, flexible: false)
        try key.sourceClusterAlias.write(to: &keyWriter, compact: false)
        try key.targetClusterAlias.write(to: &keyWriter, compact: false)
        var writer = WireWriter(version: 0, flexible: false)
        writer.integer(MirrorRecord.version)
        writer.integer(timestamp)
        return MirrorRecord(key: keyWriter.finish(), value: writer.finish())
    }
}
