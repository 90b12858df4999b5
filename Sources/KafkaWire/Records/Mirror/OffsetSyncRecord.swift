/// MirrorMaker's note that two offsets of a replicated partition mean the same record.
///
/// Lies in `mm2-offset-syncs.<other cluster>.internal`, by default on the source cluster, compacted by key. Its value has
/// no version (Kafka's `OffsetSync`).
package struct OffsetSyncRecord: Sendable, Equatable {
    package struct Key: Sendable, Hashable {
        /// As it is named on the source cluster.
        package var topic: String
        package var partition: Int32

        package init(topic: String, partition: Int32) {
            self.topic = topic
            self.partition = partition
        }
    }

    package var key: Key
    package var upstreamOffset: Int64
    package var downstreamOffset: Int64

    package init(key: Key, upstreamOffset: Int64, downstreamOffset: Int64) {
        self.key = key
        self.upstreamOffset = upstreamOffset
        self.downstreamOffset = downstreamOffset
    }

    package static func decodeKey(_ bytes: some Collection<UInt8>) throws(WireError) -> Key {
        var reader = MirrorRecord.reader(bytes)
        let topic = try MirrorRecord.string(&reader)
        return Key(topic: topic, partition: try reader.integer(Int32.self))
    }

    package static func decode(
        key: some Collection<UInt8>, value: some Collection<UInt8>
    ) throws(WireError) -> OffsetSyncRecord {
        let key = try decodeKey(key)
        var reader = MirrorRecord.reader(value)
        let upstream = try reader.integer(Int64.self)
        return OffsetSyncRecord(
            key: key, upstreamOffset: upstream, downstreamOffset: try reader.integer(Int64.self))
    }

    package func encoded() throws(WireError) -> MirrorRecord {
        var keyWriter = WireWriter(version: 0, flexible: false)
        try key.topic.write(to: &keyWriter, compact: false)
        keyWriter.integer(key.partition)
        var writer = WireWriter(version: 0, flexible: false)
        writer.integer(upstreamOffset)
        writer.integer(downstreamOffset)
        return MirrorRecord(key: keyWriter.finish(), value: writer.finish())
    }
}
