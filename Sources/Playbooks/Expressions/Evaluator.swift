import Values

/// Evaluates checked expressions and templates.
///
/// It checks kinds again as it goes, since decoded JSON and stored facts come from outside; every step, text and list counts
/// against the budgets of `ExpressionLimits`. An evaluator serves one evaluation.
final class Evaluator {
    private struct PatternKey: Hashable {
        var source: ExactText
        var options: Pattern.Options
    }

    private let text: SourceText
    private var scope: ValueScope
    private var steps = 0
    private var patterns: [PatternKey: Pattern] = [:]

    init(scope: ValueScope, text: SourceText) {
        self.scope = scope
        self.text = text
    }

    // MARK: The doors

    func evaluate(_ node: Node) throws(EvaluationError) -> Value {
        try guarded(node.range) { try value(node) }
    }

    func evaluateIfDefined(_ node: Node) throws(EvaluationError) -> Value? {
        try guarded(node.range) { try maybe(node) }
    }

    func evaluate(_ template: Template) throws(EvaluationError) -> Value {
        if let lone = template.loneExpression { return try evaluate(lone.root) }
        return try guarded(0..<text.scalars.count) {
            var output = Output()
            try render(template.parts, into: &output)
            return output.value(trailingNewlines: template.trailingNewlines)
        }
    }

    private func guarded<Result>(
        _ range: Range<Int>, _ body: () throws -> Result
    ) throws(EvaluationError) -> Result {
        do {
            return try body()
        } catch let error as EvaluationError {
            throw error
        } catch let failure as ExpressionFailure {
            throw EvaluationError(failure.kind, failure.message, hint: failure.hint, at: text.span(of: range))
        } catch {
            throw EvaluationError(.value, "\(error)", at: text.span(of: range))
        }
    }

    // MARK: Budgets

    func spend(_ count: Int) throws {
        steps += count
        guard steps <= ExpressionLimits.steps else {
            throw ExpressionFailure(.budget, "the expression takes more than \(ExpressionLimits.steps) steps")
        }
    }

    func pattern(_ source: String, _ options: Pattern.Options = Pattern.Options()) throws -> Pattern {
        let key = PatternKey(source: ExactText(source), options: options)
        if let known = patterns[key] { return known }
        let pattern = try Pattern(source, options: options)
        if patterns.count < 256 { patterns[key] = pattern }
        return pattern
    }

    private func bounded(_ value: Value) throws -> Value {
        switch value {
        case .string(let text) where text.utf8.count > ExpressionLimits.textLength: throw Budget.text()
        case .list(let items) where items.count > ExpressionLimits.listLength: throw Budget.list()
        default: return value
        }
    }

    // MARK: Nodes

    func value(_ node: Node) throws -> Value {
        switch node.kind {
        case .name, .field, .index, .choose:
            guard let value = try maybe(node) else {
                throw EvaluationError(
                    .undefined, "'\(shown(node))' is undefined", hint: "give a default or test 'is defined'",
                    at: text.span(of: node.range))
            }
            return value
        default:
            try spend(1)
            return try guarded(node.range) { try bounded(compute(node)) }
        }
    }

    private func shown(_ node: Node) -> String {
        text.text(node.range.lowerBound..<min(node.range.upperBound, node.range.lowerBound + 60))
    }

    /// The value of a node, nil when it is undefined.
    private func maybe(_ node: Node) throws -> Value? {
        switch node.kind {
        case .name(let name):
            try spend(1)
            return try scope.value(of: name)
        case .field(let base, let name):
            try spend(1)
            return try maybe(base).flatMap { Access.field($0, name) }
        case .index(let base, let index):
            try spend(1)
            guard let container = try maybe(base) else { return nil }
            let place = try value(index)
            switch (container, place) {
            case (.list, .int), (.string, .int), (.map, .string): return Access.index(container, place)
            case (.null, _): return nil
            default:
                throw EvaluationError(
                    .type, "\(container.kindName) has no index of kind \(place.kindName)",
                    at: text.span(of: index.range))
            }
        case .choose(let then, let condition, let otherwise):
            try spend(1)
            return try maybe(holds(condition) ? then : otherwise)
        case .filter(let base, let call) where ["first", "last", "min", "max"].contains(call.name):
            let input = try value(base)
            do {
                return try guardedFilter(node, call, input)
            } catch let error as EvaluationError
                where error.kind == .undefined && error.span == text.span(of: node.range)
            {
                return nil
            }
        default: return try value(node)
        }
    }

    private func guardedFilter(_ node: Node, _ call: Node.Call, _ input: Value) throws -> Value {
        let (positional, named) = try arguments(call)
        return try guarded(node.range) { try apply(call.name, to: input, positional, named) }
    }

    func holds(_ node: Node) throws -> Bool {
        guard case .bool(let flag) = try value(node) else {
            throw EvaluationError(.type, "'\(shown(node))' is not bool", at: text.span(of: node.range))
        }
        return flag
    }

