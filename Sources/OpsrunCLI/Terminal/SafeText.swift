/// Text of a remote (a broker's error, a command's output, a topic's name) made safe for a terminal: nothing in it can
/// move the cursor, change the title or reorder what is read.
package enum SafeText {
    /// The lines of a text of several, each escaped; at least one.
    package static func lines(_ text: String) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { escape(String($0)) }
    }

    /// Control characters, bidirectional overrides and line separators become `\u{…}`; a tab becomes a space. Line ends
    /// stay only when `keepLines` is set.
    package static func escape(_ text: String, keepLines: Bool = false) -> String {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x0A where keepLines: result.unicodeScalars.append(scalar)
            case 0x09: result += " "
            case 0...0x1F, 0x7F...0x9F, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF,
                0xFFF9...0xFFFB, 0xE0000...0xE007F:
                result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
