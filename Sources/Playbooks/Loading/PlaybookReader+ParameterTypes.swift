import Values

/// The declared types of parameters.
extension PlaybookReader {
    private static let scalars: [String: ValueType] = [
        "bool": .bool, "int": .int, "float": .float, "string": .string, "bytes": .bytes, "duration": .duration,
        "timestamp": .timestamp, "version": .version, "secret": .secret, "json": .json, "cluster": .cluster,
    ]

    /// The declared type, from `type` and, for records, `fields`.
    func type(of node: YAMLNode, at span: SourceSpan) -> ValueType? {
        guard let entry = node.entries?.first(where: { $0.key == "type" }) else {
            if node["fields"] != nil { return record(node) }
            problems.error("missing-key", "the parameter has no type", hint: Self.typeHint, at: span)
            return nil
        }
        guard let text = text(entry.value, "'type'") else { return nil }
        if let type = type(named: text, node) { return type }
        let hint = NearestName.hint(
            text, in: Array(Self.scalars.keys).sorted() + ["record", "list<string>", "map<string>"])
        problems.error("unknown-type", "'\(text)' is no type", hint: hint ?? Self.typeHint, at: entry.value.span)
        return nil
    }

    private static let typeHint =
        "types: bool int float string bytes duration timestamp version secret json cluster list<T> map<T> record"

    private func type(named text: String, _ node: YAMLNode) -> ValueType? {
        if let scalar = Self.scalars[text] { return scalar }
        if text == "record" { return record(node) }
        if text.hasSuffix("?") { return type(named: String(text.dropLast()), node).map { .optional($0) } }
        for (name, make) in [("list<", ValueType.list), ("map<", ValueType.map)]
        where text.hasPrefix(name) && text.hasSuffix(">") {
            return type(named: String(text.dropFirst(name.count).dropLast()), node).map(make)
        }
        return nil
    }

    private static let fieldKeys = ["type", "fields", "optional", "summary", "description"]

    private func record(_ node: YAMLNode) -> ValueType? {
        guard let fields = node["fields"], let entries = fields.entries else {
            problems.error("missing-key", "a record needs its fields", hint: "fields: {name: string}", at: node.span)
            return .never
        }
        var result: [RecordType.Field] = []
        for entry in entries {
            if let text = entry.value.text {
                guard let type = type(named: text, entry.value) else {
                    problems.error("unknown-type", "'\(text)' is no type", hint: Self.typeHint, at: entry.value.span)
                    continue
                }
                result.append(.init(entry.key, type))
            } else if let type = type(of: entry.value, at: entry.keySpan) {
                for item in entry.value.entries ?? [] where !Self.fieldKeys.contains(item.key) {
                    let hint = "give the parameter a whole default, or make the field optional"
                    unknown(item, "a field of a record", Self.fieldKeys, hint: item.key == "default" ? hint : nil)
                }
                let isOptional = entry.value["optional"].flatMap { flag($0, "'optional'") } ?? false
                result.append(.init(entry.key, isOptional ? .optional(type) : type))
            }
        }
        return .record(RecordType(result))
    }
}
