internal import Values

/// Shows what a looking verb found: the only writer of tables, JSON, YAML and names for all of them.
///
/// Whatever a cluster says (names, racks, paths, values) is escaped, in every mode: none of it can drive a terminal.
package struct LookRenderer: Sendable {
    private let output: Options.Output
    private let style: Style

    package init(_ output: Options.Output, style: Style = .plain) {
        self.output = output
        self.style = style
    }

    package func text(_ model: some LookModel) -> String {
        switch output {
        case .json: json(model)
        case .yaml: YAMLText.text(.map(model.document))
        case .name: model.names.map { SafeText.escape($0) + "\n" }.joined()
        default: model.tables.filter { isWide || !$0.isWide }.map(text).joined(separator: "\n")
        }
    }

    private func json(_ model: some LookModel) -> String {
        var json = LookJSON()
        model.write(to: &json)
        json.endLine()
        return json.text
    }

    private var isWide: Bool { output == .wide }

    private func text(_ table: LookTable) -> String {
        let indent = table.title == nil ? "" : "  "
        let title = table.title.map { style(.strong, SafeText.escape($0)) + "\n" } ?? ""
        guard !table.rows.isEmpty else { return title + indent + SafeText.escape(table.whenEmpty) + "\n" }
        let shown = table.columns.indices.filter { isWide || !table.columns[$0].isWide }
        var rows = table.rows.map { row in
            shown.map { $0 < row.count ? SafeText.escape(row[$0]) : "" }
        }
        let titles = shown.map { table.columns[$0].title }
        if titles.contains(where: { !$0.isEmpty }) { rows.insert(titles, at: 0) }
        for (place, index) in shown.enumerated() where table.columns[index].isNumber {
            let width = rows.map { TextLayout.columns(of: $0[place]) }.max() ?? 0
            for row in rows.indices {
                let cell = rows[row][place]
                rows[row][place] = String(repeating: " ", count: width - TextLayout.columns(of: cell)) + cell
            }
        }
        return title + TextLayout.lines(rows, indent: indent)
    }
}
