import Values

/// Checks the expressions of templates and conditions in a scope, and answers their types.
struct TemplateChecker {
    let problems: Problems

    struct Checked {
        var type: ValueType
        var phase: Phase
        var mayBeAbsent = false
        var constant: Value?
    }

    /// Names whose declaration was wrong and reported: what uses them is not complained about again.
    typealias Broken = Set<String>

    /// The type of a template in a scope; nil after an error, or when it rests on a broken name.
    func check(
        _ template: ValueTemplate, as declared: ValueType?, in scope: TypeScope, broken: Broken, isArgv: Bool = false
    ) -> Checked? {
        // Where anything fits, what stands there decides.
        let type = declared.flatMap { $0.takesAnything ? nil : $0 }
        switch template {
        case .literal(let value):
            return Checked(type: type ?? .inferred(from: value.value), phase: .load, constant: value.value)
        case .template(let template):
            return check(template, as: type, in: scope, broken: broken, isArgv: isArgv)
        case .list(let items, _):
            var elements: [ValueType] = []
            var phase = Phase.load
            var complete = true
            for (index, item) in items.enumerated() {
                // What stands there as it is was checked by its declared type when it was read.
                if type != nil, case .literal = item { continue }
                guard
                    let checked = check(item, as: type?.element(index), in: scope, broken: broken, isArgv: isArgv)
                else {
                    complete = false
                    continue
                }
                if type == nil { elements.append(checked.type) }
                phase = max(phase, checked.phase)
            }
            guard complete else { return nil }
            return Checked(type: type ?? .list(ValueType.unified(elements) ?? .json), phase: phase)
        case .map(let entries, _):
            if type?.unwrapped == .secret || SecretSource(entries) != nil {
                return Checked(type: .secret, phase: .load)
            }
            var fields: [RecordType.Field] = []
            var phase = Phase.load
            var complete = true
            for entry in entries {
                guard
                    let checked = check(
                        entry.value, as: type?.field(entry.key.value), in: scope, broken: broken, isArgv: isArgv)
                else {
                    complete = false
                    continue
                }
                fields.append(.init(entry.key.value, checked.type, mayBeAbsent: checked.mayBeAbsent))
                phase = max(phase, checked.phase)
            }
            guard complete else { return nil }
            return Checked(type: type ?? .record(RecordType(fields)), phase: phase)
        }
    }

    func check(
        _ template: Template, as type: ValueType?, in scope: TypeScope, broken: Broken, isArgv: Bool = false
    ) -> Checked? {
        if problems.isFull || (!broken.isEmpty && template.names.contains(where: broken.contains)) { return nil }
        var expecting = type
        if let type {
            switch type.unwrapped {
            case .json, .never: expecting = nil
            case .version, .duration, .bytes, .timestamp, .cluster:
                if template.loneNode == nil { expecting = nil }
            case .string where isArgv, .textOrSecret where isArgv: expecting = nil
            default: break
            }
        }
        let checked = template.check(in: scope, expecting: expecting)
        if !checked.diagnostics.isEmpty { problems.add(checked.diagnostics) }
        guard checked.isValid, let found = checked.type else { return nil }
        if isArgv, let type, !fitsArgv(found, type.unwrapped, at: template.span) { return nil }
        return Checked(
            type: expecting == nil ? (type ?? found) : found, phase: checked.phase, mayBeAbsent: checked.mayBeAbsent,
            constant: checked.constant)
    }

    /// What has one obvious text may be a word of a command or a variable of its environment; a secret only the latter.
    private func fitsArgv(_ found: ValueType, _ declared: ValueType, at span: SourceSpan) -> Bool {
        guard declared == .string || declared == .textOrSecret else { return true }
        switch found {
        case .string, .int, .float, .version, .duration, .bytes, .never: return true
        case .secret where declared == .textOrSecret: return true
        case .secret:
            problems.error(
                "secret", "a secret cannot stand in an argument list, where everyone on the host sees it",
                hint: "give it by `environment` or `stdin`", at: span)
        default:
            let what = declared == .string ? "an item of argv" : "a variable of the environment"
            problems.error(
                "type-mismatch", "\(what) is text, a number, a version, a duration or an amount, not \(found)", at: span
            )
        }
        return false
    }

    /// Checks conditions as bool; the phase of the latest, nil after an error.
    @discardableResult
    func check(_ conditions: [Expression], in scope: TypeScope, broken: Broken) -> Phase? {
        guard !problems.isFull else { return nil }
        var scope = scope
        var phase = Phase.load
        var valid = true
        for condition in conditions {
            if !broken.isEmpty, condition.names.contains(where: broken.contains) {
                valid = false
                continue
            }
            let checked = condition.check(in: scope, expecting: .bool)
            if !checked.diagnostics.isEmpty { problems.add(checked.diagnostics) }
            if checked.isValid { phase = max(phase, checked.phase) } else { valid = false }
            if conditions.count > 1 { scope.assume(condition.parsed.facts) }
        }
        return valid ? phase : nil
    }
}

extension ValueType {
    /// True for a declaration that any value fits.
    var takesAnything: Bool {
        switch self {
        case .json, .never: true
        case .optional: if case .json = unwrapped { true } else { false }
        default: false
        }
    }

    /// The declared type of an element of a list of this type.
    func element(_ index: Int) -> ValueType? {
        switch unwrapped {
        case .list(let element): element
        case .tuple(let elements): elements.indices.contains(index) ? elements[index] : nil
        default: nil
        }
    }

    /// The declared type of a field or entry of this type.
    func field(_ name: String) -> ValueType? {
        switch unwrapped {
        case .record(let record): record[name]?.type
        case .map(let element): element
        default: nil
        }
    }
}
