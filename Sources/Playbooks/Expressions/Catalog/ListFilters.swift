import Values

extension Catalog {
    static let attribute = Definition.Parameter("attribute", nil, optional: true)
    static let caseSensitive = Definition.Parameter("case_sensitive", .bool, optional: true)

    /// Filters that give a list back.
    static let listFilters: [Definition] = [
        Definition(
            "list", taints: false, "The list itself; for old playbooks",
            check: { call in
                if case .tuple(let elements) = call.type { return .tuple(elements) }
                return call.element().map { .list($0) }
            },
            run: { .list(try $0.list()) }),
        Definition(
            "sort", [.init("reverse", .bool, optional: true), caseSensitive, attribute], taints: false,
            "The list in order; text without regard to case unless `case_sensitive`",
            check: { call in
                guard let element = call.element() else { return nil }
                return call.isOrdered(element, call.arguments.values[2]) ? .list(element) : nil
            },
            run: { call in .list(try sorted(call, reverse: call.flag(0), caseSensitive: call.flag(1), by: call[2])) }),
        Definition(
            "unique", [caseSensitive, attribute], taints: false, "The list without repetitions, the first of each kept",
            check: { call in
                guard let element = call.element() else { return nil }
                return call.attributeType(element, call.arguments.values[1]) == nil ? nil : .list(element)
            },
            run: { call in
                let attribute = try call[1].map { try Attribute($0) }
                let exact = try call.flag(0)
                var seen = ValueSet()
                return .list(
                    try call.list().filter { item in
                        seen.insert(LanguageOrder.key(try attribute?.demand(item) ?? item, caseSensitive: exact))
                    })
            }),
        Definition(
            "reverse", taints: false, "The list, or the text, from its end",
            check: { call in call.type == .string ? .string : call.element().map { .list($0) } },
            run: { call in
                if case .string(let text) = call.value { return .string(Text.string(text.unicodeScalars.reversed())) }
                return .list(try call.list().reversed())
            }),
        Definition(
            "batch", [.init("linecount", .int), .init("fill_with", nil, optional: true)], taints: false,
            "The list in lists of `linecount` elements",
            check: { call in call.filled(1).map { .list(.list($0)) } },
            run: { call in
                let count = try call.int(0, default: 1)
                guard count > 0 else { throw ExpressionFailure(.value, "'batch' makes lists of at least one element") }
                var lists: [[Value]] = []
                for item in try call.list() {
                    if let last = lists.last, last.count < count {
                        lists[lists.count - 1].append(item)
                    } else {
                        lists.append([item])
                    }
                }
                if let fill = call[1], fill != .null, let last = lists.last, last.count < count {
                    guard count <= ExpressionLimits.listLength else { throw Budget.list() }
                    lists[lists.count - 1] += repeatElement(fill, count: count - last.count)
                }
                return .list(lists.map { .list($0) })
            }),
        Definition(
            "slice", [.init("slices", .int), .init("fill_with", nil, optional: true)], taints: false,
            "The list in as many lists as `slices` says, as equal as can be",
            check: { call in call.filled(1).map { .list(.list($0)) } },
            run: { call in
                let items = try call.list()
                let count = try call.int(0, default: 1)
                guard count > 0 else { throw ExpressionFailure(.value, "'slice' makes at least one list") }
                guard count <= ExpressionLimits.listLength else { throw Budget.list() }
                let (size, extra) = items.count.quotientAndRemainder(dividingBy: count)
                var start = 0
                return .list(
                    (0..<count).map { number in
                        let end = start + size + (number < extra ? 1 : 0)
                        var part = Array(items[start..<end])
                        start = end
                        if let fill = call[1], fill != .null, number >= extra { part.append(fill) }
                        return .list(part)
                    })
            }),
        Definition(
            "flatten", [.init("levels", .optional(.int), optional: true), .init("skip_nulls", .bool, optional: true)],
            taints: false, "The elements of inner lists, all levels or `levels` of them",
            check: { call in
                guard var element = call.element() else { return nil }
                var levels = Int64.max
                if call.has(0) {
                    guard case .int(let number)? = call.constant(0) else { return .list(.json) }
                    levels = number
                }
                while levels > 0 {
                    if case .list(let inner) = element {
                        element = inner
                    } else if case .tuple(let inner) = element {
                        element = ValueType.unified(inner) ?? .json
                    } else {
                        break
                    }
                    levels -= 1
                }
                return .list(element)
            },
            run: { call in
                let levels = try call.int(0) ?? .max
                let skip = try call.flag(1, default: true)
                func flatten(_ items: [Value], _ levels: Int) throws -> [Value] {
                    var result: [Value] = []
                    for item in items {
                        if case .null = item, skip { continue }
                        if case .list(let inner) = item, levels > 0 {
                            try call.evaluator.spend(inner.count + 1)
                            result += try flatten(inner, levels - 1)
                        } else {
                            result.append(item)
                        }
                    }
                    return result
                }
                return .list(try flatten(try call.list(), levels))
            }),
        zip("zip", []),
        zip("zip_longest", [.init("fillvalue", nil, optional: true, keyword: true)]),
        Definition(
            "groupby",
            [.init("attribute", nil), .init("default", nil, optional: true), caseSensitive], taints: false,
            "Pairs of a value of the attribute and the list of the elements that have it, in order",
            check: { call in
                guard let element = call.element(),
                    let key = call.attributeType(element, call.arguments.values[0], default: call.argument(1))
                else { return nil }
                guard call.isOrdered(key, nil) else { return nil }
                return .list(.tuple([key, .list(element)]))
            },
            run: { call in
                let attribute = try Attribute(call[0] ?? .null)
                let exact = try call.flag(2)
                func key(_ item: Value) throws -> Value {
                    try attribute.read(item) ?? call[1] ?? attribute.demand(item)
                }
                let keyed = try call.list().map { item in
                    let found = try key(item)
                    return (sort: [LanguageOrder.key(found, caseSensitive: exact)], key: found, item: item)
                }
                var groups: [(sort: Value, key: Value, items: [Value])] = []
                for entry in try ordered(keyed, reverse: false, by: \.sort) {
                    if let last = groups.last, LanguageOrder.equal(last.sort, entry.sort[0]) {
                        groups[groups.count - 1].items.append(entry.item)
                    } else {
                        groups.append((entry.sort[0], entry.key, [entry.item]))
                    }
                }
                return .list(groups.map { .list([$0.key, .list($0.items)]) })
            }),
    ]

