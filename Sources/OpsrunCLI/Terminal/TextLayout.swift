/// Plain text in columns: pure functions over strings.
package enum TextLayout {
    /// Broken at spaces so that no line is longer than `width`, where the words allow.
    package static func wrap(_ text: String, width: Int) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            var result = ""
            var length = 0
            for word in line.split(separator: " ") {
                let size = columns(of: word)
                if length > 0, length + 1 + size > width {
                    result += "\n"
                    length = 0
                } else if length > 0 {
                    result += " "
                    length += 1
                }
                result += word
                length += size
            }
            return result
        }.joined(separator: "\n")
    }

    /// Filled with spaces up to `width` columns; never cut.
    package static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - columns(of: text)))
    }

    /// Cut to `width` columns, with an ellipsis where something is missing.
    package static func clip(_ text: String, _ width: Int) -> String {
        guard columns(of: text) > width else { return text }
        var result = ""
        var length = 0
        for character in text {
            let size = columns(of: String(character))
            if length + size > width - 1 { break }
            result.append(character)
            length += size
        }
        return width > 0 ? result + "…" : ""
    }

    /// How many columns a terminal gives it: wide East Asian characters and emoji take two.
    package static func columns(of text: some StringProtocol) -> Int {
        var count = 0
        for character in text {
            guard let scalar = character.unicodeScalars.first else { continue }
            count += isWide(scalar.value) ? 2 : 1
        }
        return count
    }

    private static func isWide(_ value: UInt32) -> Bool {
        switch value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
            true
        default: false
        }
    }

    /// A table as text, each line with its end.
    package static func lines(_ rows: [[String]], indent: String = "", width: Int? = nil) -> String {
        table(rows, indent: indent, width: width).map { $0 + "\n" }.joined()
    }

    /// What is left for a wrapped column when the others take nearly all of the width.
    private static let narrowestColumn = 20

    /// Columns as wide as their widest cell; the last one is not padded. A header row is underlined by nothing.
    ///
    /// With `width` the last column is wrapped, and goes on below its beginning.
    package static func table(
        _ rows: [[String]], indent: String = "", gap: String = "  ", width: Int? = nil
    ) -> [String] {
        var widths: [Int] = []
        for row in rows {
            for (index, cell) in row.enumerated() {
                if index == widths.count { widths.append(0) }
                widths[index] = max(widths[index], columns(of: cell))
            }
        }
        func trimmed(_ line: String) -> String {
            var line = line
            while line.last == " " { line.removeLast() }
            return line
        }
        return rows.flatMap { row -> [String] in
            guard let last = row.last else { return [trimmed(indent)] }
            let cells = row.indices.dropLast().map { pad(row[$0], widths[$0]) + gap }
            let head = indent + cells.joined()
            guard let width else { return [trimmed(head + last)] }
            let room = max(narrowestColumn, width - columns(of: head))
            let lines = wrap(last, width: room).split(separator: "\n", omittingEmptySubsequences: false)
            let blank = String(repeating: " ", count: columns(of: head))
            return lines.enumerated().map { trimmed(($0.offset == 0 ? head : blank) + $0.element) }
        }
    }
}
