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
    var phase = Phase.load

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
        if let lone = template.loneNode { return check(lone, in: scope, expecting: expecting) }
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

    func expect(_ wanted: ValueType, _ typed: Typed, _ node: Node) {
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

    func castHint(from type: ValueType, to wanted: ValueType, _ node: Node) -> String? {
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
    func fold(_ node: Node) -> Value? {
        guard !diagnostics.contains(where: { $0.severity == .error }) else { return nil }
        if case .literal(let value) = node.kind { return value }
        guard node.isConstant else {
            node.forEachChild { _ = fold($0) }
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
    func present(_ node: Node, _ scope: TypeScope) -> Typed {
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
    func solid(_ node: Node, _ scope: TypeScope) -> Typed {
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
    func infer(_ node: Node, _ scope: TypeScope, lenient: Bool = false) -> Typed {
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

    func name(_ name: String, _ node: Node, _ scope: TypeScope) -> Typed {
        guard let entry = scope[name] else {
            report(
                "unknown-name", "there is no name '\(name)' here", hint: NearestName.hint(name, in: scope.names),
                at: node.range)
            return .unknown
        }
        phase = max(phase, entry.phase)
        return Typed(type: entry.type, mayBeAbsent: entry.mayBeAbsent)
    }

    func narrowed(_ typed: Typed, _ node: Node, _ scope: TypeScope) -> Typed {
        guard scope.hasFacts, let path = node.path else { return typed }
        var typed = typed
        if scope.isPresent(path) { typed.mayBeAbsent = false }
        if scope.isNonNull(path) { typed.type = typed.type?.unwrapped }
        return typed
    }

    /// A part of a value that may itself be missing.
    func member(
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

    func field(_ name: String, of type: ValueType, _ node: Node, _ scope: TypeScope) -> Typed {
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

    func field(_ name: String, of record: RecordType, _ node: Node) -> Typed {
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

    func element(of type: ValueType, at place: Typed, _ node: Node, _ index: Node, _ scope: TypeScope) -> Typed {
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

    func expectInt(_ node: Node, _ what: String, _ scope: TypeScope) {
        guard let type = solid(node, scope).type, type != .int, type != .never else { return }
        report("type", "\(what) is an int, not \(type.shown)", at: node.range)
    }

    func sliced(_ type: ValueType?, _ node: Node) -> ValueType? {
        switch type {
        case .list, .string, .json, .never, nil: return type
        case .tuple(let elements): return .list(ValueType.unified(elements) ?? .json)
        case let other?:
            report("type", "\(other.shown) has no slices", at: node.range)
            return nil
        }
    }

    func list(_ items: [Node], _ node: Node, _ scope: TypeScope) -> Typed {
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

    func choose(
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
}
