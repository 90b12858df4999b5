import Values

/// Types of what looks into the elements of lists: attributes, `map`, `select` and their kin.
extension TypeChecker {
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

    func lookUp(
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

    // MARK: Filters that apply others

    func special(
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

    func mapped(
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

    func selected(
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
    func narrowed(_ element: ValueType, _ attribute: Attribute?, _ test: String, selects: Bool) -> ValueType {
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
}