    private func compute(_ node: Node) throws -> Value {
        switch node.kind {
        case .literal(let value): return value
        case .name, .field, .index, .choose: return try value(node)
        case .list(let items): return .list(try items.map(value))
        case .map(let entries): return .map(ValueMap(try entries.map { ($0.key, try value($0.value)) }))
        case .slice(let base, let from, let to, let step): return try slice(value(base), from, to, step)
        case .negate(let operand): return try Arithmetic.negate(value(operand))
        case .plus(let operand):
            let value = try value(operand)
            if case .int = value { return value }
            if case .float = value { return value }
            if case .duration = value { return value }
            throw ExpressionFailure(.type, "\(value.kindName) takes no sign")
        case .arithmetic(let operation, let left, let right):
            let (one, two) = (try value(left), try value(right))
            return try Arithmetic.apply(operation, one, node.isRemainderOfTest ? Self.number(two) : two)
        case .join(let parts):
            return Text.join(
                try parts.map { part in
                    let value = try value(part)
                    return try inText(value)
                })
        case .compare(let comparison, let left, let right):
            let (one, two) = (try value(left), try value(right))
            return .bool(try compare(comparison, one, left.isRemainderOfTest ? Self.number(two) : two))
        case .not(let operand): return .bool(try !holds(operand))
        case .and(let left, let right): return .bool(try holds(left) && holds(right))
        case .or(let left, let right): return .bool(try holds(left) || holds(right))
        case .filter(let base, let call): return try filter(base, call)
        case .test(let base, let call, let negated): return .bool(try test(base, call) != negated)
        case .range(let items): return try range(items.map(value))
        case .cycle(let items):
            guard case .int(let place)? = try scope.value(of: "loop")?["index0"] else {
                throw ExpressionFailure(.undefined, "there is no loop here")
            }
            return try value(items[Int(place) % items.count])
        }
    }

    /// A bool as Python counts it.
    private static func number(_ value: Value) -> Value {
        if case .bool(let flag) = value { .int(flag ? 1 : 0) } else { value }
    }

    /// A part of a text: scalars and secrets only.
    private func inText(_ value: Value) throws -> Value {
        if case .secret = value { return value }
        guard value.scalarText != nil else {
            throw ExpressionFailure(
                .type, "\(value.kindName) cannot stand in text", hint: "write x | to_json or x | ternary('…', '…')")
        }
        return value
    }

    private func compare(_ comparison: ComparisonOperator, _ left: Value, _ right: Value) throws -> Bool {
        switch comparison {
        case .equal: LanguageOrder.equal(left, right)
        case .notEqual: !LanguageOrder.equal(left, right)
        case .less: try LanguageOrder.compare(left, right) < 0
        case .lessOrEqual: try LanguageOrder.compare(left, right) <= 0
        case .greater: try LanguageOrder.compare(left, right) > 0
        case .greaterOrEqual: try LanguageOrder.compare(left, right) >= 0
        case .isIn: try LanguageOrder.contains(right, left)
        case .isNotIn: try !LanguageOrder.contains(right, left)
        }
    }

    private func slice(_ base: Value, _ from: Node?, _ to: Node?, _ step: Node?) throws -> Value {
        func bound(_ node: Node?) throws -> Int? {
            guard let node else { return nil }
            switch try value(node) {
            case .int(let number): return Int(number)
            case .null: return nil
            case let other: throw ExpressionFailure(.type, "a bound of a slice is an int, not \(other.kindName)")
            }
        }
        let (start, end, stride) = (try bound(from), try bound(to), try bound(step) ?? 1)
        guard stride != 0 else { throw ExpressionFailure(.value, "the step of a slice is not 0") }
        switch base {
        case .list(let items):
            try spend(items.count)
            return .list(Access.slice(items, start, end, stride))
        case .string(let text): return .string(Text.string(Access.slice(Text.scalars(text), start, end, stride)))
        default: throw ExpressionFailure(.type, "\(base.kindName) has no slices")
        }
    }

    private func range(_ bounds: [Value]) throws -> Value {
        let numbers = try bounds.map { bound in
            guard case .int(let number) = bound else {
                throw ExpressionFailure(.type, "range takes ints, not \(bound.kindName)")
            }
            return number
        }
        let start = numbers.count > 1 ? numbers[0] : 0
        let end = numbers.count > 1 ? numbers[1] : numbers[0]
        let step = numbers.count > 2 ? numbers[2] : 1
        guard step != 0 else { throw ExpressionFailure(.value, "the step of range is not 0") }
        let (distance, overflow) = end.subtractingReportingOverflow(start)
        guard !overflow,
            distance.magnitude / step.magnitude <= UInt64(ExpressionLimits.listLength) || (distance < 0) != (step < 0)
        else { throw Budget.list() }
        let items = stride(from: start, to: end, by: Int(step)).map { Value.int($0) }
        try spend(items.count)
        return .list(items)
    }

    // MARK: Filters and tests

    private func arguments(_ call: Node.Call) throws -> (positional: [Value], named: [(name: String, value: Value)]) {
        (try call.positional.map(value), try call.named.map { ($0.name, try value($0.value)) })
    }

