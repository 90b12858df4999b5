/// Diagnostics as text for a person: `file:line:col: error: message (hint)`, the source line, a caret under the place.
///
/// What a file says is shown without control characters, so that a hostile line cannot move the cursor or change colours.
package enum DiagnosticText {
    /// How much of a line is shown.
    package static let maximumColumns = 160

    package static func render(_ diagnostics: [Diagnostic], sources: [SourceFile]) -> String {
        var lines: [String: [Substring.UTF8View]] = [:]
        var texts: [String: String] = [:]
        for source in sources where texts[source.path] == nil { texts[source.path] = source.text }
        var output = ""
        for diagnostic in diagnostics {
            output += escaped(diagnostic.description) + "\n"
            let file = diagnostic.span.file
            if lines[file] == nil, let text = texts[file] { lines[file] = split(text) }
            guard let all = lines[file], diagnostic.span.line >= 1, diagnostic.span.line <= all.count else { continue }
            output += excerpt(String(Substring(all[diagnostic.span.line - 1])), diagnostic.span)
        }
        return output
    }

    private static func split(_ text: String) -> [Substring.UTF8View] {
        text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { line in
            line.last == UInt8(ascii: "\r") ? line.dropLast() : line
        }
    }

    private static func excerpt(_ line: String, _ span: SourceSpan) -> String {
        let scalars = Array(line.unicodeScalars)
        let start = min(max(span.column - 1, 0), scalars.count)
        let end = span.endLine > span.line ? scalars.count : min(max(span.endColumn - 1, start), scalars.count)
        let first = start > maximumColumns - 40 ? start - 40 : 0
        let last = min(scalars.count, first + maximumColumns)
        func text(_ range: Range<Int>) -> String {
            var view = String.UnicodeScalarView()
            view.append(contentsOf: scalars[range])
            return String(view)
        }
        let indent = scalars[first..<start].map { $0 == "\t" ? "\t" : String(repeating: " ", count: shown($0).count) }
        let width = scalars[start..<max(start, min(end, last))].reduce(0) { $0 + shown($1).count }
        let caret = "^" + String(repeating: "~", count: max(0, width - 1))
        return "    " + escaped(text(first..<last)) + "\n    " + indent.joined() + caret + "\n"
    }

    /// The text with control characters, bidirectional marks and the like spelled out; tabs stay.
    package static func escaped(_ text: String) -> String {
        let isClean = text.utf8.allSatisfy { ($0 >= 0x20 && $0 < 0x7F) || $0 == UInt8(ascii: "\t") }
        return isClean ? text : text.unicodeScalars.map { $0 == "\t" ? "\t" : shown($0) }.joined()
    }

    private static func shown(_ scalar: Unicode.Scalar) -> String {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
            "\\u{\(String(scalar.value, radix: 16))}"
        default: String(scalar)
        }
    }
}
