import Values

/// Filters and tests at work.
extension Evaluator {
    // MARK: Filters and tests

    func arguments(_ call: Node.Call) throws -> (positional: [Value], named: [(name: String, value: Value)]) {
        (try call.positional.map(value), try call.named.map { ($0.name, try value($0.value)) })
    }

    func filter(_ base: Node, _ call: Node.Call) throws -> Value {
        if call.name == "default" || call.name == "d" {
            let input = try maybe(base)
            if let input, !(input == .null && nullIsMissing(base)) { return input }
            guard let fallback = call.positional.first ?? call.named.first(where: { $0.name == "default_value" })?.value
            else {
                return .string("")
            }
            return try value(fallback)
        }
        let input = try value(base)
        let (positional, named) = try arguments(call)
        if Catalog.specialFilters.contains(call.name) {
            return try special(call.name, input, positional, named, nullIsValue: !nullIsMissing(base))
        }
        return try apply(call.name, to: input, positional, named)
    }

    func test(_ base: Node, _ call: Node.Call) throws -> Bool {
        guard let definition = Catalog.tests[call.name] else {
            throw ExpressionFailure(.unknownName, "there is no test '\(call.name)'")
        }
        var input: Value?
        if definition.operand == .absent {
            input = try maybe(base)
            if input == .null, call.name == "defined" || call.name == "undefined", nullIsMissing(base) { input = nil }
        } else {
            input = try value(base)
        }
        let (positional, named) = try arguments(call)
        return try verdict(definition, input, positional, named)
    }

    func verdict(
        _ definition: Definition, _ input: Value?, _ positional: [Value], _ named: [(name: String, value: Value)]
    ) throws -> Bool {
        guard case .bool(let flag) = try run(definition, input, positional, named) else { return false }
        return flag
    }

    /// Applies a filter by its name, as `map` does to each element.
    func apply(
        _ name: String, to input: Value, _ positional: [Value], _ named: [(name: String, value: Value)]
    ) throws -> Value {
        if Catalog.specialFilters.contains(name) {
            return try special(name, input, positional, named, nullIsValue: false)
        }
        guard let definition = Catalog.filters[name] else {
            throw ExpressionFailure(.unknownName, "there is no filter '\(name)'")
        }
        return try run(definition, input, positional, named)
    }

    func run(
        _ definition: Definition, _ input: Value?, _ positional: [Value], _ named: [(name: String, value: Value)]
    ) throws -> Value {
        try spend(1)
        var bound: BoundArguments<Value>
        do throws(Definition.BindingProblem) {
            bound = try definition.bind(positional, named)
        } catch {
            throw ExpressionFailure(.type, error.message, hint: error.hint)
        }
        for (place, parameter) in definition.parameters.enumerated() where !parameter.oneOf.isEmpty {
            guard case .string(let text)? = bound.values[place], !parameter.oneOf.contains(text) else { continue }
            throw ExpressionFailure(
                .value,
                "'\(parameter.name)' of '\(definition.name)' is one of \(parameter.oneOf.joined(separator: ", "))")
        }
        var input = input
        var origin: String?
        if definition.taints {
            let all =
                [input].compactMap(\.self) + bound.values.compactMap(\.self) + bound.rest + bound.names.map(\.value)
            origin = all.lazy.compactMap(Taint.origin).first
            if origin != nil {
                input = input.map(Taint.reveal)
                bound = bound.map(Taint.reveal)
            }
        }
        let result = try definition.run(
            DefinitionRun(evaluator: self, definition: definition, operand: input, arguments: bound))
        return try bounded(origin.map { Taint.conceal(result, origin: $0) } ?? result)
    }

    // MARK: Filters that apply others

