/// A batch of records in format 2 (Kafka 0.11 and later): its header, and its records still as they came.
///
/// The header says what the bytes say; only `verify` vouches for it.
package struct RecordBatch: Sendable {
    package enum TimestampType: Sendable, CustomStringConvertible {
        /// The producer's.
        case createTime
        /// The broker's.
        case logAppendTime

        /// As `message.timestamp.type` has it.
        package var description: String { self == .createTime ? "CreateTime" : "LogAppendTime" }
    }

    /// Bits of the attributes.
    enum Attribute {
        static let compression: Int16 = 0x07
        static let logAppendTime: Int16 = 0x08
        static let transactional: Int16 = 0x10
        static let control: Int16 = 0x20
        static let deleteHorizon: Int16 = 0x40
    }

    /// The header's size; the records follow it.
    static let headerSize = 61
    /// Offset and length, which the length does not count.
    static let prefixSize = 12
    /// Where the format's number is, in this and in all former formats.
    static let magicPosition = 16
    /// What the checksum covers begins here.
    static let checksummedPosition = 21
    /// The format that is spoken here.
    package static let magic: Int8 = 2
    /// Without a producer id: the producer is not idempotent.
    package static let noProducerID: Int64 = -1
    package static let noSequence: Int32 = -1
    package static let noTimestamp: Int64 = -1
    package static let noLeaderEpoch: Int32 = -1

    package let baseOffset: Int64
    package let partitionLeaderEpoch: Int32
    package let checksum: UInt32
    package let attributes: Int16
    package let lastOffsetDelta: Int32
    /// What the records' timestamps are counted from; with a delete horizon, that.
    package let baseTimestamp: Int64
    package let maxTimestamp: Int64
    package let producerID: Int64
    package let producerEpoch: Int16
    package let baseSequence: Int32
    /// How many records it says it has; 0 is a batch that compaction has emptied.
    package let recordCount: Int32
    /// The whole batch.
    package let bytes: ArraySlice<UInt8>

    /// Reads the header of a batch that is there as a whole.
    init(_ bytes: ArraySlice<UInt8>) throws(WireError) {
        var cursor = RecordCursor(bytes)
        baseOffset = try cursor.integer(Int64.self)
        _ = try cursor.integer(Int32.self)
        partitionLeaderEpoch = try cursor.integer(Int32.self)
        _ = try cursor.integer(Int8.self)
        checksum = try cursor.integer(UInt32.self)
        attributes = try cursor.integer(Int16.self)
        lastOffsetDelta = try cursor.integer(Int32.self)
        baseTimestamp = try cursor.integer(Int64.self)
        maxTimestamp = try cursor.integer(Int64.self)
        producerID = try cursor.integer(Int64.self)
        producerEpoch = try cursor.integer(Int16.self)
        baseSequence = try cursor.integer(Int32.self)
        recordCount = try cursor.integer(Int32.self)
        self.bytes = bytes
    }

    /// The records, still compressed.
    var payload: ArraySlice<UInt8> { bytes.dropFirst(Self.headerSize) }

    package var checksumIsValid: Bool { CRC32C.checksum(bytes.dropFirst(Self.checksummedPosition)) == checksum }

    /// Nil for a codec that Kafka does not have.
    package var compression: RecordCompression? {
        RecordCompression(rawValue: UInt8(truncatingIfNeeded: attributes & Attribute.compression))
    }

    package var timestampType: TimestampType {
        attributes & Attribute.logAppendTime == 0 ? .createTime : .logAppendTime
    }

    package var isTransactional: Bool { attributes & Attribute.transactional != 0 }
    /// Whether it holds a `ControlRecord` and no data.
    package var isControl: Bool { attributes & Attribute.control != 0 }
    package var hasProducer: Bool { producerID > Self.noProducerID }

    /// When compaction may remove the batch's tombstones or marker, in milliseconds.
    package var deleteHorizon: Int64? { attributes & Attribute.deleteHorizon == 0 ? nil : baseTimestamp }

    /// The last offset that the batch covers, whether compaction has left a record there or not: reading goes on behind.
    package var lastOffset: Int64 { baseOffset &+ Int64(lastOffsetDelta) }

    package var lastSequence: Int32 { sequence(at: lastOffsetDelta) }

    /// The sequence number of the record at an offset; it goes on at 0 behind the largest.
    func sequence(at offsetDelta: Int32) -> Int32 {
        baseSequence < 0 ? Self.noSequence : (baseSequence &+ offsetDelta) & Int32.max
    }

    /// Compares the checksum with the bytes and looks at what everything else depends on.
    ///
    /// - Returns: how the records are compressed.
    /// - Throws: `.badChecksum` for bytes that are not what was written.
    package func verify() throws(WireError) -> RecordCompression {
        guard checksumIsValid else {
            throw WireError(
                .badChecksum, "the record batch at offset \(baseOffset) is damaged: its checksum is wrong",
                offset: bytes.startIndex)
        }
        guard baseOffset >= 0, lastOffsetDelta >= 0, lastOffset >= baseOffset else {
            throw WireError(
                .badLength, "a record batch of offsets \(baseOffset) to \(lastOffset)", offset: bytes.startIndex)
        }
        guard let compression else {
            throw WireError(
                .unknownCompression,
                "the record batch at offset \(baseOffset) is compressed with codec "
                    + "\(attributes & Attribute.compression), which is not known here",
                offset: bytes.startIndex)
        }
        return compression
    }
}
