/// Reads a message out of bytes that a peer sent.
///
/// Guarantees: never traps and never reads outside the bytes; no length or count is believed before it has been
/// compared with the bytes that remain; every failure says where it is. Bytes after the message are left unread.
package struct WireReader: ~Copyable {
    private let source: [UInt8]
    /// The next byte to read.
    package private(set) var position: Int
    /// One past the last byte that may be read: the end of the bytes, or of the tagged field being read.
    private var end: Int
    package let version: Int16
    /// Whether the version has tag sections and compact lengths.
    package let isFlexible: Bool
    /// The tag section of the struct being read, once it has come to it.
    private var tags: [Tag]?
    /// What was being read around the tagged field.
    private var surroundings: [Surrounding] = []
    /// What the message may still take.
    private var budget: WireMemory

    private struct Tag {
        let tag: UInt32
        let start: Int
        let end: Int
    }

    private struct Surrounding {
        let position: Int
        let end: Int
        let tags: [Tag]
    }

    /// - Parameters:
    ///   - start: the first byte to read; outside the bytes it counts as their end.
    ///   - memory: what the message may take; by the number of bytes unless told otherwise.
    package init(
        _ bytes: [UInt8], from start: Int = 0, version: Int16, flexible: Bool, memory: WireMemory? = nil
    ) {
        source = bytes
        budget = memory ?? WireMemory(received: bytes.count)
        position = max(0, min(start, bytes.count))
        end = bytes.count
        self.version = version
        isFlexible = flexible
    }

    package var remaining: Int { end - position }

    // MARK: Primitives

    @inline(__always)
    package mutating func integer<T: FixedWidthInteger>(_ type: T.Type) throws(WireError) -> T {
        let size = T.bitWidth / 8
        guard end - position >= size else { throw truncated(size) }
        let start = position
        position += size
        return T(bigEndian: source.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: start, as: T.self) })
    }

    @inline(__always)
    package mutating func uvarint() throws(WireError) -> UInt32 {
        guard position < end else { throw truncated(1) }
        let first = source[position]
        if first < 0x80 {
            position += 1
            return UInt32(first)
        }
        return try longUvarint()
    }

    private mutating func longUvarint() throws(WireError) -> UInt32 {
        var value: UInt64 = 0
        for shift in stride(from: 0, through: 28, by: 7) {
            guard position < end else { throw truncated(1) }
            let byte = source[position]
            position += 1
            value |= UInt64(byte & 0x7F) << UInt64(shift)
            guard byte >= 0x80 else {
                guard let result = UInt32(exactly: value) else { break }
                return result
            }
        }
        throw WireError(.badVarint, "a variable-length integer of more than 32 bits", offset: position)
    }

    /// A compact length or count: what the number says less one, so that null is -1.
    @inline(__always)
    package mutating func compactLength() throws(WireError) -> Int { Int(try uvarint()) - 1 }

    package mutating func string(_ length: Int) throws(WireError) -> String {
        guard length <= end - position else { throw truncated(length) }
        // Shorter ones lie within the value itself.
        if length > WireMemory.inlineString { try charge(1, of: length) }
        let range = position..<(position + length)
        position += length
        return source.withUnsafeBytes { String(decoding: UnsafeRawBufferPointer(rebasing: $0[range]), as: UTF8.self) }
    }

    package mutating func bytes(_ length: Int) throws(WireError) -> [UInt8] {
        guard length <= end - position else { throw truncated(length) }
        if length > 0 { try charge(1, of: length) }
        defer { position += length }
        return Array(source[position..<(position + length)])
    }

    /// An array's count, or nil for null, not above what the remaining bytes can hold.
    package mutating func count(compact: Bool, elementSize: Int) throws(WireError) -> Int? {
        let start = position
        let count = compact ? try compactLength() : Int(try integer(Int32.self))
        guard count >= 0 else {
            if count == -1 { return nil }
            throw WireError(.badLength, "an array of \(count) elements", offset: start)
        }
        guard count <= remaining / max(1, elementSize) else {
            throw WireError(
                .countTooLarge, "an array of \(count) elements in \(remaining) remaining bytes", offset: start)
        }
        return count
    }

    /// Takes the memory of an allocation into account, before there is any.
    @inline(__always)
    mutating func charge(_ count: Int, of size: Int) throws(WireError) {
        guard budget.spend(count, of: size) else { throw tooMuch(count) }
    }

    @inline(never)
    private func tooMuch(_ count: Int) -> WireError {
        WireError(
            .memoryExceeded,
            "\(count == 1 ? "a value" : "an array of \(count) elements") would take more memory than what "
                + "\(source.count) bytes may become", offset: position)
    }

    @inline(never)
    private func truncated(_ wanted: Int) -> WireError {
        WireError(.truncated, "\(wanted) bytes wanted, \(remaining) left", offset: position)
    }

    @inline(never)
    package func unexpectedNull() -> WireError {
        WireError(.unexpectedNull, "null, which version \(version) does not allow here", offset: position)
    }

    // MARK: Tag sections

    /// Goes to the payload of a tagged field; false when the message does not carry it.
    mutating func enterTag(_ tag: UInt32) throws(WireError) -> Bool {
        guard isFlexible else { return false }
        var section = try takeTagSection()
        guard let index = section.firstIndex(where: { $0.tag == tag }) else {
            tags = section
            return false
        }
        let found = section.remove(at: index)
        surroundings.append(Surrounding(position: position, end: end, tags: section))
        position = found.start
        end = found.end
        return true
    }

    /// Comes back from the payload of a tagged field, which must have been used up.
    mutating func leaveTag() throws(WireError) {
        guard position == end else {
            throw WireError(.badLength, "\(remaining) bytes too many in a tagged field", offset: position)
        }
        guard let around = surroundings.popLast() else { return }
        position = around.position
        end = around.end
        tags = around.tags
    }

    /// Ends a struct: reads its tag section unless a known tag has done so, and keeps what nobody asked for.
    @inline(__always)
    mutating func endStruct(_ unknown: inout [UnknownTaggedField]) throws(WireError) {
        guard isFlexible else { return }
        if tags == nil, position < end, source[position] == 0 {
            position += 1
            return
        }
        try keepUnknownTags(&unknown)
    }

    private mutating func keepUnknownTags(_ unknown: inout [UnknownTaggedField]) throws(WireError) {
        let section = try takeTagSection()
        guard !section.isEmpty else { return }
        var kept: [UnknownTaggedField] = []
        kept.reserveCapacity(section.count)
        for tag in section {
            if tag.end > tag.start { try charge(1, of: tag.end - tag.start) }
            kept.append(UnknownTaggedField(tag: tag.tag, data: Array(source[tag.start..<tag.end])))
        }
        unknown = kept
    }

    /// The tag section of the struct being read, read now or by an earlier tagged field.
    private mutating func takeTagSection() throws(WireError) -> [Tag] {
        guard let section = tags else { return try readTagSection() }
        tags = nil
        return section
    }

    private mutating func readTagSection() throws(WireError) -> [Tag] {
        let count = Int(try uvarint())
        guard count > 0 else { return [] }
        guard count <= remaining / 2 else {
            throw WireError(.countTooLarge, "\(count) tagged fields in \(remaining) remaining bytes", offset: position)
        }
        try charge(count, of: MemoryLayout<Tag>.stride + MemoryLayout<UnknownTaggedField>.stride)
        var section: [Tag] = []
        section.reserveCapacity(count)
        for _ in 0..<count {
            let tag = try uvarint()
            // Kafka's writers give tags in ascending order; a repeated one would have two meanings.
            if let last = section.last, tag <= last.tag {
                throw WireError(.badTags, "tag \(tag) after tag \(last.tag)", offset: position)
            }
            let size = Int(try uvarint())
            guard size <= remaining else { throw truncated(size) }
            section.append(Tag(tag: tag, start: position, end: position + size))
            position += size
        }
        return section
    }
}
