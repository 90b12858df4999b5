internal import Values

/// `--help` and `opsrun help`, made from the registry: examples first.
package enum HelpText {
    /// The overview, which is also the help of running a playbook.
    package static func overview(width: Int = 80) -> String {
        let run = Registry.run
        var text = "opsrun runs operations on Apache Kafka from playbooks: checked, planned, gated, recorded.\n"
        text += examples(run.examples + [.init("help exit-codes", "what each exit code means")])
        text += "\nUsage: \(run.usage)\n       opsrun COMMAND [options]\n\nCommands:\n"
        let commands = Registry.commands.filter { !$0.name.isEmpty }
        text += table(commands.map { ($0.name, $0.summary) }, width: width)
        text += "\nOptions for running a playbook:\n" + options(run.allOptions, width: width)
        text += "\nMore: opsrun help COMMAND; topics: \(HelpTopic.all.map(\.name).joined(separator: ", "))\n"
        return text
    }

    package static func command(_ command: CommandSpec, width: Int = 80) -> String {
        guard !command.name.isEmpty else { return overview(width: width) }
        var text = "\(command.summary).\n" + examples(command.examples) + "\nUsage: \(command.usage)\n"
        if !command.details.isEmpty { text += "\n" + TextLayout.wrap(command.details, width: width) + "\n" }
        if !command.operands.isEmpty {
            text += "\nWords:\n"
            text += table(command.operands.map { ($0.value.name, $0.summary) }, width: width)
        }
        text += "\nOptions:\n" + options(command.allOptions, width: width)
        if let document = command.document {
            text += "\nFields of --output json and yaml:\n" + fields(of: document, width: width)
        }
        return text
    }

    /// A record's fields, those of inner records below them and further right.
    static func fields(of record: RecordType, width: Int) -> String {
        func rows(_ record: RecordType, _ depth: Int) -> [(String, String)] {
            record.fields.flatMap { field -> [(String, String)] in
                let name = String(repeating: "  ", count: depth) + field.name
                let summary = field.summary.isEmpty ? "" : ": \(field.summary)"
                return [(name, "\(field.type)\(summary)")] + (inner(field.type).map { rows($0, depth + 1) } ?? [])
            }
        }
        func inner(_ type: ValueType) -> RecordType? {
            switch type {
            case .record(let record): record
            case .list(let type), .optional(let type), .map(let type): inner(type)
            default: nil
            }
        }
        return table(rows(record, 0), width: width)
    }

    private static func examples(_ examples: [CommandSpec.Example]) -> String {
        "\nExamples:\n" + examples.map { "  # \($0.meaning)\n  opsrun \($0.line)\n" }.joined()
    }

    private static func options(_ options: [OptionSpec], width: Int) -> String {
        table(
            options.map { option in
                let choices = option.value?.choices ?? []
                return (
                    option.spelling,
                    choices.isEmpty ? option.summary : "\(option.summary): \(choices.joined(separator: ", "))"
                )
            }, width: width)
    }

    /// Two columns; a long left side gets a line of its own.
    private static func table(_ rows: [(String, String)], width: Int) -> String {
        let left = min(rows.map(\.0.count).max() ?? 0, 28)
        let indent = String(repeating: " ", count: left + 4)
        return rows.map { name, summary in
            let lines = TextLayout.wrap(summary, width: max(20, width - left - 4)).split(separator: "\n")
            let body = lines.joined(separator: "\n\(indent)")
            return name.count > left
                ? "  \(name)\n\(indent)\(body)\n" : "  \(TextLayout.pad(name, left))  \(body)\n"
        }.joined()
    }
}
