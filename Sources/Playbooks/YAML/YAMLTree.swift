import Glibc

/// The values of one file in flat arrays: what was parsed is a few blocks of memory, however many values it has, and a value
/// is found by its number.
final class YAMLTree: Sendable {
    let source: SourceName
    let storage: YAMLStorage

    init(source: SourceName, storage: YAMLStorage) {
        self.source = source
        self.storage = storage
    }
}

/// What a tree consists of, while it is built and after.
struct YAMLStorage: Sendable {
    enum Kind: UInt8, Sendable { case scalar, sequence, mapping }

    /// A value; `start` and `count` say where its text, items or entries are in the array of those.
    struct Record: Sendable {
        var place: SourcePlace
        var start: UInt32
        var count: UInt32
        var kind: Kind
        var style = YAMLNode.Style.plain
        var tag = YAMLNode.Tag.none
        var isDamaged = false

        var range: Range<Int> { Int(start)..<Int(start) + Int(count) }
    }

    /// A key with the number of its value.
    struct Pair: Sendable {
        var keyStart: UInt32
        var keyCount: UInt32
        var keyPlace: SourcePlace
        var value: UInt32

        var keyRange: Range<Int> { Int(keyStart)..<Int(keyStart) + Int(keyCount) }
    }

    private(set) var records: [Record] = []
    private(set) var items: [UInt32] = []
    private(set) var pairs: [Pair] = []
    /// The scalars' text, one after the other.
    private var bytes: [UInt8] = []
    /// The file itself and where its lines start, when it has block scalars: their text lies there by lines.
    private var source: [UInt8] = []
    private var lineStarts: [Int] = []

    // MARK: Reading

    /// The lines of the file from one on (from 0) to before another, without their ends; nil when the file was not kept.
    func lines(_ range: Range<Int>) -> [ArraySlice<UInt8>]? {
        guard !lineStarts.isEmpty, range.lowerBound >= 0, range.lowerBound < lineStarts.count else { return nil }
        return range.clamped(to: 0..<lineStarts.count).map { number in
            let end = number + 1 < lineStarts.count ? lineStarts[number + 1] - 1 : source.count
            var line = source[lineStarts[number]..<max(lineStarts[number], end)]
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            return line
        }
    }

    func text(_ range: Range<Int>) -> String {
        bytes.withUnsafeBufferPointer { String(decoding: UnsafeBufferPointer(rebasing: $0[range]), as: UTF8.self) }
    }

    func firstByte(_ range: Range<Int>) -> UInt8? { range.isEmpty ? nil : bytes[range.lowerBound] }

    /// True when both ranges hold the same text.
    func isSame(_ one: Range<Int>, _ other: Range<Int>) -> Bool {
        guard one.count == other.count else { return false }
        return bytes.withUnsafeBufferPointer { bytes in
            guard let left = UnsafeBufferPointer(rebasing: bytes[one]).baseAddress,
                let right = UnsafeBufferPointer(rebasing: bytes[other]).baseAddress
            else { return true }
            return memcmp(left, right, one.count) == 0
        }
    }

    // MARK: Building

    /// Room for what a text of `length` bytes usually holds; more is made when it is needed.
    mutating func reserve(for length: Int) {
        bytes.reserveCapacity(length)
        records.reserveCapacity(length / 16)
        items.reserveCapacity(length / 32)
        pairs.reserveCapacity(length / 32)
    }

    private mutating func add(_ record: Record) -> UInt32 {
        records.append(record)
        return UInt32(truncatingIfNeeded: records.count - 1)
    }

    mutating func keep(_ source: UnsafeBufferPointer<UInt8>) {
        self.source = Array(source)
        lineStarts = [0]
        for (place, byte) in source.enumerated() where byte == UInt8(ascii: "\n") { lineStarts.append(place + 1) }
    }

    mutating func addScalar(_ text: UnsafeBufferPointer<UInt8>, style: YAMLNode.Style, at place: SourcePlace) -> UInt32
    {
        let start = bytes.count
        bytes.append(contentsOf: text)
        return add(
            Record(
                place: place, start: UInt32(truncatingIfNeeded: start), count: UInt32(truncatingIfNeeded: text.count),
                kind: .scalar, style: style))
    }

    mutating func addSequence(_ items: ArraySlice<UInt32>, at place: SourcePlace) -> UInt32 {
        let start = self.items.count
        self.items.append(contentsOf: items)
        return add(
            Record(
                place: place, start: UInt32(truncatingIfNeeded: start), count: UInt32(truncatingIfNeeded: items.count),
                kind: .sequence))
    }

    mutating func addMapping(_ pairs: ArraySlice<Pair>, at place: SourcePlace) -> UInt32 {
        let start = self.pairs.count
        self.pairs.append(contentsOf: pairs)
        return add(
            Record(
                place: place, start: UInt32(truncatingIfNeeded: start), count: UInt32(truncatingIfNeeded: pairs.count),
                kind: .mapping))
    }

    mutating func mark(_ number: UInt32, tag: YAMLNode.Tag, isDamaged: Bool = false) {
        records[Int(number)].tag = tag
        records[Int(number)].isDamaged = isDamaged
    }
}
