/// Reads JSON where it stands, piece by piece: the grammar (RFC 8259), which trees (`JSON.parse`) and records (`JSONObject`)
/// are read by. Whoever skips a value checks it as strictly as whoever takes it.
///
/// The bytes must outlive the reader. After an error it is good for another text only.
struct JSONReader {
    /// What stands between the quotes of a string.
    struct Text {
        var start: Int
        var end: Int
        var isEscaped: Bool
    }

    /// An object or array that is being read.
    struct Group {
        fileprivate var isEmpty = true
        /// Where the names of an object begin among those of all open ones.
        fileprivate var firstName: Int
        /// The names of a large object.
        fileprivate var names: Set<ExactText> = []
    }

    /// Names beyond so many are looked up in a set.
    private static let comparedNames = 32

    private(set) var bytes: UnsafeRawBufferPointer
    private let limits: JSON.Limits
    /// To be moved only to where a value begins that has been read before.
    var place = 0
    private var depth = 0
    /// Of the objects that are open, the outer ones first.
    private var names: [Text] = []

    init(_ bytes: UnsafeRawBufferPointer, limits: JSON.Limits = JSON.Limits()) {
        self.bytes = bytes
        self.limits = limits
    }

    /// Begins with another text.
    mutating func turn(to bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        (place, depth) = (0, 0)
        names.removeAll(keepingCapacity: true)
    }

    // MARK: Values

    /// The one value that the text holds.
    mutating func wholeValue() throws(JSONError) -> Value {
        skipBlanks()
        let value = try value()
        try finish()
        return value
    }

    /// Nothing but blanks stands behind the value.
    mutating func finish() throws(JSONError) {
        skipBlanks()
        guard place == bytes.count else { throw failure("text stands behind the value") }
    }

    mutating func value() throws(JSONError) -> Value {
        switch next {
        case UInt8(ascii: "\""): return .string(text(try string()))
        case UInt8(ascii: "{"):
            var map = ValueMap()
            var group = try open()
            while let name = try nextName(in: &group) { map.append(try value(), under: text(name)) }
            return .map(map)
        case UInt8(ascii: "["):
            var list: [Value] = []
            var group = try open()
            while try hasElement(in: &group) { list.append(try value()) }
            return .list(list)
        case UInt8(ascii: "t"):
            try word("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try word("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try word("null")
            return .null
        default: return try number()
        }
    }

    mutating func skip() throws(JSONError) {
        switch next {
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "{"):
            var group = try open()
            while try nextName(in: &group) != nil { try skip() }
        case UInt8(ascii: "["):
            var group = try open()
            while try hasElement(in: &group) { try skip() }
        default: _ = try value()
        }
    }

    // MARK: Objects and arrays

    /// Goes into the object or array that stands here; nil: there is none.
    mutating func openIfObject() throws(JSONError) -> Group? {
        skipBlanks()
        return next == UInt8(ascii: "{") ? try open() : nil
    }

    private mutating func open() throws(JSONError) -> Group {
        guard depth < limits.depth else { throw failure("nested deeper than \(limits.depth)") }
        depth += 1
        place += 1
        return Group(firstName: names.count)
    }

    /// The name of the next member, whose value is to be read or skipped; nil behind the last one.
    mutating func nextName(in group: inout Group) throws(JSONError) -> Text? {
        guard try hasNext(in: &group, end: UInt8(ascii: "}")) else {
            names.removeLast(names.count - group.firstName)
            return nil
        }
        guard next == UInt8(ascii: "\"") else { throw failure("a name in quotes is expected") }
        let start = place
        let name = try string()
        guard try isNew(name, in: &group) else {
            throw failure("the name \"\(text(name))\" stands twice in one object", at: start)
        }
        skipBlanks()
        guard next == UInt8(ascii: ":") else { throw failure("':' is expected") }
        place += 1
        skipBlanks()
        return name
    }

