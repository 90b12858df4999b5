import Values

/// Types expressions and templates before anything runs, and reports all that is wrong in them.
///
/// What was reported has no type (nil), and nothing more is said of what depends on it.
final class TypeChecker {
    /// What is known of a node.
    struct Typed {
        /// Nil after an error.
        var type: ValueType?
        var phase: Phase = .load
        /// True when the value may be undefined.
        var mayBeAbsent = false
        /// A literal's value.
        var constant: Value?

        static let unknown = Typed(type: nil)
    }

    let text: SourceText
    private(set) var diagnostics: [Diagnostic] = []
    private var phase = Phase.load

    init(text: SourceText) { self.text = text }

    // MARK: The doors

    func check(_ node: Node, in scope: TypeScope, expecting: ValueType?) -> Typed {
        var typed = infer(node, scope)
        if let expecting { expect(expecting, typed, node) }
        typed.constant = fold(node)
        typed.phase = phase
        return typed
    }

    func check(_ template: Template, in scope: TypeScope, expecting: ValueType?) -> Typed {
        if let lone = template.loneExpression { return check(lone.root, in: scope, expecting: expecting) }
        let isSecret = check(template.parts, scope)
        var typed = Typed(type: isSecret ? .secret : .string, phase: phase)
        if let text = template.literalText { typed.constant = .string(text) }
        if let expecting, let type = typed.type, !expecting.accepts(type) {
            report(
                "type", "\(expecting.shown) is expected, text with expressions in it is \(type.shown)",
                hint: "a scalar that is exactly one {{ expression }} keeps its type", at: 0..<text.scalars.count)
        }
        return typed
    }

    private func expect(_ wanted: ValueType, _ typed: Typed, _ node: Node) {
        guard let type = typed.type else { return }
        if typed.mayBeAbsent, !wanted.isOptional, wanted != .json {
            report(
                "optional", "'\(shown(node))' may be missing, \(wanted.shown) is expected",
                hint: "write \(shown(node)) | default(…)", at: node.range)
            return
        }
        if wanted.accepts(type) { return }
        if type.isOptional, wanted.accepts(type.unwrapped) {
            report(
                "optional", "'\(shown(node))' may be none, \(wanted.shown) is expected",
                hint: "write \(shown(node)) | default(…)", at: node.range)
            return
        }
        let what = wanted == .bool ? "a condition must be bool" : "\(wanted.shown) is expected"
        report("type", "\(what), this is \(type.shown)", hint: castHint(from: type, to: wanted, node), at: node.range)
    }

    private func castHint(from type: ValueType, to wanted: ValueType, _ node: Node) -> String? {
        switch (type, wanted) {
        case (.list, .bool), (.map, .bool), (.record, .bool): "write \(shown(node)) | length > 0"
        case (.string, .bool): "write \(shown(node)) != '', or | bool for text such as 'yes'"
        case (.int, .bool), (.float, .bool): "write \(shown(node)) != 0"
        case (.optional, .bool): "write \(shown(node)) is defined"
        case (.json, .bool), (.json, .int), (.json, .float), (.json, .string): "cast it: x | \(wanted)"
        case (.string, .int), (.string, .float), (.string, .version), (.string, .duration), (.string, .bytes),
            (.string, .timestamp), (.float, .int), (.int, .string), (.float, .string), (.version, .string):
            "convert it: x | \(wanted)"
        default: nil
        }
    }

    /// Evaluates what does not depend on a name, so that `1 / 0` and `'abc' | int` are found now.
    private func fold(_ node: Node) -> Value? {
        guard !diagnostics.contains(where: { $0.severity == .error }) else { return nil }
        if case .literal(let value) = node.kind { return value }
        guard node.isConstant else {
            for child in node.children { _ = fold(child) }
            return nil
        }
        do throws(EvaluationError) {
            return try Evaluator(scope: ValueScope(), text: text).evaluate(node)
        } catch {
            diagnostics.append(Diagnostic(code: error.kind.rawValue, error.message, hint: error.hint, at: error.span))
            return nil
        }
    }

    // MARK: Reports

    func report(_ code: String, _ message: String, hint: String? = nil, at range: Range<Int>) {
        let diagnostic = Diagnostic(code: code, message, hint: hint, at: text.span(of: range))
        if !diagnostics.contains(diagnostic) { diagnostics.append(diagnostic) }
    }

