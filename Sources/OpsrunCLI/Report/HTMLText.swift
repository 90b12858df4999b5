/// Text of others in HTML, SVG and XML: nothing in it can open a tag, end an attribute or reorder what is read.
package enum HTMLText {
    /// For elements and for attributes between double or single quotes. Control characters and bidirectional overrides are
    /// written as `\u{…}`, as on a terminal.
    package static func escape(_ text: String, keepLines: Bool = false) -> String {
        let safe = SafeText.escape(text, keepLines: keepLines)
        if safe.utf8.allSatisfy({ $0 < 0x80 && !"&<>\"'".utf8.contains($0) }) { return safe }
        var result = ""
        for scalar in safe.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            // No characters, and not allowed in XML.
            case "\u{FFFE}", "\u{FFFF}": result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// At most so many characters, with an ellipsis where something is missing; then escaped.
    package static func clipped(_ text: String, _ count: Int) -> String {
        // Bytes first: counting the characters of a long text is not free.
        guard text.utf8.count > count, text.count > count else { return escape(text) }
        return escape(String(text.prefix(max(0, count - 1)))) + "…"
    }

    /// A coordinate: one decimal, finite, without an exponent.
    static func number(_ value: Double) -> String {
        guard value.isFinite else { return "0" }
        let tenths = Int64((min(max(value, -1e9), 1e9) * 10).rounded())
        let (whole, rest) = (tenths / 10, abs(tenths % 10))
        let sign = tenths < 0 && whole == 0 ? "-" : ""
        return rest == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(rest)"
    }
}
