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
