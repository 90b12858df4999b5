/// A range of text in a source file, for messages: lines and columns count from 1, columns in Unicode code points, the end
/// is past the last character.
package struct SourceSpan: Sendable, Hashable {
    let source: SourceName
    var place: SourcePlace

    /// The file's path as the user knows it (relative to where they stand, when it was given so).
    package var file: String { source.path }
    package var line: Int { Int(place.line) }
    package var column: Int { Int(place.column) }
    package var endLine: Int { Int(place.endLine) }
    package var endColumn: Int { Int(place.endColumn) }

    package init(file: String, line: Int, column: Int, endLine: Int, endColumn: Int) {
        self.init(
            source: SourceName(file),
            place: SourcePlace(
                line: UInt32(clamping: line), column: UInt32(clamping: column), endLine: UInt32(clamping: endLine),
                endColumn: UInt32(clamping: endColumn)))
    }

    /// A single character.
    package init(file: String, line: Int, column: Int) {
        self.init(file: file, line: line, column: column, endLine: line, endColumn: column + 1)
    }

    /// What the command line said: an option's name stands for the file, and there is no line.
    package init(option name: String) { self.init(file: name, line: 0, column: 0, endLine: 0, endColumn: 0) }

    /// False for what the command line said.
    package var hasPlace: Bool { place.line > 0 }

    init(source: SourceName, place: SourcePlace) {
        self.source = source
        self.place = place
    }
}

extension SourceSpan: CustomStringConvertible {
    /// `file:line:col`, which editors and terminals make clickable; for what the command line said the option alone.
    /// Reads what `description` wrote.
    package init(text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count > 2, let column = Int(parts[parts.count - 1]), let line = Int(parts[parts.count - 2]),
            line > 0, column > 0
        else {
            self.init(option: text)
            return
        }
        self.init(file: parts.dropLast(2).joined(separator: ":"), line: line, column: column)
    }

    package var description: String { hasPlace ? "\(file):\(line):\(column)" : file }
}

/// A range in a file in 16 bytes: lines and columns from 1, columns in code points, the end past the last character.
struct SourcePlace: Sendable, Hashable {
    var line: UInt32
    var column: UInt32
    var endLine: UInt32
    var endColumn: UInt32
}
