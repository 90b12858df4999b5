import Values

/// Turns YAML nodes into value templates: literals by the declared type, scalars with `{{ }}` parsed.
///
/// Everything that needs no scope is found here: syntax, literals of another type, unknown and missing fields of records.
/// What needs one (names, types of expressions) is `TemplateChecker`'s. A nil means that the problem was reported.
struct TemplateBuilder {
    let problems: Problems
    /// Names of the inventory's clusters, for literals of type `cluster`; nil when the inventory is not known.
    var clusterNames: [String]?
    /// What was parsed before.
    var cache = ExpressionCache()
    let secrets = FoundSecrets()

    /// `what` names the place in messages: `the argument 'nodes'`.
    func template(_ node: YAMLNode, as type: ValueType?, what: @autoclosure () -> String = "this value")
        -> ValueTemplate?
    {
        guard let type else { return untyped(node) }
        if let text = node.text { return scalar(node, text, as: type, what) }
        switch type.unwrapped {
        case .json, .never: return untyped(node)
        case .list(let element):
            guard let items = node.items else { return mismatch(node, type, what) }
            return list(items, node, what) { _ in element }
        case .tuple(let elements):
            guard let items = node.items, items.count == elements.count else { return mismatch(node, type, what) }
            return list(items, node, what) { elements[$0] }
        case .map(let element):
            guard let entries = node.entries else { return mismatch(node, type, what) }
            return map(entries, node) { _ in element }
        case .record(let record):
            guard let entries = node.entries else { return mismatch(node, type, what) }
            return self.record(record, entries, node, what)
        case .secret, .textOrSecret:
            guard let entries = node.entries else { return mismatch(node, type, what) }
            return secret(entries, node)
        default: return mismatch(node, type, what)
        }
    }

    // MARK: Scalars

    private func scalar(
        _ node: YAMLNode, _ text: String, as type: ValueType, _ what: () -> String
    ) -> ValueTemplate? {
        guard Template.isPlain(text) else { return expression(node, text, as: type, what) }
        switch type {
        case .json, .never: return untyped(node)
        default: break
        }
        // Nothing written where something is declared is a forgotten value, not an empty text.
        if node.isNull, !type.isOptional {
            problems.error("type-mismatch", "\(what()) needs a value of type \(type)", at: node.span)
            return nil
        }
        do throws(CoercionFailure) {
            let value = try type.parse(text, isPlain: node.isPlain)
            if case .cluster = type.unwrapped, case .string(let name) = value, !isKnown(cluster: name, at: node.span) {
                return nil
            }
            return .literal(Located(value, at: node.span))
        } catch {
            problems.error("type-mismatch", "\(what()): \(error.message)", hint: error.hint, at: node.span)
            return nil
        }
    }

    private func expression(
        _ node: YAMLNode, _ text: String, as type: ValueType?, _ what: () -> String
    ) -> ValueTemplate? {
        guard let template = parse(node, text) else { return nil }
        if let type, template.loneNode == nil {
            switch type.unwrapped {
            case .string, .version, .duration, .bytes, .timestamp, .secret, .textOrSecret, .json, .never, .cluster:
                break
            default:
                problems.error(
                    "type-mismatch", "\(what()) is declared \(type); text with an expression in it is string",
                    hint: "write one {{ expression }} and nothing around it", at: node.span)
                return nil
            }
        }
        return .template(template)
    }

    /// A text as a template, whatever is declared; nil after its syntax was reported.
    func parse(_ node: YAMLNode, _ text: String) -> Template? {
        guard !Template.isPlain(text) else {
            return Template(ParsedTemplate(plain: text), at: node.span, mapping: .whole)
        }
        let (span, mapping) = node.textPlace(of: text)
        switch cache.template(text, at: span, mapping: mapping) {
        case .success(let template): return template
        case .failure(let invalid):
            problems.add(invalid.diagnostics)
            return nil
        }
    }

    func isKnown(cluster name: String, at span: SourceSpan) -> Bool {
        guard let clusterNames, !clusterNames.contains(name) else { return true }
        problems.error(
            "unknown-cluster", "the inventory has no cluster '\(name)'",
            hint: NearestName.hint(name, in: clusterNames) ?? Self.listed(clusterNames), at: span)
        return false
    }

    static func listed(_ names: [String]) -> String? {
        names.isEmpty ? nil : "there is " + names.prefix(8).joined(separator: ", ")
    }

    private func mismatch(_ node: YAMLNode, _ type: ValueType, _ what: () -> String) -> ValueTemplate? {
        // What was refused in it was reported.
        guard !node.isDamaged else { return nil }
        problems.error(
            "type-mismatch", "\(what()): expected \(type), not \(node.kindDescription)", at: node.span)
        return nil
    }

    // MARK: Collections

    private func list(
        _ items: [YAMLNode], _ node: YAMLNode, _ what: () -> String, _ element: (Int) -> ValueType
    ) -> ValueTemplate? {
        var templates: [ValueTemplate] = []
        templates.reserveCapacity(items.count)
        var complete = true
        for (index, item) in items.enumerated() {
            if let built = template(item, as: element(index), what: what()) {
                templates.append(built)
            } else {
                complete = false
            }
        }
        return complete ? .list(templates, at: node.span) : nil
    }

    private func map(_ entries: [YAMLEntry], _ node: YAMLNode, _ element: (String) -> ValueType?) -> ValueTemplate? {
        var result: [(key: Located<String>, value: ValueTemplate)] = []
        result.reserveCapacity(entries.count)
        var complete = true
        for entry in entries {
            if !Template.isPlain(entry.key) {
                problems.error("expression-in-key", "a key cannot hold an expression", at: entry.keySpan)
                complete = false
            }
            if let built = template(entry.value, as: element(entry.key), what: "'\(entry.key)'") {
                result.append((Located(entry.key, at: entry.keySpan), built))
            } else {
                complete = false
            }
        }
        return complete ? .map(result, at: node.span) : nil
    }

