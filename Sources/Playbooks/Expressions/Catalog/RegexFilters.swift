import Values

extension Catalog {
    private static let flags: [Definition.Parameter] = [
        .init("multiline", .bool, optional: true), .init("ignorecase", .bool, optional: true),
    ]

    static let regexFilters: [Definition] = [
        Definition(
            "regex_replace",
            [
                .init("pattern", .string, isPattern: true), .init("replacement", .string, optional: true),
                .init("ignorecase", .bool, optional: true), .init("multiline", .bool, optional: true),
                .init("count", .int, optional: true), .init("mandatory_count", .int, optional: true),
            ], "The text with each match replaced; `\\\\1` and `\\\\g<name>` stand for groups",
            check: { $0.input(.string) ? .string : nil },
            run: { call in
                let options = Pattern.Options(ignoreCase: try call.flag(2), multiline: try call.flag(3))
                let pattern = try call.evaluator.pattern(try call.text(0, default: ""), options)
                let limit = try call.int(4, default: 0)
                let text = try call.text()
                let matches = try pattern.matches(in: text, limit: limit <= 0 ? .max : limit)
                let wanted = try call.int(5, default: 0)
                guard matches.count >= wanted else {
                    throw ExpressionFailure(.value, "the pattern matches \(matches.count) times, \(wanted) are wanted")
                }
                let template = try Replacement(try call.text(1, default: ""), pattern)
                return .string(try template.apply(to: text, matches))
            }),
        Definition(
            "regex_search",
            [
                .init("regex", .string, isPattern: true), .init("ignorecase", .bool, optional: true, keyword: true),
                .init("multiline", .bool, optional: true, keyword: true),
            ], rest: true,
            "The first match, or none; with `\\\\1` or `\\\\g<name>`, the list of these groups",
            check: { call in
                guard call.input(.string) else { return nil }
                return call.arguments.rest.isEmpty ? .optional(.string) : .optional(.list(.string))
            },
            run: { call in
                let options = Pattern.Options(ignoreCase: try call.flag(1), multiline: try call.flag(2))
                let pattern = try call.evaluator.pattern(try call.text(0, default: ""), options)
                let text = try call.text()
                guard let match = try pattern.first(in: text) else { return .null }
                let bytes = Array(text.utf8)
                func part(_ range: Range<Int>?) -> Value {
                    range.map { .string(String(decoding: bytes[$0], as: UTF8.self)) } ?? .null
                }
                guard !call.arguments.rest.isEmpty else { return part(match[0]) }
                return .list(
                    try call.arguments.rest.map { argument in
                        guard case .string(let reference) = argument else {
                            throw call.mismatch("'\\\\1' or '\\\\g<name>'", argument)
                        }
                        return part(match[try Replacement.group(reference, pattern)])
                    })
            }),
        Definition(
            "regex_findall", [.init("regex", .string, isPattern: true)] + flags,
            "All matches: texts, or lists where the pattern has groups",
            check: { call in
                guard call.input(.string) else { return nil }
                guard case .string(let text)? = call.constant(0), let pattern = try? Pattern(text) else {
                    return .list(.json)
                }
                return .list(pattern.groupCount > 1 ? .list(.string) : .string)
            },
            run: { call in
                let options = Pattern.Options(ignoreCase: try call.flag(2), multiline: try call.flag(1))
                let pattern = try call.evaluator.pattern(try call.text(0, default: ""), options)
                let text = try call.text()
                let bytes = Array(text.utf8)
                func part(_ range: Range<Int>?) -> Value {
                    .string(range.map { String(decoding: bytes[$0], as: UTF8.self) } ?? "")
                }
                return .list(
                    try pattern.matches(in: text, limit: .max).map { match in
                        switch match.count {
                        case 1: part(match[0])
                        case 2: part(match[1])
                        default: .list(match.dropFirst().map(part))
                        }
                    })
            }),
    ]
}

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
