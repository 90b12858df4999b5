import Glibc
import Values

/// `'%-8s %03d' | format(…)`: Python's % formatting for text and numbers.
enum PercentFormat {
    private struct Directive {
        var flags: Set<Unicode.Scalar> = []
        var width = 0
        var precision: Int?
        var key: String?
    }

    static func format(_ pattern: String, _ values: [Value], _ names: [(name: String, value: Value)]) throws -> String {
        if !values.isEmpty, !names.isEmpty {
            throw ExpressionFailure(.value, "'format' takes positional or named values, not both")
        }
        var rest = values[...]
        let scalars = Text.scalars(pattern)
        var place = 0
        var result = ""
        func next(_ directive: Directive) throws -> Value {
            if let key = directive.key {
                guard let found = names.first(where: { $0.name == key }) else {
                    throw ExpressionFailure(.value, "'format' has no value '\(key)'")
                }
                return found.value
            }
            guard let value = rest.popFirst() else {
                throw ExpressionFailure(.value, "'format' has fewer values than the text asks for")
            }
            return value
        }
        while place < scalars.count {
            let scalar = scalars[place]
            place += 1
            guard scalar == "%" else {
                result.unicodeScalars.append(scalar)
                continue
            }
            let (directive, conversion) = try read(scalars, &place) {
                guard case .int(let number) = try next(Directive()), let width = Int(exactly: number) else {
                    throw ExpressionFailure(.type, "a width of 'format' is an int")
                }
                return width
            }
            if conversion == "%" {
                result += "%"
            } else {
                result += try convert(try next(directive), conversion, directive)
            }
            guard result.utf8.count <= ExpressionLimits.textLength else { throw Budget.text() }
        }
        guard rest.isEmpty else { throw ExpressionFailure(.value, "'format' has more values than the text asks for") }
        return result
    }

    private static func read(
        _ scalars: [Unicode.Scalar], _ place: inout Int, star: () throws -> Int
    ) throws -> (Directive, Unicode.Scalar) {
        var directive = Directive()
        func peek() -> Unicode.Scalar? { place < scalars.count ? scalars[place] : nil }
        if peek() == "(" {
            guard let end = scalars[place...].firstIndex(of: ")") else {
                throw ExpressionFailure(.value, "a name of 'format' is not closed")
            }
            directive.key = Text.string(scalars[place + 1..<end])
            place = end + 1
        }
        while let flag = peek(), ["-", "+", " ", "0", "#"].contains(flag) {
            directive.flags.insert(flag)
            place += 1
        }
        func number() throws -> Int {
            if peek() == "*" {
                place += 1
                return try star()
            }
            var value = 0
            while let digit = peek(), Characters.isDigit(digit) {
                value = min(value * 10 + Int(digit.value - 48), ExpressionLimits.textLength + 1)
                place += 1
            }
            return value
        }
        directive.width = try number()
        if directive.width < 0 {
            directive.flags.insert("-")
            directive.width = directive.width == .min ? .max : -directive.width
        }
        if peek() == "." {
            place += 1
            directive.precision = max(0, try number())
        }
        while let size = peek(), ["h", "l", "L"].contains(size) { place += 1 }
        guard directive.width <= ExpressionLimits.textLength, directive.precision ?? 0 <= 10_000 else {
            throw Budget.text()
        }
        guard let conversion = peek() else { throw ExpressionFailure(.value, "the format ends after '%'") }
        place += 1
        return (directive, conversion)
    }

    private static func convert(_ value: Value, _ conversion: Unicode.Scalar, _ directive: Directive) throws -> String {
        switch conversion {
        case "s":
            guard let text = value.scalarText else {
                throw ExpressionFailure(.type, "\(value.kindName) cannot stand in text")
            }
            return pad(directive.precision.map { Text.string(text.unicodeScalars.prefix($0)) } ?? text, directive)
        case "d", "i", "u":
            switch value {
            case .int(let number): return pad(number: String(number.magnitude), negative: number < 0, directive)
            case .float(let number):
                guard let whole = Int64(exactly: number.rounded(.towardZero)) else { throw Arithmetic.overflow() }
                return pad(number: String(whole.magnitude), negative: whole < 0, directive)
            default: throw ExpressionFailure(.type, "'%\(conversion)' takes a number, this is \(value.kindName)")
            }
        case "x", "X", "o":
            guard case .int(let number) = value else {
                throw ExpressionFailure(.type, "'%\(conversion)' takes an int, this is \(value.kindName)")
            }
            let digits = String(number.magnitude, radix: conversion == "o" ? 8 : 16, uppercase: conversion == "X")
            let prefix = directive.flags.contains("#") ? "0\(conversion)" : ""
            return pad(number: digits, negative: number < 0, directive, prefix: prefix)
        case "c":
            switch value {
            case .string(let text) where Text.length(text) == 1: return pad(text, directive)
            case .int(let number):
                guard let code = UInt32(exactly: number), let scalar = Unicode.Scalar(code) else {
                    throw ExpressionFailure(.value, "'%c' takes a code point")
                }
                return pad(String(scalar), directive)
            default: throw ExpressionFailure(.type, "'%c' takes one character or its code point")
            }
        case "f", "F", "e", "E", "g", "G":
            let number: Double
            switch value {
            case .int(let whole): number = Double(whole)
            case .float(let float): number = float
            default: throw ExpressionFailure(.type, "'%\(conversion)' takes a number, this is \(value.kindName)")
            }
            let alternative = directive.flags.contains("#") ? "#" : ""
            let digits = print("%\(alternative).\(directive.precision ?? 6)\(conversion)", number.magnitude)
            return pad(number: digits, negative: number.sign == .minus, directive, isDecimal: true)
        default:
            throw ExpressionFailure(.value, "'format' knows no '%\(Characters.shown(conversion))'")
        }
    }

    private static func pad(_ text: String, _ directive: Directive) -> String {
        let blanks = String(repeating: " ", count: max(0, directive.width - Text.length(text)))
        return directive.flags.contains("-") ? text + blanks : blanks + text
    }

    private static func pad(
        number digits: String, negative: Bool, _ directive: Directive, prefix: String = "", isDecimal: Bool = false
    ) -> String {
        var digits = digits
        if !isDecimal, let precision = directive.precision {
            digits = String(repeating: "0", count: max(0, precision - digits.utf8.count)) + digits
        }
        let plus = directive.flags.contains("+") ? "+" : (directive.flags.contains(" ") ? " " : "")
        let head = (negative ? "-" : plus) + prefix
        if directive.flags.contains("0"), !directive.flags.contains("-") {
            digits =
                String(repeating: "0", count: max(0, directive.width - head.utf8.count - digits.utf8.count)) + digits
        }
        return pad(head + digits, directive)
    }

    /// One double by C's printf.
    static func print(_ format: String, _ number: Double) -> String {
        withVaList([number]) { list in
            var buffer = [CChar](repeating: 0, count: 512)
            var count = Int(vsnprintf(&buffer, buffer.count, format, list))
            if count >= buffer.count {
                count = withVaList([number]) { again in
                    buffer = [CChar](repeating: 0, count: count + 1)
                    return Int(vsnprintf(&buffer, buffer.count, format, again))
                }
            }
            return String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }
}