    private func record(
        _ record: RecordType, _ entries: [YAMLEntry], _ node: YAMLNode, _ what: () -> String
    ) -> ValueTemplate? {
        var result: [(key: Located<String>, value: ValueTemplate)] = []
        var complete = true
        var meant: Set<String> = []
        for entry in entries {
            guard let field = record[entry.key] else {
                let nearest = NearestName.find(entry.key, in: record.fields.map(\.name))
                if let nearest { meant.insert(nearest) }
                problems.error(
                    "unknown-key", "\(what()) has no field '\(entry.key)'",
                    hint: nearest.map { "did you mean '\($0)'?" }
                        ?? "fields: " + record.fields.map(\.name).joined(separator: ", "), at: entry.keySpan)
                complete = false
                continue
            }
            if let built = template(entry.value, as: field.type, what: "'\(entry.key)'") {
                result.append((Located(entry.key, at: entry.keySpan), built))
            } else {
                complete = false
            }
        }
        for field in record.fields where !field.mayBeAbsent && !field.type.isOptional {
            guard !entries.contains(where: { $0.key.isExactly(field.name) }) else { continue }
            complete = false
            guard !node.isDamaged, !meant.contains(field.name) else { continue }
            problems.error("missing-field", "\(what()) lacks the field '\(field.name)'", at: node.span)
            complete = false
        }
        return complete ? .map(result, at: node.span) : nil
    }

    private func secret(_ entries: [YAMLEntry], _ node: YAMLNode) -> ValueTemplate? {
        guard entries.count == 1, let entry = entries.first, entry.key == "secret" else {
            problems.error("bad-secret", "a secret is written {secret: \"env:NAME\"}", at: node.span)
            return nil
        }
        guard let text = entry.value.text, !text.isEmpty else {
            problems.error(
                "bad-secret", "a secret names where it comes from", hint: Self.secretHint, at: entry.value.span)
            return nil
        }
        guard SecretSource.isSource(text) else {
            // The text is not repeated: it may be the secret itself.
            problems.error(
                "bad-secret", "this is no source of a secret; the secret itself never stands in a file",
                hint: Self.secretHint, at: entry.value.span)
            return nil
        }
        secrets.add(SecretSource(text: text, file: entry.value.span.file))
        let value = ValueTemplate.literal(Located(.string(text), at: entry.value.span))
        return .map([(Located(entry.key, at: entry.keySpan), value)], at: node.span)
    }

    private static let secretHint = "write env:NAME, file:PATH, cmd:COMMAND, vault:PATH#KEY or credential:NAME"

    /// Without a declared type: the core schema. Numbers that would not read back as written (`3.10`) stay text when
    /// `keepsText` is set, for what another module decodes by types of its own.
    func untyped(_ node: YAMLNode, keepsText: Bool = false) -> ValueTemplate? {
        switch node.content {
        case .scalar(let text):
            guard Template.isPlain(text) else { return expression(node, text, as: nil, { "" }) }
            let resolution = node.resolution(of: text)
            if case .outOfRange = resolution {
                problems.error("number-out-of-range", "\(text) does not fit 64 bits", hint: "quote it", at: node.span)
                return nil
            }
            var value = resolution.value(of: text)
            if keepsText, case .float(let number) = value, number.shortestText != text { value = .string(text) }
            return .literal(Located(value, at: node.span))
        case .sequence(let items):
            let templates = items.compactMap { untyped($0, keepsText: keepsText) }
            return templates.count == items.count ? .list(templates, at: node.span) : nil
        case .mapping(let entries):
            if entries.count == 1, entries[0].key == "secret", let text = entries[0].value.text,
                SecretSource.kinds.contains(where: { text.hasPrefix($0) })
            {
                return secret(entries, node)
            }
            var result: [(key: Located<String>, value: ValueTemplate)] = []
            for entry in entries {
                guard let built = untyped(entry.value, keepsText: keepsText) else { continue }
                result.append((Located(entry.key, at: entry.keySpan), built))
            }
            return result.count == entries.count ? .map(result, at: node.span) : nil
        }
    }

    // MARK: Conditions

    /// Bare conditions: one, or a list that must all hold.
    func conditions(_ node: YAMLNode, what: @autoclosure () -> String) -> [Expression]? {
        guard let items = node.items else { return condition(node, what).map { [$0] } }
        if items.isEmpty {
            problems.error("empty-condition", "\(what()) needs at least one condition", at: node.span)
            return nil
        }
        let parsed = items.compactMap { condition($0, what) }
        return parsed.count == items.count ? parsed : nil
    }

    private func condition(_ node: YAMLNode, _ what: () -> String) -> Expression? {
        guard let text = node.text else {
            guard !node.isDamaged else { return nil }
            let hint = "a condition with ': ' in it must be quoted"
            problems.error(
                "bad-condition", "\(what()) is a bare expression, not \(node.kindDescription)", hint: hint,
                at: node.span)
            return nil
        }
        guard !node.isNull else {
            problems.error("empty-condition", "\(what()) needs a condition", at: node.span)
            return nil
        }
        let (span, mapping) = node.textPlace(of: text)
        guard !text.utf8.starts(with: "{{".utf8) else {
            problems.error(
                "braces-in-condition", "\(what()) is a bare expression", hint: "write it without {{ }}", at: node.span)
            return nil
        }
        switch cache.condition(text, at: span, mapping: mapping) {
        case .success(let expression): return expression
        case .failure(let invalid):
            problems.add(invalid.diagnostics)
            return nil
        }
    }
}
