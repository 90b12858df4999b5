/// That a flat reader met something it does not read itself: malformed bytes, or what it would have to keep.
///
/// It says no more, because the message's field list then reads the same bytes and says it all.
struct FlatMismatch: Error {}

/// Walks over the bytes of a large answer and collects its lists of node ids in one array.
///
/// The one place of this module that reads through pointers: every read is preceded by a comparison with the end, and node
/// ids are written only where the comparison of their count with the bytes that remain has left room.
struct FlatCursor {
    private let base: UnsafeRawPointer
    private(set) var position: Int
    private let end: Int
    private let isFlexible: Bool
    private let nodes: UnsafeMutableBufferPointer<Int32>
    private(set) var nodeCount = 0
    private var memory: WireMemory

    /// The room for node ids that bytes can ask for.
    static func nodeCapacity(_ remaining: Int) -> Int { remaining / MemoryLayout<Int32>.size }

    /// - Parameters:
    ///   - base: the first byte; must outlive the cursor.
    ///   - nodes: room for `nodeCapacity` of the bytes between `start` and `end`.
    init(
        _ base: UnsafeRawPointer, from start: Int, to end: Int, flexible: Bool,
        nodes: UnsafeMutableBufferPointer<Int32>
    ) {
        self.base = base
        position = start
        self.end = end
        isFlexible = flexible
        self.nodes = nodes
        memory = WireMemory(received: end)
    }

    /// For a message without lists of node ids.
    init(_ base: UnsafeRawPointer, to end: Int, flexible: Bool) {
        self.init(
            base, from: 0, to: end, flexible: flexible, nodes: UnsafeMutableBufferPointer(start: nil, count: 0))
    }

    @inline(__always)
    var remaining: Int { end - position }

    /// Takes the memory of an allocation into account, before there is any.
    mutating func charge(_ count: Int, of size: Int) throws(FlatMismatch) {
        guard count == 0 || memory.spend(count, of: size) else { throw FlatMismatch() }
    }

    /// Makes sure of bytes that `loaded` takes without asking again.
    @inline(__always)
    func require(_ count: Int) throws(FlatMismatch) {
        guard end - position >= count else { throw FlatMismatch() }
    }

    /// The next number, within what `require` has made sure of.
    @inline(__always)
    mutating func loaded<T: FixedWidthInteger>(_ type: T.Type) -> T {
        let value = base.loadUnaligned(fromByteOffset: position, as: T.self)
        position += MemoryLayout<T>.size
        return T(bigEndian: value)
    }

    @inline(__always)
    mutating func integer<T: FixedWidthInteger>(_ type: T.Type) throws(FlatMismatch) -> T {
        try require(MemoryLayout<T>.size)
        return loaded(type)
    }

    @inline(__always)
    mutating func bool() throws(FlatMismatch) -> Bool { try integer(UInt8.self) != 0 }

    @inline(__always)
    mutating func errorCode() throws(FlatMismatch) -> KafkaErrorCode {
        KafkaErrorCode(rawValue: try integer(Int16.self))
    }

    mutating func uuid() throws(FlatMismatch) -> KafkaUUID {
        try require(16)
        let high = loaded(UInt64.self)
        return KafkaUUID(high: high, low: loaded(UInt64.self))
    }

    @inline(__always)
    private mutating func uvarint() throws(FlatMismatch) -> UInt32 {
        try require(1)
        let first = base.load(fromByteOffset: position, as: UInt8.self)
        position += 1
        return first < 0x80 ? UInt32(first) : try longUvarint(first)
    }

    @inline(never)
    private mutating func longUvarint(_ first: UInt8) throws(FlatMismatch) -> UInt32 {
        var value = UInt64(first & 0x7F)
        for shift in stride(from: 7, through: 28, by: 7) {
            let byte = try integer(UInt8.self)
            value |= UInt64(byte & 0x7F) << UInt64(shift)
            guard byte >= 0x80 else {
                guard let result = UInt32(exactly: value) else { throw FlatMismatch() }
                return result
            }
        }
        throw FlatMismatch()
    }

    /// An array's count, compared with the bytes that remain; -1 is null.
    @inline(__always)
    mutating func count(elementSize: Int) throws(FlatMismatch) -> Int {
        let count = isFlexible ? Int(try uvarint()) - 1 : Int(try integer(Int32.self))
        guard count >= -1, count <= 0 || count <= remaining / elementSize else { throw FlatMismatch() }
        return count
    }

    /// The same where null is not allowed.
    @inline(__always)
    mutating func presentCount(elementSize: Int) throws(FlatMismatch) -> Int {
        let count = try count(elementSize: elementSize)
        guard count >= 0 else { throw FlatMismatch() }
        return count
    }

    mutating func nullableString() throws(FlatMismatch) -> String? {
        let length = isFlexible ? Int(try uvarint()) - 1 : Int(try integer(Int16.self))
        guard length >= 0 else {
            guard length == -1 else { throw FlatMismatch() }
            return nil
        }
        guard length <= String.longestOnWire else { throw FlatMismatch() }
        try require(length)
        if length > WireMemory.inlineString { try charge(length, of: 1) }
        defer { position += length }
        return String(decoding: UnsafeRawBufferPointer(start: base + position, count: length), as: UTF8.self)
    }

    /// Passes over a text. Its bytes are not looked at: what is no UTF-8 is no failure in the field list either.
    mutating func skipNullableString() throws(FlatMismatch) {
        let length = isFlexible ? Int(try uvarint()) - 1 : Int(try integer(Int16.self))
        guard length >= -1, length <= String.longestOnWire else { throw FlatMismatch() }
        guard length > 0 else { return }
        try require(length)
        position += length
    }

    /// A text as its bytes, which are there as long as those of the answer.
    mutating func stringBytes() throws(FlatMismatch) -> UnsafeRawBufferPointer {
        let length = isFlexible ? Int(try uvarint()) - 1 : Int(try integer(Int16.self))
        guard length >= 0, length <= String.longestOnWire else { throw FlatMismatch() }
        try require(length)
        defer { position += length }
        return UnsafeRawBufferPointer(start: base + position, count: length)
    }

    mutating func string() throws(FlatMismatch) -> String {
        guard let string = try nullableString() else { throw FlatMismatch() }
        return string
    }

    /// Reads a list of node ids behind those collected so far; its count.
    @inline(__always)
    mutating func presentNodes() throws(FlatMismatch) -> Int32 {
        let count = try presentCount(elementSize: 4)
        guard count <= nodes.count - nodeCount, memory.extend(by: count * 4) else { throw FlatMismatch() }
        for index in 0..<count { nodes[nodeCount &+ index] = loaded(Int32.self) }
        nodeCount += count
        return Int32(truncatingIfNeeded: count)
    }

    /// Ends a struct: passes over tagged fields, none of which these messages define.
    @inline(__always)
    mutating func endStruct() throws(FlatMismatch) {
        guard isFlexible else { return }
        let count = try uvarint()
        if count > 0 { try skipTags(count) }
    }

    @inline(never)
    private mutating func skipTags(_ count: UInt32) throws(FlatMismatch) {
        guard Int(count) <= remaining / 2 else { throw FlatMismatch() }
        var last: UInt32?
        for _ in 0..<count {
            let tag = try uvarint()
            if let last, tag <= last { throw FlatMismatch() }
            last = tag
            let size = Int(try uvarint())
            try require(size)
            position += size
        }
    }
}