    func special(
        _ name: String, _ input: Value, _ positional: [Value], _ named: [(name: String, value: Value)],
        nullIsValue: Bool
    ) throws -> Value {
        if name == "default" || name == "d" {
            return input == .null && !nullIsValue ? positional.first ?? named.first?.value ?? .string("") : input
        }
        guard case .list(let items) = input else {
            throw ExpressionFailure(.type, "'\(name)' takes a list, this is \(input.kindName)")
        }
        try spend(items.count)
        if name == "map" { return .list(try mapped(items, positional, named)) }
        let wanted = name.hasPrefix("select")
        var rest = positional[...]
        var attribute: Attribute?
        if name.hasSuffix("attr") {
            guard let first = rest.popFirst() else {
                throw ExpressionFailure(.type, "'\(name)' needs an attribute")
            }
            attribute = try Attribute(first)
        }
        var definition: Definition?
        if let first = rest.popFirst() {
            guard case .string(let test) = first, let found = Catalog.tests[test] else {
                throw ExpressionFailure(.unknownName, "there is no test '\(first.scalarText ?? first.kindName)'")
            }
            definition = found
        }
        return .list(
            try items.filter { item in
                try picks(item, attribute, definition, Array(rest), named, nullIsValue) == wanted
            })
    }

    func picks(
        _ item: Value, _ attribute: Attribute?, _ definition: Definition?, _ positional: [Value],
        _ named: [(name: String, value: Value)], _ nullIsValue: Bool
    ) throws -> Bool {
        guard let definition else {
            let value = try attribute?.demand(item) ?? item
            guard case .bool(let flag) = value else {
                throw ExpressionFailure(.type, "without a test the elements are bool, this is \(value.kindName)")
            }
            return flag
        }
        guard definition.operand == .absent else {
            return try verdict(definition, try attribute?.demand(item) ?? item, positional, named)
        }
        var value = attribute.map { $0.read(item) } ?? item
        if value == .null, !nullIsValue, definition.name.hasSuffix("defined") { value = nil }
        return try verdict(definition, value, positional, named)
    }

    func mapped(_ items: [Value], _ positional: [Value], _ named: [(name: String, value: Value)]) throws
        -> [Value]
    {
        if positional.isEmpty, let path = named.first(where: { $0.name == "attribute" })?.value {
            let attribute = try Attribute(path)
            let fallback = named.first { $0.name == "default" && $0.value != .null }?.value
            return try items.map { try attribute.read($0) ?? fallback ?? attribute.demand($0) }
        }
        guard case .string(let name)? = positional.first else {
            throw ExpressionFailure(.type, "'map' needs a filter's name or an attribute")
        }
        let rest = Array(positional.dropFirst())
        return try items.map { try apply(name, to: $0, rest, named) }
    }

    // MARK: Null

    /// Whether null counts as missing here: yes for a declared `T?`, no where the type is json or null itself.
    func nullIsMissing(_ node: Node) -> Bool {
        switch declaredType(node) {
        case .json, .null: false
        default: true
        }
    }

    func declaredType(_ node: Node) -> ValueType? {
        switch node.kind {
        case .literal(.null): return .null
        case .name(let name): return scope.type(of: name)
        case .field(let base, let name): return fieldType(declaredType(base)?.unwrapped, name)
        case .index(let base, let index):
            switch declaredType(base)?.unwrapped {
            case .list(let element): return element
            case let other: return fieldType(other, index.literalText)
            }
        case .filter(let base, let call):
            switch call.name {
            case "from_json": return .json
            case "first", "last", "min", "max":
                guard case .list(let element)? = declaredType(base)?.unwrapped else { return declaredType(base) }
                return element
            case "list", "sort", "unique", "reverse", "select", "reject", "selectattr", "rejectattr":
                return declaredType(base)
            default: return nil
            }
        default: return nil
        }
    }

    func fieldType(_ type: ValueType?, _ name: String?) -> ValueType? {
        switch type {
        case .json: .json
        case .map(let value): value
        case .record(let record): name.flatMap { record[$0]?.type }
        default: nil
        }
    }
}
