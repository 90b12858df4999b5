import Values

/// Where a parameter's value comes from.
enum ParameterSource {
    case outside(PlaybookLoader.ExtraVariable)
    /// `vars` of an `import_playbook`, with the importer's values.
    case imported(YAMLNode, PlaybookReader.File)
}

extension PlaybookReader {
    static let parameterKeys = [
        "type", "default", "optional", "one_of", "min", "max", "match", "fields", "summary", "description",
    ]

    /// Reads `params`, and resolves each: from outside, else its default.
    func readParameters(_ node: YAMLNode?, _ arguments: [String: ParameterSource], _ file: inout File) {
        var declared: [String] = []
        if let node, !node.isNull {
            guard let entries = node.entries else {
                problems.error(
                    "type-mismatch", "params is a map", hint: "params: {name: {type: string}}", at: node.span)
                return
            }
            for entry in entries {
                declared.append(entry.key)
                parameter(entry, arguments[entry.key], &file)
            }
        }
        for (name, source) in arguments.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) })
        where !declared.contains(name) {
            let hint =
                NearestName.hint(name, in: declared)
                ?? (declared.isEmpty
                    ? "the playbook declares no parameters" : "parameters: " + declared.joined(separator: ", "))
            switch source {
            case .outside(let variable):
                problems.error(
                    "unknown-parameter", "the playbook has no parameter '\(name)'", hint: hint,
                    at: variable.span)
            case .imported(let node, _):
                problems.error(
                    "unknown-parameter", "the playbook has no parameter '\(name)'", hint: hint, at: node.span)
            }
        }
    }

    private func parameter(_ entry: YAMLEntry, _ source: ParameterSource?, _ file: inout File) {
        guard let name = newName(Located(entry.key, at: entry.keySpan), file.scope, "the parameter") else { return }
        guard let entries = entry.value.entries, let type = type(of: entry.value, at: entry.keySpan) else {
            if entry.value.entries == nil {
                problems.error(
                    "type-mismatch", "a parameter is a map, not \(entry.value.kindDescription)",
                    hint: "{type: string, default: …}", at: entry.value.span)
            }
            file.broken.insert(entry.key)
            file.scope.define(entry.key, .never)
            return
        }
        var parameter = Parameter(name: name, type: type, defaultValue: nil)
        for item in entries {
            switch item.key {
            case "type", "fields": break
            case "default":
                // A default may be null by an expression: the parameter is required then.
                parameter.defaultValue = builder.template(item.value, as: type, what: "the default of '\(name.value)'")
                // A wrong default leaves the declared type as it is: what uses the parameter is checked all the same.
                let before = problems.diagnostics.count
                if let template = parameter.defaultValue {
                    _ = checker.check(template, as: .optional(type), in: file.scope, broken: file.broken)
                }
                let isWrong = problems.diagnostics[before...].contains { $0.severity == .error }
                if isWrong || parameter.defaultValue == nil { file.wrongDefaults.insert(name.value) }
            case "optional": parameter.isOptional = flag(item.value, "'optional'") ?? false
            case "one_of":
                parameter.oneOf = (item.value.items ?? []).compactMap { literal($0, type, "'one_of'") }
                if item.value.items == nil {
                    problems.error("type-mismatch", "one_of is a list of values", at: item.value.span)
                }
            case "min": parameter.minimum = bound(item, type)
            case "max": parameter.maximum = bound(item, type)
            case "match":
                guard type == .string || type == .list(.string) else {
                    problems.error("bad-constraint", "'match' is for text, not for \(type)", at: item.keySpan)
                    continue
                }
                parameter.pattern = pattern(item.value)
            case "summary", "description": parameter.summary = text(item.value, "'\(item.key)'") ?? ""
            case "required":
                problems.error(
                    "unknown-key", "a parameter has no key 'required'", hint: "without a default it is required",
                    at: item.keySpan)
            default: unknown(item, "a parameter", Self.parameterKeys)
            }
        }
        resolve(parameter, source, &file)
        file.parameters.append(parameter)
        file.scope.define(
            name.value, parameter.isOptional ? .optional(type) : type, phase: .load, summary: parameter.summary)
    }

    private func literal(_ node: YAMLNode, _ type: ValueType, _ what: String) -> Value? {
        if let text = node.text, !Template.isPlain(text) {
            problems.error("static-text", "\(what) is written out: no expressions here", at: node.span)
            return nil
        }
        return builder.template(node, as: type, what: what)?.literalValue
    }

    private func bound(_ item: YAMLEntry, _ type: ValueType) -> Value? {
        switch type {
        case .int, .float, .bytes, .duration, .version, .timestamp: return literal(item.value, type, "'\(item.key)'")
        default:
            problems.error(
                "bad-constraint", "'\(item.key)' is for numbers and amounts, not for \(type)", at: item.keySpan)
            return nil
        }
    }

    private func pattern(_ node: YAMLNode) -> String? {
        guard let text = text(node, "'match'") else { return nil }
        do {
            _ = try Pattern(text)
            return text
        } catch {
            let message = (error as? ExpressionFailure)?.message ?? "it does not compile"
            problems.error("bad-pattern", message, at: node.span)
            return nil
        }
    }

    // MARK: Values

    private func resolve(_ parameter: Parameter, _ source: ParameterSource?, _ file: inout File) {
        let name = parameter.name.value
        var value: Value?
        var place = parameter.name.span
        switch source {
        case .outside(let variable):
            place = variable.span
            value = outside(variable, parameter, at: place)
            // Its type is declared: what uses it is checked all the same.
            if value == nil {
                file.wrongDefaults.insert(name)
                return
            }
        case .imported(let node, let importer):
            place = node.span
            guard
                let template = builder.template(node, as: parameter.type, what: "the parameter '\(name)'"),
                checker.check(template, as: parameter.type, in: importer.scope, broken: importer.broken) != nil
            else {
                file.broken.insert(name)
                return
            }
            guard !isMadeOfSecrets(template, in: importer) else {
                problems.error(
                    "secret", "what is made of a secret cannot be handed to another playbook",
                    hint: "hand it the secret itself, {{ name }}, and make the rest there", at: node.span)
                file.broken.insert(name)
                return
            }
            value = loadValue(template, as: parameter.type, in: importer)
        case nil:
            guard !file.broken.contains(name), !file.wrongDefaults.contains(name) else { return }
            if let template = parameter.defaultValue {
                place = template.span
                value = defaultValue(template, parameter, file)
            }
        }
        if let value, !value.isNull {
            let full = complete(value, parameter.type)
            check(full, parameter, at: place)
            file.parameterValues[name] = full
            file.values.define(name, full, type: parameter.isOptional ? .optional(parameter.type) : parameter.type)
        } else if parameter.isOptional {
            file.parameterValues[name] = .null
            file.values.define(name, .null, type: .optional(parameter.type))
        } else if source == nil, parameter.defaultValue == nil, let place = file.importedAt {
            // Nothing outside reaches it: also a check alone knows that it can have no value.
            problems.error(
                "missing-parameter", "the imported playbook's parameter '\(name)' (\(parameter.type)) has no value",
                hint: "give it beside the import: vars: {\(name): …}", at: place)
        } else if source == nil, value?.isNull == true || parameter.defaultValue == nil, options.requiresParameters {
            var hint = file.importedAt == nil ? "give -e \(name)=…" : "give it beside the import: vars: {\(name): …}"
            if let template = parameter.defaultValue, case .template(let text) = template {
                hint += ", or set what its default \(text.source) reads"
            }
            problems.error(
                "missing-parameter", "the parameter '\(name)' (\(parameter.type)) has no value", hint: hint,
                at: parameter.name.span)
        }
    }

    /// True when an expression uses a secret parameter otherwise than by handing it on as it is.
    private func isMadeOfSecrets(_ template: ValueTemplate, in file: File) -> Bool {
        func isSecret(_ name: String) -> Bool {
            file.parameters.contains { $0.name.value == name && $0.type.containsSecret }
        }
        switch template {
        case .literal: return false
        case .template(let text): return !text.isName && text.names.contains(where: isSecret)
        case .list(let items, _): return items.contains { isMadeOfSecrets($0, in: file) }
        case .map(let entries, _): return entries.contains { isMadeOfSecrets($0.value, in: file) }
        }
    }

    /// A default's value where it is known at load; nil where it is not (the engine resolves it then).
    private func defaultValue(_ template: ValueTemplate, _ parameter: Parameter, _ file: File) -> Value? {
        let names = template.names
        if names.contains(where: { file.broken.contains($0) || file.wrongDefaults.contains($0) }) { return nil }
        if names.contains("cluster"), file.cluster == nil {
            reportMissingCluster("the default of '\(parameter.name.value)'", at: template.span)
            return nil
        }
        // Where a secret is kept is known at load, what it is only in the run: what is made of one waits.
        if names.contains("run") || isMadeOfSecrets(template, in: file) { return nil }
        do throws(EvaluationError) {
            return try template.evaluate(in: file.values, as: .optional(parameter.type))
        } catch {
            // A parameter above without a value was reported.
            guard error.kind != .undefined else { return nil }
            problems.error("bad-default", error.message, hint: error.hint, at: error.span)
            return nil
        }
    }

    private func outside(
        _ variable: PlaybookLoader.ExtraVariable, _ parameter: Parameter, at place: SourceSpan
    ) -> Value? {
        let type = parameter.isOptional ? ValueType.optional(parameter.type) : parameter.type
        do throws(CoercionFailure) {
            switch variable.content {
            case .value(let value): return try type.coerce(value)
            case .text(let text):
                switch type.unwrapped {
                case .list, .map, .record, .tuple, .secret, .json:
                    let trial = Problems()
                    let (root, found) = YAMLParser.document(of: Array(text.utf8), file: place.file)
                    problems.add(found.map { $0.moved(to: place) })
                    guard found.isEmpty, let root else { return nil }
                    let builder = TemplateBuilder(problems: trial, clusterNames: self.builder.clusterNames)
                    let template = builder.template(root, as: type, what: "'\(parameter.name.value)'")
                    problems.add(trial.diagnostics.map { $0.moved(to: place) })
                    guard let template else { return nil }
                    guard let value = template.literalValue else {
                        throw CoercionFailure("no expressions here: a parameter from outside is a value")
                    }
                    return value
                case .cluster:
                    return builder.isKnown(cluster: text, at: place) ? .string(text) : nil
                default: return try type.parse(text)
                }
            }
        } catch {
            problems.error(
                "type-mismatch", "the parameter '\(parameter.name.value)': \(error.message)", hint: error.hint,
                at: place)
            return nil
        }
    }

    /// Names of clusters become the clusters' records.
    private func complete(_ value: Value, _ type: ValueType) -> Value {
        switch (type.unwrapped, value) {
        case (.cluster, .string(let name)):
            return inventory.cluster(name).map { .map(InventoryValues.value(of: $0)) } ?? value
        case (.list(let element), .list(let items)): return .list(items.map { complete($0, element) })
        default: return value
        }
    }

    private func check(_ value: Value, _ parameter: Parameter, at place: SourceSpan) {
        let name = parameter.name.value
        if !parameter.oneOf.isEmpty {
            let values = value.listValue ?? [value]
            for value in values where !parameter.oneOf.contains(value) {
                let names = parameter.oneOf.map { $0.scalarText ?? JSON.text($0) }
                let shown = value.scalarText ?? JSON.text(value)
                problems.error(
                    "parameter-range", "the parameter '\(name)' cannot be '\(shown)'",
                    hint: NearestName.hint(shown, in: names) ?? "one of " + names.joined(separator: ", "), at: place)
            }
        }
        if let minimum = parameter.minimum, Self.isLess(value, minimum) {
            problems.error(
                "parameter-range",
                "the parameter '\(name)' is \(value.scalarText ?? ""), at least \(minimum.scalarText ?? "") is allowed",
                at: place)
        }
        if let maximum = parameter.maximum, Self.isLess(maximum, value) {
            problems.error(
                "parameter-range",
                "the parameter '\(name)' is \(value.scalarText ?? ""), at most \(maximum.scalarText ?? "") is allowed",
                at: place)
        }
        if let text = parameter.pattern, let pattern = try? Pattern("(?:\(text))\\z") {
            for value in value.listValue ?? [value] {
                guard let found = value.stringValue else { continue }
                if ((try? pattern.first(in: found, anchored: true)) ?? nil) != nil { continue }
                problems.error(
                    "parameter-range", "the parameter '\(name)' is '\(found)', which does not match \(text)", at: place)
            }
        }
    }

    private static func isLess(_ one: Value, _ other: Value) -> Bool {
        switch (one, other) {
        case (.int(let a), .int(let b)): a < b
        case (.float(let a), .float(let b)): a < b
        case (.bytes(let a), .bytes(let b)): a < b
        case (.duration(let a), .duration(let b)): a < b
        case (.version(let a), .version(let b)): a < b
        case (.timestamp(let a), .timestamp(let b)): a < b
        default: false
        }
    }

    // MARK: Names

    /// A name that may be declared here: one that expressions can use and that nothing else has.
    func newName(_ name: Located<String>, _ scope: TypeScope, _ what: String) -> Located<String>? {
        guard InventoryLoader.isName(name.value) else {
            problems.error(
                "bad-name", "\(what) '\(name.value)' is no name: letters, digits and '_'", at: name.span)
            return nil
        }
        if ["true", "false", "none", "and", "or", "not", "in", "is", "if", "else", "True", "False", "None"]
            .contains(name.value)
        {
            problems.error("bad-name", "'\(name.value)' is a word of the expression language", at: name.span)
            return nil
        }
        guard !scope.declares(name.value) else {
            problems.error(
                "duplicate-name", "\(what) '\(name.value)' hides a name that is there already",
                hint: "choose another name",
                at: name.span)
            return nil
        }
        return name
    }
}
