/// Writes a batch of records as Kafka's brokers accept it: the same records give the same bytes.
///
/// A producer leaves offsets and leader epoch as they are, because the broker assigns them; the rest of the settings is
/// for whoever plays a broker.
package struct RecordBatchBuilder: Sendable {
    /// What makes a producer idempotent: its id and epoch from InitProducerId, and the number of the first record.
    package struct Producer: Sendable, Equatable {
        package var id: Int64
        package var epoch: Int16
        package var baseSequence: Int32

        package init(id: Int64, epoch: Int16, baseSequence: Int32) {
            self.id = id
            self.epoch = epoch
            self.baseSequence = baseSequence
        }
    }

    /// The offset of the first record, or with gaps what offsets are counted from.
    package let baseOffset: Int64
    package let compression: RecordCompression
    package var producer: Producer?
    package var isTransactional = false
    package var isControl = false
    package var partitionLeaderEpoch: Int32 = RecordBatch.noLeaderEpoch
    /// When the broker stamped all records, in milliseconds; nil leaves them the producer's timestamps.
    package var logAppendTime: Int64?
    /// The last offset that the batch covers when compaction removed records at its end; nil for that of the last record.
    package var lastOffset: Int64?
    /// The latest of the records' timestamps; that of a record which compaction has removed counts, too.
    package var maxTimestamp = RecordBatch.noTimestamp

    /// How many records there are.
    package private(set) var count: Int32 = 0
    private let deleteHorizon: Int64?
    private var baseTimestamp: Int64?
    private var lastDelta: Int32 = -1
    private var records: [UInt8] = []
    private var scratch: [UInt8] = []

    /// - Parameter deleteHorizon: when compaction may remove the batch's tombstones, in milliseconds; timestamps are then
    ///   counted from it.
    package init(
        baseOffset: Int64 = 0, compression: RecordCompression = .none, producer: Producer? = nil,
        isTransactional: Bool = false, deleteHorizon: Int64? = nil
    ) {
        self.baseOffset = baseOffset
        self.compression = compression
        self.producer = producer
        self.isTransactional = isTransactional
        self.deleteHorizon = deleteHorizon
        baseTimestamp = deleteHorizon
    }

    /// Adds a record.
    ///
    /// - Parameters:
    ///   - timestamp: in milliseconds since 1970, -1 for none.
    ///   - offset: behind the former record's, by default the next one.
    /// - Throws: `.tooLarge` for what the format cannot say, `.badLength` for an offset that is not behind the last one.
    package mutating func append(
        key: [UInt8]?, value: [UInt8]?, headers: [RecordHeader] = [], timestamp: Int64, offset: Int64? = nil
    ) throws(WireError) {
        let delta = try delta(offset)
        let base = baseTimestamp ?? timestamp
        scratch.removeAll(keepingCapacity: true)
        scratch.append(0)  // Attributes, of which none are defined.
        Self.varlong(timestamp &- base, to: &scratch)
        Self.varlong(Int64(delta), to: &scratch)
        try bytes(key.map { $0[...] })
        try bytes(value.map { $0[...] })
        try length(headers.count)
        for header in headers {
            try bytes(Array(header.key.utf8)[...])
            try bytes(header.value)
        }
        guard count < Int32.max, scratch.count < Int32.max else { throw tooLarge("\(scratch.count) bytes in a record") }
        Self.varlong(Int64(scratch.count), to: &records)
        records += scratch
        count += 1
        lastDelta = delta
        baseTimestamp = base
        maxTimestamp = max(maxTimestamp, timestamp)
    }

    /// Makes the batch the marker that ends a transaction; it holds nothing else.
    package mutating func appendMarker(
        _ kind: ControlRecord.Kind, coordinatorEpoch: Int32, timestamp: Int64
    ) throws(WireError) {
        isControl = true
        isTransactional = true
        try append(
            key: ControlRecord.key(kind), value: ControlRecord.markerValue(coordinatorEpoch: coordinatorEpoch),
            timestamp: timestamp)
    }

    /// The whole batch.
    ///
    /// - Throws: `.tooLarge` for a batch of more than 2 GiB, `.badLength` for a last offset before the records.
    package func build() throws(WireError) -> [UInt8] {
        let payload = count == 0 ? [] : try compression.compress(records)
        guard let length = Int32(exactly: RecordBatch.headerSize - RecordBatch.prefixSize + payload.count) else {
            throw tooLarge("\(payload.count) bytes in a batch")
        }
        var writer = WireWriter(version: 0, flexible: false)
        writer.bytes.reserveCapacity(RecordBatch.headerSize + payload.count)
        writer.integer(baseOffset)
        writer.integer(length)
        writer.integer(partitionLeaderEpoch)
        writer.integer(RecordBatch.magic)
        writer.integer(0 as UInt32)
        writer.integer(attributes)
        writer.integer(try lastOffsetDelta())
        writer.integer(baseTimestamp ?? logAppendTime ?? RecordBatch.noTimestamp)
        writer.integer(logAppendTime ?? maxTimestamp)
        writer.integer(producer?.id ?? RecordBatch.noProducerID)
        writer.integer(producer?.epoch ?? -1)
        writer.integer(producer?.baseSequence ?? RecordBatch.noSequence)
        writer.integer(count)
        writer.bytes += payload
        var bytes = writer.finish()
        let checksum = CRC32C.checksum(bytes[RecordBatch.checksummedPosition...])
        let position = RecordBatch.magicPosition + 1
        withUnsafeBytes(of: checksum.bigEndian) { bytes.replaceSubrange(position..<(position + 4), with: $0) }
        return bytes
    }

    private var attributes: Int16 {
        var attributes = Int16(compression.rawValue)
        if logAppendTime != nil { attributes |= RecordBatch.Attribute.logAppendTime }
        if isTransactional { attributes |= RecordBatch.Attribute.transactional }
        if isControl { attributes |= RecordBatch.Attribute.control }
        if deleteHorizon != nil { attributes |= RecordBatch.Attribute.deleteHorizon }
        return attributes
    }

    private func lastOffsetDelta() throws(WireError) -> Int32 {
        guard let lastOffset else { return max(0, lastDelta) }
        let (difference, overflow) = lastOffset.subtractingReportingOverflow(baseOffset)
        guard !overflow, let delta = Int32(exactly: difference), delta >= max(0, lastDelta) else {
            throw WireError(.badLength, "a batch from offset \(baseOffset) to \(lastOffset)", offset: 0)
        }
        return delta
    }

    private func delta(_ offset: Int64?) throws(WireError) -> Int32 {
        guard let offset else {
            guard lastDelta < Int32.max else { throw tooLarge("more records than offsets in a batch") }
            return lastDelta + 1
        }
        let (difference, overflow) = offset.subtractingReportingOverflow(baseOffset)
        guard !overflow, let delta = Int32(exactly: difference), delta > lastDelta else {
            throw WireError(
                .badLength, "a record at offset \(offset) in a batch from \(baseOffset), \(count) records before it",
                offset: records.count)
        }
        return delta
    }

    private mutating func bytes(_ bytes: ArraySlice<UInt8>?) throws(WireError) {
        guard let bytes else { return Self.varlong(-1, to: &scratch) }
        try length(bytes.count)
        scratch += bytes
    }

    private mutating func length(_ length: Int) throws(WireError) {
        guard length <= Int32.max else { throw tooLarge("\(length) bytes in a record") }
        Self.varlong(Int64(length), to: &scratch)
    }

    private func tooLarge(_ what: String) -> WireError { WireError(.tooLarge, what, offset: records.count) }

    /// A signed number of variable length; numbers of 32 bits have the same form.
    private static func varlong(_ value: Int64, to bytes: inout [UInt8]) {
        var rest = UInt64(bitPattern: value << 1) ^ UInt64(bitPattern: value >> 63)
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }
}
