import KafkaWire

/// What a leader fills in before it writes a producer's batch.
enum BatchStamp {
    private static let leaderEpochPosition = 12
    private static let checksumPosition = 17
    private static let attributesPosition = 21
    private static let maxTimestampPosition = 35
    private static let logAppendTimeBit: UInt8 = 0x08

    /// - Parameter appendTime: when the topic's records carry the broker's time; else -1.
    static func stamped(
        _ batch: ArraySlice<UInt8>, baseOffset: Int64, leaderEpoch: Int32, appendTime: Int64
    ) -> [UInt8] {
        var bytes = Array(batch)
        put(baseOffset, at: 0, &bytes)
        put(leaderEpoch, at: leaderEpochPosition, &bytes)
        guard appendTime != -1, bytes.count > maxTimestampPosition + 8 else { return bytes }
        bytes[attributesPosition + 1] |= logAppendTimeBit
        put(appendTime, at: maxTimestampPosition, &bytes)
        put(CRC32C.checksum(bytes[attributesPosition...]), at: checksumPosition, &bytes)
        return bytes
    }

    private static func put(_ value: some FixedWidthInteger, at position: Int, _ bytes: inout [UInt8]) {
        let encoded = withUnsafeBytes(of: value.bigEndian) { Array($0) }
        guard position + encoded.count <= bytes.count else { return }
        bytes.replaceSubrange(position..<(position + encoded.count), with: encoded)
    }
}
