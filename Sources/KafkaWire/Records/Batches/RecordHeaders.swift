/// A header of a record.
package struct RecordHeader: Sendable, Equatable {
    package var key: String
    package var value: ArraySlice<UInt8>?

    package init(key: String, value: ArraySlice<UInt8>?) {
        self.key = key
        self.value = value
    }
}

/// The headers of a record, read one by one out of its bytes: millions of empty headers in one batch cost no memory.
package struct RecordHeaders: Sequence, Sendable {
    private var cursor: RecordCursor
    package let count: Int

    /// A header's least size: two lengths.
    private static let leastSize = 2

    /// Walks over the headers once, so that later reading cannot fail.
    init(_ cursor: inout RecordCursor) throws(WireError) {
        let count = Int(try cursor.varint())
        guard count >= 0 else {
            throw WireError(.badLength, "a record with \(count) headers", offset: cursor.position)
        }
        guard count <= cursor.remaining / Self.leastSize else {
            throw WireError(
                .countTooLarge, "\(count) headers in \(cursor.remaining) remaining bytes", offset: cursor.position)
        }
        self.cursor = cursor
        self.count = count
        for _ in 0..<count {
            guard try cursor.nullableBytes() != nil else {
                throw WireError(.unexpectedNull, "a header without a key", offset: cursor.position)
            }
            _ = try cursor.nullableBytes()
        }
    }

    package var isEmpty: Bool { count == 0 }
    package var underestimatedCount: Int { count }

    package func makeIterator() -> Iterator { Iterator(cursor: cursor, left: count) }

    package struct Iterator: IteratorProtocol, Sendable {
        fileprivate var cursor: RecordCursor
        fileprivate var left: Int

        package mutating func next() -> RecordHeader? {
            guard left > 0 else { return nil }
            left -= 1
            // The walk of the initializer has read the same bytes.
            do throws(WireError) {
                guard let key = try cursor.nullableBytes() else { return nil }
                return RecordHeader(key: String(decoding: key, as: UTF8.self), value: try cursor.nullableBytes())
            } catch {
                return nil
            }
        }
    }
}

extension RecordHeaders: Equatable {
    package static func == (one: Self, other: Self) -> Bool {
        one.count == other.count && zip(one, other).allSatisfy { $0 == $1 }
    }
}
