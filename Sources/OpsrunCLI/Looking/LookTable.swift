/// Rows for people. Cells are raw: the renderer makes them safe for a terminal.
package struct LookTable: Sendable, Hashable {
    package struct Column: Sendable, Hashable {
        /// In capitals; empty in a table without a header.
        package var title: String
        /// Aligned at the right.
        package var isNumber: Bool
        /// Only shown by `--output wide`.
        package var isWide: Bool

        package init(_ title: String, number: Bool = false, wide: Bool = false) {
            self.title = title
            isNumber = number
            isWide = wide
        }
    }

    /// Stands above it; nil for a verb's only table.
    package var title: String?
    package var columns: [Column]
    package var rows: [[String]]
    /// What is said in place of a table without rows.
    package var whenEmpty: String
    /// Only shown by `--output wide`.
    package var isWide: Bool

    package init(
        _ title: String? = nil, columns: [Column], rows: [[String]], whenEmpty: String = "none", isWide: Bool = false
    ) {
        self.title = title
        self.columns = columns
        self.rows = rows
        self.whenEmpty = whenEmpty
        self.isWide = isWide
    }

    /// Names and values below each other.
    package static func facts(_ rows: [(name: String, value: String)]) -> LookTable {
        LookTable(columns: [Column(""), Column("")], rows: rows.map { [$0.name, $0.value] })
    }
}
