/// A token of an expression; `range` counts code points of the source.
struct Token {
    enum Kind: Equatable {
        case name(String)
        case string(String)
        case int(Int64)
        case float(Double)
        case symbol(Symbol)
        case end
    }

    var kind: Kind
    var range: Range<Int>
}

/// An operator, bracket or mark: one or two ASCII characters, compared as a number.
struct Symbol: Equatable, ExpressibleByStringLiteral, CustomStringConvertible {
    private let code: UInt16

    init(_ first: UInt8, _ second: UInt8 = 0) { code = UInt16(second) << 8 | UInt16(first) }

    init(stringLiteral text: StaticString) {
        self = text.withUTF8Buffer { Symbol($0.first ?? 0, $0.count > 1 ? $0[1] : 0) }
    }

    var description: String {
        let bytes = [UInt8(truncatingIfNeeded: code), UInt8(truncatingIfNeeded: code >> 8)]
        return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
}

/// Why a text is no expression.
struct ParseFailure: Error {
    var code: String
    var message: String
    var hint: String?
    var range: Range<Int>

    init(_ message: String, hint: String? = nil, code: String = "syntax", at range: Range<Int>) {
        self.code = code
        self.message = message
        self.hint = hint
        self.range = range
    }
}

/// Splits expressions into tokens, as Jinja's lexer does.
///
/// Inside a template it stops at the end mark (`}}` or `%}`, with its whitespace sign) that stands outside all brackets.
struct Lexer {
    /// Where the tokens of a tag ended.
    struct End {
        /// Past the mark.
        var offset: Int
        /// `-` or `+` before the mark.
        var sign: Unicode.Scalar?
    }

    private let source: SourceText
    private var place: Int
    private let limit: Int
    private var open: [(symbol: Unicode.Scalar, place: Int)] = []

    init(_ source: SourceText, from start: Int = 0) {
        self.source = source
        place = start
        limit = source.scalars.count
    }

    /// All tokens up to the end of the text, or up to `mark` when there is one. The last token is `.end`.
    mutating func tokens(until mark: String? = nil) throws(ParseFailure) -> (tokens: [Token], end: End) {
        let marks = mark.map { Array($0.unicodeScalars) }
        let start = place
        var tokens: [Token] = []
        tokens.reserveCapacity(min(limit - place, 64) / 4 + 2)
        while true {
            if let marks, let end = endMark(marks) {
                tokens.append(Token(kind: .end, range: place..<place))
                place = end.offset
                return (tokens, end)
            }
            guard place < limit else {
                if let bracket = open.last {
                    throw ParseFailure("'\(bracket.symbol)' is not closed", at: bracket.place..<bracket.place + 1)
                }
                if let mark {
                    throw ParseFailure(
                        "the tag is not closed", hint: "'\(mark)' is missing", at: max(0, start - 2)..<start)
                }
                tokens.append(Token(kind: .end, range: place..<place))
                return (tokens, End(offset: place, sign: nil))
            }
            if Characters.isSpace(source.scalars[place]) {
                place += 1
                continue
            }
            tokens.append(try next())
            guard tokens.count <= ExpressionLimits.nodes else {
                throw ParseFailure("the expression is too long", code: "too-large", at: start..<place)
            }
        }
    }

    private func endMark(_ mark: [Unicode.Scalar]) -> End? {
        guard open.isEmpty, place < limit else { return nil }
        let sign = source.scalars[place]
        if sign == "-" || (sign == "+" && mark.first == "%"), stands(mark, at: place + 1) {
            return End(offset: place + 1 + mark.count, sign: sign)
        }
        return stands(mark, at: place) ? End(offset: place + mark.count, sign: nil) : nil
    }

    private func stands(_ text: [Unicode.Scalar], at start: Int) -> Bool {
        start + text.count <= limit && source.scalars[start..<start + text.count].elementsEqual(text)
    }

    private func peek(_ ahead: Int = 0) -> Unicode.Scalar? {
        place + ahead < limit ? source.scalars[place + ahead] : nil
    }

