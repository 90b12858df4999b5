/// MirrorMaker's translation of a group's committed offset to the cluster that it writes to.
///
/// Lies in `<source>.checkpoints.internal` on the target cluster, compacted by key (Kafka's `Checkpoint`, version 0).
package struct CheckpointRecord: Sendable, Equatable {
    package struct Key: Sendable, Hashable {
        package var group: String
        /// As it is named on the target cluster.
        package var topic: String
        package var partition: Int32

        package init(group: String, topic: String, partition: Int32) {
            self.group = group
            self.topic = topic
            self.partition = partition
        }
    }

    package var key: Key
    package var upstreamOffset: Int64
    package var downstreamOffset: Int64
    /// What the group committed together with its offset.
    package var metadata: String

    package init(key: Key, upstreamOffset: Int64, downstreamOffset: Int64, metadata: String) {
        self.key = key
        self.upstreamOffset = upstreamOffset
        self.downstreamOffset = downstreamOffset
        self.metadata = metadata
    }

    package static func decodeKey(_ bytes: some Collection<UInt8>) throws(WireError) -> Key {
        var reader = MirrorRecord.reader(bytes)
        let group = try MirrorRecord.string(&reader)
        let topic = try MirrorRecord.string(&reader)
        return Key(group: group, topic: topic, partition: try reader.integer(Int32.self))
    }

    package static func decode(
        key: some Collection<UInt8>, value: some Collection<UInt8>
    ) throws(WireError) -> CheckpointRecord {
        let key = try decodeKey(key)
        var reader = MirrorRecord.reader(value)
        try MirrorRecord.checkVersion(&reader, of: "checkpoint")
        let upstream = try reader.integer(Int64.self)
        let downstream = try reader.integer(Int64.self)
        return CheckpointRecord(
            key: key, upstreamOffset: upstream, downstreamOffset: downstream,
            metadata: try MirrorRecord.string(&reader))
    }

    package func encoded() throws(WireError) -> MirrorRecord {
        var keyWriter = WireWriter(version: 0, flexible: false)
        try key.group.write(to: &keyWriter, compact: false)
        try key.topic.write(to: &keyWriter, compact: false)
        keyWriter.integer(key.partition)
        var writer = WireWriter(version: 0, flexible: false)
        writer.integer(MirrorRecord.version)
        writer.integer(upstreamOffset)
        writer.integer(downstreamOffset)
        try metadata.write(to: &writer, compact: false)
        return MirrorRecord(key: keyWriter.finish(), value: writer.finish())
    }
}