    private static func zip(_ name: String, _ parameters: [Definition.Parameter]) -> Definition {
        Definition(
            name, parameters, rest: true, taints: false,
            "Lists of the first elements of all lists, of the second, and so on",
            check: { call in
                guard let first = call.element() else { return nil }
                var types = [first]
                for argument in call.arguments.rest {
                    switch argument.type {
                    case .list(let element): types.append(element)
                    case .tuple(let elements): types.append(ValueType.unified(elements) ?? .json)
                    case .never: types.append(.never)
                    case .json, nil: types.append(.json)
                    case let other?:
                        call.report("'\(name)' takes lists, this argument is \(other.shown)")
                        return nil
                    }
                }
                if name == "zip_longest" {
                    let fill = call.argument(0) ?? .null
                    types = types.map { $0.unified(with: fill) ?? .json }
                }
                return .list(.tuple(types))
            },
            run: { call in
                let lists =
                    try [try call.list()]
                    + call.arguments.rest.map { argument in
                        guard case .list(let list) = argument else { throw call.mismatch("lists", argument) }
                        return list
                    }
                let counts = lists.map(\.count)
                let count = (name == "zip" ? counts.min() : counts.max()) ?? 0
                try call.evaluator.spend(count * lists.count)
                return .list(
                    (0..<count).map { place in
                        .list(lists.map { place < $0.count ? $0[place] : call[0] ?? .null })
                    })
            })
    }

    // MARK: Order

    /// The operand's elements, stable in both directions as Python sorts.
    private static func sorted(
        _ call: DefinitionRun, reverse: Bool, caseSensitive: Bool, by attribute: Value?
    ) throws -> [Value] {
        let attributes = try attribute.flatMap { $0 == .null ? nil : try Attribute.several($0) }
        let keyed = try call.list().map { item in
            let keys = try attributes?.map { try $0.demand(item) } ?? [item]
            return (keys: keys.map { LanguageOrder.key($0, caseSensitive: caseSensitive) }, item: item)
        }
        return try ordered(keyed, reverse: reverse, by: \.keys).map(\.item)
    }

    private static func ordered<Entry>(
        _ entries: [Entry], reverse: Bool, by keys: (Entry) -> [Value]
    ) throws -> [Entry] {
        func compare(_ one: [Value], _ two: [Value]) throws -> Int {
            for (left, right) in Swift.zip(one, two) {
                let order = try LanguageOrder.compare(left, right)
                if order != 0 { return order }
            }
            return 0
        }
        let numbered = entries.enumerated().map { (place: $0.offset, keys: keys($0.element), entry: $0.element) }
        return try numbered.sorted { one, two in
            let order = try compare(one.keys, two.keys)
            if order == 0 { return one.place < two.place }
            return reverse ? order > 0 : order < 0
        }.map(\.entry)
    }
}

extension DefinitionCheck {
    /// The type of an attribute of the elements, or the element type without one; nil after a report.
    func attributeType(
        _ element: ValueType, _ attribute: TypeChecker.Typed?, default missing: ValueType? = nil
    ) -> ValueType? {
        guard let attribute, attribute.type != .null else { return element }
        guard let constant = attribute.constant else { return .json }
        do {
            let path = try Attribute(constant)
            if path.text.contains(",") { return checkSeveral(element, constant) }
            return checker.type(of: path, in: element, default: missing, at: range, scope: scope)
        } catch {
            report("an attribute is text or a number")
            return nil
        }
    }

    private func checkSeveral(_ element: ValueType, _ constant: Value) -> ValueType? {
        guard let paths = try? Attribute.several(constant) else { return nil }
        for path in paths where checker.type(of: path, in: element, default: nil, at: range, scope: scope) == nil {
            return nil
        }
        return .int
    }

    /// True when elements (or their attribute) have an order.
    func isOrdered(_ element: ValueType, _ attribute: TypeChecker.Typed?) -> Bool {
        guard let type = attributeType(element, attribute) else { return false }
        switch type {
        case .int, .float, .string, .bytes, .duration, .timestamp, .version, .bool, .json, .never: return true
        default:
            report(
                type.isOptional ? "an element may be none, which has no order" : "\(type.shown) has no order",
                hint: {
                    if case .record = type { return "say by which field: \(name)(attribute='…')" }
                    return nil
                }())
            return false
        }
    }

    /// The element type with the filler's.
    func filled(_ place: Int) -> ValueType? {
        guard let element = element() else { return nil }
        guard let fill = argument(place), fill != .null else { return element }
        guard let type = element.unified(with: fill) else {
            report("the filler is \(fill.shown), the elements are \(element.shown)")
            return nil
        }
        return type
    }
}
