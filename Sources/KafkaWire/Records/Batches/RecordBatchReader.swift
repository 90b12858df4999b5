/// Cuts what a fetch returned, or a segment of a log, into batches, and batches into records.
///
/// Guarantees: never traps on any bytes; holds one decompressed batch at a time and gives it away; all batches together
/// may become no more than `DecompressionLimits` says. A fetch may begin with a batch from before the offset asked for,
/// and offsets have gaps: `RecordScan` knows about both.
package struct RecordBatchReader: Sendable {
    private var rest: ArraySlice<UInt8>
    private var budget: DecompressionBudget

    package init(_ bytes: [UInt8], limits: DecompressionLimits = .standard) {
        rest = bytes[...]
        budget = DecompressionBudget(received: bytes.count, limits: limits)
    }

    /// Bytes behind the last whole batch. A broker cuts its answer at the limit in bytes, in the middle of a batch; the
    /// next fetch returns that batch again.
    package var unreadBytes: Int { rest.count }

    /// How large the batch claims to be that is not there as a whole; nil when the bytes do not even say. Fetching again
    /// with a higher limit makes sense when no batch before it was whole.
    package var sizeOfIncompleteBatch: Int? {
        guard rest.count >= RecordBatch.prefixSize else { return nil }
        var cursor = RecordCursor(rest.dropFirst(8))
        guard let length = try? cursor.integer(Int32.self), length >= 0 else { return nil }
        return RecordBatch.prefixSize + Int(length)
    }

    /// The next whole batch, with its checksum unchecked; nil at the end and before an incomplete batch.
    ///
    /// - Throws: `.unsupportedMagic` for a format before Kafka 0.11, `.badLength` for what cannot be a batch. What
    ///   follows cannot be read then.
    package mutating func next() throws(WireError) -> RecordBatch? {
        guard rest.count > RecordBatch.magicPosition else { return nil }
        let magic = Int8(bitPattern: rest[rest.startIndex + RecordBatch.magicPosition])
        guard magic == RecordBatch.magic else { throw unsupported(magic) }
        var cursor = RecordCursor(rest.dropFirst(8))
        let length = Int(try cursor.integer(Int32.self))
        guard length >= RecordBatch.headerSize - RecordBatch.prefixSize else {
            throw WireError(.badLength, "a record batch of \(length) bytes", offset: cursor.position)
        }
        let size = RecordBatch.prefixSize + length
        guard size <= rest.count else { return nil }
        let batch = try RecordBatch(rest.prefix(size))
        rest.removeFirst(size)
        return batch
    }

    /// The records of a batch, decompressed, none of them read yet.
    ///
    /// - Throws: what `RecordBatch.verify` and `RecordCompression.decompress` throw.
    package mutating func records(of batch: RecordBatch) throws(WireError) -> RecordIterator {
        try records(of: batch, compression: try batch.verify())
    }

    /// The same for a batch that has been verified, so that its checksum is computed once.
    mutating func records(
        of batch: RecordBatch, compression: RecordCompression
    ) throws(WireError) -> RecordIterator {
        // Kafka, too, does not look behind the header of an emptied batch.
        guard batch.recordCount != 0 else { return try RecordIterator(batch, []) }
        if compression == .none { return try RecordIterator(batch, batch.payload) }
        let limit = budget.limit(compressed: batch.payload.count)
        let records: [UInt8]
        do throws(WireError) {
            records = try compression.decompress(batch.payload, limit: limit)
        } catch {
            throw WireError(
                error.code, "the record batch at offset \(batch.baseOffset): \(error.message)",
                offset: batch.bytes.startIndex)
        }
        budget.spend(records.count)
        return try RecordIterator(batch, records[...])
    }

    private func unsupported(_ magic: Int8) -> WireError {
        let age =
            magic < RecordBatch.magic ? "written before Kafka 0.11; rewrite the topic with a newer client" : "newer"
        return WireError(
            .unsupportedMagic, "records in format \(magic) (\(age)); format \(RecordBatch.magic) is read here",
            offset: rest.startIndex)
    }
}