    func warn(_ code: String, _ message: String, hint: String? = nil, at range: Range<Int>) {
        diagnostics.append(Diagnostic(.warning, code: code, message, hint: hint, at: text.span(of: range)))
    }

    func shown(_ node: Node) -> String {
        text.text(node.range.lowerBound..<min(node.range.upperBound, node.range.lowerBound + 60))
    }

    // MARK: Nodes

    /// The type of a node whose value must be there; it may be null.
    private func present(_ node: Node, _ scope: TypeScope) -> Typed {
        var typed = infer(node, scope)
        guard typed.mayBeAbsent, typed.type != nil else { return typed }
        report(
            "optional", "'\(shown(node))' may be missing",
            hint: "write \(shown(node)) | default(…), or test 'is defined' first",
            at: node.range)
        typed.type = nil
        return typed
    }

    /// The type of a node whose value must be there and not null.
    private func solid(_ node: Node, _ scope: TypeScope) -> Typed {
        var typed = present(node, scope)
        guard let type = typed.type else { return typed }
        if case .optional = type {
            report(
                "optional", "'\(shown(node))' may be none",
                hint: "write \(shown(node)) | default(…), or test 'is not none' first", at: node.range)
            typed.type = nil
        }
        return typed
    }

    func condition(_ node: Node, _ scope: TypeScope) {
        let typed = infer(node, scope)
        expect(.bool, typed, node)
    }

    /// `lenient` lets a path go through what may be missing: for `default` and `is defined`.
    private func infer(_ node: Node, _ scope: TypeScope, lenient: Bool = false) -> Typed {
        switch node.kind {
        case .literal(let value): return Typed(type: .inferred(from: value), constant: value)
        case .name(let name): return narrowed(self.name(name, node, scope), node, scope)
        case .field(let base, let name):
            let container = infer(base, scope, lenient: lenient)
            return narrowed(member(container, base, lenient) { self.field(name, of: $0, node, scope) }, node, scope)
        case .index(let base, let index):
            let container = infer(base, scope, lenient: lenient)
            let place = solid(index, scope)
            return narrowed(
                member(container, base, lenient) { self.element(of: $0, at: place, node, index, scope) }, node, scope)
        case .slice(let base, let from, let to, let step):
            for bound in [from, to, step].compactMap(\.self) { expectInt(bound, "a bound of a slice", scope) }
            return Typed(type: sliced(solid(base, scope).type, node))
        case .list(let items): return list(items, node, scope)
        case .map(let entries):
            var fields: [RecordType.Field] = []
            for entry in entries {
                guard let type = present(entry.value, scope).type else { continue }
                fields.append(.init(entry.key, type))
            }
            return Typed(type: fields.count == entries.count ? .record(RecordType(fields)) : nil)
        case .negate(let operand), .plus(let operand):
            guard let type = solid(operand, scope).type else { return .unknown }
            if [.int, .float, .duration, .never].contains(type) { return Typed(type: type) }
            report("type", "\(type.shown) takes no sign", at: node.range)
            return .unknown
        case .arithmetic(let operation, let left, let right): return arithmetic(operation, left, right, node, scope)
        case .join(let parts): return Typed(type: joined(parts, scope))
        case .compare(let comparison, let left, let right): return compare(comparison, left, right, node, scope)
        case .not(let operand):
            condition(operand, scope)
            return Typed(type: .bool)
        case .and(let left, let right):
            condition(left, scope)
            condition(right, scope.assuming(Narrowing.facts(of: left, when: true)))
            return Typed(type: .bool)
        case .or(let left, let right):
            condition(left, scope)
            condition(right, scope.assuming(Narrowing.facts(of: left, when: false)))
            return Typed(type: .bool)
        case .choose(let value, let condition, let otherwise):
            return choose(value, condition, otherwise, node, scope, lenient)
        case .filter(let base, let call): return filter(base, call, node, scope)
        case .test(let base, let call, _): return test(base, call, node, scope)
        case .range(let items):
            for item in items { expectInt(item, "an argument of range", scope) }
            return Typed(type: .list(.int))
        case .cycle(let items):
            if scope["loop"] == nil { report("unknown-name", "there is no loop here", at: node.range) }
            return list(items, node, scope).type.map { type in
                if case .list(let element) = type { Typed(type: element) } else { .unknown }
            } ?? .unknown
        }
    }

