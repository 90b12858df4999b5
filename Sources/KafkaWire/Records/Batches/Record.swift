/// A record of a batch.
///
/// Key, value and header values are parts of the batch's buffer: nothing is copied, and a part that is kept keeps the
/// whole buffer. Copy with `Array(…)` what outlives the batch.
package struct Record: Sendable, Equatable {
    package let offset: Int64
    /// In milliseconds as a consumer sees it: when the broker stamps records, its time; -1 when there is none.
    package let timestamp: Int64
    /// In milliseconds as the producer said it.
    package let producerTimestamp: Int64
    /// The record's number in its producer's order; -1 when the producer is not idempotent.
    package let sequence: Int32
    package let key: ArraySlice<UInt8>?
    /// Nil is a tombstone in a compacted topic.
    package let value: ArraySlice<UInt8>?
    package let headers: RecordHeaders

    /// A record's least size: its length and six fields of one byte.
    static let leastSize = 7

    /// Reads the record that comes next.
    init(_ cursor: inout RecordCursor, of batch: RecordBatch) throws(WireError) {
        let length = Int(try cursor.varint())
        guard length >= 0 else {
            throw WireError(.badLength, "a record of \(length) bytes", offset: cursor.position)
        }
        var body = RecordCursor(try cursor.slice(length))
        _ = try body.byte()  // Attributes, of which none are defined.
        producerTimestamp = batch.baseTimestamp &+ (try body.varlong())
        timestamp = batch.timestampType == .logAppendTime ? batch.maxTimestamp : producerTimestamp
        let offsetDelta = try body.varint()
        guard offsetDelta >= 0, offsetDelta <= batch.lastOffsetDelta else {
            throw WireError(
                .badLength, "a record at \(offsetDelta) in a batch of offsets 0 to \(batch.lastOffsetDelta)",
                offset: body.position)
        }
        offset = batch.baseOffset &+ Int64(offsetDelta)
        sequence = batch.sequence(at: offsetDelta)
        key = try body.nullableBytes()
        value = try body.nullableBytes()
        headers = try RecordHeaders(&body)
        guard body.remaining == 0 else {
            throw WireError(
                .badLength, "a record of \(length) bytes with \(body.remaining) left over", offset: body.position)
        }
    }
}
