import KafkaWire

/// Batches as no honest writer makes them: every field can lie, and the checksum fits nevertheless.
enum RawBatch {
    static func bytes(
        records: [UInt8], count: Int32, attributes: Int16 = 0, lastOffsetDelta: Int32 = 100, length: Int32? = nil,
        magic: Int8 = 2, baseOffset: Int64 = 0
    ) -> [UInt8] {
        var writer = WireWriter(version: 0, flexible: false)
        writer.integer(baseOffset)
        writer.integer(length ?? Int32(49 + records.count))
        writer.integer(-1 as Int32)
        writer.integer(magic)
        writer.integer(0 as UInt32)
        writer.integer(attributes)
        writer.integer(lastOffsetDelta)
        writer.integer(1000 as Int64)
        writer.integer(1000 as Int64)
        writer.integer(-1 as Int64)
        writer.integer(-1 as Int16)
        writer.integer(-1 as Int32)
        writer.integer(count)
        return withChecksum(writer.finish() + records)
    }

    /// The batch with the checksum that its bytes have.
    static func withChecksum(_ batch: [UInt8]) -> [UInt8] {
        guard batch.count > 21 else { return batch }
        var batch = batch
        let checksum = CRC32C.checksum(batch[21...])
        withUnsafeBytes(of: checksum.bigEndian) { batch.replaceSubrange(17..<21, with: $0) }
        return batch
    }

    /// A record of one byte's key and value.
    static let record: [UInt8] = [16, 0, 0, 0, 2, 0x6B, 2, 0x76, 0]

    /// Reads everything; the number of records.
    @discardableResult
    static func readAll(_ bytes: [UInt8], limits: DecompressionLimits = .standard) throws(WireError) -> Int {
        var reader = RecordBatchReader(bytes, limits: limits)
        var count = 0
        while let batch = try reader.next() {
            var records = try reader.records(of: batch)
            while let record = try records.next() {
                count += 1
                // Every part must be there.
                _ = record.key?.last
                _ = record.value?.last
                for header in record.headers { _ = header.value?.last }
                if batch.isControl { _ = try? ControlRecord(record).content() }
            }
        }
        return count
    }
}
