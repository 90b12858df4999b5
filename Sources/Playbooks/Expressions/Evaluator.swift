import Values

/// Evaluates checked expressions and templates.
///
/// It checks kinds again as it goes, since decoded JSON and stored facts come from outside; every step, text and list counts
/// against the budgets of `ExpressionLimits`. An evaluator serves one evaluation.
final class Evaluator {
    struct PatternKey: Hashable {
        var source: ExactText
        var options: Pattern.Options
    }

    let text: SourceText
    var scope: ValueScope
    var steps = 0
    var patterns: [PatternKey: Pattern] = [:]

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

    func guarded<Result>(
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

    func bounded(_ value: Value) throws -> Value {
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

    func shown(_ node: Node) -> String {
        text.text(node.range.lowerBound..<min(node.range.upperBound, node.range.lowerBound + 60))
    }

    /// The value of a node, nil when it is undefined.
    func maybe(_ node: Node) throws -> Value? {
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

    func guardedFilter(_ node: Node, _ call: Node.Call, _ input: Value) throws -> Value {
        let (positional, named) = try arguments(call)
        return try guarded(node.range) { try apply(call.name, to: input, positional, named) }
    }

    func holds(_ node: Node) throws -> Bool {
        guard case .bool(let flag) = try value(node) else {
            throw EvaluationError(.type, "'\(shown(node))' is not bool", at: text.span(of: node.range))
        }
        return flag
    }

    func compute(_ node: Node) throws -> Value {
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
    static func number(_ value: Value) -> Value {
        if case .bool(let flag) = value { .int(flag ? 1 : 0) } else { value }
    }

    /// A part of a text: scalars and secrets only.
    func inText(_ value: Value) throws -> Value {
        if case .secret = value { return value }
        guard value.scalarText != nil else {
            throw ExpressionFailure(
                .type, "\(value.kindName) cannot stand in text", hint: "write x | to_json or x | ternary('…', '…')")
        }
        return value
    }

    func compare(_ comparison: ComparisonOperator, _ left: Value, _ right: Value) throws -> Bool {
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

    func slice(_ base: Value, _ from: Node?, _ to: Node?, _ step: Node?) throws -> Value {
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

    func range(_ bounds: [Value]) throws -> Value {
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
}
