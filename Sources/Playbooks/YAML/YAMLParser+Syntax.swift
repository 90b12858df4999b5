import CLibYAML

// What libyaml says of a text that is no YAML, at the place and in the words of the author.
extension YAMLParser {
    mutating func reportSyntax(_ parser: yaml_parser_t, _ buffer: UnsafeBufferPointer<UInt8>) {
        let problem = parser.problem.map { String(cString: $0) } ?? "the text is not YAML"
        if parser.error == YAML_READER_ERROR {
            let before = buffer.prefix(Self.wholeCharacters(before: parser.problem_offset, in: buffer))
            let line = before.count { $0 == UInt8(ascii: "\n") } + 1
            let start = (before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 }) ?? 0
            let column = String(decoding: before[start...], as: UTF8.self).unicodeScalars.count + 1
            report(
                "yaml-characters", problem, "files are UTF-8 without control characters",
                at: SourcePlace(
                    line: UInt32(clamping: line), column: UInt32(clamping: column), endLine: UInt32(clamping: line),
                    endColumn: UInt32(clamping: column + 1)))
            return
        }
        let context = parser.context.map { String(cString: $0) }
        if let tab = Self.indentingTab(in: buffer, line: parser.problem_mark.line) {
            report(
                "yaml-syntax", "a tab stands where the line is indented", "YAML is indented with spaces only",
                at: SourcePlace(
                    line: tab.line, column: tab.column, endLine: tab.line, endColumn: tab.column + 1))
            return
        }
        report("yaml-syntax", problem, context, at: SourcePlace(point: parser.problem_mark))
    }

    /// libyaml names the byte at which a sequence goes wrong, which may be inside of a character.
    private static func wholeCharacters(before offset: Int, in buffer: UnsafeBufferPointer<UInt8>) -> Int {
        let stop = min(offset, buffer.count)
        // A character has at most four bytes: its first one is at most three back.
        for back in 1...3 where back <= stop {
            let byte = buffer[stop - back]
            if byte & 0xC0 == 0x80 { continue }
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            return length > back ? stop - back : stop
        }
        return stop
    }

    /// A tab before the first word of a line, where libyaml only says that no token can start.
    private static func indentingTab(
        in buffer: UnsafeBufferPointer<UInt8>, line: Int
    ) -> (line: UInt32, column: UInt32)? {
        let lines = buffer.split(
            separator: UInt8(ascii: "\n"), maxSplits: line + 1, omittingEmptySubsequences: false)
        guard lines.indices.contains(line) else { return nil }
        let indent = lines[line].prefix { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        guard let tab = indent.firstIndex(of: UInt8(ascii: "\t")) else { return nil }
        return (UInt32(clamping: line + 1), UInt32(clamping: tab - indent.startIndex + 1))
    }
}
