/// A value that is a field by itself: numbers, booleans, ids, strings and bytes.
package protocol WireScalar: Equatable, Sendable {
    /// The least number of bytes that a value takes; what an array's count is checked against.
    static func minimumSize(compact: Bool) -> Int
    static func read(from reader: inout WireReader, compact: Bool) throws(WireError) -> Self
    func write(to writer: inout WireWriter, compact: Bool) throws(WireError)
}

/// A scalar that has a form for null: strings and bytes.
package protocol WireNullableScalar: WireScalar {
    static func readNullable(from reader: inout WireReader, compact: Bool) throws(WireError) -> Self?
    static func writeNull(to writer: inout WireWriter, compact: Bool)
}

extension WireScalar where Self: FixedWidthInteger {
    @inline(__always)
    package static func minimumSize(compact: Bool) -> Int { Self.bitWidth / 8 }

    @inline(__always)
    package static func read(from reader: inout WireReader, compact: Bool) throws(WireError) -> Self {
        try reader.integer(Self.self)
    }

    @inline(__always)
    package func write(to writer: inout WireWriter, compact: Bool) throws(WireError) { writer.integer(self) }
}

extension Int8: WireScalar {}
extension Int16: WireScalar {}
extension UInt16: WireScalar {}
extension Int32: WireScalar {}
extension Int64: WireScalar {}

extension Bool: WireScalar {
    package static func minimumSize(compact: Bool) -> Int { 1 }

    package static func read(from reader: inout WireReader, compact: Bool) throws(WireError) -> Bool {
        try reader.integer(UInt8.self) != 0
    }

    package func write(to writer: inout WireWriter, compact: Bool) throws(WireError) {
        writer.integer(self ? 1 as UInt8 : 0)
    }
}

extension Double: WireScalar {
    package static func minimumSize(compact: Bool) -> Int { 8 }

    package static func read(from reader: inout WireReader, compact: Bool) throws(WireError) -> Double {
        Double(bitPattern: try reader.integer(UInt64.self))
    }

    package func write(to writer: inout WireWriter, compact: Bool) throws(WireError) { writer.integer(bitPattern) }
}

extension KafkaUUID: WireScalar {
    package static func minimumSize(compact: Bool) -> Int { 16 }

    package static func read(from reader: inout WireReader, compact: Bool) throws(WireError) -> KafkaUUID {
        let high = try reader.integer(UInt64.self)
        return KafkaUUID(high: high, low: try reader.integer(UInt64.self))
    }

    package func write(to writer: inout WireWriter, compact: Bool) throws(WireError) {
        writer.integer(high)
        writer.integer(low)
    }
}

extension KafkaErrorCode: WireScalar {
    package static func minimumSize(compact: Bool) -> Int { 2 }

    package static func read(from reader: inout WireReader, compact: Bool) throws(WireError) -> KafkaErrorCode {
        KafkaErrorCode(rawValue: try reader.integer(Int16.self))
    }

    package func write(to writer: inout WireWriter, compact: Bool) throws(WireError) { writer.integer(rawValue) }
}

extension APIKey: WireScalar {
    package static func minimumSize(compact: Bool) -> Int { 2 }

    package static func read(from reader: inout WireReader, compact: Bool) throws(WireError) -> APIKey {
        APIKey(rawValue: try reader.integer(Int16.self))
    }

    package func write(to writer: inout WireWriter, compact: Bool) throws(WireError) { writer.integer(rawValue) }
}

extension String: WireNullableScalar {
    /// The longest string of the protocol in bytes, in both forms of length.
    package static let longestOnWire = 32767

    package static func minimumSize(compact: Bool) -> Int { compact ? 1 : 2 }

    package static func read(from reader: inout WireReader, compact: Bool) throws(WireError) -> String {
        guard let value = try readNullable(from: &reader, compact: compact) else { throw reader.unexpectedNull() }
        return value
    }

    /// Bytes that are not UTF-8 become replacement characters: client and group ids are what strangers choose.
    package static func readNullable(from reader: inout WireReader, compact: Bool) throws(WireError) -> String? {
        let length = compact ? try reader.compactLength() : Int(try reader.integer(Int16.self))
        guard length >= 0 else {
            if length == -1 { return nil }
            throw WireError(.badLength, "a string of length \(length)", offset: reader.position)
        }
        guard length <= longestOnWire else {
            throw WireError(.badLength, "a string of \(length) bytes, over \(longestOnWire)", offset: reader.position)
        }
        return try reader.string(length)
    }

    package func write(to writer: inout WireWriter, compact: Bool) throws(WireError) {
        let length = utf8.count
        guard length <= Self.longestOnWire else {
            throw WireError(
                .tooLarge, "a string of \(length) bytes, over \(Self.longestOnWire)", offset: writer.bytes.count)
        }
        if compact { writer.uvarint(UInt32(length) + 1) } else { writer.integer(Int16(length)) }
        writer.bytes.append(contentsOf: utf8)
    }

    package static func writeNull(to writer: inout WireWriter, compact: Bool) {
        if compact { writer.uvarint(0) } else { writer.integer(-1 as Int16) }
    }
}

extension Array: WireScalar, WireNullableScalar where Element == UInt8 {
    package static func minimumSize(compact: Bool) -> Int { compact ? 1 : 4 }

    package static func read(from reader: inout WireReader, compact: Bool) throws(WireError) -> [UInt8] {
        guard let value = try readNullable(from: &reader, compact: compact) else { throw reader.unexpectedNull() }
        return value
    }

    package static func readNullable(from reader: inout WireReader, compact: Bool) throws(WireError) -> [UInt8]? {
        let length = compact ? try reader.compactLength() : Int(try reader.integer(Int32.self))
        guard length >= 0 else {
            if length == -1 { return nil }
            throw WireError(.badLength, "bytes of length \(length)", offset: reader.position)
        }
        return try reader.bytes(length)
    }

    package func write(to writer: inout WireWriter, compact: Bool) throws(WireError) {
        guard let length = Int32(exactly: count), length < Int32.max else {
            throw WireError(.tooLarge, "\(count) bytes in one field", offset: writer.bytes.count)
        }
        if compact { writer.uvarint(UInt32(length) + 1) } else { writer.integer(length) }
        writer.bytes.append(contentsOf: self)
    }

    package static func writeNull(to writer: inout WireWriter, compact: Bool) {
        if compact { writer.uvarint(0) } else { writer.integer(-1 as Int32) }
    }
}