    private func filter(_ base: Node, _ call: Node.Call) throws -> Value {
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

    private func test(_ base: Node, _ call: Node.Call) throws -> Bool {
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

    private func verdict(
        _ definition: Definition, _ input: Value?, _ positional: [Value], _ named: [(name: String, value: Value)]
    ) throws -> Bool {
        guard case .bool(let flag) = try run(definition, input, positional, named) else { return false }
        return flag
    }

    /// Applies a filter by its name, as `map` does to each element.
    private func apply(
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

    private func run(
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

    private func special(
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

    private func picks(
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

    private func mapped(_ items: [Value], _ positional: [Value], _ named: [(name: String, value: Value)]) throws
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
    private func nullIsMissing(_ node: Node) -> Bool {
        switch declaredType(node) {
        case .json, .null: false
        default: true
        }
    }

    private func declaredType(_ node: Node) -> ValueType? {
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

    private func fieldType(_ type: ValueType?, _ name: String?) -> ValueType? {
        switch type {
        case .json: .json
        case .map(let value): value
        case .record(let record): name.flatMap { record[$0]?.type }
        default: nil
        }
    }

    // MARK: Templates

    private struct Output {
        var text = ""
        var origin: String?

        mutating func append(_ part: String) throws {
            text += part
            guard text.utf8.count <= ExpressionLimits.textLength else { throw Budget.text() }
        }

        func value(trailingNewlines: Int) -> Value {
            let have = text.utf8.reversed().prefix { $0 == UInt8(ascii: "\n") }.count
            let full = text + String(repeating: "\n", count: max(0, trailingNewlines - have))
            return origin.map { .secret(Secret(full, origin: $0)) } ?? .string(full)
        }
    }

    private func render(_ parts: [TemplatePart], into output: inout Output) throws {
        for part in parts {
            try spend(1)
            switch part {
            case .text(let text): try output.append(text)
            case .output(let node):
                let value = try guarded(node.range) { try inText(self.value(node)) }
                if case .secret(let secret) = value {
                    output.origin = output.origin ?? secret.origin
                    try output.append(secret.reveal())
                } else {
                    try output.append(value.scalarText ?? "")
                }
            case .branch(let branches, let otherwise):
                let body = try branches.first { try holds($0.condition) }?.body ?? otherwise
                try render(body, into: &output)
            case .loop(let loop): try render(loop, into: &output)
            }
        }
    }

    private func render(_ loop: TemplateLoop, into output: inout Output) throws {
        guard case .list(var items) = try value(loop.items) else {
            throw EvaluationError(.type, "a loop runs over a list", at: text.span(of: loop.items.range))
        }
        try spend(items.count)
        let depth = try scope.value(of: "loop")?["depth"]?.intValue ?? 0
        scope.push()
        defer { scope.pop() }
        if let condition = loop.condition {
            items = try items.filter { item in
                try bind(loop, item)
                return try holds(condition)
            }
        }
        guard !items.isEmpty else {
            scope.pop()
            defer { scope.push() }
            return try render(loop.otherwise, into: &output)
        }
        for (place, item) in items.enumerated() {
            try bind(loop, item)
            var state: ValueMap = [
                "index": .int(Int64(place + 1)), "index0": .int(Int64(place)),
                "revindex": .int(Int64(items.count - place)), "revindex0": .int(Int64(items.count - place - 1)),
                "first": .bool(place == 0), "last": .bool(place == items.count - 1), "length": .int(Int64(items.count)),
                "depth": .int(depth + 1), "depth0": .int(depth),
            ]
            if place > 0 { state["previtem"] = items[place - 1] }
            if place + 1 < items.count { state["nextitem"] = items[place + 1] }
            scope.define("loop", .map(state))
            try render(loop.body, into: &output)
        }
    }

    private func bind(_ loop: TemplateLoop, _ item: Value) throws {
        if loop.names.count == 1 {
            scope.define(loop.names[0], item)
            return
        }
        guard case .list(let parts) = item, parts.count == loop.names.count else {
            throw EvaluationError(
                .type, "an element is no list of \(loop.names.count)", at: text.span(of: loop.items.range))
        }
        for (name, part) in zip(loop.names, parts) { scope.define(name, part) }
    }
}

/// Secrets inside values: finding, opening for a filter's work, closing what it made.
enum Taint {
    static func origin(_ value: Value) -> String? {
        switch value {
        case .secret(let secret): secret.origin
        case .list(let items): items.lazy.compactMap(origin).first
        case .map(let map): map.values.lazy.compactMap(origin).first
        default: nil
        }
    }

    static func reveal(_ value: Value) -> Value {
        switch value {
        case .secret(let secret): .string(secret.reveal())
        case .list(let items): .list(items.map(reveal))
        case .map(let map): .map(ValueMap(map.map { ($0.key, reveal($0.value)) }))
        default: value
        }
    }

    static func conceal(_ value: Value, origin: String) -> Value {
        switch value {
        case .string(let text): .secret(Secret(text, origin: origin))
        case .list(let items): .list(items.map { conceal($0, origin: origin) })
        case .map(let map): .map(ValueMap(map.map { ($0.key, conceal($0.value, origin: origin)) }))
        default: value
        }
    }
}
