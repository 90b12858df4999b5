/// A file in the format of `java.util.Properties`, read as Java reads it: byte by byte as Latin-1, with `\u` and
/// four hexadecimal digits for everything else.
package struct PropertiesFile: Sendable {
    package struct Entry: Sendable, Hashable {
        package var key: String
        package var value: String
        /// Where the entry begins, from 1.
        package var line: Int
    }

    package struct Malformed: Error, Sendable, Hashable {
        package var message: String
        package var line: Int
    }

    /// In the order of the file; a key may come more than once, and the last one counts.
    package let entries: [Entry]

    package init(_ bytes: [UInt8]) throws(Malformed) { try self.init(units: bytes.map(UInt16.init)) }

    /// Java's `Properties.load(Reader)`, which `FileConfigProvider` uses: the text as it is.
    package init(text: String) throws(Malformed) { try self.init(units: Array(text.utf16)) }

    private init(units: [UInt16]) throws(Malformed) {
        var lines = LogicalLines(units: units)
        var entries: [Entry] = []
        while let (line, number) = lines.next() { entries.append(try Self.entry(line, number)) }
        self.entries = entries
    }

    /// The value that counts.
    package subscript(key: String) -> String? { entries.last { $0.key.utf16.elementsEqual(key.utf16) }?.value }

    /// 1. The key ends at the first `=`, `:` or blank that no backslash precedes. 2. Blanks around one separator are left
    /// out. 3. The rest is the value.
    private static func entry(_ line: [UInt16], _ number: Int) throws(Malformed) -> Entry {
        var keyEnd = 0
        var isEscaped = false
        while keyEnd < line.count {
            let unit = line[keyEnd]
            if !isEscaped, unit == .equals || unit == .colon || unit.isBlank { break }
            isEscaped = unit == .backslash && !isEscaped
            keyEnd += 1
        }
        var start = keyEnd
        var hasSeparator = false
        while start < line.count {
            let unit = line[start]
            if !unit.isBlank {
                guard !hasSeparator, unit == .equals || unit == .colon else { break }
                hasSeparator = true
            }
            start += 1
        }
        return Entry(
            key: try unescaped(line[..<keyEnd], number), value: try unescaped(line[start...], number), line: number)
    }

    private static func unescaped(_ units: ArraySlice<UInt16>, _ line: Int) throws(Malformed) -> String {
        var result: [UInt16] = []
        result.reserveCapacity(units.count)
        var rest = units
        while let unit = rest.popFirst() {
            guard unit == .backslash, let escaped = rest.popFirst() else {
                if unit != .backslash { result.append(unit) }
                continue
            }
            switch escaped {
            case .ascii("u"):
                let digits = rest.prefix(4)
                let text = String(decoding: digits, as: UTF16.self)
                guard digits.count == 4, text.utf8.allSatisfy(\.isHexDigit), let code = UInt16(text, radix: 16) else {
                    throw Malformed(message: "\\u is followed by four hexadecimal digits", line: line)
                }
                result.append(code)
                rest = rest.dropFirst(4)
            case .ascii("t"): result.append(9)
            case .ascii("n"): result.append(10)
            case .ascii("f"): result.append(12)
            case .ascii("r"): result.append(13)
            default: result.append(escaped)
            }
        }
        return String(decoding: result, as: UTF16.self)
    }
}

/// The lines that mean something: without comments and blank lines, continuations joined, leading blanks left out.
private struct LogicalLines {
    let units: [UInt16]
    private var place = 0
    private var number = 1

    init(units: [UInt16]) { self.units = units }

    mutating func next() -> (line: [UInt16], number: Int)? {
        var line: [UInt16] = []
        var first = number
        // A continuation's own line end is not skipped with its leading blanks: a blank continuation ends the line.
        var isContinuation = false
        while place < units.count {
            while place < units.count, units[place].isBlank { place += 1 }
            guard place < units.count else { break }
            if !isContinuation, units[place].isLineEnd {
                skipLineEnd()
                continue
            }
            isContinuation = false
            if line.isEmpty {
                first = number
                if units[place] == .ascii("#") || units[place] == .ascii("!") {
                    while place < units.count, !units[place].isLineEnd { place += 1 }
                    skipLineEnd()
                    continue
                }
            }
            var isEscaped = false
            while place < units.count, !units[place].isLineEnd {
                isEscaped = units[place] == .backslash && !isEscaped
                line.append(units[place])
                place += 1
            }
            // Java notices the end of the file before it looks what a last backslash continues with.
            let isLast = place + 1 >= units.count
            skipLineEnd()
            if line.isEmpty { continue }
            guard isEscaped else { return (line, first) }
            line.removeLast()
            if isLast { return (line, first) }
            isContinuation = true
        }
        return line.isEmpty ? nil : (line, first)
    }

    /// `\n`, `\r` or both.
    private mutating func skipLineEnd() {
        guard place < units.count, units[place].isLineEnd else { return }
        if units[place] == 13, place + 1 < units.count, units[place + 1] == 10 { place += 1 }
        place += 1
        number += 1
    }
}

extension UInt16 {
    fileprivate static let equals = ascii("=")
    fileprivate static let colon = ascii(":")
    fileprivate static let backslash = ascii("\\")

    fileprivate static func ascii(_ scalar: Unicode.Scalar) -> UInt16 { UInt16(UInt8(ascii: scalar)) }

    fileprivate var isBlank: Bool { self == 32 || self == 9 || self == 12 }
    fileprivate var isLineEnd: Bool { self == 10 || self == 13 }
}

extension UInt8 {
    fileprivate var isHexDigit: Bool {
        (0x30...0x39).contains(self) || (0x41...0x46).contains(self) || (0x61...0x66).contains(self)
    }
}
