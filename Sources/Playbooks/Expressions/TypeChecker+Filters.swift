import Values

/// Types of filters and tests.
extension TypeChecker {
    func filter(_ base: Node, _ call: Node.Call, _ node: Node, _ scope: TypeScope) -> Typed {
        if call.name == "default" || call.name == "d" { return fallback(base, call, node, scope) }
        if Catalog.specialFilters.contains(call.name) {
            let operand = solid(base, scope)
            let (positional, named) = arguments(call, scope)
            return Typed(
                type: special(call.name, operand, positional, named, call.nameRange, scope))
        }
        guard let definition = Catalog.filters[call.name] else {
            unknownFilter(call.name, at: call.nameRange)
            _ = infer(base, scope)
            _ = arguments(call, scope)
            return .unknown
        }
        var operand =
            definition.operand == .value && !takesNoMatch(base, call) ? solid(base, scope) : present(base, scope)
        if takesNoMatch(base, call) { operand.type = operand.type?.unwrapped }
        let (positional, named) = arguments(call, scope)
        return Typed(type: apply(definition, operand, positional, named, call.nameRange, scope))
    }

    /// `regex_search(p, '\\1') | first`, everyday in Ansible: no match is then an error of the run.
    func takesNoMatch(_ base: Node, _ call: Node.Call) -> Bool {
        guard call.name == "first" || call.name == "last", case .filter(_, let inner) = base.kind else { return false }
        return inner.name == "regex_search" && inner.positional.count > 1
    }

    func unknownFilter(_ name: String, at range: Range<Int>) {
        if let advice = Catalog.refusedFilters[name] {
            report("refused-filter", "the filter '\(name)' is left out", hint: advice, at: range)
        } else {
            let isTest = Catalog.tests[name] != nil
            report(
                "unknown-filter", "there is no filter '\(name)'",
                hint: NearestName.hint(name, in: Catalog.filterNames) ?? (isTest ? "it is a test: x is \(name)" : nil),
                at: range)
        }
    }

    func unknownTest(_ name: String, at range: Range<Int>) {
        if let advice = Catalog.refusedTests[name] {
            report("refused-test", "the test '\(name)' is left out", hint: advice, at: range)
        } else {
            report(
                "unknown-test", "there is no test '\(name)'", hint: NearestName.hint(name, in: Catalog.tests.keys),
                at: range)
        }
    }

    func arguments(_ call: Node.Call, _ scope: TypeScope) -> (
        positional: [Typed], named: [(name: String, value: Typed)]
    ) {
        (call.positional.map { present($0, scope) }, call.named.map { ($0.name, present($0.value, scope)) })
    }

    func fallback(_ base: Node, _ call: Node.Call, _ node: Node, _ scope: TypeScope) -> Typed {
        let value = infer(base, scope, lenient: true)
        let (positional, named) = arguments(call, scope)
        let names = ["default_value", "boolean"]
        for (name, _) in named where !names.contains(name) {
            report(
                "argument", "'default' has no argument '\(name)'", hint: NearestName.hint(name, in: names),
                at: call.nameRange)
        }
        guard positional.count <= 2 else {
            report("argument", "'default' takes at most 2 arguments", at: call.nameRange)
            return .unknown
        }
        if let flag = positional.dropFirst().first ?? named.first(where: { $0.name == "boolean" })?.value,
            flag.constant != .bool(false), flag.type != nil
        {
            report(
                "default-boolean", "the second argument of 'default' is refused: what is false, empty or 0 is a value",
                hint: "write a condition: x if x != '' else …", at: call.nameRange)
            return .unknown
        }
        let fallback = positional.first ?? named.first { $0.name == "default_value" }?.value ?? Typed(type: .string)
        guard let type = value.type, let other = fallback.type else { return .unknown }
        if type == .null {
            report(
                "type", "'default' does not replace a none that is there",
                hint: "write a condition: … if x is none else x",
                at: node.range)
            return .unknown
        }
        guard let unified = type.unwrapped.unified(with: other) else {
            report("type", "the default is \(other.shown), the value is \(type.shown)", at: node.range)
            return .unknown
        }
        return Typed(type: unified)
    }