    /// Whether another element stands here, which is to be read or skipped.
    mutating func hasElement(in group: inout Group) throws(JSONError) -> Bool {
        try hasNext(in: &group, end: UInt8(ascii: "]"))
    }

    /// Where each element of the array that stands here stands.
    mutating func elements() throws(JSONError) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var group = try open()
        while try hasElement(in: &group) {
            let start = place
            try skip()
            ranges.append(start..<place)
        }
        return ranges
    }

    private mutating func hasNext(in group: inout Group, end: UInt8) throws(JSONError) -> Bool {
        skipBlanks()
        if next == end {
            depth -= 1
            place += 1
            return false
        }
        if !group.isEmpty {
            guard next == UInt8(ascii: ",") else { throw failure("',' or the end of the group is expected") }
            place += 1
            skipBlanks()
        }
        group.isEmpty = false
        return true
    }

    private mutating func isNew(_ name: Text, in group: inout Group) throws(JSONError) -> Bool {
        let count = names.count - group.firstName
        if count < Self.comparedNames {
            for index in group.firstName..<names.count where isSame(names[index], name) { return false }
        } else {
            if group.names.isEmpty { group.names = Set(names[group.firstName...].map { ExactText(text($0)) }) }
            guard group.names.insert(ExactText(text(name))).inserted else { return false }
        }
        names.append(name)
        return true
    }

    private func isSame(_ one: Text, _ other: Text) -> Bool {
        if one.isEscaped || other.isEscaped { return text(one).isExactly(text(other)) }
        guard one.end - one.start == other.end - other.start else { return false }
        return zip(one.start..<one.end, other.start..<other.end).allSatisfy { bytes[$0] == bytes[$1] }
    }

    /// True when a name reads as this one, escapes or not.
    func isSame(_ text: Text, _ name: StaticString) -> Bool {
        if text.isEscaped { return self.text(text).isExactly(name.description) }
        guard text.end - text.start == name.utf8CodeUnitCount else { return false }
        return (text.start..<text.end).allSatisfy { bytes[$0] == name.utf8Start[$0 - text.start] }
    }

    // MARK: Words and numbers

    private mutating func word(_ word: StaticString) throws(JSONError) {
        let count = word.utf8CodeUnitCount
        guard bytes.count - place >= count,
            bytes[place..<place + count].elementsEqual(UnsafeRawBufferPointer(start: word.utf8Start, count: count))
        else { throw failure("a value is expected") }
        place += count
    }

    mutating func number() throws(JSONError) -> Value {
        let start = place
        let isNegative = next == UInt8(ascii: "-")
        if isNegative { place += 1 }
        // Negative numbers reach one further, so it is counted down.
        var whole: Int64 = 0
        var isHuge = false
        let first = place
        while let digit {
            let (product, isTooMuch) = whole.multipliedReportingOverflow(by: 10)
            let (sum, isTooLow) = product.subtractingReportingOverflow(digit)
            whole = sum
            isHuge = isHuge || isTooMuch || isTooLow
            place += 1
        }
        guard place > first else { throw failure("a value is expected", at: start) }
        guard place == first + 1 || bytes[first] != UInt8(ascii: "0") else {
            throw failure("a number does not begin with 0", at: start)
        }
        let isWhole = next != UInt8(ascii: ".") && next | 0x20 != UInt8(ascii: "e")
        if isWhole {
            if !isHuge, isNegative || whole != .min { return .int(isNegative ? whole : -whole) }
            guard limits.hugeIntegersAsFloats else { throw failure("the integer is beyond 64 bits", at: start) }
        } else {
            try fraction()
        }
        guard let number = Double(text(start..<place)), number.isFinite else {
            throw failure("the number is too large", at: start)
        }
        return .float(number)
    }

    var isAtNumber: Bool { next == UInt8(ascii: "-") || digit != nil }

    private mutating func fraction() throws(JSONError) {
        if next == UInt8(ascii: ".") {
            place += 1
            try digits()
        }
        if next | 0x20 == UInt8(ascii: "e") {
            place += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { place += 1 }
            try digits()
        }
    }

    private mutating func digits() throws(JSONError) {
        guard digit != nil else { throw failure("a digit is expected") }
        while digit != nil { place += 1 }
    }

    private var digit: Int64? {
        let byte = next
        return byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") ? Int64(byte - UInt8(ascii: "0")) : nil
    }

    // MARK: Places

    /// The byte that stands here; zero, which stands nowhere in JSON, behind the last one.
    var next: UInt8 { place < bytes.count ? bytes[place] : 0 }

    private mutating func skipBlanks() {
        while place < bytes.count {
            switch bytes[place] {
            case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): place += 1
            default: return
            }
        }
    }

    private func text(_ range: Range<Int>) -> String {
        String(decoding: UnsafeRawBufferPointer(rebasing: bytes[range]), as: UTF8.self)
    }

    private func failure(_ message: String, at place: Int? = nil) -> JSONError {
        let before = bytes[..<min(place ?? self.place, bytes.count)]
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        // Continuation bytes of UTF-8 are no characters of their own.
        return JSONError(
            message, line: before.count { $0 == UInt8(ascii: "\n") } + 1,
            column: before[start...].count { $0 & 0xC0 != 0x80 } + 1)
    }
}

