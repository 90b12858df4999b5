import KafkaWire
import Values

/// `mirror.jsonl` and `murmur2.jsonl`.
enum MirrorGolden {
    /// Why a vector fails, or nil.
    static func problem(_ line: String) throws -> String? {
        let vector = try JSON.parse(line)
        guard let key = vector["key"]?.stringValue.flatMap(Hex.bytes), let content = vector["content"],
            let value = vector["value"]?.stringValue.flatMap(Hex.bytes)
        else { return "no vector: \(line)" }
        do throws(WireError) {
            let read: Value
            let written: MirrorRecord
            switch vector["type"]?.stringValue {
            case "OffsetSync":
                let record = try OffsetSyncRecord.decode(key: key, value: value)
                read = [
                    "topic": .string(record.key.topic), "partition": .int(Int64(record.key.partition)),
                    "upstreamOffset": .int(record.upstreamOffset), "downstreamOffset": .int(record.downstreamOffset),
                ]
                written = try record.encoded()
            case "Checkpoint":
                let record = try CheckpointRecord.decode(key: key, value: value)
                read = [
                    "topic": .string(record.key.topic), "partition": .int(Int64(record.key.partition)),
                    "upstreamOffset": .int(record.upstreamOffset), "downstreamOffset": .int(record.downstreamOffset),
                    "consumerGroupId": .string(record.key.group), "metadata": .string(record.metadata),
                ]
                written = try record.encoded()
            case "Heartbeat":
                let record = try HeartbeatRecord.decode(key: key, value: value)
                read = [
                    "sourceClusterAlias": .string(record.key.sourceClusterAlias),
                    "targetClusterAlias": .string(record.key.targetClusterAlias), "timestamp": .int(record.timestamp),
                ]
                written = try record.encoded()
            default: return "an unknown type: \(line)"
            }
            guard read == content else { return "reads as \(JSON.text(read)) instead of \(JSON.text(content))" }
            guard written == MirrorRecord(key: key, value: value) else { return "is written otherwise: \(line)" }
            return nil
        } catch {
            return "\(error): \(line)"
        }
    }

    static func murmur2Problem(_ line: String) throws -> String? {
        let vector = try JSON.parse(line)
        guard let key = vector["key"]?.stringValue.flatMap(Hex.bytes) else { return "no vector: \(line)" }
        let expected = ["murmur2", "positive", "partitionOf12", "partitionOf7"].map { vector[$0]?.intValue }
        let found = [
            Murmur2.hash(key), Murmur2.positiveHash(key), Murmur2.partition(of: key, partitions: 12),
            Murmur2.partition(of: key, partitions: 7),
        ].map { $0.map(Int64.init) }
        return expected == found ? nil : "\(found) of \(line)"
    }
}
