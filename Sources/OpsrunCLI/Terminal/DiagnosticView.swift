package import Playbooks
package import Values

/// Problems of files for their author: place, sentence, the line with a caret under it, and what to write instead.
package struct DiagnosticView: Sendable {
    private let style: Style
    private let width: Int
    /// The text of a file by its path; nil where it cannot be shown.
    private let source: @Sendable (String) -> String?

    package init(style: Style, width: Int, source: @escaping @Sendable (String) -> String?) {
        self.style = style
        self.width = max(width, Surroundings.narrowest)
        self.source = source
    }

    /// All of them in the order of their places, then how many.
    package func text(_ diagnostics: [Diagnostic]) -> String {
        let sorted = Self.sorted(diagnostics)
        var files: [String: [Int: Substring]] = [:]
        for (file, wanted) in Dictionary(grouping: sorted, by: \.span.file) {
            files[file] = source(file).map { Self.lines(Set(wanted.map(\.span.line)), of: $0) }
        }
        return sorted.map { one($0, line: files[$0.span.file]?[$0.span.line]) }.joined(separator: "\n")
    }

    /// One line a problem, as compilers write it.
    package func plain(_ diagnostics: [Diagnostic]) -> String {
        Self.sorted(diagnostics).map { diagnostic in
            let hint = diagnostic.hint.map { " (\(SafeText.escape($0)))" } ?? ""
            return "\(SafeText.escape(diagnostic.span.description)): \(diagnostic.severity): "
                + "\(SafeText.escape(diagnostic.message))\(hint) [\(diagnostic.code)]\n"
        }.joined()
    }

    /// `2 errors and 1 warning`; empty for none.
    package static func summary(_ diagnostics: [Diagnostic]) -> String {
        let errors = diagnostics.count { $0.severity == .error }
        let warnings = diagnostics.count - errors
        func counted(_ count: Int, _ noun: String) -> String? {
            count == 0 ? nil : "\(count) \(noun)\(count == 1 ? "" : "s")"
        }
        return [counted(errors, "error"), counted(warnings, "warning")].compactMap { $0 }.joined(separator: " and ")
    }

    /// `{"diagnostics": [{file, line, column, severity, code, message, hint?}]}`.
    package static func json(_ diagnostics: [Diagnostic]) -> Value { ["diagnostics": .list(items(diagnostics))] }

    /// Each as a map; `line` and `column` are null for what the command line said.
    package static func items(_ diagnostics: [Diagnostic]) -> [Value] {
        sorted(diagnostics).map { diagnostic -> Value in
            var map: ValueMap = [
                "file": .string(diagnostic.span.file),
                "line": diagnostic.span.hasPlace ? .int(Int64(diagnostic.span.line)) : .null,
                "column": diagnostic.span.hasPlace ? .int(Int64(diagnostic.span.column)) : .null,
                "severity": .string(diagnostic.severity.rawValue),
                "code": .string(diagnostic.code), "message": .string(diagnostic.message),
            ]
            if let hint = diagnostic.hint { map["hint"] = .string(hint) }
            return .map(map)
        }
    }

    /// One JSON object a line.
    package static func jsonLines(_ diagnostics: [Diagnostic]) -> String {
        items(diagnostics).map { JSON.text($0) + "\n" }.joined()
    }

    /// By file, line and column; a problem reported twice is shown once.
    package static func sorted(_ diagnostics: [Diagnostic]) -> [Diagnostic] {
        var seen = Set<Diagnostic>()
        return diagnostics.filter { seen.insert($0).inserted }.sorted { left, right in
            (left.span.file, left.span.line, left.span.column, left.message)
                < (right.span.file, right.span.line, right.span.column, right.message)
        }
    }

    /// The lines with these numbers, the first one being 1. By bytes: a file of a megabyte is shown in a millisecond.
    private static func lines(_ numbers: Set<Int>, of text: String) -> [Int: Substring] {
        var found: [Int: Substring] = [:]
        let bytes = text.utf8
        var (number, start) = (1, bytes.startIndex)
        while found.count < numbers.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
            if numbers.contains(number) { found[number] = text[start..<end] }
            guard end < bytes.endIndex else { break }
            (number, start) = (number + 1, bytes.index(after: end))
        }
        return found
    }

    private func one(_ diagnostic: Diagnostic, line: Substring?) -> String {
        let span = diagnostic.span
        let role: Style.Role = diagnostic.severity == .error ? .bad : .warning
        var text = style(.strong, SafeText.escape("\(span)")) + ": " + style(role, "\(diagnostic.severity)")
        text += ": \(SafeText.escape(diagnostic.message)) " + style(.quiet, "[\(diagnostic.code)]") + "\n"
        if let line {
            let number = "\(span.line)"
            let (line, place, length) = excerpt(line, span)
            let blank = String(repeating: " ", count: number.count)
            text += style(.quiet, " \(number) | ") + line + "\n"
            text += style(.quiet, " \(blank) | ") + String(repeating: " ", count: place)
            text += style(role, String(repeating: "^", count: max(1, length))) + "\n"
        }
        if let hint = diagnostic.hint { text += "   = " + style(.info, SafeText.escape(hint)) + "\n" }
        return text
    }

    /// The part of a line around the span that fits the width; where the caret stands, in columns.
    private func excerpt(_ line: Substring, _ span: SourceSpan) -> (line: String, place: Int, length: Int) {
        let room = max(20, width - 12)
        // One more than can be shown tells whether the line goes on.
        let scalars = Array(line.unicodeScalars.lazy.filter { $0 != "\r" }.prefix(max(0, span.column) + room + 1))
        let start = min(max(0, span.column - 1), scalars.count)
        let end = span.endLine == span.line ? min(max(start, span.endColumn - 1), scalars.count) : scalars.count
        let from = start > room / 2 && scalars.count > room ? start - room / 2 : 0
        let to = min(scalars.count, from + room)
        func shown(_ range: Range<Int>) -> String {
            guard range.lowerBound < range.upperBound else { return "" }
            var view = String.UnicodeScalarView()
            view.append(contentsOf: scalars[range])
            return SafeText.escape(String(view))
        }
        let before = TextLayout.columns(of: shown(from..<start))
        let length = TextLayout.columns(of: shown(start..<max(start, min(end, to))))
        let head = from > 0 ? "…" : ""
        return (head + shown(from..<to) + (to < scalars.count ? "…" : ""), before + head.count, length)
    }
}
