import Values

/// The replacement of `regex_replace`: text with `\1`, `\g<1>` and `\g<name>`, and Python's escapes.
struct Replacement {
    private enum Part {
        case text([UInt8])
        case group(Int)
    }

    private var parts: [Part] = []

    init(_ template: String, _ pattern: Pattern) throws {
        let scalars = Text.scalars(template)
        var place = 0
        var text: [UInt8] = []
        func take() -> Unicode.Scalar? {
            guard place < scalars.count else { return nil }
            defer { place += 1 }
            return scalars[place]
        }
        while let scalar = take() {
            guard scalar == "\\" else {
                text += String(scalar).utf8
                continue
            }
            guard let escape = take() else { throw ExpressionFailure(.value, "the replacement ends with a backslash") }
            switch escape {
            case "g":
                guard take() == "<", let end = scalars[place...].firstIndex(of: ">") else {
                    throw ExpressionFailure(.value, "'\\g' in the replacement needs <name>")
                }
                parts += [.text(text), .group(try Self.group(Text.string(scalars[place..<end]), in: pattern))]
                text = []
                place = end + 1
            case "1"..."9":
                var number = Int(escape.value - 48)
                if place < scalars.count, Characters.isDigit(scalars[place]) {
                    number = number * 10 + Int(scalars[place].value - 48)
                    place += 1
                }
                guard number <= pattern.groupCount else {
                    throw ExpressionFailure(.value, "the pattern has no group \(number)")
                }
                parts += [.text(text), .group(number)]
                text = []
            case "n": text += "\n".utf8
            case "t": text += "\t".utf8
            case "r": text += "\r".utf8
            case "\\": text += "\\".utf8
            default:
                guard !escape.properties.isAlphabetic || !escape.isASCII, !Characters.isDigit(escape) else {
                    throw ExpressionFailure(.value, "the replacement has an unknown escape '\\\(escape)'")
                }
                text += ("\\" + String(escape)).utf8
            }
        }
        parts.append(.text(text))
    }

    func apply(to text: String, _ matches: [Pattern.Match]) throws -> String {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var from = 0
        for match in matches {
            guard let whole = match[0] else { continue }
            result += bytes[from..<max(from, whole.lowerBound)]
            for part in parts {
                switch part {
                case .text(let text): result += text
                case .group(let group): if let range = match[group] { result += bytes[range] }
                }
            }
            guard result.count <= ExpressionLimits.textLength else { throw Budget.text() }
            from = whole.upperBound
        }
        return String(decoding: result + bytes[from...], as: UTF8.self)
    }

    /// The group that `\1` or `\g<name>` names.
    static func group(_ reference: String, _ pattern: Pattern) throws -> Int {
        if reference.hasPrefix("\\g<"), reference.hasSuffix(">") {
            return try group(String(reference.dropFirst(3).dropLast()), in: pattern)
        }
        if reference.hasPrefix("\\"), let number = Int(reference.dropFirst()), (0...pattern.groupCount).contains(number)
        {
            return number
        }
        throw ExpressionFailure(
            .value, "'\(reference)' names no group of the pattern", hint: "write '\\\\1' or '\\\\g<name>'")
    }

    private static func group(_ name: String, in pattern: Pattern) throws -> Int {
        if let number = Int(name), (0...pattern.groupCount).contains(number) { return number }
        guard let number = pattern.group(named: name) else {
            throw ExpressionFailure(.value, "the pattern has no group '\(name)'")
        }
        return number
    }
}
