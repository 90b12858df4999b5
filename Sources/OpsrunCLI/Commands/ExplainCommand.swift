internal import KafkaOperations
internal import Playbooks
internal import RunEngine
internal import Values

/// `opsrun explain WORD`: actions, gates, keywords, codes of messages, exit codes.
enum ExplainCommand {
    static func run(_ options: Options, catalog: Catalog, in surroundings: Surroundings) -> ExitCode {
        let style = surroundings.style(options.color, for: surroundings.output)
        guard let word = options.operands.first else {
            surroundings.output.write(
                options.output == .json
                    ? JSON.text(listJSON(catalog), pretty: true) + "\n"
                    : list(catalog, style, width: surroundings.width))
            return .done
        }
        let found = explanations(of: word, catalog)
        guard !found.isEmpty else {
            let hint = NearestName.hint(word, in: names(catalog)) ?? "opsrun explain lists everything there is"
            surroundings.complain("there is nothing called '\(word)'", hint: hint, color: options.color)
            return .usage
        }
        if options.output == .json {
            let items = found.map { Value.map($0.json) }
            surroundings.output.write(JSON.text(["explanations": .list(items)], pretty: true) + "\n")
        } else {
            surroundings.output.write(
                found.map { $0.text(style, surroundings.width) }.joined(separator: "\n"))
        }
        return .done
    }

    // MARK: What there is

    /// One thing with its texts.
    struct Explanation {
        var kind: String
        var name: String
        var summary: String
        var details = ""
        /// Titles with lines of two columns.
        var tables: [(title: String, rows: [[String]])] = []
        var example = ""
        /// For programs, in the place of the table of that title.
        var documents: [String: Value] = [:]

        var json: ValueMap {
            var map: ValueMap = ["kind": .string(kind), "name": .string(name), "summary": .string(summary)]
            if !details.isEmpty { map["details"] = .string(details) }
            for table in tables {
                map[table.title.lowercased()] =
                    documents[table.title] ?? .list(table.rows.map { .list($0.map { .string($0) }) })
            }
            if !example.isEmpty { map["example"] = .string(example) }
            return map
        }

        func text(_ style: Style, _ width: Int) -> String {
            var text = "\(style(.strong, name)) (\(kind))\n\(TextLayout.wrap(summary, width: width))\n"
            if !details.isEmpty { text += "\n" + TextLayout.wrap(details, width: width) + "\n" }
            for table in tables where !table.rows.isEmpty {
                text += "\n\(style(.strong, table.title))\n"
                text += TextLayout.lines(table.rows, indent: "  ", width: width)
            }
            if !example.isEmpty {
                let lines = example.split(separator: "\n", omittingEmptySubsequences: false)
                text += "\n\(style(.strong, "Example"))\n" + lines.map { "  \($0)\n" }.joined()
            }
            return text
        }
    }

    static func explanations(of word: String, _ catalog: Catalog) -> [Explanation] {
        var found: [Explanation] = []
        if let entry = catalog[word] { found.append(action(entry.reference)) }
        if let text = shippedGates(catalog).first(where: { $0.name == word })?.text {
            found.append(
                Explanation(
                    kind: "gate", name: word,
                    summary: "Passes when \(ShippedGates.conditions[word] ?? "its action says so").",
                    details:
                        "It comes with opsrun, and a playbook uses it by its name; one that the playbook declares under the same "
                        + "name replaces it.", example: text))
        }
        found += KeywordTable.entries.filter { $0.name == word }.map { keyword in
            Explanation(
                kind: keyword.kind, name: word, summary: keyword.text, example: keyword.example)
        }
        if let text = DiagnosticCodes.table[word] {
            found.append(Explanation(kind: "message of lint", name: word, summary: text))
        }
        if let code = ExitCode.allCases.first(where: { "\($0.rawValue)" == word || $0.name == word }) {
            found.append(
                Explanation(
                    kind: "exit code", name: "\(code.rawValue) \(code.name)", summary: code.meaning,
                    details: code.nextAction))
        }
        return found
    }