    private mutating func next() throws(ParseFailure) -> Token {
        let start = place
        let first = source.scalars[place]
        if Characters.isNameStart(first) {
            while let scalar = peek(), Characters.isNamePart(scalar) { place += 1 }
            return Token(kind: .name(source.text(start..<place)), range: start..<place)
        }
        if Characters.isDigit(first) { return try number() }
        if first == "'" || first == "\"" { return try string(first) }
        return try symbol()
    }

    // MARK: Symbols

    private static func isPair(_ first: Unicode.Scalar, _ second: Unicode.Scalar?) -> Bool {
        switch (first, second) {
        case ("/", "/"), ("*", "*"), ("=", "="), ("!", "="), (">", "="), ("<", "="): true
        default: false
        }
    }

    private static func isSingle(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";": true
        default: false
        }
    }

    private mutating func symbol() throws(ParseFailure) -> Token {
        let start = place
        let first = source.scalars[place]
        if Self.isPair(first, peek(1)) {
            place += 2
            let second: UInt8 = first == "/" ? UInt8(ascii: "/") : first == "*" ? UInt8(ascii: "*") : UInt8(ascii: "=")
            return Token(kind: .symbol(Symbol(UInt8(truncatingIfNeeded: first.value), second)), range: start..<place)
        }
        guard Self.isSingle(first) else {
            let hint: String? =
                switch first {
                case "&": "write 'and'"
                case "!": "write 'not'"
                case "\\": "backslashes stand only inside text"
                case "`": "text stands in single or double quotes"
                default: nil
                }
            throw ParseFailure("unexpected character '\(Characters.shown(first))'", hint: hint, at: start..<start + 1)
        }
        switch first {
        case "(", "[", "{": open.append((first, place))
        case ")": try close("(", first)
        case "]": try close("[", first)
        case "}": try close("{", first)
        default: break
        }
        place += 1
        return Token(kind: .symbol(Symbol(UInt8(truncatingIfNeeded: first.value))), range: start..<place)
    }

    private mutating func close(_ opening: Unicode.Scalar, _ closing: Unicode.Scalar) throws(ParseFailure) {
        guard open.popLast()?.symbol == opening else {
            throw ParseFailure("unexpected '\(closing)'", at: place..<place + 1)
        }
    }

    // MARK: Numbers

    private mutating func number() throws(ParseFailure) -> Token {
        let start = place
        if source.scalars[place] == "0", let letter = peek(1), let radix = Self.radix(letter), let digit = peek(2),
            digit.properties.numericType != nil || digit == "_" || radix == 16
        {
            place += 2
            let digits = takeDigits { Int(String($0), radix: radix) != nil }
            guard !digits.isEmpty else { throw ParseFailure("a number without digits", at: start..<place) }
            return try integer(digits, radix, start)
        }
        var text = takeDigits(Characters.isDigit)
        // `nums.0.1` is two indexes, not a float: no fraction after a dot.
        let afterDot = start > 0 && source.scalars[start - 1] == "."
        var isFloat = false
        if !afterDot, peek() == ".", let digit = peek(1), Characters.isDigit(digit) {
            place += 1
            text += "." + takeDigits(Characters.isDigit)
            isFloat = true
        }
        if !afterDot, peek() == "e" || peek() == "E" {
            let signed = peek(1) == "+" || peek(1) == "-"
            if let digit = peek(signed ? 2 : 1), Characters.isDigit(digit) {
                let sign = signed ? peek(1).map(String.init) ?? "" : ""
                place += signed ? 2 : 1
                text += "e" + sign + takeDigits(Characters.isDigit)
                isFloat = true
            }
        }
        if isFloat {
            guard let value = Double(text), value.isFinite else {
                throw ParseFailure("the number is beyond the range of a float", code: "overflow", at: start..<place)
            }
            return Token(kind: .float(value), range: start..<place)
        }
        guard text == "0" || !text.hasPrefix("0") || text.allSatisfy({ $0 == "0" }) else {
            throw ParseFailure(
                "a number does not start with 0", hint: "write it as text or without the zero", at: start..<place)
        }
        return try integer(text, 10, start)
    }

    private static func radix(_ letter: Unicode.Scalar) -> Int? {
        switch letter {
        case "x", "X": 16
        case "o", "O": 8
        case "b", "B": 2
        default: nil
        }
    }