// MARK: Strings

extension JSONReader {
    /// The string that stands here, checked, and not decoded yet.
    mutating func string() throws(JSONError) -> Text {
        place += 1
        let start = place
        var isEscaped = false
        var seen: UInt8 = 0
        while place < bytes.count {
            let byte = bytes[place]
            if byte == UInt8(ascii: "\"") {
                let end = place
                guard seen < 0x80 || isUTF8(start..<end) else { throw failure("a string is no UTF-8", at: start) }
                place += 1
                return Text(start: start, end: end, isEscaped: isEscaped)
            }
            guard byte >= 0x20 else { throw failure("a control character stands in a string") }
            if byte == UInt8(ascii: "\\") {
                isEscaped = true
                _ = try escape()
            } else {
                seen |= byte
                place += 1
            }
        }
        throw failure("a string does not end", at: start - 1)
    }

    func text(_ text: Text) -> String {
        guard text.isEscaped else { return self.text(text.start..<text.end) }
        var reader = self
        reader.place = text.start
        var decoded: [UInt8] = []
        decoded.reserveCapacity(text.end - text.start)
        while reader.place < text.end {
            if reader.next != UInt8(ascii: "\\") {
                decoded.append(reader.next)
                reader.place += 1
            } else if let scalar = try? reader.escape() {
                decoded += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
            } else {
                break
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }

    /// What the escape that stands here means.
    private mutating func escape() throws(JSONError) -> Unicode.Scalar {
        let start = place
        place += 2
        switch start + 1 < bytes.count ? bytes[start + 1] : 0 {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            if let unit = unit() {
                if let scalar = Unicode.Scalar(unit) { return scalar }
                // The upper half of a pair, and the lower one in an escape of its own.
                if unit < 0xDC00, next == UInt8(ascii: "\\"), place + 1 < bytes.count,
                    bytes[place + 1] == UInt8(ascii: "u")
                {
                    place += 2
                    if let low = self.unit(), (0xDC00..<0xE000).contains(low),
                        let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
                    {
                        return scalar
                    }
                }
            }
            throw failure("\\u is followed by no character", at: start)
        default: throw failure("an escape that JSON does not know", at: start)
        }
    }

    /// Four hex digits.
    private mutating func unit() -> UInt32? {
        guard bytes.count - place >= 4 else { return nil }
        var unit: UInt32 = 0
        for byte in bytes[place..<place + 4] {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): unit = unit << 4 | UInt32(byte & 0x0F)
            case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"):
                unit = unit << 4 | UInt32(byte & 0x0F + 9)
            default: return nil
            }
        }
        place += 4
        return unit
    }

    private func isUTF8(_ range: Range<Int>) -> Bool {
        String(validating: bytes[range], as: UTF8.self) != nil
    }
}