    private func name(_ name: String, _ node: Node, _ scope: TypeScope) -> Typed {
        guard let entry = scope[name] else {
            report(
                "unknown-name", "there is no name '\(name)' here", hint: NearestName.hint(name, in: scope.names),
                at: node.range)
            return .unknown
        }
        phase = max(phase, entry.phase)
        return Typed(type: entry.type, mayBeAbsent: entry.mayBeAbsent)
    }

    private func narrowed(_ typed: Typed, _ node: Node, _ scope: TypeScope) -> Typed {
        guard let path = node.path else { return typed }
        var typed = typed
        if scope.isPresent(path) { typed.mayBeAbsent = false }
        if scope.isNonNull(path) { typed.type = typed.type?.unwrapped }
        return typed
    }

    /// A part of a value that may itself be missing.
    private func member(
        _ container: Typed, _ base: Node, _ lenient: Bool, _ find: (ValueType) -> Typed
    ) -> Typed {
        guard let type = container.type else { return .unknown }
        let isOptional = if case .optional = type { true } else { false }
        guard container.mayBeAbsent || isOptional else { return find(type) }
        guard lenient else {
            report(
                "optional", "'\(shown(base))' may be \(container.mayBeAbsent ? "missing" : "none")",
                hint:
                    "test '\(shown(base)) is \(container.mayBeAbsent ? "defined" : "not none")' first, or give the whole path a default",
                at: base.range)
            return .unknown
        }
        var typed = find(type.unwrapped)
        typed.mayBeAbsent = true
        return typed
    }

    private func field(_ name: String, of type: ValueType, _ node: Node, _ scope: TypeScope) -> Typed {
        switch type {
        case .record(let record): return field(name, of: record, node)
        case .map(let value): return Typed(type: value)
        case .json, .never: return Typed(type: type)
        case .tuple(let elements):
            if let place = Access.pairPlace(name), elements.count == 2 { return Typed(type: elements[place]) }
        case .cluster:
            if let record = scope.clusterRecord { return field(name, of: record, node) }
        default: break
        }
        report(
            "unknown-field", "\(type.shown) has no field '\(name)'",
            hint: Catalog.filters[name] == nil ? nil : "filters follow a bar: x | \(name)", at: node.range)
        return .unknown
    }

    private func field(_ name: String, of record: RecordType, _ node: Node) -> Typed {
        if let field = record[name] { return Typed(type: field.type, mayBeAbsent: field.mayBeAbsent) }
        let names = record.fields.map(\.name)
        let known =
            names.isEmpty
            ? "it has none" : "it has \(names.prefix(12).joined(separator: ", "))\(names.count > 12 ? ", …" : "")"
        report(
            "unknown-field", "there is no field '\(name)' here",
            hint: NearestName.hint(name, in: names) ?? Parser.methodFixes[name].map { "write \($0)" } ?? known,
            at: node.range)
        return .unknown
    }

    private func element(of type: ValueType, at place: Typed, _ node: Node, _ index: Node, _ scope: TypeScope) -> Typed
    {
        guard let indexType = place.type else { return .unknown }
        switch (type, indexType) {
        case (.list(let element), .int): return Typed(type: element)
        case (.tuple(let elements), .int):
            guard case .int(let number)? = place.constant else {
                return Typed(type: ValueType.unified(elements) ?? .json)
            }
            let position = number < 0 ? number + Int64(elements.count) : number
            guard position >= 0, position < Int64(elements.count) else {
                report("type", "a pair has elements 0 and 1", at: index.range)
                return .unknown
            }
            return Typed(type: elements[Int(position)])
        case (.string, .int): return Typed(type: .string)
        case (.record(let record), .string):
            if case .string(let name)? = place.constant { return field(name, of: record, node) }
            return Typed(type: ValueType.unified(record.fields.map(\.type)) ?? .json)
        case (.cluster, .string):
            if case .string(let name)? = place.constant { return field(name, of: type, node, scope) }
        case (.map(let value), .string): return Typed(type: value)
        case (.json, .string), (.json, .int), (_, .never): return Typed(type: .json)
        case (.never, _): return Typed(type: .never)
        default: break
        }
        let wanted =
            switch type {
            case .list, .tuple, .string: "an int"
            case .map, .record, .cluster: "text"
            default: ""
            }
        if wanted.isEmpty {
            report("type", "\(type.shown) has no elements", at: node.range)
        } else {
            report("type", "the index of \(type.shown) is \(wanted), not \(indexType.shown)", at: index.range)
        }
        return .unknown
    }

