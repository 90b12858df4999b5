import KafkaWire
import Testing

@Suite struct MirrorRecordTests {
    private static let checkpoint = CheckpointRecord(
        key: .init(group: "g", topic: "a.orders", partition: 3), upstreamOffset: 10, downstreamOffset: -1, metadata: "")

    @Test func `a record cut short anywhere is an error`() throws {
        let bytes = try Self.checkpoint.encoded()
        for length in bytes.value.indices {
            let error = code { () throws(WireError) in
                _ = try CheckpointRecord.decode(key: bytes.key, value: bytes.value[..<length])
            }
            #expect(error == .truncated)
        }
        for length in bytes.key.indices {
            #expect(
                code { () throws(WireError) in _ = try CheckpointRecord.decodeKey(bytes.key[..<length]) }
                    == .truncated)
        }
    }

    @Test func `bytes behind the known fields are left alone, a later version is not`() throws {
        let bytes = try Self.checkpoint.encoded()
        #expect(try CheckpointRecord.decode(key: bytes.key + [1], value: bytes.value + [1]) == Self.checkpoint)
        let later = code { () throws(WireError) in
            _ = try CheckpointRecord.decode(key: bytes.key, value: [0, 1] + bytes.value.dropFirst(2))
        }
        #expect(later == .unsupportedVersion)
        let heartbeat = HeartbeatRecord(
            key: .init(sourceClusterAlias: "a", targetClusterAlias: "b"), timestamp: 5)
        let stored = try heartbeat.encoded()
        #expect(try HeartbeatRecord.decode(key: stored.key, value: stored.value) == heartbeat)
        #expect(
            code { () throws(WireError) in
                _ = try HeartbeatRecord.decode(key: stored.key, value: [0xFF, 0xFF] + stored.value.dropFirst(2))
            } == .unsupportedVersion)
    }

    @Test func `an offset sync has no version`() throws {
        let sync = OffsetSyncRecord(key: .init(topic: "orders", partition: 1), upstreamOffset: 256, downstreamOffset: 1)
        let stored = try sync.encoded()
        #expect(stored.value == [0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1])
        #expect(try OffsetSyncRecord.decode(key: stored.key, value: stored.value) == sync)
    }

    @Test func `a topic without partitions has none for a key`() {
        #expect(Murmur2.partition(of: [1], partitions: 0) == nil)
        #expect(Murmur2.partition(of: [1], partitions: -1) == nil)
        #expect(Murmur2.partition(of: [1], partitions: 1) == 0)
    }
}
