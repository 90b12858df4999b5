import Values

extension Catalog {
    static let castFilters: [Definition] = [
        Definition(
            "int", [.init("default", .int, optional: true), .init("base", .int, optional: true)],
            "The number that text spells, or a float without its fraction",
            check: { call in
                switch call.type {
                case .string, .int, .float, .json, .never: return .int
                case .bool:
                    call.mismatch("text or a number", hint: "write x | ternary(1, 0)")
                    return nil
                default:
                    call.mismatch("text or a number")
                    return nil
                }
            },
            run: { .int(try integer($0)) }),
        Definition(
            "float", [.init("default", .float, optional: true)], "The number that text spells, or an int as a float",
            check: { call in
                switch call.type {
                case .string, .int, .float, .json, .never: return .float
                default:
                    call.mismatch("text or a number")
                    return nil
                }
            },
            run: { call in
                switch call.value {
                case .int(let number): return .float(Double(number))
                case .float: return call.value
                case .string(let text):
                    if let number = decimal(text) { return .float(number) }
                    if let missing = try call.float(0) { return .float(missing) }
                    throw guess(text, "number", "float")
                default: throw call.mismatch("text or a number", call.value)
                }
            }),
        Definition(
            "bool", "true for true, yes, on and 1, false for false, no, off and 0",
            check: { call in
                switch call.type {
                case .bool, .string, .int, .json, .never: return .bool
                default:
                    call.mismatch("bool, text or 0 and 1")
                    return nil
                }
            },
            run: { call in
                switch call.value {
                case .bool: return call.value
                case .int(0): return .bool(false)
                case .int(1): return .bool(true)
                case .float(0): return .bool(false)
                case .float(1): return .bool(true)
                case .string(let text):
                    switch text.lowercased() {
                    case "true", "yes", "on", "1", "y": return .bool(true)
                    case "false", "no", "off", "0", "n": return .bool(false)
                    default: throw guess(text, "bool", nil)
                    }
                case .int:
                    throw ExpressionFailure(.value, "an int is a bool only when it is 0 or 1", hint: "compare: x != 0")
                default: throw call.mismatch("bool, text or 0 and 1", call.value)
                }
            }),
        Definition(
            "string", "The value as text",
            check: { call in
                if call.type.isText || call.type == .json { return .string }
                let hint: String? =
                    switch call.type {
                    case .bool: "say which text: x | ternary('true', 'false')"
                    case .list, .record, .map, .tuple: "write x | to_json"
                    default: nil
                    }
                call.mismatch("a scalar", hint: hint)
                return nil
            },
            run: { call in
                guard let text = call.value.scalarText else {
                    throw ExpressionFailure(
                        .type, "\(call.value.kindName) has no text of its own", hint: "write to_json or ternary")
                }
                return .string(text)
            }),
        read("duration", .duration, "The duration that text such as '1h30m' spells") {
            Duration(text: Text.trim($0)).map { .duration($0) }
        },
        read("bytes", .bytes, "The amount of data that text such as '10MiB' spells, or an int of bytes", also: .int) {
            ByteCount(Text.trim($0)).map { .bytes($0) }
        },
        read("version", .version, "The release number that text such as '4.3.1' spells") {
            Version($0).map { .version($0) }
        },
        read("timestamp", .timestamp, "The time that text such as '2026-11-21T03:04:05Z' spells") {
            TimestampText.parse($0).map { .timestamp($0) }
        },
    ]

    private static func read(
        _ name: String, _ type: ValueType, _ summary: String, also other: ValueType? = nil,
        _ parse: @escaping @Sendable (String) -> Value?
    ) -> Definition {
        Definition(
            name, summary,
            check: { call in
                if call.type == .string || call.type == type || call.type == .json || call.type == .never {
                    return type
                }
                if let other, call.type == other { return type }
                call.mismatch("string")
                return nil
            },
            run: { call in
                switch call.value {
                case .string(let text):
                    guard let value = parse(text) else { throw guess(text, name, nil) }
                    return value
                case .int(let number) where other == .int && number >= 0: return .bytes(ByteCount(number))
                case .bytes, .duration, .timestamp, .version:
                    guard call.value.kindName == name else { throw call.mismatch("string", call.value) }
                    return call.value
                default: throw call.mismatch("string", call.value)
                }
            })
    }

    private static func guess(_ text: String, _ what: String, _ filter: String?) -> ExpressionFailure {
        let shown = Text.string(text.unicodeScalars.prefix(40))
        return ExpressionFailure(
            .value, "'\(shown)' is no \(what)",
            hint: filter.map { "for a value that may be wrong write x | \($0)(default)" })
    }

    private static func integer(_ call: DefinitionRun) throws -> Int64 {
        switch call.value {
        case .int(let number): return number
        case .float(let number):
            guard let whole = Int64(exactly: number.rounded(.towardZero)) else { throw Arithmetic.overflow() }
            return whole
        case .string(let text):
            let base = try call.int(1, default: 10)
            guard (2...36).contains(base) || base == 0 else {
                throw ExpressionFailure(.value, "a base is from 2 to 36")
            }
            if let number = try whole(text, base) { return number }
            guard let missing = try call.int(0) else { throw guess(text, "whole number", "int") }
            // With a default Jinja cuts the fraction off before it gives up.
            if let number = decimal(text), let whole = Int64(exactly: number.rounded(.towardZero)) { return whole }
            return Int64(missing)
        default: throw call.mismatch("text or a number", call.value)
        }
    }

    /// ASCII digits with a sign and blanks around; nil when it is no number.
    private static func whole(_ text: String, _ base: Int) throws -> Int64? {
        var digits = Text.trim(text).lowercased()[...]
        var sign = ""
        if let first = digits.first, first == "-" || first == "+" {
            sign = String(first)
            digits = digits.dropFirst()
        }
        let prefixes = [16: "0x", 8: "0o", 2: "0b"]
        var base = base
        if base == 0 {
            base = prefixes.first { digits.hasPrefix($0.value) }?.key ?? 10
        }
        if let prefix = prefixes[base], digits.hasPrefix(prefix) { digits = digits.dropFirst(2) }
        guard !digits.isEmpty,
            digits.utf8.allSatisfy({ $0 < 128 && $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: "+") })
        else { return nil }
        if let number = Int64(sign + digits, radix: base) { return number }
        guard digits.allSatisfy({ $0.isHexDigit }), base == 10, digits.allSatisfy(\.isNumber) else { return nil }
        throw Arithmetic.overflow()
    }

    static func decimal(_ text: String) -> Double? {
        let text = Text.trim(text)
        guard let last = text.utf8.last,
            text.utf8.allSatisfy({ byte in
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "+-.eE".utf8.contains(byte)
            })
        else { return nil }
        var number = text
        if last == UInt8(ascii: ".") { number += "0" }
        guard let value = Double(number), value.isFinite else { return nil }
        return value
    }
}