    /// Digits without the `_` between them.
    private mutating func takeDigits(_ isDigit: (Unicode.Scalar) -> Bool) -> String {
        var digits = String.UnicodeScalarView()
        while let scalar = peek() {
            if isDigit(scalar) {
                digits.append(scalar)
            } else if scalar == "_", let after = peek(1), isDigit(after) {
                // A separator.
            } else {
                break
            }
            place += 1
        }
        return String(digits)
    }

    private func integer(_ digits: String, _ radix: Int, _ start: Int) throws(ParseFailure) -> Token {
        guard let value = Int64(digits, radix: radix) else {
            throw ParseFailure("the number is beyond 64 bits", code: "overflow", at: start..<place)
        }
        return Token(kind: .int(value), range: start..<place)
    }

    // MARK: Text

    private mutating func string(_ quote: Unicode.Scalar) throws(ParseFailure) -> Token {
        let start = place
        var text = String.UnicodeScalarView()
        place += 1
        while let scalar = peek() {
            place += 1
            if scalar == quote { return Token(kind: .string(String(text)), range: start..<place) }
            if scalar == "\\" {
                try escape(into: &text)
            } else {
                text.append(scalar)
            }
        }
        throw ParseFailure("the text is not closed", hint: "a closing \(quote) is missing", at: start..<start + 1)
    }

    private mutating func escape(into text: inout String.UnicodeScalarView) throws(ParseFailure) {
        let start = place - 1
        guard let scalar = peek() else { return }
        place += 1
        switch scalar {
        case "n": text.append("\n")
        case "t": text.append("\t")
        case "r": text.append("\r")
        case "\\", "'", "\"": text.append(scalar)
        case "x": text.append(try hex(2, start))
        case "u": text.append(try hex(4, start))
        case "U": text.append(try hex(8, start))
        case "0"..."9", "a", "b", "f", "v", "N":
            let hint =
                switch scalar {
                case "b": "for a regular expression's word boundary write '\\\\b'"
                case "0"..."9": "for a back reference write '\\\\\(scalar)'"
                default: "for the character itself write its code point: '\\x0b', '\\u2022'"
                }
            throw ParseFailure(
                "'\\\(scalar)' in text is refused: Jinja and Ansible disagree on what it means", hint: hint,
                code: "ambiguous-escape", at: start..<place)
        case "\n":
            throw ParseFailure(
                "a backslash at the end of a line is refused", hint: "write the text on one line or use ~",
                code: "ambiguous-escape", at: start..<place)
        default:
            // Python keeps the backslash of an escape that it does not know: `'\d+'` is a pattern as it stands.
            text.append("\\")
            text.append(scalar)
        }
    }

    private mutating func hex(_ count: Int, _ start: Int) throws(ParseFailure) -> Unicode.Scalar {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard let scalar = peek(), scalar.isASCII, let digit = UInt32(String(scalar), radix: 16) else {
                throw ParseFailure("the escape needs \(count) hexadecimal digits", at: start..<place)
            }
            value = value << 4 | digit
            place += 1
        }
        guard let result = Unicode.Scalar(value) else {
            throw ParseFailure("the escape names no character", at: start..<place)
        }
        return result
    }
}

/// Classes of characters, as Python draws them.
enum Characters {
    static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.value < 0x80 {
            return scalar.value == 0x20 || (0x09...0x0D).contains(scalar.value) || (0x1C...0x1F).contains(scalar.value)
        }
        return scalar.properties.isWhitespace
    }

    static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

    static func isNameStart(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII ? isASCIILetter(scalar) : scalar.properties.isXIDStart
    }

    static func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
        guard scalar.isASCII else { return scalar.properties.isXIDContinue }
        return isASCIILetter(scalar) || (scalar.value >= 0x30 && scalar.value <= 0x39)
    }

    /// A letter or `_`, without a look into Unicode's tables: nearly every character of an expression is ASCII.
    private static func isASCIILetter(_ scalar: Unicode.Scalar) -> Bool {
        let lower = scalar.value | 0x20
        return (lower >= 0x61 && lower <= 0x7A) || scalar.value == 0x5F
    }

    /// For messages: control characters by their code point.
    static func shown(_ scalar: Unicode.Scalar) -> String {
        scalar.value < 0x20 || scalar.value == 0x7F ? "U+" + String(scalar.value, radix: 16) : String(scalar)
    }
}
