/// Text of others in Markdown, and Markdown that has to fit somewhere.
package enum MarkdownText {
    /// In a line or a cell of a table: no marks, no links, no mentions, no tags.
    package static func inline(_ text: String, most: Int = 400) -> String {
        var result = String.UnicodeScalarView()
        // Scalar by scalar: a joiner behind a mark makes another character of it, and Markdown reads the mark.
        for (count, scalar) in SafeText.escape(text).unicodeScalars.enumerated() {
            if count == most {
                result.append("…")
                break
            }
            switch scalar {
            case "<": result += "&lt;".unicodeScalars
            case ">": result += "&gt;".unicodeScalars
            case "&": result += "&amp;".unicodeScalars
            default:
                if "\\`*_{}[]()#!|~@$".unicodeScalars.contains(scalar) { result.append("\\") }
                result.append(scalar)
            }
            // A name after @ is told by mail that it was mentioned, escaped or not.
            if scalar == "@" { result.append("\u{200B}") }
        }
        return String(result)
    }

    /// Between backticks: there only a backtick, a bar and a line end have a meaning.
    package static func code(_ text: String, most: Int = 200) -> String {
        let safe = SafeText.escape(text.count > most ? text.prefix(most) + "…" : text)
        let plain = String(
            String.UnicodeScalarView(safe.unicodeScalars.map { $0 == "`" ? "'" : $0 == "|" ? "¦" : $0 }))
        return plain.isEmpty ? "" : "`\(plain)`"
    }

    /// Longer than any run of backticks inside, so that nothing inside ends it.
    package static func fence(for text: String) -> String {
        var longest = 0
        var run = 0
        for byte in text.utf8 {
            run = byte == UInt8(ascii: "`") ? run + 1 : 0
            longest = max(longest, run)
        }
        return String(repeating: "`", count: max(3, longest + 1))
    }

    /// At most `limit` bytes: cut at the end of a line, what was open there closed, and `sentence` behind it.
    package static func cut(_ text: String, to limit: Int, saying sentence: String) -> String {
        guard text.utf8.count > limit else { return text }
        let end = "\n\(sentence)\n"
        // Room for what has to be closed: a fence and some folds.
        let room = max(0, limit - end.utf8.count - 200)
        var kept = ""
        var fence: String?
        var folds = 0
        var size = 0
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            size += line.utf8.count + 1
            guard size <= room else { break }
            kept += line + "\n"
            if let open = fence {
                if line == open { fence = nil }
            } else if line.hasPrefix("```") {
                fence = String(line.prefix { $0 == "`" })
            } else {
                if line.contains("<details>") { folds += 1 }
                if line.contains("</details>") { folds -= 1 }
            }
        }
        if let fence { kept += fence + "\n" }
        kept += String(repeating: "\n</details>\n", count: max(0, min(folds, 5)))
        let whole = kept + end
        return whole.utf8.count <= limit ? whole : ""
    }
}
