/// The records of one batch in their order, read as they are asked for.
package struct RecordIterator: Sendable {
    package let batch: RecordBatch
    private var cursor: RecordCursor
    private var left: Int

    /// Compares the number of records with the bytes before any is read.
    init(_ batch: RecordBatch, _ records: ArraySlice<UInt8>) throws(WireError) {
        self.batch = batch
        cursor = RecordCursor(records)
        left = Int(batch.recordCount)
        guard left >= 0 else {
            throw WireError(.badLength, "a batch of \(left) records", offset: cursor.position)
        }
        guard left <= cursor.remaining / Record.leastSize else {
            throw WireError(
                .countTooLarge, "a batch of \(left) records in \(cursor.remaining) bytes", offset: cursor.position)
        }
    }

    /// - Throws: what is wrong with the next record; asking again gives nil.
    package mutating func next() throws(WireError) -> Record? {
        guard left > 0 else { return nil }
        do throws(WireError) {
            let record = try Record(&cursor, of: batch)
            left -= 1
            guard left > 0 || cursor.remaining == 0 else {
                throw WireError(
                    .badLength, "\(cursor.remaining) bytes behind the last record of a batch", offset: cursor.position)
            }
            return record
        } catch {
            left = 0
            throw WireError(
                error.code, "the record batch at offset \(batch.baseOffset): \(error.message)", offset: error.offset)
        }
    }
}
