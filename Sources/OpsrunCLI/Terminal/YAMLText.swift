package import Values

/// A value as YAML 1.2 in block style: what `--output json` says, for eyes. Reads back as the same JSON.
package enum YAMLText {
    package static func text(_ value: Value) -> String {
        switch value {
        case .map(let map) where !map.isEmpty: block(map, indent: "")
        case .list(let list) where !list.isEmpty: block(list, indent: "")
        default: scalar(value) + "\n"
        }
    }

    private static func block(_ map: ValueMap, indent: String) -> String {
        map.map { key, value in "\(indent)\(plainOrQuoted(key)):" + nested(value, indent: indent) }.joined()
    }

    private static func nested(_ value: Value, indent: String) -> String {
        switch value {
        case .map(let map) where !map.isEmpty: "\n" + block(map, indent: indent + "  ")
        case .list(let list) where !list.isEmpty: "\n" + block(list, indent: indent + "  ")
        default: " " + scalar(value) + "\n"
        }
    }

    private static func block(_ list: [Value], indent: String) -> String {
        list.map { item in
            switch item {
            case .map(let map) where !map.isEmpty:
                // The first key stands on the line of its dash.
                indent + "- " + block(map, indent: indent + "  ").dropFirst(indent.count + 2)
            case .list(let inner) where !inner.isEmpty:
                indent + "- " + block(inner, indent: indent + "  ").dropFirst(indent.count + 2)
            default: indent + "- " + scalar(item) + "\n"
            }
        }.joined()
    }

    private static func scalar(_ value: Value) -> String {
        switch value {
        case .string(let text): plainOrQuoted(text)
        case .map: "{}"
        case .list: "[]"
        default: JSON.text(value)
        }
    }

    /// Words that YAML 1.1 or 1.2 readers take for something else than text.
    private static let reserved: Set<String> = [
        "null", "true", "false", "yes", "no", "on", "off", "y", "n", "~",
    ]

    private static func plainOrQuoted(_ text: String) -> String {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, isLetter(first) || first == UInt8(ascii: "_"),
            bytes.allSatisfy({ isLetter($0) || (0x30...0x39).contains($0) || "_-./".utf8.contains($0) }),
            !reserved.contains(text.lowercased())
        else { return quoted(text) }
        return text
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    /// Double-quoted, with everything escaped that is not printable ASCII: safe for a terminal too.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x22, 0x5C: result += "\\\(scalar)"
            case 0x20...0x7E: result.unicodeScalars.append(scalar)
            case 0x0A: result += "\\n"
            case 0...0xFF: result += "\\x" + hex(scalar.value, 2)
            case 0...0xFFFF: result += "\\u" + hex(scalar.value, 4)
            default: result += "\\U" + hex(scalar.value, 8)
            }
        }
        return result + "\""
    }

    private static func hex(_ value: UInt32, _ width: Int) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
