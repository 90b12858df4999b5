extension YAMLNode {
    /// Where the text of a scalar starts, and how its characters lie in the file.
    func textPlace(of text: String) -> (SourceSpan, TextMapping) {
        if style == .literal || style == .folded { return (span, blockMapping(of: text)) }
        guard place.line == place.endLine else { return (span, .whole) }
        // A plain text of one line stands there as it is.
        if style == .plain { return (span, .exact) }
        let width = Int(place.endColumn) - Int(place.column)
        guard width == text.unicodeScalars.count + 2 else { return (span, .whole) }
        var inner = span
        inner.place.column += 1
        inner.place.endColumn -= 1
        return (inner, .exact)
    }

    /// The lines of a block scalar are its text, indented, and folded where it is `>`.
    ///
    /// 1. A line's content is what follows the indentation, which the first line that is not blank tells.
    /// 2. Each content is found in the text after the one before it, with nothing but folds or line ends between them.
    /// 3. When that does not come out even (line ends that only YAML knows), messages point to the whole scalar.
    private func blockMapping(of text: String) -> TextMapping {
        let scalars = Array(text.unicodeScalars)
        let header = Int(place.line)
        guard let lines = lines(from: header + 1, through: max(header + 1, Int(place.endLine))) else { return .whole }
        let decoded = lines.map { Array(String(decoding: $0, as: UTF8.self).unicodeScalars) }
        guard let first = decoded.first(where: { !$0.allSatisfy { $0 == " " } }),
            let leading = scalars.firstIndex(where: { $0 != "\n" })
        else { return .whole }
        // A text that begins with blanks has an indentation that was given: the blanks are no part of it.
        let own = scalars[leading...].prefix { $0 == " " }.count
        let indent = first.prefix { $0 == " " }.count - own
        guard indent >= 0 else { return .whole }
        var pieces: [TextMapping.Piece] = []
        var place = 0
        for (number, line) in decoded.enumerated() {
            let content = line.dropFirst(indent)
            guard !content.isEmpty else { continue }
            func isHere() -> Bool { scalars.count - place >= content.count && scalars[place...].starts(with: content) }
            while place < scalars.count, scalars[place] == "\n" { place += 1 }
            if !isHere(), place < scalars.count, scalars[place] == " " { place += 1 }
            guard isHere() else {
                // What follows the scalar is no part of it: its last line is where the text ends.
                guard place == scalars.count else { return .whole }
                break
            }
            pieces.append(
                TextMapping.Piece(
                    offset: place, line: UInt32(clamping: header + 1 + number), column: UInt32(indent + 1)))
            place += content.count
        }
        guard !pieces.isEmpty, scalars[place...].allSatisfy({ $0 == "\n" }) else { return .whole }
        return .pieces(pieces)
    }
}
