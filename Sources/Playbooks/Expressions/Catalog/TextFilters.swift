import Values

extension Catalog {
    static let textFilters: [Definition] =
        caseFilters + cuttingFilters + layoutFilters + codingFilters

    private static let caseFilters: [Definition] = [
        Definition("lower", .string, gives: .string, "The text in lower case") { .string(Text.lower(try $0.text())) },
        Definition("upper", .string, gives: .string, "The text in upper case") { .string(Text.upper(try $0.text())) },
        Definition("capitalize", .string, gives: .string, "The first letter in upper case, the rest in lower case") {
            .string(Text.capitalize(try $0.text()))
        },
        Definition("title", .string, gives: .string, "The first letter of each word in upper case") {
            .string(title(try $0.text()))
        },
    ]

    private static let cuttingFilters: [Definition] = [
        Definition(
            "trim", .string, [.init("chars", .string, optional: true)], gives: .string,
            "The text without blanks, or the given characters, at both ends"
        ) { call in
            guard let characters = try call.text(0) else { return .string(Text.trim(try call.text())) }
            let dropped = Set(characters.unicodeScalars)
            return .string(Text.trim(try call.text()) { dropped.contains($0) })
        },
        Definition(
            "replace", .string,
            [.init("old", .string), .init("new", .string), .init("count", .optional(.int), optional: true)],
            gives: .string,
            "The text with one part replaced by another, as often as it occurs or `count` times"
        ) { call in
            .string(
                try Text.replace(
                    try call.text(), call.text(0, default: ""), call.text(1, default: ""),
                    count: call.int(2, default: -1)))
        },
        Definition(
            "split", .string,
            [.init("sep", .optional(.string), optional: true), .init("maxsplit", .int, optional: true)],
            gives: .list(.string), "The parts between separators, or between runs of blanks"
        ) { call in
            .list(
                try Text.split(try call.text(), try call.text(0), limit: call.int(1, default: -1)).map { .string($0) })
        },
        Definition(
            "truncate", .string,
            [
                .init("length", .int, optional: true), .init("killwords", .bool, optional: true),
                .init("end", .string, optional: true), .init("leeway", .optional(.int), optional: true),
            ], gives: .string,
            "The text cut at a word, with an ellipsis, when it is longer than `length` and some leeway"
        ) { .string(try truncate($0)) },
        Definition("wordcount", .string, gives: .int, "How many words the text has") { call in
            let pattern = try call.evaluator.pattern("\\w+")
            return .int(Int64(try pattern.matches(in: try call.text(), limit: .max).count))
        },
        Definition(
            "regex_escape", .string, [.init("re_type", .string, optional: true, oneOf: ["python"])], gives: .string,
            "The text as a regular expression that matches just it"
        ) { .string(escapePattern(try $0.text())) },
        Definition("quote", .string, gives: .string, "The text as one word of a shell command") {
            .string(shellQuote(try $0.text()))
        },
        Definition(
            "comment", .string, [.init("style", .string, optional: true, oneOf: ["plain"])], gives: .string,
            "The text with '# ' before each line"
        ) { call in
            let lines = try call.text().split(separator: "\n", omittingEmptySubsequences: false)
            return .string("#\n" + lines.map { $0.isEmpty ? "#" : "# \($0)" }.joined(separator: "\n") + "\n#")
        },
    ]

    private static let layoutFilters: [Definition] = [
        Definition(
            "center", .string, [.init("width", .int, optional: true)], gives: .string,
            "The text in the middle of `width` columns"
        ) {
            call in
            let text = try call.text()
            let width = try bounded(call.int(0, default: 80))
            let margin = width - Text.length(text)
            guard margin > 0 else { return .string(text) }
            let left = margin / 2 + (margin & width & 1)
            return .string(String(repeating: " ", count: left) + text + String(repeating: " ", count: margin - left))
        },
        Definition(
            "indent", .string,
            [
                .init("width", nil, optional: true), .init("first", .bool, optional: true),
                .init("blank", .bool, optional: true),
            ], gives: .string, "The text with every line but the first set in"
        ) { .string(try indent($0)) },
        Definition(
            "wordwrap", .string,
            [
                .init("width", .int, optional: true), .init("break_long_words", .bool, optional: true),
                .init("wrapstring", .optional(.string), optional: true),
                .init("break_on_hyphens", .bool, optional: true),
            ], gives: .string, "The text in lines of at most `width` columns"
        ) { .string(try WordWrap.wrap($0)) },
        Definition(
            "format", rest: true, names: true, "The text with %s, %d, … filled in, as printf does",
            check: { call in
                guard call.input(.string) else { return nil }
                for value in call.arguments.rest + call.arguments.names.map(\.value) {
                    guard let type = value.type, !type.isText, type != .json else { continue }
                    call.report(
                        "\(type.shown) cannot stand in text", hint: "write x | to_json or x | ternary('…', '…')")
                    return nil
                }
                return .string
            },
            run: { .string(try PercentFormat.format(try $0.text(), $0.arguments.rest, $0.arguments.names)) }),
    ]

