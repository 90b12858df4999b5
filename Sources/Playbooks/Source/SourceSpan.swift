/// A range of text in a source file, for messages: lines and columns count from 1, columns in Unicode code points, the end
/// is past the last character.
package struct SourceSpan: Sendable, Hashable {
    /// The file's path as the user knows it (relative to where they stand, when it was given so).
    package var file: String
    package var line: Int
    package var column: Int
    package var endLine: Int
    package var endColumn: Int

    package init(file: String, line: Int, column: Int, endLine: Int, endColumn: Int) {
        self.file = file
        self.line = line
        self.column = column
        self.endLine = endLine
        self.endColumn = endColumn
    }

    /// A single character.
    package init(file: String, line: Int, column: Int) {
        self.init(file: file, line: line, column: column, endLine: line, endColumn: column + 1)
    }
}

extension SourceSpan: CustomStringConvertible {
    /// `file:line:col`, which editors and terminals make clickable.
    package var description: String { "\(file):\(line):\(column)" }
}
