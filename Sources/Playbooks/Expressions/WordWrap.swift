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
            return wrap(Text.scalars(line), width, breakLong, breakHyphens).joined(separator: separator)
        }.joined(separator: separator)
    }

    private static func wrap(
        _ line: [Unicode.Scalar], _ width: Int, _ breakLong: Bool, _ breakHyphens: Bool
    ) -> [String] {
        var chunks = Array(chunks(line, breakHyphens).reversed())
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
                let room = max(1, width - length)
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

    /// Runs of blanks and of the rest; words also break after a hyphen between letters.
    private static func chunks(_ line: [Unicode.Scalar], _ breakHyphens: Bool) -> [[Unicode.Scalar]] {
        var chunks: [[Unicode.Scalar]] = []
        for (place, scalar) in line.enumerated() {
            let blank = Characters.isSpace(scalar)
            if place > 0, Characters.isSpace(line[place - 1]) == blank,
                !(breakHyphens && !blank && breaks(line, before: place))
            {
                chunks[chunks.count - 1].append(scalar)
            } else {
                chunks.append([scalar])
            }
        }
        return chunks
    }

    private static func breaks(_ line: [Unicode.Scalar], before place: Int) -> Bool {
        guard place >= 3, line[place - 1] == "-" else { return false }
        func isLetter(_ index: Int) -> Bool { line.indices.contains(index) && line[index].properties.isAlphabetic }
        return isLetter(place - 2) && isLetter(place - 3) && isLetter(place) && isLetter(place + 1)
    }
}
