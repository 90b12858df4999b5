import Values

/// `wordwrap`: Python's textwrap, one paragraph per line of the text.
enum WordWrap {
    static func wrap(_ call: DefinitionRun) throws -> String {
        let width = try call.int(0, default: 79)
        guard width > 0 else { throw ExpressionFailure(.value, "the width of 'wordwrap' is at least 1") }
        let breakLong = try call.flag(1, default: true)
        let separator = try call.text(2) ?? "\n"
        let breakHyphens = try call.flag(3, default: true)
        return try Text.lines(try call.text()).map { line in
            try call.evaluator.spend(line.utf8.count)
            let chunks = try chunks(line, breakHyphens, call.evaluator)
            return wrap(chunks, width, breakLong, breakHyphens).joined(separator: separator)
        }.joined(separator: separator)
    }

    private static func wrap(
        _ chunks: [[Unicode.Scalar]], _ width: Int, _ breakLong: Bool, _ breakHyphens: Bool
    ) -> [String] {
        var chunks = Array(chunks.reversed())
        var lines: [String] = []
        while !chunks.isEmpty {
            var current: [[Unicode.Scalar]] = []
            var length = 0
            if !lines.isEmpty, isBlank(chunks[chunks.count - 1]) { chunks.removeLast() }
            while let chunk = chunks.last, length + chunk.count <= width {
                current.append(chunk)
                length += chunk.count
                chunks.removeLast()
            }
            if let chunk = chunks.last, chunk.count > width {
                let room = width - length
                if breakLong {
                    var end = room
                    if breakHyphens, chunk.count > room, let hyphen = chunk[..<room].lastIndex(of: "-"), hyphen > 0,
                        chunk[..<hyphen].contains(where: { $0 != "-" })
                    {
                        end = hyphen + 1
                    }
                    current.append(Array(chunk[..<end]))
                    chunks[chunks.count - 1] = Array(chunk[end...])
                } else if current.isEmpty {
                    current.append(chunk)
                    chunks.removeLast()
                }
            }
            if let last = current.last, isBlank(last) { current.removeLast() }
            if !current.isEmpty { lines.append(Text.string(current.joined())) }
        }
        return lines
    }

    private static func isBlank(_ chunk: [Unicode.Scalar]) -> Bool { chunk.allSatisfy(Characters.isSpace) }

    private static let blanks = "[\\t\\n\\x0b\\x0c\\r ]"

    /// Runs of blanks and words; a word also ends after a hyphen between letters, and at a dash of two hyphens.
    private static let separators =
        "\(blanks)+|(?<=[\\w!\"'&.,?])-{2,}(?=\\w)|[^\\t\\n\\x0b\\x0c\\r ]+?(?:-(?:(?<=[^\\d\\W]{2}-)|(?<=[^\\d\\W]-[^\\d\\W]-))"
        + "(?=[^\\d\\W]-?[^\\d\\W])|(?=\(blanks)|\\z)|(?<=[\\w!\"'&.,?])(?=-{2,}\\w))"

    private static func chunks(_ line: String, _ breakHyphens: Bool, _ evaluator: Evaluator) throws -> [[Unicode
        .Scalar]]
    {
        let pattern = try evaluator.pattern(breakHyphens ? separators : "\(blanks)+")
        let bytes = Array(line.utf8)
        var chunks: [[Unicode.Scalar]] = []
        var from = 0
        func take(_ range: Range<Int>) {
            guard !range.isEmpty else { return }
            chunks.append(Text.scalars(String(decoding: bytes[range], as: UTF8.self)))
        }
        for match in try pattern.matches(in: line, limit: .max) {
            guard let whole = match[0], whole.lowerBound >= from else { continue }
            take(from..<whole.lowerBound)
            take(whole)
            from = whole.upperBound
        }
        take(from..<bytes.count)
        return chunks
    }
}