    func test(_ base: Node, _ call: Node.Call, _ node: Node, _ scope: TypeScope) -> Typed {
        guard let definition = Catalog.tests[call.name] else {
            unknownTest(call.name, at: call.nameRange)
            _ = infer(base, scope, lenient: true)
            _ = arguments(call, scope)
            return .unknown
        }
        let operand =
            switch definition.operand {
            case .value: solid(base, scope)
            case .optional: present(base, scope)
            case .absent: infer(base, scope, lenient: true)
            }
        let (positional, named) = arguments(call, scope)
        _ = apply(definition, operand, positional, named, call.nameRange, scope)
        return Typed(type: .bool)
    }

    /// The type of a filter's or test's result; nil after a report.
    func apply(
        _ definition: Definition, _ operand: Typed, _ positional: [Typed], _ named: [(name: String, value: Typed)],
        _ range: Range<Int>, _ scope: TypeScope
    ) -> ValueType? {
        var bound: BoundArguments<Typed>
        do throws(Definition.BindingProblem) {
            bound = try definition.bind(positional, named)
        } catch {
            report("argument", error.message, hint: error.hint, at: range)
            return nil
        }
        guard let input = operand.type, (positional + named.map(\.value)).allSatisfy({ $0.type != nil }) else {
            return nil
        }
        let all = [input] + (positional + named.map(\.value)).compactMap(\.type)
        let isSecret = definition.taints && all.contains { $0.containsSecret }
        var operand = operand
        if isSecret {
            operand.type = input.replacing(.secret, with: .string)
            bound = bound.map { argument in
                var open = argument
                open.type = argument.type?.replacing(.secret, with: .string)
                return open
            }
        }
        for (place, parameter) in definition.parameters.enumerated() {
            guard let argument = bound.values[place], fits(argument, parameter, definition, range) else {
                if bound.values[place] == nil { continue }
                return nil
            }
        }
        let call = DefinitionCheck(
            checker: self, scope: scope, definition: definition, operand: operand, arguments: bound, range: range)
        guard let result = definition.check(call) else { return nil }
        return isSecret ? tainted(result, definition, range) : result
    }

    func tainted(_ type: ValueType, _ definition: Definition, _ range: Range<Int>) -> ValueType? {
        switch type {
        case .bool: return type
        case .int where definition.name == "length" || definition.name == "count": return type
        default:
            let result = type.replacing(.string, with: .secret)
            if result.containsSecret { return result }
            report("secret", "'\(definition.name)' would show a part of a secret", at: range)
            return nil
        }
    }

    func fits(
        _ argument: Typed, _ parameter: Definition.Parameter, _ definition: Definition, _ range: Range<Int>
    ) -> Bool {
        guard let type = argument.type else { return false }
        if let wanted = parameter.type, type != .json, !wanted.accepts(type) {
            let what =
                type.isOptional && wanted.accepts(type.unwrapped) ? "may be none" : "is \(type.shown), not \(wanted)"
            report(
                "type", "the argument '\(parameter.name)' of '\(definition.name)' \(what)", hint: definition.signature,
                at: range)
            return false
        }
        guard case .string(let text)? = argument.constant else { return true }
        if !parameter.oneOf.isEmpty, !parameter.oneOf.contains(text) {
            report(
                "argument", "'\(text)' is no \(parameter.name) of '\(definition.name)'",
                hint: NearestName.hint(text, in: parameter.oneOf)
                    ?? "one of \(parameter.oneOf.joined(separator: ", "))", at: range)
            return false
        }
        if parameter.isPattern {
            do {
                _ = try Pattern(text)
            } catch {
                let failure = error as? ExpressionFailure
                report("pattern", failure?.message ?? "the pattern is wrong", hint: failure?.hint, at: range)
                return false
            }
        }
        return true
    }
}
