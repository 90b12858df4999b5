import Glibc
package import Values

/// The scalars of YAML 1.2's core schema, with one departure: a number with leading zeros is text (`010`, `0644`), because
/// people write file modes and ids so.
///
/// `yes`, `no`, `on`, `off`, `22:30`, `1_000` and `0b1` are text, as everything that is not listed here.
enum CoreSchema {
    /// What a plain scalar is.
    enum Resolution {
        case null
        case bool(Bool)
        case int(Int64)
        case float(Double)
        case text
        /// Looks like a number, but does not fit 64 bits.
        case outOfRange
    }

    static func isNull(_ text: String) -> Bool {
        switch text.utf8.count {
        case 0: true
        case 1: text == "~"
        case 4: text == "null" || text == "Null" || text == "NULL"
        default: false
        }
    }

    /// False for most texts: too long or too short to spell null.
    static func mayBeNull(length: Int) -> Bool { length <= 1 || length == 4 }

    /// False for most texts, which by their first byte are nothing but text.
    static func maySpellValue(startingWith first: UInt8?) -> Bool {
        guard let first else { return true }
        return switch first {
        case UInt8(ascii: "n"), UInt8(ascii: "N"), UInt8(ascii: "~"), UInt8(ascii: "t"), UInt8(ascii: "T"),
            UInt8(ascii: "f"), UInt8(ascii: "F"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
            UInt8(ascii: "+"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    static func bool(_ text: String) -> Bool? {
        switch text {
        case "true", "True", "TRUE": true
        case "false", "False", "FALSE": false
        default: nil
        }
    }

    /// The resolution of an untagged plain scalar.
    static func resolve(_ text: String) -> Resolution {
        guard let first = text.utf8.first else { return .null }
        switch first {
        case UInt8(ascii: "n"), UInt8(ascii: "N"), UInt8(ascii: "~"): return isNull(text) ? .null : .text
        case UInt8(ascii: "t"), UInt8(ascii: "T"), UInt8(ascii: "f"), UInt8(ascii: "F"):
            return bool(text).map(Resolution.bool) ?? .text
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."):
            return number(text, allowLeadingZeros: false)
        default: return .text
        }
    }

    /// The number that a text spells. With `allowLeadingZeros` (a declared type asks) `010` is ten.
    static func number(_ text: String, allowLeadingZeros: Bool) -> Resolution {
        let bytes = Array(text.utf8)
        var rest = bytes[...]
        if bytes.count > 2, bytes[0] == UInt8(ascii: "0"),
            bytes[1] == UInt8(ascii: "o") || bytes[1] == UInt8(ascii: "x")
        {
            return radix(bytes[2...], bytes[1] == UInt8(ascii: "o") ? 8 : 16)
        }
        if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { rest = rest.dropFirst() }
        let unsigned = rest
        if rest.count == 4, rest.first == UInt8(ascii: ".") {
            let word = String(decoding: rest.dropFirst(), as: UTF8.self)
            if word == "inf" || word == "Inf" || word == "INF" {
                return .float(bytes[0] == UInt8(ascii: "-") ? -.infinity : .infinity)
            }
            if bytes.count == 4, word == "nan" || word == "NaN" || word == "NAN" { return .float(.nan) }
        }
        let whole = digits(&rest)
        var isFloat = false
        var fraction = 0
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            fraction = digits(&rest)
            isFloat = true
        }
        guard whole + fraction > 0 else { return .text }
        if let mark = rest.first, mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E") {
            rest = rest.dropFirst()
            if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { rest = rest.dropFirst() }
            guard digits(&rest) > 0 else { return .text }
            isFloat = true
        }
        guard rest.isEmpty else { return .text }
        if !allowLeadingZeros, whole > 1, unsigned.first == UInt8(ascii: "0") { return .text }
        if isFloat {
            let number = strtod(text, nil)
            return number.isFinite ? .float(number) : .outOfRange
        }
        return Int64(text).map(Resolution.int) ?? .outOfRange
    }

    private static func digits(_ rest: inout ArraySlice<UInt8>) -> Int {
        let count = rest.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }.count
        rest = rest.dropFirst(count)
        return count
    }

    private static func radix(_ digits: ArraySlice<UInt8>, _ radix: Int) -> Resolution {
        let valid = digits.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "7"): true
            case UInt8(ascii: "8")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
                UInt8(ascii: "A")...UInt8(ascii: "F"):
                radix == 16
            default: false
            }
        }
        guard valid else { return .text }
        return Int64(String(decoding: digits, as: UTF8.self), radix: radix).map(Resolution.int) ?? .outOfRange
    }
}

extension CoreSchema.Resolution {
    /// The value of a text that resolves to this. A number that does not fit 64 bits stays text.
    func value(of text: String) -> Value {
        switch self {
        case .null: .null
        case .bool(let flag): .bool(flag)
        case .int(let number): .int(number)
        case .float(let number): .float(number)
        case .text, .outOfRange: .string(text)
        }
    }
}

extension YAMLNode {
    /// The value by the core schema, where no type is declared: null, bool, int, float, text, list or map. A number that
    /// does not fit 64 bits stays text.
    package var coreValue: Value {
        switch content {
        case .sequence(let items): .list(items.map(\.coreValue))
        case .mapping(let entries): .map(ValueMap(entries.map { ($0.key, $0.value.coreValue) }))
        case .scalar(let text): resolution(of: text).value(of: text)
        }
    }

    /// What a scalar, whose text this is, resolves to with its tag; `.text` for a tag that its text does not fit.
    func resolution(of text: String) -> CoreSchema.Resolution {
        switch tag {
        case .none, .map, .sequence: return style == .plain ? CoreSchema.resolve(text) : .text
        case .nonSpecific, .string: return .text
        case .null: return CoreSchema.isNull(text) ? .null : .text
        case .bool: return CoreSchema.bool(text).map(CoreSchema.Resolution.bool) ?? .text
        case .int:
            let number = CoreSchema.number(text, allowLeadingZeros: true)
            if case .float = number { return .text }
            return number
        case .float:
            let number = CoreSchema.number(text, allowLeadingZeros: true)
            if case .int(let whole) = number { return .float(Double(whole)) }
            return number
        }
    }
}

extension YAMLNode.Tag {
    /// True for the tags that give a scalar a type of its own.
    var isScalarType: Bool {
        switch self {
        case .int, .float, .bool, .null: true
        case .none, .nonSpecific, .string, .map, .sequence: false
        }
    }
}