    private static func action(_ reference: ActionReference) -> Explanation {
        var explanation = Explanation(
            kind: reference.isGate ? "action, can be a gate" : "action", name: reference.name,
            summary: reference.summary + ".", details: reference.details, example: reference.example)
        let parameters = reference.parameters.flatMap { parameter -> [[String]] in
            var about = parameter.summary
            if !parameter.oneOf.isEmpty { about += " (\(parameter.oneOf.joined(separator: ", ")))" }
            switch parameter.defaultValue {
            case nil: about += "; required"
            case .some(let value) where !value.isNull: about += "; default \(JSON.text(value))"
            default: break
            }
            let type = parameter.isCondition ? "conditions" : "\(parameter.type)"
            return [[parameter.name, type, about]] + FieldText.inner(parameter.type, depth: 1)
        }
        explanation.tables = [
            ("Arguments", parameters),
            ("Result", FieldText.rows(reference.result)), ("Effect", [[effect(reference)]]),
        ]
        explanation.documents = [
            "Arguments": .list(reference.parameters.map(FieldText.document)),
            "Result": FieldText.document(reference.result),
        ]
        return explanation
    }

    private static func effect(_ reference: ActionReference) -> String {
        let text =
            switch reference.effect {
            case .read: "read: changes nothing"
            case .idempotent: "idempotent: the same inputs give the same end state"
            case .checked: "checked: it can tell afterwards whether it happened"
            case .opaque: "opaque: never repeated by itself, unless the task says otherwise"
            }
        return reference.irreversible ? text + "; there is no way back" : text
    }

    /// Top-level keys of the shipped gates, with their text.
    static func shippedGates(_ catalog: Catalog) -> [(name: String, text: String)] {
        var gates: [(name: String, text: String)] = []
        for line in catalog.shippedGates.split(separator: "\n", omittingEmptySubsequences: false) {
            if let first = line.first, first != " ", first != "#", let colon = line.firstIndex(of: ":") {
                gates.append((String(line[..<colon]), String(line)))
            } else if !gates.isEmpty, !line.isEmpty, line.first != "#" {
                gates[gates.count - 1].text += "\n" + line
            }
        }
        return gates
    }

    private static func names(_ catalog: Catalog) -> [String] {
        catalog.references.map(\.name) + shippedGates(catalog).map(\.name) + KeywordTable.entries.map(\.name)
            + DiagnosticCodes.table.keys.sorted() + ExitCode.allCases.map(\.name)
    }

    private static func list(_ catalog: Catalog, _ style: Style, width: Int) -> String {
        func table(_ rows: [[String]]) -> String {
            TextLayout.lines(rows, indent: "  ", width: width)
        }
        var text = style(.strong, "Actions") + "\n"
        text += table(catalog.references.map { [$0.name, $0.summary] })
        text += "\n" + style(.strong, "Gates") + "\n"
        text += shippedGates(catalog).map { "  \($0.name)\n" }.joined()
        text += "\n" + style(.strong, "Keywords") + "\n"
        text += table(KeywordTable.entries.map { [$0.name, $0.place] })
        text += "\n" + style(.strong, "Exit codes") + "\n"
        text += table(ExitCode.allCases.map { ["\($0.rawValue)", $0.meaning] })
        let codes = "Messages of lint carry a code in brackets: opsrun explain CODE"
        return text + "\n\(TextLayout.wrap(codes, width: width))\n"
    }

    private static func listJSON(_ catalog: Catalog) -> Value {
        func texts(_ names: [String]) -> Value { .list(names.map { .string($0) }) }
        return [
            "actions": .list(
                catalog.references.map {
                    ["name": .string($0.name), "summary": .string($0.summary), "effect": .string($0.effect.rawValue)]
                }),
            "gates": texts(shippedGates(catalog).map(\.name)), "keywords": texts(KeywordTable.entries.map(\.name)),
            "codes": texts(DiagnosticCodes.table.keys.sorted()),
            "exit_codes": .list(
                ExitCode.allCases.map {
                    ["code": .int(Int64($0.rawValue)), "name": .string($0.name), "meaning": .string($0.meaning)]
                }),
        ]
    }
}