    private func expectInt(_ node: Node, _ what: String, _ scope: TypeScope) {
        guard let type = solid(node, scope).type, type != .int, type != .never else { return }
        report("type", "\(what) is an int, not \(type.shown)", at: node.range)
    }

    private func sliced(_ type: ValueType?, _ node: Node) -> ValueType? {
        switch type {
        case .list, .string, .json, .never, nil: return type
        case .tuple(let elements): return .list(ValueType.unified(elements) ?? .json)
        case let other?:
            report("type", "\(other.shown) has no slices", at: node.range)
            return nil
        }
    }

    private func list(_ items: [Node], _ node: Node, _ scope: TypeScope) -> Typed {
        var element = ValueType.never
        var known = true
        for item in items {
            guard let type = present(item, scope).type else {
                known = false
                continue
            }
            guard let next = element.unified(with: type) else {
                report(
                    "type", "a list holds one type: \(element.shown) before, this is \(type.shown)",
                    hint: "convert one of them, or write a map", at: item.range)
                return .unknown
            }
            element = next
        }
        return Typed(type: known ? .list(element) : nil)
    }

    private func choose(
        _ value: Node, _ condition: Node, _ otherwise: Node, _ node: Node, _ scope: TypeScope, _ lenient: Bool
    ) -> Typed {
        self.condition(condition, scope)
        let one = infer(value, scope.assuming(Narrowing.facts(of: condition, when: true)), lenient: lenient)
        let two = infer(otherwise, scope.assuming(Narrowing.facts(of: condition, when: false)), lenient: lenient)
        guard let left = one.type, let right = two.type else { return .unknown }
        guard let type = left.unified(with: right) else {
            report("type", "the two values are of different types: \(left.shown) and \(right.shown)", at: node.range)
            return .unknown
        }
        return Typed(type: type, mayBeAbsent: one.mayBeAbsent || two.mayBeAbsent)
    }

    // MARK: Operators

    private func arithmetic(
        _ operation: ArithmeticOperator, _ left: Node, _ right: Node, _ node: Node, _ scope: TypeScope
    ) -> Typed {
        guard let one = solid(left, scope).type, let two = solid(right, scope).type else { return .unknown }
        if let type = Self.type(of: operation, one, two) { return Typed(type: type) }
        if node.isRemainderOfTest, one == .int {
            warn(
                "precedence", "'is' binds tighter than '%': this divides by the test's answer",
                hint: "write (\(shown(left)) % …) is …", at: node.range)
            return Typed(type: .int)
        }
        var hint: String?
        switch (operation, one, two) {
        case (.add, .string, _), (.add, _, .string): hint = "join text with ~, or convert: x | int"
        case (.add, .record, .record), (.add, .map, .map): hint = "write a | combine(b)"
        case (.remainder, .string, _): hint = "write '…' | format(x)"
        case (.subtract, .list, .list): hint = "write a | difference(b)"
        case (_, .json, _), (_, _, .json): hint = "cast it: x | int"
        default: break
        }
        report(
            "type", "'\(operation.rawValue)' is not defined for \(one.shown) and \(two.shown)", hint: hint,
            at: node.range)
        return .unknown
    }

    private static func type(of operation: ArithmeticOperator, _ one: ValueType, _ two: ValueType) -> ValueType? {
        switch (one, two) {
        case (.never, _): return two
        case (_, .never): return one
        case (.int, .int): return operation == .divide ? .float : .int
        case (.int, .float), (.float, .int), (.float, .float): return .float
        case (.duration, .duration), (.bytes, .bytes):
            switch operation {
            case .add, .subtract, .remainder: return one
            case .divide: return .float
            case .floorDivide: return .int
            case .multiply: return nil
            }
        case (.duration, .int), (.bytes, .int):
            return [.multiply, .divide, .floorDivide].contains(operation) ? one : nil
        case (.duration, .float), (.bytes, .float): return [.multiply, .divide].contains(operation) ? one : nil
        case (.int, .duration), (.float, .duration), (.int, .bytes), (.float, .bytes):
            return operation == .multiply ? two : nil
        case (.timestamp, .duration): return operation == .add || operation == .subtract ? .timestamp : nil
        case (.duration, .timestamp): return operation == .add ? .timestamp : nil
        case (.timestamp, .timestamp): return operation == .subtract ? .duration : nil
        case (.string, .string): return operation == .add ? .string : nil
        case (.secret, .string), (.string, .secret), (.secret, .secret): return operation == .add ? .secret : nil
        case (.list, .list), (.list, .tuple), (.tuple, .list): return operation == .add ? one.unified(with: two) : nil
        default: return nil
        }
    }

