/// Walks over the bytes of records without copying them.
///
/// Reads only within its slice; no length is believed before it has been compared with the bytes that remain.
struct RecordCursor: Sendable {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// The next byte's index in the buffer.
    var position: Int { rest.startIndex }
    var remaining: Int { rest.count }

    mutating func byte() throws(WireError) -> UInt8 {
        guard let byte = rest.popFirst() else { throw truncated(1) }
        return byte
    }

    mutating func integer<T: FixedWidthInteger>(_ type: T.Type) throws(WireError) -> T {
        let size = T.bitWidth / 8
        let value = try slice(size)
        return T(bigEndian: value.withUnsafeBytes { $0.loadUnaligned(as: T.self) })
    }

    /// A signed number of variable length, as Kafka's records have them: least significant bits first, the sign in the
    /// lowest bit.
    @inline(__always)
    mutating func varint() throws(WireError) -> Int32 {
        let (value, size) = unsigned()
        guard size > 0, let value = UInt32(exactly: value) else { throw badVarint(size, bits: 32) }
        rest.removeFirst(size)
        return Int32(bitPattern: value >> 1) ^ -Int32(bitPattern: value & 1)
    }

    @inline(__always)
    mutating func varlong() throws(WireError) -> Int64 {
        let (value, size) = unsigned()
        guard size > 0 else { throw badVarint(size, bits: 64) }
        rest.removeFirst(size)
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// The number that comes next and its size; a size of 0 when the bytes end before it does, -1 when it has no end
    /// within 64 bits.
    @inline(__always)
    private func unsigned() -> (value: UInt64, size: Int) {
        rest.withUnsafeBufferPointer { bytes in
            guard let first = bytes.first else { return (0, 0) }
            if first < 0x80 { return (UInt64(first), 1) }
            var value: UInt64 = 0
            for index in 0..<10 {
                guard index < bytes.count else { return (0, 0) }
                let byte = bytes[index]
                if index == 9, byte > 1 { return (0, -1) }
                value |= UInt64(byte & 0x7F) << UInt64(7 * index)
                if byte < 0x80 { return (value, index + 1) }
            }
            return (0, -1)
        }
    }

    @inline(__always)
    mutating func slice(_ length: Int) throws(WireError) -> ArraySlice<UInt8> {
        guard length >= 0 else { throw badLength(length) }
        guard length <= rest.count else { throw truncated(length) }
        let slice = rest.prefix(length)
        rest.removeFirst(length)
        return slice
    }

    /// Bytes led by their length; nil for -1.
    @inline(__always)
    mutating func nullableBytes() throws(WireError) -> ArraySlice<UInt8>? {
        let length = Int(try varint())
        if length == -1 { return nil }
        return try slice(length)
    }

    @inline(never)
    private func truncated(_ wanted: Int) -> WireError {
        WireError(.truncated, "\(wanted) bytes of a record wanted, \(remaining) left", offset: position)
    }

    @inline(never)
    private func badLength(_ length: Int) -> WireError {
        WireError(.badLength, "a length of \(length) in a record", offset: position)
    }

    @inline(never)
    private func badVarint(_ size: Int, bits: Int) -> WireError {
        if size == 0 { return truncated(1) }
        return WireError(.badVarint, "a variable-length integer of more than \(bits) bits", offset: position)
    }
}
