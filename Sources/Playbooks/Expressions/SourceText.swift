/// The text of an expression or template with the way back to its place in a file.
struct SourceText: Sendable {
    let scalars: [Unicode.Scalar]
    let span: SourceSpan
    let mapping: TextMapping

    init(_ text: String, at span: SourceSpan, mapping: TextMapping) {
        scalars = Self.scalars(of: text)
        self.span = span
        self.mapping = mapping
    }

    /// A text that was read before.
    init(_ scalars: [Unicode.Scalar], at span: SourceSpan, mapping: TextMapping) {
        self.scalars = scalars
        self.span = span
        self.mapping = mapping
    }

    func dropLast() -> SourceText { SourceText(scalars.dropLast(), at: span, mapping: mapping) }

    /// The code points of a text. CR LF and CR become LF, as Jinja reads every source.
    private static func scalars(of text: String) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        result.reserveCapacity(text.utf8.count)
        var followsReturn = false
        for scalar in text.unicodeScalars {
            if scalar == "\n", followsReturn {
                followsReturn = false
                continue
            }
            followsReturn = scalar == "\r"
            result.append(followsReturn ? "\n" : scalar)
        }
        return result
    }

    func text(_ range: Range<Int>) -> String {
        let part = scalars[range.clamped(to: 0..<scalars.count)]
        guard part.allSatisfy(\.isASCII) else {
            var view = String.UnicodeScalarView()
            view.append(contentsOf: part)
            return String(view)
        }
        return String(unsafeUninitializedCapacity: part.count) { buffer in
            var count = 0
            for scalar in part {
                buffer[count] = UInt8(truncatingIfNeeded: scalar.value)
                count += 1
            }
            return count
        }
    }

    /// Where a range of code points stands in the file.
    func span(of range: Range<Int>) -> SourceSpan {
        guard mapping != .whole else { return span }
        let start = place(of: min(range.lowerBound, scalars.count))
        let end = place(of: min(range.upperBound, scalars.count))
        return SourceSpan(
            source: span.source,
            place: SourcePlace(
                line: UInt32(clamping: start.line), column: UInt32(clamping: start.column),
                endLine: UInt32(clamping: end.line), endColumn: UInt32(clamping: end.column)))
    }

    private func place(of offset: Int) -> (line: Int, column: Int) {
        if case .pieces(let pieces) = mapping {
            // What lies between two pieces is the end of the first one's line.
            guard let piece = pieces.last(where: { $0.offset <= offset }) ?? pieces.first else {
                return (span.line, span.column)
            }
            return (Int(piece.line), Int(piece.column) + max(0, offset - piece.offset))
        }
        let indent = if case .lines(let indent) = mapping { indent } else { 0 }
        var line = span.line
        var column = span.column
        for scalar in scalars[..<offset] {
            if scalar == "\n" {
                line += 1
                column = indent + 1
            } else {
                column += 1
            }
        }
        return (line, column)
    }
}

/// How the characters of a text lie in its file.
package enum TextMapping: Sendable, Hashable {
    /// A part of a text that stands in one line of the file.
    package struct Piece: Sendable, Hashable {
        /// In code points.
        var offset: Int
        var line: UInt32
        var column: UInt32
    }

    /// Line by line, as in block scalars: `|` and `>`.
    case pieces([Piece])
    /// One to one: the text's first character is the span's first, and each line after a newline starts `indent` columns in.
    case lines(indent: Int)
    /// Not one to one (escapes, lines folded in quotes): every message points to the whole scalar.
    case whole

    /// One to one; what plain and quoted scalars of one line are.
    package static let exact = TextMapping.lines(indent: 0)
}