    private static let codingFilters: [Definition] = [
        Definition(
            "b64encode", .string, [.init("encoding", .string, optional: true, oneOf: ["utf-8", "utf8"])],
            gives: .string, "The text's UTF-8 in base64"
        ) {
            .string(Base64.encode(Array(try $0.text().utf8)))
        },
        Definition(
            "b64decode", .string, [.init("encoding", .string, optional: true, oneOf: ["utf-8", "utf8"])],
            gives: .string, "The UTF-8 text that base64 spells"
        ) {
            .string(try Base64.decode(try $0.text()))
        },
        Definition(
            "urlencode", taints: true, "The text, or a map as a query, escaped for a URL",
            check: { call in
                switch call.type {
                case .string, .json, .record, .map: return .string
                default:
                    call.mismatch("string or map")
                    return nil
                }
            },
            run: { call in
                switch call.value {
                case .map(let map):
                    return .string(
                        try map.map { key, value in
                            guard let text = value.scalarText else { throw call.mismatch("a map of texts", value) }
                            return percentEncode(key, safe: "", plus: true) + "="
                                + percentEncode(text, safe: "", plus: true)
                        }.joined(separator: "&"))
                default: return .string(percentEncode(try call.text(), safe: "/", plus: false))
                }
            }),
        Definition(
            "hash", .string, [.init("hashtype", .string, optional: true)], gives: .string,
            "A digest of the text in hexadecimal"
        ) {
            .string(try Digest.hex(try $0.text(), try $0.text(0, default: "sha1")))
        },
        Definition("checksum", .string, gives: .string, "The SHA-1 digest of the text in hexadecimal") {
            .string(try Digest.hex(try $0.text(), "sha1"))
        },
        Definition("sha1", .string, gives: .string, "The SHA-1 digest of the text in hexadecimal") {
            .string(try Digest.hex(try $0.text(), "sha1"))
        },
        Definition("md5", .string, gives: .string, "The MD5 digest of the text in hexadecimal") {
            .string(try Digest.hex(try $0.text(), "md5"))
        },
        Definition("sha256", .string, gives: .string, "The SHA-256 digest of the text in hexadecimal") {
            .string(try Digest.hex(try $0.text(), "sha256"))
        },
    ]

    private static func title(_ text: String) -> String {
        let separators: Set<Unicode.Scalar> = ["-", "(", "{", "[", "<"]
        var result = ""
        var word: [Unicode.Scalar] = []
        func flush() {
            guard let first = word.first else { return }
            result += first.properties.uppercaseMapping + Text.lower(Text.string(word.dropFirst()))
            word = []
        }
        for scalar in text.unicodeScalars {
            if separators.contains(scalar) || Characters.isSpace(scalar) {
                flush()
                result.unicodeScalars.append(scalar)
            } else {
                word.append(scalar)
            }
        }
        flush()
        return result
    }

    private static func truncate(_ call: DefinitionRun) throws -> String {
        let text = Text.scalars(try call.text())
        let length = try call.int(0, default: 255)
        let end = try call.text(2, default: "...")
        let leeway = try call.int(3, default: 5)
        let room = length - Text.length(end)
        guard room >= 0 else { throw ExpressionFailure(.value, "'truncate' needs room for the ellipsis '\(end)'") }
        guard leeway >= 0 else { throw ExpressionFailure(.value, "the leeway of 'truncate' is not negative") }
        if text.count - leeway <= length { return Text.string(text) }
        let cut = text.prefix(room)
        if try call.flag(1) { return Text.string(cut) + end }
        return Text.string(cut[..<(cut.lastIndex(of: " ") ?? cut.endIndex)]) + end
    }

    private static func indent(_ call: DefinitionRun) throws -> String {
        let indention: String =
            switch call[0] {
            case .string(let text): text
            case nil: "    "
            default: String(repeating: " ", count: try bounded(call.int(0, default: 4)))
            }
        let first = try call.flag(1)
        let lines = Text.lines(try call.text() + "\n")
        var result = lines.first ?? ""
        let blank = try call.flag(2)
        for line in lines.dropFirst() {
            result += "\n" + (line.isEmpty && !blank ? "" : indention) + line
            guard result.utf8.count <= ExpressionLimits.textLength else { throw Budget.text() }
        }
        return (first ? indention : "") + result
    }

    /// A width that a text may have.
    static func bounded(_ width: Int) throws -> Int {
        guard width <= ExpressionLimits.textLength else { throw Budget.text() }
        return max(0, width)
    }

    private static func escapePattern(_ text: String) -> String {
        let special = Set("()[]{}?*+-|^$\\.&~# \t\n\r\u{B}\u{C}".unicodeScalars)
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if special.contains(scalar) { result.append("\\") }
            result.append(scalar)
        }
        return String(result)
    }

    static func shellQuote(_ text: String) -> String {
        let plain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "@%+=:,./-_".utf8.contains(byte)
            }
        }
        if plain, !text.isEmpty { return text }
        return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\"'\"'") + "'"
    }

    private static func percentEncode(_ text: String, safe: String, plus: Bool) -> String {
        let unreserved = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~".utf8).union(safe.utf8)
        var result = ""
        for byte in text.utf8 {
            if unreserved.contains(byte) {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else if plus, byte == UInt8(ascii: " ") {
                result += "+"
            } else {
                let hex = String(byte, radix: 16, uppercase: true)
                result += "%" + (hex.utf8.count < 2 ? "0" : "") + hex
            }
        }
        return result
    }
}
