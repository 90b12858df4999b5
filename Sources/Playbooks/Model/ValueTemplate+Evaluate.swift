package import Values

extension ValueTemplate {
    /// The value in `scope`. With `type`, the value of that declared type: text with expressions inside becomes the version,
    /// duration, amount or time that it spells, an int becomes a float.
    package func evaluate(in scope: ValueScope, as type: ValueType? = nil) throws(EvaluationError) -> Value {
        let value = try evaluateUntyped(in: scope)
        guard let type else { return value }
        do throws(CoercionFailure) {
            return try type.coerce(value)
        } catch {
            throw EvaluationError(.value, error.message, hint: error.hint, at: span)
        }
    }

    /// Like `evaluate`, with nil where the whole is one expression that is undefined.
    package func evaluateIfDefined(
        in scope: ValueScope, as type: ValueType? = nil
    ) throws(EvaluationError) -> Value? {
        if case .template(let template) = self {
            guard let value = try template.evaluateIfDefined(in: scope) else { return nil }
            return try ValueTemplate.literal(Located(value, at: span)).evaluate(in: scope, as: type)
        }
        return try evaluate(in: scope, as: type)
    }

    private func evaluateUntyped(in scope: ValueScope) throws(EvaluationError) -> Value {
        switch self {
        case .literal(let value): return value.value
        case .template(let template): return try template.evaluate(in: scope)
        case .list(let items, _):
            var values: [Value] = []
            values.reserveCapacity(items.count)
            for item in items { values.append(try item.evaluateUntyped(in: scope)) }
            return .list(values)
        case .map(let entries, _):
            if let source = SecretSource(entries), let secret = try scope.value(of: source.name) { return secret }
            var map = ValueMap()
            for entry in entries { map[entry.key.value] = try entry.value.evaluateUntyped(in: scope) }
            return .map(map)
        }
    }

    /// The value, when no expression is in it.
    package var literalValue: Value? {
        switch self {
        case .literal(let value): return value.value
        case .template: return nil
        case .list(let items, _):
            let values = items.compactMap(\.literalValue)
            return values.count == items.count ? .list(values) : nil
        case .map(let entries, _):
            var map = ValueMap()
            for entry in entries {
                guard let value = entry.value.literalValue else { return nil }
                map[entry.key.value] = value
            }
            return .map(map)
        }
    }

    /// The names that its expressions use, each once.
    package var names: [String] {
        switch self {
        case .literal: return []
        case .template(let template): return template.names
        case .list(let items, _): return Self.unique(items.flatMap(\.names))
        case .map(let entries, _): return Self.unique(entries.flatMap(\.value.names))
        }
    }

    /// True when a secret stands in it, which has its value only where it is used.
    package var holdsSecret: Bool {
        switch self {
        case .literal, .template: false
        case .list(let items, _): items.contains(where: \.holdsSecret)
        case .map(let entries, _): SecretSource(entries) != nil || entries.contains(where: \.value.holdsSecret)
        }
    }

    /// True when one of its expressions uses the name.
    func names(contain name: String) -> Bool {
        switch self {
        case .literal: false
        case .template(let template): template.names.contains(name)
        case .list(let items, _): items.contains { $0.names(contain: name) }
        case .map(let entries, _): entries.contains { $0.value.names(contain: name) }
        }
    }

    private static func unique(_ names: [String]) -> [String] {
        var seen: Set<ExactText> = []
        return names.filter { seen.insert(ExactText($0)).inserted }
    }
}
