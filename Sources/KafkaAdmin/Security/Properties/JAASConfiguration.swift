/// The value of `sasl.jaas.config`: one login module with its options, in the grammar of Kafka's `JaasConfig`, which is
/// that of `java.io.StreamTokenizer`:
///
///     CLASS required|requisite|sufficient|optional name="value" … ;
struct JAASConfiguration: Sendable {
    /// A sentence without a final dot; never quotes a value.
    struct Malformed: Error, Sendable, Hashable {
        var message: String
    }

    let module: String
    /// The last one of a name counts.
    let options: [String: String]

    /// Where a quote is missing, what stands in the place of a name may be a part of a password.
    private static func shown(_ name: String) -> String {
        known.contains(name) ? "the option \(name)" : "an option"
    }

    private static let known: Set<String> = [
        "username", "password", "tokenauth", "clientId", "clientSecret", "scope", "ssl.truststore.location",
        "ssl.truststore.password",
    ]
    private static let flags: Set<String> = ["required", "requisite", "sufficient", "optional"]

    init(_ text: String) throws(Malformed) {
        var tokens = JAASTokens(text)
        guard let first = tokens.next() else { throw Malformed(message: "no login module is named") }
        guard let module = first.text else { throw Malformed(message: "it begins with the class of a login module") }
        guard let flag = tokens.next()?.text, Self.flags.contains(flag.lowercased()) else {
            throw Malformed(message: "the login module is followed by required, requisite, sufficient or optional")
        }
        var options: [String: String] = [:]
        while true {
            guard let token = tokens.next() else { throw Malformed(message: "it does not end with a semicolon") }
            if token == .other(";") { break }
            guard let name = token.text else {
                throw Malformed(message: "an option is written name=\"value\"")
            }
            guard tokens.next() == .other("="), let value = tokens.next() else {
                throw Malformed(message: "\(Self.shown(name)) has no value")
            }
            guard let text = value.text else {
                throw Malformed(message: "the value of \(Self.shown(name)) must stand in quotes")
            }
            options[name] = text
        }
        guard tokens.next() == nil else {
            throw Malformed(message: "exactly one login module is expected")
        }
        self.module = module
        self.options = options
    }
}

/// Java's `StreamTokenizer` as Kafka sets it up: `//` and `/* */` comments (a lone `/` begins one too), quotes with the
/// escapes of C, words of letters, digits, `.`, `-`, `_` and `$`.
private struct JAASTokens {
    enum Token: Equatable {
        case word(String)
        case quoted(String)
        /// A number, which is no text for the grammar.
        case number
        case other(Unicode.Scalar)

        var text: String? {
            switch self {
            case .word(let text), .quoted(let text): text
            case .number, .other: nil
            }
        }
    }

    private var rest: ArraySlice<Unicode.Scalar>

    init(_ text: String) { rest = Array(text.unicodeScalars)[...] }

    mutating func next() -> Token? {
        while let scalar = rest.first {
            if scalar.value <= 32 {
                rest = rest.dropFirst()
            } else if scalar == "/" {
                skipComment()
            } else if scalar == "\"" || scalar == "'" {
                return .quoted(quoted(by: scalar))
            } else if isDigit(scalar) || scalar == "." || scalar == "-" {
                return number()
            } else if isLetter(scalar) {
                let word = rest.prefix { isLetter($0) || isDigit($0) || $0 == "." || $0 == "-" }
                rest = rest.dropFirst(word.count)
                return .word(Self.text(word))
            } else {
                rest = rest.dropFirst()
                return .other(scalar)
            }
        }
        return nil
    }

    private mutating func skipComment() {
        if rest.dropFirst().first == "*" {
            rest = rest.dropFirst(2)
            while !rest.isEmpty, !(rest.first == "*" && rest.dropFirst().first == "/") { rest = rest.dropFirst() }
            rest = rest.dropFirst(2)
        } else {
            while let scalar = rest.first, !isLineEnd(scalar) { rest = rest.dropFirst() }
        }
    }

    private mutating func number() -> Token {
        let digits = rest.dropFirst(rest.first == "-" ? 1 : 0).prefix { isDigit($0) || $0 == "." }
        if digits.isEmpty {
            rest = rest.dropFirst()
            return .other("-")
        }
        rest = rest[digits.endIndex...]
        return .number
    }

    /// An open quote ends with its line.
    private mutating func quoted(by quote: Unicode.Scalar) -> String {
        rest = rest.dropFirst()
        var result: [Unicode.Scalar] = []
        while let scalar = rest.first, !isLineEnd(scalar) {
            rest = rest.dropFirst()
            if scalar == quote { break }
            guard scalar == "\\" else {
                result.append(scalar)
                continue
            }
            guard let escaped = rest.popFirst() else { break }
            switch escaped {
            case "0"..."7": result.append(octal(escaped))
            case "a": result.append("\u{7}")
            case "b": result.append("\u{8}")
            case "f": result.append("\u{C}")
            case "n": result.append("\n")
            case "r": result.append("\r")
            case "t": result.append("\t")
            case "v": result.append("\u{B}")
            default: result.append(escaped)
            }
        }
        return Self.text(result[...])
    }

    /// One to three digits, up to 377.
    private mutating func octal(_ first: Unicode.Scalar) -> Unicode.Scalar {
        var value = UInt8(truncatingIfNeeded: first.value - 0x30)
        for _ in 0..<(value <= 3 ? 2 : 1) {
            guard let digit = rest.first, ("0"..."7").contains(digit) else { break }
            value = value << 3 | UInt8(truncatingIfNeeded: digit.value - 0x30)
            rest = rest.dropFirst()
        }
        return Unicode.Scalar(value)
    }

    private func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }
    private func isLineEnd(_ scalar: Unicode.Scalar) -> Bool { scalar == "\n" || scalar == "\r" }

    private func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || scalar == "_" || scalar == "$"
            || scalar.value >= 160
    }

    private static func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }
}