    private func joined(_ parts: [Node], _ scope: TypeScope) -> ValueType? {
        var isSecret = false
        var known = true
        for part in parts {
            guard let type = solid(part, scope).type else {
                known = false
                continue
            }
            if type == .secret { isSecret = true }
            if !isText(type, part) { known = false }
        }
        return known ? (isSecret ? .secret : .string) : nil
    }

    private func isText(_ type: ValueType, _ node: Node) -> Bool {
        if type.isText { return true }
        let hint =
            switch type {
            case .bool: "say which text: \(shown(node)) | ternary('true', 'false')"
            case .json: "cast it: \(shown(node)) | string"
            case .null: "leave it out"
            default: "write \(shown(node)) | to_json, or | join(',')"
            }
        report("type", "\(type.shown) cannot stand in text", hint: hint, at: node.range)
        return false
    }

    private func compare(
        _ comparison: ComparisonOperator, _ left: Node, _ right: Node, _ node: Node, _ scope: TypeScope
    ) -> Typed {
        switch comparison {
        case .equal, .notEqual:
            if let one = present(left, scope).type, let two = present(right, scope).type,
                !(left.isRemainderOfTest && two == .bool), !left.isNone, !right.isNone
            {
                _ = isComparable(one, two, at: node.range)
            }
        case .isIn, .isNotIn:
            let item = present(left, scope).type
            if let container = solid(right, scope).type, let item {
                _ = isContained(item, in: container, at: node.range)
            }
        default:
            if let one = solid(left, scope).type, let two = solid(right, scope).type {
                _ = isOrdered(one, two, at: node.range)
            }
        }
        return Typed(type: .bool)
    }

    func isComparable(_ one: ValueType, _ two: ValueType, at range: Range<Int>) -> Bool {
        if one.isComparable(with: two) { return true }
        var hint: String?
        switch (one.unwrapped, two.unwrapped) {
        case (.string, let other), (let other, .string):
            if [.version, .duration, .bytes, .timestamp, .int, .float, .bool].contains(other) {
                hint = "convert the text: x | \(other)"
            }
        case (.null, _), (_, .null): hint = "this is never none"
        default: break
        }
        report("type", "\(one.shown) and \(two.shown) are never equal", hint: hint, at: range)
        return false
    }

    func isOrdered(_ one: ValueType, _ two: ValueType, at range: Range<Int>) -> Bool {
        let ordered: [ValueType] = [.int, .float, .string, .bytes, .duration, .timestamp, .version, .never]
        if ordered.contains(one), ordered.contains(two), one.unified(with: two) != nil { return true }
        let hint: String? =
            switch (one, two) {
            case (.json, _), (_, .json): "cast it: x | int"
            case (.string, let other), (let other, .string):
                ordered.contains(other) ? "convert the text: x | \(other)" : nil
            case (.list, _): "compare a length: x | length"
            default: nil
            }
        report("type", "\(one.shown) and \(two.shown) have no order", hint: hint, at: range)
        return false
    }

    func isContained(_ item: ValueType, in container: ValueType, at range: Range<Int>) -> Bool {
        switch container {
        case .string, .secret:
            if [.string, .secret, .json, .never].contains(item) { return true }
            report("type", "\(item.shown) is never in text", hint: "convert it: x | string", at: range)
        case .list(let element):
            // An int may be looked up among floats; a float among ints is a mistake.
            if element.accepts(item) || item.isOptional && element.accepts(item.unwrapped) || item == .json {
                return true
            }
            if element.isOptional, element.unwrapped.accepts(item) { return true }
            if !element.isNumber, element.isComparable(with: item) { return true }
            report(
                "type", "\(item.shown) is never in \(container.shown)", hint: "convert it to \(element.shown)",
                at: range)
        case .tuple, .json, .never: return true
        case .map, .record:
            // Keys are text: a number is simply not there.
            if item.isText || item == .json { return true }
            report("type", "keys are text, not \(item.shown)", at: range)
        default:
            report("type", "nothing is in \(container.shown)", hint: "a list, a map or text is expected", at: range)
        }
        return false
    }

    // MARK: Attributes

    /// The type at a path inside elements; nil after a report. With a default, a field may be missing or unknown.
    func type(
        of attribute: Attribute, in element: ValueType, default missing: ValueType?, at range: Range<Int>,
        scope: TypeScope,
        unknownIsAbsent: Bool = false
    ) -> ValueType? {
        let found = lookUp(attribute, in: element, at: range, scope, lenient: missing != nil || unknownIsAbsent)
        guard var type = found.type else { return nil }
        if let missing {
            if found.isUnknown { return missing }
            if found.mayBeAbsent { type = type.unwrapped }
            guard let unified = type.unified(with: missing) else {
                report("type", "the default is \(missing.shown), '\(attribute.text)' is \(type.shown)", at: range)
                return nil
            }
            return unified
        }
        if found.mayBeAbsent, !unknownIsAbsent {
            report(
                "optional", "'\(attribute.text)' may be missing in an element",
                hint: "give a default, or take the others out: selectattr('\(attribute.text)', 'defined')", at: range)
            return nil
        }
        return type
    }

    private func lookUp(
        _ attribute: Attribute, in element: ValueType, at range: Range<Int>, _ scope: TypeScope, lenient: Bool
    ) -> (type: ValueType?, mayBeAbsent: Bool, isUnknown: Bool) {
        var type = element
        var absent = false
        for part in attribute.parts {
            if type.isOptional, type != .null {
                guard lenient else {
                    report("optional", "an element on the way to '\(attribute.text)' may be none", at: range)
                    return (nil, true, false)
                }
                absent = true
                type = type.unwrapped
            }
            switch (part, type) {
            case (_, .json), (_, .never): return (type, absent, false)
            case (.field(let name), .record(let record)):
                guard let field = record[name] else {
                    let hint = NearestName.hint(name, in: record.fields.map(\.name))
                    guard lenient else {
                        report("unknown-field", "the elements have no field '\(name)'", hint: hint, at: range)
                        return (nil, true, true)
                    }
                    warn("unknown-field", "no element has a field '\(name)'", hint: hint, at: range)
                    return (.never, true, true)
                }
                absent = absent || field.mayBeAbsent
                type = field.type
            case (.field, .map(let value)): type = value
            case (.field(let name), .cluster):
                guard let field = scope.clusterRecord?[name] else {
                    report("unknown-field", "a cluster has no field '\(name)'", at: range)
                    return (nil, true, true)
                }
                type = field.type
            case (.field(let name), .tuple(let elements)):
                guard let place = Access.pairPlace(name), elements.count == 2 else {
                    report(
                        "unknown-field", "a pair has no field '\(name)'", hint: "its elements are 0 and 1", at: range)
                    return (nil, true, true)
                }
                type = elements[place]
            case (.index(let place), .tuple(let elements)):
                guard elements.indices.contains(place) else {
                    report("type", "a pair has elements 0 and 1", at: range)
                    return (nil, true, true)
                }
                type = elements[place]
            case (.index, .list(let inner)): type = inner
            default:
                report("unknown-field", "\(type.shown) has no '\(attribute.text)'", at: range)
                return (nil, true, true)
            }
        }
        return (type, absent, false)
    }

    // MARK: Filters and tests

    private func filter(_ base: Node, _ call: Node.Call, _ node: Node, _ scope: TypeScope) -> Typed {
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
    private func takesNoMatch(_ base: Node, _ call: Node.Call) -> Bool {
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

    private func unknownTest(_ name: String, at range: Range<Int>) {
        if let advice = Catalog.refusedTests[name] {
            report("refused-test", "the test '\(name)' is left out", hint: advice, at: range)
        } else {
            report(
                "unknown-test", "there is no test '\(name)'", hint: NearestName.hint(name, in: Catalog.tests.keys),
                at: range)
        }
    }

    private func arguments(_ call: Node.Call, _ scope: TypeScope) -> (
        positional: [Typed], named: [(name: String, value: Typed)]
    ) {
        (call.positional.map { present($0, scope) }, call.named.map { ($0.name, present($0.value, scope)) })
    }

    private func fallback(_ base: Node, _ call: Node.Call, _ node: Node, _ scope: TypeScope) -> Typed {
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

    private func test(_ base: Node, _ call: Node.Call, _ node: Node, _ scope: TypeScope) -> Typed {
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
    private func apply(
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

    private func tainted(_ type: ValueType, _ definition: Definition, _ range: Range<Int>) -> ValueType? {
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

    private func fits(
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

    // MARK: Filters that apply others

    private func special(
        _ name: String, _ operand: Typed, _ positional: [Typed], _ named: [(name: String, value: Typed)],
        _ range: Range<Int>,
        _ scope: TypeScope
    ) -> ValueType? {
        guard let type = operand.type, (positional + named.map(\.value)).allSatisfy({ $0.type != nil }) else {
            return nil
        }
        let element: ValueType
        switch type {
        case .list(let inner): element = inner
        case .tuple(let elements): element = ValueType.unified(elements) ?? .json
        case .json: element = .json
        case .never: element = .never
        default:
            let hint: String? =
                switch type {
                case .record, .map: "write x | dict2items"
                default: nil
                }
            report("type", "'\(name)' takes a list, this is \(type.shown)", hint: hint, at: range)
            return nil
        }
        if name == "map" { return mapped(element, positional, named, range, scope).map { .list($0) } }
        return selected(name, element, positional, named, range, scope).map { .list($0) }
    }

    private func mapped(
        _ element: ValueType, _ positional: [Typed], _ named: [(name: String, value: Typed)], _ range: Range<Int>,
        _ scope: TypeScope
    ) -> ValueType? {
        if positional.isEmpty, let path = named.first(where: { $0.name == "attribute" })?.value {
            if let other = named.first(where: { $0.name != "attribute" && $0.name != "default" }) {
                report("argument", "'map' has no argument '\(other.name)'", at: range)
                return nil
            }
            guard let constant = path.constant else { return .json }
            guard let attribute = try? Attribute(constant) else {
                report("argument", "an attribute is text or a number", at: range)
                return nil
            }
            let missing = named.first { $0.name == "default" && $0.value.type != .null }?.value.type
            return type(of: attribute, in: element, default: missing, at: range, scope: scope)
        }
        guard case .string(let name)? = positional.first?.constant else {
            report("argument", "'map' needs a filter's name in quotes, or attribute='…'", at: range)
            return nil
        }
        let rest = Array(positional.dropFirst())
        let item = Typed(type: element == .never ? .json : element)
        if name == "default" || name == "d" {
            guard let fallback = rest.first?.type else { return element.unwrapped.unified(with: .string) ?? .json }
            return element.unwrapped.unified(with: fallback)
        }
        if Catalog.specialFilters.contains(name) { return special(name, item, rest, named, range, scope) }
        guard let definition = Catalog.filters[name] else {
            unknownFilter(name, at: range)
            return nil
        }
        if case .optional = element, definition.operand == .value {
            report("optional", "an element may be none", hint: "leave them out: list | reject('none')", at: range)
            return nil
        }
        return apply(definition, item, rest, named, range, scope)
    }

    private func selected(
        _ name: String, _ element: ValueType, _ positional: [Typed], _ named: [(name: String, value: Typed)],
        _ range: Range<Int>, _ scope: TypeScope
    ) -> ValueType? {
        var rest = positional[...]
        var attribute: Attribute?
        if name.hasSuffix("attr") {
            guard let first = rest.popFirst() else {
                report("argument", "'\(name)' needs an attribute", at: range)
                return nil
            }
            guard let constant = first.constant else { return element }
            guard let found = try? Attribute(constant) else {
                report("argument", "an attribute is text or a number", at: range)
                return nil
            }
            attribute = found
        }
        var definition: Definition?
        if let first = rest.popFirst() {
            guard case .string(let test)? = first.constant else {
                report("argument", "the test of '\(name)' is a name in quotes", at: range)
                return nil
            }
            guard let found = Catalog.tests[test] else {
                unknownTest(test, at: range)
                return nil
            }
            definition = found
        }
        let takesAbsent = definition?.operand == .absent
        var type = element
        if let attribute {
            guard
                let found = self.type(
                    of: attribute, in: element, default: nil, at: range, scope: scope, unknownIsAbsent: takesAbsent)
            else { return nil }
            type = found
        }
        guard let definition else {
            guard type == .bool || type == .json || type == .never else {
                report(
                    "type", "without a test the elements are bool, these are \(type.shown)",
                    hint: "name a test: \(name)(\(attribute.map { "'\($0.text)', " } ?? "")'ne', 0)", at: range)
                return nil
            }
            return element
        }
        if case .optional = type, definition.operand == .value {
            report("optional", "\(attribute.map { "'\($0.text)'" } ?? "an element") may be none", at: range)
            return nil
        }
        let item = Typed(type: type == .never && attribute == nil ? .json : type)
        guard apply(definition, item, Array(rest), named, range, scope) != nil else { return nil }
        return narrowed(element, attribute, definition.name, selects: name.hasPrefix("select"))
    }

    /// `selectattr('rack', 'defined')` leaves elements that have a rack.
    private func narrowed(_ element: ValueType, _ attribute: Attribute?, _ test: String, selects: Bool) -> ValueType {
        let showsPresence = (test == "defined" && selects) || (test == "undefined" && !selects)
        let showsValue = test == "none" && !selects
        guard showsPresence || showsValue else { return element }
        guard let attribute else { return element.unwrapped }
        guard case .record(var record) = element, attribute.parts.count == 1,
            let place = record.fields.firstIndex(where: { $0.name == attribute.text })
        else { return element }
        record.fields[place].type = record.fields[place].type.unwrapped
        if showsPresence { record.fields[place].mayBeAbsent = false }
        return .record(record)
    }

    // MARK: Templates

    /// True when a secret is in the text.
    private func check(_ parts: [TemplatePart], _ scope: TypeScope) -> Bool {
        var isSecret = false
        for part in parts {
            switch part {
            case .text: break
            case .output(let node):
                if let type = solid(node, scope).type {
                    if type == .secret { isSecret = true }
                    _ = isText(type, node)
                }
                _ = fold(node)
            case .branch(let branches, let otherwise):
                var scope = scope
                for (test, body) in branches {
                    condition(test, scope)
                    isSecret = check(body, scope.assuming(Narrowing.facts(of: test, when: true))) || isSecret
                    scope = scope.assuming(Narrowing.facts(of: test, when: false))
                }
                isSecret = check(otherwise, scope) || isSecret
            case .loop(let loop): isSecret = check(loop, scope) || isSecret
            }
        }
        return isSecret
    }

    private func check(_ loop: TemplateLoop, _ scope: TypeScope) -> Bool {
        let isSecret = check(loop.otherwise, scope)
        guard let type = solid(loop.items, scope).type else {
            // Nothing is known of the names: what uses them is not reported.
            return isSecret
        }
        guard let element = loopElement(type, loop) else { return isSecret }
        var inner = scope
        inner.push()
        if loop.names.count == 1 {
            inner.define(loop.names[0], element)
        } else {
            for (name, part) in zip(loop.names, parts(of: element, loop)) { inner.define(name, part) }
        }
        if let test = loop.condition {
            condition(test, inner)
            inner = inner.assuming(Narrowing.facts(of: test, when: true))
        }
        let ints = ["index", "index0", "revindex", "revindex0", "length", "depth", "depth0"]
        inner.define(
            "loop",
            .record(
                RecordType(
                    ints.map { .init($0, .int) } + [.init("first", .bool), .init("last", .bool)]
                        + ["previtem", "nextitem"].map { .init($0, element, mayBeAbsent: true) })))
        return check(loop.body, inner) || isSecret
    }

    private func loopElement(_ type: ValueType, _ loop: TemplateLoop) -> ValueType? {
        switch type {
        case .list(let element): return element
        case .tuple(let elements): return ValueType.unified(elements) ?? .json
        case .json, .never: return type
        default:
            let hint: String? =
                switch type {
                case .record, .map: "write x | dict2items, or for k, v in x | items"
                default: nil
                }
            report("type", "a loop runs over a list, this is \(type.shown)", hint: hint, at: loop.items.range)
            return nil
        }
    }

    private func parts(of element: ValueType, _ loop: TemplateLoop) -> [ValueType] {
        switch element {
        case .tuple(let elements):
            if elements.count == loop.names.count { return elements }
            report(
                "type", "an element has \(elements.count) parts, \(loop.names.count) names are given", at: loop.range)
            return loop.names.map { _ in .json }
        case .list(let inner): return loop.names.map { _ in inner }
        case .json, .never: return loop.names.map { _ in element }
        default:
            report("type", "an element is \(element.shown), not a pair", at: loop.range)
            return loop.names.map { _ in .json }
        }
    }
}
